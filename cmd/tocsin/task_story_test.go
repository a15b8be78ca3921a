package main

import (
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
)

// TestStoryTask: given out with an owner and a time, asked of them when it is due, then of who leads, and done.
func TestStoryTask(t *testing.T) {
	h, ada, room, card := inRoom(t)
	grace := h.Person("Grace")
	ada.Type(room.Name(), "/incident commander me").Expect("Commander")
	room.Expect("now *commander*")
	ada.Type(room.Name(), "/incident task restart the queue @Grace in 15m").
		Expect("Task 1 of INC-1: *restart the queue*, for @Grace, due", "(10 Mar 10:15 CET)")
	task := room.Expect("*Task 1* restart the queue", "@Grace", "due", "Take over", "Drop")
	card.ExpectEdit("*Tasks* 1 open")
	h.Quiet()

	h.pass(15 * time.Minute)
	asked := h.DirectMessages(grace).Expect("Task 1 of *INC-1 checkout is down* was due", "restart the queue")
	task.ExpectEdit(":warning:", "was due")
	card.ExpectEdit("1 open, :warning: overdue: 1 restart the queue")
	h.remind()
	h.Quiet()
	h.pass(10 * time.Minute)
	h.DirectMessages(ada).Expect("Task 1 of", "was due", "for Grace")
	grace.Press(asked, "Remind me in 15 min").Expect("You hear of it again")
	h.pass(14 * time.Minute)
	h.Quiet()
	grace.Press(asked, "Done").Expect("Task 1 of INC-1 is done: restart the queue")
	task.ExpectEdit(":white_check_mark: *Task 1* restart the queue · done").Lacks("Take over", "overdue", "was due")
	h.pass(2 * time.Hour)
	h.DirectMessages(ada).Expect("An update on")
	room.Expect("Nothing was heard", "*Ada* (commander)")
	h.Quiet()
	card.Lacks("*Tasks*")
	grace.Type(room.Name(), "/incident task done 1").Expect("Task 1 of INC-1 is done already.")
	grace.Type(room.Name(), "/incident timeline").
		Expect("gave out task 1 to Grace, due 10 Mar 09:15 UTC: restart the queue", "reminded Grace of task 1", "did task 1: restart the queue")
}

// TestStoryTasksByHand: a task nobody has is taken, one is dropped with a reason, one gets a check mark; all of it is listed.
func TestStoryTasksByHand(t *testing.T) {
	h, ada, room, card := inRoom(t)
	grace := h.Person("Grace")
	ada.Press(card, "Add a task")
	ada.Modal().Fill("What is to be done?", "call the bank at 12:30").Submit()
	first := room.Expect("*Task 1* call the bank", "nobody has taken it yet", "due")
	grace.Press(first, "Take")
	first.ExpectEdit("@Grace", "Take over")
	ada.Type(room.Name(), "/incident task drop the cache").Expect("Task 2 of INC-1: *drop the cache*.")
	second := room.Expect("*Task 2* drop the cache")
	ada.Type("#general", "/incident task INC-1 @Grace tell <!channel> & co. @Grace").Expect("Task 3 of INC-1", "for @Grace")
	third := room.Expect("*Task 3* @Grace tell <!channel> & co.", "@Grace")
	ada.Press(second, "Drop")
	ada.Modal().Has("Why need task 2 not be done?").Fill("Why need task 2 not be done?", "it is empty").Submit()
	second.ExpectEdit(":wastebasket:", "dropped", ": it is empty")
	grace.React(third, "eyes")
	grace.React(third, "white_check_mark")
	third.ExpectEdit(":white_check_mark: *Task 3*")
	grace.React(third, "white_check_mark") // taken away again
	grace.React(third, "white_check_mark")
	grace.React(card, "white_check_mark")
	h.Quiet()
	list := grace.Type(room.Name(), "/incident tasks").Expect("1 open task of INC-1", "Task 1", "due", ":wastebasket: *Task 2*", ":white_check_mark: *Task 3*")
	grace.Press(list, "Done") // the room sees it
	first.ExpectEdit(":white_check_mark:")
	for typed, want := range map[string]string{
		"task done 9":                       "INC-1 has no task 9",
		"task x today 04:00":                "that time is over",
		"task x at 25:61":                   "There is no time 25:61",
		"task " + strings.Repeat("x ", 200): "say it shorter",
		"task take #1":                      "done already",
		"task @Grace":                       "Say what is to be done",
		"task in 15m":                       "Say what is to be done",
	} {
		grace.Type(room.Name(), "/incident "+typed).Expect(want)
	}
	h.Quiet()
}

// TestStoryTasksAtTheEnd: what is still open when an incident is closed is named, stays, and is asked of nobody any more.
func TestStoryTasksAtTheEnd(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	ada.Type(room.Name(), "/incident task write to customers @Grace in 3h")
	task := room.Expect("*Task 1*")
	ada.Type(room.Name(), "/incident resolve")
	room.Expect("resolved")
	ada.Type(room.Name(), "/incident close").Expect("INC-1 is closed. Its open tasks stay: 1 write to customers.")
	room.Expect("closed INC-1. Its open tasks stay: 1 write to customers.")
	h.pass(12 * time.Hour) // its room is warned later
	h.Quiet()
	ada.Type(room.Name(), "/incident task more").Expect("INC-1 is closed", "reopen it first")
	grace := h.Person("Grace")
	grace.Type("#general", "/incident task INC-1 done 1").Expect("Task 1 of INC-1 is done")
	task.ExpectEdit(":white_check_mark:")
	h.Quiet()
}

// TestStoryTaskIsPostedOnce: the answer to its message was lost, and meanwhile it is done. It is found, and shows that.
func TestStoryTaskIsPostedOnce(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	lost := false
	h.Faults(func(c slacksim.Call) *slacksim.Fault {
		if lost || c.Method != "chat.postMessage" {
			return nil
		}
		lost = true
		return &slacksim.Fault{Kind: slacksim.LostAfter}
	})
	ada.Type(room.Name(), "/incident task restart the queue").Expect("Task 1")
	h.quieten(t)
	ada.Type(room.Name(), "/incident task done 1").Expect("is done")
	h.Pass(5 * time.Second)
	room.Expect(":white_check_mark: *Task 1*")
	h.Quiet()
	if again := h.Duplicates(); len(again) > 0 {
		t.Errorf("done twice: %q", again)
	}
}

// TestStoryTaskIsDoneBeforeItsMessageIsKnown: somebody sees its message before we have the answer to it. Slack is not told that
// we have their check mark until we know what it is on, and delivers it again.
func TestStoryTaskIsDoneBeforeItsMessageIsKnown(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	lost := false
	h.Faults(func(c slacksim.Call) *slacksim.Fault {
		if lost || c.Method != "chat.postMessage" {
			return nil
		}
		lost = true
		return &slacksim.Fault{Kind: slacksim.LostAfter}
	})
	ada.Type(room.Name(), "/incident task restart the queue").Expect("Task 1")
	h.quieten(t)
	task := room.Expect("*Task 1*")
	ada.React(task, "white_check_mark")
	h.quieten(t)
	task.Lacks(":white_check_mark:")
	h.Pass(5 * time.Second)
	h.quieten(t)
	h.Pass(time.Minute)
	task.ExpectEdit(":white_check_mark: *Task 1*")
	h.Quiet()
}

// TestStoryTasksInANewRoom: what is still to be done stands in it again, and what is over does not.
func TestStoryTasksInANewRoom(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	ada.Type(room.Name(), "/incident task restart the queue @Grace").Expect("Task 1")
	room.Expect("*Task 1*")
	ada.Type(room.Name(), "/incident task call the bank").Expect("Task 2")
	over := room.Expect("*Task 2*")
	ada.Press(over, "Done")
	over.ExpectEdit(":white_check_mark:")
	h.Quiet()
	ada.Archive(room)
	ada.Type("#general", "/incident mend INC-1").Expect("INC-1 is looked after")
	again := h.Channel("#inc-1-checkout-is-down-2")
	card := again.Expect("checkout is down", "*Tasks* 1 open")
	task := again.Expect("*Task 1* restart the queue", "@Grace", "Take over")
	h.Channel("#incidents").Post("checkout is down").ExpectEdit(again.Name())
	h.Quiet()
	h.Announce("message_not_found", "already_pinned")
	h.Remove(task)
	ada.Type(again.Name(), "/incident mend").Expect("INC-1 is looked after")
	again.Expect("*Task 1* restart the queue")
	h.Quiet()

	for _, typed := range []string{"resolve", "close"} {
		ada.Type(again.Name(), "/incident "+typed).Expect("is " + typed)
		again.Expect(typed)
	}
	h.pass(48 * time.Hour)
	again.Expect("this room is archived")
	h.pass(24 * time.Hour)
	h.Quiet() // it is archived: one that is reopened before that stays where it is
	ada.Type("#general", "/incident reopen INC-1 it is back").Expect("INC-1 is open again")
	third := h.Channel("#inc-1-checkout-is-down-3")
	third.Expect("checkout is down", "*Tasks* 1 open")
	third.Expect("*Ada* reopened INC-1")
	task = third.Expect("*Task 1* restart the queue", "@Grace")
	h.Channel("#incidents").Post("checkout is down").ExpectEdit(third.Name())
	h.Quiet()
	h.Person("Grace").React(task, "white_check_mark")
	task.ExpectEdit(":white_check_mark: *Task 1*")
	card.Lacks(":white_check_mark:")
	h.Quiet()
}

// TestStoryTaskForm asks for a person and a time, because a name in a form's words is no more than words.
func TestStoryTaskForm(t *testing.T) {
	h, ada, room, card := inRoom(t)
	ada.Press(card, "Add a task")
	form := ada.Modal().Fill("What is to be done?", "feed @Linus's <!channel> & cat").Choose("By when", "15m")
	form.ChoosePerson("Who does it", "Grace").Submit()
	room.Expect("*Task 1* feed @Linus's <!channel> & cat", "@Grace · due 10 Mar 09:15 UTC")
	ada.Press(card, "Add a task")
	ada.Modal().Fill("What is to be done?", "call the bank").ChoosePerson("Who does it", "Ada").Submit()
	room.Expect("*Task 2* call the bank · @Ada")
	ada.Press(card, "Add a task")
	ada.Modal().Fill("What is to be done?", "write it down at 12:30").Submit()
	room.Expect("*Task 3* write it down · nobody has taken it yet · due 10 Mar 11:30 UTC")
	h.Quiet()
	if got := strings.Join(room.Members(), " "); got != "Ada Grace Tocsin" {
		t.Errorf("who has a task is invited: %s", got)
	}
}

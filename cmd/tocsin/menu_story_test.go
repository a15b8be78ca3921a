package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tocsin/incident"
)

// TestStoryEverythingIsFindable: what Tocsin can do stands behind a few buttons and "More…", in a room, outside, on the card and on
// the Home tab.
func TestStoryEverythingIsFindable(t *testing.T) {
	h, ada, room, card := inRoom(t)
	menu := ada.Type("#general", "/incident").Expect("Declare an incident", "Open incidents", "Help")
	ada.Choose(menu, "More…", "Start an exercise")
	ada.Modal().Has("What is broken?").Close()
	ada.Choose(menu, "More…", "Record a past one")
	ada.Modal().Has("Started").Close()
	ada.Choose(menu, "More…", "Subscribe").Expect("Choose a service")
	ada.Choose(ada.Type("#general", "/incident subscribe"), "Service", "checkout").Expect("each update on *service checkout*")
	urgent := "[Add a note] [Post an update] [Timeline] [Mitigated] [Resolve]"
	ada.Choose(ada.Type(room.Name(), "/incident").Expect("[Take command] "+urgent+" [Open incidents] [Help] [Make it private]"), "More…", "Tasks").Expect("0 open tasks of INC-1")
	h.Quiet()
	more := ada.Press(card, "More…").Expect("What would you like to do?", "Take command")
	ada.Choose(more, "More…", "Change the title")
	ada.Modal().Has("What is broken?", "SEV2", "checkout is down").Close()
	ada.Choose(more, "More…", "Merge").Expect("There is no other open incident")
	ada.Type("#general", "/incident declare search hangs").Expect("INC-2 declared")
	h.Channel("#inc-2-search-hangs").Expect("Take command")
	h.Channel("#incidents").Expect("search hangs")
	h.Quiet()
	ada.Choose(ada.Choose(more, "More…", "Merge").Expect("duplicate of which one"), "Merge into", "INC-2 search hangs")
	room.Expect("merged INC-1 into")
	h.Channel("#inc-2-search-hangs").Expect("INC-1")
	h.Quiet()
	ada.Type("#general", "/incident commander INC-2 @Linus")
	h.Channel("#inc-2-search-hangs").Expect("now *commander*")
	ada.Type("#inc-2-search-hangs", "/incident").Expect(urgent + " [Take command] [Open incidents]") // where somebody leads, nobody takes it by a slip
	h.Quiet()
	home := ada.OpenHome().Expect("Declare an incident")
	ada.Choose(home, "do:more", "Start an exercise")
	ada.Modal().Has("What is broken?").Close()
	ada.Press(home, "Show")
	ada.Modal().Press("More…")
	ada.Modal().Expect("What would you like to do", "Take command").Close()
	h.Quiet()
}

// TestStoryHelpOnEachVerb: of each verb there is a page with examples that begin with it, and one that is misspelt is offered.
func TestStoryHelpOnEachVerb(t *testing.T) {
	h := newHouse(t)
	ada := h.Person("Ada")
	for _, verb := range incident.Defaults().Verbs() {
		page := ada.Type("#general", "/incident help "+verb).Expect("/incident "+verb, "*For example*")
		_, examples, _ := strings.Cut(page.Text, "*For example*")
		if !strings.Contains(examples, "`/incident "+verb) {
			t.Errorf("of %s there is no example:\n%s", verb, page.Text)
		}
	}
	ada.Type("#general", "/incident help note").Expect("we rolled back").Lacks("/incident declare")
	ada.Press(ada.Type("#general", "/incident help ntoe").Expect("Did you mean: /incident help note"), "Help on note").Expect("/incident note -20m")
	ada.Press(ada.Type("#general", "/incident help declare"), "Declare an incident")
	ada.Modal().Has("What is broken?").Close()
	ada.Type("#general", "/incident help INC-9").Expect("There is no INC-9.")
	h.Quiet()
}

// TestStoryATypoIsPutRight: what was nearly a verb is a button with all that was typed, and what could not be read stands in a form.
func TestStoryATypoIsPutRight(t *testing.T) {
	h, ada, room, card := inRoom(t)
	ada.Press(ada.Type("#general", "/incident ntoe INC-1 we rolled back").Expect("Did you mean: /incident note"), "Add a note").Expect("Noted on the timeline of INC-1")
	ada.Press(ada.Type(room.Name(), "/incident checkoutt is slow again").Expect("To declare an incident"), "Help").Expect("Anywhere")
	ada.Press(ada.Type(room.Name(), "/incident note at 25:99 we rolled back").Expect("There is no time 25:99"), "Put it right")
	ada.Modal().Has("at 25:99 we rolled back", "SEV2").Fill("What happened?", "at 08:30 we rolled back").Submit()
	ada.Press(ada.Type("#general", "/incident declare --privat it burns").Expect("There is no flag --privat"), "Put it right")
	ada.Modal().Has("it burns").Close()
	ada.Press(ada.Type(room.Name(), "/incident commander somebody").Expect("I do not know who"), "Give out a role")
	ada.Modal().Close()
	ada.Press(ada.Type(room.Name(), "/incident star").Expect("named by its number"), "Timeline").Expect("Timeline of INC-1")
	ada.Press(ada.Type("#general", "/incident list since ever").Expect("Say how far back"), "All incidents").Expect("INC-1")
	ada.Press(ada.Type(room.Name(), "/incident tasks").Expect("0 open tasks"), "Add a task")
	ada.Modal().Close()
	ada.Press(ada.Type(room.Name(), "/incident resolv").Expect("Did you mean: /incident resolve"), "Resolve")
	card.ExpectEdit("resolved")
	room.Expect("resolved")
	ada.Press(ada.Type(room.Name(), "/incident resolve").Expect("is resolved already"), "Close")
	room.Expect("closed")
	h.Quiet()
}

// TestStoryTimesThatAreOnlyWords: words that begin like a time are kept as they are, and it is said how a time is typed.
func TestStoryTimesThatAreOnlyWords(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	ada.Type(room.Name(), "/incident note 08:05 the deploy began").Expect("Noted", "/incident note at 08:05 the deploy began")
	ada.Press(ada.Type(room.Name(), "/incident note tomorrow 09:00 call the bank").Expect("It is kept as words"), "Add a task")
	room.Expect("*Task 1* call the bank")
	ada.Type(room.Name(), "/incident timeline tasks").Expect("due ")
	ada.Type(room.Name(), "/incident snooze update 15m").Expect("Nobody is asked for")
	h.Quiet()
}

// TestStoryTheTimelineByButton: less of it, and what can be done about an entry.
func TestStoryTheTimelineByButton(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	ada.Type(room.Name(), "/incident note the queue is full").Expect("Noted")
	ada.Type(room.Name(), "/incident update we look").Expect("Update posted")
	room.Expect("we look")
	h.Channel("#incidents").Expect("we look")
	all := ada.Type(room.Name(), "/incident timeline").Expect("noted: the queue", "posted an update")
	ada.Choose(all, "Show only", "Notes").Expect("noted: the queue").Lacks("posted an update")
	note := h.latest(incident.EventNote)
	menu := fmt.Sprintf("do:entry:%d", note.ID)
	ada.Choose(all, menu, "Star").Expect("is starred")
	ada.Choose(all, menu, "Correct")
	ada.Modal().Fill("How should it read?", "the queue is empty").Submit()
	ada.Choose(ada.Type(room.Name(), "/incident timeline").Expect("the queue is empty"), "Show only", "Starred").Expect("queue").Lacks("posted an update")
	h.Quiet()
	h.Pass(time.Minute)
}

// TestStoryASubscriptionIsToSomething: where the policy names services, updates are promised on these only.
func TestStoryASubscriptionIsToSomething(t *testing.T) {
	h := newHouse(t, func(o *options) { o.policy.Admins = []string{"U0GRACE0003"} })
	ada := h.Person("Ada")
	ada.Press(ada.Type("#general", "/incident subscribe service chekout").Expect("Did you mean checkout?"), "It is checkout").Expect("each update on *service checkout*")
	ada.Type("#general", "/incident subscribe foo").Expect("There is no service foo. There are: checkout, payments.")
	ada.Type("#general", "/incident unsubscribe service foo").Expect("nothing to end")
	ada.Type("#general", "/incident declare it burns").Expect("INC-1 declared")
	h.Channel("#inc-1-it-burns").Expect("Take command")
	h.Channel("#incidents").Expect("it burns")
	h.Quiet()
	ada.Type("#inc-1-it-burns", "/incident redact #1 why").Expect("The policy leaves redact to admins: ask one of them. The policy names Grace.")
	ada.Type("#inc-1-it-burns", "/incident update")
	ada.Modal().Has("SEV3", "it burns").Close()
	h.Quiet()
}

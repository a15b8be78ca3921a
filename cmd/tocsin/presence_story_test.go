package main

import (
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// TestStoryLateJoiner: who comes in later than ten minutes reads how things stand, alone and once; also who has got a role
// meanwhile, but not who declared, nor who was there from the start.
func TestStoryLateJoiner(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	grace, linus, margaret := h.Person("Grace"), h.Person("Linus"), h.Person("Margaret")
	h.Announce("already_in_channel")
	ada.Type(room.Name(), "/incident commander me")
	room.Expect("now *commander*")
	ada.Type(room.Name(), "/incident note we restarted <carts> & nothing changed").Expect("Noted")
	h.Quiet()
	h.Pass(9 * time.Minute)
	h.Join(grace, room.Name())
	h.Quiet()
	ada.Type(room.Name(), "/incident update we roll back").Expect("Update posted")
	room.Expect("we roll back")
	h.Channel("#incidents").Expect("Update", "we roll back")
	h.Quiet()
	h.Pass(2 * time.Minute)
	h.Join(linus, room.Name())
	linus.ExpectEphemeral("SEV2 · INC-1 · checkout is down", "Investigating", "since", "commander @Ada", "next update due", "Last update", "we roll back", "Noted last", "we restarted <carts> & nothing changed", "Timeline")
	h.Leave(linus, room.Name())
	h.Join(linus, room.Name()) // and not again
	ada.Type(room.Name(), "/incident scribe @Margaret").Expect("Scribe")
	room.Expect("now *scribe*")
	h.Leave(grace, room.Name())
	h.Quiet()
	h.Leave(ada, room.Name())
	room.Expect("*Ada* has left the room, and is still commander of *INC-1 checkout is down*", "Take command")
	h.Join(ada, room.Name())
	h.Quiet()
	for who, want := range map[*slacksim.Person]int{grace: 0, linus: 1, margaret: 1, ada: 0} {
		if got := strings.Count(who.Sees(), "Noted last"); got != want {
			t.Errorf("%s read it %d times, want %d", who.Name, got, want)
		}
	}
	ada.Type(room.Name(), "/incident resolve").Expect("resolved")
	room.Expect("resolved")
	h.Join(h.Add(slacksim.Profile{Name: "Tardy"}), room.Name())
	h.Quiet()
	if got := h.Person("Tardy").Sees(); strings.Contains(got, "INC-1") {
		t.Errorf("it is over, and yet: %s", got)
	}
}

// TestStoryHolderLeaves: the commander hears of it, and the room where it is the commander; nobody once they are back.
func TestStoryHolderLeaves(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	grace := h.Person("Grace")
	ada.Type(room.Name(), "/incident commander me")
	room.Expect("now *commander*")
	ada.Type(room.Name(), "/incident communicator @Grace")
	room.Expect("now *communicator*")
	h.Quiet()
	h.Leave(grace, room.Name())
	gone := h.DirectMessages(ada).Expect("*Grace* has left the room, and is still communicator of *INC-1 checkout is down*")
	h.Quiet()
	ada.Press(gone, "I am the communicator")
	room.Expect("@Ada is now *communicator*")
	h.Leave(ada, room.Name())
	room.Expect("*Ada* has left the room, and is still commander, communicator of *INC-1")
	h.Quiet()
	page := grace.Type("#general", "/incident timeline INC-1")
	page.Expect("joined the room, as communicator", "left the room, and is still communicator", "left the room, and is still commander, communicator")
}

// TestStoryHolderIsBack before anybody could be told: nobody is.
func TestStoryHolderIsBack(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	ada.Type(room.Name(), "/incident commander me")
	room.Expect("now *commander*")
	h.Quiet()
	h.Faults(func(slacksim.Call) *slacksim.Fault { return &slacksim.Fault{Kind: slacksim.Status, Status: 503} })
	h.Leave(ada, room.Name())
	h.quieten(t)
	h.Join(ada, room.Name())
	h.quieten(t)
	h.Faults(nil)
	h.recover(recovery)
	h.Quiet()
	ada.Type(room.Name(), "/incident timeline").Expect("left the room, and is still commander", "joined the room, as commander")
}

// TestStoryHolderIsDeactivated: it is noticed wherever they have a role, and once.
func TestStoryHolderIsDeactivated(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	ada.Type(room.Name(), "/incident commander me")
	room.Expect("now *commander*")
	ada.Type(room.Name(), "/incident scribe @Linus")
	room.Expect("now *scribe*")
	h.Quiet()
	for range 2 {
		if err := h.UpdateProfile("Linus", func(p *slacksim.Profile) { p.Deleted = true }); err != nil {
			t.Fatal(err)
		}
	}
	h.DirectMessages(ada).Expect("*Linus* has left the workspace, and is still scribe of *INC-1")
	h.Quiet()
}

// TestStoryPrivateIsToldToMembersOnly: who leads a private incident from outside its room hears nothing of it.
func TestStoryPrivateIsToldToMembersOnly(t *testing.T) {
	h := newHouse(t, silenceIsFine)
	ada, grace := h.Person("Ada"), h.Person("Grace")
	ada.Type("#general", "/incident declare --private sev2 a key has leaked").Expect("INC-1 declared")
	room := h.Channel("#inc-1-a-key-has-leaked")
	room.Expect("Take command")
	h.Quiet()
	ada.Type(room.Name(), "/incident commander @Grace")
	room.Expect("now *commander*")
	ada.Type(room.Name(), "/incident scribe @Linus")
	room.Expect("now *scribe*")
	h.Quiet()
	h.Pass(6 * time.Minute) // what we know of the room is too old to count, and is read anew
	h.Leave(h.Person("Linus"), room.Name())
	h.DirectMessages(grace).Expect("*Linus* has left the room", "a key has leaked")
	h.Leave(grace, room.Name())
	room.Expect("*Grace* has left the room")
	h.Quiet()
	h.pass(2 * time.Hour) // an update is due: the commander is asked, who is not there
	h.Quiet()
	if got := strings.Count(strings.Join(h.DirectMessages(grace).Messages(), "\n"), "INC-1"); got != 1 {
		t.Errorf("Grace read of it %d times", got)
	}
}

// TestStorySilence: who has a role and is heard neither in the room nor by Tocsin for 45 minutes is noticed: by the commander,
// by the room where it is the commander, less and less often, and not at all once they speak.
func TestStorySilence(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	grace := h.Person("Grace")
	ada.Type(room.Name(), "/incident commander me")
	room.Expect("now *commander*")
	ada.Type(room.Name(), "/incident scribe @Grace")
	room.Expect("now *scribe*")
	look := func(times int) {
		for range times {
			h.pass(15 * time.Minute)
		}
	}
	note := func() {
		ada.Type(room.Name(), "/incident update we look").Expect("posted")
		room.Expect("we look")
		h.Channel("#incidents").Expect("Update", "we look")
	}
	look(2)
	note()
	grace.Reply(ada.Say(room.Name(), "does anybody see anything?"), "I do not") // in a thread
	look(2)
	h.Quiet()
	note()
	look(1)
	told := h.DirectMessages(ada).Expect("Nothing was heard for 45 minutes or longer on *INC-1 checkout is down* from *Grace* (scribe)", "I am the scribe")
	h.remind() // another replica looks at the same moment
	h.Quiet()
	look(2)
	note()
	h.Quiet()
	grace.Say(room.Name(), "sorry, I was in the data centre")
	look(2)
	h.Quiet()
	ada.Press(told, "I am the scribe")
	room.Expect("@Ada is now *scribe* of INC-1, in place of Grace")
	h.Quiet()
}

// TestStorySilenceOfTheCommander is told to the room, at growing distances, and to nobody while the room cannot be read.
func TestStorySilenceOfTheCommander(t *testing.T) {
	h, ada, room, _ := inRoom(t, func(o *options) { o.policy.Severities[1].Cadence = 0 })
	ada.Type(room.Name(), "/incident commander me")
	room.Expect("now *commander*")
	h.Quiet()
	h.Pass(15 * time.Minute)
	h.remind()
	h.Pass(30 * time.Minute)
	h.Announce("conversations.history")
	h.Faults(failing("conversations.history", 1, slacksim.Fault{Kind: slacksim.Status, Status: 503}))
	if err := h.program.bot.Remind(t.Context()); err == nil {
		t.Error("that the room could not be read is told to upkeep")
	}
	h.Quiet()
	h.remind()
	room.Expect("Nothing was heard for 45 minutes", "*Ada* (commander)", "Take command")
	h.pass(44 * time.Minute)
	h.Quiet()
	h.pass(time.Minute)
	room.Expect("Nothing was heard")
	h.pass(89 * time.Minute)
	h.Quiet()
	h.pass(time.Minute)
	room.Expect("Nothing was heard")
	ada.Type(room.Name(), "/incident timeline").Expect("reminded the room of the silence")
	h.Quiet()
}

// TestStorySilenceInALostRoom: what is due is said before anybody listens; a room that cannot be read is not asked for again at
// once, and nobody is accused.
func TestStorySilenceInALostRoom(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	ada.Type(room.Name(), "/incident commander me")
	room.Expect("now *commander*")
	said := -1
	h.Faults(func(c slacksim.Call) *slacksim.Fault {
		if c.Method != "conversations.history" {
			return nil
		}
		if said < 0 {
			said = len(reminded(h, 1))
		}
		return &slacksim.Fault{Kind: slacksim.SlackError, Error: "channel_not_found"}
	})
	h.Quiet()
	h.Pass(time.Hour) // an update is due, too
	if err := h.program.bot.Remind(t.Context()); err == nil {
		t.Error("that the room could not be read is told to upkeep")
	}
	h.DirectMessages(ada).Expect("An update on")
	h.pass(10 * time.Second)
	h.Quiet()
	if asked := h.called("conversations.history", nil); asked != 1 || said != 1 {
		t.Errorf("asked %d times, after %d reminders", asked, said)
	}
}

// reminded are the reminders that were recorded of an incident.
func reminded(h *house, id incident.ID) (list []incident.Event) {
	events, _, err := h.program.store.Timeline(h.t.Context(), id, 0, 100)
	if err != nil {
		h.t.Error(err)
	}
	for _, e := range events {
		if e.Kind == incident.EventReminded {
			list = append(list, e)
		}
	}
	return list
}

// TestStorySilenceThatNobodyMinds is not listened for.
func TestStorySilenceThatNobodyMinds(t *testing.T) {
	h, ada, room, _ := inRoom(t, silenceIsFine)
	ada.Type(room.Name(), "/incident commander me")
	room.Expect("now *commander*")
	h.pass(50 * time.Minute)
	h.Quiet()
	if asked := h.called("conversations.history", nil); asked != 0 {
		t.Errorf("the room was read %d times", asked)
	}
}

// TestStorySilenceIsBrokenInAnOldThread: who speaks there is heard, and nobody else is for it.
func TestStorySilenceIsBrokenInAnOldThread(t *testing.T) {
	h, ada, room, _ := inRoom(t, func(o *options) { o.policy.Severities[1].Cadence = 0 })
	grace, linus := h.Person("Grace"), h.Person("Linus")
	ada.Type(room.Name(), "/incident commander me")
	room.Expect("now *commander*")
	for _, role := range []string{"scribe @Grace", "mitigator @Linus"} {
		ada.Type(room.Name(), "/incident "+role)
		room.Expect("is now")
	}
	h.Quiet()
	head := ada.Say(room.Name(), "what do we see?")
	linus.Reply(head, "nothing yet")
	h.Pass(40 * time.Minute)
	ada.Reply(head, "and now?")
	h.Pass(10 * time.Minute)
	grace.Reply(head, "the queue grows")
	h.remind()
	h.DirectMessages(ada).Expect("Nothing was heard", "from *Linus* (mitigator).")
	h.Quiet()
}

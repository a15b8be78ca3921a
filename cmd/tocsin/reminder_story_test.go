package main

import (
	"testing"
	"time"
)

// pass moves the clock, and looks at what is due by then, as upkeep does every few seconds.
func (h *house) pass(d time.Duration) {
	h.t.Helper()
	h.Quiet() // what is under way would find its time over
	h.Pass(d)
	h.remind()
}

func (h *house) remind() {
	h.t.Helper()
	if err := h.program.bot.Remind(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// silenceIsFine is a policy that minds nobody's silence, for what is about something else.
func silenceIsFine(o *options) {
	for n := range o.policy.Severities {
		o.policy.Severities[n].SilentFor = 0
	}
}

// TestStoryUpdateIsMissed: the communicator is asked, then the commander, then the room, and none of them any more once
// there is one.
func TestStoryUpdateIsMissed(t *testing.T) {
	h, ada, room, _ := inRoom(t, silenceIsFine) // a sev2: an update each hour
	ada.Type(room.Name(), "/incident commander me").Expect("Commander")
	ada.Type(room.Name(), "/incident communicator @Grace").Expect("Communicator")
	room.Expect("now *commander*")
	room.Expect("now *communicator*")
	grace := h.Person("Grace")
	h.pass(59 * time.Minute)
	h.Quiet()
	h.pass(time.Minute)
	asked := h.DirectMessages(grace).Expect("An update on *INC-1 checkout is down* was due", "Post an update")
	h.remind() // another replica looks at the same moment
	h.Quiet()
	h.pass(10 * time.Minute)
	h.DirectMessages(ada).Expect("An update on *INC-1 checkout is down* was due")
	h.pass(10 * time.Minute)
	room.Expect("An update on *INC-1 checkout is down* was due")
	h.Quiet()
	grace.Press(asked, "Remind me in 15 min").Expect("You hear of it again")
	h.pass(14 * time.Minute)
	h.Quiet()
	h.pass(time.Minute)
	room.Expect("was due")
	ada.Type(room.Name(), "/incident update we roll back").Expect("Update posted")
	room.Expect("we roll back")
	h.Channel("#incidents").Expect("Update", "we roll back")
	h.pass(59 * time.Minute)
	h.Quiet()
	ada.Type(room.Name(), "/incident resolve").Expect("resolved")
	room.Expect("resolved")
	h.pass(24 * time.Hour)
	h.Quiet()
}

// TestStoryNobodyLeads: a sev2 without a commander for five minutes is noticed in the room, and no longer once there is one.
func TestStoryNobodyLeads(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	h.pass(5 * time.Minute)
	called := room.Expect("Nobody leads *INC-1 checkout is down* yet")
	h.Quiet()
	ada.Press(called, "Take command")
	room.Expect("now *commander*")
	h.pass(30 * time.Minute)
	h.Quiet()
}

// TestStoryRemindersSurvive a stop at the worst moment: what fell due meanwhile is said once.
func TestStoryRemindersSurvive(t *testing.T) {
	h, _, room, _ := inRoom(t)
	h.stop()
	h.Pass(5 * time.Hour)
	h.start()
	h.remind()
	h.remind()
	room.Expect("Nobody leads")
	h.DirectMessages(h.Person("Ada")).Expect("An update on")
	h.Quiet()
}

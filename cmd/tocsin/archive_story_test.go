package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// TestStoryGates: a refusal to close lists all that is missing, and each has the button that mends it.
func TestStoryGates(t *testing.T) {
	h := newHouse(t, func(o *options) {
		o.policy.Severities = slices.Clone(o.policy.Severities)
		for n := range o.policy.Severities {
			o.policy.Severities[n].Gates = []incident.Gate{incident.GateCommander, incident.GateUpdate, incident.GateSeverity}
		}
	})
	ada := h.Person("Ada")
	ada.Type("#general", "/incident declare unknown checkout is odd").Expect("INC-1 declared")
	room := h.Channel("#inc-1-checkout-is-odd")
	card := room.Expect("Take command")
	h.Channel("#incidents").Expect("checkout is odd")
	refused := ada.Type(room.Name(), "/incident close").Expect("INC-1 cannot be closed yet: it is not resolved; nobody leads it; no update has been posted; nobody has said how bad it was.",
		"Resolve", "Take command", "Post an update", "SEV1", "SEV4")
	ada.Press(refused, "Resolve")
	room.Expect("*Ada* resolved INC-1")
	ada.Press(refused, "SEV2") // and still there, once it is resolved
	card.ExpectEdit("SEV2")
	ada.Press(refused, "Take command")
	room.Expect("*commander*")
	refused = ada.Press(card, "Close INC-1").Expect("INC-1 cannot be closed yet: no update has been posted.").Lacks("Take command")
	ada.Press(refused, "Post an update")
	ada.Modal().Fill("What is known?", "it was a cache").Submit()
	room.Expect("it was a cache")
	h.Channel("#incidents").Expect("Update", "it was a cache")
	ada.Press(card, "Close INC-1")
	room.Expect("*Ada* closed INC-1")
	h.pass(time.Hour)
	h.Quiet()
	ada.Type("#general", "/incident drill we practise").Expect("declared")
	h.Channel("#inc-2-we-practise").Expect("EXERCISE")
	ada.Type("#general", "/incident resolve INC-2").Expect("resolved")
	ada.Type("#general", "/incident close INC-2").Expect("INC-2 is closed")
	for range 2 {
		h.Channel("#inc-2-we-practise").Expect("EXERCISE")
	}
	h.Quiet()
}

// closedRoom is an incident that has just been closed.
func closedRoom(t *testing.T, flags string) (*house, *slacksim.Person, *slacksim.Channel) {
	t.Helper()
	h := newHouse(t)
	ada := h.Person("Ada")
	ada.Type("#general", "/incident declare checkout is down"+flags).Expect("INC-1 declared")
	room := h.Channel("#inc-1-checkout-is-down")
	room.Expect("Take command")
	if flags == "" {
		h.Channel("#incidents").Expect("checkout is down")
	}
	h.Quiet()
	for _, typed := range []string{"resolve", "close"} {
		ada.Type(room.Name(), "/incident "+typed).Expect("is " + typed)
		room.Expect(typed)
	}
	h.Quiet()
	return h, ada, room
}

// TestStoryARoomIsArchived after a quiet time, with a warning first; a note, and the button, keep it open.
func TestStoryARoomIsArchived(t *testing.T) {
	h, ada, room := closedRoom(t, "")
	h.pass(47 * time.Hour)
	ada.Type(room.Name(), "/incident note it was the cache").Expect("Noted")
	h.pass(time.Hour)
	h.Quiet() // counted from the note
	h.pass(47 * time.Hour)
	warned := room.Expect("*INC-1 checkout is down* is closed", "this room is archived", "Keep it 3 more days")
	ada.Press(warned, "Keep it 3 more days")
	h.pass(25 * time.Hour)
	h.Quiet()
	h.pass(23 * time.Hour)
	room.Expect("this room is archived")
	h.pass(23 * time.Hour)
	if h.Quiet(); room.Archived() {
		t.Error("not before its time")
	}
	h.stop() // over a restart, too
	h.Pass(2 * time.Hour)
	h.start()
	h.remind()
	h.remind()
	if h.Quiet(); !room.Archived() {
		t.Error("the room of a closed incident is archived")
	}
	h.pass(1000 * time.Hour)
	ada.Type("#general", "/incident note INC-1 a thought").Expect("Noted")
	ada.Type("#general", "/incident timeline INC-1").Expect("archived its room")
	h.pass(1000 * time.Hour)
	h.Quiet()
}

// archivedRoom lets the room of an incident be archived.
func archivedRoom(t *testing.T, flags string) (*house, *slacksim.Person, *slacksim.Channel) {
	t.Helper()
	h, ada, room := closedRoom(t, flags)
	h.Person("Grace").Join(room)
	h.pass(48 * time.Hour)
	room.Expect("this room is archived")
	h.pass(24 * time.Hour)
	if h.Quiet(); !room.Archived() {
		t.Error("the room of a closed incident is archived")
	}
	return h, ada, room
}

// TestStoryReopenedAfterTheArchive: Slack lets no bot bring a channel back, so there is a new room, with those of the old one.
func TestStoryReopenedAfterTheArchive(t *testing.T) {
	h, ada, room := archivedRoom(t, "")
	ada.Type("#general", "/incident reopen INC-1 it is back").Expect("INC-1 is open again")
	again := h.Channel("#inc-1-checkout-is-down-2")
	card := again.Expect("checkout is down", "investigating", "Before: ", room.Name())
	again.Expect("*Ada* reopened INC-1", "it is back")
	h.Channel("#incidents").Post("checkout is down").ExpectEdit(again.Name())
	h.Quiet()
	if got := strings.Join(again.Members(), " "); got != "Ada Grace Tocsin" || !card.Pinned() || again.Topic() == "" || len(again.Bookmarks()) == 0 {
		t.Errorf("members: %s; pinned %v; topic %q; bookmarks %q", got, card.Pinned(), again.Topic(), again.Bookmarks())
	}
	ada.Type(again.Name(), "/incident commander me").Expect("Commander of INC-1")
	again.Expect("*commander*")
	card.ExpectEdit("@Ada")
	h.Quiet()
}

// TestStoryAPersonBringsTheRoomBack: then that is the room again.
func TestStoryAPersonBringsTheRoomBack(t *testing.T) {
	h, ada, room := archivedRoom(t, "")
	card := room.Post("Declared by")
	ada.Unarchive(room)
	ada.Type(room.Name(), "/incident reopen it is back").Expect("INC-1 is open again")
	room.Expect("*Ada* reopened INC-1")
	card.ExpectEdit("investigating")
	h.Channel("#incidents").Post("checkout is down").ExpectEdit("Investigating")
	h.Quiet()
	if got := strings.Join(room.Members(), " "); got != "Ada Grace Tocsin" {
		t.Errorf("members: %s", got)
	}
}

// TestStoryAPrivateRoomIsNotArchived: who is in it may see the incident, and of an archived one nobody could ask Slack.
func TestStoryAPrivateRoomIsNotArchived(t *testing.T) {
	h, ada, room := closedRoom(t, " --private")
	h.pass(1000 * time.Hour)
	h.pass(1000 * time.Hour)
	ada.Type(room.Name(), "/incident reopen it is back").Expect("INC-1 is open again")
	room.Expect("reopened INC-1")
	h.Quiet()
}

// TestStoryABusyRoomIsNotArchived: people talk in it after the close, before the warning and after it, and in threads.
func TestStoryABusyRoomIsNotArchived(t *testing.T) {
	h, ada, room := closedRoom(t, "")
	for range 8 {
		h.pass(12 * time.Hour)
		ada.Say(room.Name(), "still looking at the logs")
	}
	h.pass(47 * time.Hour)
	h.Quiet()
	h.pass(time.Hour)
	warning := room.Expect("nobody has written anything since: this room is archived")
	h.pass(23 * time.Hour)
	ada.Reply(warning, "do not, please")
	h.pass(time.Hour)
	h.pass(46 * time.Hour)
	h.Quiet()
	if room.Archived() {
		t.Error("archived an hour after somebody has written")
	}
	h.pass(time.Hour)
	room.Expect("this room is archived")
	h.pass(24 * time.Hour)
	h.Quiet()
	if !room.Archived() {
		t.Error("nobody has written since")
	}
}

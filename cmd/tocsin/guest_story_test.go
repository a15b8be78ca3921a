package main

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tocsin/bot/slacksim"
	"tocsin/incident"
)

func TestStoryOutsidersSeeOnlyTheRoomsThatTheyAreIn(t *testing.T) {
	w, ada, room, _ := inRoom(t)
	gus := w.Person("Gus")
	missing := gus.Type("#general", "/incident timeline INC-2").Text
	for _, typed := range []string{
		"/incident timeline INC-1", "/incident resolve INC-1", "/incident note INC-1 x", "/incident commander INC-1 me",
		"/incident accept INC-1", "/incident decline INC-1 x", "/incident reopen INC-1 x", "/incident scribe INC-1",
	} {
		if got := gus.Type("#general", typed).Text; got != strings.ReplaceAll(missing, "INC-2", "INC-1") {
			t.Errorf("%s: %q", typed, got)
		}
	}
	gus.Type("#general", "/incident list").Expect("No open incidents that you can see")
	w.Join(gus, room.Name())
	gus.Type(room.Name(), "/incident note I have seen it too").Expect("Noted")
	gus.Type(room.Name(), "/incident list").Expect("INC-1")
	ada.Type(room.Name(), "/incident timeline").Expect("Gus", "I have seen it too")
	w.Quiet()
	w.Pass(10 * time.Minute) // and nobody comes or goes
	gus.Type("#general", "/incident show INC-1").Expect("INC-1")
	gus.Type("#general", "/incident list").Expect("INC-1")
	w.Quiet()
}

func TestStoryAnUnknownGuestsPrivateIncidentIsDeclined(t *testing.T) {
	w := newHouseWithoutJoins(t)
	guest := w.Add(slacksim.Profile{Name: "Newcomer", Guest: true})
	w.Join(guest, "#general")
	guest.Type("#general", "/incident declare --private somebody stole a key").Expect("INC-1 declared")
	w.DirectMessages(guest).Expect("Guests cannot declare", "declined", "somebody stole a key")
	w.Quiet()
	if i, err := w.program.store.Incident(t.Context(), 1); err != nil || i.Status != incident.Declined {
		t.Errorf("%+v %v", i, err)
	}
}

// TestStoryAnUnknownGuestRecordsNothing, though it needs no room, and nobody waits for what they said of it.
func TestStoryAnUnknownGuestRecordsNothing(t *testing.T) {
	w := newHouseWithoutJoins(t)
	guest := w.Add(slacksim.Profile{Name: "Newcomer", Guest: true})
	w.Join(guest, "#general")
	guest.Type("#general", "/incident backfill mail was late --started -3h --resolved -1h").Expect("INC-1 is recorded")
	w.DirectMessages(guest).Expect("Guests cannot declare", "INC-1 was declined", "mail was late")
	w.Quiet()
	if i, err := w.program.store.Incident(t.Context(), 1); err != nil || i.Status != incident.Declined {
		t.Errorf("%+v %v", i, err)
	}
}

func TestStoryAnUnknownGuestCannotSlipOutOfTriage(t *testing.T) {
	w := newHouseWithoutJoins(t)
	guest := w.Add(slacksim.Profile{Name: "Newcomer", Guest: true})
	w.Join(guest, "#general")
	w.Announce("users.info")
	var held atomic.Bool
	w.Faults(func(c slacksim.Call) *slacksim.Fault {
		if c.Method == "users.info" && !held.Swap(true) {
			return &slacksim.Fault{Kind: slacksim.Status, Status: 429, RetryAfter: 1e9}
		}
		return nil
	})
	guest.Type("#general", "/incident declare everything burns").Expect("INC-1 declared")
	drainSayings(w)
	guest.Type("#general", "/incident status INC-1 identified")
	w.Pass(2e9)
	w.DirectMessages(guest).Expect("Guests cannot declare", "waits in triage")
	w.Quiet() // no room, no announcement
}

func TestStoryADeclarerWhomSlackDoesNotShowIsAStranger(t *testing.T) {
	w := newHouseWithoutJoins(t)
	ghost := w.Add(slacksim.Profile{Name: "Ghost"})
	w.Join(ghost, "#general")
	w.Announce("users.info")
	w.Faults(func(c slacksim.Call) *slacksim.Fault {
		if c.Method == "users.info" {
			return &slacksim.Fault{Kind: slacksim.SlackError, Error: "user_not_visible"}
		}
		return nil
	})
	ghost.Type("#general", "/incident declare boo").Expect("INC-1 declared")
	w.DirectMessages(ghost).Expect("Only members of this workspace", "waits in triage")
	w.Quiet()
}

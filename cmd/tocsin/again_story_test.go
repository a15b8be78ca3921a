package main

import (
	"fmt"
	"sync/atomic"
	"testing"

	"tocsin/bot/slacksim"
)

// TestStoryNobodyWaitsForNewsOfWhatAGuestDeclared: what was over before it was found out who declared it has no room, and
// nothing of it is tried for ever.
func TestStoryNobodyWaitsForNewsOfWhatAGuestDeclared(t *testing.T) {
	w := newHouseWithoutJoins(t)
	guest, ada := w.Add(slacksim.Profile{Name: "Newcomer", Guest: true}), w.Person("Ada")
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
	ada.Type("#general", "/incident subscribe INC-1").Expect("You hear each update on")
	ada.Type("#general", "/incident update INC-1 we are looking").Expect("Update posted")
	ada.Type("#general", "/incident resolve INC-1").Expect("INC-1 is resolved")
	for range 3 {
		w.Pass(20e9)
		w.Quiet() // no room, no announcement, and nothing to Ada
	}
	if due, err := w.program.store.NextDue(t.Context()); err != nil || !due.IsZero() {
		t.Errorf("something is tried again for ever, next at %s: %v", due, err)
	}
}

// TestStoryTheSameRequestGetsTheSameAnswer: even where the same could not be asked any more.
func TestStoryTheSameRequestGetsTheSameAnswer(t *testing.T) {
	w, _, room, _ := inRoom(t)
	for n, line := range []string{"/incident scribe me", "/incident handover @Linus he types fastest"} {
		id := fmt.Sprintf("twice.%d", n)
		first := w.command("Ada", room.Name(), line, id)
		if again := w.command("Ada", room.Name(), line, id); again != first {
			t.Errorf("%s was answered %s, and when it came again %s", line, first, again)
		}
	}
	drainSayings(w)
	room.Expect("@Linus is now *scribe*")
	w.quieten(t)
}

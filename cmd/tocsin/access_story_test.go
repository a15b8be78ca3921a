package main

import (
	"testing"
	"time"
)

// TestStoryAccess: somebody outside asks, the room sees it once, and lets them in; they learn nothing before that.
func TestStoryAccess(t *testing.T) {
	h := newHouse(t)
	ada, grace := h.Person("Ada"), h.Person("Grace")
	ada.Type("#general", "/incident declare the canary sings --private")
	room := h.Channel("#inc-1-the-canary-sings")
	room.Expect("the canary sings")
	h.Quiet()
	const same = "If there is such an incident and you are not in its room, the people there see that you ask."
	none := grace.Type("#general", "/incident access INC-9 I know <!channel> birds").Text
	some := grace.Type("#general", "/incident access INC-1 I know <!channel> birds").Text
	if none != same || some != same {
		t.Errorf("of none: %s\nof one:  %s", none, some)
	}
	asked := room.Expect("*Grace* asks to be let in: I know <!channel> birds", "Let them in")
	if again := grace.Type("#general", "/incident access INC-1 please").Text; again != same {
		t.Errorf("asked again: %s", again)
	}
	h.Quiet() // the room hears it once
	ada.Press(asked, "Let them in").Expect("@Grace is invited")
	h.Quiet()
	if members := room.Members(); len(members) != 3 {
		t.Errorf("in the room: %q", members)
	}
	grace.Type("#general", "/incident access INC-1").Expect("open to you already")
	ada.Press(asked, "Let them in").Expect("Grace was let in already")
	h.Quiet()
}

// TestStoryAccessIsHeardAgain after an hour, and not of what is over.
func TestStoryAccessIsHeardAgain(t *testing.T) {
	h := newHouse(t)
	ada, grace := h.Person("Ada"), h.Person("Grace")
	ada.Type("#general", "/incident declare the canary sings --private")
	room := h.Channel("#inc-1-the-canary-sings")
	room.Expect("the canary sings")
	grace.Type("#general", "/incident access INC-1 first")
	room.Expect("asks to be let in: first")
	h.Quiet()
	h.Pass(61 * time.Minute)
	grace.Type("#general", "/incident access INC-1 second")
	room.Expect("asks to be let in: second")
	ada.Type(room.Name(), "/incident resolve")
	room.Expect("resolved")
	h.Quiet()
	h.Pass(61 * time.Minute)
	grace.Type("#general", "/incident access INC-1 third")
	h.Quiet()
}

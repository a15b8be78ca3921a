package main

import (
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
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
	asked.ExpectEdit("*INC-1*: *Ada* let Grace in").Lacks("Let them in")
	ada.Type(room.Name(), "/incident invite @Grace").Expect("Grace was let in already")
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

// TestStoryWhoWasPutOut of a private room stays out, whatever is mended, until somebody there lets them in by name; they can
// ask for it.
func TestStoryWhoWasPutOut(t *testing.T) {
	h := newHouse(t)
	h.Announce("user_not_in_channel") // what only Grace was to read may be on its way when she is put out
	ada, grace := h.Person("Ada"), h.Person("Grace")
	ada.Type("#general", "/incident declare the canary sings --private")
	room := h.Channel("#inc-1-the-canary-sings")
	room.Expect("the canary sings")
	ada.Type(room.Name(), "/incident invite @Grace").Expect("@Grace is invited")
	ada.Type(room.Name(), "/incident scribe @Grace").Expect("Scribe")
	room.Expect("now *scribe*")
	h.Quiet()
	present := func(want string) {
		t.Helper()
		h.Quiet()
		if got := strings.Join(room.Members(), " "); got != want {
			t.Errorf("in %s: %s, want %s", room.Name(), got, want)
		}
	}
	present("Ada Grace Tocsin")
	h.Announce("already_in_channel", "already_pinned")
	h.Leave(grace, room.Name())
	room.Expect("*Grace* has left the room")
	ada.Type(room.Name(), "/incident mend").Expect("INC-1 is looked after")
	present("Ada Tocsin")
	ada.Type(room.Name(), "/incident severity sev1").Expect("SEV1")
	present("Ada Tocsin")

	h.Pass(2 * time.Hour)
	h.refresh(t)
	grace.Type("#general", "/incident access INC-1 let me in").Expect("If there is such an incident")
	ada.Press(room.Expect("*Grace* asks to be let in: let me in"), "Let them in").Expect("@Grace is invited")
	present("Ada Grace Tocsin")
	h.Leave(grace, room.Name())
	room.Expect("*Grace* has left the room")
	ada.Type(room.Name(), "/incident invite @Grace").Expect("@Grace is invited")
	present("Ada Grace Tocsin")
	h.Leave(grace, room.Name())
	room.Expect("*Grace* has left the room")
	h.Quiet()
	h.Announce("channel_not_found")
	ada.Archive(room)
	ada.Type("#general", "/incident mend INC-1")
	room = h.Channel("#inc-1-the-canary-sings-2") // a new one, to which nobody has been invited
	room.Expect("the canary sings")
	present("Ada Tocsin")
}

// TestStoryAccessByStanding: who could not be let in is told so, and who says too much, whatever they ask for.
func TestStoryAccessByStanding(t *testing.T) {
	h := newHouseWithoutJoins(t)
	ada, grace, gus := h.Person("Ada"), h.Person("Grace"), h.Person("Gus")
	newcomer := h.Add(slacksim.Profile{Name: "Newcomer"})
	ada.Type("#general", "/incident declare the canary sings --private")
	h.Channel("#inc-1-the-canary-sings").Expect("the canary sings")
	for _, id := range []string{"INC-1", "INC-9"} {
		gus.Type("#general", "/incident access "+id+" please").Expect("Ask one of them to invite you in Slack")
		newcomer.Type("#general", "/incident access "+id+" please").Expect("Tocsin does not know you yet")
		grace.Type("#general", "/incident access "+id+" "+strings.Repeat("please ", 80)).Expect("The reason is longer than 500 characters")
	}
	h.Quiet()
}

// TestStoryInviteByForm: who does not know how to name somebody chooses them.
func TestStoryInviteByForm(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	h.Person("Grace")
	ada.Type(room.Name(), "/incident invite")
	form := ada.Modal().Has("Invite somebody", "checkout is down")
	if got := form.ChoosePerson("Who is let in", "Ada").Submit(); !strings.Contains(got.Errors["Who is let in"], "You are in the room of INC-1 already") {
		t.Errorf("refused: %+v", got)
	}
	form.ChoosePerson("Who is let in", "Grace").Submit()
	ada.Modal().Expect("@Grace is invited to the room of INC-1.").Close()
	h.Quiet()
	if got := strings.Join(room.Members(), " "); got != "Ada Grace Tocsin" {
		t.Errorf("members: %s", got)
	}
	ada.Choose(ada.Type("#general", "/incident help INC-1").Expect("More…"), "More…", "Invite somebody")
	ada.Modal().Has("Who is let in").Close()
	h.Quiet()
}

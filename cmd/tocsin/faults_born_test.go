package main

import (
	"net/http"
	"testing"

	"tocsin/bot/slacksim"
)

// TestF75WhoDeclaredIsIn: who declared a private incident may see it from that moment on, wherever they type: while its room waits
// for the invitations, over a death at that place, and after them, though Slack has not said yet that they came. Once they have
// left it they see it no more, and nobody else ever did.
func TestF75WhoDeclaredIsIn(t *testing.T) {
	h := newHouse(t)
	h.Announce("already_in_channel")
	ada, grace := h.Person("Ada"), h.Person("Grace")
	sees := func(when string) {
		t.Helper()
		ada.Type("#general", "/incident show INC-1").Expect("the keys are out")
		ada.Type("#general", "/incident list").Expect("the keys are out")
		grace.Type("#general", "/incident show INC-1").Expect("There is no INC-1")
		if t.Failed() {
			t.Fatal(when)
		}
	}
	die := func(after slacksim.Fault) { // and go on with a fault, from the first call on
		image, err := h.image()
		if err != nil {
			t.Fatal(err)
		}
		h.unheard()
		h.Faults(func(slacksim.Call) *slacksim.Fault { return &slacksim.Fault{Kind: slacksim.LostBefore} })
		h.stop()
		h.Faults(failing("conversations.invite", 0, after))
		h.db = image
		h.start()
	}
	refused := slacksim.Fault{Kind: slacksim.Status, Status: http.StatusServiceUnavailable}
	h.Faults(failing("conversations.invite", 0, refused))
	ada.Type("#general", "/incident declare --private the keys are out").Expect("INC-1 declared")
	h.quieten(t)
	room := h.Channel("#inc-1-the-keys-are-out")
	sees("while the invitations wait")
	h.refresh(t)
	sees("and the room was looked at")
	die(refused)
	h.refresh(t)
	sees("after a death there")

	h.DropEvents(true)
	h.Faults(failing("conversations.invite", 0, slacksim.Fault{Kind: slacksim.LostAfter}))
	h.recover(recovery)
	sees("in the room, of which we do not know")
	die(refused)
	sees("after a death there")
	h.Faults(nil)
	h.recover(recovery)
	sees("in the room, and Slack has said nothing")
	h.refresh(t)
	sees("as a look shows")
	h.DropEvents(false)

	ada.Leave(room)
	h.quieten(t)
	ada.Type("#general", "/incident show INC-1").Expect("There is no INC-1")
	h.dieAndStart()
	h.refresh(t)
	ada.Type("#general", "/incident show INC-1").Expect("There is no INC-1")
}

package main

import (
	"testing"
	"time"
)

// TestStorySeverityUnknown: whoever cannot say how bad it is says so, and the room is asked once there was time to look.
func TestStorySeverityUnknown(t *testing.T) {
	h := newHouse(t)
	ada := h.Person("Ada")
	ada.Type("#general", "/incident declare unknown checkout is odd").Expect("INC-1 declared")
	room := h.Channel("#inc-1-checkout-is-odd")
	card := room.Expect("SEVERITY UNKNOWN", "checkout is odd", "due") // like a sev3, which owes updates
	h.Channel("#incidents").Expect("SEVERITY UNKNOWN")
	h.pass(9 * time.Minute)
	h.Quiet()
	h.pass(time.Minute)
	asked := room.Expect("How bad is *INC-1 checkout is odd*?", "SEV1", "SEV4", "In 15 minutes")
	ada.Press(asked, "SEV2")
	card.ExpectEdit("SEV2").Lacks("UNKNOWN")
	h.Quiet()
	ada.Type(room.Name(), "/incident severity unknown").Expect("INC-1 is now *SEVERITY UNKNOWN*")
	ada.Type(room.Name(), "/incident commander me").Expect("Commander")
	room.Expect("*commander*")
	h.pass(10 * time.Minute)
	room.Expect("How bad is")
	ada.Type(room.Name(), "/incident resolve").Expect("resolved")
	room.Expect("resolved")
	h.pass(24 * time.Hour)
	h.Quiet()

	ada.Type("#general", "/incident declare")
	form := ada.Modal().Has("UNKNOWN", "Nobody can say yet how bad it is.")
	form.Fill("What is broken?", "carts are empty").Choose("How bad is it?", "UNKNOWN").Submit()
	h.Channel("#inc-2-carts-are-empty").Expect("SEVERITY UNKNOWN")
	h.Channel("#incidents").Expect("SEVERITY UNKNOWN")
	h.Quiet()
}

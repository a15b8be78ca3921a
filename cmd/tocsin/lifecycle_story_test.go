package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/bot/slacksim"
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

// TestStorySeverityTells: whom the policy names for a severity hears of it, once, and is invited; of a private incident only
// who is in its room.
func TestStorySeverityTells(t *testing.T) {
	w := slacksim.New(t, slacksim.Options{Manifest: tocsin.Manifest})
	grace, linus := w.Person("Grace"), w.Person("Linus")
	h := newHouseIn(t, w, func(o *options) {
		o.policy.Severities = slices.Clone(o.policy.Severities)
		o.policy.Severities[0].Tell, o.policy.Severities[0].Invite = []string{grace.ID()}, []string{linus.ID()}
	})
	ada := h.Person("Ada")
	ada.Type("#general", "/incident declare sev2 checkout is down").Expect("INC-1 declared")
	room := h.Channel("#inc-1-checkout-is-down")
	card := room.Expect("SEV2")
	announcement := h.Channel("#incidents").Expect("SEV2")
	h.Quiet()
	ada.Type(room.Name(), "/incident severity sev1").Expect("SEV1")
	card.ExpectEdit("SEV1")
	announcement.ExpectEdit("SEV1")
	h.DirectMessages(grace).Expect("SEV1 · INC-1 · checkout is down", "*Ada* changed the severity from SEV2 to *SEV1*", room.Name())
	h.Quiet()
	if got := strings.Join(room.Members(), " "); got != "Ada Linus Tocsin" {
		t.Errorf("members: %s", got)
	}

	h.Faults(func(c slacksim.Call) *slacksim.Fault { // what cannot be told at once is told as it is then
		if c.Method == "conversations.open" {
			return &slacksim.Fault{Kind: slacksim.Status, Status: 429, RetryAfter: 10 * time.Second}
		}
		return nil
	})
	for _, severity := range []string{"sev3", "sev1", "sev2", "sev1"} {
		ada.Type(room.Name(), "/incident severity "+severity).Expect("is now")
	}
	card.ExpectEdit("SEV1")
	h.Quiet()
	h.Faults(nil)
	h.Pass(20 * time.Second)
	h.DirectMessages(grace).Expect("SEV2 to *SEV1*")
	h.Quiet()

	ada.Type("#general", "/incident declare sev1 search is down").Expect("INC-2 declared")
	h.Channel("#inc-2-search-is-down").Expect("SEV1")
	h.Channel("#incidents").Expect("SEV1")
	h.DirectMessages(grace).Expect("*Ada* declared", "search is down")
	h.Quiet()

	ada.Type("#general", "/incident declare --private sev1 a key has leaked").Expect("INC-3 declared")
	private := h.Channel("#inc-3-a-key-has-leaked")
	private.Expect("SEV1")
	h.Quiet() // and Grace hears nothing
	ada.Type(private.Name(), "/incident scribe @Grace").Expect("Scribe")
	private.Expect("*scribe*")
	h.Quiet()
	for _, severity := range []string{"sev2", "sev1"} {
		ada.Type(private.Name(), "/incident severity "+severity).Expect("is now")
	}
	h.DirectMessages(grace).Expect("SEV2 to *SEV1*")
	h.Quiet()
}

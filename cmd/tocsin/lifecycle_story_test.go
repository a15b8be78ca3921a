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

// TestStoryDrill: every message of an exercise says so, and nobody hears of it but who takes part.
func TestStoryDrill(t *testing.T) {
	w := slacksim.New(t, slacksim.Options{Manifest: tocsin.Manifest})
	grace, linus := w.Person("Grace"), w.Person("Linus")
	h := newHouseIn(t, w, func(o *options) {
		for n := range o.policy.Severities {
			level := &o.policy.Severities[n]
			level.Tell, level.Invite, level.Escalate = []string{linus.ID()}, []string{linus.ID()}, []string{linus.ID()}
		}
		o.policy.Services[0].Owner = linus.ID()
		o.policy.Drills.Invite = []string{grace.ID()}
	})
	ada := h.Person("Ada")
	ada.Type("#general", "/incident drill sev2 the region is gone --service checkout").Expect("INC-1 declared as an exercise")
	room := h.Channel("#inc-1-the-region-is-gone")
	card := room.Expect("EXERCISE", "SEV2", "the region is gone")
	h.Quiet() // nothing is announced
	h.pass(5 * time.Minute)
	room.Expect("EXERCISE", "Nobody leads")
	h.pass(10 * time.Minute)
	room.Expect("EXERCISE", "Nobody leads")
	ada.Type(room.Name(), "/incident severity sev1").Expect("SEV1")
	ada.Press(card, "Take command")
	for _, typed := range []string{"update we move", "mitigated", "resolve", "reopen once more"} {
		room.Expect("EXERCISE")
		ada.Type(room.Name(), "/incident "+typed)
	}
	room.Expect("EXERCISE", "reopened")
	h.pass(30 * time.Minute)
	h.DirectMessages(ada).Expect("EXERCISE", "An update on")
	h.Quiet()
	if got := strings.Join(room.Members(), " "); got != "Ada Grace Tocsin" {
		t.Errorf("members: %s", got)
	}
	if topic := room.Topic(); !strings.Contains(topic, "EXERCISE") {
		t.Errorf("topic: %s", topic)
	}
	ada.Type("#general", "/incident list").Expect("EXERCISE")
	h.program.bot.Policy().Drills.Announce = h.ChannelID("random")
	ada.Type("#general", "/incident declare the database is gone --drill").Expect("as an exercise")
	h.Channel("#inc-2-the-database-is-gone").Expect("EXERCISE")
	h.Channel("#random").Expect("EXERCISE", "the database is gone")
	ada.Type("#general", "/incident drill")
	ada.Modal().Fill("What is broken?", "a third one").Submit()
	h.Channel("#inc-3-a-third-one").Expect("EXERCISE")
	h.Channel("#random").Expect("EXERCISE", "a third one")
	h.Quiet()
}

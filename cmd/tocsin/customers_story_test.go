package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// customersHouse has a channel that customers read, and Ada and Grace as commander and communicator of INC-1.
func customersHouse(t *testing.T) (h *house, ada, grace *slacksim.Person, room *slacksim.Channel) {
	t.Helper()
	policy := incident.Defaults()
	h = newHouse(t, func(o *options) { o.policy = policy })
	ada, grace = h.Person("Ada"), h.Person("Grace")
	policy.Customers.Channel = h.ChannelID("random")
	ada.Type("#general", "/incident declare sev2 the ledger of ACME is corrupt").Expect("INC-1 declared")
	room = h.Channel("#inc-1-the-ledger-of-acme-is-corrupt")
	room.Expect("the ledger of ACME")
	h.Channel("#general").Expect("the ledger of ACME")
	ada.Type(room.Name(), "/incident commander me")
	room.Expect("now *commander*")
	ada.Type(room.Name(), "/incident communicator @Grace")
	room.Expect("now *communicator*")
	h.Quiet()
	return h, ada, grace, room
}

// TestStoryCustomers: the communicator writes from the template, the commander approves, and customers read it once, with
// no inner word.
func TestStoryCustomers(t *testing.T) {
	h, ada, grace, room := customersHouse(t)
	ada.Type(room.Name(), "/incident update ACME's ledger is gone")
	room.Expect("ACME's ledger is gone")
	h.Channel("#general").Expect("ACME's ledger is gone")
	grace.Type(room.Name(), "/incident customers")
	form := grace.Modal().Has("What may customers read?", "We are looking into a problem that some customers see. We will tell you more by 10:00 UTC.")
	if strings.Contains(form.Text(), "ACME") {
		t.Errorf("the draft begins with inner words: %s", form.Text())
	}
	form.Fill("What may customers read?", "Payments are slow <!channel>. We are on it.")
	form.Submit()
	draft := room.Expect("Draft for customers", "Payments are slow", "Approve and post")
	h.Quiet() // nothing is outside yet
	grace.Press(draft, "Approve and post").Expect("Only the commander approves")
	ada.Press(draft, "Approve and post").Expect("Customers are told")
	outside := h.Channel("#random").Expect("Payments are slow <!channel>. We are on it.")
	if text := outside.Text(); strings.Contains(text, "INC-1") || strings.Contains(text, "Grace") {
		t.Errorf("customers read %s", text)
	}
	draft.ExpectEdit("*INC-1*: *Ada* told customers").Lacks("Approve and post").Lacks("Payments")
	ada.Type(room.Name(), fmt.Sprintf("/incident customers approve %d", h.entryOf(1, incident.EventCustomersDraft))).Expect("Something was posted to customers since")
	ada.Type(room.Name(), "/incident customers It is over.").Expect("Customers are told: It is over.")
	h.Channel("#random").Expect("It is over.")
	h.Quiet()
	ada.Type(room.Name(), "/incident timeline").Expect("drafted for customers: Payments are slow", "told customers: It is over.")
}

// TestStoryCustomersRefusals: who may not, and what customers are never told of.
func TestStoryCustomersRefusals(t *testing.T) {
	h, ada, grace, room := customersHouse(t)
	h.Person("Linus").Type("#general", "/incident customers INC-1 hello").Expect("Only the communicator or the commander")
	grace.Type(room.Name(), "/incident customers first draft").Expect("The draft is in the room")
	old := room.Expect("first draft")
	grace.Type(room.Name(), "/incident customers second draft")
	room.Expect("second draft")
	ada.Press(old, "Approve and post").Expect("There is a newer draft")
	ada.Type("#general", "/incident declare the canary sings --private")
	private := h.Channel("#inc-2-the-canary-sings")
	private.Expect("the canary sings")
	ada.Type(private.Name(), "/incident customers hello").Expect("is private, so customers are not told")
	ada.Type("#general", "/incident declare we practise --drill")
	h.Channel("#inc-3-we-practise").Expect("we practise")
	ada.Type("#inc-3-we-practise", "/incident customers hello").Expect("is a drill, so customers are not told")
	h.Quiet()
	h.program.live.Load().policy.Customers.Channel = ""
	ada.Type(room.Name(), "/incident customers hello").Expect("names no channel for customers")
	ada.Type(room.Name(), "/incident customers").Expect("names no channel for customers") // and not after they have written
	ada.Type(room.Name(), "/incident reopen").Expect("INC-1 is open already")
	h.Quiet()
}

// TestStoryARefusalOfAFormMends: what it offers stands above the form, which still holds what was typed.
func TestStoryARefusalOfAFormMends(t *testing.T) {
	h, _, _, room := customersHouse(t)
	linus := h.Person("Linus")
	linus.Join(room)
	h.Announce("already_in_channel")
	linus.Type(room.Name(), "/incident customers")
	form := linus.Modal().Fill("What may customers read?", "We are on it.")
	form.Submit()
	refused := linus.Modal().Has("Only the communicator or the commander speaks to customers", "I am the communicator")
	linus.Press(refused, "I am the communicator")
	room.Expect("@Linus is now *communicator*")
	linus.Modal().Close()
	refused.Close()
	form.Submit()
	room.Expect("Draft for customers", "We are on it.")
	h.Quiet()
}

// TestStoryADraftForCustomersWaits while Slack is away, and comes as itself: with the button that posts it.
func TestStoryADraftForCustomersWaits(t *testing.T) {
	h, ada, grace, room := customersHouse(t)
	h.Announce("status 503")
	h.Faults(failing("chat.postMessage", 0, slacksim.Fault{Kind: slacksim.Status, Status: 503}))
	grace.Type(room.Name(), "/incident customers an old one").Expect("The draft is in the room")
	grace.Type(room.Name(), "/incident scribe me")
	grace.Type(room.Name(), "/incident customers We are on it.").Expect("The draft is in the room")
	h.quieten(t)
	for range 30 {
		h.Pass(time.Minute)
		h.quieten(t)
	}
	h.Faults(nil)
	h.Pass(10 * time.Minute)
	h.quieten(t)
	draft := room.Expect("Draft for customers", "We are on it.", "Approve and post")
	ada.Press(draft, "Approve and post").Expect("Customers are told")
	h.Channel("#random").Expect("We are on it.")
	for _, m := range room.Messages() {
		if strings.Contains(m, "an old one") || strings.Contains(m, "could not be said in time") && strings.Contains(m, "We are on it") {
			t.Errorf("said, too: %s", m)
		}
	}
}

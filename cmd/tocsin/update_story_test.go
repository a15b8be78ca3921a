package main

import (
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
)

// TestStoryUpdateForm: bare, the verb asks for what a good update holds, and the next one is due when it was promised.
func TestStoryUpdateForm(t *testing.T) {
	h, ada, room, card := inRoom(t)
	ada.Type(room.Name(), "/incident commander me").Expect("Commander")
	room.Expect("now *commander*")
	ada.Press(card, "Post an update")
	form := ada.Modal().Has("What is known?", "Customer impact", "What is being done", "Next update in")
	form.Fill("What is known?", "a bad deploy").Fill("Customer impact", "one in ten <!channel> cannot pay").Fill("What is being done", "rolling back")
	form.Choose("Next update in", "15m")
	form.Submit()
	room.Expect("Update", "a bad deploy", "Customer impact: one in ten <!channel> cannot pay", "What is being done: rolling back")
	card.ExpectEdit("a bad deploy")
	h.Channel("#incidents").Expect("a bad deploy")
	h.pass(14 * time.Minute)
	h.Quiet()
	h.pass(time.Minute)
	h.DirectMessages(ada).Expect("An update on *INC-1 checkout is down* was due")
	ada.Type(room.Name(), "/incident update --next 1m soon").Expect("cannot be due in", "update --next 30m")
	ada.Type(room.Name(), "/incident update --next=20m nearly done").Expect("Update posted", "The next one is due")
	room.Expect("nearly done")
	h.Channel("#incidents").Expect("nearly done")
	h.Quiet()
}

// TestStoryUpdatesStayReadable: the announcement shows the last update, and its thread all of them.
func TestStoryUpdatesStayReadable(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	announcement := h.Channel("#incidents").Post("checkout is down")
	for _, words := range []string{"first words", "second words"} {
		ada.Type(room.Name(), "/incident update "+words).Expect("Update posted")
		room.Expect(words)
		announcement.ExpectEdit(words)
		h.Channel("#incidents").Expect("Update", words)
	}
	h.Quiet()
	if text := announcement.Text(); strings.Contains(text, "first words") {
		t.Errorf("the announcement shows %s", text)
	}
}

// TestStorySubscribers hear the updates of an incident or a service, and the end, and nothing else.
func TestStorySubscribers(t *testing.T) {
	h := newHouse(t)
	ada, grace, linus := h.Person("Ada"), h.Person("Grace"), h.Person("Linus")
	grace.Type("#general", "/incident subscribe service checkout").Expect("each update on *service checkout*", "unsubscribe service checkout")
	ada.Type("#general", "/incident declare sev3 the till is slow --service Checkout").Expect("INC-1 declared")
	room := h.Channel("#inc-1-the-till-is-slow")
	room.Expect("the till is slow")
	h.Channel("#incidents").Expect("the till is slow")
	linus.Type("#general", "/incident subscribe INC-1").Expect("each update on *INC-1*")
	linus.Type("#general", "/incident subscribe INC-9").Expect("There is no INC-9")
	linus.Type("#general", "/incident subscribe").Expect("This is no incident's room")
	h.Quiet()
	ada.Type(room.Name(), "/incident note nobody's business")
	ada.Type(room.Name(), "/incident update we found it")
	room.Expect("we found it")
	h.Channel("#incidents").Expect("we found it")
	for _, person := range []*slacksim.Person{grace, linus} {
		h.DirectMessages(person).Expect("we found it", "INC-1", "the till is slow")
	}
	h.Quiet()
	linus.Type("#general", "/incident unsubscribe INC-1").Expect("no more updates on *INC-1*")
	linus.Type("#general", "/incident unsubscribe INC-1").Expect("nothing to end")
	ada.Type(room.Name(), "/incident resolve").Expect("is resolved")
	room.Expect("resolved")
	h.DirectMessages(grace).Expect("*INC-1 the till is slow* is resolved")
	h.Quiet()
}

// TestStorySubscribersOfPrivateIncidents: who is not in the room hears nothing, and is told that there is no such incident.
func TestStorySubscribersOfPrivateIncidents(t *testing.T) {
	h := newHouse(t)
	ada, grace := h.Person("Ada"), h.Person("Grace")
	grace.Type("#general", "/incident subscribe checkout").Expect("service checkout")
	ada.Type("#general", "/incident declare sev3 the canary sings --private --service checkout")
	room := h.Channel("#inc-1-the-canary-sings")
	room.Expect("the canary sings")
	grace.Type("#general", "/incident subscribe INC-1").Expect("There is no INC-1")
	ada.Type(room.Name(), "/incident update the canary is well")
	room.Expect("the canary is well")
	h.Quiet()
	ada.Type(room.Name(), "/incident commander @Grace")
	room.Expect("now *commander*")
	h.Quiet()
	ada.Type(room.Name(), "/incident update the canary sings again")
	room.Expect("the canary sings again")
	h.DirectMessages(grace).Expect("the canary sings again")
	h.Quiet()
}

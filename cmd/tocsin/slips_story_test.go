package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestStorySeverityInAHurry: a severity counts however it is spelled at the start, and where it does not, that is said.
func TestStorySeverityInAHurry(t *testing.T) {
	h := newHouse(t)
	ada := h.Person("Ada")
	for n, line := range []string{"SEV1: payments are slow", "sev1, payments are slow", "[sev1] payments are slow", "sev-1 payments are slow", "SEV 1 - payments are slow"} {
		ada.Type("#general", "/incident drill "+line).Expect(fmt.Sprintf("INC-%d declared as an exercise", n+1))
		h.Channel(fmt.Sprintf("#inc-%d-payments-are-slow", n+1)).Expect(fmt.Sprintf("SEV1 · INC-%d · payments are slow", n+1))
	}
	ada.Type("#general", "/incident drill P1: payments are slow").Expect("There is no severity *P1*, so it is *SEV3*")
	ada.Type("#general", "/incident drill sev9, payments are slow").Expect("There is no severity *sev9*, so it is *SEV3*")
}

// TestStoryOverdueIsSeen on the card and on the announcement from the moment on that somebody is asked, until there is an update;
// and that it became worse puts off no promise.
func TestStoryOverdueIsSeen(t *testing.T) {
	h, ada, room, card := inRoom(t, silenceIsFine)
	announcement := h.Channel("#incidents").Post("checkout is down")
	ada.Type("#general", "/incident commander INC-1 me")
	room.Expect("now *commander*")
	ada.Type(room.Name(), "/incident update --next 20m we look").Expect("The next one is due")
	room.Expect("we look")
	h.Channel("#incidents").Expect("we look")
	ada.Type(room.Name(), "/incident severity sev1")
	card.ExpectEdit("SEV1").Lacks("overdue")
	h.pass(19 * time.Minute)
	h.Quiet()
	h.pass(time.Minute)
	h.DirectMessages(ada).Expect("An update on", "was due")
	card.ExpectEdit(":warning: *overdue since*")
	announcement.ExpectEdit("Next update :warning: *overdue since*")
	ada.Type(room.Name(), "/incident update still looking").Expect("Update posted")
	room.Expect("still looking")
	h.Channel("#incidents").Expect("still looking")
	card.ExpectEdit("still looking").Lacks("overdue")
	announcement.ExpectEdit("still looking").Lacks("overdue")
	h.Quiet()
}

// TestStoryFormsSayWhatTheyAreAbout: which incident, how bad, and how often updates are owed; and sent from elsewhere, a form says
// what came of it.
func TestStoryFormsSayWhatTheyAreAbout(t *testing.T) {
	h, ada, room, _ := inRoom(t, silenceIsFine)
	ada.Type("#general", "/incident update INC-1")
	form := ada.Modal().Has("SEV2 · INC-1 · checkout is down", "1h, as for SEV2")
	form.Fill("What is known?", "we look")
	form.Submit()
	ada.Modal().Has("Update posted.", "The next one is due")
	room.Expect("we look")
	h.Channel("#incidents").Expect("we look")
	ada.Type(room.Name(), "/incident snooze update 15m").Expect("Nobody is asked for the update on INC-1 before 10 Mar 10:00 UTC")
	if got := ada.Type(room.Name(), "/incident task feed the cat in 15m"); got.Text == "" {
		t.Error("no answer")
	}
	room.Expect("*Task 1*")
	ada.Type(room.Name(), "/incident timeline").Expect("gave out task 1, due 10 Mar 09:15 UTC: feed the cat")
	h.Quiet()
}

// TestStoryCardOffersWhatFits: nobody takes command from who has it by a slip, and what closes the incident says so.
func TestStoryCardOffersWhatFits(t *testing.T) {
	h, ada, room, card := inRoom(t)
	ada.Press(card, "Take command")
	room.Expect("now *commander*")
	card.ExpectEdit("*Commander* @Ada").Lacks("Take command")
	ada.Type("#general", "/incident severity INC-1").Expect("Change it to:", "SEV1", "UNKNOWN")
	ada.Choose(card, "Severity", "UNKNOWN: Nobody can say yet how bad it is.")
	card.ExpectEdit("SEVERITY UNKNOWN")
	ada.Type(room.Name(), "/incident resolve")
	room.Expect("resolved")
	card.ExpectEdit("Close INC-1")
	h.Quiet()
	ada.Type("#general", "/incident declare sev2 checkout is out").Expect("INC-2 declared")
	h.Channel("#inc-2-checkout-is-out").Expect("Take command")
	h.Channel("#incidents").Expect("checkout is out")
	h.Person("Grace").Type("#general", "/incident merge INC-2 into INC-1").Expect("duplicate of")
	room.Expect("merged *INC-2 checkout is out* into this one")
	h.Channel("#inc-2-checkout-is-out").Expect("merged INC-2 into")
	ada.Type("#general", "/incident show INC-2").Expect("Duplicate of *INC-1 checkout is down*")
	h.Quiet()
}

// TestStoryNobodyJoinsBeforeTheyAreAsked: Slack tells whole seconds of when somebody came in, and the timeline the order.
func TestStoryNobodyJoinsBeforeTheyAreAsked(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	h.Pass(700 * time.Millisecond)
	ada.Type(room.Name(), "/incident communicator @Grace")
	room.Expect("now *communicator*")
	h.Quiet()
	page := ada.Type(room.Name(), "/incident timeline").Expect("made Grace communicator", "joined the room, as communicator").Text
	if strings.Index(page, "made Grace") > strings.Index(page, "joined the room, as communicator") {
		t.Errorf("they joined first:\n%s", page)
	}
	ada.Type(room.Name(), "/incident invite me").Expect("You are in the room of INC-1 already")
}

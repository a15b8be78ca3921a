package main

import (
	"strings"
	"testing"

	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// TestF88WordsThatStandElsewhereToo: a task's words stand on its message and on the card, a handover's in the room, an
// update's below the announcement and with subscribers, a customer's outside. All of them go, and what repeats them is named.
func TestF88WordsThatStandElsewhereToo(t *testing.T) {
	h, ada, room, card := inRoom(t)
	h.Announce("not_in_channel")
	grace := h.Person("Grace")
	redact := func(kind incident.EventKind) *slacksim.Answer {
		t.Helper()
		return grace.Type("#general", "/incident redact INC-1 "+h.number(kind)+" it names a customer").Expect("is redacted")
	}
	ada.Type(room.Name(), "/incident task call canaryone @Grace").Expect("Task 1")
	task := room.Expect("call canaryone")
	card.ExpectEdit("*Tasks* 1 open")
	h.Quiet()
	given := h.number(incident.EventTask)
	ada.Type(room.Name(), "/incident task take 1").Expect("is yours")
	ada.Type(room.Name(), "/incident task drop 1 canarytwo has called").Expect("is dropped")
	redact(incident.EventTask).Expect("stand in " + h.number(incident.EventTaskTaken) + ":")
	redact(incident.EventTaskTaken).Lacks("stand in")
	redact(incident.EventTaskDropped)
	h.Quiet()
	task.Has("(redacted)").Lacks("canary")
	ada.Type(room.Name(), "/incident tasks").Lacks("canary")
	ada.Type(room.Name(), "/incident correct "+given+" call them").Expect("have been redacted")

	linus := h.Person("Linus")
	linus.Type("#general", "/incident subscribe INC-1").Expect("INC-1")
	ada.Type(room.Name(), "/incident handover scribe @Grace canarythree is angry").Expect("Scribe")
	note := room.Expect("canarythree")
	ada.Type(room.Name(), "/incident update canaryfour").Expect("Update posted")
	posts := []*slacksim.Post{task, card, note, room.Expect("canaryfour"), h.Channel("#incidents").Expect("canaryfour"), h.DirectMessages(linus).Expect("canaryfour")}
	h.Quiet()
	redact(incident.EventRole)
	redact(incident.EventUpdate)
	h.Quiet()
	for _, p := range posts {
		p.Lacks("canary")
	}
	for _, word := range []string{"canaryone", "canarytwo", "canarythree", "canaryfour", "canary"} {
		ada.Type("#general", "/incident search "+word).Expect("Nothing that you may see")
	}
	if world := h.World(); strings.Contains(world, "canary") {
		t.Errorf("people see it:\n%s", world)
	}
	h.lacks(t, "canary")
	if _, err := h.program.store.Verify(t.Context(), func(entry int64, what string) { t.Errorf("entry %d: %s", entry, what) }); err != nil {
		t.Error(err)
	}
}

// TestF88WordsForCustomers: a draft that was redacted is not posted, and what was posted is withdrawn without a word of why.
func TestF88WordsForCustomers(t *testing.T) {
	h, ada, grace, room := customersHouse(t)
	h.Announce("not_in_channel")
	grace.Type(room.Name(), "/incident customers the bank canaryfive is slow").Expect("The draft is in the room")
	draft := room.Expect("canaryfive", "Approve and post")
	h.Quiet()
	grace.Type(room.Name(), "/incident correct "+h.number(incident.EventCustomersDraft)+" the bank").Expect("no words of a person that could be corrected")
	grace.Type(room.Name(), "/incident redact "+h.number(incident.EventCustomersDraft)+" it names a customer").Expect("is redacted")
	number := strings.TrimPrefix(h.number(incident.EventCustomersDraft), "#")
	ada.Type(room.Name(), "/incident customers approve "+number).Expect("have been redacted: write another")
	h.Quiet()
	draft.Has("redacted by *Grace*").Lacks("canary", "Approve")

	ada.Type(room.Name(), "/incident customers the bank canarysix is slow").Expect("Customers are told")
	told := h.Channel("#random").Expect("canarysix")
	h.Quiet()
	grace.Type(room.Name(), "/incident redact "+h.number(incident.EventCustomers)+" it names a customer").Expect("is redacted")
	h.Quiet()
	told.Has("This message was withdrawn.").Lacks("canary", "Grace", "it names")
	h.lacks(t, "canary")
}

// TestStoryRedactReachesWhoHasHeard: who got the words as a direct message loses them, also when they have stopped asking, and
// when the incident has been closed off since.
func TestStoryRedactReachesWhoHasHeard(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	h.program.bot.Policy().Permissions = map[string]incident.Grant{"redact": incident.Anyone}
	grace, linus := h.Person("Grace"), h.Person("Linus")
	for _, who := range []*slacksim.Person{grace, linus} {
		who.Type("#general", "/incident subscribe INC-1").Expect("You hear each update")
	}
	ada.Type(room.Name(), "/incident update the password is canary").Expect("Update posted")
	for _, who := range []*slacksim.Person{grace, linus} {
		h.DirectMessages(who).Expect("canary")
	}
	drainSayings(h)
	number := h.number(incident.EventUpdate)
	linus.Type("#general", "/incident unsubscribe INC-1").Expect("You hear no more")
	ada.Type(room.Name(), "/incident private yes").Expect("INC-1 is private now")
	drainSayings(h)
	ada.Type("#inc-1-checkout-is-down-2", "/incident redact "+number+" nobody is to read it").Expect("is redacted")
	drainSayings(h)
	for _, who := range []*slacksim.Person{grace, linus} {
		if got := strings.Join(h.DirectMessages(who).Messages(), "\n"); !strings.Contains(got, "This message was withdrawn.") || strings.Contains(got, "canary") || strings.Contains(got, "Ada") {
			t.Errorf("%s reads %s", who.Name, got)
		}
	}
}

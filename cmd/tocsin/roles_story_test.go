package main

import (
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// TestStoryHandOver: a role goes to somebody with a note, which the room and the timeline keep.
func TestStoryHandOver(t *testing.T) {
	h, ada, room, card := inRoom(t)
	grace := h.Person("Grace")
	ada.Press(card, "Take command")
	room.Expect("@Ada is now *commander*")
	ada.Type(room.Name(), "/incident handover commander @Grace we wait for the <restore> & nothing else").Expect("Commander of INC-1 is now @Grace")
	room.Expect("@Grace is now *commander* of INC-1, in place of Ada.", "You lead", "Said at the hand-over by Ada", "we wait for the <restore> & nothing else")
	card.ExpectEdit("Commander", "@Grace")
	ada.Type(room.Name(), "/incident timeline").Expect("made Grace commander, with the note: we wait for the <restore> & nothing else")

	grace.Type(room.Name(), "/incident handover @Linus I go to bed").Expect("Commander of INC-1 is now @Linus") // the only role that she has
	room.Expect("@Linus is now *commander*", "I go to bed")
	grace.Type(room.Name(), "/incident handover @Linus again").Expect("You have no role in INC-1")
	grace.Type(room.Name(), "/incident handover boss @Linus").Expect(`There is no role "boss"`, "commander, communicator")
	grace.Type(room.Name(), "/incident handover scribe").Expect("Name the person who takes over")
	h.Quiet()
}

// TestStoryStepDown: entry, card, topic, and a room that asks for somebody else.
func TestStoryStepDown(t *testing.T) {
	h, ada, room, card := inRoom(t)
	ada.Type(room.Name(), "/incident stepdown commander").Expect("INC-1 has no commander, so nobody can step down")
	ada.Press(ada.Type(room.Name(), "/incident stepdown commander"), "Take command")
	room.Expect("@Ada is now *commander*")
	h.pass(10 * time.Minute)
	h.Quiet()
	ada.Press(ada.Type(room.Name(), "/incident commander").Expect("Commander of INC-1 is @Ada"), "Step down")
	left := room.Expect("*Ada* stepped down as *commander* of INC-1. INC-1 has no commander now.")
	card.ExpectEdit("nobody yet")
	h.Quiet()
	if strings.Contains(room.Topic(), "commander") {
		t.Errorf("topic: %s", room.Topic())
	}
	h.pass(4 * time.Minute)
	h.Quiet()
	h.pass(time.Minute)
	room.Expect("Nobody leads *INC-1 checkout is down* any more")
	grace := h.Person("Grace")
	h.Announce("already_in_channel") // she is invited to where she is
	h.Join(grace, room.Name())
	grace.Press(left, "Take command")
	room.Expect("@Grace is now *commander*")
	ada.Type(room.Name(), "/incident commander nobody").Expect("INC-1 has no commander now")
	room.Expect("*Ada* took the role of *commander* of INC-1 from Grace.")
	ada.Type(room.Name(), "/incident timeline").Expect("stepped down as commander", "took the role of commander from Grace")
	h.Quiet()
}

// TestStoryRolesOfThePolicy: what they are called, and those that a team adds, are verbs, menu and card.
func TestStoryRolesOfThePolicy(t *testing.T) {
	h := newHouse(t, func(o *options) {
		o.policy.Roles[0].Called = "Incident lead"
		o.policy.Roles = append(o.policy.Roles, incident.Duty{Role: "liaison", Called: "Customer <liaison>", Does: "You speak to customers & partners."})
	})
	ada := h.Person("Ada")
	ada.Type("#general", "/incident declare sev2 checkout is down").Expect("INC-1 declared")
	room := h.Channel("#inc-1-checkout-is-down")
	card := room.Expect("Incident lead", "nobody yet")
	h.Channel("#incidents").Expect("Incident lead _nobody yet_")
	h.Quiet()
	ada.Type(room.Name(), "/incident liaison @Grace").Expect("Customer <liaison> of INC-1 is now @Grace")
	room.Expect("@Grace is now *Customer <liaison>*", "You speak to customers & partners.")
	card.ExpectEdit("Customer <liaison>", "@Grace")
	ada.Choose(card, "Take a role", "I am the Customer <liaison>")
	room.Expect("@Ada is now *Customer <liaison>*")
	ada.Type(room.Name(), "/incident incident-lead me").Expect("Incident lead of INC-1 is now @Ada")
	room.Expect("@Ada is now *Incident lead*", "You lead")
	h.Quiet()
	if !strings.Contains(room.Topic(), "Incident lead Ada") {
		t.Errorf("topic: %s", room.Topic())
	}
	ada.Type("#general", "/incident help").Expect("/incident liaison @user, me or nobody` who is the Customer <liaison>", "/incident commander @user, me or nobody` who leads")
	ada.Type("#general", "/incident liasion INC-1").Expect("Did you mean: /incident liaison INC-1")
	h.Quiet()
}

// TestStoryGroupsAreInvited: by severity and by service, each person once, no guest and no bot; a group that is not there keeps
// nobody out, and who left is not called back.
func TestStoryGroupsAreInvited(t *testing.T) {
	w := slacksim.New(t, slacksim.Options{Manifest: tocsin.Manifest})
	w.Add(slacksim.Profile{Name: "Robo", Bot: true})
	oncall, checkout := w.AddGroup("oncall", "On call", "Ada", "Grace", "Gus", "Robo"), w.AddGroup("checkout", "Checkout", "Grace", "Linus")
	h := newHouseIn(t, w, func(o *options) {
		o.policy.Severities[1].Groups = []string{"S0NOSUCH", oncall}
		o.policy.Services[0].Groups = []string{checkout}
	})
	h.Announce("no_such_subteam", "already_in_channel")
	ada := h.Person("Ada")
	ada.Type("#general", "/incident declare sev2 checkout is down --service checkout").Expect("INC-1 declared")
	room := h.Channel("#inc-1-checkout-is-down")
	room.Expect("Take command")
	h.Channel("#incidents").Expect("checkout is down")
	h.Quiet()
	if got := strings.Join(room.Members(), " "); got != "Ada Grace Linus Tocsin" {
		t.Errorf("members: %s", got)
	}
	h.Leave(h.Person("Linus"), room.Name())
	ada.Type(room.Name(), "/incident scribe @Grace").Expect("Scribe")
	room.Expect("now *scribe*")
	h.Quiet()
	if got := strings.Join(room.Members(), " "); got != "Ada Grace Tocsin" {
		t.Errorf("members: %s", got)
	}
}

// TestStoryARoleIsGivenOutByForm, with a note or without one.
func TestStoryARoleIsGivenOutByForm(t *testing.T) {
	h, ada, room, card := inRoom(t)
	ada.Choose(card, "Take a role", "Give out a role…")
	form := ada.Modal().Has("How do things stand?").Choose("Which role", "communicator").ChoosePerson("Who takes it", "Grace")
	form.Submit()
	room.Expect("@Grace is now *communicator* of INC-1").Lacks("Said at the hand-over")
	card.ExpectEdit("Communicator", "@Grace")
	ada.Type(room.Name(), "/incident handover")
	form = ada.Modal().Choose("Which role", "communicator").ChoosePerson("Who takes it", "Linus")
	form.Fill("How do things stand?", "the bank <b> knows & @Grace is tired").Submit()
	room.Expect("@Linus is now *communicator* of INC-1, in place of Grace", "Said at the hand-over by Ada", "the bank <b> knows & @Grace is tired")
	h.Quiet()
	ada.Type(room.Name(), "/incident handover")
	form = ada.Modal().Choose("Which role", "communicator").ChoosePerson("Who takes it", "Linus")
	if got := form.Submit(); got.Errors["How do things stand?"] != "Linus is communicator already." {
		t.Errorf("got %+v", got)
	}
	h.Quiet()
}

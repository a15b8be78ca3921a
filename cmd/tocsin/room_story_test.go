package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
)

// inRoom declares an incident and returns who did, its room and its card, with all the noise of the start expected.
func inRoom(t *testing.T, changes ...furnish) (*house, *slacksim.Person, *slacksim.Channel, *slacksim.Post) {
	t.Helper()
	w := newHouse(t, changes...)
	ada := w.Person("Ada")
	ada.Type("#general", "/incident declare sev2 checkout is down").Expect("INC-1 declared")
	room := w.Channel("#inc-1-checkout-is-down")
	card := room.Expect("checkout is down", "Take command")
	w.Channel("#incidents").Expect("checkout is down")
	w.Quiet()
	return w, ada, room, card
}

func TestStoryRoles(t *testing.T) {
	w, ada, room, card := inRoom(t)
	ada.Press(card, "Take command")
	room.Expect("@Ada is now *commander* of INC-1", "You lead")
	card.ExpectEdit("Commander", "@Ada")
	w.Quiet()

	for role, duty := range map[string]string{
		"communicator": "You speak to everybody outside", "investigator": "You look for the cause",
		"mitigator": "You make it stop hurting", "scribe": "You write down what happens",
	} {
		ada.Type(room.Name(), "/incident "+role+" @Grace").Expect(strings.ToUpper(role[:1])+role[1:]+" of INC-1 is now", "@Grace")
		room.Expect("@Grace is now *"+role+"*", duty)
	}
	w.Quiet()
	if got := strings.Join(room.Members(), " "); got != "Ada Grace Tocsin" {
		t.Errorf("members: %s", got)
	}

	linus := w.Person("Linus")
	linus.Type("#general", "/incident commander INC-1 me").Expect("Commander of INC-1 is now", "@Linus")
	room.Expect("@Linus is now *commander* of INC-1, in place of Ada.")
	card.ExpectEdit("@Linus")
	ada.Choose(card, "Take a role", "I am the scribe")
	room.Expect("@Ada is now *scribe*")
	ada.Type(room.Name(), "/incident scribe").Expect("Scribe of INC-1 is @Ada")
	ada.Type(room.Name(), "/incident scribe me").Expect("Ada is scribe already")
	ada.Type(room.Name(), "/incident scribe @nobody-here").Expect("I do not know who", "choose from the list")
	w.Quiet()
}

func TestStorySeverityAndStatus(t *testing.T) {
	w, ada, room, card := inRoom(t)
	announcement := w.Channel("#incidents").Post("checkout is down")
	ada.Type(room.Name(), "/incident severity sev1").Expect("INC-1 is now *SEV1*")
	card.ExpectEdit("SEV1")
	announcement.ExpectEdit("SEV1")
	ada.Choose(card, "Severity", "SEV3: A part is degraded, or few are affected; there is a way around.")
	card.ExpectEdit("SEV3")
	ada.Type(room.Name(), "/incident severity dreadful").Expect("There is no severity", "sev1, sev2, sev3, sev4")
	ada.Choose(card, "Status", "Identified")
	card.ExpectEdit("identified")
	ada.Type(room.Name(), "/incident status monitoring").Expect("INC-1 is now *monitoring*")
	announcement.ExpectEdit("Monitoring")
	w.Quiet()
}

func TestStoryNotesAndTimeline(t *testing.T) {
	w, ada, room, _ := inRoom(t)
	ada.Type(room.Name(), "/incident note we rolled back the deploy").Expect("Noted on the timeline of INC-1", "we rolled back the deploy")
	// Ada is in Berlin, where it is one hour later than the scenario's 09:00 UTC.
	ada.Type(room.Name(), "/incident note at 09:05 the deploy began").Expect("10 Mar 09:05 CET", "the deploy began")
	ada.Type(room.Name(), "/incident note -20m alerts began").Expect("10 Mar 09:40 CET")
	ada.Type(room.Name(), "/incident note yesterday 23:10 UTC a config change").Expect("10 Mar 00:10 CET")
	ada.Type(room.Name(), "/incident note at 2pm it was slow").Expect("I cannot read the time", "2pm", "at 14:05")
	ada.Type(room.Name(), "/incident note at least half of the carts are empty").Expect("Noted", ": at least half of the carts are empty")
	w.Pass(time.Minute)
	ada.Type(room.Name(), "/incident note thanks @Grace & #general <3").Expect("thanks @Grace & #general <3")

	page := ada.Type(room.Name(), "/incident timeline").
		Expect("Timeline of INC-1", "Ada", "declared sev2: checkout is down", "noted: we rolled back the deploy", "thanks @Grace & #general <3")
	if at := strings.Index; at(page.Text, "the deploy began") > at(page.Text, "alerts began") || at(page.Text, "alerts began") > at(page.Text, "thanks") {
		t.Errorf("newest last, by when it happened:\n%s", page.Text)
	}
	for n := range 20 {
		ada.Type(room.Name(), "/incident note number "+strings.Repeat("x", n+1))
	}
	page = ada.Type(room.Name(), "/incident timeline").Expect(strings.Repeat("x", 20), "Earlier entries").Lacks("checkout is down")
	ada.Press(page, "Earlier entries").Expect("declared sev2: checkout is down")
	w.Person("Grace").Type("#general", "/incident timeline INC-1").Expect("Timeline of INC-1")
	w.Quiet()
}

func TestStoryButtonsThatNeedWordsOpenAForm(t *testing.T) {
	w, ada, room, card := inRoom(t)
	ada.Press(card, "Add a note")
	form := ada.Modal()
	form.Fill("What happened?", "  ")
	if got := form.Submit(); got.Errors["What happened?"] == "" {
		t.Errorf("got %+v", got)
	}
	form.Fill("What happened?", "-5m it <began> & @Grace saw it").Submit()
	ada.Type(room.Name(), "/incident timeline").Expect("noted: it <began> & @Grace saw it")
	ada.Type(room.Name(), "/incident update")
	ada.Modal().Fill("What is known?", "rolling back").Submit()
	room.Expect("Update", "rolling back")
	w.Channel("#incidents").Expect("Update", "rolling back")
	card.ExpectEdit("Last update", "rolling back")
	w.Quiet()
}

func TestStoryUpdates(t *testing.T) {
	w, ada, room, card := inRoom(t)
	announcement := w.Channel("#incidents").Post("checkout is down")
	ada.Type(room.Name(), "/incident update we found the cause").Expect("Update posted", "The next one is due")
	room.Expect("Update", "Ada", "we found the cause")
	card.ExpectEdit("Last update", "we found the cause")
	announcement.ExpectEdit("we found the cause")
	w.Channel("#incidents").Expect("Update", "we found the cause")
	w.Quiet()
}

// entryNumber finds the number of an entry that is too long for its line.
var entryNumber = regexp.MustCompile("whole: `/incident timeline #([0-9]+)`")

func TestStoryALongUpdateIsSplitNotCut(t *testing.T) {
	w, ada, room, card := inRoom(t)
	long := strings.Repeat("all work and no play & so on. ", 300) // 9,000 characters
	ada.Type(room.Name(), "/incident update "+long+"THE END").Expect("Update posted")
	room.Expect("THE END")
	w.Channel("#incidents").Expect("Update", "THE END")
	card.ExpectEdit("Last update", "…")
	page := ada.Type(room.Name(), "/incident timeline").Expect("whole: `/incident timeline #")
	page.Lacks("THE END")
	whole := ada.Type(room.Name(), "/incident timeline #"+entryNumber.FindStringSubmatch(page.Text)[1]).Expect("part 1 of 5")
	for part := 2; part <= 5; part++ {
		whole = ada.Press(whole, "Next part").Expect(fmt.Sprintf("part %d of 5", part))
	}
	whole.Expect("THE END")
	ada.Type(room.Name(), "/incident note "+strings.Repeat("x", 12001)).Expect("12001 characters", "in parts")
	w.Quiet()
}

func TestStoryToTheEnd(t *testing.T) {
	w, ada, room, card := inRoom(t)
	announcement := w.Channel("#incidents").Post("checkout is down")
	ada.Type(room.Name(), "/incident mitigated").Expect("INC-1 is mitigated")
	room.Expect("*Ada* marked INC-1 mitigated")
	card.ExpectEdit("mitigated")
	announcement.ExpectEdit("Investigating, mitigated")
	refusal := ada.Type(room.Name(), "/incident close").Expect("INC-1 cannot be closed yet: it is not resolved", "Resolve")
	ada.Press(refusal, "Resolve")
	room.Expect("*Ada* resolved INC-1")
	card.ExpectEdit("resolved", "none is due").Lacks("Take command")
	w.Person("Grace").Type("#general", "/incident resolve INC-1").Expect("INC-1 is resolved already.")
	announcement.ExpectEdit("Resolved")
	ada.Press(card, "Close INC-1")
	room.Expect("*Ada* closed INC-1")
	ada.Type(room.Name(), "/incident list").Expect("No open incidents")
	ada.Type(room.Name(), "/incident commander me").Expect("INC-1 is closed", "reopen it first")
	ada.Type(room.Name(), "/incident reopen it is back").Expect("INC-1 is open again")
	room.Expect("*Ada* reopened INC-1", "it is back")
	card.ExpectEdit("investigating", "Take command")
	announcement.ExpectEdit("Investigating")
	ada.Type("#general", "/incident list").Expect("1 open", "INC-1 checkout is down")
	w.Quiet()
}

func TestStoryMenuHelpAndTypos(t *testing.T) {
	w, ada, room, _ := inRoom(t)
	menu := ada.Type("#general", "/incident").Expect("What would you like to do?", "Declare an incident", "Open incidents", "Help")
	ada.Press(menu, "Open incidents").Expect("INC-1 checkout is down")
	ada.Press(ada.Type("#general", "/incident"), "Declare an incident")
	ada.Modal().Has("What is broken?").Close()
	ada.Press(ada.Type(room.Name(), "/incident"), "Timeline").Expect("Timeline of INC-1")
	help := ada.Type("#general", "/incident help")
	for _, verb := range []string{"declare", "list", "help", "commander", "communicator", "investigator", "mitigator", "scribe", "severity", "status", "note", "update", "timeline", "correct", "redact", "star", "unstar", "mitigated", "resolve", "close", "reopen", "accept", "decline"} {
		help.Expect("/incident " + verb)
	}
	ada.Type("#general", "/incident delcare checkout is down").Expect("There is no /incident delcare. Did you mean: /incident declare checkout is down")
	ada.Type("#general", "/incident checkout is down").Expect("To declare an incident: /incident declare checkout is down")
	ada.Type("#general", "/incident INC-1 note the number may come first").Expect("Noted on the timeline of INC-1")
	ada.Type("#general", "/incident INC-1").Expect("Timeline of INC-1", "the number may come first")
	ada.Type("#general", "/incident frobnicate").Expect("There is no /incident frobnicate", "/incident help")
	ada.Type("#general", "/incident note hello").Expect("This is no incident's room")
	ada.Type("#general", "/incident note INC-99 hello").Expect("There is no INC-99.")
	ada.Type("#general", "/incident declare --privat x").Expect("There is no flag --privat", "--service, --private, --drill")
	w.Quiet()
}

// TestStoryARefusalOffersWhatMendsIt as a button, where there is such a thing.
func TestStoryARefusalOffersWhatMendsIt(t *testing.T) {
	w, ada, room, card := inRoom(t)
	ada.Press(ada.Type("#general", "/incident note hello").Expect("This is no incident's room"), "Open incidents").Expect("INC-1 checkout is down")
	ada.Press(ada.Type(room.Name(), "/incident severity dreadful").Expect("There is no severity"), "SEV1")
	card.ExpectEdit("SEV1")
	ada.Choose(ada.Type(room.Name(), "/incident status mended").Expect("The status can be"), "Status", "Monitoring")
	card.ExpectEdit("monitoring")
	for _, role := range []string{"scribe", "mitigator"} {
		ada.Type(room.Name(), "/incident "+role+" me")
		room.Expect("now *" + role + "*")
	}
	ada.Type(room.Name(), "/incident handover @Grace here").Expect("several roles").Lacks("Step down")
	ada.Press(ada.Type(room.Name(), "/incident stepdown").Expect("several roles", "Step down as mitigator"), "Step down as scribe")
	room.Expect("stepped down as *scribe*")
	ada.Press(ada.Type(room.Name(), "/incident task done 7").Expect("INC-1 has no task 7"), "Tasks").Expect("0 open tasks of INC-1")
	ada.Press(ada.Type(room.Name(), "/incident timeline #9999").Expect("has no entry #9999"), "Timeline").Expect("Timeline of INC-1")
	ada.Type(room.Name(), "/incident mitigated")
	room.Expect("mitigated")
	ada.Press(ada.Type(room.Name(), "/incident mitigated").Expect("mitigated already", "Post an update"), "Add a note")
	ada.Modal().Has("What happened?").Close()
	ada.Press(ada.Type(room.Name(), "/incident decline it was a test").Expect("only what is in triage can be declined"), "Resolve")
	room.Expect("resolved")
	w.Quiet()
}

// TestStoryHalfAWord of a command asks for the rest, or shows what there is to choose from, and does nothing else.
func TestStoryHalfAWord(t *testing.T) {
	w, ada, room, card := inRoom(t)
	ada.Press(ada.Type(room.Name(), "/incident severity").Expect("INC-1 is *SEV2*. Change it to:", "SEV3").Lacks("[SEV2]"), "SEV1")
	card.ExpectEdit("SEV1")
	for typed, want := range map[string]string{
		"task done": "0 open tasks of INC-1", "task 2": "0 open tasks of INC-1",
		"handover @Grace": "To hand over somebody else's, name it: handover commander @user", "stepdown": "To give up somebody else's",
		"snooze": "Nobody is asked for the update on INC-1 before 10 Mar 09:30 UTC",
	} {
		ada.Type(room.Name(), "/incident "+typed).Expect(want)
	}
	ada.Type(room.Name(), "/incident invite")
	ada.Modal().Has("Who is let in").Close()
	ada.Type(room.Name(), "/incident snooze 2h").Expect("You hear of it again")
	ada.Type(room.Name(), "/incident timeline").Expect("put off the reminder of the update until 10 Mar 11:00 UTC")
	w.Quiet()
}

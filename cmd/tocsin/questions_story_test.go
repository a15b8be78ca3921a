package main

import (
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// entryOf is the number of the last entry of a kind.
func (h *house) entryOf(id incident.ID, kind incident.EventKind) int64 {
	h.t.Helper()
	e, err := h.program.store.Latest(h.t.Context(), id, kind)
	if err != nil || e.ID == 0 {
		h.t.Fatalf("%s has no entry %s: %v", id, kind, err)
	}
	return e.ID
}

// TestStoryQuestionsAreMet: what was asked with buttons says who did it when it is done, wherever it was asked, and offers
// nothing any more. What still stands open keeps its buttons.
func TestStoryQuestionsAreMet(t *testing.T) {
	h := newHouse(t, silenceIsFine)
	ada, grace := h.Person("Ada"), h.Person("Grace")
	ada.Type("#general", "/incident declare unknown checkout is odd")
	room := h.Channel("#inc-1-checkout-is-odd")
	room.Expect("Take command")
	h.Channel("#incidents").Expect("checkout is odd")
	h.pass(10 * time.Minute)
	bad := room.Expect("How bad is *INC-1 checkout is odd*?", "SEV1")
	ada.Type(room.Name(), "/incident severity sev2")
	bad.ExpectEdit("*INC-1*: *Ada* changed the severity from unknown to sev2").Lacks("SEV1").Lacks("Remind me")
	h.pass(5 * time.Minute)
	lead := room.Expect("Nobody leads", "Take command")
	h.Quiet()
	lead.Has("Take command")
	grace.Type("#general", "/incident commander INC-1 me")
	room.Expect("now *commander*")
	lead.ExpectEdit("*INC-1*: *Grace* took the role of commander").Lacks("Take command")
	h.pass(45 * time.Minute)
	asked := h.DirectMessages(grace).Expect("An update on *INC-1 checkout is odd* was due", "Post an update")
	h.pass(10 * time.Minute)
	everybody := room.Expect("An update on *INC-1 checkout is odd* was due", "Post an update")
	asked.Has("Post an update")
	ada.Type(room.Name(), "/incident update the key is *secret*")
	room.Expect("the key is")
	h.Channel("#incidents").Expect("the key is")
	asked.ExpectEdit("*INC-1 checkout is odd*: *Ada* posted an update").Lacks("Post an update").Lacks("secret")
	everybody.ExpectEdit("*INC-1*: *Ada* posted an update").Lacks("Post an update")
	h.Quiet()
	ada.Type(room.Name(), "/incident scribe @Linus")
	room.Expect("now *scribe*")
	h.Quiet()
	h.Leave(h.Person("Linus"), room.Name())
	left := h.DirectMessages(grace).Expect("*Linus* has left the room", "I am the scribe")
	ada.Type(room.Name(), "/incident resolve")
	room.Expect("resolved")
	left.ExpectEdit("*INC-1 checkout is odd*: *Ada* resolved it").Lacks("I am the scribe")
	h.Quiet()
}

// TestStoryQuestionIsMetOnItsWay: what is done while nobody knows yet whether the question was put is said on it all the same.
func TestStoryQuestionIsMetOnItsWay(t *testing.T) {
	h, ada, room, _ := inRoom(t, silenceIsFine)
	h.Faults(func(c slacksim.Call) *slacksim.Fault {
		switch c.Method {
		case "chat.postMessage":
			return &slacksim.Fault{Kind: slacksim.LostAfter}
		case "conversations.history": // so that it is not looked for either
			return &slacksim.Fault{Kind: slacksim.Status, Status: 503}
		}
		return nil
	})
	h.Pass(6 * time.Minute)
	h.remind()
	h.quieten(t)
	ada.Type(room.Name(), "/incident commander me")
	h.Faults(nil)
	h.recover(time.Minute)
	room.Expect("now *commander*")
	room.Expect("*INC-1*: *Ada* took the role of commander").Lacks("Take command")
	h.Quiet()
}

// TestStoryANightOfQuestions: what was asked all night is met in the morning in parts, each kept as it is done, although Slack
// takes some of it badly; and what is said meanwhile gets through.
func TestStoryANightOfQuestions(t *testing.T) {
	h := newHouse(t, silenceIsFine)
	h.Announce("chat.update")
	ada := h.Person("Ada")
	ada.Type("#general", "/incident declare sev1 checkout is down")
	for range 36 { // six hours
		h.Pass(10 * time.Minute)
		h.remind()
		h.recover(time.Minute)
	}
	if asked := h.askedIn(1); asked < 30 {
		t.Fatalf("only %d questions stand", asked)
	}
	before := len(h.Calls())
	failed := 0
	h.Faults(func(c slacksim.Call) *slacksim.Fault {
		if c.Method == "chat.update" && c.NthOfMethod%7 == 0 && failed < 4 {
			failed++
			return &slacksim.Fault{Kind: slacksim.SlackError, Error: "ratelimited"}
		}
		return nil
	})
	ada.Type("#general", "/incident commander INC-1 me")
	ada.Type("#general", "/incident update INC-1 we are on it")
	h.recover(10 * time.Minute)
	edits := map[string]int{}
	for _, c := range h.Calls()[before:] {
		if text, _ := c.Args["text"].(string); c.Method == "chat.update" && c.Outcome == "ok" && strings.Contains(text, "took the role of commander") {
			ts, _ := c.Args["ts"].(string)
			edits[ts]++
		}
	}
	for ts, times := range edits {
		if times > 1 {
			t.Errorf("%s was settled %d times", ts, times)
		}
	}
	if left := h.askedIn(1); left > 1 { // that of the update before this one
		t.Errorf("%d questions stand still", left)
	}
	said := 0
	for _, p := range h.Posted("#inc-1-checkout-is-down") {
		if strings.HasPrefix(p.Text, ":mega:") && strings.Contains(p.Text, "we are on it") {
			said++
		}
	}
	if said != 1 {
		t.Errorf("the update got through %d times", said)
	}
}

// askedIn is how many questions stand in the room of an incident, as far as is kept.
func (h *house) askedIn(id incident.ID) (asked int) {
	h.t.Helper()
	i, err := h.program.store.Incident(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	for name, where := range i.Refs {
		if strings.HasPrefix(name, "slack.asked.words.") && where != "" {
			asked++
		}
	}
	return asked
}

package main

import (
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

package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// TestF76Ids: however an incident or an entry is named, and wherever the name comes from, nobody gets to one that they may not see.
func TestF76Ids(t *testing.T) {
	t.Parallel()
	h, ada, room, card := inRoom(t) // INC-1 is public
	grace := h.Person("Grace")
	h.Announce("already_in_channel")
	h.Join(grace, room.Name())
	ada.Type("#general", "/incident declare --private a key has leaked").Expect("INC-2 declared")
	private := h.Channel("#inc-2-a-key-has-leaked")
	private.Expect("Take command")
	ada.Type(private.Name(), "/incident note the key of the vault").Expect("Noted")
	ada.Type(private.Name(), "/incident task turn the key").Expect("Task 1")
	private.Expect("*Task 1*")
	h.Quiet()
	number := func(id incident.ID) int64 {
		events, _, err := h.program.store.Timeline(t.Context(), id, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		return events[len(events)-1].ID
	}
	hidden := number(2)
	for _, typed := range []string{
		"timeline INC-2", "timeline inc-2", "timeline INC-02", "timeline INC-+2", "INC-2", "Inc-2 timeline", "timeline INC-1 #%d", "timeline #%d", "show INC-2",
		"tasks INC-2", "task INC-2 done 1", "merge INC-1 into INC-2", "merge INC-2 into INC-1", "note INC-2 x", "list INC-2", "search key", "customers INC-1 approve %d",
		"draft %d", "subscribe INC-2", "timeline INC-0", "timeline INC--2", "timeline INC-18446744073709551618", "timeline INC-2\u200b", "timeline INC-２", "timeline INC-",
	} {
		if strings.Contains(typed, "%d") {
			typed = fmt.Sprintf(typed, hidden)
		}
		answer := h.command("Grace", room.Name(), "/incident "+typed, typed)
		if !strings.Contains(answer, "ephemeral") {
			t.Errorf("%s: not answered: %q", typed, answer)
		}
		if strings.Contains(answer, "leaked") || strings.Contains(answer, "vault") || strings.Contains(answer, "turn the key") || strings.Contains(answer, "inc-2") {
			t.Errorf("%s: %s", typed, answer)
		}
	}
	before := number(2)
	for _, value := range []string{
		"timeline INC-2", "note INC-2 x", "commander INC-2 me", "task INC-2 done 1", "severity INC-2 sev4", "resolve INC-2", fmt.Sprintf("draft %d", hidden), "\x00", "INC-2",
		"", // what the button says itself; it is gone afterwards
	} { // a press in the public room, of a button that was never there
		status, body, err := h.SendAction(t.Context(), slacksim.ActionArgs{
			Person: "Grace", Channel: room.Name(), TS: card.TS(), Action: "do:commander", Value: value, TriggerID: "press " + value,
		})
		if err != nil || status != 200 || strings.Contains(body, "leaked") {
			t.Errorf("%q: %d %s %v", value, status, body, err)
		}
	}
	if after := number(2); after != before {
		t.Errorf("entry %d was written on the private incident", after)
	}
	h.recover(time.Minute)
	if seen := grace.Sees(); strings.Contains(seen, "leaked") || strings.Contains(seen, "vault") || strings.Contains(seen, "turn the key") {
		t.Errorf("Grace sees: %s", seen)
	}
}

// TestF78WhoIsRemoved sees nothing more, in what is still open before them either: at once where Slack tells us, and within five
// minutes where that event is lost.
func TestF78WhoIsRemoved(t *testing.T) {
	for name, lost := range map[string]bool{"told": false, "the event is lost": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, overHTTP) // of which we can be cut off
			h.command("Ada", "#general", "/incident declare --private a key has leaked", "one")
			h.recover(recovery)
			room, grace := h.Channel("#inc-1-a-key-has-leaked"), h.Person("Grace")
			h.command("Ada", room.Name(), "/incident note INC-1 the key of the vault", "two")
			h.Join(grace, room.Name())
			h.recover(time.Minute)
			grace.Type("#general", "/incident timeline INC-1").Expect("the key of the vault")
			open := grace.Type("#general", "/incident show INC-1").Expect("a key has leaked", "Timeline")
			if lost {
				h.Connect("") // nothing of what happens reaches us
			}
			grace.Leave(room)
			h.recover(time.Minute)
			h.Connect(h.program.url())
			if lost {
				h.Pass(5*time.Minute + time.Second)
			}
			grace.Type("#general", "/incident timeline INC-1").Expect("There is no INC-1.").Lacks("key")
			grace.Press(open, "Timeline").Expect("There is no INC-1.").Lacks("vault")
			if err := h.program.bot.RefreshMembers(t.Context()); err != nil {
				t.Fatal(err)
			}
			grace.Type("#general", "/incident timeline INC-1").Expect("There is no INC-1.").Lacks("key")
		})
	}
}

// TestF78AnInvitationIsStuck: who is about to be invited to a private room sees the incident without being in it, but not for as long
// as Slack does not take the invitation: then only who is in the room does.
func TestF78AnInvitationIsStuck(t *testing.T) {
	h := newHouse(t)
	h.Announce("ratelimited")
	h.Faults(failing("conversations.invite", 0, slacksim.Fault{Kind: slacksim.Status, Status: 429, RetryAfter: 30 * time.Second}))
	ada := h.Person("Ada")
	ada.Type("#general", "/incident declare --private a key has leaked").Expect("INC-1 declared")
	h.quieten(t)
	h.Channel("#inc-1-a-key-has-leaked")
	ada.Type("#general", "/incident show INC-1").Expect("a key has leaked")
	h.Pass(5*time.Minute + time.Second)
	h.quieten(t)
	ada.Type("#general", "/incident show INC-1").Expect("There is no INC-1.").Lacks("key")
	ada.Type("#general", "/incident list").Lacks("key")
	h.Faults(nil)
	h.recover(time.Minute)
	ada.Type("#general", "/incident show INC-1").Expect("a key has leaked")
}

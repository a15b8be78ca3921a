package main

import (
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// TestStoryReopenedBeforeItIsKnownThatItsRoomIsArchived: Slack has archived the room of a duplicate, its answer was lost, and before
// we have tried again the incident is open again. It goes on in a new room, as if we had heard.
func TestStoryReopenedBeforeItIsKnownThatItsRoomIsArchived(t *testing.T) {
	h, older, newer := twoRooms(t, "")
	grace := h.Person("Grace")
	h.Faults(failing("conversations.archive", 1, slacksim.Fault{Kind: slacksim.LostAfter}))
	grace.Type(newer.Name(), "/incident merge INC-1").Expect("INC-2 is a duplicate of")
	newer.Expect("*Grace* merged INC-2 into")
	older.Expect("*Grace* merged *INC-2 carts are empty* into this one")
	if h.quieten(t); !newer.Archived() {
		t.Fatal("the call that was not answered has landed")
	}
	grace.Type("#general", "/incident reopen INC-2 they are two things").Expect("INC-2 is open again")
	h.recover(recovery)
	again := h.Channel("#inc-2-carts-are-empty-2")
	card := again.Expect("carts are empty", "investigating", "Before: ", newer.Name())
	again.Expect("*Grace* reopened INC-2")
	h.Channel("#incidents").Post("carts are empty").ExpectEdit(again.Name(), "Investigating")
	older.Post("Take command").ExpectEdit("nobody yet").Lacks("duplicate")
	h.Quiet()
	if got := strings.Join(again.Members(), " "); got != "Grace Tocsin" || !card.Pinned() {
		t.Errorf("members: %s; pinned: %v", got, card.Pinned())
	}
}

// TestStorySomebodyArchivesTheRoom of an open incident: with the next word for it there is a new one, to which that word goes.
func TestStorySomebodyArchivesTheRoom(t *testing.T) {
	for name, typed := range map[string]string{
		"a word": "update INC-1 we look", "a state": "severity INC-1 sev1", "a task": "task INC-1 call the bank", "an invitation": "scribe INC-1 @Grace",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, ada, room, _ := inRoom(t)
			h.Announce("is_archived", "is_inactive") // which is how we hear of it
			h.Person("Linus").Archive(room)
			ada.Type("#general", "/incident "+typed)
			h.recover(recovery)
			again := h.Channel("#inc-1-checkout-is-down-2")
			card := again.Expect("checkout is down", "Take command", "Before: ", room.Name())
			switch name {
			case "a word":
				again.Expect("*Update* by Ada", "we look")
				h.Channel("#incidents").Expect("*Update* by Ada", "we look") // in its thread
			case "a task":
				again.Expect("*Task 1*", "call the bank")
			case "an invitation":
				again.Expect("now *scribe*")
			}
			h.Channel("#incidents").Post("checkout is down").ExpectEdit(again.Name())
			ada.Type(again.Name(), "/incident timeline").Expect("made again what was missing in Slack: room")
			h.Quiet()
			if len(again.Bookmarks()) == 0 || !card.Pinned() || again.Topic() == "" {
				t.Errorf("pinned: %v; topic %q; bookmarks %q", card.Pinned(), again.Topic(), again.Bookmarks())
			}
			if rooms := h.rooms("#inc-1"); len(rooms) != 2 {
				t.Errorf("rooms: %q", rooms)
			}
		})
	}
}

// TestStorySomebodyArchivesEachRoom: an incident does not get new rooms without end. Who leads hears that there will be no more, what
// is said goes below the announcement, and a person can have another one opened.
func TestStorySomebodyArchivesEachRoom(t *testing.T) {
	for _, end := range []string{"asked for", "reopened"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			eachRoomArchived(t, end == "reopened")
		})
	}
}

func eachRoomArchived(t *testing.T, reopened bool) {
	t.Helper()
	h, ada, room, _ := inRoom(t)
	h.Announce("is_archived", "is_inactive") // which is how we hear of it
	linus, grace := h.Person("Linus"), h.Person("Grace")
	ada.Type("#general", "/incident commander INC-1 @Grace")
	update := func() {
		h.quieten(t)
		linus.Archive(room)
		ada.Type("#general", "/incident update INC-1 we look")
		h.recover(recovery)
	}
	for _, suffix := range []string{"-2", "-3", "-4"} {
		update()
		room = h.Channel("#inc-1-checkout-is-down" + suffix)
		room.Expect("checkout is down", "Before: ")
		room.Expect("we look")
	}
	update()
	told := h.DirectMessages(grace).Expect("The room of INC-1", "not tried any more", "archived 4 of them", "in the thread of the announcement")
	if rooms := h.rooms("#inc-1"); len(rooms) != 4 {
		t.Fatalf("rooms: %q", rooms)
	}
	below := h.Channel("#incidents")
	grace.Type("#general", "/incident stepdown INC-1 commander")
	asked := below.Expect("*Grace* stepped down")
	grace.Type("#general", "/incident commander INC-1 me")
	asked.ExpectEdit("*Grace* took the role")
	if reopened {
		ada.Type("#general", "/incident resolve INC-1")
		below.Expect("*Ada* resolved INC-1")
	}
	h.recover(recovery)
	h.dieAndStart()
	if err := h.program.bot.LookAfter(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.recover(recovery)
	if rooms := h.rooms("#inc-1"); len(rooms) != 4 {
		t.Fatalf("rooms after a start: %q", rooms)
	}
	if reopened {
		ada.Type("#general", "/incident reopen INC-1 it is back")
	} else {
		grace.Press(told, "Try again")
	}
	h.recover(recovery)
	h.Channel("#inc-1-checkout-is-down-5").Expect("checkout is down", "Before: ")
	if rooms := h.rooms("#inc-1"); len(rooms) != 5 {
		t.Errorf("rooms: %q", rooms)
	}
	if i, err := h.program.store.Incident(t.Context(), 1); err != nil || i.Refs[incident.RefRoomless] != "" {
		t.Errorf("with a room it is held to have none: %v %q", err, i.Refs)
	}
}

// TestStoryTakenBackAndNotHeardOf: Slack has deleted the announcement, or what stood below it, and its answer was lost. What is gone
// is not deleted once more, and what is left is.
func TestStoryTakenBackAndNotHeardOf(t *testing.T) {
	for name, lost := range map[string]int{"an update below it": 1, "the announcement": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, ada, room, _ := inRoom(t)
			ada.Type(room.Name(), "/incident update we look").Expect("Update posted")
			h.Join(h.Person("Tocsin"), "#incidents") // where it looks
			h.quieten(t)
			if name == "the announcement" {
				h.Announce("thread_not_found") // whether something is left below it can only be asked
			}
			h.Faults(func(c slacksim.Call) *slacksim.Fault {
				if c.Method == "chat.delete" && c.NthOfMethod == lost {
					return &slacksim.Fault{Kind: slacksim.LostAfter}
				}
				return nil
			})
			ada.Type(room.Name(), "/incident private yes").Expect("is private now")
			h.recover(recovery)
			if left := h.Posted("#incidents"); len(left) > 0 {
				t.Errorf("it stands outside still: %v", left)
			}
			if n := h.called("chat.delete", nil); n != 2 {
				t.Errorf("two messages were deleted by %d calls", n)
			}
		})
	}
}

// TestStoryResolvedBeforeItHasANewRoom: one that is reopened after the archive, and resolved before its new room is made, gets it
// all the same: that is where people read of it, and where it is closed.
func TestStoryResolvedBeforeItHasANewRoom(t *testing.T) {
	h, ada, _ := archivedRoom(t, "")
	h.Faults(failing("conversations.info", h.called("conversations.info", nil)+1, slacksim.Fault{Kind: slacksim.Status, Status: 429, RetryAfter: time.Second}))
	h.Announce("ratelimited")
	ada.Type("#general", "/incident reopen INC-1 it is back").Expect("INC-1 is open again")
	ada.Type("#general", "/incident resolve INC-1").Expect("INC-1 is resolved")
	h.Faults(nil)
	h.recover(recovery)
	again := h.Channel("#inc-1-checkout-is-down-2")
	again.Expect("checkout is down", "resolved", "Before: ")
	again.Expect("*Ada* reopened INC-1", "it is back")
	again.Expect("*Ada* resolved INC-1")
}

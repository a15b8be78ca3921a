package main

import (
	"strings"
	"sync/atomic"
	"testing"

	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// lookAfter is what upkeep does at start.
func (h *house) lookAfter() {
	h.t.Helper()
	if err := h.program.bot.LookAfter(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// TestStoryMendARoomThatIsGone: there is a new one, with all that belongs in it, whether somebody asks for it or we start.
func TestStoryMendARoomThatIsGone(t *testing.T) {
	for name, mend := range map[string]func(*house, *slacksim.Person){
		"asked": func(_ *house, ada *slacksim.Person) {
			ada.Type("#general", "/incident mend INC-1").Expect("INC-1 is looked after")
		},
		"at start": func(h *house, _ *slacksim.Person) { h.stop(); h.start(); h.lookAfter(); h.lookAfter() },
	} {
		t.Run(name, func(t *testing.T) {
			h, ada, room, _ := inRoom(t)
			ada.Type(room.Name(), "/incident scribe @Grace").Expect("Scribe")
			room.Expect("*scribe*")
			announcement := h.Channel("#incidents").Post("checkout is down")
			h.Quiet()
			h.Person("Linus").Archive(room)
			mend(h, ada)
			again := h.Channel("#inc-1-checkout-is-down-2")
			card := again.Expect("checkout is down", "Take command", "Before: ", room.Name())
			announcement.ExpectEdit(again.Name())
			h.Quiet()
			if got := strings.Join(again.Members(), " "); got != "Ada Grace Tocsin" || !card.Pinned() || again.Topic() == "" || len(again.Bookmarks()) == 0 {
				t.Errorf("members: %s; pinned %v; topic %q; bookmarks %q", got, card.Pinned(), again.Topic(), again.Bookmarks())
			}
			ada.Type(again.Name(), "/incident timeline").Expect("made again what was missing in Slack: room")
			h.lookAfter()
			h.Quiet()
		})
	}
}

// TestStoryMendWhatWasDeleted in a room that stands: only that is made again.
func TestStoryMendWhatWasDeleted(t *testing.T) {
	h, ada, room, card := inRoom(t)
	ada.Pin(card) // which takes the pin away
	ada.Leave(room)
	h.Announce("already_in_channel", "already_pinned", "message_not_found")
	h.Remove(card, h.Channel("#incidents").Post("checkout is down"))
	h.lookAfter()
	again := room.Expect("checkout is down", "Take command")
	h.Channel("#incidents").Expect("checkout is down")
	h.Quiet()
	if !again.Pinned() {
		t.Error("the new card is pinned")
	}
	ada.Type("#general", "/incident mend INC-1").Expect("INC-1 is looked after")
	h.Quiet() // nothing is there twice
	if got := strings.Join(room.Members(), " "); got != "Tocsin" {
		t.Errorf("who left by themselves is left in peace: %s", got)
	}
	ada.Type("#general", "/incident timeline INC-1").Expect("made again what was missing in Slack: card", "nothing was missing")
	h.Quiet()
}

// TestStoryMendCallsWhoNeverCame: whom Slack refused at first is invited again when a person asks for it, and nobody who came and
// left.
func TestStoryMendCallsWhoNeverCame(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	h.Announce("cant_invite", "already_in_channel", "already_pinned")
	grace := h.Person("Grace")
	h.Faults(func(c slacksim.Call) *slacksim.Fault {
		if users, _ := c.Args["users"].(string); c.Method == "conversations.invite" && strings.Contains(users, grace.ID()) {
			return &slacksim.Fault{Kind: slacksim.SlackError, Error: "cant_invite"}
		}
		return nil
	})
	ada.Type(room.Name(), "/incident scribe @Grace").Expect("Scribe")
	room.Expect("now *scribe*")
	ada.Type(room.Name(), "/incident investigator @Linus").Expect("Investigator")
	room.Expect("now *investigator*")
	h.Quiet()
	h.Faults(nil)
	h.Person("Linus").Leave(room)
	room.Expect("*Linus* has left the room")
	h.Quiet()
	ada.Type(room.Name(), "/incident mend").Expect("INC-1 is looked after")
	h.Quiet()
	if got := strings.Join(room.Members(), " "); got != "Ada Grace Tocsin" {
		t.Errorf("members: %s", got)
	}
	h.Join(h.Person("Linus"), room.Name()) // and is one of those again who are missed
	h.Quiet()
	ada.Type(room.Name(), "/incident mend").Expect("INC-1 is looked after")
	h.Quiet()
}

// TestStoryMendByTwo: of two that start together and miss the same card, one posts it.
func TestStoryMendByTwo(t *testing.T) {
	h, _, room, card := inRoom(t)
	h.Announce("already_in_channel", "already_pinned")
	h.Remove(card)
	var ahead atomic.Bool
	h.Faults(func(c slacksim.Call) *slacksim.Fault {
		if c.Method == "bookmarks.list" && !ahead.Swap(true) { // the other one is
			h.lookAfter()
			if err := h.drain(t.Context()); err != nil {
				t.Error(err)
			}
		}
		return nil
	})
	h.lookAfter()
	room.Expect("checkout is down", "Take command")
	h.Quiet()
	mended := 0
	events, _, err := h.program.store.Timeline(t.Context(), 1, 0, 50)
	for _, e := range events {
		if e.Kind == incident.EventMended {
			mended++
		}
	}
	if err != nil || mended != 1 {
		t.Errorf("found missing %d times: %v", mended, err)
	}
}

package main

import (
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// kinds are the kinds of all entries of INC-1, in order.
func (h *house) kinds() string {
	h.t.Helper()
	events, _, err := h.program.store.Timeline(h.t.Context(), 1, 0, 500)
	if err != nil {
		h.t.Fatal(err)
	}
	words := make([]string, len(events))
	for n, e := range events {
		words[n] = string(e.Kind)
	}
	return strings.Join(words, " ")
}

// latest is the last entry of a kind on INC-1.
func (h *house) latest(kind incident.EventKind) incident.Event {
	h.t.Helper()
	e, err := h.program.store.Latest(h.t.Context(), 1, kind)
	if err != nil || e.ID == 0 {
		h.t.Fatalf("no entry of kind %s: %v", kind, err)
	}
	return e
}

// enter brings somebody into a room, and lets everything that follows from it happen.
func (h *house) enter(who string, room *slacksim.Channel) *slacksim.Person {
	h.t.Helper()
	p := h.Person(who)
	p.Join(room)
	h.Quiet()
	return p
}

// TestStoryCaughtByReaction: a message of the room is kept with its words, its author and its own time, once, and what
// happens to it later adds to that.
func TestStoryCaughtByReaction(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	grace := h.enter("Grace", room)
	said := grace.Say(room.Name(), "the cache is <full> & @Ada knows")
	at := h.Clock()()
	h.Pass(7 * time.Minute)
	ada.React(said, "thumbsup")
	ada.React(said, "pushpin")
	h.Quiet()
	grace.React(said, "pushpin") // the same message, once
	h.Quiet()
	if got := h.kinds(); got != "declared picked caught" {
		t.Fatalf("the record: %s", got)
	}
	caught := h.latest(incident.EventCaught)
	if caught.By.Name != "Ada" || caught.Whom.Name != "Grace" || caught.Text != "the cache is <full> & @Ada knows" ||
		caught.Occurred.Sub(at).Abs() > time.Second || !caught.At.Equal(h.Clock()().Truncate(time.Millisecond)) || !strings.Contains(caught.Link, "/archives/"+room.ID()+"/p") {
		t.Errorf("got %+v", caught)
	}
	ada.Type(room.Name(), "/incident timeline").Expect("Ada", "caught what Grace said: the cache is <full> & @Ada knows")

	grace.React(said, "pushpin") // that she takes hers away changes nothing: Ada has caught it
	h.Quiet()
	grace.Edit(said, "the cache is nearly full")
	h.Quiet()
	ada.React(said, "pushpin")
	h.Quiet()
	grace.Edit(said, "nobody keeps this any more")
	h.Quiet()
	if got := h.kinds(); got != "declared picked caught edited uncaught" {
		t.Fatalf("the record: %s", got)
	}
	if e := h.latest(incident.EventEdited); e.By.Name != "Grace" || e.Text != "the cache is nearly full" || e.Corrects != caught.ID {
		t.Errorf("got %+v", e)
	}
	ada.React(said, "pushpin")
	h.Quiet()
	grace.Delete(said)
	h.Quiet()
	if got := h.kinds(); got != "declared picked caught edited uncaught picked caught deleted" {
		t.Fatalf("the record: %s", got)
	}
	if e, err := h.program.store.Message(t.Context(), 1, caught.Message); err != nil || e.Kind != incident.EventDeleted {
		t.Errorf("got %+v %v", e, err)
	}
	ada.Type(room.Name(), "/incident timeline").Expect("the cache is <full> & @Ada knows", "nobody keeps this any more") // it erases nothing
}

// TestStoryCaughtInAThread: replies are kept as well, with the files that they bring; and the head of a thread leaves a
// tombstone when it is deleted.
func TestStoryCaughtInAThread(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	head := ada.Share(room.Name(), "look at this", "graph.png")
	reply := ada.Reply(head, "it began at noon")
	ada.Reply(head, "another reply")
	ada.React(reply, "pushpin")
	h.Quiet()
	if e := h.latest(incident.EventCaught); e.Text != "it began at noon" || !strings.Contains(e.Link, "?thread_ts="+head.TS()) {
		t.Errorf("got %+v", e)
	}
	ada.React(head, "pushpin")
	h.Quiet()
	if e := h.latest(incident.EventCaught); !strings.HasPrefix(e.Text, "look at this\ngraph.png https://") {
		t.Errorf("got %+v", e)
	}
	ada.Delete(head)
	h.Quiet()
	if got := h.kinds(); got != "declared picked caught picked caught deleted" {
		t.Errorf("the record: %s", got)
	}
}

// TestStoryCaughtByShortcut: the shortcut brings the words with it.
func TestStoryCaughtByShortcut(t *testing.T) {
	h, ada, room, card := inRoom(t)
	said := ada.Say(room.Name(), "it is DNS")
	ada.Shortcut("Add to timeline", said).Expect("On the timeline of INC-1", "it is DNS")
	ada.Shortcut("Add to timeline", said).Expect("is on the timeline of INC-1 already")
	ada.React(said, "pushpin")
	ada.Shortcut("Add to timeline", card).Expect("What Tocsin says itself is on the timeline already")
	ada.Shortcut("Add to timeline", ada.Say("#general", "hello")).Expect("no incident's room")
	ada.React(ada.Say("#general", "nobody's business"), "pushpin")
	ada.React(card, "pushpin")
	h.Quiet()
	if got := h.kinds(); got != "declared caught" {
		t.Errorf("the record: %s", got)
	}
}

// TestStoryCaughtWhileSlackIsAway: the wish is kept at once, and the words follow; one that is gone by then leaves a trace.
func TestStoryCaughtWhileSlackIsAway(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	said, gone := ada.Say(room.Name(), "rolling back"), ada.Say(room.Name(), "never mind")
	h.Faults(failing("conversations.replies", 2, slacksim.Fault{Kind: slacksim.Status, Status: 503}))
	ada.React(said, "pushpin")
	ada.React(gone, "pushpin")
	h.Idle(t.Context())
	if got := h.kinds(); got != "declared picked picked" {
		t.Fatalf("the record: %s", got)
	}
	ada.Delete(gone)
	h.recover(time.Minute)
	if got := h.kinds(); got != "declared picked picked deleted caught" {
		t.Errorf("the record: %s", got)
	}
}

// TestStoryCaughtWhileTheRoomIsLeft: a message that was picked and not read yet when its room was left is not taken for a deleted one,
// because it does not stand in the next room.
func TestStoryCaughtWhileTheRoomIsLeft(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	grace := h.enter("Grace", room)
	picked := grace.Say(room.Name(), "the queue is full")
	h.Announce("ratelimited")
	h.Faults(func(c slacksim.Call) *slacksim.Fault {
		if c.Method == "conversations.replies" && !room.Archived() {
			return &slacksim.Fault{Kind: slacksim.Status, Status: 429, RetryAfter: time.Second}
		}
		return nil
	})
	ada.React(picked, "pushpin")
	h.quieten(t)
	ada.Type(room.Name(), "/incident private yes").Expect("is private now")
	h.recover(recovery)
	if got := h.kinds(); !strings.Contains(got, "picked") || strings.Contains(got, "deleted") {
		t.Errorf("the record: %s", got)
	}
}

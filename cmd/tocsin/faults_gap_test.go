package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/bot"
	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// fill lets the time pass for which one waits after Slack has dropped events, and has what was missed read.
func (h *house) fill(gaps *bot.Gaps) {
	h.t.Helper()
	if err := gaps.Fill(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	h.Quiet()
}

// TestF39TheGapIsReadInHistory: what people did to messages while Slack dropped events is done once it has stopped, as if it had
// been told: kept, edited, let go of, deleted, and a task ticked off. That there was a gap, and that it was read, stands in the
// record of the system, and nothing is read twice.
func TestF39TheGapIsReadInHistory(t *testing.T) {
	h, ada, room, _ := inRoom(t, watched, silenceIsFine)
	grace := h.enter("Grace", room)
	say := func(words string) *slacksim.Post { return grace.Say(room.Name(), words) }
	old, edited, freed, gone, short := say("old"), say("edited"), say("freed"), say("gone"), say("by shortcut")
	missed := say("missed " + canaries[0])
	reply := grace.Reply(old, "in a thread")
	for _, m := range []*slacksim.Post{edited, freed, gone} {
		ada.React(m, "pushpin")
	}
	ada.Shortcut("Add to timeline", short).Expect("On the timeline")
	ada.Type(room.Name(), "/incident task call the bank in 3h").Expect("Task 1")
	task := room.Expect("Task 1")
	h.Quiet()
	before := h.kinds()
	h.Announce("thread_not_found") // it is looked for what is gone

	h.DropEvents(true)
	h.Quiet()
	h.Pass(time.Minute)
	ada.React(missed, "pushpin")
	ada.React(reply, "pushpin")
	grace.Edit(edited, "edited, and again")
	ada.React(freed, "pushpin") // off
	grace.Delete(gone)
	grace.React(task, "white_check_mark")
	gaps := h.program.bot.Gaps()
	h.fill(gaps) // too soon
	h.DropEvents(false)
	h.Quiet()
	if got := h.kinds(); got != before || h.called("conversations.history", nil) != 0 {
		t.Fatalf("the record: %s", got)
	}

	h.Pass(3 * time.Minute)
	if err := gaps.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.DirectMessages(grace).Expect("there was a secret", "Slack token") // once
	h.Quiet()
	h.dieAndStart(watched, silenceIsFine) // and nothing is lost or done twice
	h.fill(h.program.bot.Gaps())
	got := strings.Fields(strings.TrimPrefix(h.kinds(), before))
	slices.Sort(got)
	if want := []string{"caught", "caught", "deleted", "edited", "picked", "picked", "task_done", "uncaught"}; !slices.Equal(got, want) {
		t.Errorf("what was missed: %s", got)
	}
	if e := h.latest(incident.EventEdited); e.Text != "edited, and again" || e.By.Name != "Grace" {
		t.Errorf("edited: %+v", e)
	}
	if e := h.latest(incident.EventUncaught); e.By.Name != "Ada" {
		t.Errorf("let go: %+v", e)
	}
	if e := h.latest(incident.EventTaskDone); e.By.Name != "Grace" {
		t.Errorf("ticked off: %+v", e)
	}
	ada.Type(room.Name(), "/incident timeline").Expect("caught what Grace said: missed", "caught what Grace said: in a thread")
	gap, err := h.program.store.Latest(t.Context(), 0, incident.EventGap)
	filled, bad := h.program.store.Latest(t.Context(), 0, incident.EventFilled)
	if err != nil || bad != nil || gap.ID == 0 || filled.Corrects != gap.ID || !gap.Occurred.Equal(gap.At.Truncate(time.Minute)) {
		t.Errorf("%v %v: %q, %q", err, bad, gap, filled)
	}
}

// TestF39WhatWasCaughtInARoomThatWasLeft stands there still: nobody has deleted it, though it is not found in the room of now.
func TestF39WhatWasCaughtInARoomThatWasLeft(t *testing.T) {
	h, ada, room, _ := inRoom(t, watched, silenceIsFine)
	grace := h.enter("Grace", room)
	kept := grace.Say(room.Name(), "the queue is full")
	ada.React(kept, "pushpin")
	h.Quiet()
	h.Announce("thread_not_found") // it is looked for what is gone
	ada.Type(room.Name(), "/incident private yes").Expect("is private now")
	room.Expect("made INC-1 private")
	private := h.Channel("#inc-1-checkout-is-down-2")
	private.Expect("Take command")
	private.Expect("made INC-1 private")
	here := ada.Say(private.Name(), "the key has leaked")
	ada.React(here, "pushpin")
	h.Quiet()
	before := h.kinds()

	h.DropEvents(true)
	h.Quiet()
	ada.Delete(here)
	h.DropEvents(false)
	h.Quiet()
	h.Pass(3 * time.Minute)
	h.fill(h.program.bot.Gaps())
	if got := strings.Fields(strings.TrimPrefix(h.kinds(), before)); !slices.Equal(got, []string{"deleted"}) {
		t.Errorf("what was missed: %s", got)
	}
	if e := h.latest(incident.EventDeleted); e.Message == "" || e.Corrects != h.latest(incident.EventCaught).ID {
		t.Errorf("deleted: %+v", e)
	}
}

// TestF39SlackAsksToWait: where Slack does not let us read as much as we want, the rooms that are read stay read, and the others
// follow: those of all that is open, and of what is resolved and not closed.
func TestF39SlackAsksToWait(t *testing.T) {
	h := newHouse(t, watched)
	for _, title := range []string{"one", "two", "three"} {
		h.command("Ada", "#general", "/incident declare "+title, title)
	}
	h.recover(recovery)
	h.command("Ada", "#general", "/incident resolve INC-2", "four")
	h.recover(recovery)
	h.DropEvents(true)
	h.DropEvents(true) // it says so again in the same minute
	h.recover(recovery)
	if got := h.metric("tocsin_events_dropped_total"); got != "1" {
		t.Errorf("counted %q", got)
	}
	h.Pass(3 * time.Minute)
	gaps := h.program.bot.Gaps()
	gaps.Pause = 0
	h.Announce("conversations.history")
	for n := 1; ; n++ {
		reads := 0
		h.Faults(func(c slacksim.Call) *slacksim.Fault {
			if c.Method != "conversations.history" {
				return nil
			}
			if reads++; reads == 1 {
				return nil
			}
			return &slacksim.Fault{Kind: slacksim.SlackError, Error: "ratelimited"}
		})
		err := gaps.Fill(t.Context())
		if err == nil {
			if n != 3 {
				t.Errorf("filled after %d looks", n)
			}
			break
		}
		if n == 5 {
			t.Fatal(err)
		}
		h.Pass(time.Minute)
	}
	if e, err := h.program.store.Latest(t.Context(), 0, incident.EventFilled); err != nil || !strings.Contains(e.Text, "(3)") {
		t.Errorf("%q %v", e, err)
	}
}

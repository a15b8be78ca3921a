package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// mostSaid is how much a room hears of Tocsin in an hour and a half in which everything burns, and bears.
const mostSaid = 35

// TestStoryNoise: a sev1 of ninety minutes, with four roles, eight updates, twenty notes and six tasks, as people would lead it.
// The room hears of Tocsin no more than it bears, and everybody else one message that is edited, beside its thread. What only one
// person sees does not count, nor what is edited; that the topic was set does, because Slack writes a line for it.
func TestStoryNoise(t *testing.T) {
	h := newHouse(t)
	h.Person("Ada").Type("#general", "/incident declare sev1 checkout is down --service checkout").Expect("INC-1 declared")
	room := h.Channel("#inc-1-checkout-is-down")
	room.Expect("Take command")
	h.Channel("#incidents").Expect("checkout is down")
	h.Quiet()
	at := 0
	for _, act := range noisyScript() {
		for ; at < act.minute; at++ {
			h.minute()
		}
		h.Person(act.who).Type(room.Name(), "/incident "+act.line)
	}
	for ; at < 90; at++ {
		h.minute()
	}
	if err := h.drain(t.Context()); err != nil {
		t.Fatal(err)
	}

	said := map[string]int{}
	for _, message := range room.Messages() {
		if words, ours := strings.CutPrefix(message, "Tocsin: "); ours {
			said[sortOf(words)]++
		}
	}
	all := 0
	for _, n := range said {
		all += n
	}
	id := h.ChannelID("#incidents")
	announced := h.called("chat.postMessage", func(args map[string]any) bool { return args["channel"] == id && args["thread_ts"] == nil })
	threaded := h.called("chat.postMessage", func(args map[string]any) bool { return args["channel"] == id && args["thread_ts"] != nil })
	t.Logf("in the room: %d messages of Tocsin, %v; in #incidents: %d, and %d in its thread; edits: %d",
		all, said, announced, threaded, h.called("chat.update", nil))
	if all > mostSaid {
		t.Errorf("%d messages of Tocsin in the room, of which it bears %d:\n%s", all, mostSaid, strings.Join(room.Messages(), "\n"))
	}
	if announced != 1 || threaded != 8 {
		t.Errorf("%d announcements with %d updates below, want 1 with 8", announced, threaded)
	}
	if got := said["update"]; got != 8 {
		t.Errorf("the room heard %d updates of 8", got)
	}
}

// noisyAct is what somebody does in which minute.
type noisyAct struct {
	minute    int
	who, line string
}

// noisyScript is ninety minutes of a sev1, minute by minute.
func noisyScript() []noisyAct {
	script := []noisyAct{
		{1, "Ada", "commander me"},
		{2, "Ada", "communicator @Grace"},
		{2, "Ada", "investigator @Linus"},
		{3, "Ada", "mitigator @Margaret"},
		{5, "Ada", "task look at the last deploy @Linus in 15m"},
		{6, "Ada", "task switch the queue off @Margaret"},
		{14, "Linus", "task done 1"},
		{18, "Margaret", "task done 2"},
		{20, "Ada", "status identified"},
		{22, "Ada", "task roll back the deploy @Margaret in 10m"},
		{25, "Ada", "task write to the bank @Grace"},
		{30, "Margaret", "task done 3"},
		{35, "Ada", "mitigated"},
		{36, "Ada", "status monitoring"},
		{40, "Ada", "task replay the lost orders in 30m"},
		{42, "Linus", "task take 5"},
		{45, "Ada", "task check the invoices @Grace"},
		{66, "Linus", "task done 5"},
		{70, "Grace", "task done 4"},
		{80, "Ada", "task drop 6 the bank has done it"},
		{86, "Ada", "resolve"},
		{89, "Ada", "close"},
	}
	who := []string{"Ada", "Grace", "Linus", "Margaret"}
	for n := range 20 {
		script = append(script, noisyAct{4 + 4*n, who[n%4], fmt.Sprintf("note we saw thing %d", n+1)})
	}
	for n := range 8 {
		script = append(script, noisyAct{7 + 11*n, "Grace", fmt.Sprintf("update this is what we know, the %d. time", n+1)})
	}
	slices.SortStableFunc(script, func(a, b noisyAct) int { return a.minute - b.minute })
	return script
}

// sortOf sorts what the room hears by what it is about.
func sortOf(words string) string {
	for sort, mark := range map[string]string{
		"topic": "set the channel topic", "update": "*Update* by", "role": "is now *", "task": "*Task ", "mitigated": "marked INC-1 mitigated",
		"resolved": "resolved INC-1", "closed": "closed INC-1", "card": "*Declared by*", "reminder": ":bell:", "joined": "has joined",
	} {
		if strings.Contains(words, mark) {
			return sort
		}
	}
	return words
}

// minute lets one pass, in which everything is delivered, and looks at what is due.
func (h *house) minute() {
	h.t.Helper()
	h.quieten(h.t)
	h.Pass(time.Minute)
	h.remind()
	h.quieten(h.t)
}

package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
)

// TestF38WhatAnUnknownGuestDeclaredIsNotSummedUp: a guest who is not known yet is believed, until their incident's turn comes.
// The summary of an outage comes before that, and must not name it to everybody.
func TestF38WhatAnUnknownGuestDeclaredIsNotSummedUp(t *testing.T) {
	h := newHouseWithoutJoins(t)
	h.Announce(append(looked, "users.info")...)
	guest := h.Add(slacksim.Profile{Name: "Newcomer", Guest: true})
	h.Join(guest, "#general")
	h.Faults(func(slacksim.Call) *slacksim.Fault { return &slacksim.Fault{Kind: slacksim.Status, Status: 503} })
	h.command("Newcomer", "#general", "/incident declare sev4 buy cheap watches", "guest")
	h.command("Ada", "#general", "/incident declare sev1 everything is down", "ada")
	h.quieten(t) // it is noticed now
	for range 20 {
		h.Pass(time.Minute)
		h.quieten(t)
	}
	h.Faults(failing("users.info", 2, slacksim.Fault{Kind: slacksim.Status, Status: http.StatusTooManyRequests, RetryAfter: 30 * time.Second}))
	h.recover(2 * time.Minute)
	summed := false
	for _, post := range h.Posted("#incidents") {
		if strings.Contains(post.Text, "watches") {
			t.Errorf("everybody reads the words of a guest: %s", post.Text)
		}
		summed = summed || strings.Contains(post.Text, "did not take our calls") && strings.Contains(post.Text, "everything is down")
	}
	if !summed {
		t.Error("the outage was not summed up with what Ada declared")
	}
	if h.directs("Newcomer", "Guests cannot declare") != 1 {
		t.Error("the guest was not told")
	}
}

// TestF38TwoOfUsNoteTheSameOutage: everybody hears of it once, also where the one who began it earlier notes its end later.
func TestF38TwoOfUsNoteTheSameOutage(t *testing.T) {
	h := newHouse(t)
	h.Pass(time.Hour)
	end := h.Clock()()
	for _, began := range []time.Duration{19 * time.Minute, 20 * time.Minute, 15 * time.Minute} {
		if err := h.program.bot.Recovered(t.Context(), end.Add(-began), "status 503"); err != nil {
			t.Fatal(err)
		}
		h.quieten(t)
	}
	told := func() (n int) {
		for _, post := range h.Posted("#incidents") {
			n += strings.Count(post.Text, "did not take our calls")
		}
		return n
	}
	if n := told(); n != 1 {
		t.Errorf("told %d times of one outage", n)
	}
	h.Pass(time.Hour)
	if err := h.program.bot.Recovered(t.Context(), h.Clock()().Add(-20*time.Minute), "status 503"); err != nil {
		t.Fatal(err)
	}
	h.quieten(t)
	if n := told(); n != 2 {
		t.Errorf("of another outage they were told %d times", n-1)
	}
}

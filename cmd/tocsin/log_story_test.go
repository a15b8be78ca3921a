package main

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin"
	"tocsin/bot/slacksim"
)

// TestTheLogTellsWhatChangedForPeople: from the first moment to the last, in one line each, and without a word of a title.
// The program is ready as soon as Slack reaches it, however seldom it looks at itself.
func TestTheLogTellsWhatChangedForPeople(t *testing.T) {
	w := slacksim.New(t, slacksim.Options{Manifest: tocsin.Manifest})
	w.Faults(failing("apps.connections.open", 2, slacksim.Fault{Kind: slacksim.Delay, Delay: 300 * time.Millisecond})) // it has looked by then
	h := newHouseIn(t, w, inSocketMode(w), func(o *options) {
		o.settings.SigningSecret, o.settings.OpsAddr, o.pulse = "", "127.0.0.1:0", time.Hour
	})
	h.ready("ready")
	h.command("Ada", "#general", declareCheckout, "one")
	h.command("Ada", "#general", declareCheckout, "one") // Slack delivers it again
	h.recover(recovery)
	h.stop()
	log := h.log.all()
	for words, want := range map[string]int{
		"INFO started ": 1, "INFO ready": 1, "INFO a Socket Mode connection is open open=2": 1, "INFO INC-1 declared severity=sev2": 1,
		"INFO stopping": 1, "INFO stopped": 1, "checkout is down": 0, "url=": 0, "socket_mode=true": 1,
	} {
		if n := strings.Count(log, words); n != want {
			t.Errorf("%d times %q, want %d:\n%s", n, words, want, log)
		}
	}
	if !strings.HasPrefix(log, "INFO started ") || !strings.HasSuffix(log, "\nINFO stopped") {
		t.Errorf("it does not begin and end with that:\n%s", log)
	}
}

// TestTheLogOnWhoHasHungUp: who does not wait until their request could be begun is no fault of anybody's here. Nothing is
// recorded of it, and the log says so in words.
func TestTheLogOnWhoHasHungUp(t *testing.T) {
	h := newHouse(t, watched, overHTTP)
	h.ready("ready")
	letGo := h.occupy()
	ctx, hangUp := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		_, _, _ = h.SendCommand(ctx, slacksim.SendArgs{Person: "Ada", Channel: "#general", Text: declareCheckout})
	})
	all.Go(func() {
		changed := slacksim.Object{"type": "user_change", "user": slacksim.Object{"id": h.Person("Ada").ID(), "team_id": h.TeamID(), "name": "ada"}}
		_, _, _ = h.SendEvent(slacksim.EventArgs{Context: ctx, Event: changed})
	})
	until(t, "both wait", func() (bool, string) {
		got := h.metric("tocsin_requests_in_flight")
		return got == "2", got
	})
	hangUp()
	all.Wait()
	until(t, "both are seen to have gone", func() (bool, string) {
		log := h.log.all()
		return strings.Count(log, "INFO whoever asked has hung up, and nothing was recorded") == 2, log
	})
	letGo()
	if got := h.command("Ada", "#general", "/incident list", ""); strings.Contains(got, "checkout") {
		t.Errorf("recorded: %s", got)
	}
}

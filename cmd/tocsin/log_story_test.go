package main

import (
	"strings"
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

package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tocsin/incident"
)

// TestF59TheRecordTellsOfTheLeap: a change of the clock is an entry of the system, by how much and from when to when; what was
// recorded before it and after it keeps its order, whatever its times say.
func TestF59TheRecordTellsOfTheLeap(t *testing.T) {
	for _, by := range []time.Duration{time.Hour, -time.Hour, -50 * 365 * 24 * time.Hour} {
		t.Run(by.String(), func(t *testing.T) {
			t.Parallel()
			var off atomic.Int64
			h, ada, room, _ := inRoom(t, func(o *options) {
				world := o.now
				start := world()
				o.now = func() time.Time { return world().Add(time.Duration(off.Load())) }
				o.ran = func() time.Duration { return world().Sub(start) }
			})
			if e, err := h.program.store.Latest(t.Context(), 0, incident.EventClock); err != nil || e.ID != 0 {
				t.Fatalf("nobody has set the clock, and the record says %q %v", e, err)
			}
			before := h.program.now()
			off.Store(int64(by))
			ada.Type(room.Name(), "/incident note we rolled back").Expect("Noted")
			h.Quiet()
			told, err := h.program.store.Latest(t.Context(), 0, incident.EventClock)
			if err != nil || told.ID == 0 {
				t.Fatalf("nothing is recorded: %v", err)
			}
			from, badFrom := time.Parse(time.RFC3339, told.From)
			to, badTo := time.Parse(time.RFC3339, told.To)
			if badFrom != nil || badTo != nil || to.Sub(from) != by || from.Sub(before).Abs() > time.Minute || told.By != incident.System || !told.At.Equal(told.Occurred) {
				t.Errorf("recorded %q as %+v", told, told)
			}
			if got := h.kinds(); !strings.HasPrefix(got, "declared ") || !strings.HasSuffix(got, " note") {
				t.Errorf("the order of the record: %s", got)
			}
			h.Pass(5 * time.Minute) // which is no leap: time goes by
			h.Quiet()
			if again, err := h.program.store.Latest(t.Context(), 0, incident.EventClock); err != nil || again.ID != told.ID {
				t.Errorf("told again: %q %v", again, err)
			}
		})
	}
}

// TestF59RefusedForItsTime: a request that is signed as Slack signs, and whose time is not ours, is refused, and the log says
// that it may be our clock. One that Slack has not signed says nothing about the clock.
func TestF59RefusedForItsTime(t *testing.T) {
	h := newHouse(t, watched)
	body := h.declaration("1.1.1")
	for _, off := range []time.Duration{time.Hour, -time.Hour} {
		at := fmt.Sprint(time.Now().Add(off).Unix())
		h.log.forget()
		if status, _ := h.post("/slack/commands", body, signed("not the secret", at, body)); status != http.StatusUnauthorized {
			t.Errorf("answered with %d", status)
		}
		if log := h.log.all(); strings.Contains(log, "clock") || !strings.Contains(log, "signature") {
			t.Errorf("of one that Slack did not sign the log says %s", log)
		}
		h.log.forget()
		if status, _ := h.post("/slack/commands", body, signed(h.SigningSecret(), at, body)); status != http.StatusUnauthorized {
			t.Errorf("answered with %d", status)
		}
		if log := h.log.all(); !strings.Contains(log, "timedatectl") || strings.Contains(log, "SLACK_SIGNING_SECRET") {
			t.Errorf("of one that was signed %s from now the log says %s", off, log)
		}
	}
	for _, reason := range []string{"time", "signature"} {
		if got := h.metric(`tocsin_requests_refused_total{reason="` + reason + `"}`); got != "2" {
			t.Errorf("refused for the %s: %q", reason, got)
		}
	}
	h.Quiet()
}

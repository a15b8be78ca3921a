package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
	"tocsin/incident"
	"tocsin/store"
)

// requests counts the requests that are remembered.
func (h *house) requests() (n int) {
	h.t.Helper()
	if err := openDatabase(h.t, h.db).QueryRowContext(h.t.Context(), `SELECT count(*) FROM requests`).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// TestOldRequestsAreForgotten after a week, and not a minute before: what is delivered again until then is known.
func TestOldRequestsAreForgotten(t *testing.T) {
	h := newHouse(t)
	first := h.command("Ada", "#general", declareCheckout, "1.1.1")
	h.recover(recovery)
	h.Pass(7*24*time.Hour - time.Minute)
	h.program.upkeep().tend(t.Context())
	if again := h.command("Ada", "#general", declareCheckout, "1.1.1"); again != first {
		t.Errorf("delivered again: %s", again)
	}
	h.Pass(2 * time.Minute)
	h.program.upkeep().tend(t.Context())
	if n := h.requests(); n != 0 {
		t.Errorf("%d requests are remembered", n)
	}
	h.recover(recovery)
	h.alone("#inc-1-checkout-is-down")
}

// TestARetryFromOutsideIsNoticed: tocsin effects retry is another process, which cannot wake this one.
func TestARetryFromOutsideIsNoticed(t *testing.T) {
	h := newHouse(t, watched)
	h.log.announce("given up")
	h.Announce("not_in_channel")
	incidents := h.ChannelID("incidents")
	h.Faults(func(c slacksim.Call) *slacksim.Fault {
		if c.Method == "chat.postMessage" && c.Args["channel"] == incidents {
			return &slacksim.Fault{Kind: slacksim.SlackError, Error: "restricted_action"}
		}
		return nil
	})
	h.command("Ada", "#general", declareCheckout, "1.1.1")
	h.recover(time.Hour)
	h.Faults(nil)
	beside, err := store.Open(t.Context(), h.db, store.Options{Beside: true})
	if err != nil {
		t.Fatal(err)
	}
	open, err := beside.OpenEffects(t.Context(), 0, 10)
	if err != nil || len(open) != 1 || open[0].State != store.Buried {
		t.Fatalf("%+v %v", open, err)
	}
	if err := beside.Revive(t.Context(), open[0].ID, incident.Stamp{By: incident.System, At: h.program.now()}); err != nil {
		t.Fatal(err)
	}
	if err := beside.Close(); err != nil {
		t.Fatal(err)
	}
	until(t, "announced", func() (bool, string) {
		said := h.room("#incidents")
		return strings.Contains(said, "INC-1"), said
	})
	h.recover(recovery)
	h.alone("#inc-1-checkout-is-down")
}

// TestF56UnreadyWithoutItsFile: and no restart is asked for, which would start anew with nothing.
func TestF56UnreadyWithoutItsFile(t *testing.T) {
	aboutSQLite(t, "its file")
	h := newHouse(t, watched)
	h.ready("ready")
	if err := os.Rename(h.db, h.db+".away"); err != nil {
		t.Fatal(err)
	}
	h.ready("was deleted while it was in use")
	if report, status := h.report(); status != 200 || report.Status != "degraded" {
		t.Errorf("%d %+v", status, report)
	}
	if err := os.Rename(h.db+".away", h.db); err != nil {
		t.Fatal(err)
	}
	h.ready("ready")
}

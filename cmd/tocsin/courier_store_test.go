package main

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
)

// TestARecordThatCannotBeReadRefusesNothing: the database cannot tell a courier whom it is about, for much longer than twelve
// tries take. That is no fault of the effect and none of Slack's: nothing is buried, no circuit opens, and when the database
// can be read again the room is made.
func TestARecordThatCannotBeReadRefusesNothing(t *testing.T) {
	h := newHouse(t)
	h.Faults(func(c slacksim.Call) *slacksim.Fault {
		if c.Method == "conversations.create" && c.NthOfMethod == 1 {
			h.onDatabase(t, `ALTER TABLE profiles RENAME TO hidden`)
			return &slacksim.Fault{Kind: slacksim.Status, Status: 429, RetryAfter: time.Second}
		}
		return nil
	})
	h.Announce("ratelimited")
	h.command("Ada", "#general", declareCheckout, "one")
	h.quieten(t)
	h.Pass(2 * time.Second)
	h.quieten(t)
	for range 20 {
		h.Pass(time.Minute)
		h.quieten(t)
		for _, c := range h.program.outbox.Status() {
			if c.Open {
				t.Fatalf("a circuit has opened: %+v", c)
			}
		}
	}
	if n := strings.Count(h.log.all(), "a delivery waits for our own database"); n < 12 {
		t.Fatalf("the database failed %d times, which shows nothing", n)
	}
	if got := h.rooms("#inc-1"); len(got) > 0 {
		t.Errorf("rooms: %q", got)
	}
	if n := h.directs("Ada", "The room of INC-1 is late: our own database failed."); n != 1 {
		t.Errorf("she was told of it %d times: %q", n, h.DirectMessages(h.Person("Ada")).Messages())
	}
	h.onDatabase(t, `ALTER TABLE hidden RENAME TO profiles`)
	h.Pass(2 * time.Minute)
	h.quieten(t)
	h.alone(crashRoom)
	if said := h.log.all(); strings.Contains(said, "was refused") || strings.Contains(said, "given up") {
		t.Errorf("an effect was blamed:\n%s", said)
	}
}

// onDatabase runs a statement on the program's database, as somebody might by hand.
func (h *house) onDatabase(t *testing.T, statement string) {
	t.Helper()
	driver, where := "sqlite3", "file:"+h.db+"?_busy_timeout=5000"
	if onPostgres {
		driver, where = "pgx", h.db
	}
	db, err := sql.Open(driver, where)
	if err == nil {
		_, err = db.ExecContext(t.Context(), statement)
	}
	if err != nil {
		t.Error(err) // and go on: this may be another goroutine than the test's
		return
	}
	_ = db.Close()
}

package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"tocsin/bot/slacksim"
	"tocsin/store/storetest"
)

// TestStoryLookAlikesAmongMany: in an hour in which everything breaks, the twenty-five that were declared last are compared,
// so that a declaration costs no more then.
func TestStoryLookAlikesAmongMany(t *testing.T) {
	for others, found := range map[int]bool{24: true, 25: false} {
		t.Run(fmt.Sprint(others, " others between"), func(t *testing.T) {
			h := newHouse(t)
			h.command("Ada", "#general", "/incident declare checkout is down", "")
			for n := range others {
				if said := h.command("Ada", "#general", fmt.Sprintf("/incident declare cause%02d broke place%02d", n, n), ""); strings.Contains(said, "looks like") {
					t.Fatalf("the %d. other: %s", n+1, said)
				}
			}
			said := h.command("Grace", "#general", "/incident declare checkout is down", "")
			if !strings.Contains(said, fmt.Sprintf("INC-%d declared", others+2)) || strings.Contains(said, "It looks like *INC-1") != found {
				t.Errorf("answered %s", said)
			}
			h.recover(recovery)
		})
	}
}

// TestStoryListsSideBySide: many ask for the list at once. Four lists are made at a time, so that each costs its memory four
// times, and connections are left for all else; the others wait, and get theirs.
func TestStoryListsSideBySide(t *testing.T) {
	where := storetest.Cluster(t).Database(t)
	h := newHouse(t, watched, overHTTP, func(o *options) { o.settings.DB = where })
	h.ready("ready")
	database := openDatabase(t, where)
	tx, err := database.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(`LOCK TABLE incidents IN ACCESS EXCLUSIVE MODE`); err != nil { // whoever makes a list waits for it
		t.Fatal(err)
	}
	const crowd = 12
	var all sync.WaitGroup
	answers := make([]string, crowd)
	for n := range crowd {
		all.Go(func() {
			_, answers[n], _ = h.SendCommand(t.Context(), slacksim.SendArgs{Person: "Ada", Channel: "#general", Text: "/incident list"})
		})
	}
	until(t, "all of them wait", func() (bool, string) {
		got := h.metric("tocsin_requests_in_flight")
		return got == fmt.Sprint(crowd), got
	})
	const atWork = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FROM incidents WHERE%AND open%'`
	most := 0
	look := func() (bool, string) {
		var now int
		if err := database.QueryRow(atWork).Scan(&now); err != nil {
			t.Fatal(err)
		}
		most = max(most, now)
		return most >= 4, fmt.Sprint(now)
	}
	until(t, "four lists are being made", look)
	for range 50 { // would there be more of them
		look()
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	if most != 4 {
		t.Errorf("%d lists were made side by side", most)
	}
	for _, said := range answers {
		if !strings.Contains(said, "No open incidents") {
			t.Errorf("answered %s", said)
		}
	}
}

package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tocsin/incident"
	"tocsin/store"
)

// Two replicas append to the same incidents and to the system at once: nothing is lost or doubled, and whoever reads along
// never sees an entry appear before one that was there already (F80).
func TestReplicasAppend(t *testing.T) {
	const perWriter = 60
	stores := replicas(t, 2)
	one, two := declare(t, stores[0]), declare(t, stores[0])
	stop := make(chan struct{})
	var reading, writing sync.WaitGroup
	for _, id := range []incident.ID{0, one, two} {
		reading.Go(func() { readAlong(t, stores[0], id, stop) })
	}
	for w := range 8 {
		writing.Go(func() {
			for n := range perWriter {
				text := fmt.Sprintf("%d/%d", w, n)
				err := draftAndNote(stores[w%2], []incident.ID{one, two}[w/2%2], text)
				if err != nil {
					t.Errorf("%s: %v", text, err)
				}
			}
		})
	}
	writing.Wait()
	close(stop)
	reading.Wait()
	got := append(notes(t, stores[1], one), notes(t, stores[1], two)...)
	seen := map[string]bool{}
	for _, text := range got {
		seen[text] = true
	}
	if len(got) != 8*perWriter || len(seen) != len(got) {
		t.Errorf("%d notes, %d different ones, want %d", len(got), len(seen), 8*perWriter)
	}
	drafts, _, err := stores[0].Timeline(t.Context(), 0, 0, 10_000)
	must(t, err)
	if len(drafts) != 8*perWriter {
		t.Errorf("%d drafts", len(drafts))
	}
}

// draftAndNote writes on an incident and on the system.
func draftAndNote(s *store.Store, id incident.ID, text string) error {
	_, err := s.Change(context.Background(), incident.Request{Key: text, At: noon}, func(t incident.Tx) ([]byte, error) {
		t.System().KeepDraft(text, incident.Stamp{By: ada, At: noon})
		i, err := t.Incident(id)
		if err != nil {
			return nil, err
		}
		return nil, i.Note(text, time.Time{}, incident.Stamp{By: ada, At: noon})
	})
	return err
}

// readAlong reads a timeline again and again: what is new stands behind what was there.
func readAlong(t *testing.T, s *store.Store, id incident.ID, stop <-chan struct{}) {
	var seen []int64
	for {
		select {
		case <-stop:
			return
		default:
		}
		events, _, err := s.Timeline(context.Background(), id, 0, 10_000)
		if err != nil {
			t.Error(err)
			return
		}
		for n, before := range seen {
			if events[n].ID != before {
				t.Errorf("%s: entry %d appeared before %d", id, events[n].ID, before)
				return
			}
		}
		seen = seen[:0]
		for _, e := range events {
			seen = append(seen, e.ID)
		}
	}
}

// The same request on several replicas: one runs it, the others wait for it and answer the same (F83).
func TestReplicasAnswerOnce(t *testing.T) {
	stores := replicas(t, 2)
	id := declare(t, stores[0])
	begun, gate := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	answers := make([]string, 8)
	ask := func(n int, do func()) {
		answer, err := stores[n%2].Change(context.Background(), incident.Request{Key: "raced", At: noon}, func(tx incident.Tx) ([]byte, error) {
			do()
			i, err := tx.Incident(id)
			if err != nil {
				return nil, err
			}
			return fmt.Appendf(nil, "answer %d", n), i.Note("once", time.Time{}, incident.Stamp{By: ada, At: noon})
		})
		if err != nil {
			t.Error(err)
		}
		answers[n] = string(answer)
	}
	all.Go(func() { ask(0, func() { close(begun); <-gate }) })
	<-begun
	for n := 1; n < len(answers); n++ {
		all.Go(func() { ask(n, func() { t.Error("it ran twice") }) })
	}
	waiting(t, stores[1], 7)
	close(gate)
	all.Wait()
	for _, answer := range answers {
		if answer != "answer 0" {
			t.Errorf("%q", answers)
		}
	}
	if got := notes(t, stores[0], id); len(got) != 1 {
		t.Error(got)
	}
}

// waiting returns when so many sessions on the database wait for a lock.
func waiting(t *testing.T, s *store.Store, sessions int) {
	t.Helper()
	const count = `SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
	until(t, func() bool { return s.Query(t, count) == fmt.Sprint(sessions) })
}

func until(t *testing.T, there func() bool) {
	t.Helper()
	for deadline := time.After(20 * time.Second); !there(); {
		select {
		case <-deadline:
			t.Fatal("it never came to that")
		case <-time.After(time.Millisecond):
		}
	}
}

// Two changes lock two incidents in opposite order: the server ends one of them, and it is run again.
func TestDeadlockIsRunAgain(t *testing.T) {
	stores := replicas(t, 2)
	one, two := declare(t, stores[0]), declare(t, stores[0])
	var all, both sync.WaitGroup
	both.Add(2)
	for n, order := range [][]incident.ID{{one, two}, {two, one}} {
		all.Go(func() {
			met := sync.OnceFunc(func() { both.Done(); both.Wait() })
			_, err := stores[n].Change(context.Background(), incident.Request{At: noon}, func(tx incident.Tx) ([]byte, error) {
				for _, id := range order {
					i, err := tx.Incident(id)
					if err != nil {
						return nil, err
					}
					if err := i.Note("both", time.Time{}, incident.Stamp{By: ada, At: noon}); err != nil {
						return nil, err
					}
					met()
				}
				return nil, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if a, b := notes(t, stores[0], one), notes(t, stores[0], two); len(a) != 2 || len(b) != 2 {
		t.Error(a, b)
	}
}

// A replica that is stopped in the middle of a change loses its locks, and what it did, so soon that a person who waits for
// them is answered in the time that Slack gives.
func TestReplicaStopped(t *testing.T) {
	stores := replicas(t, 2)
	id := declare(t, stores[0])
	begun, gate := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	var runs atomic.Int64
	all.Go(func() {
		_, err := on(stores[0], id, "stopped", func(i *incident.Incident, s incident.Stamp) error {
			if runs.Add(1) == 1 {
				close(begun)
				<-gate
			}
			return i.Note("stopped", time.Time{}, s)
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-begun
	slacks, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
	defer cancel()
	_, err := stores[1].Change(slacks, incident.Request{Key: "other", At: noon}, func(tx incident.Tx) ([]byte, error) {
		i, err := tx.Incident(id)
		if err != nil {
			return nil, err
		}
		return nil, i.Note("other", time.Time{}, incident.Stamp{By: ada, At: noon, Request: "other"})
	})
	if err != nil {
		t.Errorf("who waits for the stopped one: %v", err)
	}
	close(gate)
	all.Wait()
	if got := strings.Join(notes(t, stores[1], id), " "); got != "other stopped" || runs.Load() < 2 {
		t.Errorf("%q after %d runs", got, runs.Load())
	}
}

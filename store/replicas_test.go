package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tocsin/incident"
	"tocsin/store"
	"tocsin/store/storetest"
)

var (
	noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	ada  = incident.Person{Handle: "U1", Name: "Ada"}
)

// replicas opens several stores on one new PostgreSQL database.
func replicas(t *testing.T, n int) []*store.Store {
	t.Helper()
	where := storetest.Cluster(t).Database(t)
	all := make([]*store.Store, n)
	for k := range all {
		all[k] = open(t, where)
	}
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// on changes one incident under a request key.
func on(s *store.Store, id incident.ID, key string, do func(*incident.Incident, incident.Stamp) error) ([]byte, error) {
	r := incident.Request{Key: key, At: noon}
	return s.Change(context.Background(), r, func(t incident.Tx) ([]byte, error) {
		i, err := t.Incident(id)
		if err != nil {
			return nil, err
		}
		return []byte("done"), do(i, incident.Stamp{By: ada, At: noon, Request: key})
	})
}

func note(text string) func(*incident.Incident, incident.Stamp) error {
	return func(i *incident.Incident, s incident.Stamp) error { return i.Note(text, time.Time{}, s) }
}

func declare(t *testing.T, s *store.Store) (id incident.ID) {
	t.Helper()
	_, err := s.Change(t.Context(), incident.Request{At: noon}, func(tx incident.Tx) ([]byte, error) {
		i, err := incident.Declare(incident.Declaration{Title: "checkout is down", Policy: incident.Defaults()}, incident.Stamp{By: ada, At: noon})
		if err != nil {
			return nil, err
		}
		err = tx.Declare(i)
		id = i.ID
		return nil, err
	})
	must(t, err)
	return id
}

// notes are the texts of an incident's notes, in order.
func notes(t *testing.T, s *store.Store, id incident.ID) (texts []string) {
	t.Helper()
	events, _, err := s.Timeline(t.Context(), id, 0, 100_000)
	must(t, err)
	for _, e := range events {
		if e.Kind == incident.EventNote {
			texts = append(texts, e.Text)
		}
	}
	return texts
}

var lanes = []incident.Lane{incident.LaneRoom, incident.LaneWords, incident.LanePeople, incident.LaneSigns, incident.LaneAnnounce, incident.LaneDirect}

// couriers watches what replicas deliver: each effect once, and those of a lane one after the other, in order.
type couriers struct {
	*testing.T
	mu        sync.Mutex
	under     map[string]int64 // effect under way by incident and lane
	last      map[string]int64
	delivered map[int64]int
}

func (c *couriers) begin(e incident.Effect) {
	c.mu.Lock()
	defer c.mu.Unlock()
	lane := fmt.Sprint(e.Incident, e.Lane)
	if other := c.under[lane]; other != 0 {
		c.Errorf("effect %d was claimed while %d of the same lane was under way", e.ID, other)
	}
	if e.ID <= c.last[lane] {
		c.Errorf("effect %d was claimed after %d", e.ID, c.last[lane])
	}
	c.under[lane], c.last[lane] = e.ID, e.ID
	c.delivered[e.ID]++
}

func (c *couriers) end(e incident.Effect) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.under, fmt.Sprint(e.Incident, e.Lane))
}

// deliver claims and finishes until nothing is left and stop is closed.
func (c *couriers) deliver(s *store.Store, stop <-chan struct{}) {
	for {
		stopped := false
		select {
		case <-stop:
			stopped = true
		default:
		}
		effects, err := s.Claim(context.Background(), incident.Claim{At: noon, Lease: time.Minute, Limit: 4, Lanes: lanes})
		if err != nil {
			c.Error(err)
			return
		}
		if stopped && len(effects) == 0 {
			return
		}
		for _, e := range effects {
			c.begin(e)
		}
		for _, e := range effects {
			c.end(e) // before the store knows: from then on the next one may be claimed
			if err := s.Finish(context.Background(), e, incident.Refs{string(e.Kind): "x"}, noon); err != nil {
				c.Errorf("finish the %s: %v", e, err)
			}
		}
	}
}

// Three replicas deliver what two of them cause: each effect once, and in order.
func TestReplicasDeliverOnce(t *testing.T) {
	const incidents, changes = 12, 15
	stores := replicas(t, 3)
	c := &couriers{T: t, under: map[string]int64{}, last: map[string]int64{}, delivered: map[int64]int{}}
	stop := make(chan struct{})
	var working, changing sync.WaitGroup
	for _, s := range stores {
		for range 2 {
			working.Go(func() { c.deliver(s, stop) })
		}
	}
	levels := incident.Defaults()
	for n, s := range stores[:2] {
		changing.Go(func() {
			for range incidents / 2 {
				id := declare(t, s)
				for k := range changes {
					_, err := on(s, id, fmt.Sprint(n, id, k), func(i *incident.Incident, st incident.Stamp) error {
						if k%3 == 0 {
							return i.Update(fmt.Sprint(k), levels.Default(), st)
						}
						return i.SetSeverity(levels.Severities[k%3-1], st) // 0 and 1 in turn
					})
					if err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	changing.Wait()
	close(stop)
	working.Wait()
	for id, times := range c.delivered {
		if times != 1 {
			t.Errorf("effect %d was delivered %d times", id, times)
		}
	}
	if open := stores[0].Query(t, `SELECT count(*)::text FROM effects WHERE done_at IS NULL`); open != "0" {
		t.Errorf("%s effects are left", open)
	}
	if all := stores[0].Query(t, `SELECT count(*)::text FROM effects`); all != fmt.Sprint(len(c.delivered)) {
		t.Errorf("%s effects, %d delivered", all, len(c.delivered))
	}
}

// A replica whose lease is over reports in vain, wherever the effect went meanwhile (F79).
func TestReplicaPastItsLease(t *testing.T) {
	stores := replicas(t, 2)
	id := declare(t, stores[0])
	claim := incident.Claim{At: noon, Lease: time.Minute, Limit: 9, Lanes: lanes}
	stale, err := stores[0].Claim(t.Context(), claim)
	must(t, err)
	n, err := stores[1].Lapse(t.Context(), noon.Add(time.Minute), false)
	must(t, err)
	claim.At = noon.Add(time.Minute)
	fresh, err := stores[1].Claim(t.Context(), claim)
	must(t, err)
	if n != 1 || len(stale) != 1 || len(fresh) != 1 || fresh[0].ID != stale[0].ID || fresh[0].Attempt != 2 {
		t.Fatal(n, stale, fresh)
	}
	if err := stores[0].Finish(t.Context(), stale[0], incident.Refs{incident.RefRoom: "CSTALE"}, noon); !errors.Is(err, incident.ErrFenced) {
		t.Errorf("got %v", err)
	}
	must(t, stores[1].Finish(t.Context(), fresh[0], incident.Refs{incident.RefRoom: "CFRESH"}, noon))
	i, err := stores[0].Incident(t.Context(), id)
	must(t, err)
	if i.Refs[incident.RefRoom] != "CFRESH" {
		t.Error(i.Refs)
	}
}

// Two replicas find the same lapsed lease: one frees it, and the other leaves what is free alone.
func TestReplicasLapse(t *testing.T) {
	stores := replicas(t, 3)
	for range 20 {
		declare(t, stores[0])
	}
	effects, err := stores[0].Claim(t.Context(), incident.Claim{At: noon, Lease: time.Minute, Limit: 99, Lanes: lanes})
	must(t, err)
	var all sync.WaitGroup
	var freed atomic.Int64
	for _, s := range stores {
		all.Go(func() {
			n, err := s.Lapse(context.Background(), noon.Add(time.Minute), false)
			if err != nil {
				t.Error(err)
			}
			freed.Add(int64(n))
		})
	}
	all.Wait()
	if int(freed.Load()) != len(effects) || len(effects) != 20 {
		t.Errorf("%d freed of %d", freed.Load(), len(effects))
	}
	again, err := stores[1].Claim(t.Context(), incident.Claim{At: noon.Add(time.Minute), Lease: time.Minute, Limit: 99, Lanes: lanes})
	must(t, err)
	if len(again) != len(effects) {
		t.Errorf("%d can be claimed again, want %d", len(again), len(effects))
	}
}

// Alarms about the same effects, asked for by all replicas at once, are raised once.
func TestReplicasAlarm(t *testing.T) {
	stores := replicas(t, 3)
	var ids []incident.ID
	for range 10 {
		ids = append(ids, declare(t, stores[0]))
	}
	var all sync.WaitGroup
	var raised atomic.Int64
	for _, s := range stores {
		all.Go(func() {
			late, err := s.Alarm(context.Background(), noon.Add(incident.Deadline), 99)
			if err != nil {
				t.Error(err)
			}
			raised.Add(int64(len(late)))
		})
	}
	all.Wait()
	if raised.Load() != 10 {
		t.Errorf("%d alarms", raised.Load())
	}
	for _, id := range ids {
		events, _, err := stores[0].Timeline(t.Context(), id, 0, 99)
		must(t, err)
		if len(events) != 2 {
			t.Errorf("%s has %d events", id, len(events))
		}
	}
}

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

// A replica that is stopped in the middle of a change loses its locks, and what it did.
func TestReplicaStopped(t *testing.T) {
	stores := replicas(t, 2)
	stores[0].Hurry(200 * time.Millisecond)
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
	_, err := on(stores[1], id, "other", note("other"))
	must(t, err)
	close(gate)
	all.Wait()
	if got := strings.Join(notes(t, stores[1], id), " "); got != "other stopped" || runs.Load() != 2 {
		t.Errorf("%q after %d runs", got, runs.Load())
	}
}

// The server fails again and again under load: what was answered is there, once, and what was not answered is there once
// after it was asked for again (F81).
func TestServerFails(t *testing.T) {
	cluster := storetest.Cluster(t)
	where := cluster.Database(t)
	stores := []*store.Store{open(t, where), open(t, where)}
	id := declare(t, stores[0])
	stop := make(chan struct{})
	var all sync.WaitGroup
	answered := make([]int, 6)
	var answers, failures atomic.Int64
	for w := range answered {
		all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					answered[w] = n
					return
				default:
				}
				text := fmt.Sprintf("%d/%d", w, n)
				for {
					answer, err := on(stores[w%2], id, text, note(text))
					if err == nil && string(answer) == "done" {
						answers.Add(1)
						break
					}
					failures.Add(1)
				}
			}
		})
	}
	for n := range 3 {
		until(t, func() bool { return answers.Load() > int64(100*n+100) })
		cluster.Restart(t)
	}
	close(stop)
	all.Wait()
	times := map[string]int{}
	for _, text := range notes(t, stores[0], id) {
		times[text]++
	}
	total := 0
	for w, n := range answered {
		total += n
		for k := range n {
			if text := fmt.Sprintf("%d/%d", w, k); times[text] != 1 {
				t.Errorf("%s is there %d times", text, times[text])
			}
		}
	}
	if total == 0 || len(times) != total {
		t.Errorf("%d answered, %d kept", total, len(times))
	}
	t.Logf("%d answered, %d failed attempts", total, failures.Load())
}

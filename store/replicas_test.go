package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tocsin/incident"
	"tocsin/store"
	"tocsin/store/storetest"
)

var lanes = incident.Lanes

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
	release := holding(t, stores[0], effects[0].Incident, nil)
	for _, s := range stores {
		all.Go(func() {
			n, err := s.Lapse(context.Background(), noon.Add(time.Minute), false)
			if err != nil {
				t.Error(err)
			}
			freed.Add(int64(n))
		})
	}
	waiting(t, stores[0], 3) // all three have found the same
	release()
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
	release := holding(t, stores[0], ids[0], nil)
	for _, s := range stores {
		all.Go(func() {
			late, err := s.Alarm(context.Background(), noon.Add(incident.Deadline), 99)
			if err != nil {
				t.Error(err)
			}
			raised.Add(int64(len(late)))
		})
	}
	waiting(t, stores[0], 3)
	release()
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

// holding keeps an incident in a change until release is called; then the change does what it is there for.
func holding(t *testing.T, s *store.Store, id incident.ID, do func(*incident.Incident) error) (release func()) {
	t.Helper()
	begun, gate, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		met := sync.OnceFunc(func() { close(begun) })
		_, err := on(s, id, "", func(i *incident.Incident, _ incident.Stamp) error {
			met()
			<-gate
			if do == nil {
				return nil
			}
			return do(i)
		})
		done <- err
	}()
	<-begun
	release = sync.OnceFunc(func() {
		close(gate)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(release)
	return release
}

// One replica gives up on the card while another has something to show on it: the card begins anew, and neither of them
// waits for what the other one holds.
func TestReplicasBuryAndAsk(t *testing.T) {
	cluster := storetest.Cluster(t)
	where := cluster.Database(t)
	stores := []*store.Store{open(t, where), open(t, where)}
	id := declare(t, stores[0])
	claim := func(lane incident.Lane) incident.Effect {
		effects, err := stores[0].Claim(t.Context(), incident.Claim{At: noon, Lease: time.Minute, Limit: 1, Lanes: []incident.Lane{lane}})
		must(t, err)
		if len(effects) != 1 {
			t.Fatal("nothing to claim")
		}
		return effects[0]
	}
	must(t, stores[0].Finish(t.Context(), claim(incident.LaneRoom), nil, noon))
	card := claim(incident.LaneRoom)
	release := holding(t, stores[0], id, func(i *incident.Incident) error {
		return i.SetStatus(incident.Identified, incident.Stamp{By: ada, At: noon})
	})
	buried := make(chan error, 1)
	go func() { buried <- stores[1].Bury(context.Background(), card, "not allowed", noon) }()
	waiting(t, stores[0], 1)
	release()
	must(t, <-buried)
	if again := claim(incident.LaneRoom); again.ID != card.ID || again.Attempt != 2 {
		t.Errorf("got %+v", again)
	}
	for _, s := range stores {
		must(t, s.Close()) // a session counts at the latest when it ends
	}
	if n := cluster.Deadlocks(t, where); n != "0" {
		t.Errorf("%s deadlocks", n)
	}
}

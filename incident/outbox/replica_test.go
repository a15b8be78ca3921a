package outbox_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/incident"
	"tocsin/incident/outbox"
)

// second starts another outbox on the same store, which nobody wakes, with a courier of its own.
func (w *world) second(do func(context.Context, incident.Effect) (incident.Refs, error)) *world {
	other := newWorld(w.t)
	other.start, other.store, other.Store, other.Wake, other.Single, other.Lease = w.start, w.store, w.store, nil, false, w.Lease
	other.do = do
	other.run()
	return other
}

// Nobody tells a replica of what another has stored: it looks by itself.
func TestAReplicaLooksEachSecond(t *testing.T) {
	story(t, func(w *world) {
		w.Single, w.Wake = false, nil
		w.run()
		w.pass(time.Hour)
		w.owe(1, incident.EffectCard)
		w.pass(time.Second)
		w.expect("card of INC-1 #1 at 1h0m1s") // its looks fall on whole seconds
		if !w.row(0).done {
			t.Error("not done")
		}
	})
}

func TestReplicasShareTheWork(t *testing.T) {
	story(t, func(w *world) {
		w.Single = false
		w.when(takes(200 * time.Millisecond))
		w.run()
		other := w.second(takes(200 * time.Millisecond))
		for id := range incident.ID(200) {
			w.owe(id+1, incident.EffectRoom, incident.EffectCard)
		}
		w.pass(time.Minute)
		for n := range 400 {
			if r := w.row(n); !r.done || r.Attempt != 1 {
				t.Fatalf("%s: done %t at attempt %d", r, r.done, r.Attempt)
			}
		}
		if len(w.calls) == 0 || len(other.calls) == 0 || len(w.calls)+len(other.calls) != 400 {
			t.Errorf("one made %d calls and the other %d", len(w.calls), len(other.calls))
		}
		other.end()
	})
}

// A delivery may call until a third of its lease is over: what it has begun by then lands before anybody else looks.
func TestTheTimeForCalls(t *testing.T) {
	for _, c := range []struct{ lease, want time.Duration }{
		{0, 10 * time.Second}, {time.Minute, 10 * time.Second}, {6 * time.Second, 2 * time.Second},
	} {
		story(t, func(w *world) {
			w.Lease = c.lease
			var ended, until time.Duration
			w.when(func(ctx context.Context, e incident.Effect) (incident.Refs, error) {
				until = e.Until.Sub(w.start)
				<-ctx.Done()
				ended = w.Now().Sub(w.start)
				w.when(nil)
				return nil, ctx.Err()
			})
			w.run()
			w.owe(1, incident.EffectCard)
			w.pass(time.Minute)
			if until != c.want || ended != c.want {
				t.Errorf("lease %s: may call until %s, was ended at %s, want %s", c.lease, until, ended, c.want)
			}
		})
	}
}

// slow is a store whose answer to a claim takes its time.
type slow struct{ *memory }

func (s slow) Claim(ctx context.Context, c incident.Claim) ([]incident.Effect, error) {
	effects, err := s.memory.Claim(ctx, c)
	time.Sleep(7 * time.Second)
	return effects, err
}

// The store counts a lease from when it is asked for; a replica that was paused before it heard the answer must know.
func TestALeaseCountsFromTheQuestion(t *testing.T) {
	story(t, func(w *world) {
		var until time.Duration
		w.Store = slow{w.store}
		delete(w.Couriers, incident.LaneRoom)
		for _, lane := range []incident.Lane{incident.LanePeople, incident.LaneSigns, incident.LaneAnnounce} {
			delete(w.Couriers, lane) // one destination, one question
		}
		w.when(func(_ context.Context, e incident.Effect) (incident.Refs, error) {
			until = e.Until.Sub(w.Now())
			return nil, nil
		})
		w.owe(1, incident.EffectTell)
		w.run()
		w.pass(time.Minute)
		if until != 3*time.Second {
			t.Errorf("when it hears of it there are %s left, want 3s", until)
		}
	})
}

// A replica that is stopped past its lease wakes up in the middle of a delivery. What it was about to do, another has
// done; it must not, and its result counts for nothing.
func TestF79PausedPastTheLease(t *testing.T) {
	story(t, func(w *world) {
		w.Single, w.Lease = false, 6*time.Second
		sent := 0
		w.when(func(_ context.Context, e incident.Effect) (incident.Refs, error) {
			time.Sleep(30 * time.Second) // stopped; its context has ended, and it is woken here, right before its call
			if w.Now().Before(e.Until) && e.Kind == incident.EffectCard {
				sent++
			}
			return incident.Refs{"who": "first"}, nil
		})
		w.run()
		w.owe(1, incident.EffectCard)
		other := w.second(func(_ context.Context, e incident.Effect) (incident.Refs, error) {
			if e.Kind == incident.EffectCard { // and not what tells people that it is late
				sent++
			}
			return incident.Refs{"who": "second"}, nil
		})
		w.pass(time.Minute)
		if sent != 1 || w.ref(1, "who") != "second" || !w.row(0).done {
			t.Errorf("sent %d times, recorded is the %s's, done %t", sent, w.ref(1, "who"), w.row(0).done)
		}
		other.end()
	})
}

// What was refused for sure need not be looked for; what anything else has become of, must.
func TestWhatIsKnownToBeClean(t *testing.T) {
	story(t, func(w *world) {
		var clean []bool
		replies := []error{
			&incident.Setback{Clean: true, Err: errNo},
			&incident.Setback{Clean: true, Err: errNo},
			&incident.Setback{Err: errNo},
			&incident.Setback{Clean: true, Err: errNo}, // it has looked
			&incident.Setback{Clean: true, Err: errNo}, // and before the next, another replica tries
		}
		w.when(func(_ context.Context, e incident.Effect) (incident.Refs, error) {
			clean = append(clean, e.Clean)
			if len(clean) == len(replies) {
				w.store.mu.Lock()
				defer w.store.mu.Unlock()
				time.AfterFunc(time.Second/2, func() { w.store.mu.Lock(); defer w.store.mu.Unlock(); w.store.rows[0].Attempt++ })
			}
			if len(clean) > len(replies) {
				return nil, nil
			}
			return nil, replies[len(clean)-1]
		})
		w.run()
		w.owe(1, incident.EffectTell)
		w.pass(5 * time.Minute)
		if want := []bool{false, true, true, false, true, false}; !slices.Equal(clean, want) {
			t.Errorf("clean: %v, want %v", clean, want)
		}
	})
}

// When a destination is back, whoever sums the outage up hears of it before anything else is sent there.
func TestWhoIsToldOfARecovery(t *testing.T) {
	story(t, func(w *world) {
		w.down(time.Hour, 0)
		var was []outbox.Circuit
		w.Recovered = func(_ context.Context, c outbox.Circuit) error {
			was = append(was, c)
			w.mu.Lock()
			defer w.mu.Unlock()
			w.calls = append(w.calls, "recovered")
			return nil
		}
		w.run()
		for id := range incident.ID(5) {
			w.owe(id+1, incident.EffectCard)
		}
		w.pass(59 * time.Minute)
		w.forget()
		w.pass(5 * time.Minute)
		if len(was) != 1 || was[0].Since != w.start || was[0].Err != errNobody.Error() {
			t.Fatalf("told of %+v", was)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		at := slices.Index(w.calls, "recovered")
		if after := w.calls[at+1:]; len(after) < 4 {
			t.Errorf("before it was told, others were sent: %q", w.calls)
		}
	})
}

// Whoever sums up cannot record it at first: they are told again, also by the next trial, and nothing is sent before.
func TestARecoveryThatCannotBeRecordedIsToldAgain(t *testing.T) {
	story(t, func(w *world) {
		w.down(20*time.Minute, 0)
		var told []time.Duration
		w.Recovered = func(_ context.Context, c outbox.Circuit) error {
			told = append(told, w.Now().Sub(w.start))
			if c.Since != w.start {
				t.Errorf("told of an outage since %s", c.Since)
			}
			if len(told) < 8 { // for longer than one trial
				return errNo
			}
			return nil
		}
		w.run()
		for id := range incident.ID(5) {
			w.owe(id+1, incident.EffectCard)
		}
		w.pass(20 * time.Minute)
		w.forget()
		w.pass(2 * time.Minute)
		if len(told) != 8 || w.circuit("slack").Open {
			t.Fatalf("told at %s, the circuit is %+v", told, w.circuit("slack"))
		}
		for n := range 5 {
			if !w.row(n).done {
				t.Errorf("%s is not done", w.row(n))
			}
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.calls) != 5 {
			t.Errorf("delivered %q", w.calls)
		}
	})
}

// An effect for which nobody had to be asked does not show that somebody is there.
func TestWhoAsksNobodyClosesNothing(t *testing.T) {
	story(t, func(w *world) {
		recovered := 0
		w.Recovered = func(context.Context, outbox.Circuit) error { recovered++; return nil }
		w.when(func(_ context.Context, e incident.Effect) (incident.Refs, error) {
			switch {
			case e.Kind == incident.EffectCard:
				return nil, down(errNobody, 0)
			case e.Kind == incident.EffectPin && e.Attempt == 1:
				return nil, &incident.Unasked{Err: errNo}
			}
			return incident.Refs{"learned": "much"}, &incident.Unasked{}
		})
		w.run()
		w.owe(1, incident.EffectCard)
		for id := range incident.ID(9) {
			w.owe(id+2, incident.EffectTopic, incident.EffectPin)
		}
		w.pass(20 * time.Minute)
		if c := w.circuit("slack"); !c.Open || c.Since != w.start || recovered != 0 {
			t.Errorf("the circuit is %+v, and recovered %d times", c, recovered)
		}
		if !w.row(1).done || !w.row(2).done || w.row(2).refusals != 1 || w.ref(2, "learned") != "much" {
			t.Error("what asked nobody is not done, or what it learned is lost")
		}
	})
}

// lines keeps the attributes of what is logged about effects.
type lines struct {
	slog.Handler
	mu   sync.Mutex
	list []map[string]string
}

func (l *lines) Enabled(context.Context, slog.Level) bool { return true }
func (l *lines) Handle(_ context.Context, r slog.Record) error {
	line := map[string]string{"": r.Level.String() + " " + r.Message}
	r.Attrs(func(a slog.Attr) bool { line[a.Key] = a.Value.String(); return true })
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, about := line["effect"]; about {
		l.list = append(l.list, line)
	}
	return nil
}

// One id leads from what came in to what went out.
func TestEachLineNamesItsRequest(t *testing.T) {
	story(t, func(w *world) {
		log := &lines{}
		w.Log = slog.New(log)
		w.when(func(_ context.Context, e incident.Effect) (incident.Refs, error) {
			return nil, map[int]error{1: busy(0), 2: errNo, 3: nil}[e.Attempt]
		})
		w.run()
		w.store.add(w.start, incident.Effect{Incident: 7, Lane: incident.LaneRoom, Kind: incident.EffectCard, Request: "command:1.2"})
		synctest.Wait()
		w.pass(time.Minute)
		want := []string{"WARN an effect has to wait", "WARN an effect was refused", "DEBUG an effect is delivered"}
		if len(log.list) != len(want) {
			t.Fatalf("logged %v", log.list)
		}
		for n, line := range log.list {
			if line[""] != want[n] || line["request"] != "command:1.2" || line["effect"] != "card of INC-7" || line["id"] != "1" {
				t.Errorf("logged %v, want %q", line, want[n])
			}
		}
	})
}

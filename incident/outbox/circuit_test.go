package outbox_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"tocsin/incident"
	"tocsin/incident/outbox"
)

// down makes slack silent until an instant after the start; mail works on.
func (w *world) down(until, after time.Duration) {
	w.when(func(_ context.Context, e incident.Effect) (incident.Refs, error) {
		if e.Lane != incident.LaneDirect && w.Now().Sub(w.start) < until {
			return nil, down(errNobody, after)
		}
		return nil, nil
	})
}

// While a destination is down one effect at a time tries it, on the ladder; when it answers everything goes at once.
func TestACircuitOpensAndCloses(t *testing.T) {
	story(t, func(w *world) {
		w.down(6*time.Second, 0)
		w.run()
		w.owe(1, incident.EffectCard)
		if c := w.circuit("slack"); !c.Open || c.Since != w.start || c.Until != w.start.Add(time.Second) || c.Err != errNobody.Error() {
			t.Errorf("the circuit is %+v", c)
		}
		w.owe(2, incident.EffectCard)
		w.owe(3, incident.EffectCard)
		w.owe(1, incident.EffectTell)
		w.expect("card of INC-1 #1 at 0s", "tell of INC-1 #1 at 0s")
		w.pass(6 * time.Second)
		w.expect("card of INC-1 #2 at 1s", "card of INC-2 #1 at 3s")
		w.pass(1050 * time.Millisecond)
		w.expect("card of INC-1 #3 at 7s", "card of INC-3 #1 at 7s", "card of INC-2 #2 at 7.05s") // INC-2 steps aside
		if c := w.circuit("slack"); c != (outbox.Circuit{Destination: "slack"}) {
			t.Errorf("the circuit is %+v, want it closed", c)
		}
		for n := range 4 {
			if r := w.row(n); r.refusals != 0 {
				t.Errorf("%s was blamed", r)
			}
		}
		if w.logged("WARN a destination does not answer") != 1 || w.logged("INFO a destination answers again") != 1 {
			t.Errorf("an outage is not logged once at each end:\n%s", strings.Join(w.lines, "\n"))
		}
	})
}

// The ladder ends at a minute, and stays there for days.
func TestACircuitNeverGivesUp(t *testing.T) {
	story(t, func(w *world) {
		w.down(48*time.Hour, 0)
		w.run()
		w.owe(1, incident.EffectCard)
		w.pass(48*time.Hour + 2*time.Minute)
		r := w.row(0)
		if !r.done || r.refusals != 0 {
			t.Fatalf("done %t, refusals %d after two days", r.done, r.refusals)
		}
		if r.Attempt < 48*58 || r.Attempt > 48*60+10 {
			t.Errorf("%d attempts in two days, want about one a minute", r.Attempt)
		}
	})
}

// Sixteen that fail together are one failure, not sixteen rungs of the ladder.
func TestThoseUnderWayCountOnce(t *testing.T) {
	story(t, func(w *world) {
		w.when(func(context.Context, incident.Effect) (incident.Refs, error) {
			time.Sleep(100 * time.Millisecond)
			return nil, down(errNobody, 0)
		})
		w.run()
		for id := range incident.ID(16) {
			w.owe(id+1, incident.EffectCard)
		}
		w.pass(200 * time.Millisecond)
		if c := w.circuit("slack"); c.Until.Sub(w.start) != 1100*time.Millisecond {
			t.Errorf("tried next after %s", c.Until.Sub(w.start))
		}
		w.forget()
		w.pass(time.Second)
		w.expect("card of INC-1 #2 at 1.1s")
	})
}

// Whoever was under way when it opened does not lengthen it, but for what the destination told them.
func TestThoseUnderWayPassOnWhatTheyWereTold(t *testing.T) {
	story(t, func(w *world) {
		w.when(func(_ context.Context, e incident.Effect) (incident.Refs, error) {
			if e.Incident == 2 {
				time.Sleep(100 * time.Millisecond)
				return nil, down(errNobody, 30*time.Second)
			}
			return nil, down(errNobody, 0)
		})
		w.run()
		w.owe(2, incident.EffectCard)
		w.owe(1, incident.EffectCard)
		w.pass(200 * time.Millisecond)
		if c := w.circuit("slack"); c.Until.Sub(w.start) != 30*time.Second+100*time.Millisecond {
			t.Errorf("tried next after %s", c.Until.Sub(w.start))
		}
	})
}

// A circuit is tried at its time, also while the due times of what waits behind it say nothing.
func TestACircuitIsTriedOnTime(t *testing.T) {
	story(t, func(w *world) {
		w.Jitter = func() float64 { return 0 }
		w.down(time.Millisecond, 0)
		w.run()
		w.owe(1, incident.EffectCard)
		w.owe(2, incident.EffectCard)
		w.pass(2 * time.Second)
		w.expect("card of INC-1 #1 at 0s", "card of INC-1 #2 at 800ms", "card of INC-2 #1 at 800ms")
	})
}

// A success that was begun before the circuit opened proves nothing about now.
func TestALateSuccessDoesNotClose(t *testing.T) {
	story(t, func(w *world) {
		w.when(func(_ context.Context, e incident.Effect) (incident.Refs, error) {
			if e.Incident == 1 {
				time.Sleep(500 * time.Millisecond)
				return nil, nil
			}
			return nil, down(errNobody, 0)
		})
		w.run()
		w.owe(1, incident.EffectCard)
		w.owe(2, incident.EffectCard)
		w.pass(600 * time.Millisecond)
		if !w.circuit("slack").Open || !w.row(0).done {
			t.Error("want the effect done, and the circuit open nevertheless")
		}
	})
}

// Any answer closes the circuit: who refuses is there.
func TestARefusalClosesTheCircuit(t *testing.T) {
	story(t, func(w *world) {
		w.when(func(_ context.Context, e incident.Effect) (incident.Refs, error) {
			switch e.Attempt {
			case 1:
				return nil, down(errNobody, 0)
			case 2:
				return nil, errNo
			}
			return nil, nil
		})
		w.run()
		w.owe(1, incident.EffectCard)
		w.pass(time.Second)
		if w.circuit("slack").Open {
			t.Error("still open after an answer")
		}
		w.pass(time.Second)
		w.expect("card of INC-1 #1 at 0s", "card of INC-1 #2 at 1s", "card of INC-1 #3 at 2s")
	})
}

func TestTheDestinationSaysHowLong(t *testing.T) {
	for _, c := range []struct {
		name        string
		after, want time.Duration
	}{
		{"wins over the ladder", 30 * time.Second, 30 * time.Second},
		{"at least a second", time.Millisecond, time.Second},
		{"junk is capped", 1000 * time.Hour, 10 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			story(t, func(w *world) {
				w.down(time.Millisecond, c.after)
				w.run()
				w.owe(1, incident.EffectCard)
				if got := w.circuit("slack").Until.Sub(w.start); got != c.want {
					t.Errorf("waits %s, want %s", got, c.want)
				}
				w.pass(c.want)
				if !w.row(0).done {
					t.Error("not tried at that time")
				}
			})
		})
	}
}

// The ladder spreads by a fifth to either side.
func TestTheLadderSpreads(t *testing.T) {
	for jitter, want := range map[float64]time.Duration{0: 800 * time.Millisecond, 0.5: time.Second, 1: 1200 * time.Millisecond} {
		story(t, func(w *world) {
			w.Jitter = func() float64 { return jitter }
			w.down(time.Hour, 0)
			w.run()
			w.owe(1, incident.EffectCard)
			if got := w.circuit("slack").Until.Sub(w.start); (got - want).Abs() > time.Microsecond {
				t.Errorf("jitter %g: waits %s, want %s", jitter, got, want)
			}
		})
	}
}

// One effect at which the destination always chokes does not keep the others from it.
func TestOneThatChokesTheDestinationStepsAside(t *testing.T) {
	story(t, func(w *world) {
		w.when(func(_ context.Context, e incident.Effect) (incident.Refs, error) {
			if e.Incident == 1 {
				return nil, down(errNobody, 0)
			}
			return nil, nil
		})
		w.run()
		w.owe(1, incident.EffectCard)
		w.owe(2, incident.EffectCard, incident.EffectPin)
		w.owe(3, incident.EffectCard)
		w.pass(4 * time.Second)
		for n := range 3 {
			if r := w.row(n + 1); !r.done {
				t.Errorf("%s waits behind the one that chokes", r)
			}
		}
	})
}

// Silence is the destination's fault, whatever the courier calls it.
func TestATimeOutIsDown(t *testing.T) {
	story(t, func(w *world) {
		w.when(takes(time.Hour))
		w.run()
		w.owe(1, incident.EffectCard)
		w.pass(10 * time.Second)
		if r := w.row(0); !w.circuit("slack").Open || r.refusals != 0 {
			t.Errorf("open %t, refusals %d", w.circuit("slack").Open, r.refusals)
		}
	})
}

// A circuit with nothing left to try, because others have delivered what waited, does not stay open until something comes by.
func TestACircuitThatNothingTriesClosesByItself(t *testing.T) {
	story(t, func(w *world) {
		var was []outbox.Circuit
		w.Recovered = func(_ context.Context, c outbox.Circuit) error { was = append(was, c); return nil }
		w.down(20*time.Minute, 0)
		w.Single = false
		w.run()
		w.owe(1, incident.EffectCard)
		w.pass(15 * time.Minute)
		if c := w.circuit("slack"); !c.Open || c.Since != w.start {
			t.Fatalf("while it waits the circuit is %+v", c)
		}
		w.othersDeliver()
		w.pass(4 * time.Minute)
		if c := w.circuit("slack"); c != (outbox.Circuit{Destination: "slack"}) {
			t.Errorf("with nothing to try the circuit is %+v", c)
		}
		w.owe(2, incident.EffectCard)
		if c := w.circuit("slack"); !c.Open || c.Since != w.start.Add(19*time.Minute) {
			t.Errorf("what fails later is news, and the circuit is %+v", c)
		}
		w.othersDeliver()
		w.pass(5 * time.Hour)
		w.forget()
		w.owe(3, incident.EffectCard)
		w.expect("card of INC-3 #1 at 5h19m0s")
		if len(was) != 0 {
			t.Errorf("told of an outage that nobody knows the end of: %+v", was)
		}
	})
}

// othersDeliver is what other replicas do: all that is owed is delivered.
func (w *world) othersDeliver() {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	for _, r := range w.store.rows {
		r.done = true
	}
}

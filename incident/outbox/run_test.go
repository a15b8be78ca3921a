package outbox_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/incident"
)

var errFull = errors.New("database or disk is full")

// drained tells whether Drain comes back within a time.
func (w *world) drained(within time.Duration) error {
	ctx, cancel := context.WithTimeout(w.t.Context(), within)
	defer cancel()
	return w.Drain(ctx)
}

func TestDrainWaitsForWhatIsDueAndUnderWay(t *testing.T) {
	story(t, func(w *world) {
		w.when(takes(2 * time.Second))
		w.run()
		w.owe(1, incident.EffectRoom, incident.EffectCard, incident.EffectPin)
		if err := w.drained(time.Minute); err != nil {
			t.Fatal(err)
		}
		if took := w.Now().Sub(w.start); took != 6*time.Second || !w.row(2).done {
			t.Errorf("came back after %s, want 6s and all done", took)
		}
	})
}

func TestDrainDoesNotWaitForLater(t *testing.T) {
	for name, err := range map[string]error{"a circuit": down(errNobody, 0), "a rate limit": busy(time.Hour), "a refusal": errNo} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				w.when(always(err))
				w.run()
				w.owe(1, incident.EffectCard, incident.EffectPin)
				if err := w.drained(time.Minute); err != nil || w.Now() != w.start {
					t.Errorf("%v after %s", err, w.Now().Sub(w.start))
				}
			})
		})
	}
}

func TestDrainGivesUp(t *testing.T) {
	story(t, func(w *world) {
		w.when(takes(8 * time.Second))
		w.run()
		w.owe(1, incident.EffectCard)
		if err := w.drained(time.Second); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("its context has ended, and it says %v", err)
		}
		time.AfterFunc(time.Second, w.cancel)
		if err := w.drained(time.Minute); err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the outbox has stopped, and it says %v", err)
		}
	})
}

// The end lets deliveries finish, and begins nothing new.
func TestTheEndLetsDeliveriesFinish(t *testing.T) {
	story(t, func(w *world) {
		w.when(takes(5 * time.Second))
		w.run()
		w.owe(1, incident.EffectRoom, incident.EffectCard)
		w.pass(time.Second)
		w.end()
		if took := w.Now().Sub(w.start); took != 5*time.Second || !w.row(0).done {
			t.Errorf("ended after %s, done %t", took, w.row(0).done)
		}
		w.ran <- nil
		w.expect("room of INC-1 #1 at 0s")
	})
}

// What does not finish within the grace is handed back, so that the next run takes it up once its call has landed.
func TestTheEndHandsBackWhatHangs(t *testing.T) {
	story(t, func(w *world) {
		w.when(func(context.Context, incident.Effect) (incident.Refs, error) {
			time.Sleep(time.Minute) // deaf to its context
			return nil, errNo
		})
		w.run()
		w.owe(1, incident.EffectCard)
		w.pass(time.Second)
		w.end()
		r := w.row(0)
		if took := w.Now().Sub(w.start); took != 7*time.Second || !r.lease.IsZero() || !r.due.Equal(w.Now().Add(incident.Flight)) || r.done {
			t.Errorf("ended after %s, leased until %s", took, r.lease)
		}
		w.ran <- nil
		w.pass(time.Minute)
		if w.row(0).refusals != 0 || w.circuit("slack").Open {
			t.Error("what the end cut off has been recorded")
		}
	})
}

// A claim that comes back after the end is handed back without a delivery.
func TestAClaimAtTheEndIsHandedBack(t *testing.T) {
	story(t, func(w *world) {
		w.store.fail = func(what string) error {
			if what == "claim" && len(w.store.rows) > 0 {
				w.cancel()
			}
			return nil
		}
		w.run()
		w.store.add(w.start, incident.Effect{Incident: 1, Lane: incident.LaneRoom}, incident.Effect{Incident: 1, Lane: incident.LaneDirect})
		synctest.Wait()
		w.end()
		if w.Now() != w.start {
			t.Errorf("ended after %s, though nothing was begun", w.Now().Sub(w.start))
		}
		one, other := w.row(0), w.row(1) // whichever destination was asked for first
		if one.Attempt+other.Attempt != 1 || !one.lease.IsZero() || !other.lease.IsZero() {
			t.Errorf("attempts %d and %d, leased until %s and %s", one.Attempt, other.Attempt, one.lease, other.lease)
		}
		w.ran <- nil
		w.expect()
	})
}

// A claim is a write, which answers wait for: none is made while nothing is due, however often the queue is looked at.
func TestNothingIsClaimedWhileNothingIsDue(t *testing.T) {
	story(t, func(w *world) {
		w.Single = false // it looks each second
		w.when(always(busy(time.Minute)))
		w.run()
		w.pass(10 * time.Second)
		if n := w.asked("claim"); n != 0 {
			t.Errorf("claimed %d times from an empty queue", n)
		}
		w.owe(1, incident.EffectTell)
		before := w.asked("claim")
		w.pass(50 * time.Second)
		if n := w.asked("claim"); n != before || before == 0 || before > 4 {
			t.Errorf("claimed %d times, then %d while it was put off", before, n)
		}
	})
}

// A store that fails is logged when it begins, lasts and ends, and is asked on the ladder.
func TestAStoreThatFailsIsNotHammered(t *testing.T) {
	story(t, func(w *world) {
		w.errors = 1
		w.when(takes(100 * time.Millisecond)) // long enough for the alarm to come first
		w.store.fail = func(what string) error {
			if what == "claim" && w.Now().Sub(w.start) < time.Minute {
				return errFull
			}
			return nil
		}
		w.run()
		w.owe(1, incident.EffectCard)
		w.pass(59 * time.Second)
		if n := w.asked("claim"); n > 12 {
			t.Errorf("asked %d times in a minute", n)
		}
		w.pass(time.Minute)
		w.expect("card of INC-1 #1 at 1m3s", "tell of INC-1 #1 at 1m3s") // with an alarm: a minute is late
		for _, line := range []string{"WARN the store fails", "ERROR the store still fails", "INFO the store works again"} {
			if n := w.logged(line); n != 1 {
				t.Errorf("%d times %q:\n%s", n, line, strings.Join(w.lines, "\n"))
			}
		}
	})
}

// A result that cannot be recorded at once is recorded later, without a second delivery.
func TestAResultSurvivesAStumblingStore(t *testing.T) {
	story(t, func(w *world) {
		w.store.fail = func(what string) error {
			if what == "finish" && w.Now().Sub(w.start) < 5*time.Second {
				return errFull
			}
			return nil
		}
		w.run()
		w.owe(1, incident.EffectCard)
		w.pass(20 * time.Second)
		w.expect("card of INC-1 #1 at 0s")
		if !w.row(0).done {
			t.Error("not recorded")
		}
	})
}

// When the lease ends before the store recovers, the effect is looked up: delivered again, as an attempt above 1.
func TestAResultThatIsLostIsLookedUp(t *testing.T) {
	story(t, func(w *world) {
		w.errors = 1
		w.store.fail = func(what string) error {
			if what == "finish" && w.Now().Sub(w.start) < 90*time.Second {
				return errFull
			}
			return nil
		}
		w.run()
		w.owe(1, incident.EffectTell)
		w.pass(5 * time.Minute)
		if r := w.row(0); !r.done || r.Attempt != 2 {
			t.Errorf("done %t at attempt %d, want the second", r.done, r.Attempt)
		}
		if n := w.logged("WARN a result could not be recorded in time"); n != 1 || w.logged("DEBUG a late result") != 0 {
			t.Errorf("the first result is given up %d times, want once and before it is fenced", n)
		}
	})
}

// An outbox may be run again; nothing of the first run stands in the way of the second.
func TestRunAgain(t *testing.T) {
	story(t, func(w *world) {
		w.run()
		w.end()
		w.owe(1, incident.EffectCard)
		w.expect()
		w.run()
		synctest.Wait()
		w.expect("card of INC-1 #1 at 0s")
	})
}

package outbox_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/incident"
)

// The room comes first; then every lane goes side by side, each in its own order.
func TestLanesGoSideBySideAndInOrder(t *testing.T) {
	story(t, func(w *world) {
		w.when(takes(100 * time.Millisecond))
		w.run()
		w.owe(1, incident.EffectRoom, incident.EffectCard, incident.EffectPin, incident.EffectInvite, incident.EffectTopic)
		w.pass(time.Second)
		w.expect(
			"room of INC-1 #1 at 0s",
			"card of INC-1 #1 at 100ms", "invite of INC-1 #1 at 100ms", "topic of INC-1 #1 at 100ms",
			"pin of INC-1 #1 at 200ms",
		)
	})
}

func TestWhatIsLearnedIsKept(t *testing.T) {
	story(t, func(w *world) {
		w.when(func(context.Context, incident.Effect) (incident.Refs, error) {
			return incident.Refs{incident.RefRoom: "C1"}, nil
		})
		w.run()
		w.owe(1, incident.EffectRoom)
		if got := w.ref(1, incident.RefRoom); got != "C1" {
			t.Errorf("the room is %q", got)
		}
	})
}

func TestTwelveRefusalsBuryAndTheLaneGoesOn(t *testing.T) {
	story(t, func(w *world) {
		w.errors = 1
		w.when(func(_ context.Context, e incident.Effect) (incident.Refs, error) {
			if e.Kind == incident.EffectCard {
				return nil, errNo
			}
			return nil, nil
		})
		w.run()
		w.owe(1, incident.EffectCard)
		w.pass(6 * time.Minute)
		w.owe(1, incident.EffectPin) // so late that it has no alarm of its own
		w.pass(time.Hour)
		w.expect(
			"card of INC-1 #1 at 0s", "card of INC-1 #2 at 1s", "card of INC-1 #3 at 3s", "card of INC-1 #4 at 7s",
			"card of INC-1 #5 at 15s", "card of INC-1 #6 at 31s", "card of INC-1 #7 at 1m3s", "card of INC-1 #8 at 2m3s",
			"card of INC-1 #9 at 3m3s", "card of INC-1 #10 at 4m3s", "card of INC-1 #11 at 5m3s", "card of INC-1 #12 at 6m3s",
			"pin of INC-1 #1 at 6m3s",
			"tell of INC-1 #1 at 30s", // the alarm
		)
		if got := w.events(); got != "late card of INC-1: invalid_arguments, buried card of INC-1" {
			t.Errorf("the timeline says %q", got)
		}
		if w.circuit("slack").Open {
			t.Error("a refusal has opened the circuit")
		}
		if n := w.logged("WARN an effect was refused"); n != 11 {
			t.Errorf("%d refusals logged, want 11", n)
		}
	})
}

// The refusals of an earlier run count: what has been refused eleven times before gets one try to learn that, not twelve.
func TestRefusalsAreRememberedByTheStore(t *testing.T) {
	story(t, func(w *world) {
		w.errors = 1
		w.when(always(errNo))
		w.owe(1, incident.EffectCard)
		w.store.rows[0].refusals = 11
		w.run()
		w.pass(time.Minute)
		w.expect("card of INC-1 #1 at 0s", "card of INC-1 #2 at 1s")
		if !w.row(0).buried {
			t.Error("not buried")
		}
	})
}

// Busy blames nobody: only the lane of this incident waits, and it may say how long.
func TestBusyWaitsAloneAndCountsForNothing(t *testing.T) {
	story(t, func(w *world) {
		w.when(func(_ context.Context, e incident.Effect) (incident.Refs, error) {
			if e.Incident == 1 && e.Attempt <= 20 {
				return nil, busy(30 * time.Second)
			}
			return nil, nil
		})
		w.run()
		w.owe(1, incident.EffectCard)
		w.owe(2, incident.EffectCard)
		w.expect("card of INC-1 #1 at 0s", "card of INC-2 #1 at 0s")
		if w.circuit("slack").Open {
			t.Error("a rate limit has opened the circuit")
		}
		w.pass(20 * 30 * time.Second)
		if r := w.row(0); !r.done || r.refusals != 0 || r.Attempt != 21 {
			t.Errorf("done %t, refusals %d, attempts %d; want it done at the 21st, without refusals", r.done, r.refusals, r.Attempt)
		}
	})
}

func TestHowLongBusyWaits(t *testing.T) {
	for _, c := range []struct {
		name        string
		after, want time.Duration
		jitter      float64
	}{
		{"as told", 30 * time.Second, 30 * time.Second, 0},
		{"too short", time.Millisecond, time.Second, 0},
		{"nothing", 0, 1200 * time.Millisecond, 1},
		{"nothing, and never below a second", 0, time.Second, 0},
		{"negative", -time.Hour, time.Second, 0},
		{"junk", 9000 * time.Hour, 10 * time.Minute, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			story(t, func(w *world) {
				w.Jitter = func() float64 { return c.jitter }
				w.when(always(busy(c.after)))
				w.run()
				w.owe(1, incident.EffectCard)
				if got := w.row(0).due.Sub(w.start); (got - c.want).Abs() > time.Microsecond {
					t.Errorf("waits %s, want %s", got, c.want)
				}
			})
		})
	}
}

func TestAPanicRefusesTheEffectOnly(t *testing.T) {
	story(t, func(w *world) {
		w.errors = 1
		w.when(func(_ context.Context, e incident.Effect) (incident.Refs, error) {
			if e.Incident == 1 && e.Attempt == 1 {
				panic("no such thing")
			}
			return nil, nil
		})
		w.run()
		w.owe(1, incident.EffectCard)
		w.owe(2, incident.EffectCard)
		w.pass(time.Second)
		w.expect("card of INC-1 #1 at 0s", "card of INC-2 #1 at 0s", "card of INC-1 #2 at 1s")
		if r := w.row(0); r.refusals != 1 {
			t.Errorf("%d refusals, want 1", r.refusals)
		}
	})
}

// A destination that hangs fills its own workers only.
func TestWorkersAreBoundedPerDestination(t *testing.T) {
	story(t, func(w *world) {
		w.when(takes(5 * time.Second))
		w.run()
		for id := range incident.ID(40) {
			w.owe(id+1, incident.EffectCard)
		}
		if _, most := w.side(); most != 16 {
			t.Errorf("%d side by side, want 16", most)
		}
		w.owe(1, incident.EffectTell)
		if _, most := w.side(); most != 17 {
			t.Error("a full pool of one destination keeps another waiting")
		}
		w.pass(15 * time.Second)
		for n := range 41 {
			if r := w.row(n); !r.done {
				t.Errorf("%s is not done in three rounds", r)
			}
		}
	})
}

// A delivery that outlives its lease is given to another; what it reports then is dropped.
func TestALapsedLeaseIsFenced(t *testing.T) {
	story(t, func(w *world) {
		w.when(func(_ context.Context, e incident.Effect) (incident.Refs, error) {
			if e.Kind == incident.EffectCard && e.Attempt == 1 {
				time.Sleep(70 * time.Second) // deaf to its context
				return incident.Refs{"who": "first"}, nil
			}
			if e.Kind == incident.EffectCard {
				time.Sleep(20 * time.Second)
			}
			return incident.Refs{"who": "second"}, nil
		})
		w.run()
		w.owe(1, incident.EffectCard)
		w.pass(75 * time.Second)
		w.expect("card of INC-1 #1 at 0s", "tell of INC-1 #1 at 30s", "card of INC-1 #2 at 1m0s")
		if w.row(0).done || w.logged("DEBUG a late result is dropped") != 1 {
			t.Error("the first has ended the second's delivery")
		}
		w.pass(10 * time.Second)
		if got := w.ref(1, "who"); got != "second" {
			t.Errorf("the result is the %s's", got)
		}
	})
}

func TestLeasesOfAnEarlierRun(t *testing.T) {
	for _, c := range []struct {
		name   string
		single bool
		want   string
	}{
		{"alone: freed at once", true, "card of INC-1 #2 at 0s"},
		{"with others: when they lapse", false, "card of INC-1 #2 at 20s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			story(t, func(w *world) {
				w.Single = c.single
				w.owe(1, incident.EffectCard)
				w.store.rows[0].Attempt, w.store.rows[0].lease = 1, w.start.Add(20*time.Second)
				w.run()
				w.pass(25 * time.Second)
				w.expect(c.want)
			})
		})
	}
}

// What is late is told through another destination, once, and told again when it got through.
func TestAlarmAndCatchUp(t *testing.T) {
	story(t, func(w *world) {
		w.when(func(_ context.Context, e incident.Effect) (incident.Refs, error) {
			if e.Lane != incident.LaneDirect && w.Now().Sub(w.start) < 40*time.Second {
				return nil, down(errNobody, 0)
			}
			return nil, nil
		})
		w.run()
		w.owe(1, incident.EffectRoom)
		w.pass(29 * time.Second)
		if got := w.events(); got != "" {
			t.Errorf("too early: %q", got)
		}
		w.pass(2 * time.Minute)
		if got := w.events(); got != "late room of INC-1: nobody there, caught up room of INC-1" {
			t.Errorf("the timeline says %q", got)
		}
		if w.logged("WARN an effect is late") != 1 || !w.row(1).done || w.row(1).created != w.start.Add(incident.Deadline) {
			t.Error("the alarm is not told once, at its deadline")
		}
	})
}

// Nothing is asked of the store while nothing happens.
func TestAnIdleOutboxDoesNotPoll(t *testing.T) {
	story(t, func(w *world) {
		w.run()
		w.owe(1, incident.EffectCard)
		before := w.asked("claim")
		w.pass(24 * time.Hour)
		if after := w.asked("claim"); after != before {
			t.Errorf("claimed %d times in an idle day", after-before)
		}
	})
}

// With a clock of the scenario's own, a nudge makes it look; and a wake that is closed does not make it spin.
func TestAClockThatStandsStill(t *testing.T) {
	story(t, func(w *world) {
		hand := w.start
		w.Now = func() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return hand }
		w.when(func(context.Context, incident.Effect) (incident.Refs, error) { return nil, nil })
		close(w.store.wake)
		w.store.wake = make(chan struct{}, 1)
		w.owe(1, incident.EffectCard)
		w.store.rows[0].due = hand.Add(time.Hour)
		w.run()
		w.Nudge()
		synctest.Wait()
		w.mu.Lock()
		hand = hand.Add(time.Hour)
		w.mu.Unlock()
		w.Nudge()
		synctest.Wait()
		if !w.row(0).done {
			t.Error("an hour has passed on the clock, and the nudge was not heard")
		}
	})
}

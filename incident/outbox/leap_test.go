package outbox_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tocsin/incident"
)

// leapingWorld is a world whose clock can be set without the machine noticing.
func leapingWorld(w *world) (leap func(time.Duration)) {
	var mu sync.Mutex
	var off time.Duration
	real, start := w.Now, w.start
	w.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return real().Round(0).Add(off) }
	w.Ran = func() time.Duration { return real().Sub(start) }
	return func(by time.Duration) { mu.Lock(); defer mu.Unlock(); off += by }
}

// clockLeaps are those of a clock that is set, and of one that was lost.
var clockLeaps = []time.Duration{time.Hour, -time.Hour, -56 * 365 * 24 * time.Hour}

// A clock that is set must neither keep what waits for hours, nor let it be tried again and again.
func TestF59WhatWaitsWhileTheClockLeaps(t *testing.T) {
	for _, by := range clockLeaps {
		for name, cause := range map[string]error{"a rate limit": busy(9 * time.Minute), "an outage": down(errNobody, 40*time.Second), "a refusal": errNo} {
			t.Run(name+" "+by.String(), func(t *testing.T) {
				story(t, func(w *world) {
					leap := leapingWorld(w)
					w.when(always(cause))
					w.run()
					w.owe(1, incident.EffectTell)
					w.pass(500 * time.Millisecond)
					before := w.row(0).Attempt
					leap(by)
					w.pass(2 * time.Minute)
					tries := w.row(0).Attempt - before
					w.when(nil)
					w.pass(10 * time.Minute)
					if tries < 1 || tries > 8 || !w.row(0).done {
						t.Errorf("%d tries in two minutes, done %t", tries, w.row(0).done)
					}
				})
			})
		}
	}
}

// Nor may it end the lease of a delivery that is under way, here or at another replica: a call may be in flight.
func TestF59NoLeaseEndsByALeap(t *testing.T) {
	for _, by := range clockLeaps {
		for _, single := range []bool{true, false} {
			story(t, func(w *world) {
				leap := leapingWorld(w)
				w.Single = single
				w.when(takes(8 * time.Second))
				w.run()
				w.owe(1, incident.EffectTell)
				w.pass(time.Second)
				leap(by)
				w.Nudge()
				w.pass(5 * time.Minute)
				if r := w.row(0); !r.done || r.Attempt != 1 {
					t.Errorf("leap %s, single %t: done %t at attempt %d", by, single, r.done, r.Attempt)
				}
			})
		}
	}
}

// What a dead replica held is taken over also after a leap, once a lease has passed.
func TestF59LeasesEndAfterALeapTooLate(t *testing.T) {
	story(t, func(w *world) {
		leap := leapingWorld(w)
		w.Single = false
		w.owe(1, incident.EffectTell)
		w.store.rows[0].Attempt, w.store.rows[0].lease = 1, w.start.Add(time.Minute)
		w.run()
		w.pass(time.Second)
		leap(time.Hour)
		w.pass(59 * time.Second)
		w.expect()
		w.pass(5 * time.Second)
		if !w.row(0).done {
			t.Error("a leap has stopped the taking over")
		}
	})
}

// The machine slept for three hours in the middle of a delivery: its lease is over, the call is not made, and it is done
// once after that.
func TestF61TheMachineSlept(t *testing.T) {
	story(t, func(w *world) {
		leap := leapingWorld(w)
		sent := 0
		w.when(func(_ context.Context, e incident.Effect) (incident.Refs, error) {
			if e.Attempt == 1 {
				leap(3 * time.Hour)
			}
			if !w.Now().Before(e.Until) {
				return nil, &incident.Setback{Err: errors.New("not sent")}
			}
			sent++
			return nil, nil
		})
		w.run()
		w.owe(1, incident.EffectTell)
		w.pass(2 * time.Minute)
		if sent != 1 || !w.row(0).done || w.logged("WARN the clock was set") != 1 {
			t.Errorf("sent %d times, done %t", sent, w.row(0).done)
		}
	})
}

// A leap is told once, within a minute though nothing is owed; and where that fails, later, in one sum.
func TestF59ALeapIsTold(t *testing.T) {
	story(t, func(w *world) {
		leap := leapingWorld(w)
		var told []time.Duration
		var broken atomic.Bool
		w.Leapt = func(_ context.Context, by time.Duration) error {
			if broken.Load() {
				return errFull
			}
			told = append(told, by)
			return nil
		}
		w.run()
		w.pass(3 * time.Minute)
		leap(-time.Hour)
		w.pass(time.Minute)
		if !slices.Equal(told, []time.Duration{-time.Hour}) {
			t.Fatalf("told %s", told)
		}
		broken.Store(true)
		w.errors = 1 // that it lasts
		leap(3 * time.Hour)
		w.pass(2 * time.Minute)
		leap(-2 * time.Hour)
		w.pass(2 * time.Minute)
		broken.Store(false)
		w.pass(2 * time.Minute)
		if !slices.Equal(told, []time.Duration{-time.Hour, time.Hour}) {
			t.Errorf("told %s", told)
		}
	})
}

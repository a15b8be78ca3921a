package outbox

import (
	"context"
	"time"

	"tocsin/incident"
)

// run is one run of an outbox. Its fields belong to the goroutine of Run; deliveries reach it through ended only.
type run struct {
	*Outbox
	life     context.Context // outlives the context of Run by grace
	wake     <-chan struct{}
	ended    chan *delivery
	underway map[*delivery]struct{}
	waiting  []chan error // in Drain

	lapsed  bool      // the leases of earlier runs have been looked after
	swept   time.Time // last look for lapsed leases and missed deadlines
	stumble int       // looks in a row that the store failed
	leaps   leaps
	untold  time.Duration // by how much the clock has leapt in all since that was told last
}

// sweepEvery bounds how often lapsed leases and missed deadlines are looked for, each of which is a write; and how
// often the queue is looked at while something is due that cannot be claimed.
const sweepEvery = time.Second

// alarms is how many missed deadlines are told in one sweep.
const alarms = 100

// minSleep keeps a clock that stands still just before a due time from making the loop spin. It sleeps no longer than maxSleep,
// so that what a clock that was wrong has put off is found, and a leap of the clock though nothing waits; and where others
// deliver too, no longer than shared, for nobody tells one of them what another has stored.
const (
	minSleep = 10 * time.Millisecond
	maxSleep = time.Minute
	shared   = time.Second
)

// loop looks whenever there is a reason to, until ctx ends.
func (r *run) loop(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-r.wake:
			if !ok {
				r.wake = nil // else a closed channel would wake it for ever
			}
		case <-r.nudged:
		case <-timer.C:
		case d := <-r.ended:
			delete(r.underway, d)
		case idle := <-r.drains:
			r.waiting = append(r.waiting, idle)
		}
		r.reap()
		if ctx.Err() != nil {
			return // both were ready: claim nothing more
		}
		timer.Stop()
		sleep := r.look(ctx)
		if !r.Single {
			sleep = min(sleep, shared)
		}
		timer.Reset(min(max(sleep, minSleep), maxSleep))
	}
}

// reap takes in every delivery that has ended by now, so that one look serves them all.
func (r *run) reap() {
	for {
		select {
		case d := <-r.ended:
			delete(r.underway, d)
		default:
			return
		}
	}
}

// look starts everything that can be delivered now, and returns how long to sleep.
func (r *run) look(ctx context.Context) (sleep time.Duration) {
	next, err := r.serve(ctx)
	if err != nil {
		r.stumble++
		return r.storeBackoff(r.stumble - 1)
	}
	r.stumble = 0
	if len(r.underway) == 0 {
		r.release(nil)
	}
	now := r.Now()
	if !next.IsZero() && !next.After(now) {
		next = now.Add(sweepEvery) // due, but something stands in front of it
	}
	if next = earlier(next, r.circuits.next(now)); next.IsZero() {
		return maxSleep
	}
	return next.Sub(now)
}

// serve claims what is due, sweeps when something is due nevertheless, and returns what is due next. A claim is a write:
// while nothing is due, none is made.
func (r *run) serve(ctx context.Context) (next time.Time, err error) {
	r.mindClock()
	if err := r.takeOver(); err != nil {
		return next, err
	}
	for {
		err := r.ask("next due", func(ctx context.Context) (err error) {
			next, err = r.Store.NextDue(ctx)
			return err
		})
		now := r.Now()
		if err != nil || !due(next, now) || ctx.Err() != nil {
			return next, err
		}
		before := len(r.underway)
		if err := r.claim(ctx); err != nil {
			return next, err
		}
		if len(r.underway) > before {
			continue
		}
		if next.After(now) || now.Sub(r.swept).Abs() < sweepEvery {
			return next, nil
		}
		if err := r.sweep(now); err != nil {
			return next, err
		}
	}
}

// mindClock notices a leap of the clock, and tells of it. That nobody can be told is no reason to deliver nothing.
func (r *run) mindClock() {
	if by := r.leaps.note(r.Now(), r.Ran()); by != 0 {
		r.Log.Warn("the clock was set, or the machine was asleep", "by", by.String())
		r.untold += by
	}
	if r.Leapt == nil || r.untold.Abs() < leapt {
		return
	}
	if r.ask("note the clock", func(ctx context.Context) error { return r.Leapt(ctx, r.untold) }) == nil {
		r.untold = 0
	}
}

// due tells whether it is time for something: by the clock, or because only a clock that was wrong can have put it off so far.
func due(at, now time.Time) bool {
	return !at.IsZero() && (!at.After(now) || at.Sub(now) > horizon)
}

// takeOver frees, once at the start, what earlier runs left leased.
func (r *run) takeOver() error {
	if r.lapsed {
		return nil
	}
	return r.ask("lapse", func(ctx context.Context) error {
		n, err := r.Store.Lapse(ctx, r.Now(), r.Single)
		if err != nil {
			return err
		}
		r.lapsed = true
		if n > 0 {
			r.Log.Info("deliveries that an earlier run left open are taken up", "effects", n)
		}
		return nil
	})
}

// sweep frees lapsed leases and tells of missed deadlines.
func (r *run) sweep(now time.Time) error {
	if err := r.lapse(now); err != nil {
		return err
	}
	err := r.ask("alarm", func(ctx context.Context) error {
		late, err := r.Store.Alarm(ctx, now, alarms)
		for _, e := range late {
			r.Log.Warn("an effect is late, people are told", about(e)...)
		}
		return err
	})
	if err == nil {
		r.swept = now
	}
	return err
}

// lapse frees leases that are over. After a leap of the clock it waits for as long as a lease lasts.
func (r *run) lapse(now time.Time) error {
	if r.leaps.recent(r.Lease) {
		return nil
	}
	return r.ask("lapse", func(ctx context.Context) error {
		n, err := r.Store.Lapse(ctx, now, false)
		if n > 0 {
			r.Log.Warn("leases have lapsed, their effects are looked up and tried again", "effects", n)
		}
		return err
	})
}

// claim fills the free workers of every destination that may be sent to.
func (r *run) claim(ctx context.Context) error {
	for name, at := range r.circuits.by {
		room, trial := r.room(name)
		if room <= 0 || ctx.Err() != nil {
			continue
		}
		err := r.ask("claim", func(within context.Context) error {
			now := r.Now() // before it is asked: a lease must not be thought to last longer than the store thinks
			effects, err := r.Store.Claim(within, incident.Claim{
				At: now, Fresh: now.Add(-incident.Backlog), Horizon: now.Add(horizon), Lease: r.Lease, Limit: room, Lanes: at.lanes,
			})
			if err != nil {
				// Nothing is ours. Where a server has claimed it and could not say so, it waits until its lease is over.
				return err
			}
			for _, e := range effects {
				e.Until, e.Clean = now.Add(r.limit()), e.Attempt > 1 && r.memory.of(e.ID).clean == e.Attempt-1
				d := &delivery{Effect: e, destination: name, trial: trial, until: now.Add(r.Lease)}
				r.underway[d] = struct{}{}
				if ctx.Err() == nil { // else windUp hands it back
					d.begun = true
					go r.carry(d)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// room tells how many more deliveries a destination can take now; trial: only this one, to see whether it answers.
func (r *run) room(name string) (n int, trial bool) {
	passes, trial := r.circuits.standing(name, r.Now())
	if !passes {
		return 0, false
	}
	n = r.Workers
	if trial {
		n = 1
	}
	for d := range r.underway {
		if d.destination == name && (d.trial || !trial) {
			n--
		}
	}
	return n, trial
}

// ask puts one question to the store, within the deadline of a delivery, and keeps the record of its health.
func (r *run) ask(what string, question func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(r.life, deadline)
	defer cancel()
	err := question(ctx)
	if r.life.Err() == nil { // else it is we who gave up
		r.illness.note(r.Log, what, err, r.Now())
	}
	return err
}

// release answers those who wait in Drain.
func (r *run) release(err error) {
	for _, idle := range r.waiting {
		idle <- err
	}
	r.waiting = nil
}

// windUp waits for what is under way until its grace is over, and hands back the rest.
func (r *run) windUp() {
	defer r.release(errStopped)
	r.handBack(func(d *delivery) bool { return !d.begun })
	for len(r.underway) > 0 {
		select {
		case d := <-r.ended:
			delete(r.underway, d)
		case <-r.life.Done():
			r.handBack(func(*delivery) bool { return true })
			return
		}
	}
}

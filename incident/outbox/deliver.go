package outbox

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"tocsin/incident"
)

// aside is how far behind the trial of its circuit an effect becomes due that has failed as one: far enough for the
// next trial, which a timer starts within some milliseconds, to fall to another effect.
const aside = 50 * time.Millisecond

// handBackTime bounds how long the end of the program waits for the store to take back what is left.
const handBackTime = time.Second

// delivery is one attempt at one effect. The goroutine that carries it owns it until it is sent to run.ended.
type delivery struct {
	incident.Effect
	destination string
	trial       bool      // its circuit is open, and this one shows whether it may close
	begun       bool      // set before carry starts, read by the loop only
	until       time.Time // end of the lease
	unasked     bool      // no call was made for it; set by the goroutine that carries it
}

// about is what each line of the log says of an effect. Its request leads back to what came in.
func about(e incident.Effect, more ...any) []any {
	return append([]any{"effect", e.String(), "id", e.ID, "request", e.Request, "attempt", e.Attempt}, more...)
}

// carry delivers one effect and records what became of it. Nothing that a courier does ends more than its own delivery.
func (r *run) carry(d *delivery) {
	defer func() {
		select {
		case r.ended <- d:
		case <-r.life.Done():
		}
	}()
	learned, err := r.deliver(d)
	if err != nil && r.life.Err() != nil {
		return // cut off by the end of the run, which hands it back
	}
	r.record(d, learned, err)
}

// deliver calls the courier, and turns a panic into a refusal and a missed deadline into Down.
func (r *run) deliver(d *delivery) (learned incident.Refs, err error) {
	ctx, cancel := context.WithTimeout(r.life, r.limit())
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			r.Log.Error("a courier panicked", about(d.Effect, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))...)
			learned, err = nil, fmt.Errorf("deliver %s: the courier panicked", d)
		}
	}()
	learned, err = r.Couriers[d.Lane].Courier.Deliver(ctx, d.Effect)
	var unasked *incident.Unasked
	if errors.As(err, &unasked) {
		d.unasked, err = true, unasked.Err
	}
	var delay *incident.Setback
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) && !errors.As(err, &delay) {
		err = &incident.Setback{Down: true, Err: fmt.Errorf("no answer within %s: %w", r.limit(), err)}
	}
	return learned, err
}

// record does what the outcome of a delivery asks for.
func (r *run) record(d *delivery, learned incident.Refs, err error) {
	now := r.Now()
	var delay *incident.Setback
	if errors.As(err, &delay) && delay.Down {
		r.down(d, delay, now)
		return
	}
	if !d.unasked {
		r.answered(d, now)
	}
	switch {
	case err == nil:
		if r.settle(d, "finish", func(ctx context.Context) error { return r.Store.Finish(ctx, d.Effect, learned, now) }) {
			r.Log.Debug("an effect is delivered", about(d.Effect, "after", now.Sub(d.Asked).String())...)
		}
		r.memory.forget(d.ID)
	case delay != nil:
		if delay.Clean {
			r.memory.keep(d.ID, func(k *known) { k.clean = d.Attempt })
		}
		r.again(d, "an effect has to wait", incident.Retry{
			At: now, Due: now.Add(max(r.pause(delay.After, d.Attempt-1), minAfter)), Why: err.Error(),
		})
	default:
		r.refuse(d, err, now)
	}
}

// answered closes the circuit of a destination that answers again, once whoever sums it up has been told. Where they cannot be,
// the next trial tells them.
func (r *run) answered(d *delivery, now time.Time) {
	if was, closes := r.circuits.closing(d); closes && !r.recovered(was) {
		return
	}
	if since, news := r.circuits.answered(d); news {
		r.Log.Info("a destination answers again", "destination", d.destination, "after", now.Sub(since).String())
	}
}

// recovered tells whoever sums an outage up that it is over, and again while they fail, for as long as a delivery may take.
func (r *run) recovered(was Circuit) bool {
	if r.Recovered == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(r.life, r.limit())
	defer cancel()
	for n := 0; ; n++ {
		err := r.Recovered(ctx, was)
		if err == nil {
			return true
		}
		select {
		case <-time.After(r.storeBackoff(n)):
		case <-ctx.Done():
			r.Log.Warn("the end of an outage could not be recorded, the next delivery tries it again", "destination", was.Destination, "err", err)
			return false
		}
	}
}

// down opens the circuit of a destination, and gives the effect back until it is tried.
func (r *run) down(d *delivery, cause *incident.Setback, now time.Time) {
	until, news := r.circuits.failed(d, cause, now, r.pause)
	if news {
		r.Log.Warn("a destination does not answer, what it is owed waits",
			"destination", d.destination, "until", until, "err", cause.Error())
	}
	due := until
	if d.trial {
		due = due.Add(aside)
	}
	r.retry(d, incident.Retry{At: now, Due: due, Why: cause.Error()})
}

// refuse counts a refusal of the effect itself, and buries it with the twelfth. After a restart the count is learned
// from the store with the next refusal, so that one more try is possible.
func (r *run) refuse(d *delivery, err error, now time.Time) {
	before := r.memory.of(d.ID).refusals
	if before+1 < burial {
		n, ok := r.again(d, "an effect was refused", incident.Retry{
			At: now, Due: now.Add(r.backoff(before)), Why: err.Error(), Refused: true,
		})
		if ok {
			r.memory.keep(d.ID, func(k *known) { k.refusals = n })
		}
		return
	}
	if r.settle(d, "bury", func(ctx context.Context) error { return r.Store.Bury(ctx, d.Effect, err.Error(), now) }) {
		r.Log.Error("an effect was refused too often and is given up until a person retries it",
			about(d.Effect, "refusals", before+1, "err", err.Error())...)
	}
	r.memory.forget(d.ID)
}

// again says that an effect will be tried again, and gives it back.
func (r *run) again(d *delivery, what string, back incident.Retry) (refusals int, ok bool) {
	r.Log.Warn(what, about(d.Effect, "again", back.Due, "err", back.Why)...)
	return r.retry(d, back)
}

// retry gives an effect back. ok is false when that could not be recorded.
func (r *run) retry(d *delivery, back incident.Retry) (refusals int, ok bool) {
	ok = r.settle(d, "retry", func(ctx context.Context) (err error) {
		refusals, err = r.Store.Retry(ctx, d.Effect, back)
		return err
	})
	return refusals, ok
}

// settle records an outcome, for as long as the effect is ours.
func (r *run) settle(d *delivery, what string, act func(context.Context) error) bool {
	for n := 0; ; n++ {
		err := r.ask(what, act)
		switch {
		case err == nil:
			return true
		case errors.Is(err, incident.ErrFenced):
			r.Log.Debug("a late result is dropped", about(d.Effect)...)
			r.memory.forget(d.ID)
			return false
		case !r.Now().Before(d.until):
			r.Log.Warn("a result could not be recorded in time, the effect will be looked up", about(d.Effect, "err", err)...)
			return false
		}
		select {
		case <-time.After(r.storeBackoff(n)):
		case <-r.life.Done():
			return false
		}
	}
}

// handBack gives those back that the end of the run leaves undone: due at once, or when a call that was begun has landed.
func (r *run) handBack(which func(*delivery) bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.life), handBackTime)
	defer cancel()
	now := r.Now()
	for d := range r.underway {
		if !which(d) {
			continue
		}
		delete(r.underway, d)
		due := now
		if d.begun {
			due = now.Add(incident.Flight)
		}
		_, err := r.Store.Retry(ctx, d.Effect, incident.Retry{At: now, Due: due, Why: "the program stopped"})
		if err != nil && !errors.Is(err, incident.ErrFenced) {
			r.Log.Warn("an effect could not be handed back, it waits for its lease to lapse", about(d.Effect, "err", err)...)
		}
	}
}

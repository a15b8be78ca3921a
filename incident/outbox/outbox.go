package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tocsin/incident"
)

// The bounds of a delivery: how long an effect is ours unless said otherwise, how long a delivery or a question to the store
// may take at most, and what deliveries under way get when the program ends.
const (
	lease    = 60 * time.Second
	deadline = 10 * time.Second
	grace    = 6 * time.Second
)

// share is which part of the lease a delivery may use, where that is less than the deadline. The rest of it is for a call
// that was begun last to land, for the result to be recorded, and for the clocks of replicas to differ.
const share = 3

// burial is the refusal with which an effect is given up.
const burial = 12

// workers is how many deliveries run side by side to one destination unless said otherwise.
const workers = 16

// Store is what the outbox needs of the database. Finish, Retry and Bury report on a claimed effect, and return
// incident.ErrFenced when its lease has lapsed.
type Store interface {
	// Claim leases effects that are due and that nothing stands in front of.
	Claim(context.Context, incident.Claim) ([]incident.Effect, error)
	// Finish notes that an effect is done, and what was learned.
	Finish(ctx context.Context, e incident.Effect, learned incident.Refs, at time.Time) error
	// Retry gives an effect back, and returns how often the effect itself has been refused so far.
	Retry(ctx context.Context, e incident.Effect, r incident.Retry) (refusals int, err error)
	// Bury gives an effect up; the lane behind it goes on.
	Bury(ctx context.Context, e incident.Effect, why string, at time.Time) error
	// Lapse frees effects whose lease is over, or every leased one, and returns how many.
	Lapse(ctx context.Context, at time.Time, all bool) (int, error)
	// NextDue is when the next thing is due: an effect, the end of a lease, an alarm. Zero: nothing waits.
	NextDue(context.Context) (time.Time, error)
	// Alarm tells people of effects that missed their deadline, once each, and returns them.
	Alarm(ctx context.Context, at time.Time, limit int) ([]incident.Effect, error)
}

// Courier makes the outside agree with one effect, and says what it learned: ids to keep. Its errors are instructions:
// an incident.Setback, or else a refusal; an incident.Unasked around either, or around nothing, where no call was made. It obeys its context, and no text of its errors holds a secret.
type Courier interface {
	Deliver(context.Context, incident.Effect) (incident.Refs, error)
}

// Route says who delivers a lane, and where to: lanes of one destination share its circuit and its workers.
type Route struct {
	Destination string
	Courier     Courier
}

// Outbox delivers effects. Fill in the fields, then Run; the other methods may be called from anywhere.
type Outbox struct {
	Store    Store
	Couriers map[incident.Lane]Route
	Wake     <-chan struct{} // something in the store has changed
	Now      func() time.Time
	Log      *slog.Logger   // nil: silent
	Workers  int            // deliveries side by side to one destination; 0: 16
	Single   bool           // nobody else delivers from this store: whatever is leased at the start is a dead run's
	Lease    time.Duration  // how long a claimed effect is ours; a delivery gets a third of it, and never above 10 s; 0: a minute
	Jitter   func() float64 // in [0, 1); nil: random

	// Recovered is called when a destination answers again, before anything else is sent there, with how things stood until
	// then. Where it fails it is called again, and the circuit stays open until it has succeeded; nil: nobody wants to know.
	Recovered func(context.Context, Circuit) error

	// Leapt is told by how much the clock went forward or back beside what the machine has run. Where it fails it is told later,
	// in one sum with what came since; nil: nobody wants to know.
	Leapt func(ctx context.Context, by time.Duration) error

	// Ran is how long the machine has run, by a clock that nobody sets; nil: what Now knows of that.
	Ran func() time.Duration

	once     sync.Once
	nudged   chan struct{}
	drains   chan chan error // whoever waits in Drain
	circuits *circuits
	illness  illness

	memory memory
}

// errStopped is what Drain returns when Run ends first.
var errStopped = errors.New("the outbox has stopped")

// init makes what is not for the caller to fill in.
func (o *Outbox) init() {
	o.once.Do(func() {
		o.nudged, o.drains = make(chan struct{}, 1), make(chan chan error)
		o.circuits = newCircuits(o.Couriers)
		if o.Log == nil {
			o.Log = slog.New(slog.DiscardHandler)
		}
		if o.Workers == 0 {
			o.Workers = workers
		}
		if o.Lease == 0 {
			o.Lease = lease
		}
		if o.Ran == nil {
			start := o.Now()
			o.Ran = func() time.Duration { return o.Now().Sub(start) }
		}
	})
}

// limit is how long a delivery may take.
func (o *Outbox) limit() time.Duration { return min(deadline, o.Lease/share) }

// Run delivers until ctx ends, then lets deliveries under way finish for six seconds, hands back what is left, and
// returns nil. It may be run again, but not twice at once.
func (o *Outbox) Run(ctx context.Context) error {
	o.init()
	life, kill := context.WithCancel(context.WithoutCancel(ctx))
	defer kill()
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(grace, kill)
		context.AfterFunc(life, func() { timer.Stop() })
	})
	defer stop()
	r := &run{
		Outbox: o, life: life, wake: o.Wake, ended: make(chan *delivery),
		underway: map[*delivery]struct{}{},
	}
	r.loop(ctx)
	r.windUp()
	return nil
}

// Drain waits until a look finds nothing that can be delivered now and nothing is under way. What waits for a later
// time, or for a circuit to close, does not count. It needs Run beside it.
func (o *Outbox) Drain(ctx context.Context) error {
	o.init()
	idle := make(chan error, 1)
	select {
	case o.drains <- idle:
	case <-ctx.Done():
		return fmt.Errorf("drain the outbox: %w", ctx.Err())
	}
	select {
	case err := <-idle:
		return err
	case <-ctx.Done():
		return fmt.Errorf("drain the outbox: %w", ctx.Err())
	}
}

// Nudge makes the outbox look at the clock and the queue again.
func (o *Outbox) Nudge() {
	o.init()
	select {
	case o.nudged <- struct{}{}:
	default: // it is about to look anyway
	}
}

// Status lists the circuits of all destinations, by name, as they are now.
func (o *Outbox) Status() []Circuit {
	o.init()
	return o.circuits.status(o.Now())
}

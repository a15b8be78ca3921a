package outbox

import (
	"maps"
	"slices"
	"sync"
	"time"

	"tocsin/incident"
)

// Circuit is how things stand with one destination.
type Circuit struct {
	Destination string
	Open        bool      // it does not answer; what it is owed waits
	Until       time.Time // when it is tried next
	Since       time.Time // when it stopped answering
	Err         string    // what it last did instead
}

// circuit is one destination: its standing, and the ladder that it is on.
type circuit struct {
	Circuit
	lanes    []incident.Lane
	failures int // in a row; 0 while closed
}

// circuits holds every destination. mu guards the circuits; the map itself does not change.
type circuits struct {
	mu sync.Mutex
	by map[string]*circuit
}

// idle is how long after its time a circuit must have been left alone to close by itself: what waits is tried within seconds, so
// nothing waits any more. Others have delivered it, or it is not needed; either way the silence is of the past.
const idle = 2 * lastPause

// of is the circuit of a destination at now: closed where nothing is left that could close it. mu must be held.
func (c *circuits) of(name string, now time.Time) *circuit {
	at := c.by[name]
	if at.Open && now.Sub(at.Until) > idle {
		at.close()
	}
	return at
}

// close forgets all that a destination did not take.
func (at *circuit) close() { at.Circuit, at.failures = Circuit{Destination: at.Destination}, 0 }

// newCircuits makes a closed circuit for each destination.
func newCircuits(routes map[incident.Lane]Route) *circuits {
	c := &circuits{by: map[string]*circuit{}}
	for _, lane := range slices.Sorted(maps.Keys(routes)) {
		name := routes[lane].Destination
		if c.by[name] == nil {
			c.by[name] = &circuit{Circuit: Circuit{Destination: name}}
		}
		c.by[name].lanes = append(c.by[name].lanes, lane)
	}
	return c
}

// status lists the circuits by name, as they are at now.
func (c *circuits) status(now time.Time) []Circuit {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]Circuit, 0, len(c.by))
	for _, name := range slices.Sorted(maps.Keys(c.by)) {
		list = append(list, c.of(name, now).Circuit)
	}
	return list
}

// standing tells whether a destination may be sent to at now, and whether that would be a trial.
func (c *circuits) standing(name string, now time.Time) (passes, trial bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.of(name, now)
	if !at.Open {
		return true, false
	}
	over := !now.Before(at.Until) || at.Until.Sub(now) > horizon
	return over, over
}

// next is the earliest time after now at which an open circuit is to be tried; zero when there is none.
func (c *circuits) next(now time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	var next time.Time
	for _, at := range c.by {
		if at.Open && at.Until.After(now) {
			next = earlier(next, at.Until)
		}
	}
	return next
}

// closing returns the open circuit that the answer to a delivery closes.
func (c *circuits) closing(d *delivery) (Circuit, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.by[d.destination]
	return at.Circuit, at.Open && d.trial
}

// answered notes that a destination answered, and returns since when it had not if that is news.
func (c *circuits) answered(d *delivery) (since time.Time, news bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.by[d.destination]
	if !at.Open || !d.trial {
		return time.Time{}, false
	}
	since = at.Since
	at.close()
	return since, true
}

// failed notes at now that a destination did not answer, and returns until when its circuit is open; pause gives the time
// to wait after n failures. news tells that somebody should hear of it.
func (c *circuits) failed(d *delivery, cause *incident.Setback, now time.Time, pause func(time.Duration, int) time.Duration) (until time.Time, news bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.by[d.destination]
	why := cause.Error()
	news = !at.Open || d.trial && at.Err != why
	switch {
	case !at.Open:
		at.Open, at.Since, at.failures, at.Err = true, now, 1, why
		at.Until = now.Add(pause(cause.After, 0))
	case d.trial:
		at.Until, at.Err = now.Add(pause(cause.After, at.failures)), why
		at.failures++
	case cause.After > 0: // begun before it opened, but told how long it lasts
		at.Until = later(at.Until, now.Add(pause(cause.After, 0)))
	}
	return at.Until, news
}

// earlier is the earlier of two times, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// later is the later of two times.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"tocsin/bot"
)

// probe looks at one thing, again and again, in a goroutine of its own. Who wants to know gets what it last saw: so an
// answer never waits for a thing that hangs, and a look that hangs is not joined by others.
type probe struct {
	name  string
	every time.Duration
	limit time.Duration // of one look
	look  func(context.Context) error
	again chan struct{} // look at once, do not wait
	told  func()        // something has been seen; nil: nobody wants to know
	seen  atomic.Pointer[sight]
}

// sight is what a probe saw.
type sight struct {
	at  time.Time
	err error
}

var (
	errNotYet = errors.New("has not been looked at yet")
	errHangs  = errors.New("it hangs")
	// errRefused is what is wrong when Slack refuses our token, and not when it does not answer.
	errRefused = errors.New("SLACK_BOT_TOKEN is refused: put it right, then send SIGHUP, or start again")
)

func newProbe(name string, every, limit time.Duration, look func(context.Context) error) *probe {
	p := &probe{name: name, every: every, limit: limit, look: look, again: make(chan struct{}, 1)}
	p.seen.Store(&sight{at: time.Now(), err: errNotYet})
	return p
}

// run looks until ctx ends.
func (p *probe) run(ctx context.Context) {
	tick := time.NewTicker(p.every)
	defer tick.Stop()
	for ctx.Err() == nil {
		within, cancel := context.WithTimeout(ctx, p.limit)
		err := p.look(within)
		cancel()
		if ctx.Err() == nil { // else it saw no more than that we stop
			p.seen.Store(&sight{at: time.Now(), err: err})
			if p.told != nil {
				p.told()
			}
		}
		select {
		case <-tick.C:
		case <-p.again:
		case <-ctx.Done():
		}
	}
}

// hurry makes it look at once.
func (p *probe) hurry() {
	select {
	case p.again <- struct{}{}:
	default:
	}
}

// err is what is wrong with the thing, as last seen. What was seen too long ago counts for nothing.
func (p *probe) err() error {
	seen := p.seen.Load()
	if age := time.Since(seen.at); age > p.stale() {
		return fmt.Errorf("was last seen %s ago: %w", age.Round(time.Second), errHangs)
	}
	return seen.err
}

// stale is the age from which on what was seen counts for nothing.
func (p *probe) stale() time.Duration { return 3*p.every + p.limit }

// access is how Slack takes our token. Of a refusal it logs one line when it begins, one an hour while it lasts, and one
// when it is over, whoever hears of it.
type access struct {
	log *slog.Logger
	now func() time.Time

	mu    sync.Mutex
	since time.Time // zero: it is accepted, as far as we know
	told  time.Time
}

const remindEvery = time.Hour

// note takes in how a call to Slack went.
func (a *access) note(err error) {
	refused := bot.Rejected(err)
	if err != nil && !refused {
		return // that says nothing about the token
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	switch {
	case !refused && !a.since.IsZero():
		a.log.Info("Slack accepts SLACK_BOT_TOKEN again", "after", now.Sub(a.since).String())
		a.since, a.told = time.Time{}, time.Time{}
	case refused && a.since.IsZero():
		a.since = now
		fallthrough
	case refused && now.Sub(a.told) >= remindEvery:
		a.told = now
		a.log.Error("Slack does not accept SLACK_BOT_TOKEN: nothing is sent until it is put right", "since", a.since, "err", err)
	}
}

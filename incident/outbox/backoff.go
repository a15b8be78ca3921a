package outbox

import (
	"math/rand/v2"
	"time"
)

// The ladder on which everything is tried again, and the bounds of what a destination may ask for: below a second it
// means nothing, and above ten minutes it is junk, for no limit of Slack, PagerDuty or GitHub that we meet lasts longer
// without being told again.
const (
	firstPause = time.Second
	lastPause  = time.Minute
	spread     = 0.2
	minAfter   = time.Second
	maxAfter   = 10 * time.Minute
)

// horizon is longer than anything is put off for: what seems to be due later was put off by a clock that was wrong.
const horizon = maxAfter + lastPause

// backoff is the pause after n failures before this one: 1 s · 2ⁿ, at most 60 s, ± 20 % so that those who failed
// together do not come back together.
func (o *Outbox) backoff(n int) time.Duration {
	pause := lastPause
	if n < 6 { // 2⁶ s is above lastPause
		pause = firstPause << max(n, 0)
	}
	jitter := o.Jitter
	if jitter == nil {
		jitter = rand.Float64
	}
	return time.Duration(float64(pause) * (1 - spread + 2*spread*jitter()))
}

// pause is how long to wait when the destination asked for after: its word within bounds, else the ladder.
func (o *Outbox) pause(after time.Duration, n int) time.Duration {
	if after > 0 {
		return min(max(after, minAfter), maxAfter)
	}
	return o.backoff(n)
}

// storeRungs is where the ladder for a failing store ends, at 8 s: it is our own, and a look costs nobody else anything.
const storeRungs = 3

// storeBackoff is the pause after n failures of the store before this one.
func (o *Outbox) storeBackoff(n int) time.Duration { return o.backoff(min(n, storeRungs)) }

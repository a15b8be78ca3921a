package slacksim

import (
	"math"
	"time"
)

// Calls a minute that Slack promises per tier.
const (
	tier2, tier3, tier4 = 20, 50, 100
	special             = 600 // "hundreds per minute"
	// Tier 1 is one call a minute with "a small amount of burst"; an app must be able to open all the connections that it may
	// hold, so that many are taken as the burst.
	tier1Burst = mostLinks
	// chat.postMessage: one message a second per channel, with short bursts; Slack gives no figure for the burst.
	postBurst = 5
)

// rates counts calls per method in a sliding minute, and posts per channel in a bucket, on the scenario's clock.
type rates struct {
	factor  float64 // multiplies every limit; 0 switches them off
	recent  map[string][]time.Time
	buckets map[string]bucket
}

type bucket struct {
	level float64 // posts in it; one a second leaks out
	at    time.Time
}

func newRates() rates {
	return rates{factor: 1, recent: map[string][]time.Time{}, buckets: map[string]bucket{}}
}

// limitedError is a 429; it is an apiError as well.
type limitedError struct {
	apiError
	seconds int
}

func (e *limitedError) Unwrap() error { return &e.apiError }

func limited(wait time.Duration) error {
	return &limitedError{apiError{code: "ratelimited"}, max(1, int(math.Ceil(wait.Seconds())))}
}

// Limits multiplies every rate limit: 1 is Slack's, 0 switches them off.
func (w *Workspace) Limits(factor float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rates.factor = factor
}

// allow counts one call or refuses it. Refused calls do not count.
func (r *rates) allow(name string, perMinute int, channel string, now time.Time) error {
	if r.factor == 0 {
		return nil
	}
	if name == "chat.postMessage" {
		return r.allowPost(channel, now)
	}
	if perMinute == 0 {
		return nil
	}
	most := max(1, int(float64(perMinute)*r.factor))
	calls := r.recent[name]
	for len(calls) > 0 && now.Sub(calls[0]) >= time.Minute {
		calls = calls[1:]
	}
	r.recent[name] = calls
	if len(calls) >= most {
		return limited(calls[0].Add(time.Minute).Sub(now))
	}
	r.recent[name] = append(calls, now)
	return nil
}

func (r *rates) allowPost(channel string, now time.Time) error {
	b := r.buckets[channel]
	b.level = max(0, b.level-now.Sub(b.at).Seconds()*r.factor)
	b.at = now
	if b.level > postBurst*max(1, r.factor)-1 {
		return limited(time.Second)
	}
	b.level++
	r.buckets[channel] = b
	return nil
}

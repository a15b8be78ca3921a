package pagerduty

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/time/rate"

	"tocsin/incident"
)

const (
	longestAnswer = 8 << 20
	tries         = 3               // of what only reads
	longestWait   = 2 * time.Second // for a turn, within a call; for longer the call is given back
	longestQuiet  = 5 * time.Minute // whatever a header says
)

// outcome is what the wire saw of one call: go-pagerduty does not hand it on. It belongs to the call's goroutine.
type outcome struct {
	status int   // of the last answer; 0: none came
	err    error // of the connection, or why nothing was sent
	sent   bool  // something may have reached PagerDuty
	wait   time.Duration
}

type outcomeKey struct{}

// wire carries the requests of one API: paced, repeated where that is safe, with answers of bounded length.
type wire struct {
	next  http.RoundTripper
	now   func() time.Time
	pace  *rate.Limiter
	pause time.Duration // before the first repetition

	mu    sync.Mutex
	quiet time.Time // nothing is sent before that
}

// perMinute paces so that no minute holds more than n requests: the burst is a part of them.
func perMinute(n, burst int) *rate.Limiter {
	return rate.NewLimiter(rate.Limit(float64(n-burst)/60), burst)
}

// RoundTrip sends a request when its turn has come.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	o, _ := req.Context().Value(outcomeKey{}).(*outcome)
	if o == nil {
		o = &outcome{}
	}
	most := uint(1)
	if req.Method == http.MethodGet {
		most = tries
	}
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval = w.pause
	return backoff.Retry(req.Context(), func() (*http.Response, error) { return w.once(req, o) }, backoff.WithBackOff(pauses), backoff.WithMaxTries(most))
}

// once makes one attempt. What may be tried again comes back as an error, all else as an answer or as a permanent error.
func (w *wire) once(req *http.Request, o *outcome) (*http.Response, error) {
	if err := w.turn(req.Context()); err != nil {
		o.err = err
		return nil, backoff.Permanent(err)
	}
	o.sent, o.status, o.err = true, 0, nil
	resp, err := w.next.RoundTrip(req)
	if err != nil {
		o.err = err
		return nil, err
	}
	o.status = resp.StatusCode
	o.wait = w.heed(resp)
	resp.Body = bounded{io.LimitReader(resp.Body, longestAnswer), resp.Body}
	if req.Method == http.MethodGet && resp.StatusCode >= 500 {
		_ = resp.Body.Close()
		return nil, errors.New(resp.Status)
	}
	return resp, nil
}

// bounded is a body that is read up to a bound, and closed whole.
type bounded struct {
	io.Reader
	io.Closer
}

// turn waits until a request may be sent, or says for how long it may not.
func (w *wire) turn(ctx context.Context) error {
	now := w.now()
	w.mu.Lock()
	quiet := w.quiet.Sub(now)
	w.mu.Unlock()
	if quiet > 0 {
		return &incident.Setback{Down: true, After: quiet, Clean: true, Err: errors.New("PagerDuty has asked us to wait")}
	}
	place := w.pace.ReserveN(now, 1)
	wait := place.DelayFrom(now)
	switch {
	case wait == 0:
		return nil
	case wait > longestWait:
		place.CancelAt(now)
		return &incident.Setback{After: wait, Clean: true, Err: errors.New("we have asked PagerDuty too much in this minute")}
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		place.CancelAt(now)
		return ctx.Err()
	}
}

// heed keeps quiet for as long as PagerDuty asks, and returns how long that is.
func (w *wire) heed(resp *http.Response) time.Duration {
	limited := resp.StatusCode == http.StatusTooManyRequests
	if !limited && resp.Header.Get("Ratelimit-Remaining") != "0" {
		return 0
	}
	wait := seconds(resp.Header, "Ratelimit-Reset")
	if wait == 0 {
		wait = seconds(resp.Header, "Retry-After")
	}
	if wait == 0 && limited { // a 429 that does not say for how long
		wait = time.Second
	}
	wait = min(wait, longestQuiet)
	w.mu.Lock()
	defer w.mu.Unlock()
	if until := w.now().Add(wait); until.After(w.quiet) {
		w.quiet = until
	}
	return wait
}

func seconds(h http.Header, name string) time.Duration {
	n, err := strconv.Atoi(h.Get(name))
	if err != nil || n < 0 || n > 1<<20 {
		return 0
	}
	return time.Duration(n) * time.Second
}

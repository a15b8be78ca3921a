package pagerdutytest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	appTimeout = 5 * time.Second // what PagerDuty waits for an app
	keptFor    = 48 * time.Hour  // after that a delivery is given up
	offFor     = 24 * time.Hour  // how long a subscription stays disabled
	mostDrops  = 3               // in a row, until it is
	longestOut = 256 << 10       // a longer body is never sent
)

// pauses are between the attempts; the last one stays.
var pauses = []time.Duration{
	10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour,
}

// What became of a delivery.
const (
	Waiting   = "waiting"   // for an attempt, or for its turn
	Held      = "held"      // until a story lets it go
	Delivered = "delivered" // answered with 2xx
	Dropped   = "dropped"   // answered with 4xx, for good
	Discarded = "discarded" // the subscription was disabled, or 48 hours are over
	Lost      = "lost"      // never sent, on request
)

// delivery is an event on its way to one subscription.
type delivery struct {
	n        int
	id       string // X-Webhook-Id
	event    string
	kind     string
	about    *incident
	body     []byte
	sub      *subscription
	state    string
	made     time.Time
	due      time.Time
	sending  bool
	attempts []Attempt
}

// Attempt is one attempt to deliver: what was answered, or why nothing was.
type Attempt struct {
	At     time.Time
	Status int
	Err    string
}

// Delivery is what can be seen of an event on its way to an app.
type Delivery struct {
	N        int    // 1-based over all
	ID       string // X-Webhook-Id
	Event    string // the event's id
	Type     string
	Incident string // id; "" where it is about none
	Body     []byte
	State    string
	Attempts []Attempt
}

func (d *delivery) view() Delivery {
	v := Delivery{d.n, d.id, d.event, d.kind, "", d.body, d.state, slices.Clone(d.attempts)}
	if d.about != nil {
		v.Incident = d.about.id
	}
	return v
}

// Deliveries are all deliveries so far, in the order of their events.
func (a *Account) Deliveries() []Delivery {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []Delivery
	for _, d := range a.deliveries {
		list = append(list, d.view())
	}
	return list
}

// enqueue puts a delivery in its queue. The caller holds the lock, as in all that follow until attempt.
func (a *Account) enqueue(s *subscription, d *delivery) {
	d.n, d.id, d.sub, d.made, d.due, d.state = len(a.deliveries)+1, a.mintUUID(), s, a.now(), a.now(), Waiting
	a.deliveries = append(a.deliveries, d)
	switch {
	case s.disabled.After(a.now()), len(d.body) > longestOut:
		d.state = Discarded
	case a.lose > 0:
		a.lose--
		d.state = Lost
	case a.holding:
		d.state = Held
	default:
		a.waiting = append(a.waiting, d)
		a.dispatch()
	}
}

// dispatch starts every delivery that is due and first in its queue.
func (a *Account) dispatch() {
	type queue struct {
		sub   *subscription
		about *incident
	}
	if a.ctx.Err() != nil { // closed
		return
	}
	busy := map[queue]bool{}
	a.waiting = slices.DeleteFunc(a.waiting, func(d *delivery) bool { return d.state != Waiting })
	for _, d := range a.waiting {
		q := queue{d.sub, d.about}
		if d.about != nil && busy[q] {
			continue
		}
		busy[q] = true
		if !d.sending && !d.due.After(a.now()) {
			a.start(d)
		}
	}
}

func (a *Account) start(d *delivery) {
	d.sending = true
	a.busy++
	a.work.Go(func() { a.attempt(d) })
}

// attempt makes one attempt and notes what came of it.
func (a *Account) attempt(d *delivery) {
	a.mu.Lock()
	req, err := d.request(a.ctx)
	a.mu.Unlock()
	got := Attempt{}
	if err == nil {
		got.Status, err = a.post(req)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ctx.Err() == nil {
		a.answered(d, got, err)
	}
	a.busy--
	d.sending = false
	a.dispatch()
	a.changed()
}

func (a *Account) post(req *http.Request) (int, error) {
	resp, err := a.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, nil
}

// request is the signed request of a delivery.
func (d *delivery) request(ctx context.Context) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.sub.url, bytes.NewReader(d.body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "PagerDuty-Webhook/V3.0")
	req.Header.Set("X-Webhook-Id", d.id)
	req.Header.Set("X-Webhook-Subscription", d.sub.id)
	req.Header.Set("X-PagerDuty-Signature", Sign(d.body, d.sub.secrets...))
	for name, value := range d.sub.headers {
		req.Header.Set(name, value)
	}
	return req, nil
}

// Sign is the signature header over a raw body: one signature for each secret.
func Sign(body []byte, secrets ...string) string {
	var list []string
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		list = append(list, "v1="+hex.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(list, ",")
}

// answered decides what becomes of a delivery after an attempt.
func (a *Account) answered(d *delivery, got Attempt, err error) {
	if err == nil && a.deafness > 0 {
		a.deafness--
		got.Status, err = 0, errors.New("the answer was lost")
	}
	got.At = a.now()
	if err != nil {
		got.Err = reason(err)
	}
	d.attempts = append(d.attempts, got)
	switch {
	case got.Status >= 200 && got.Status < 300:
		d.state, d.sub.drops = Delivered, 0
	case got.Status >= 300 && got.Status < 500 && got.Status != http.StatusTooManyRequests:
		a.drop(d)
	case got.At.Sub(d.made) >= keptFor:
		d.state = Discarded
	default:
		pause := pauses[min(len(d.attempts), len(pauses))-1]
		d.due = got.At.Add(pause)
		a.after(pause, func() { a.dispatch(); a.changed() })
	}
}

// drop gives a delivery up because the app refused it, and disables the subscription with the third in a row.
func (a *Account) drop(d *delivery) {
	d.state = Dropped
	a.complain("webhook", http.StatusText(d.attempts[len(d.attempts)-1].Status))
	d.sub.drops++
	if d.sub.drops < mostDrops {
		return
	}
	d.sub.drops, d.sub.disabled = 0, a.now().Add(offFor)
	a.complain("webhook", "disabled")
	for _, other := range a.deliveries {
		if other.sub == d.sub && other.state == Waiting && other != d {
			other.state = Discarded
		}
	}
}

func reason(err error) string {
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "no answer in time"
	}
	return err.Error()
}

// newClient delivers as PagerDuty does: five seconds, no redirects.
func newClient(timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout:       timeout,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 256, IdleConnTimeout: 30 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

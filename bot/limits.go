package bot

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tocsin/incident"
)

// patience keeps calls back that Slack does not want yet, so that one refusal is enough for all effects that wait to make
// the same call. Slack counts by method, and messages by channel. It stands beneath the Slack client as its HTTP
// client: the last place before the wire.
//
// It knows no limits: it learns them. What Slack answered in the minute before it refused a call is what it takes in a
// minute; for some time, no more than that is sent. Without that, each time that Slack takes calls again, all who wait run
// into the next refusal together.
type patience struct {
	client *http.Client
	now    func() time.Time

	mu    sync.Mutex
	gates map[string]*gate // by what Slack counts under; guarded by mu
}

// gate is one thing that Slack counts: a method, or the messages to a channel.
type gate struct {
	until   time.Time     // Slack has asked for no call before
	most    int           // calls that it takes within a window; 0: not known
	window  time.Duration // of that
	learned time.Time     // when it became known
	past    []time.Time   // calls of the last minute that were answered
	under   int           // calls under way
}

const (
	longestPatience = 10 * time.Minute // caps what a broken neighbour may ask for
	rememberedFor   = 10 * time.Minute // a limit that was learned: others may have shared in it then
	fewest          = 20               // calls a minute that Slack promises for any method that we call (tier 2)
	reserved        = 20               // one urgent call in so many is kept for what happens now while a backlog is worked off
	keptOpen        = 16               // connections for the next calls: as many as deliver side by side, where Go would keep two
	mostGates       = 1000             // above that, those that nobody remembers anything of are dropped
)

// urgent are the calls that people wait for: those that follow the bell, and the one that changes what they look at.
var urgent = map[string]bool{"conversations.create": true, "conversations.invite": true, "chat.update": true}

// NewClient returns the HTTP client for the Slack client: it obeys Retry-After for each method and channel, bounds each
// call, and lets none begin for an effect that may be somebody else's by then.
func NewClient(limit time.Duration, now func() time.Time) interface {
	Do(*http.Request) (*http.Response, error)
	Held() time.Duration
} {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = keptOpen
	return &patience{client: &http.Client{Timeout: limit, Transport: transport}, now: now, gates: map[string]*gate{}}
}

// charge is what stands behind a call: until when it may begin (zero: no bound), and whether it is part of a backlog, and
// gives way to what happens now.
type charge struct {
	until  time.Time
	old    bool
	called *atomic.Bool // set with the first call that goes out
}

type chargeKey struct{}

func charged(ctx context.Context, c charge) context.Context {
	return context.WithValue(ctx, chargeKey{}, c)
}

// errTooLate is why a call was not begun. The program was paused, or the machine slept.
var errTooLate = errors.New("not sent: so late, somebody else may be at it")

// over tells whether the time for the call is over, by either clock: the machine's running, which stands still while the
// machine sleeps, or the time of day, which somebody may set.
func (c charge) over(now time.Time) bool {
	return !c.until.IsZero() && (!now.Before(c.until) || !now.Round(0).Before(c.until.Round(0)))
}

// Do makes a call, or answers like Slack would where it is known that it will.
func (p *patience) Do(r *http.Request) (*http.Response, error) {
	behind, _ := r.Context().Value(chargeKey{}).(charge)
	if behind.over(p.now()) {
		return nil, &incident.Setback{Err: errTooLate}
	}
	key, err := bucket(r)
	if err != nil {
		return nil, err
	}
	if wait := p.enter(key, behind.old && urgent[key]); wait > 0 {
		return tooMany(r, wait), nil
	}
	if behind.called != nil {
		behind.called.Store(true)
	}
	response, err := p.client.Do(onTime(r, behind, p.now))
	if err == nil && response.StatusCode == http.StatusTooManyRequests {
		response.Header.Set("Retry-After", strconv.Itoa(p.refused(key, response.Header))) // the client library reads numbers only
		return response, nil
	}
	p.answered(key)
	return response, err
}

// Held is for how long Slack wants us to hold back what people wait for.
func (p *patience) Held() (longest time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	for key, g := range p.gates {
		if urgent[key] {
			longest = max(longest, g.wait(now, false))
		}
	}
	return longest
}

// messages is the method that Slack counts by channel.
const messages = "chat.postMessage"

// bucket is what Slack counts a call under.
func bucket(r *http.Request) (string, error) {
	method := path.Base(r.URL.Path)
	if method != messages || r.GetBody == nil {
		return method, nil
	}
	body, err := r.GetBody()
	if err != nil {
		return "", err
	}
	defer body.Close()
	raw, err := io.ReadAll(body)
	if err != nil {
		return "", err
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return method, nil // no form: all channels share one
	}
	return method + " " + form.Get("channel"), nil
}

// enter counts a call that is about to be made, or returns how long it has to wait; where it yields, so that room is left
// for others.
func (p *patience) enter(key string, yields bool) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	g := p.gates[key]
	if g == nil {
		p.tidy(now)
		g = &gate{}
		p.gates[key] = g
	}
	if wait := g.wait(now, yields); wait > 0 {
		return wait
	}
	g.under++
	return 0
}

// answered notes that a call which entered was made, whatever came of it.
func (p *patience) answered(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	g := p.gates[key]
	g.under--
	g.past = append(g.past, p.now())
}

// refused keeps calls back for as long as Slack asked: at least a second, whatever stands in the header. It returns for
// how many seconds, and learns how many calls Slack takes.
func (p *patience) refused(key string, header http.Header) int {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil {
		seconds = 1
	}
	seconds = min(max(seconds, 1), int(longestPatience/time.Second))
	p.mu.Lock()
	defer p.mu.Unlock()
	now, g := p.now(), p.gates[key]
	g.under--
	g.until, g.learned = now.Add(time.Duration(seconds)*time.Second), now
	if strings.HasPrefix(key, messages) {
		g.most, g.window = 1, time.Second // Slack's word for a channel: bursts were what it refused
	} else {
		g.most, g.window = max(g.within(time.Minute, now), fewest), time.Minute
	}
	return seconds
}

// tidy drops gates that nothing is remembered of.
func (p *patience) tidy(now time.Time) {
	if len(p.gates) < mostGates {
		return
	}
	for key, g := range p.gates {
		if g.under == 0 && g.wait(now, true) == 0 && g.within(time.Minute, now) == 0 {
			delete(p.gates, key)
		}
	}
}

// wait is how long a call has to wait that would be made now.
func (g *gate) wait(now time.Time, yields bool) time.Duration {
	if wait := g.until.Sub(now); wait > 0 && wait <= longestPatience { // above: somebody has set the clock
		return wait
	}
	taken := g.within(g.window, now)
	if age := now.Sub(g.learned); age < 0 || age > rememberedFor {
		g.most = 0
	}
	room := g.most
	if yields {
		room -= g.most / reserved
	}
	switch over := taken + g.under - room; {
	case g.most == 0 || over < 0:
		return 0
	case over < taken:
		return max(g.past[len(g.past)-taken+over].Add(g.window).Sub(now), time.Millisecond)
	}
	return g.window // those under way take all the room
}

// within counts the calls answered within a window, and forgets those of more than a minute ago.
func (g *gate) within(window time.Duration, now time.Time) (n int) {
	for len(g.past) > 0 && now.Sub(g.past[0]).Abs() >= time.Minute {
		g.past = g.past[1:]
	}
	for n < len(g.past) && now.Sub(g.past[len(g.past)-1-n]).Abs() < window {
		n++
	}
	return n
}

// tooMany is the answer that Slack would give.
func tooMany(r *http.Request, wait time.Duration) *http.Response {
	seconds := int((wait + time.Second - 1) / time.Second)
	return &http.Response{
		Status: "429 Too Many Requests", StatusCode: http.StatusTooManyRequests, Proto: r.Proto,
		Header:  http.Header{"Retry-After": {strconv.Itoa(seconds)}},
		Body:    io.NopCloser(strings.NewReader(`{"ok":false,"error":"ratelimited"}`)),
		Request: r,
	}
}

package pagerdutytest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Object is one JSON object as it goes over the wire.
type Object = map[string]any

// Options say what kind of account to open. Now is required by Open.
type Options struct {
	// Listen is the address to listen on; empty means a free port on 127.0.0.1.
	Listen string
	// Now is the scenario's clock.
	Now func() time.Time
	// People, Policies and Services are what the account has; nil means the defaults.
	People   []Person
	Policies []Policy
	Services []Service
	// Without are abilities that the account has not bought, as "coordinated_responding".
	Without []string
	// Timeout is what an app has to answer a webhook; 0 means PagerDuty's five seconds.
	Timeout time.Duration
	// Seed is where ids begin to count.
	Seed int64
}

// Account is one PagerDuty account that listens on an address of its own.
type Account struct {
	now     func() time.Time
	movable *storyClock // set by New when it made the clock
	token   string
	routing string // the key of events that belong to no service of their own
	base    string
	server  *http.Server
	client  *http.Client
	ctx     context.Context
	stop    context.CancelFunc
	work    sync.WaitGroup
	without []string

	mu         sync.Mutex
	wake       chan struct{} // closed and replaced by changed
	minted     int64
	numbered   int
	users      []*user
	policies   []*policy
	services   []*service
	priorities []*thing
	incidents  []*incident
	subs       []*subscription
	team       *thing

	deliveries []*delivery
	waiting    []*delivery // those that are to be attempted
	busy       int         // attempts that are being made
	holding    bool
	lose       int // deliveries that will never be sent
	deafness   int // answers that will not be heard
	timers     []timer

	windows    map[string]*window // of rate limits, by key
	factor     float64
	fault      func(Call) *Fault
	check      func(*http.Request) error
	calls      []Call
	perMethod  map[string]int
	announced  map[string]bool
	complaints []string

	t T // the test that New was given, else nil
}

// Open starts an account; it is listening when Open returns.
func Open(o Options) (*Account, error) { return openWith(o, nil) }

func openWith(o Options, movable *storyClock) (*Account, error) {
	if o.Now == nil {
		return nil, errors.New("pagerdutytest: Options.Now is required")
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("pagerdutytest: %w", err)
	}
	a := build(o)
	a.movable = movable
	a.base = "http://" + l.Addr().String()
	if err := a.furnish(o); err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("pagerdutytest: %w", err)
	}
	a.server = &http.Server{Handler: a.routes(), ReadHeaderTimeout: 10 * time.Second}
	a.work.Go(func() { _ = a.server.Serve(l) })
	a.work.Go(a.runTimers)
	return a, nil
}

func build(o Options) *Account {
	ctx, stop := context.WithCancel(context.Background())
	if o.Timeout == 0 {
		o.Timeout = appTimeout
	}
	return &Account{
		now: o.Now, token: random(), routing: random(), ctx: ctx, stop: stop, wake: make(chan struct{}), minted: o.Seed, without: o.Without,
		client: newClient(o.Timeout), windows: map[string]*window{}, factor: 1, perMethod: map[string]int{}, announced: map[string]bool{},
	}
}

// Close stops listening and delivering; it is safe to call twice.
func (a *Account) Close() error {
	a.stop()
	err := a.server.Close()
	a.work.Wait()
	a.client.CloseIdleConnections()
	return err
}

// URL is the address of the page.
func (a *Account) URL() string { return a.base + "/" }

// APIURL is what a client's address of the REST API is set to.
func (a *Account) APIURL() string { return a.base + "/api" }

// EventsURL is what a client's address of the Events API is set to.
func (a *Account) EventsURL() string { return a.base }

// Token is a key of the REST API, made at random by Open.
func (a *Account) Token() string { return a.token }

// RoutingKey is the integration key of a service for the Events API; "" is that of the first one.
func (a *Account) RoutingKey(service string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.services {
		if service == "" || s.name == service || s.id == service {
			return s.key
		}
	}
	return ""
}

// changed wakes everybody who waits for something to be seen. The caller holds the lock.
func (a *Account) changed() {
	close(a.wake)
	a.wake = make(chan struct{})
}

// await blocks until done, which runs under the lock, says so, or the context ends.
func (a *Account) await(ctx context.Context, done func() bool) error {
	for {
		a.mu.Lock()
		ok, wake := done(), a.wake
		a.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return ctx.Err()
		case <-a.ctx.Done():
			return a.ctx.Err()
		}
	}
}

// mint makes the next id, as PagerDuty's look: seven characters, the first says what it is. The caller holds the lock.
func (a *Account) mint(kind string) string { return kind + a.count(6) }

// mintEvent makes the next id of an event or a log entry. The caller holds the lock.
func (a *Account) mintEvent() string { return "01" + a.count(24) }

// mintUUID makes the next id of a delivery. The caller holds the lock.
func (a *Account) mintUUID() string {
	a.minted++
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(a.minted*2654435761), a.minted)
}

func (a *Account) count(width int) string {
	a.minted++
	const prime, space = 48271, 36 * 36 * 36 * 36 * 36 * 36 // spreads, does not repeat within 36^6
	n := strings.ToUpper(strconv.FormatInt(a.minted*prime%space, 36))
	return strings.Repeat("0", max(0, width-len(n))) + n
}

// random is 128 bits nobody can guess, in hex: as long as PagerDuty's keys.
func random() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return hex.EncodeToString(b)
}

// timer runs something at a time of the scenario's clock.
type timer struct {
	at  time.Time
	run func()
}

// after sets a timer. The caller holds the lock.
func (a *Account) after(d time.Duration, run func()) {
	a.timers = append(a.timers, timer{a.now().Add(d), run})
}

// fire runs what is due. The caller holds the lock.
func (a *Account) fire() {
	now := a.now()
	var later, due []timer
	for _, t := range a.timers {
		if t.at.After(now) {
			later = append(later, t)
		} else {
			due = append(due, t)
		}
	}
	a.timers = later
	for _, t := range due {
		t.run()
	}
}

// runTimers looks at the scenario's clock ten times a second; a clock made by New is moved by Pass alone.
func (a *Account) runTimers() {
	if a.movable != nil {
		return
	}
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-a.ctx.Done():
			return
		case <-ticker.C:
			a.mu.Lock()
			a.fire()
			a.mu.Unlock()
		}
	}
}

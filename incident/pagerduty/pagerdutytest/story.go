package pagerdutytest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// T is what a story needs of a test; *testing.T and *testing.B fit.
type T interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
	Cleanup(f func())
	Context() context.Context
}

// patience is how long a story waits for something to be seen: far beyond what a slow machine needs.
const patience = 30 * time.Second

// storyClock stands still until Pass moves it.
type storyClock struct {
	mu sync.Mutex
	at time.Time
}

func (c *storyClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *storyClock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = t
}

// New opens an account for a story and closes it with the test, which fails on Complaints. Without Options.Now the scenario
// has a clock of its own, a Tuesday morning in March 2026, that only Pass moves. Rate limits go by that clock.
func New(t T, o Options) *Account {
	t.Helper()
	var own *storyClock
	if o.Now == nil {
		own = &storyClock{at: time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)}
		o.Now = own.now
	}
	a, err := openWith(o, own)
	if err != nil {
		t.Fatalf("%v", err)
	}
	a.t = t
	t.Cleanup(func() {
		_ = a.Close()
		for _, c := range a.Complaints() {
			t.Errorf("PagerDuty would not have taken it: %s", c)
		}
	})
	return a
}

// Pass moves the scenario's clock; deliveries that fall due on the way are attempted at their time, and answered before it
// goes on. With a clock that was given to New it only does what is due by now.
func (a *Account) Pass(d time.Duration) {
	a.t.Helper()
	if a.movable == nil {
		a.Tick()
		return
	}
	end := a.movable.now().Add(d)
	for at := a.nextTimer(end); ; at = a.nextTimer(end) {
		a.movable.set(at)
		a.Tick()
		if !at.Before(end) {
			return
		}
	}
}

// Tick does what is due by the scenario's clock, and returns when everything that is being sent was answered.
func (a *Account) Tick() {
	a.mu.Lock()
	a.fire()
	a.mu.Unlock()
	a.Settle()
}

// Settle waits until nothing is being sent.
func (a *Account) Settle() {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	if err := a.Idle(ctx); err != nil {
		a.t.Fatalf("deliveries do not end: %v", err)
	}
}

func (a *Account) nextTimer(end time.Time) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, t := range a.timers {
		if t.at.Before(end) {
			end = t.at
		}
	}
	return end
}

// waitFor waits until done, which runs under the lock, and fails the story with what was there instead.
func (a *Account) waitFor(what string, done func() bool, instead func() string) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	if err := a.await(ctx, done); err != nil {
		a.mu.Lock()
		there := instead()
		a.mu.Unlock()
		a.t.Fatalf("waited for %s (%v); there was instead:\n%s", what, err, there)
	}
}

// Trigger makes something break: an incident on a service, as a person makes it on the page. Parts set more of it.
func (a *Account) Trigger(service, title string, parts ...Part) *Incident {
	n := newIncident{service: service, title: title}
	by := actor{}
	for _, part := range parts {
		part(a, &n, &by)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	n.agent, n.client = by.agent(), by.client()
	i, err := a.openIncident(n)
	a.must(err)
	return &Incident{a, i}
}

// Part is one more thing that Trigger is told.
type Part func(*Account, *newIncident, *actor)

// By says who triggers; otherwise it is a monitor.
func By(who string) Part {
	return func(a *Account, _ *newIncident, by *actor) { by.who = a.person(who) }
}

// Urgency is "high", which it is otherwise, or "low".
func Urgency(u string) Part { return func(_ *Account, n *newIncident, _ *actor) { n.urgency = u } }

// Priority is "P1" to "P5"; otherwise there is none.
func Priority(p string) Part { return func(_ *Account, n *newIncident, _ *actor) { n.priority = p } }

// Key is the incident key; otherwise one is made up.
func Key(k string) Part { return func(_ *Account, n *newIncident, _ *actor) { n.key = k } }

// Details are what the body says: a string, or an object.
func Details(d any) Part { return func(_ *Account, n *newIncident, _ *actor) { n.details = d } }

// person finds somebody for a story.
func (a *Account) person(who string) *user {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.somebody(who)
}

// somebody is a person who must exist; "" is nobody, PagerDuty itself. The caller holds the lock.
func (a *Account) somebody(who string) *user {
	u := a.userNamed(who)
	if u == nil && who != "" {
		a.must(fmt.Errorf("nobody knows %s", who))
	}
	return u
}

// must ends a story that asks for what cannot be.
func (a *Account) must(err error) {
	if err == nil {
		return
	}
	if a.t == nil {
		panic("pagerdutytest: " + err.Error())
	}
	a.t.Helper()
	a.t.Fatalf("PagerDuty: %v", err)
}

// All are the incidents of the account, the oldest first.
func (a *Account) All() []*Incident {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []*Incident
	for _, i := range a.incidents {
		list = append(list, &Incident{a, i})
	}
	return list
}

// Expect waits for an incident whose title has all the words: one that the program under test has made, too.
func (a *Account) Expect(words ...string) *Incident {
	a.t.Helper()
	var found *incident
	a.waitFor(fmt.Sprintf("an incident with %q", words), func() bool {
		for _, i := range a.incidents {
			if hasAll(i.title, words) {
				found = i
				return true
			}
		}
		return false
	}, a.world)
	return &Incident{a, found}
}

func hasAll(text string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

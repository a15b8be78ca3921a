package slacksim

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// T is what a story needs of a test; *testing.T and *testing.B fit. Only a workspace that New made can tell stories
// (Person, Channel, Quiet, Pass …); one that Open made has the rest.
type T interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
	Cleanup(f func())
	Context() context.Context
}

// patience is how long a story waits for something to be seen: far beyond what a slow machine needs, so that only a fault
// runs into it.
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

// New opens a workspace for a story and closes it with the test, which fails on Complaints. Without Options.Now the
// scenario has a clock of its own, a Tuesday morning in March 2026, that only Pass moves; without Options.Clock the real
// clock is the machine's. Rate limits go by the scenario's clock: while it stands still the sixth post to a channel is
// refused, so a story that is not about limits calls Limits(0).
func New(t T, o Options) *Workspace {
	t.Helper()
	var own *storyClock
	if o.Now == nil {
		own = &storyClock{at: time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)}
		o.Now = own.now
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	w, err := openWith(o, own)
	if err != nil {
		t.Fatalf("%v", err)
	}
	w.t = t
	t.Cleanup(func() {
		_ = w.Close()
		for _, c := range w.Complaints() {
			t.Errorf("the app did something wrong: %s", c)
		}
	})
	return w
}

// Clock is the scenario's clock, for the app under test.
func (w *Workspace) Clock() func() time.Time { return w.now }

// OnSettle sets what Quiet runs first: the app brings all its work to an end.
func (w *Workspace) OnSettle(f func(context.Context) error) { w.settle = append(w.settle, f) }

// OnPass sets what Pass runs after it moved the clock.
func (w *Workspace) OnPass(f func(now time.Time)) { w.passed = append(w.passed, f) }

// Pass moves the scenario's clock; what falls due on the way (an event sent again) happens at its time. Only a workspace
// whose clock New made has one to move.
func (w *Workspace) Pass(d time.Duration) {
	w.t.Helper()
	if w.movable == nil {
		w.t.Fatalf("Pass: this workspace runs on a clock that was given to it")
	}
	end := w.movable.now().Add(d)
	for at := w.nextTimer(end); ; at = w.nextTimer(end) {
		w.movable.set(at)
		w.mu.Lock()
		w.fire()
		w.mu.Unlock()
		if !at.Before(end) {
			break
		}
	}
	for _, f := range w.passed {
		f(end)
	}
}

// nextTimer is when the next timer is due, or the end.
func (w *Workspace) nextTimer(end time.Time) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range w.timers {
		if t.at.Before(end) {
			end = t.at
		}
	}
	return end
}

// waitFor waits until done, which runs under the lock, and fails the story with what was there instead.
func (w *Workspace) waitFor(what string, done func() bool, instead func() string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	if err := w.await(ctx, done); err != nil {
		w.mu.Lock()
		there := instead()
		w.mu.Unlock()
		w.t.Fatalf("waited for %s (%v); there was instead:\n%s", what, err, indent(there))
	}
}

// Idle waits until every event was attempted and answered; events that wait for a later attempt do not count.
func (w *Workspace) Idle(ctx context.Context) error {
	return w.await(ctx, func() bool { return len(w.queue) == 0 && w.busy == 0 })
}

// Quiet waits until the app has nothing left to do (OnSettle), then fails for every message of the app that the story
// did not expect.
func (w *Workspace) Quiet() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	err := w.Idle(ctx)
	for _, f := range w.settle {
		if err == nil {
			err = f(ctx)
		}
	}
	if err == nil {
		err = w.Idle(ctx)
	}
	if err != nil {
		w.t.Fatalf("the app does not settle: %v", err)
	}
	for _, m := range w.unexpected() {
		w.t.Errorf("nobody expected this message:\n%s", m)
	}
}

func (w *Workspace) unexpected() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []string
	for _, id := range w.rooms {
		c := w.channels[id]
		for _, m := range c.messages {
			if m.byApp && !m.expected && m.only == "" && m.subtype == "" {
				list = append(list, w.title(c)+"\n"+w.line(c, m))
			}
		}
	}
	return list
}

// title is how a channel is spoken of. The caller holds the lock.
func (w *Workspace) title(c *channel) string {
	if c.im {
		return "direct messages with " + w.nameOf(c.with)
	}
	return "#" + c.name
}

// holds tells whether a text has all the words, and which is missing first.
func holds(text string, words []string) (missing string, ok bool) {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return word, false
		}
	}
	return "", true
}

// Channel is a channel in a story.
type Channel struct {
	w *Workspace
	c *channel
}

// Channel waits until a channel of that name exists.
func (w *Workspace) Channel(name string) *Channel {
	w.t.Helper()
	var c *channel
	w.waitFor("channel "+name, func() bool { c = w.byName(name); return c != nil }, func() string {
		var all []string
		for _, id := range w.rooms {
			all = append(all, w.title(w.channels[id]))
		}
		return strings.Join(all, "\n")
	})
	return &Channel{w, c}
}

// DirectMessages is the conversation of a person and the app.
func (w *Workspace) DirectMessages(p *Person) *Channel {
	w.mu.Lock()
	defer w.mu.Unlock()
	return &Channel{w, w.direct(p.id)}
}

// Expect waits for a message of the app, not yet expected, that shows all the words, and marks it expected.
func (c *Channel) Expect(words ...string) *Post {
	c.w.t.Helper()
	var found *message
	c.w.waitFor(fmt.Sprintf("a message with %q in %s", words, c.Name()), func() bool {
		for _, m := range c.c.messages {
			if !m.byApp || m.expected || m.only != "" || m.subtype != "" {
				continue
			}
			if _, ok := holds(c.w.visible(m.text, m.blocks, asFallback), words); ok {
				m.expected = true
				found = m
				return true
			}
		}
		return false
	}, c.show)
	return &Post{c, found}
}

// show is the channel as text. The lock is held.
func (c *Channel) show() string { return c.w.picture(c.c, false) }

// Name is the channel's, with its #.
func (c *Channel) Name() string {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	return c.w.title(c.c)
}

// ID is the channel's id.
func (c *Channel) ID() string { return c.c.id }

// Topic is the topic as people read it.
func (c *Channel) Topic() string {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	return c.w.readableText(c.c.topic.value, asFallback)
}

// Archived tells whether the channel is archived.
func (c *Channel) Archived() bool {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	return c.c.archived
}

// Private tells whether the channel is private.
func (c *Channel) Private() bool { return c.c.private }

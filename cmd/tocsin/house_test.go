package main

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin"
	"tocsin/bot/slacksim"
)

// house is the real program in a simulated workspace, with a clock that only Pass moves.
type house struct {
	*slacksim.Workspace
	t       *testing.T
	program *program
	log     *watchedLog
	db      string
	copies  []string // of the database, on PostgreSQL
	stop    func()   // ends the program as SIGTERM does

	known map[string]bool // who came while a scenario was played
	said  *slacksim.Post  // in it, last
}

// furnish changes what a program is made of before it starts.
type furnish func(*options)

// overSocket tells whether every house takes Slack's requests over Socket Mode: TOCSIN_TEST_TRANSPORT says so. It is read
// while tests run, because go test keeps the results of a variable that is read before.
func overSocket() bool { return os.Getenv("TOCSIN_TEST_TRANSPORT") == "socket" }

// inSocketMode gives a program what it needs for Socket Mode. Its HTTP stays, as while an app is moved.
func inSocketMode(w *slacksim.Workspace) furnish {
	return func(o *options) { o.settings.AppToken = secret(w.AppToken()) }
}

// overHTTP is for what is about HTTP itself.
func overHTTP(o *options) { o.settings.AppToken = "" }

// newHouse opens a workspace and starts the program in it, with everybody known.
func newHouse(t *testing.T, changes ...furnish) *house {
	t.Helper()
	return newHouseIn(t, slacksim.New(t, slacksim.Options{Manifest: tocsin.Manifest}), changes...)
}

// newHouseIn starts the program in a workspace.
func newHouseIn(t *testing.T, w *slacksim.Workspace, changes ...furnish) *house {
	t.Helper()
	h := &house{t: t, Workspace: w, log: &watchedLog{}, db: newDatabase(t)}
	h.Check(slackContract)
	h.Limits(0) // the clock stands still, so that no window would ever pass; limits have stories of their own
	h.OnSettle(func(ctx context.Context) error { return h.drain(ctx) })
	h.OnPass(func(time.Time) { h.program.outbox.Nudge() })
	h.start(changes...)
	t.Cleanup(func() {
		h.stop()
		h.clear()
		for _, line := range h.log.unexpected() {
			t.Errorf("an error was logged that nobody announced: %s", line)
		}
	})
	return h
}

// start runs the program until stop.
func (h *house) start(changes ...furnish) {
	h.t.Helper()
	o := demoOptions(h.Workspace, h.db)
	o.now, o.log = h.Clock(), slog.New(h.log)
	if onPostgres {
		o.lease = houseLease
	}
	if overSocket() {
		inSocketMode(h.Workspace)(&o)
	}
	for _, change := range changes {
		change(&o)
	}
	h.Socket(o.settings.AppToken != "") // as somebody would switch it in Slack
	h.log.ignore(false)
	ctx, cancel := context.WithCancel(context.Background())
	p, err := newProgram(ctx, o)
	if err != nil {
		cancel()
		h.t.Fatal(err)
	}
	h.program = p
	done := make(chan error, 1)
	h.LoseAcks(0)
	go func() { done <- p.run(ctx) }()
	h.Connect(p.url())
	if p.socket != nil {
		h.AwaitSockets(2)
	}
	if err := p.bot.Refresh(ctx); err != nil {
		h.t.Fatal(err)
	}
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			h.t.Errorf("the program did not end well: %v", err)
		}
	})
}

// drain waits until nothing is due and no answer is on its way.
func (h *house) drain(ctx context.Context) error {
	err := h.program.outbox.Drain(ctx)
	h.program.bot.Wait()
	return err
}

// watchedLog remembers errors, so that a test fails on one that it did not announce.
type watchedLog struct {
	mu        sync.Mutex
	ignored   bool // what is logged now
	announced []string
	errors    []string
	lines     []string
}

func (*watchedLog) Enabled(context.Context, slog.Level) bool { return true }

func (l *watchedLog) Handle(_ context.Context, r slog.Record) error {
	line := r.Message
	r.Attrs(func(a slog.Attr) bool { line += " " + a.String(); return true })
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, r.Level.String()+" "+line)
	if r.Level >= slog.LevelError && !l.ignored {
		l.errors = append(l.errors, line)
	}
	return nil
}

func (l *watchedLog) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l *watchedLog) WithGroup(string) slog.Handler      { return l }

// announce says that errors with these words will be logged.
func (l *watchedLog) announce(words string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.announced = append(l.announced, words)
}

// ignore says whether errors mean nothing from now on, because they are those of a dying program.
func (l *watchedLog) ignore(ignored bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ignored = ignored
}

func (l *watchedLog) unexpected() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []string
	for _, line := range l.errors {
		known := false
		for _, words := range l.announced {
			known = known || strings.Contains(line, words)
		}
		if !known {
			list = append(list, line)
		}
	}
	return list
}

// forget drops the lines so far: what they tell was for everybody.
func (l *watchedLog) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = nil
}

// all is everything that was logged, to look for what must not be there.
func (l *watchedLog) all() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

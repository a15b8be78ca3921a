package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tocsin/incident"
	"tocsin/incident/outbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	errNobody = errors.New("nobody there")
	errNo     = errors.New("invalid_arguments")
)

// world is an outbox with everything around it. The direct lane goes to "mail", all others go to "slack".
type world struct {
	*outbox.Outbox
	t      *testing.T
	store  *memory
	start  time.Time
	cancel context.CancelFunc
	ran    chan error

	mu     sync.Mutex
	do     func(context.Context, incident.Effect) (incident.Refs, error) // nil: all goes well
	calls  []string                                                      // "card of INC-1 #2 at 1s"
	busy   int
	most   int      // deliveries that ran side by side
	lines  []string // of the log: "WARN an effect was refused"
	errors int      // lines at level error that the test expects
}

// newWorld makes a world that does not run yet. Its jitter is such that the ladder is exactly 1, 2, 4 … s.
func newWorld(t *testing.T) *world {
	w := &world{t: t, store: newMemory(), ran: make(chan error, 1)}
	w.Outbox = &outbox.Outbox{
		Store: w.store, Wake: w.store.wake, Now: time.Now, Log: slog.New(w), Single: true,
		Jitter: func() float64 { return 0.5 }, Couriers: map[incident.Lane]outbox.Route{},
	}
	for _, lane := range []incident.Lane{incident.LaneRoom, incident.LanePeople, incident.LaneSigns, incident.LaneAnnounce} {
		w.Couriers[lane] = outbox.Route{Destination: "slack", Courier: w}
	}
	w.Couriers[incident.LaneDirect] = outbox.Route{Destination: "mail", Courier: w}
	w.start = w.Now()
	return w
}

// run starts the outbox; the end of the test stops it and checks what was logged as an error.
func (w *world) run() {
	ctx, cancel := context.WithCancel(w.t.Context())
	w.cancel = cancel
	go func() { w.ran <- w.Run(ctx) }()
	synctest.Wait()
}

// end stops the outbox, and fails for lines at level error that were not announced.
func (w *world) end() {
	w.t.Helper()
	w.cancel()
	if err := <-w.ran; err != nil {
		w.t.Errorf("Run: %v", err)
	}
	synctest.Wait()
	if n := w.logged("ERROR"); n != w.errors {
		w.t.Errorf("%d lines at level error, want %d:\n%s", n, w.errors, strings.Join(w.lines, "\n"))
	}
}

// story runs one test in a bubble of synctest.
func story(t *testing.T, tell func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		tell(w)
		if w.cancel != nil {
			w.end()
		}
	})
}

// pass lets time go by, and everything come to rest.
func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// owe puts effects of an incident in the queue.
func (w *world) owe(id incident.ID, kinds ...incident.EffectKind) {
	lanes := map[incident.EffectKind]incident.Lane{
		incident.EffectInvite: incident.LanePeople, incident.EffectTopic: incident.LaneSigns,
		incident.EffectAnnouncement: incident.LaneAnnounce, incident.EffectTell: incident.LaneDirect,
	}
	effects := make([]incident.Effect, 0, len(kinds))
	for _, kind := range kinds {
		lane := lanes[kind]
		if lane == "" {
			lane = incident.LaneRoom
		}
		effects = append(effects, incident.Effect{Incident: id, Lane: lane, Kind: kind})
	}
	w.store.add(w.Now(), effects...)
	synctest.Wait()
}

// Deliver makes the world the courier of every lane.
func (w *world) Deliver(ctx context.Context, e incident.Effect) (incident.Refs, error) {
	line := fmt.Sprintf("%s #%d at %s", e, e.Attempt, w.Now().Sub(w.start))
	w.mu.Lock()
	w.calls = append(w.calls, line)
	w.busy++
	w.most = max(w.most, w.busy)
	do := w.do
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.busy--
	}()
	if do == nil {
		return nil, nil
	}
	return do(ctx, e)
}

// when makes the courier behave otherwise from now on.
func (w *world) when(do func(context.Context, incident.Effect) (incident.Refs, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.do = do
}

// expect compares what was delivered since the last time with a story, in any order within one instant.
func (w *world) expect(want ...string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	slices.Sort(want)
	got := slices.Sorted(slices.Values(w.calls))
	if !slices.Equal(got, want) {
		w.t.Errorf("delivered\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	w.calls = nil
}

// forget drops the deliveries so far.
func (w *world) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = nil
}

// row returns how the store sees the nth effect that was owed, from 0.
func (w *world) row(n int) row {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	return *w.store.rows[n]
}

// events is what the timeline says of the outbox's doings.
func (w *world) events() string {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	return strings.Join(w.store.events, ", ")
}

// ref returns what was learned about an incident.
func (w *world) ref(id incident.ID, name string) string {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	return w.store.refs[id][name]
}

// asked counts the questions of one kind to the store.
func (w *world) asked(what string) int {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	return w.store.asked[what]
}

// side returns how many deliveries run side by side, and how many have at most.
func (w *world) side() (busy, most int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.busy, w.most
}

// circuit returns how things stand with a destination.
func (w *world) circuit(name string) outbox.Circuit {
	for _, c := range w.Status() {
		if c.Destination == name {
			return c
		}
	}
	w.t.Fatalf("no circuit %q", name)
	return outbox.Circuit{}
}

// logged counts the lines that begin so.
func (w *world) logged(prefix string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, line := range w.lines {
		if strings.HasPrefix(line, prefix) {
			n++
		}
	}
	return n
}

// The world is a slog.Handler that keeps level and message.

func (w *world) Enabled(context.Context, slog.Level) bool { return true }
func (w *world) WithAttrs([]slog.Attr) slog.Handler       { return w }
func (w *world) WithGroup(string) slog.Handler            { return w }
func (w *world) Handle(_ context.Context, r slog.Record) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, r.Level.String()+" "+r.Message)
	return nil
}

// always answers every delivery alike.
func always(err error) func(context.Context, incident.Effect) (incident.Refs, error) {
	return func(context.Context, incident.Effect) (incident.Refs, error) { return nil, err }
}

// takes makes every delivery last, unless its context ends first.
func takes(d time.Duration) func(context.Context, incident.Effect) (incident.Refs, error) {
	return func(ctx context.Context, _ incident.Effect) (incident.Refs, error) {
		select {
		case <-time.After(d):
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// down and busy are what a courier says of a destination that does not answer, and of one that asks for patience.
func down(err error, after time.Duration) error {
	return &incident.Setback{Down: true, Err: err, After: after}
}

func busy(after time.Duration) error {
	return &incident.Setback{Err: errors.New("rate limited"), After: after}
}

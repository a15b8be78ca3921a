//go:build bench

package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"tocsin/bot/slacksim"
	"tocsin/store"
)

// trips declares incidents while each call to Slack takes 100 ms, and reads from the simulator's record which calls
// waited for which.
func (b *bench) trips() {
	s := newStorm(b.T, 1)
	s.settings = append(s.settings, "TOCSIN_OPS_ADDR=127.0.0.1:0")
	p := s.open()
	s.declareHere(0)
	s.drain()
	s.w.Faults(func(slacksim.Call) *slacksim.Fault { return &slacksim.Fault{Kind: slacksim.Delay, Delay: trip} })
	under := b.newFloorTrips(s)
	var usable, all series
	n := 0
	a, f, ratios := b.inTurn(func() float64 {
		n++
		before := len(s.w.Calls())
		began := s.declareHere(n)
		s.drain()
		made := chained(s.w.Calls()[before:])
		depth, at := made.usable()
		usable, all = append(usable, float64(depth)), append(all, float64(made.deepest()))
		return inMillis([]time.Duration{at.Sub(began) - 2*trip})[0]
	}, under.declare)
	s.blame(p)
	p.stop(b.T)
	row{
		what: "declare: serial Slack round trips until usable / all done", ours: fmt.Sprintf("%.0f / %.0f", usable.median(), all.median()), floor: "2 / 3",
		bar: "2 / 3", met: usable.median() <= 2 && all.median() <= 3, noise: usable.spread("%.0f") + all.spread("%.0f"),
	}.print()
	row{
		what: "declare: time beyond 2 round trips of 100 ms", ours: fmt.Sprintf("%.1f ms", a.median()) + a.spread("%.1f"), floor: fmt.Sprintf("%.1f ms", f.median()),
		ratio: fmt.Sprintf("%.2f", ratios.median()), bar: "≤ 10 ms", met: a.median() <= 10,
	}.print()
}

// declareHere declares an incident that looks like no other, and returns when that was sent.
func (s *storm) declareHere(n int) (began time.Time) {
	s.t.Helper()
	send := slacksim.SendArgs{Person: "Ada", Channel: "#general", Text: "/incident declare sev2 " + distinct(n) + " --service checkout"}
	began = time.Now()
	status, body, err := s.w.SendCommand(s.t.Context(), send)
	if err != nil || !strings.Contains(body, "declared. Opening") {
		s.t.Fatalf("%d %s %v", status, body, err)
	}
	return began
}

// chain is calls to Slack, each with how many had to end, one after the other, before it ended.
type chain []struct {
	slacksim.Call
	depth int
}

func chained(calls []slacksim.Call) chain {
	made := make(chain, len(calls))
	for n, c := range calls { // in the order in which they began
		made[n].Call, made[n].depth = c, 1
		for _, earlier := range made[:n] {
			if !earlier.End.After(c.Start) {
				made[n].depth = max(made[n].depth, earlier.depth+1)
			}
		}
	}
	return made
}

func (c chain) deepest() (depth int) {
	for _, call := range c {
		depth = max(depth, call.depth)
	}
	return depth
}

// usable is when people can work in the room: it is there, they are in it, and the first message stands in it.
func (c chain) usable() (depth int, at time.Time) {
	seen := map[string]bool{}
	for _, call := range c {
		switch call.Method {
		case "conversations.create", "conversations.invite", "chat.postMessage":
			if !seen[call.Method] {
				seen[call.Method] = true
				depth = max(depth, call.depth)
				if call.End.After(at) {
					at = call.End
				}
			}
		}
	}
	return depth, at
}

// floorTrips does what cannot be done faster: it writes the rows of a declaration, makes the room, and then invites and
// posts side by side.
type floorTrips struct {
	b     *bench
	w     *slacksim.Workspace
	floor *floor
	n     int
}

func (b *bench) newFloorTrips(s *storm) *floorTrips {
	path := b.newDB()
	opened, err := store.Open(b.Context(), path, store.Options{})
	if err == nil {
		err = opened.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
	pool, err := sql.Open("tocsin-sqlite", floorDSN(path))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = pool.Close() })
	f := &floorTrips{b: b, w: s.w, floor: &floor{}}
	if f.floor.conn, err = pool.Conn(b.Context()); err != nil {
		b.Fatal(err)
	}
	return f
}

func (f *floorTrips) declare() float64 {
	f.n++
	began := time.Now()
	o := &order{key: fmt.Sprint("floor", f.n), person: "U1", text: "declare " + distinct(f.n), at: began.UnixMilli()}
	if err := f.floor.write(f.b.Context(), []*order{o}); err != nil {
		f.b.Fatal(err)
	}
	var room struct{ Channel struct{ ID string } }
	if err := f.call(f.b.Context(), "conversations.create", url.Values{"name": {fmt.Sprintf("floor-%d", f.n)}}, &room); err != nil {
		f.b.Fatal(err)
	}
	group, ctx := errgroup.WithContext(f.b.Context())
	group.Go(func() error {
		return f.call(ctx, "conversations.invite", url.Values{"channel": {room.Channel.ID}, "users": {f.w.Person("Ada").ID()}}, nil)
	})
	group.Go(func() error {
		return f.call(ctx, "chat.postMessage", url.Values{"channel": {room.Channel.ID}, "text": {o.text}}, nil)
	})
	if err := group.Wait(); err != nil {
		f.b.Fatal(err)
	}
	return inMillis([]time.Duration{time.Since(began) - 2*trip})[0]
}

func (f *floorTrips) call(ctx context.Context, method string, form url.Values, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.w.APIURL()+method, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+f.w.BotToken())
	request.Header.Set("Content-Type", formType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var answer json.RawMessage
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return err
	}
	var verdict struct {
		OK    bool
		Error string
	}
	if err := json.Unmarshal(answer, &verdict); err != nil || !verdict.OK {
		return fmt.Errorf("%s: %s %w", method, verdict.Error, err)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}

const formType = "application/x-www-form-urlencoded"

package pagerduty

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tocsin/incident"
	"tocsin/incident/pagerduty/pagerdutytest"
)

// F47: whatever way PagerDuty fails, each method says whether to wait for it or that it refused, and never panics or hangs.
func TestEveryFaultOfEveryMethod(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault pagerdutytest.Fault
		down  bool
	}{
		{"500", pagerdutytest.Fault{Kind: pagerdutytest.Status, Status: 500, Code: 2000}, true},
		{"503, plain text", pagerdutytest.Fault{Kind: pagerdutytest.Status, Status: 503}, true},
		{"429 without headers", pagerdutytest.Fault{Kind: pagerdutytest.Status, Status: 429}, true},
		{"429", pagerdutytest.Fault{Kind: pagerdutytest.Status, Status: 429, Reset: 30 * time.Second}, true},
		{"408", pagerdutytest.Fault{Kind: pagerdutytest.Status, Status: 408}, true},
		{"401", pagerdutytest.Fault{Kind: pagerdutytest.Status, Status: 401, Code: 2006}, true},
		{"a proxy's page", pagerdutytest.Fault{Kind: pagerdutytest.HTML}, true},
		{"a proxy's error page", pagerdutytest.Fault{Kind: pagerdutytest.HTML, Status: 502}, true},
		{"reset", pagerdutytest.Fault{Kind: pagerdutytest.LostBefore}, true},
		{"hangs", pagerdutytest.Fault{Kind: pagerdutytest.Hang}, true},
		{"400", pagerdutytest.Fault{Kind: pagerdutytest.Status, Status: 400, Code: 2001}, false},
		{"400, plain text", pagerdutytest.Fault{Kind: pagerdutytest.Status, Status: 400}, false},
		{"403", pagerdutytest.Fault{Kind: pagerdutytest.Status, Status: 403, Code: 2010}, false},
		{"402", pagerdutytest.Fault{Kind: pagerdutytest.Status, Status: 402, Code: 2012}, false},
		{"404", pagerdutytest.Fault{Kind: pagerdutytest.Status, Status: 404, Code: 2100}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, client := meet(t, func(o *Options) {
				if c.name == "hangs" {
					o.Deadline = 20 * time.Millisecond
				}
			})
			a.Faults(always(c.fault))
			for name, call := range methods(client, "PX", "QX") {
				err := call(t.Context())
				var setback *incident.Setback
				var refused *Refusal
				if isDown := errors.As(err, &setback) && setback.Down; isDown != c.down || !c.down && !errors.As(err, &refused) {
					t.Errorf("%s: %v", name.name, err)
				}
				if Rejected(err) != (c.name == "401") {
					t.Errorf("%s: rejected: %v", name.name, err)
				}
			}
		})
	}
}

// What only reads is tried three times; what writes is tried once, however it failed.
func TestOnlyReadingIsRepeated(t *testing.T) {
	a, c := meet(t)
	i := a.Trigger("checkout", "x")
	a.Faults(func(call pagerdutytest.Call) *pagerdutytest.Fault {
		if call.NthOfMethod < 3 {
			return &pagerdutytest.Fault{Kind: []pagerdutytest.FaultKind{pagerdutytest.Status, pagerdutytest.LostBefore}[call.NthOfMethod-1], Status: 502}
		}
		return nil
	})
	if _, err := c.Abilities(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := c.Incident(t.Context(), i.ID()); err != nil {
		t.Error(err)
	}
	before := len(a.Calls())
	if s := down(t, c.Note(t.Context(), i.ID(), "n")); s.Clean {
		t.Error("a 502 does not say that nothing was done")
	}
	down(t, c.Acknowledge(t.Context(), i.ID()))
	down(t, c.Enqueue(t.Context(), Event{Action: Trigger, Key: "k", Summary: "s"}))
	if n := len(a.Calls()) - before; n != 3 {
		t.Errorf("%d requests for three that write", n)
	}
	a.Faults(always(pagerdutytest.Fault{Kind: pagerdutytest.LostBefore}))
	down(t, c.PingSubscription(t.Context(), "P1")) // has no body, which would be missing the second time
	down(t, c.Resolve(t.Context(), i.ID(), ""))
	if n := len(a.Calls()) - before; n != 5 {
		t.Errorf("%d requests for two whose connection broke", n-3)
	}
}

// An answer that was lost: the call says that PagerDuty is down, and the second time what was done is found.
func TestLostAnswers(t *testing.T) {
	for _, kind := range []pagerdutytest.FaultKind{pagerdutytest.LostAfter, pagerdutytest.ErrorAfter, pagerdutytest.HalfBody} {
		t.Run(fmt.Sprint(kind), func(t *testing.T) {
			t.Parallel()
			a, c := meet(t)
			a.Announce("Open incident with matching dedup key already exists on this service")
			ctx, p := t.Context(), Page{Service: service(t, c, "checkout").ID, Title: "t", Key: "INC-1"}
			a.Faults(once("POST /incidents", pagerdutytest.Fault{Kind: kind}))
			_, _, err := c.Open(ctx, p)
			if s := down(t, err); s.Clean {
				t.Error("it was done")
			}
			i, made, err := c.Open(ctx, p)
			if ok(t, err); made || len(a.All()) != 1 || i.ID != a.All()[0].ID() {
				t.Errorf("%+v %t", i, made)
			}
			a.Faults(once("POST /incidents/{id}/notes", pagerdutytest.Fault{Kind: kind}))
			down(t, c.Note(ctx, i.ID, "hello [e1]"))
			if there, err := c.Noted(ctx, i.ID, "[e1]"); !there || err != nil {
				t.Error(there, err)
			}
			a.Faults(once("POST /incidents/{id}/status_updates", pagerdutytest.Fault{Kind: kind}))
			down(t, c.Publish(ctx, i.ID, "hello [e2]"))
			if there, err := c.Published(ctx, i.ID, "[e2]"); !there || err != nil {
				t.Error(there, err)
			}
		})
	}
}

// Somewhere that nobody listens: nothing has reached anybody, and that is said.
func TestNobodyListens(t *testing.T) {
	_, c := meet(t, func(o *Options) { o.API, o.Events = "http://127.0.0.1:1/api", "http://127.0.0.1:1" })
	if s := down(t, c.Note(t.Context(), "Q1", "n")); !s.Clean {
		t.Errorf("not clean: %v", s)
	}
	down(t, c.Enqueue(t.Context(), Event{Action: Ack, Key: "k"}))
}

// Whoever stops does not wait for PagerDuty.
func TestStopped(t *testing.T) {
	a, c := meet(t, func(o *Options) { o.Deadline = time.Minute })
	a.Faults(always(pagerdutytest.Fault{Kind: pagerdutytest.Hang}))
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if s := down(t, c.Note(ctx, "Q1", "n")); !holds(s.Error(), "we are stopping") {
		t.Error(s)
	}
}

// Told to wait, nobody asks before that time: neither the one who was told, nor anybody else. The Events API has a limit of
// its own.
func TestQuiet(t *testing.T) {
	at := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	a, c := meet(t, func(o *Options) { o.Now = func() time.Time { return at } })
	a.Faults(once("GET /abilities", pagerdutytest.Fault{Kind: pagerdutytest.Status, Status: 429, Reset: 40 * time.Second}))
	_, err := c.Abilities(t.Context())
	if s := down(t, err); s.After != 40*time.Second || s.Clean {
		t.Errorf("%+v", s)
	}
	at = at.Add(30 * time.Second)
	_, err = c.Priorities(t.Context())
	if s := down(t, err); s.After != 10*time.Second || !s.Clean || len(a.Calls()) != 1 {
		t.Errorf("%+v", s)
	}
	ok(t, c.Enqueue(t.Context(), Event{Action: Ack, Key: "k"}))
	at = at.Add(10 * time.Second)
	_, err = c.Priorities(t.Context())
	ok(t, err)
	a.Faults(once("GET /services", pagerdutytest.Fault{Kind: pagerdutytest.Status, Status: 429})) // without headers
	_, err = c.Services(t.Context())
	if s := down(t, err); s.After != time.Second {
		t.Errorf("%+v", s)
	}
	at = at.Add(time.Second)
	_, err = c.Services(t.Context())
	ok(t, err)
}

// The last request that PagerDuty allows says so: the next one waits, and is not refused.
func TestLastOfTheMinute(t *testing.T) {
	at := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	a, c := meet(t, func(o *Options) { o.Now = func() time.Time { return at } })
	a.Limits(2.0 / 960)
	for range 2 {
		_, err := c.Abilities(t.Context())
		ok(t, err)
	}
	_, err := c.Abilities(t.Context())
	if s := down(t, err); s.After != time.Minute || !s.Clean || len(a.Calls()) != 2 {
		t.Errorf("%+v after %d requests", s, len(a.Calls()))
	}
}

// No minute holds more than PagerDuty allows, however the requests fall.
func TestPace(t *testing.T) {
	start := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct{ most, burst int }{{960, 60}, {120, 20}} {
		pace := perMinute(c.most, c.burst)
		var sent []time.Time
		for at := start; at.Before(start.Add(5 * time.Minute)); at = at.Add(10 * time.Millisecond) {
			if idle := at.Sub(start); idle > 2*time.Minute && idle < 3*time.Minute {
				continue // a pause, after which everybody wants at once
			}
			for pace.AllowN(at, 1) {
				sent = append(sent, at)
			}
		}
		from, most := 0, 0
		for n, at := range sent {
			for at.Sub(sent[from]) >= time.Minute {
				from++
			}
			most = max(most, n-from+1)
		}
		if most > c.most || most < c.most*9/10 {
			t.Errorf("%d in a minute, %d are allowed", most, c.most)
		}
	}
}

// Too much of our own is given back when the wait is long, and is no outage; a short wait is waited.
func TestTooMuchOfOurOwn(t *testing.T) {
	at := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	w := &wire{now: func() time.Time { return at }, pace: perMinute(960, 60)}
	w.pace.ReserveN(at, 60)
	if err := w.turn(t.Context()); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.turn(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for range 40 {
		w.pace.ReserveN(at, 1)
	}
	for range 2 { // the second finds what the first found: it has taken no place
		var s *incident.Setback
		if err := w.turn(t.Context()); !errors.As(err, &s) || s.Down || !s.Clean || s.After < longestWait || s.After > longestWait+time.Second {
			t.Errorf("%+v", s)
		}
	}
}

// A key does not go where it was not meant for.
func TestNoRedirect(t *testing.T) {
	var stolen []string
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		stolen = append(stolen, r.Header.Get("Authorization"))
	}))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	_, c := meet(t, func(o *Options) { o.API, o.Events = server.URL, server.URL })
	for name, call := range methods(c, "PX", "QX") {
		if s := down(t, call(t.Context())); !holds(s.Error(), "307") {
			t.Errorf("%s: %v", name.name, s)
		}
	}
	if stolen != nil {
		t.Error("followed")
	}
}

// However PagerDuty or the way to it fails, no error holds a key, even where the other side says it back.
func TestNoSecretInErrors(t *testing.T) {
	for _, status := range []int{200, 400, 401, 500} {
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			var body strings.Builder
			_ = r.Write(&body)
			rw.Header().Set("Content-Type", "application/json")
			rw.WriteHeader(status)
			said := r.Header.Get("Authorization") + "\x1b[31m\n"
			_ = json.NewEncoder(rw).Encode(map[string]any{"error": map[string]any{"code": 2001, "message": said, "errors": []string{body.String()}}})
		}))
		for _, api := range []string{server.URL, "http://127.0.0.1:1", "http://user:hunter2secret@127.0.0.1:1", "::hunter2secret"} {
			_, c := meet(t, func(o *Options) {
				o.Token, o.RoutingKey, o.API, o.Events = "hunter2secret-token", "hunter2secret-routing", api, api
			})
			for name, call := range methods(c, "PX", "QX") {
				err := call(t.Context())
				if status == 400 && api == server.URL && name.name == "Note" && !holds(fmt.Sprint(err), "Token token=***") {
					t.Errorf("PagerDuty's words are not shown: %v", err)
				}
				inner := err
				for ; inner != nil; inner = errors.Unwrap(inner) {
					if said := fmt.Sprintf("%v %+v %#v", inner, inner, inner); strings.Contains(said, "hunter2secret") || strings.ContainsAny(inner.Error(), "\n\x1b") {
						t.Errorf("%s, status %d: %s", name.name, status, said)
					}
				}
			}
		}
		server.Close()
	}
}

// A plan without responders, and a key that may only read, are said in words that can be acted on.
func TestWordsOfRefusals(t *testing.T) {
	a := pagerdutytest.New(t, pagerdutytest.Options{Without: []string{"coordinated_responding"}})
	a.Announce("POST /incidents/{id}/responder_requests", "POST /incidents/{id}/notes")
	c := New(Options{Token: a.Token(), From: "ada@harbour.example", API: a.APIURL(), Now: time.Now})
	defer c.Close()
	i := a.Trigger("checkout", "x")
	if err := c.AskToHelp(t.Context(), i.ID(), "help", Target{ID: "P1"}); !Unpaid(err) || !holds(err.Error(), "PagerDuty's plan does not have this", "coordinated_responding") {
		t.Error(err)
	}
	a.Faults(always(pagerdutytest.Fault{Kind: pagerdutytest.Status, Status: 403, Code: 2010}))
	if err := c.Note(t.Context(), i.ID(), "n"); !holds(fmt.Sprint(err), "the API key may not do this: it needs full access") {
		t.Error(err)
	}
}

// An answer without end is not read to its end.
func TestAnswerWithoutEnd(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		_, _ = rw.Write([]byte(`{"abilities":["`))
		for line := strings.Repeat("x", 1<<20); r.Context().Err() == nil; {
			if _, err := rw.Write([]byte(line)); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	_, c := meet(t, func(o *Options) { o.API, o.Deadline = server.URL, 10*time.Second })
	_, err := c.Abilities(t.Context())
	if s := down(t, err); !holds(s.Error(), "the answer cannot be read") {
		t.Error(s)
	}
}

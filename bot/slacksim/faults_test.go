package slacksim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// faultCase is a fault, and what the caller and the world must see of it.
type faultCase struct {
	fault  Fault
	landed bool
	status int    // 0: no answer
	body   string // a part of it
}

func TestFaults(t *testing.T) {
	for _, c := range []faultCase{
		{Fault{Kind: Status, Status: 503}, false, 503, ""},
		{Fault{Kind: Status, Status: 429, RetryAfter: 30 * time.Second}, false, 429, ""},
		{Fault{Kind: SlackError, Error: "fatal_error"}, false, 200, "fatal_error"},
		{Fault{Kind: Delay, Delay: time.Millisecond}, true, 200, `"ok":true`},
		{Fault{Kind: LostBefore}, false, 0, ""},
		{Fault{Kind: LostAfter}, true, 0, ""},
		{Fault{Kind: ErrorAfter}, true, 200, "internal_error"},
		{Fault{Kind: ErrorAfter, Status: 500}, true, 500, ""},
		{Fault{Kind: Hang}, false, 0, ""},
		{Fault{Kind: HangAfter}, true, 0, ""},
		{Fault{Kind: HalfBody}, true, 0, ""},
		{Fault{Kind: HTML}, false, 200, "<h1>"},
		{Fault{Kind: HTML, Status: 502}, false, 502, "<h1>"},
	} {
		t.Run(fmt.Sprint(c.fault), func(t *testing.T) { c.check(t) })
	}
}

func (c faultCase) check(t *testing.T) {
	a := start(t, Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	asked := make(chan Call, 9)
	a.w.Faults(func(call Call) *Fault {
		asked <- call
		if c.fault.Kind == Hang {
			cancel() // the caller gives up
		}
		return &c.fault
	})
	if c.fault.Kind == HangAfter {
		go func() {
			_ = a.w.await(ctx, func() bool { return a.w.byName("room") != nil })
			cancel()
		}()
	}
	form := url.Values{"token": {a.w.BotToken()}, "name": {"room"}}
	req, _ := http.NewRequestWithContext(ctx, "POST", a.w.APIURL()+"conversations.create", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	status, body := 0, []byte{}
	if err == nil {
		body, err = io.ReadAll(resp.Body)
		resp.Body.Close()
		if status = resp.StatusCode; err != nil {
			status = 0
		}
		if c.fault.RetryAfter != 0 && resp.Header.Get("Retry-After") != "30" {
			t.Errorf("Retry-After: %q", resp.Header.Get("Retry-After"))
		}
	}
	if status != c.status || !strings.Contains(string(body), c.body) {
		t.Errorf("answered %d %s (%v)", status, body, err)
	}
	a.w.mu.Lock()
	landed := a.w.byName("room") != nil
	a.w.mu.Unlock()
	if landed != c.landed {
		t.Errorf("landed: %v", landed)
	}
	if call := <-asked; call.N != 1 || call.NthOfMethod != 1 || call.Args["name"] != "room" || len(asked) != 0 {
		t.Errorf("asked about %+v", call)
	}
}

func TestCheckAndComplaints(t *testing.T) {
	a := quietStart(t)
	a.w.Check(func(method string, args map[string]any) error {
		if args["name"] == "bad" {
			return errors.New("the contract says no")
		}
		return nil
	})
	a.w.Announce("name_taken")
	a.made("good")
	a.call("conversations.create", map[string]string{"name": "good"})
	if got := a.w.Complaints(); got != nil {
		t.Errorf("an announced error is a complaint: %v", got)
	}
	if out := a.call("conversations.create", map[string]string{"name": "bad"}); out["error"] != "invalid_arguments" {
		t.Errorf("the check is not asked: %v", out)
	}
	if got := a.w.Complaints(); len(got) != 1 || !strings.Contains(got[0], "the contract says no") {
		t.Errorf("complaints: %v", got)
	}
	calls := a.w.Calls()
	if len(calls) != 3 || calls[0].Outcome != "ok" || calls[1].Outcome != "name_taken" || calls[2].NthOfMethod != 3 || calls[2].End.IsZero() {
		t.Errorf("calls: %+v", calls)
	}
}

// recorder is a T that notes what a story says, instead of failing.
type recorder struct {
	testing.TB
	said      []string
	impatient bool // waits for nothing
}

type stopped struct{}

func (r *recorder) Helper() {}

func (r *recorder) Context() context.Context {
	ctx, cancel := context.WithCancel(r.TB.Context())
	if r.impatient {
		cancel()
	}
	r.Cleanup(cancel)
	return ctx
}

func (r *recorder) Errorf(f string, args ...any) { r.said = append(r.said, fmt.Sprintf(f, args...)) }

func (r *recorder) Fatalf(f string, args ...any) { r.Errorf(f, args...); panic(stopped{}) }

// A story that goes wrong must fail, and say what was there instead.
func TestStoriesFail(t *testing.T) {
	for _, c := range []struct {
		name  string
		story func(*fakeApp)
		want  string
	}{
		{"unexpected message", func(a *fakeApp) {
			a.call("chat.postMessage", map[string]string{"channel": a.channelID("general"), "text": "surprise"})
			a.w.Quiet()
		}, "surprise"},
		{"no such button", func(a *fakeApp) {
			a.call("chat.postMessage", map[string]string{"channel": a.channelID("general"), "text": "plain words"})
			a.w.Person("Ada").Press(a.w.Channel("#general").Expect("plain"), "Go")
		}, "a button Go"},
		{"nobody of that name", func(a *fakeApp) { a.w.Person("Eve") }, "Eve"},
		{"not a member", func(a *fakeApp) {
			a.w.t.(*recorder).impatient = true
			a.w.Person("Gus").Type("#exec", "hi")
		}, "Gus is not in #exec"},
		{"message that shows less", func(a *fakeApp) {
			a.call("chat.postMessage", map[string]string{"channel": a.channelID("general"), "text": "one"})
			a.w.Channel("#general").Expect("one").Has("two")
		}, "two"},
		{"program does not settle", func(a *fakeApp) {
			a.w.OnSettle(func(context.Context) error { return errors.New("still busy") })
			a.w.Quiet()
		}, "still busy"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := start(t, Options{})
			r := &recorder{TB: t}
			a.w.t = r
			func() {
				defer func() {
					if x := recover(); x != nil && x != (stopped{}) {
						panic(x)
					}
				}()
				c.story(a)
			}()
			if got := strings.Join(r.said, "\n"); !strings.Contains(got, c.want) {
				t.Errorf("the story says %q", got)
			}
		})
	}
}

func TestWorlds(t *testing.T) {
	run := func(flip bool) *Workspace {
		a := start(t, Options{})
		a.w.Limits(0)
		if flip { // other ids, other times, other order
			a.w.Pass(3 * time.Hour)
			_ = a.w.AddGroup("x", "X")
		}
		room := a.made("room")
		texts := []string{"at <!date^1700000000^{time}^https://x.example|12:00>", "second by <@" + a.w.BotUser() + "> in " + room}
		if flip {
			texts[0], texts[1] = texts[1], strings.Replace(texts[0], "1700000000", "1800000000", 1)
		}
		for _, text := range texts {
			a.call("chat.postMessage", map[string]string{"channel": room, "text": text})
		}
		return a.w
	}
	one, two := run(false), run(true)
	if one.WorldUnordered() != two.WorldUnordered() {
		t.Errorf("worlds that look the same differ:\n%s\n%s", one.WorldUnordered(), two.WorldUnordered())
	}
	if one.World() == two.World() {
		t.Error("World does not keep the order")
	}
}

func TestDuplicates(t *testing.T) {
	a := quietStart(t)
	room := a.made("inc-1-x")
	a.made("inc-12")
	meta := map[string]string{"channel": room, "text": "x", "metadata": `{"event_type":"e","event_payload":{"id":"7"}}`}
	a.call("chat.postMessage", meta)
	if got := a.w.Duplicates(); got != nil {
		t.Errorf("duplicates: %v", got)
	}
	a.call("chat.postMessage", meta)
	a.made("inc-1-x-2")
	if got := a.w.Duplicates(); len(got) != 2 {
		t.Errorf("duplicates: %v", got)
	}
}

func TestSameTriggerTwice(t *testing.T) {
	a := start(t, Options{})
	args := SendArgs{Person: "Ada", Channel: "#general", Text: "/incident declare x", TriggerID: "1.2.mine"}
	for range 2 {
		status, _, err := a.w.SendCommand(t.Context(), args)
		if status != 200 || err != nil {
			t.Errorf("%d %v", status, err)
		}
		if d := a.next(func(d delivered) bool { return d.form != nil }); d.form.Get("trigger_id") != "1.2.mine" {
			t.Errorf("trigger: %v", d.form)
		}
	}
	status, _, err := a.w.SendEvent(EventArgs{ID: "Ev1", Event: Object{"type": "app_mention", "text": "x"}, Retry: 2})
	if d := a.next(event("app_mention")); d.event["event_id"] != "Ev1" || d.header.Get("X-Slack-Retry-Num") != "2" || status != 200 || err != nil {
		t.Errorf("%d %v %v", status, err, d.event)
	}
}

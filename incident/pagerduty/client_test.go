package pagerduty

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/incident/pagerduty/pagerdutytest"
)

var details = regexp.MustCompile(`"details":"[^"]*"`)

// An incident of ours: opened once, followed, ended.
func TestPageStory(t *testing.T) {
	a, c := meet(t)
	ctx := t.Context()
	checkout := service(t, c, "checkout")
	priorities, err := c.Priorities(ctx)
	ok(t, err)
	p := Page{
		Service: checkout.ID, Title: "INC-1 checkout is down", Details: "p99 is up", Key: "INC-1", Urgency: "high", Priority: priorities[0].ID,
		Policy: checkout.Policy.ID, BridgeURL: "https://example.com/room",
	}
	a.Announce("Open incident with matching dedup key already exists on this service")
	i, made, err := c.Open(ctx, p)
	if ok(t, err); !made || i.Key != "INC-1" || i.Status != Triggered || i.Priority.Name != "P1" || i.Service.Name != "checkout" || i.Assignees[0].Name != "Ada Byron" || i.Number != 1 {
		t.Fatalf("%+v %t", i, made)
	}
	again, made, err := c.Open(ctx, p)
	if ok(t, err); made || again.ID != i.ID {
		t.Fatalf("opened twice: %+v", again)
	}
	ok(t, c.Note(ctx, i.ID, "the room is #inc-1 [e7]"))
	ok(t, c.Publish(ctx, i.ID, "we are on it [e8]"))
	for marker, want := range map[string]bool{"[e7]": true, "[e8]": false, "": false} {
		if got, err := c.Noted(ctx, i.ID, marker); err != nil || got != want {
			t.Errorf("noted %q: %t %v", marker, got, err)
		}
	}
	for marker, want := range map[string]bool{"[e8]": true, "[e7]": false} {
		if got, err := c.Published(ctx, i.ID, marker); err != nil || got != want {
			t.Errorf("published %q: %t %v", marker, got, err)
		}
	}
	people, err := c.People(ctx)
	ok(t, err)
	ok(t, c.AskToHelp(ctx, i.ID, "please", Target{ID: people[1].ID}, Target{ID: checkout.Policy.ID, Policy: true}))
	if helpers, err := c.Responders(ctx, i.ID); err != nil || len(helpers) != 2 || helpers[0].Who.Name != "Grace Murray" || helpers[0].State != "pending" {
		t.Errorf("%+v %v", helpers, err)
	}
	ok(t, c.SetPriority(ctx, i.ID, priorities[1].ID))
	ok(t, c.Acknowledge(ctx, i.ID))
	ok(t, c.Resolve(ctx, i.ID, "rolled back"))
	want := `#1 checkout: INC-1 checkout is down, resolved, high, P2, assigned to 
  note by Tocsin: the room is #inc-1 [e7]
  note by Tocsin: Resolution Note: rolled back
  status update by Tocsin: we are on it [e8]
  asked to help: please, pending
  asked to help: please, pending
`
	if got := a.World(); got != want {
		t.Errorf("got\n%s", got)
	}
}

// Acknowledged or resolved already is what we wanted.
func TestDoneAlready(t *testing.T) {
	a, c := meet(t)
	a.Announce("Incident Already Acknowledged", "Incident Already Resolved")
	i := a.Trigger("checkout", "x").Acknowledge("Ada")
	ok(t, c.Acknowledge(t.Context(), i.ID()))
	i.Resolve("Ada")
	ok(t, c.Acknowledge(t.Context(), i.ID()))
	ok(t, c.Resolve(t.Context(), i.ID(), "again"))
	if len(i.Notes()) != 0 {
		t.Error(i.Notes())
	}
}

// The key finds the open one, else the latest.
func TestByKey(t *testing.T) {
	a, c := meet(t)
	if _, found, err := c.ByKey(t.Context(), "k"); found || err != nil {
		t.Fatal(found, err)
	}
	first := a.Trigger("checkout", "first", pagerdutytest.Key("k"))
	a.Pass(time.Minute)
	a.Trigger("search", "second", pagerdutytest.Key("k")).Resolve("Ada")
	a.Trigger("search", "other", pagerdutytest.Key("k2"))
	if i, found, err := c.ByKey(t.Context(), "k"); err != nil || !found || i.Title != "first" {
		t.Errorf("%+v %v", i, err)
	}
	first.Resolve("Ada")
	if i, _, err := c.ByKey(t.Context(), "k"); err != nil || i.Title != "second" || i.Status != Resolved {
		t.Errorf("%+v %v", i, err)
	}
}

// Details that are an object, a string, or nothing: every answer is read.
func TestDetailsOfAnyKind(t *testing.T) {
	a, c := meet(t)
	for _, d := range []any{nil, "text", map[string]any{"load": 0.75}, []any{1}, 7} {
		a.Trigger("checkout", "x", pagerdutytest.Details(d))
	}
	list, err := c.Incidents(t.Context(), Filter{Statuses: []Status{Triggered, Acknowledged}})
	if ok(t, err); len(list) != 5 {
		t.Errorf("%d of 5", len(list))
	}
	for _, i := range a.All() {
		ok(t, c.Acknowledge(t.Context(), i.ID()))
	}
}

// What a monitor said, and what happened, for those whom nobody told.
func TestHistory(t *testing.T) {
	a, c := meet(t)
	ctx := t.Context()
	ok(t, c.Enqueue(ctx, Event{Action: Trigger, Key: "disk", Summary: "disk is full", Severity: "error", Details: map[string]string{"free": "1%", "host": "db1"}}))
	i := a.All()[0]
	alerts, err := c.Alerts(ctx, i.ID())
	if ok(t, err); len(alerts) != 1 || alerts[0].Details != "free: 1%\nhost: db1" || alerts[0].Severity != "error" || alerts[0].Status != Triggered || alerts[0].Key != "disk" {
		t.Errorf("%+v", alerts)
	}
	if o, err := c.Incident(ctx, i.ID()); err != nil || o.Details != alerts[0].Details {
		t.Errorf("%+v %v", o, err)
	}
	a.Pass(time.Minute)
	i.Acknowledge("Ada").Annotate("Ada", "looking").StatusUpdate("Grace", "hold on").Resolve("Ada")
	log, err := c.Log(ctx, i.ID(), time.Date(2026, 3, 10, 9, 1, 0, 0, time.UTC))
	ok(t, err)
	var got []string
	for _, e := range log {
		got = append(got, e.Type+" by "+e.Agent.Name+": "+e.Words)
	}
	slices.Sort(got) // they are of one instant
	want := []string{
		"acknowledge by Ada Byron: Acknowledged by Ada Byron", "annotate by Ada Byron: looking",
		"resolve by Ada Byron: Resolved by Ada Byron", "status_update by Grace Murray: hold on",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	for _, one := range []struct {
		details any
		want    string
	}{{nil, ""}, {"text", "text"}, {[]any{"a"}, `["a"]`}, {map[string]any{"b": map[string]any{"c": true}, "a": ""}, "a: \nb: {\"c\":true}"}} {
		if got := told(one.details); got != one.want {
			t.Errorf("%v: %q", one.details, got)
		}
	}
}

// Page after page, up to where PagerDuty cuts, and from there on.
func TestIncidentsPaged(t *testing.T) {
	a, c := meet(t)
	start := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	for n := range 230 {
		a.Trigger("checkout", fmt.Sprint(n))
		a.Pass(time.Second)
	}
	list, err := c.Incidents(t.Context(), Filter{Since: start.Add(10 * time.Second), Until: start.Add(time.Hour)})
	if ok(t, err); len(list) != 220 || list[0].Title != "10" || list[219].Title != "229" {
		t.Errorf("%d from %v", len(list), list[0])
	}
	if list, err = c.Incidents(t.Context(), Filter{Since: start.AddDate(-2, 0, 0), Until: start.Add(time.Hour)}); err != nil || len(list) != 230 {
		t.Errorf("%d, %v: more than half a year is cut to what PagerDuty takes", len(list), err)
	}
	if list, err = c.Incidents(t.Context(), Filter{Services: []string{service(t, c, "search").ID}}); err != nil || len(list) != 0 {
		t.Errorf("%d, %v", len(list), err)
	}
}

// 10,000 is where a list ends: the rest is asked for from the last one on, and none comes twice.
func TestIncidentsBeyondTheEndOfAList(t *testing.T) {
	start := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	const all = 10_250
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked++
		var offset, limit int
		_, _ = fmt.Sscan(r.FormValue("offset"), &offset)
		_, _ = fmt.Sscan(r.FormValue("limit"), &limit)
		if offset+limit > 10_000 {
			http.Error(rw, "too far", http.StatusBadRequest)
			return
		}
		since, _ := time.Parse(time.RFC3339, r.FormValue("since"))
		first := int(since.Sub(start).Seconds()) + offset
		var rows []string
		for n := first; n < min(first+limit, all); n++ {
			rows = append(rows, fmt.Sprintf(`{"id":"Q%d","created_at":%q}`, n, start.Add(time.Duration(n)*time.Second).Format(time.RFC3339)))
		}
		rw.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(rw, `{"incidents":[%s],"more":%t}`, strings.Join(rows, ","), first+limit < all)
	}))
	defer server.Close()
	at := time.Now() // a clock that runs ahead, so that the pace is no wait
	c := New(Options{API: server.URL, Now: func() time.Time { at = at.Add(time.Second); return at }})
	defer c.Close()
	list, err := c.Incidents(t.Context(), Filter{Since: start, Until: start.AddDate(0, 1, 0)})
	if ok(t, err); len(list) != all || list[all-1].ID != fmt.Sprint("Q", all-1) || asked != 103 {
		t.Errorf("%d in %d requests", len(list), asked)
	}
}

// Who is on call, with a number to ring.
func TestOnCalls(t *testing.T) {
	_, c := meet(t)
	list, err := c.OnCalls(t.Context())
	ok(t, err)
	var got []string
	for _, o := range list {
		got = append(got, fmt.Sprintf("%s %d %s %s %s", o.Policy.Name, o.Level, o.Person.Name, o.Person.Email, o.Person.Phone))
	}
	want := []string{
		"Checkout on call 1 Ada Byron ada@harbour.example +49 305550101", "Checkout on call 2 Grace Murray grace@harbour.example +1 2125550102",
		"Platform on call 1 Linus Virtanen linus@harbour.example +358 95550103", "Platform on call 2 Grace Murray grace@harbour.example +1 2125550102",
	}
	if !slices.Equal(got, want) || list[0].Until.Sub(list[0].From) != 24*time.Hour || list[0].Schedule.Name == "" {
		t.Errorf("%q", got)
	}
	policies, err := c.Policies(t.Context())
	if ok(t, err); len(policies) != 2 || policies[0].Name != "Checkout on call" {
		t.Error(policies)
	}
}

// What doctor asks: the user From, the plan, the subscription.
func TestDoctorsQuestions(t *testing.T) {
	a, c := meet(t)
	if p, err := c.Sender(t.Context()); err != nil || p.Name != "Tocsin" {
		t.Errorf("%+v %v", p, err)
	}
	if list, err := c.Abilities(t.Context()); err != nil || !slices.Contains(list, "coordinated_responding") {
		t.Error(list, err)
	}
	if list, err := c.Subscriptions(t.Context()); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
	got := make(chan *http.Request, 1)
	app := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if d, err := Read(body); err == nil && d.Type == Ping && Verify(r.Header.Get(SignatureHeader), body, []string{a.Secret()}) == nil {
			got <- r
		}
		rw.WriteHeader(http.StatusAccepted)
	}))
	defer app.Close()
	a.Connect(app.URL)
	list, err := c.Subscriptions(t.Context())
	if ok(t, err); len(list) != 1 || list[0].URL != app.URL || !list[0].Active || list[0].Disabled || list[0].Scope != "account" {
		t.Fatalf("%+v", list)
	}
	for _, want := range Types() {
		if !slices.Contains(list[0].Events, want) {
			t.Errorf("PagerDuty does not know %s", want)
		}
	}
	ok(t, c.PingSubscription(t.Context(), list[0].ID))
	if r := <-got; r.Header.Get(DeliveryHeader) == "" {
		t.Error(r.Header)
	}
	_, stranger := meet(t, func(o *Options) { o.From = "nobody@harbour.example" })
	if _, err := stranger.Sender(t.Context()); !Missing(err) || !holds(err.Error(), "nobody@harbour.example") {
		t.Error(err)
	}
}

// The Events API: at its own address, without the key of REST, checked against its own schema.
func TestEnqueue(t *testing.T) {
	var asked []string
	a, c := meet(t, func(o *Options) {
		next := http.DefaultTransport.(*http.Transport).Clone()
		o.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/v2/enqueue" {
				if r.Header.Get("Authorization") != "Token token=" && r.Header.Get("Authorization") != "" {
					asked = append(asked, "with a key")
				}
				again := r.Clone(r.Context())
				again.URL.Path = "/enqueue"
				again.Body, _ = r.GetBody()
				if err := fits(contracts().events, again); err != nil {
					asked = append(asked, err.Error())
				}
			}
			return next.RoundTrip(r)
		})
	})
	for _, action := range []Action{Trigger, Trigger, Ack, Settle} {
		ok(t, c.Enqueue(t.Context(), Event{Action: action, Key: "INC-7", Summary: "the database is down", Link: "https://tocsin.example/INC-7", Details: map[string]string{"room": "#inc-7"}}))
	}
	if i := a.All()[0]; len(a.All()) != 1 || i.Key() != "INC-7" || i.Status() != "resolved" || asked != nil {
		t.Error(a.World(), asked)
	}
	if err := c.Enqueue(t.Context(), Event{Action: Trigger, Summary: "no key"}); err == nil {
		t.Error("an event without key could be made twice")
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Two services of two regions: what is meant for one never reaches the other.
func TestRegions(t *testing.T) {
	us, _ := meet(t)
	eu, c := meet(t)
	ok(t, c.Enqueue(t.Context(), Event{Action: Trigger, Key: "k", Summary: "s"}))
	_, _, err := c.Open(t.Context(), Page{Service: service(t, c, "search").ID, Title: "t", Key: "k2"})
	if ok(t, err); len(eu.All()) != 2 || len(us.Calls()) != 0 {
		t.Error(len(eu.All()), us.Calls())
	}
	if d := New(Options{Now: time.Now}); d.o.API != "https://api.pagerduty.com" || d.o.Events != "https://events.pagerduty.com" {
		t.Error("the US service is what is meant where nothing is said")
	}
}

// Ids become parts of an address: what is none is refused, and nothing is sent.
func TestNoID(t *testing.T) {
	a, c := meet(t)
	for _, id := range []string{"", "..", "a/b", "P1?x=y", "é", strings.Repeat("P", 65)} {
		for name, call := range methods(c, "PX", id) {
			if name.id {
				var r *Refusal
				if err := call(t.Context()); !errors.As(err, &r) || r.Status != 0 {
					t.Errorf("%s %q: %v", name.name, id, err)
				}
			}
		}
	}
	if len(a.Calls()) != 0 {
		t.Error(a.Calls())
	}
}

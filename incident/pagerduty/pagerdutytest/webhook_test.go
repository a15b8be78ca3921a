package pagerdutytest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A story of one incident: each action is one event, in order, of the incident it is about.
func TestEveryActionIsToldInOrder(t *testing.T) {
	a, p := start(t, Options{})
	i := a.Trigger("checkout", "p99 is up", By("Grace"), Priority("P1"), Details("look"))
	other := a.Trigger("search", "slow")
	a.Settle()
	i.Acknowledge("Ada").Unacknowledge("").Escalate("Ada").Reassign("Ada", "Linus").Delegate("Ada", "Platform on call")
	i.Annotate("Ada", "looking").StatusUpdate("Ada", "we are on it").SetPriority("Ada", "").AddResponder("Ada", "Linus", "help").Reply("Linus", true)
	i.AssignRole("Ada", "Linus", "lead").SetField("Ada", "region", "EU").Resolve("Ada").Reopen("Ada").Merge("Ada", other)
	a.Ping()
	a.Settle()
	got := strings.Split(strings.TrimSuffix(p.kinds(), " pagey.ping"), " ")
	want := "triggered acknowledged unacknowledged escalated reassigned delegated annotated status_update_published priority_updated " +
		"responder.added responder.replied role.assigned custom_field_values.updated resolved reopened resolved"
	var mine []string
	for _, r := range p.all() {
		if r.about == i.ID() || r.kind == "incident.role.assigned" {
			mine = append(mine, strings.TrimPrefix(r.kind, "incident."))
		}
	}
	if strings.Join(mine, " ") != want {
		t.Errorf("told %s\nof all %s", mine, got)
	}
	if i.Status() != "resolved" || len(i.Notes()) != 1 || i.Responders()[0] != "Linus Virtanen: joined" || i.Priority() != "" {
		t.Error(a.World())
	}
}

// kinds describes a JSON value: names and kinds, without values. Null fits everything.
func kinds(at string, v any, into map[string]string) {
	switch x := v.(type) {
	case Object:
		for name, one := range x {
			kinds(at+"."+name, one, into)
		}
	case []any:
		for _, one := range x {
			kinds(at+"[]", one, into)
		}
	default:
		into[at] = fmt.Sprintf("%T", v)
	}
}

// What we deliver has the names and kinds of PagerDuty's published deliveries, for every sample that an action here causes.
func TestDeliveriesHaveTheShapeOfTheirs(t *testing.T) {
	folder := os.Getenv("TOCSIN_SAMPLES")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "..", "shared", "samples")
	}
	files, _ := filepath.Glob(filepath.Join(folder, "pagerduty", "v3_*.json"))
	if len(files) == 0 {
		t.Skipf("SKIPPED, NOT CHECKED: there are no samples in %s; name their folder in TOCSIN_SAMPLES", folder)
	}
	a, p := start(t, Options{})
	i := a.Trigger("checkout", "p99 is up", By("Grace"), Priority("P1"), func(_ *Account, n *newIncident, _ *actor) {
		n.bridge = Object{"conference_number": "+1 5550100", "conference_url": "https://example.com"}
	})
	i.Resolve("Ada").Reopen("Ada").Acknowledge("Ada").Annotate("Ada", "n").StatusUpdate("Ada", "u").SetPriority("Ada", "P2")
	i.AddResponder("Ada", "Linus", "help").AssignRole("Ada", "Linus", "lead").SetField("Ada", "region", "EU")
	call(t, a, "PUT", "/incidents/"+i.ID(), `{"incident":{"type":"incident","conference_bridge":{"conference_number":"1","conference_url":"https://example.com"}}}`)
	i.Resolve("Ada")
	a.Ping()
	a.Settle()
	ours := map[string]map[string]string{}
	for _, r := range p.all() {
		var o Object
		if err := json.Unmarshal(r.body, &o); err != nil {
			t.Fatal(err)
		}
		ours[r.kind] = map[string]string{}
		kinds("", o, ours[r.kind])
	}
	checked := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var o Object
		if err := json.Unmarshal(raw, &o); err != nil {
			t.Fatal(err)
		}
		kind, theirs := str(obj(o["event"])["event_type"]), map[string]string{}
		kinds("", o, theirs)
		switch {
		case ours[kind] != nil:
			checked++
			lacks(t, kind+": theirs has, ours not:", theirs, ours[kind])
			lacks(t, kind+": ours has, theirs not:", ours[kind], theirs)
		case kind != "service.updated":
			t.Errorf("no action here causes %s", kind)
		}
	}
	if checked < 12 {
		t.Errorf("only %d samples were checked", checked)
	}
}

// lacks fails for every name that one has and the other has not, or as another kind, unless one of them is null there. The
// name of an incident type stands in some of their samples of whole incidents and not in others.
func lacks(t *testing.T, what string, one, other map[string]string) {
	t.Helper()
	for name, kind := range one {
		got, ok := other[name]
		optional := strings.HasPrefix(name, ".event.data.incident_type.")
		if ok && got == kind || kind == "<nil>" || got == "<nil>" || optional || nulled(other, name) {
			continue
		}
		t.Errorf("%s %s, %q and %q", what, name, kind, got)
	}
}

// nulled tells whether something above a name is null.
func nulled(m map[string]string, name string) bool {
	for at := strings.LastIndexAny(name, ".["); at > 0; at = strings.LastIndexAny(name[:at], ".[") {
		if m[name[:at]] == "<nil>" {
			return true
		}
	}
	return false
}

// Signed with every secret in use, over the bytes as they are sent; the vector is PagerDuty's own way.
func TestSigned(t *testing.T) {
	a, p := start(t, Options{})
	first := a.Secret()
	a.Trigger("checkout", "one")
	a.Settle()
	second := a.Rotate()
	a.Trigger("checkout", "two")
	a.Settle()
	a.Retire()
	a.Trigger("checkout", "three")
	a.Settle()
	got := p.all()
	for n, secrets := range [][]string{{first}, {first, second}, {second}} {
		if got[n].signature != Sign(got[n].body, secrets...) || strings.Count(got[n].signature, "v1=") != len(secrets) {
			t.Errorf("delivery %d: %s", n, got[n].signature)
		}
	}
}

// A connection that breaks, 5xx and 429 come again with the same id, at growing pauses; the queue of the incident waits, the
// others do not.
func TestTriedAgain(t *testing.T) {
	a, p := start(t, Options{})
	p.says(func(n int, _ received) int {
		switch n {
		case 1:
			return 503
		case 3:
			panic(http.ErrAbortHandler)
		case 4:
			return 429
		}
		return 202
	})
	i := a.Trigger("checkout", "one").Acknowledge("Ada")
	a.Settle()
	a.Trigger("search", "two") // of another incident: goes at once
	a.Settle()
	if got := p.kinds(); got != "triggered triggered" {
		t.Fatal(got)
	}
	a.Pass(9 * time.Second)
	if len(p.all()) != 2 {
		t.Fatal("too early")
	}
	a.Pass(time.Second) // breaks
	a.Pass(30 * time.Second)
	a.Pass(59 * time.Second)
	if len(p.all()) != 4 {
		t.Fatal(p.kinds())
	}
	a.Pass(time.Second)
	if got := p.kinds(); got != "triggered triggered triggered triggered triggered acknowledged" {
		t.Fatal(got)
	}
	d := a.Deliveries()[0]
	all := p.all()
	if d.State != Delivered || len(d.Attempts) != 4 || d.Attempts[1].Err == "" || d.Incident != i.ID() {
		t.Errorf("%+v", d)
	}
	for _, n := range []int{0, 2, 3, 4} {
		if all[n].id != d.ID || all[n].event != d.Event {
			t.Errorf("attempt %d has id %s, the first %s", n, all[n].id, d.ID)
		}
	}
}

// An app that does not answer in time is tried again.
func TestNoAnswerInTime(t *testing.T) {
	a, p := start(t, Options{Timeout: 100 * time.Millisecond})
	hang := make(chan struct{})
	defer close(hang)
	p.says(func(int, received) int { <-hang; return 202 })
	a.Trigger("checkout", "one")
	a.Settle()
	if d := a.Deliveries()[0]; d.State != Waiting || len(d.Attempts) != 1 || d.Attempts[0].Err != "no answer in time" {
		t.Errorf("%+v", d)
	}
}

// 4xx is for good; the third in a row switches the subscription off for a day, and discards what waits.
func TestDropped(t *testing.T) {
	a, p := start(t, Options{})
	a.Announce("webhook")
	p.says(func(n int, _ received) int { return []int{400, 202, 403, 404, 503, 401}[n-1] })
	for range 4 {
		a.Trigger("checkout", "broken")
		a.Settle()
	}
	waits := a.Trigger("checkout", "waits")
	a.Settle()
	if a.Disabled() {
		t.Fatal("disabled too early")
	}
	a.Trigger("checkout", "the third in a row")
	a.Settle()
	if !a.Disabled() {
		t.Fatal("not disabled")
	}
	a.Trigger("checkout", "nobody hears this")
	a.Pass(23 * time.Hour)
	var states []string
	for _, d := range a.Deliveries() {
		states = append(states, d.State)
	}
	if got := strings.Join(states, " "); got != "dropped delivered dropped dropped discarded dropped discarded" || len(p.all()) != 6 {
		t.Error(got, waits.Title())
	}
	p.says(nil)
	a.Pass(time.Hour)
	a.Trigger("checkout", "heard again")
	a.Settle()
	if len(p.all()) != 7 {
		t.Error("still disabled")
	}
}

// A refusal that nobody announced fails a story.
func TestDroppedIsAComplaint(t *testing.T) {
	quiet := &silent{T: t}
	a := New(quiet, Options{Timeout: time.Second})
	a.Connect("http://127.0.0.1:1/closed")
	a.Trigger("checkout", "x")
	a.Settle()
	if len(a.Complaints()) != 0 || a.Deliveries()[0].Attempts[0].Err == "" {
		t.Errorf("%v %+v", a.Complaints(), a.Deliveries())
	}
	if status, o, _ := call(t, a, "GET", "/incidents?colour=red", ""); status != 400 || len(a.Complaints()) != 1 {
		t.Error(status, o, a.Complaints())
	}
}

// silent is a test whose failures are none.
type silent struct{ *testing.T }

func (s *silent) Errorf(string, ...any) {}

// Held back, let go in another order, sent twice, lost, and answered without PagerDuty hearing it.
func TestDeliveriesOnRequest(t *testing.T) {
	a, p := start(t, Options{})
	a.Hold()
	a.Trigger("checkout", "x").Acknowledge("Ada").Resolve("Ada")
	a.Settle()
	if len(a.Held()) != 3 || len(p.all()) != 0 {
		t.Fatal("not held")
	}
	a.Release(3, 1)
	a.Release()
	a.Again(1)
	if got := p.kinds(); got != "resolved triggered acknowledged triggered" {
		t.Error(got)
	}
	all := p.all()
	if all[1].id != all[3].id || string(all[1].body) != string(all[3].body) {
		t.Error("a duplicate is the same delivery")
	}
	a.Lose(1)
	a.LoseAnswers(1)
	a.Trigger("checkout", "y").Acknowledge("Ada")
	a.Settle()
	a.Pass(10 * time.Second)
	if got := strings.TrimPrefix(p.kinds(), "resolved triggered acknowledged triggered "); got != "acknowledged acknowledged" {
		t.Error(got)
	}
}

// What nobody answers for two days is given up.
func TestGivenUp(t *testing.T) {
	a, p := start(t, Options{})
	p.says(func(int, received) int { return 500 })
	a.Trigger("checkout", "x")
	a.Settle()
	a.Pass(49 * time.Hour)
	d := a.Deliveries()[0]
	if n := len(d.Attempts); d.State != Discarded || n < 50 || n > 60 {
		t.Errorf("%s after %d attempts", d.State, n)
	}
}

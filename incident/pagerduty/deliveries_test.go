package pagerduty

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/incident/pagerduty/pagerdutytest"
)

// inbox receives deliveries, verified and read as the program does.
type inbox struct {
	mu      sync.Mutex
	secrets []string
	got     []Delivery
	bad     int
}

func (b *inbox) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(http.MaxBytesReader(rw, r.Body, MaxBody))
	b.mu.Lock()
	defer b.mu.Unlock()
	d, err := Read(body)
	if err != nil || r.Header.Get(DeliveryHeader) == "" || Verify(r.Header.Get(SignatureHeader), body, b.secrets) != nil {
		b.bad++
		rw.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	b.got = append(b.got, d)
	rw.WriteHeader(http.StatusAccepted)
}

func (b *inbox) all() []Delivery {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.got)
}

func receive(t *testing.T) (*pagerdutytest.Account, *inbox) {
	t.Helper()
	a, b := pagerdutytest.New(t, pagerdutytest.Options{}), &inbox{}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	a.Connect(server.URL)
	b.secrets = []string{a.Secret()}
	return a, b
}

// A whole life over there, as it arrives here: in order, with author, words, and the state after each step.
func TestDeliveriesAreRead(t *testing.T) {
	a, b := receive(t)
	into := a.Trigger("search", "slow")
	i := a.Trigger("checkout", "p99 is up", pagerdutytest.Priority("P1"), pagerdutytest.Key("k7"))
	a.Pass(90 * time.Second)
	i.Acknowledge("Ada").Escalate("Ada").Reassign("Ada", "Linus", "Grace").Delegate("Grace", "Platform on call").SetPriority("Ada", "")
	i.Annotate("Ada", "looking").StatusUpdate("Ada", "we are on it").AddResponder("Ada", "Grace", "help").Reply("Grace", false)
	i.AssignRole("Ada", "Linus", "lead").SetField("Ada", "region", "EU").Resolve("Linus").Reopen("Ada").Merge("Ada", into)
	a.Ping()
	a.Settle()
	var got []string
	for _, d := range b.all() {
		switch {
		case !d.Known:
			t.Errorf("unknown: %+v", d)
		case d.Snapshot && d.Incident.ID == i.ID():
			o := d.Incident
			names := []string{}
			for _, who := range o.Assignees {
				names = append(names, who.Name)
			}
			got = append(got, fmt.Sprintf("%s by %q: %s %s %q %s", strings.TrimPrefix(d.Type, "incident."), d.Agent.Name, o.Status, o.Policy.Name, o.Priority.Name, strings.Join(names, "+")))
			if o.Number != 2 || o.Key != "k7" || o.Service.Name != "checkout" || o.Created.IsZero() || o.Title != "p99 is up" || o.URL == "" {
				t.Errorf("%+v", o)
			}
			if merged := strings.HasPrefix(got[len(got)-1], `resolved by "Ada Byron"`); merged != (o.MergedInto == into.ID()) {
				t.Errorf("merged: %+v", o)
			}
		case d.Incident.ID == i.ID():
			got = append(got, fmt.Sprintf("%s by %q: %q %s %s %s", strings.TrimPrefix(d.Type, "incident."), d.Agent.Name, d.Words, d.Who.Name, d.Role, d.State))
		}
		if d.Type == "incident.acknowledged" && !d.Occurred.Equal(time.Date(2026, 3, 10, 9, 1, 30, 0, time.UTC)) {
			t.Error(d.Occurred)
		}
	}
	slices.SortStableFunc(got, func(x, y string) int { return strings.Compare(order(x), order(y)) })
	want := []string{
		`triggered by "": triggered Checkout on call "P1" Ada Byron`,
		`acknowledged by "Ada Byron": acknowledged Checkout on call "P1" Ada Byron`,
		`escalated by "Ada Byron": triggered Checkout on call "P1" Grace Murray`,
		`reassigned by "Ada Byron": triggered Checkout on call "P1" Linus Virtanen+Grace Murray`,
		`delegated by "Grace Murray": triggered Platform on call "P1" Linus Virtanen`,
		`priority_updated by "Ada Byron": triggered Platform on call "" Linus Virtanen`,
		`resolved by "Linus Virtanen": resolved Platform on call "" Linus Virtanen`,
		`reopened by "Ada Byron": triggered Platform on call "" Linus Virtanen`,
		`resolved by "Ada Byron": resolved Platform on call "" Linus Virtanen`,
		`annotated by "Ada Byron": "looking"   `,
		`status_update_published by "Ada Byron": "we are on it"   `,
		`responder.added by "Ada Byron": "help" Grace Murray  pending`,
		`responder.replied by "Grace Murray": "help" Grace Murray  declined`,
		`role.assigned by "Ada Byron": "" Linus Virtanen lead `,
		`custom_field_values.updated by "Ada Byron": "region: EU"   `,
	}
	if !slices.Equal(got, want) || b.bad != 0 {
		t.Errorf("got\n%s\n%d bad", strings.Join(got, "\n"), b.bad)
	}
	if !slices.ContainsFunc(b.all(), func(d Delivery) bool { return d.Type == Ping && d.Known }) {
		t.Error("no ping")
	}
}

// order puts what changes no state behind the rest.
func order(line string) string {
	for _, s := range []string{"annotated", "status_update", "responder", "role", "custom_field"} {
		if strings.HasPrefix(line, s) {
			return "1"
		}
	}
	return "0"
}

// A secret is changed without losing a delivery: signed with both, accepted by a program that has either.
func TestRotation(t *testing.T) {
	a, b := receive(t)
	second := a.Rotate()
	a.Trigger("checkout", "the old secret is still ours")
	a.Settle()
	b.mu.Lock()
	b.secrets = []string{second}
	b.mu.Unlock()
	a.Trigger("checkout", "now only the new one")
	a.Settle()
	a.Retire()
	a.Trigger("checkout", "and only that is signed with")
	a.Settle()
	if len(b.all()) != 3 || b.bad != 0 {
		t.Errorf("%d, %d bad", len(b.all()), b.bad)
	}
	b.mu.Lock()
	b.secrets = []string{"another"}
	b.mu.Unlock()
	a.Trigger("checkout", "comes again until the secret is put right")
	a.Settle()
	b.mu.Lock()
	b.secrets = []string{second}
	b.mu.Unlock()
	a.Pass(10 * time.Second)
	if len(b.all()) != 4 || b.bad != 1 {
		t.Errorf("%d, %d bad", len(b.all()), b.bad)
	}
}

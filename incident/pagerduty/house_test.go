package pagerduty

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"tocsin/incident"
	"tocsin/incident/pagerduty/pagerdutytest"
)

// contract loads one of PagerDuty's schemas: TOCSIN_CONTRACTS, or beside the project. Without the folder it gives nil.
func contract(file string) (routers.Router, error) {
	folder := os.Getenv("TOCSIN_CONTRACTS")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "contracts")
	}
	path := filepath.Join(folder, "pagerduty", file)
	if _, err := os.Stat(path); err != nil {
		return nil, nil
	}
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		return nil, err
	}
	doc.Servers = openapi3.Servers{{URL: "/"}}
	return gorillamux.NewRouter(doc)
}

// contracts are PagerDuty's schemas, loaded once.
var contracts = sync.OnceValue(func() (c struct {
	rest, events routers.Router
	err          error
},
) {
	var err1, err2 error
	c.rest, err1 = contract("rest-requests.strict.openapi.json")
	c.events, err2 = contract("events-v2.openapi.json")
	c.err = errors.Join(err1, err2)
	return c
})

// fits checks a request against PagerDuty's schema. One thing is known: the schema wants the details of an incident as an
// object, the documentation as a string, which is what PagerDuty shows.
func fits(router routers.Router, r *http.Request) error {
	if router == nil {
		return nil
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	raw = details.ReplaceAll(raw, []byte(`"details":{}`))
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
	route, params, err := router.FindRoute(r)
	if err != nil {
		return fmt.Errorf("%s %s: %w", r.Method, r.URL.Path, err)
	}
	return openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{ExcludeReadOnlyValidations: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	})
}

// TestContractsAreThere says loudly when nothing is checked against PagerDuty's schemas, and that they refuse something.
func TestContractsAreThere(t *testing.T) {
	if c := contracts(); c.err != nil {
		t.Fatal(c.err)
	} else if c.rest == nil || c.events == nil {
		t.Skip("SKIPPED, NOT CHECKED: there are no contracts beside the project; name their folder in TOCSIN_CONTRACTS")
	}
	for body, good := range map[string]bool{`{"note":{"content":"x"}}`: true, `{"note":{"content":"x","user":{"id":"P1"}}}`: false, `{"note":{}}`: false} {
		r := httptest.NewRequest(http.MethodPost, "/incidents/Q1/notes", strings.NewReader(body))
		r.Header.Set("Accept", "application/vnd.pagerduty+json;version=2")
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("From", "ada@harbour.example")
		if err := fits(contracts().rest, r); (err == nil) != good {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// meet opens an account and a client of it; every request of REST is checked against PagerDuty's schema.
func meet(t *testing.T, change ...func(*Options)) (*pagerdutytest.Account, *Client) {
	t.Helper()
	a, schemas := pagerdutytest.New(t, pagerdutytest.Options{}), contracts()
	a.Check(func(r *http.Request) error { return fits(schemas.rest, r) })
	o := Options{
		Token: a.Token(), From: "tocsin@harbour.example", RoutingKey: a.RoutingKey("database"), API: a.APIURL(), Events: a.EventsURL() + "/",
		Now: time.Now, Deadline: 20 * time.Second,
	}
	for _, f := range change {
		f(&o)
	}
	c := New(o)
	c.haste()
	t.Cleanup(c.Close)
	return a, c
}

// haste makes the pauses before repetitions short.
func (c *Client) haste() {
	for _, p := range []*http.Client{c.rest.HTTPClient.(*http.Client), c.events.HTTPClient.(*http.Client)} {
		p.Transport.(*wire).pause = time.Millisecond
	}
}

// service is the id of a service.
func service(t *testing.T, c *Client, name string) Service {
	t.Helper()
	list, err := c.Services(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("no service %s in %v", name, list)
	return Service{}
}

// once plays a fault at the first request of a method only.
func once(method string, f pagerdutytest.Fault) func(pagerdutytest.Call) *pagerdutytest.Fault {
	return func(c pagerdutytest.Call) *pagerdutytest.Fault {
		if c.Method == method && c.NthOfMethod == 1 {
			return &f
		}
		return nil
	}
}

// always plays a fault at every request.
func always(f pagerdutytest.Fault) func(pagerdutytest.Call) *pagerdutytest.Fault {
	return func(pagerdutytest.Call) *pagerdutytest.Fault { return &f }
}

// down is the setback in an error, which must say that PagerDuty is down.
func down(t *testing.T, err error) *incident.Setback {
	t.Helper()
	var s *incident.Setback
	if !errors.As(err, &s) || !s.Down {
		t.Fatalf("not down: %v", err)
	}
	return s
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// method is a method of the client: its name, and whether it goes to one incident.
type method struct {
	name string
	id   bool
}

// methods are all methods of the client that ask PagerDuty.
func methods(c *Client, service, id string) map[method]func(context.Context) error {
	return map[method]func(context.Context) error{
		{"Open", false}: func(ctx context.Context) error {
			_, _, err := c.Open(ctx, Page{Service: service, Title: "t", Key: "k"})
			return err
		},
		{"ByKey", false}:            func(ctx context.Context) error { _, _, err := c.ByKey(ctx, "k"); return err },
		{"Incident", true}:          func(ctx context.Context) error { _, err := c.Incident(ctx, id); return err },
		{"Incidents", false}:        func(ctx context.Context) error { _, err := c.Incidents(ctx, Filter{}); return err },
		{"Note", true}:              func(ctx context.Context) error { return c.Note(ctx, id, "n") },
		{"Noted", true}:             func(ctx context.Context) error { _, err := c.Noted(ctx, id, "n"); return err },
		{"Publish", true}:           func(ctx context.Context) error { return c.Publish(ctx, id, "p") },
		{"Published", true}:         func(ctx context.Context) error { _, err := c.Published(ctx, id, "p"); return err },
		{"AskToHelp", true}:         func(ctx context.Context) error { return c.AskToHelp(ctx, id, "m", Target{ID: "PNOBODY"}) },
		{"Log", true}:               func(ctx context.Context) error { _, err := c.Log(ctx, id, time.Time{}); return err },
		{"Alerts", true}:            func(ctx context.Context) error { _, err := c.Alerts(ctx, id); return err },
		{"Responders", true}:        func(ctx context.Context) error { _, err := c.Responders(ctx, id); return err },
		{"SetPriority", true}:       func(ctx context.Context) error { return c.SetPriority(ctx, id, "PNONE") },
		{"Acknowledge", true}:       func(ctx context.Context) error { return c.Acknowledge(ctx, id) },
		{"Resolve", true}:           func(ctx context.Context) error { return c.Resolve(ctx, id, "") },
		{"Enqueue", false}:          func(ctx context.Context) error { return c.Enqueue(ctx, Event{Action: Ack, Key: "k"}) },
		{"People", false}:           func(ctx context.Context) error { _, err := c.People(ctx); return err },
		{"Sender", false}:           func(ctx context.Context) error { _, err := c.Sender(ctx); return err },
		{"OnCalls", false}:          func(ctx context.Context) error { _, err := c.OnCalls(ctx); return err },
		{"Services", false}:         func(ctx context.Context) error { _, err := c.Services(ctx); return err },
		{"Policies", false}:         func(ctx context.Context) error { _, err := c.Policies(ctx); return err },
		{"Priorities", false}:       func(ctx context.Context) error { _, err := c.Priorities(ctx); return err },
		{"Abilities", false}:        func(ctx context.Context) error { _, err := c.Abilities(ctx); return err },
		{"Subscriptions", false}:    func(ctx context.Context) error { _, err := c.Subscriptions(ctx); return err },
		{"PingSubscription", false}: func(ctx context.Context) error { return c.PingSubscription(ctx, "PNONE") },
	}
}

func holds(s string, words ...string) bool {
	for _, w := range words {
		if !strings.Contains(s, w) {
			return false
		}
	}
	return true
}

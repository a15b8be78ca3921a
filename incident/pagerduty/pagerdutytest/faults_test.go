package pagerdutytest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Before means that nothing happened, after that everything did.
func TestFaults(t *testing.T) {
	for kind, done := range map[FaultKind]bool{
		Status: false, LostBefore: false, Hang: false, HTML: false, Delay: true, LostAfter: true, ErrorAfter: true, HangAfter: true, HalfBody: true,
	} {
		t.Run(fmt.Sprint(kind), func(t *testing.T) {
			a, _ := start(t, Options{})
			i := a.Trigger("checkout", "x")
			a.Faults(func(c Call) *Fault {
				if c.Method == "POST /incidents/{id}/notes" && c.NthOfMethod == 1 {
					return &Fault{Kind: kind, Status: 503, Delay: time.Millisecond}
				}
				return nil
			})
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.APIURL()+"/incidents/"+i.ID()+"/notes", strings.NewReader(`{"note":{"content":"n"}}`))
			if err != nil {
				t.Fatal(err)
			}
			req.Header = http.Header{
				"Accept": {"application/vnd.pagerduty+json;version=2"}, "Content-Type": {"application/json"},
				"Authorization": {"Token token=" + a.Token()}, "From": {"ada@harbour.example"},
			}
			resp, err := http.DefaultClient.Do(req)
			if err == nil {
				resp.Body.Close()
			}
			if got := len(i.Notes()) == 1; got != done {
				t.Errorf("done: %t (%v)", got, err)
			}
			if c := a.Calls()[0]; c.Fault != kind || c.From != "ada@harbour.example" {
				t.Errorf("%+v", c)
			}
			if status, _, _ := call(t, a, "POST", "/incidents/"+i.ID()+"/notes", `{"note":{"content":"n"}}`); status != 201 {
				t.Error("the second one works:", status)
			}
		})
	}
}

// Five hundred at once: each is delivered once, those of one incident in order.
func TestStorm(t *testing.T) {
	a, p := start(t, Options{Timeout: 10 * time.Second})
	for n := range 500 {
		a.Trigger("checkout", fmt.Sprint("broken ", n)).Acknowledge("Ada")
	}
	a.Settle()
	first := map[string]string{}
	for _, r := range p.all() {
		if first[r.about] == "" {
			first[r.about] = r.kind
		}
	}
	if len(p.all()) != 1000 || len(first) != 500 {
		t.Errorf("%d deliveries of %d incidents", len(p.all()), len(first))
	}
	for about, kind := range first {
		if kind != "incident.triggered" {
			t.Errorf("%s began with %s", about, kind)
		}
	}
}

// Closing ends deliveries that are on their way, and does not wait for an app that hangs.
func TestCloseWhileDelivering(t *testing.T) {
	a, p := start(t, Options{Timeout: time.Minute})
	arrived, hang := make(chan struct{}), make(chan struct{})
	defer close(hang)
	p.says(func(int, received) int { close(arrived); <-hang; return 202 })
	a.Trigger("checkout", "x")
	<-arrived
	begin := time.Now()
	_ = a.Close()
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("took %s", took)
	}
}

package pagerdutytest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// app is a program that receives webhooks, and answers what a test says.
type app struct {
	mu     sync.Mutex
	got    []received
	answer func(n int, r received) int // nil: 202
}

type received struct {
	id, kind, event, about, signature string
	body                              []byte
}

func (p *app) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var o Object
	_ = json.Unmarshal(body, &o)
	event := obj(o["event"])
	data := obj(event["data"])
	about := str(data["id"])
	if in := obj(data["incident"]); in != nil {
		about = str(in["id"])
	}
	one := received{r.Header.Get("X-Webhook-Id"), str(event["event_type"]), str(event["id"]), about, r.Header.Get("X-PagerDuty-Signature"), body}
	p.mu.Lock()
	p.got = append(p.got, one)
	n, answer := len(p.got), p.answer
	p.mu.Unlock()
	status := http.StatusAccepted
	if answer != nil {
		status = answer(n, one)
	}
	rw.WriteHeader(status)
}

func (p *app) says(answer func(n int, r received) int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

func (p *app) all() []received {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.got)
}

func (p *app) kinds() string {
	var list []string
	for _, r := range p.all() {
		list = append(list, strings.TrimPrefix(r.kind, "incident."))
	}
	return strings.Join(list, " ")
}

// start opens an account with a program that receives its webhooks.
func start(t *testing.T, o Options) (*Account, *app) {
	t.Helper()
	a, p := New(t, o), &app{}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	a.Connect(server.URL + "/pagerduty/webhook")
	return a, p
}

// call makes one request of the REST API as it should be made; headers change it.
func call(t *testing.T, a *Account, method, path, body string, headers ...string) (int, Object, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, a.APIURL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/vnd.pagerduty+json;version=2")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Token token="+a.Token())
	if method != http.MethodGet {
		req.Header.Set("From", "ada@harbour.example")
	}
	for n := 0; n+1 < len(headers); n += 2 {
		req.Header.Set(headers[n], headers[n+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var o Object
	raw, _ := io.ReadAll(resp.Body)
	if len(bytes.TrimSpace(raw)) > 0 && json.Unmarshal(raw, &o) != nil {
		t.Fatalf("%s %s: %s", method, path, raw)
	}
	return resp.StatusCode, o, resp.Header
}

func code(o Object) int {
	f, _ := obj(o["error"])["code"].(float64)
	return int(f)
}

func id(a *Account, service string) string { return a.serviceNamed(service).id }

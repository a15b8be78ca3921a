package pagerdutytest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestIncidentsOverREST(t *testing.T) {
	a, p := start(t, Options{})
	a.Announce("POST /incidents", "PUT /incidents", "PUT /incidents/{id}")
	create := fmt.Sprintf(`{"incident":{"type":"incident","title":"Down","service":{"id":%q,"type":"service_reference"},"incident_key":"INC-1"}}`, id(a, "checkout"))
	status, o, _ := call(t, a, "POST", "/incidents", create)
	made := obj(o["incident"])
	if status != 201 || made["incident_key"] != "INC-1" || made["status"] != "triggered" || made["urgency"] != "high" {
		t.Fatal(status, o)
	}
	if status, o, _ = call(t, a, "POST", "/incidents", create); status != 400 || !strings.Contains(fmt.Sprint(o), "matching dedup key already exists") {
		t.Error("a second one with the key:", status, o)
	}
	elsewhere := strings.Replace(create, id(a, "checkout"), id(a, "search"), 1)
	if status, _, _ = call(t, a, "POST", "/incidents", elsewhere); status != 201 {
		t.Error("the key is taken on another service:", status)
	}
	manage := func(to string) (int, int) {
		status, o, _ := call(t, a, "PUT", "/incidents", fmt.Sprintf(`{"incidents":[{"id":%q,"type":"incident","status":%q}]}`, made["id"], to))
		return status, code(o)
	}
	for _, step := range []struct {
		to           string
		status, code int
	}{{"acknowledged", 200, 0}, {"acknowledged", 400, 1002}, {"resolved", 200, 0}, {"resolved", 400, 1001}, {"acknowledged", 400, 1001}} {
		if status, code := manage(step.to); status != step.status || code != step.code {
			t.Errorf("%s: %d %d", step.to, status, code)
		}
	}
	if status, _, _ = call(t, a, "POST", "/incidents", create); status != 201 {
		t.Error("the key is free after the end:", status)
	}
	if status, o, _ := call(t, a, "PUT", "/incidents/QNOBODY", `{"incident":{"type":"incident","status":"resolved"}}`); status != 404 || code(o) != 2100 {
		t.Error(status, o)
	}
	a.Settle()
	var told []string
	for _, r := range p.all() {
		if r.about == made["id"] {
			told = append(told, r.kind)
		}
	}
	if got := strings.Join(told, " "); got != "incident.triggered incident.acknowledged incident.resolved" {
		t.Error(got)
	}
}

// What PagerDuty forgives and what it does not: neither is forgiven here.
func TestRefused(t *testing.T) {
	a, _ := start(t, Options{Without: []string{"coordinated_responding"}})
	i := a.Trigger("checkout", "x")
	service := fmt.Sprintf(`{"id":%q,"type":"service_reference"}`, id(a, "checkout"))
	create := `{"incident":{"type":"incident","title":"Down","service":` + service + `}}`
	note := "/incidents/" + i.ID() + "/notes"
	for _, c := range []struct {
		name, method, path, body string
		headers                  []string
		status, code             int
	}{
		{"no key", "GET", "/incidents", "", []string{"Authorization", ""}, 401, 2006},
		{"another key", "GET", "/incidents", "", []string{"Authorization", "Token token=x"}, 401, 2006},
		{"unknown path", "GET", "/nothing", "", nil, 404, 2100},
		{"unknown method", "DELETE", "/incidents", "", nil, 404, 2100},
		{"unknown parameter", "GET", "/incidents?colour=red", "", nil, 400, 2001},
		{"version 1", "GET", "/incidents", "", []string{"Accept", "application/json"}, 406, 2001},
		{"no From", "POST", "/incidents", create, []string{"From", ""}, 400, 2001},
		{"From nobody", "POST", "/incidents", create, []string{"From", "nobody@harbour.example"}, 400, 2001},
		{"From a name", "POST", "/incidents", create, []string{"From", "Ada"}, 400, 2001},
		{"no title", "POST", "/incidents", strings.Replace(create, "Down", "", 1), nil, 400, 2001},
		{"an unknown field", "POST", "/incidents", strings.Replace(create, `"title"`, `"colour":"red","title"`, 1), nil, 400, 2001},
		{"a null priority", "POST", "/incidents", strings.Replace(create, `"title"`, `"priority":null,"title"`, 1), nil, 400, 2001},
		{"another urgency", "POST", "/incidents", strings.Replace(create, `"title"`, `"urgency":"severe","title"`, 1), nil, 400, 2001},
		{"an unknown service", "POST", "/incidents", strings.Replace(create, id(a, "checkout"), "PNONE", 1), nil, 400, 2001},
		{"an unknown priority", "POST", "/incidents", strings.Replace(create, `"title"`, `"priority":{"id":"P0","type":"priority_reference"},"title"`, 1), nil, 400, 2001},
		{"no JSON", "POST", "/incidents", "hello", nil, 400, 2001},
		{"a form", "POST", "/incidents", create, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, 2001},
		{"a body where none is", "GET", "/incidents", "{}", nil, 400, 2001},
		{"a note with its user", "POST", note, `{"note":{"content":"x","user":{"id":"P1"}}}`, nil, 400, 2001},
		{"a page too long", "GET", "/incidents?limit=101", "", nil, 400, 2001},
		{"a page too far", "GET", "/incidents?limit=100&offset=9901", "", nil, 400, 2001},
		{"more than six months", "GET", "/incidents?since=2025-01-01T00:00:00Z", "", nil, 400, 2001},
		{"an ability not bought", "POST", "/incidents/" + i.ID() + "/responder_requests", `{}`, nil, 402, 2012},
		{"somebody's own page", "GET", "/users/me", "", nil, 400, 2001},
		{"an unknown event type", "POST", "/webhook_subscriptions", `{"webhook_subscription":{"type":"webhook_subscription","delivery_method":{"type":"http_delivery_method","url":"https://x.example/"},"events":["incident.painted"],"filter":{"type":"account_reference"}}}`, nil, 400, 2001},
	} {
		before := len(a.Complaints())
		status, o, _ := call(t, a, c.method, c.path, c.body, c.headers...)
		if status != c.status || code(o) != c.code {
			t.Errorf("%s: %d %v", c.name, status, o)
		}
		if len(a.Complaints()) != before+1 {
			t.Errorf("%s: no complaint", c.name)
		}
	}
	a.complaints = nil // all of them were looked for
}

func TestPages(t *testing.T) {
	a, _ := start(t, Options{})
	a.Subscribe("service.created")
	for n := range 130 {
		a.Trigger("checkout", fmt.Sprint("number ", n+1))
	}
	status, o, _ := call(t, a, "GET", "/incidents?limit=100&offset=100&sort_by=created_at:asc", "")
	if list := arr(o["incidents"]); status != 200 || len(list) != 30 || o["more"] != false || obj(list[0])["title"] != "number 101" {
		t.Error(status, o["more"], len(list))
	}
	if _, o, _ = call(t, a, "GET", "/incidents", ""); len(arr(o["incidents"])) != 25 || o["more"] != true {
		t.Error("the first page has 25")
	}
	if _, o, _ = call(t, a, "GET", "/incidents?since=2026-03-10T09:00:01Z", ""); len(arr(o["incidents"])) != 0 {
		t.Error("since")
	}
	if _, o, _ = call(t, a, "GET", "/incidents?statuses[]=resolved&statuses[]=acknowledged", ""); len(arr(o["incidents"])) != 0 {
		t.Error("statuses")
	}
}

func TestRateLimit(t *testing.T) {
	a, _ := start(t, Options{})
	a.Announce("GET /abilities")
	var header http.Header
	status := 0
	for range 960 {
		if status, _, header = call(t, a, "GET", "/abilities", ""); status != 200 {
			t.Fatal(status)
		}
	}
	if header.Get("ratelimit-limit") != "960" || header.Get("ratelimit-remaining") != "0" || header.Get("ratelimit-reset") != "60" {
		t.Error(header)
	}
	a.Pass(20 * time.Second)
	status, o, header := call(t, a, "GET", "/abilities", "")
	if status != 429 || code(o) != 2020 || header.Get("ratelimit-reset") != "40" {
		t.Error(status, o, header)
	}
	a.Pass(40 * time.Second)
	if status, _, _ = call(t, a, "GET", "/abilities", ""); status != 200 {
		t.Error("still limited")
	}
}

func event(t *testing.T, a *Account, body string) (int, string) {
	t.Helper()
	resp, err := http.Post(a.EventsURL()+"/v2/enqueue", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode, resp.Status
}

// The same key while its alert is open is the same alert; after that it is a new one.
func TestEvents(t *testing.T) {
	a, p := start(t, Options{})
	a.Announce("enqueue")
	body := func(action, key string) string {
		return fmt.Sprintf(`{"routing_key":%q,"event_action":%q,"dedup_key":%q,"client":"Tocsin","payload":{"summary":"disk","source":"db1","severity":"critical"}}`, a.RoutingKey("database"), action, key)
	}
	for _, step := range []string{"trigger", "trigger", "acknowledge", "acknowledge", "resolve", "resolve", "trigger"} {
		if status, _ := event(t, a, body(step, "k")); status != 202 {
			t.Errorf("%s: %d", step, status)
		}
		a.Settle()
	}
	if got := p.kinds(); got != "triggered acknowledged resolved triggered" {
		t.Error(got)
	}
	for name, bad := range map[string]string{
		"another key": strings.Replace(body("trigger", "k"), a.RoutingKey("database"), strings.Repeat("0", 32), 1), "no payload": `{"routing_key":"x","event_action":"trigger"}`,
		"no dedup key": body("resolve", ""), "a long one": body("trigger", strings.Repeat("k", 256)), "another action": body("paint", "k"), "no JSON": "x",
		"a long title": strings.Replace(body("trigger", "z"), "disk", strings.Repeat("d", 1025), 1), "more fields": strings.Replace(body("trigger", "z"), `"payload"`, `"colour":1,"payload"`, 1),
	} {
		if status, _ := event(t, a, bad); status != 400 {
			t.Errorf("%s: %d", name, status)
		}
	}
	for range 120 - 7 {
		event(t, a, body("trigger", "k"))
	}
	if status, _ := event(t, a, body("trigger", "k")); status != 429 {
		t.Error("the 121st in a minute:", status)
	}
	if strings.Contains(fmt.Sprint(a.Calls()), a.RoutingKey("database")) {
		t.Error("a call shows the routing key")
	}
}

func TestSubscriptionsOverREST(t *testing.T) {
	a, p := start(t, Options{})
	service := id(a, "search")
	_, o, _ := call(t, a, "POST", "/webhook_subscriptions", fmt.Sprintf(`{"webhook_subscription":{"type":"webhook_subscription","delivery_method":{"type":"http_delivery_method","url":%q,"custom_headers":[{"name":"X-A","value":"b"}]},"events":["incident.triggered"],"filter":{"type":"service_reference","id":%q}}}`, a.subs[0].url, service))
	sub := obj(o["webhook_subscription"])
	if str(obj(sub["delivery_method"])["secret"]) == "" {
		t.Fatal(o)
	}
	_, o, _ = call(t, a, "GET", "/webhook_subscriptions", "")
	if list := arr(o["webhook_subscriptions"]); len(list) != 2 || obj(obj(list[1])["delivery_method"])["secret"] != nil {
		t.Error("the secret is shown once:", o)
	}
	a.Trigger("checkout", "x")
	a.Trigger("search", "y").Acknowledge("Ada")
	a.Settle()
	if len(p.all()) != 4 { // the account's: three; the service's: one
		t.Error(p.kinds())
	}
	if status, _, _ := call(t, a, "POST", "/webhook_subscriptions/"+str(sub["id"])+"/ping", ""); status != 202 {
		t.Error(status)
	}
	if _, _, _ = call(t, a, "PUT", "/webhook_subscriptions/"+str(sub["id"]), `{"webhook_subscription":{"active":false}}`); a.subs[1].active {
		t.Error("still active")
	}
	if status, _, _ := call(t, a, "DELETE", "/webhook_subscriptions/"+str(sub["id"]), ""); status != 204 || len(a.subs) != 1 {
		t.Error("not deleted:", status)
	}
	a.Settle()
	if !strings.HasSuffix(p.kinds(), "pagey.ping") {
		t.Error(p.kinds())
	}
}

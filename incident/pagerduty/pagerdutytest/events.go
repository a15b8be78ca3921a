package pagerdutytest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// What an event of the Events API v2 may hold.
var (
	payloadShape = shape{
		"summary!": "string", "source!": "string", "severity!": "critical|error|warning|info", "timestamp": "string",
		"component": "string", "group": "string", "class": "string", "custom_details": "any",
	}
	eventShape = shape{
		"routing_key!": "string", "event_action!": "trigger|acknowledge|resolve", "dedup_key": "string", "payload": payloadShape,
		"client": "string", "client_url": "string",
		"links":  []shape{{"href!": "string", "text": "string"}},
		"images": []shape{{"src!": "string", "href": "string", "alt": "string"}},
	}
)

const (
	longestEvent = 512 << 10
	longestKey   = 255
	longestTitle = 1024
)

// serveEvent answers the Events API.
func (a *Account) serveEvent(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, longestEvent))
	c, ask := a.begin("enqueue", r, body)
	var f *Fault
	if ask != nil {
		f = ask(c)
	}
	a.withFault(rw, r, c, f, func() answer {
		a.mu.Lock()
		defer a.mu.Unlock()
		if err != nil {
			return a.invalidEvent(http.StatusRequestEntityTooLarge, "the body may have 512 kB")
		}
		return a.event(r, body)
	})
}

// invalidEvent refuses an event as this API does. The caller holds the lock, as in all that follow.
func (a *Account) invalidEvent(status int, faults ...string) answer {
	a.complain("enqueue", fmt.Sprint(faults))
	return answer{status, nil, Object{"status": "invalid event", "message": "Event object is invalid", "errors": faults}}
}

func (a *Account) event(r *http.Request, body []byte) answer {
	var o Object
	switch {
	case r.Method != http.MethodPost:
		return a.invalidEvent(http.StatusMethodNotAllowed, "POST only")
	case r.Header.Get("Content-Type") != "application/json":
		return a.invalidEvent(http.StatusUnsupportedMediaType, "application/json only")
	case json.Unmarshal(body, &o) != nil:
		return a.invalidEvent(http.StatusBadRequest, "the body is no JSON object")
	}
	faults := eventShape.faults("", o)
	key, action := str(o["dedup_key"]), str(o["event_action"])
	switch {
	case action == "trigger" && o["payload"] == nil:
		faults = append(faults, "payload is missing")
	case action != "trigger" && key == "":
		faults = append(faults, "dedup_key is missing")
	case len(key) > longestKey:
		faults = append(faults, "dedup_key is too long")
	case len(str(obj(o["payload"])["summary"])) > longestTitle:
		faults = append(faults, "payload.summary is too long")
	}
	if len(faults) > 0 {
		return a.invalidEvent(http.StatusBadRequest, faults...)
	}
	var to *service
	for _, s := range a.services {
		if s.key == o["routing_key"] {
			to = s
		}
	}
	if to == nil {
		return a.invalidEvent(http.StatusBadRequest, "routing_key is unknown")
	}
	if _, ok := a.allow(to.key, eventLimit); !ok {
		a.complain("enqueue", "Rate Limit Exceeded")
		return answer{http.StatusTooManyRequests, nil, Object{"status": "throttle exceeded", "message": "Requests for this service are arriving too quickly. Please retry later."}}
	}
	if key == "" {
		key = random()
	}
	a.process(to, action, key, o)
	return answer{http.StatusAccepted, nil, Object{"status": "success", "message": "Event processed", "dedup_key": key}}
}

// process does what an event asks. The same key while its alert is open is the same alert; after that it is a new one.
func (a *Account) process(s *service, action, key string, o Object) {
	i := a.openWithKey(s, key)
	agent := Object{"id": s.id, "type": "events_api_v2_inbound_integration_reference", "summary": "Events API V2", "self": s.self(), "html_url": s.page()}
	by := actor{}
	switch {
	case action == "trigger" && i != nil:
		a.note(i, agent, "trigger_log_entry", "Triggered again through the API", "")
	case action == "trigger":
		payload := obj(o["payload"])
		n := newIncident{service: s.id, title: str(payload["summary"]), urgency: "high", key: key, viaEvents: true, agent: agent, details: payload["custom_details"]}
		if name := str(o["client"]); name != "" {
			n.client = Object{"name": name, "url": o["client_url"]}
		}
		made, err := a.openIncident(n)
		if err != nil {
			return // the service exists, and no incident with the key is open
		}
		made.alerts = append(made.alerts, &alert{a.mint("Q"), key, "triggered", made.title, str(payload["severity"]), a.now(), payload["custom_details"]})
	case i == nil: // nothing to acknowledge or resolve: accepted and forgotten, as PagerDuty does
	case action == "acknowledge":
		_ = a.acknowledge(i, by) // twice is once
	default:
		_ = a.resolve(i, by)
	}
}

package pagerdutytest

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// subscription is where webhooks go.
type subscription struct {
	id, url, description string
	secrets              []string // more than one while they are rotated
	headers              map[string]string
	events               []string
	filter               Object // type, and the id of a service or a team
	active               bool
	drops                int // in a row
	disabled             time.Time
}

// happening is what an event says beside the incident; data nil means that the event carries the incident itself.
type happening struct {
	agent, client any
	data          Object
}

// EventTypes are the types of events that a subscription can ask for.
var EventTypes = []string{
	"incident.acknowledged", "incident.action_invocation.created", "incident.action_invocation.terminated", "incident.action_invocation.updated",
	"incident.annotated", "incident.conference_bridge.updated", "incident.custom_field_values.updated", "incident.delegated", "incident.escalated",
	"incident.incident_type.changed", "incident.priority_updated", "incident.reassigned", "incident.reopened", "incident.resolved",
	"incident.responder.added", "incident.responder.replied", "incident.role.assigned", "incident.service_updated",
	"incident.status_update_published", "incident.task.completed", "incident.task.created", "incident.task.updated", "incident.triggered",
	"incident.unacknowledged", "incident.workflow.completed", "incident.workflow.started",
	"service.created", "service.custom_field_values.updated", "service.deleted", "service.updated",
}

// tell makes an event of what happened to an incident and queues its deliveries. The caller holds the lock.
func (a *Account) tell(kind string, i *incident, h happening) {
	if h.data == nil {
		h.data = i.delivered(a.team)
	}
	a.queueEvent(kind, "incident", i, h)
	a.changed()
}

// queueEvent makes the event and a delivery for every subscription that asks for it; i is nil where it is about none.
func (a *Account) queueEvent(kind, resource string, i *incident, h happening) {
	id := a.mintEvent()
	body := eventBody(id, kind, resource, a.now(), h)
	for _, s := range a.subs {
		if s.wants(kind, i) {
			a.enqueue(s, &delivery{event: id, kind: kind, about: i, body: body})
		}
	}
}

func eventBody(id, kind, resource string, at time.Time, h happening) []byte {
	body, err := json.Marshal(Object{"event": Object{
		"id": id, "event_type": kind, "resource_type": resource, "occurred_at": at.UTC().Format("2006-01-02T15:04:05.000Z"),
		"agent": h.agent, "client": h.client, "data": h.data,
	}})
	if err != nil {
		panic(err) // objects of plain values
	}
	return body
}

func (s *subscription) wants(kind string, i *incident) bool {
	if !s.active || !slices.Contains(s.events, kind) {
		return false
	}
	switch s.filter["type"] {
	case "service_reference":
		return i != nil && i.service.id == s.filter["id"]
	}
	return true // the account's, or its only team's
}

// Connect subscribes an address to everything, with a secret of its own; a second time it moves the address.
func (a *Account) Connect(url string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.client.CloseIdleConnections() // an app that stops would wait for them
	if len(a.subs) > 0 {
		a.subs[0].url = url
		return
	}
	a.subscribe(url)
}

func (a *Account) subscribe(url string) *subscription {
	s := &subscription{
		id: a.mint("P"), url: url, description: "Tocsin", secrets: []string{random() + random()}, events: slices.Clone(EventTypes),
		filter: Object{"type": "account_reference"}, active: true,
	}
	a.subs = append(a.subs, s)
	return s
}

// Secret is what deliveries of the first subscription are signed with, or "" before Connect; during a rotation the newest.
func (a *Account) Secret() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.subs) == 0 {
		return ""
	}
	return a.subs[0].secrets[len(a.subs[0].secrets)-1]
}

// Rotate adds a secret to the first subscription, which is signed with both from then on, and returns it; Retire ends that.
func (a *Account) Rotate() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.subs[0]
	s.secrets = append(s.secrets, random()+random())
	return s.secrets[len(s.secrets)-1]
}

// Retire takes all but the newest secret away from the first subscription.
func (a *Account) Retire() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.subs[0].secrets = a.subs[0].secrets[len(a.subs[0].secrets)-1:]
}

// Subscribe changes which events the first subscription asks for.
func (a *Account) Subscribe(events ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.subs[0].events = events
}

// Disabled tells whether the first subscription is switched off because its app refused three deliveries in a row.
func (a *Account) Disabled() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.subs[0].disabled.After(a.now())
}

// Ping sends the test delivery to the first subscription, as somebody does who has just made it.
func (a *Account) Ping() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ping(a.subs[0])
}

func (a *Account) ping(s *subscription) {
	id := a.mintEvent()
	h := happening{nil, nil, Object{"message": "Hello from your friend Pagey!", "type": "ping"}}
	a.enqueue(s, &delivery{event: id, kind: "pagey.ping", body: eventBody(id, "pagey.ping", "pagey", a.now(), h)})
	a.changed()
}

// Send delivers an event of any shape to the first subscription, signed: what PagerDuty might send one day.
func (a *Account) Send(kind string, body []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.enqueue(a.subs[0], &delivery{event: "", kind: kind, body: body})
	a.changed()
}

func (s *subscription) full(now time.Time, secret any) Object {
	filter := Object{"type": s.filter["type"]}
	if id, ok := s.filter["id"]; ok {
		filter["id"] = id
	}
	headers := []any{}
	for name := range s.headers {
		headers = append(headers, Object{"name": name, "value": "<redacted>"})
	}
	return Object{
		"id": s.id, "type": "webhook_subscription", "active": s.active, "description": s.description, "events": s.events, "filter": filter,
		"delivery_method": Object{
			"id": strings.Replace(s.id, "P", "D", 1), "type": "http_delivery_method", "url": s.url, "secret": secret,
			"temporarily_disabled": s.disabled.After(now), "custom_headers": headers,
		},
	}
}

package pagerduty

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// MaxBody is how long the body of a delivery may be. PagerDuty drops what is longer than 256 kB before it sends.
const MaxBody = 2 << 20

// Ping is the type of the delivery that somebody sends to try a subscription.
const Ping = "pagey.ping"

// Delivery is one event that PagerDuty has delivered. Snapshot tells whether Incident holds all that PagerDuty knows of it,
// as it was after the event; otherwise only the id, title and address that the event refers to, as far as they are given.
type Delivery struct {
	ID       string    // the event's, the same in every delivery of it
	Type     string    // "incident.triggered"
	Known    bool      // a type that this package knows, with what it must have; others are to be accepted and counted
	Occurred time.Time // by PagerDuty's clock; zero where it cannot be read
	Agent    Ref       // who or what did it; zero where PagerDuty did
	Client   string    // through which program
	Incident Incident
	Snapshot bool
	Words    string // of a note, a status update, a request to respond, a task, a ping; else what changed
	Trimmed  bool   // PagerDuty has cut the words
	Who      Ref    // the responder, or who got a role
	Role     string // which role
	State    string // of a responder: pending, joined, declined
}

// types are the event types that are known; the value tells whether an incident must be named.
var types = map[string]bool{
	"incident.triggered": true, "incident.acknowledged": true, "incident.unacknowledged": true, "incident.resolved": true,
	"incident.reopened": true, "incident.escalated": true, "incident.reassigned": true, "incident.delegated": true,
	"incident.priority_updated": true, "incident.annotated": true, "incident.status_update_published": true,
	"incident.responder.added": true, "incident.responder.replied": true, "incident.role.assigned": true,
	"incident.conference_bridge.updated": true, "incident.custom_field_values.updated": true, "incident.incident_type.changed": true,
	"incident.service_updated": true, "incident.task.created": true, "incident.task.updated": true, "incident.task.completed": true,
	"incident.action_invocation.created": true, "incident.action_invocation.updated": true, "incident.action_invocation.terminated": true,
	"incident.workflow.started": true, "incident.workflow.completed": true,
	"service.created": false, "service.updated": false, "service.deleted": false, "service.custom_field_values.updated": false,
	Ping: false,
}

// Types are the types of events about incidents that a subscription can list, in alphabetical order.
func Types() []string {
	var list []string
	for name, about := range types {
		if about {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// Read reads the body of a delivery whose signature was verified. An error means that it is none: no JSON, too long, or
// without id or type.
func Read(body []byte) (Delivery, error) {
	if len(body) > MaxBody {
		return Delivery{}, errors.New("the delivery is too long")
	}
	all, err := decode(body)
	if err != nil {
		return Delivery{}, fmt.Errorf("the delivery is no JSON: %w", err)
	}
	event := object(all["event"])
	d := Delivery{ID: text(event["id"]), Type: text(event["event_type"]), Occurred: moment(event["occurred_at"])}
	if d.ID == "" || d.Type == "" {
		return Delivery{}, errors.New("the delivery has no event with id and type")
	}
	d.Agent, d.Client = ref(event["agent"]), text(object(event["client"])["name"])
	data := object(event["data"])
	d.about(data)
	d.details(data)
	about, known := types[d.Type]
	d.Known = known && (!about || d.Incident.ID != "")
	return d, nil
}

// about reads which incident the event is about: the data is one, or it refers to one.
func (d *Delivery) about(data map[string]any) {
	if text(data["type"]) == "incident" {
		d.Incident, d.Snapshot = incidentOf(data), text(data["id"]) != ""
		return
	}
	named := object(data["incident"])
	if role := first(data["incident_role_assignments"]); named == nil && role != nil {
		named = object(role["incident"])
	}
	d.Incident = Incident{ID: text(named["id"]), Title: text(named["summary"]), URL: text(named["html_url"])}
}

// details reads what differs per type.
func (d *Delivery) details(data map[string]any) {
	switch text(data["type"]) {
	case "incident_note":
		d.Words = text(data["content"])
	case "incident_status_update", "ping":
		d.Words = text(data["message"])
	case "incident_responder":
		d.Words, d.State, d.Who = text(data["message"]), text(data["state"]), ref(data["user"])
		if d.Who == (Ref{}) {
			d.Who = ref(data["escalation_policy"])
		}
	case "incident_role_assignment":
		role := first(data["incident_role_assignments"])
		d.Who, d.Role = ref(role["assignee"]), ref(role["role"]).Name
	case "incident_conference_bridge":
		d.Incident.Bridge = Bridge{Number: text(first(data["conference_numbers"])["number"]), URL: text(data["conference_url"])}
		d.Words = strings.TrimSpace(d.Incident.Bridge.Number + " " + d.Incident.Bridge.URL)
	case "incident_field_values":
		d.Words = fields(data["changed_custom_fields"])
	case "incident":
	default:
		d.Words = firstOf(text(data["title"]), text(data["summary"]), text(data["name"]))
	}
	d.Trimmed = data["trimmed"] == true
}

// fields says what custom fields hold.
func fields(v any) string {
	var list []string
	for _, one := range items(v) {
		o := object(one)
		value := text(o["value"])
		if many := items(o["value"]); many != nil {
			var parts []string
			for _, part := range many {
				parts = append(parts, text(part))
			}
			value = strings.Join(parts, ", ")
		}
		list = append(list, text(o["name"])+": "+value)
	}
	return strings.Join(list, "; ")
}

package pagerdutytest

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// incident is one incident of the account.
type incident struct {
	id, key, title string
	number         int
	status         string // triggered, acknowledged, resolved
	urgency        string
	details        any // of the body, as it was given
	service        *service
	policy         *policy
	level          int // of the policy, 0-based
	assignees      []*user
	priority       *thing
	kind           string
	bridge         Object
	created        time.Time
	changed        time.Time
	changedBy      any
	resolved       time.Time
	reopened       time.Time
	mergedInto     *incident
	viaAPI         bool // made by a request of a program's
	viaEvents      bool // made by an event: its key is that of an alert

	notes      []*note
	updates    []*note
	responders []*responder
	alerts     []*alert
	log        []*entry
}

// note is a note or a status update.
type note struct {
	id, words string
	by        *user
	at        time.Time
	viaAPI    bool
}

type responder struct {
	user    *user
	policy  *policy
	message string
	state   string
}

type alert struct {
	id, key, status string
	summary         string
	severity        string
	created         time.Time
	details         any
}

// entry is one line of an incident's log.
type entry struct {
	id, kind string // "annotate_log_entry"
	agent    any
	at       time.Time
	summary  string
	message  string
}

func (i *incident) open() bool { return i.status != "resolved" }

// called are those whom PagerDuty calls now; webhooks go on to name them after the end.
func (i *incident) called() []*user {
	if !i.open() {
		return nil
	}
	return i.assignees
}

func (i *incident) self() string { return apiHost + "incidents/" + i.id }
func (i *incident) page() string { return webHost + "incidents/" + i.id }

func (i *incident) ref() Object {
	return Object{"id": i.id, "type": "incident_reference", "summary": i.title, "self": i.self(), "html_url": i.page()}
}

// delivered is the incident as webhooks have it.
func (i *incident) delivered(team *thing) Object {
	return Object{
		"id": i.id, "type": "incident", "self": i.self(), "html_url": i.page(), "number": i.number, "status": i.status,
		"incident_key": i.key, "created_at": stamp(i.created), "reopened_at": stampOrNull(i.reopened), "title": i.title,
		"incident_type": Object{"name": i.kind}, "service": i.service.ref(), "assignees": refs(i.assignees),
		"escalation_policy": i.policy.ref(), "teams": []any{team.ref()}, "priority": i.priority.ref(), "urgency": i.urgency,
		"conference_bridge": orNull(i.bridge), "resolve_reason": i.reason(),
	}
}

// asked is the incident as REST has it.
func (i *incident) asked(team *thing) Object {
	assignments := []any{}
	for _, u := range i.called() {
		assignments = append(assignments, Object{"at": stamp(i.changed), "assignee": u.ref()})
	}
	o := Object{
		"id": i.id, "type": "incident", "summary": fmt.Sprintf("[#%d] %s", i.number, i.title), "self": i.self(), "html_url": i.page(),
		"incident_number": i.number, "title": i.title, "created_at": stamp(i.created), "updated_at": stamp(i.changed), "status": i.status,
		"incident_key": i.key, "service": i.service.ref(), "priority": i.priority.ref(), "assigned_via": "escalation_policy", "assignments": assignments,
		"resolved_at": stampOrNull(i.resolved), "last_status_change_at": stamp(i.changed), "last_status_change_by": i.changedBy,
		"first_trigger_log_entry": i.log[0].ref(i), "incident_type": Object{"name": i.kind}, "escalation_policy": i.policy.ref(),
		"teams": []any{team.ref()}, "urgency": i.urgency, "resolve_reason": i.reason(),
	}
	if i.bridge != nil {
		o["conference_bridge"] = i.bridge
	}
	if len(i.responders) > 0 {
		o["incidents_responders"] = i.helpers()
	}
	if i.details != nil { // REST brings the body where there is one, and its details are what they were
		o["body"] = Object{"type": "incident_body", "details": i.details}
	}
	return o
}

// helpers are those who were asked to respond, as REST has them.
func (i *incident) helpers() []any {
	list := []any{}
	for _, r := range i.responders {
		who := r.user
		if who == nil {
			who = r.policy.levels[0][0]
		}
		list = append(list, Object{"user": who.ref(), "incident": i.ref(), "message": r.message, "state": r.state, "requester": i.changedBy, "requested_at": stamp(i.changed)})
	}
	return list
}

func (i *incident) reason() any {
	if i.mergedInto == nil {
		return nil
	}
	return Object{"type": "merge_resolve_reason", "incident": i.mergedInto.ref()}
}

func (e *entry) ref(i *incident) Object {
	return Object{
		"id": e.id, "type": e.kind + "_reference", "summary": e.summary,
		"self": apiHost + "log_entries/" + e.id + "?incident_id=" + i.id, "html_url": i.page() + "/log_entries/" + e.id,
	}
}

func (e *entry) full(i *incident) Object {
	o := e.ref(i)
	o["type"], o["created_at"], o["agent"], o["incident"], o["service"] = e.kind, stamp(e.at), e.agent, i.ref(), i.service.ref()
	o["channel"] = Object{"type": "api", "summary": e.message}
	if e.kind == "status_update_log_entry" {
		o["message"] = e.message
	}
	return o
}

func (n *note) full() Object {
	return Object{
		"id": n.id, "user": n.by.ref(), "channel": Object{"summary": "The PagerDuty website or APIs"}, "content": n.words,
		"created_at": stamp(n.at), "updated_at": stamp(n.at),
	}
}

func (al *alert) full(i *incident) Object {
	return Object{
		"id": al.id, "type": "alert", "summary": al.summary, "alert_key": al.key, "status": al.status, "severity": al.severity,
		"created_at": stamp(al.created), "incident": i.ref(), "service": i.service.ref(),
		"body": Object{"type": "alert_body", "contexts": []any{}, "details": al.details},
	}
}

// ref of a user that is nobody is null; the method of thing would see a pointer that is none.
func (u *user) ref() any {
	if u == nil {
		return nil
	}
	return u.thing.ref()
}

func (u *user) full() Object {
	methods := []any{Object{"id": u.id + "E", "type": "email_contact_method", "summary": "Default", "label": "Default", "address": u.email}}
	if country, number, ok := strings.Cut(strings.TrimPrefix(u.phone, "+"), " "); ok {
		code := 0
		_, _ = fmt.Sscan(country, &code)
		methods = append(methods, Object{
			"id": u.id + "T", "type": "phone_contact_method", "summary": "Mobile", "label": "Mobile", "address": strings.ReplaceAll(number, " ", ""), "country_code": code,
		})
	}
	return u.thing.full(Object{"email": u.email, "time_zone": "Etc/UTC", "role": "user", "job_title": "Engineer", "contact_methods": methods})
}

func refs(list []*user) []any {
	out := []any{}
	for _, u := range list {
		out = append(out, u.ref())
	}
	return out
}

func orNull(o Object) any {
	if o == nil {
		return nil
	}
	return o
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func stampOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}

// newIncident describes an incident that is to be opened.
type newIncident struct {
	service, title, urgency, key, priority, policy string
	details                                        any
	bridge                                         Object
	assign                                         []string
	viaAPI, viaEvents                              bool
	agent                                          any
	client                                         any
}

// errKey is, in PagerDuty's words, the refusal of a second open incident with the same key on the same service.
var errKey = errors.New("Open incident with matching dedup key already exists on this service")

// openIncident opens an incident and tells of it. The caller holds the lock.
func (a *Account) openIncident(n newIncident) (*incident, error) {
	s := a.serviceNamed(n.service)
	if s == nil {
		return nil, errors.New("Service Not Found")
	}
	if n.key != "" && a.openWithKey(s, n.key) != nil {
		return nil, errKey
	}
	now := a.now()
	a.numbered++
	i := &incident{
		id: a.mint("Q"), key: n.key, title: n.title, number: a.numbered, status: "triggered", urgency: n.urgency, details: n.details, service: s, policy: s.policy,
		kind: "Base Incident", bridge: n.bridge, created: now, changed: now, viaAPI: n.viaAPI, viaEvents: n.viaEvents,
	}
	if i.key == "" {
		i.key = random()
	}
	if i.urgency == "" {
		i.urgency = "high"
	}
	i.priority = a.priorityNamed(n.priority)
	if p := a.policyNamed(n.policy); p != nil {
		i.policy = p
	}
	i.assignees = i.policy.levels[0]
	if len(n.assign) > 0 {
		i.assignees = a.usersNamed(n.assign)
	}
	i.changedBy = s.ref()
	a.incidents = append(a.incidents, i)
	a.note(i, n.agent, "trigger_log_entry", "Triggered through the API", "")
	a.tell("incident.triggered", i, happening{n.agent, n.client, nil})
	return i, nil
}

func (a *Account) openWithKey(s *service, key string) *incident {
	for _, i := range a.incidents {
		if i.service == s && i.key == key && i.open() {
			return i
		}
	}
	return nil
}

func (a *Account) usersNamed(names []string) []*user {
	var list []*user
	for _, name := range names {
		if u := a.userNamed(name); u != nil {
			list = append(list, u)
		}
	}
	return list
}

// note writes a line in an incident's log. The caller holds the lock.
func (a *Account) note(i *incident, agent any, kind, summary, message string) {
	i.log = append(i.log, &entry{a.mintEvent(), kind, agent, a.now(), summary, message})
}

// incidentNamed finds an incident by id or number. The caller holds the lock.
func (a *Account) incidentNamed(which string) *incident {
	for _, i := range a.incidents {
		if i.id == which || fmt.Sprint(i.number) == which {
			return i
		}
	}
	return nil
}

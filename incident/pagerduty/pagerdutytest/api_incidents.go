package pagerdutytest

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// page cuts a list as classic pagination does.
func page[E any](q *request, name string, list []E, show func(E) any) (int, any, error) {
	limit, offset := 25, 0
	for param, into := range map[string]*int{"limit": &limit, "offset": &offset} {
		if text := q.query.Get(param); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 {
				return 0, nil, invalid(param + " must be a number")
			}
			*into = n
		}
	}
	if limit < 1 || limit > 100 {
		return 0, nil, invalid("limit must be between 1 and 100")
	}
	if offset+limit > 10_000 {
		return 0, nil, invalid("offset and limit may reach 10000 together")
	}
	part := []any{}
	for _, one := range list[min(offset, len(list)):min(offset+limit, len(list))] {
		part = append(part, show(one))
	}
	return http.StatusOK, Object{name: part, "limit": limit, "offset": offset, "more": offset+limit < len(list), "total": nil}, nil
}

// any tells whether a list parameter has a value, or is not given at all.
func (q *request) among(param, value string) bool {
	given := q.query[param]
	return len(given) == 0 || slices.Contains(given, value)
}

// when reads a time of the query.
func (q *request) when(param string, otherwise time.Time) (time.Time, error) {
	text := q.query.Get(param)
	if text == "" {
		return otherwise, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, invalid(param + " must be a time")
	}
	return t, nil
}

// span is which incidents a list is about, by when they were created. PagerDuty's own choice is the last month, and no
// range may be longer than six.
func (q *request) span() (from, to time.Time, err error) {
	if q.query.Get("date_range") == "all" {
		return time.Time{}, q.now().Add(time.Hour), nil
	}
	from, err1 := q.when("since", q.now().AddDate(0, -1, 0))
	to, err2 := q.when("until", q.now().Add(time.Hour))
	if err := errors.Join(err1, err2); err != nil {
		return from, to, err
	}
	if to.Sub(from) > 6*31*24*time.Hour {
		return from, to, invalid("the range may be six months long")
	}
	return from, to, nil
}

func (q *request) listIncidents() (int, any, error) {
	from, to, err := q.span()
	if err != nil {
		return 0, nil, err
	}
	key := q.query.Get("incident_key")
	var list []*incident
	for _, i := range q.incidents {
		if i.created.Before(from) || !i.created.Before(to) || key != "" && i.key != key {
			continue
		}
		if q.among("statuses[]", i.status) && q.among("service_ids[]", i.service.id) && q.among("urgencies[]", i.urgency) && q.assigned(i) {
			list = append(list, i)
		}
	}
	switch by := q.query.Get("sort_by"); by {
	case "", "created_at:asc", "incident_number:asc", "incident_number":
	case "created_at:desc", "incident_number:desc":
		slices.SortStableFunc(list, func(x, y *incident) int { return cmp.Compare(y.number, x.number) })
	default:
		return 0, nil, invalid("sort_by: " + by)
	}
	return page(q, "incidents", list, func(i *incident) any { return i.asked(q.team) })
}

func (q *request) assigned(i *incident) bool {
	if len(q.query["user_ids[]"]) == 0 {
		return true
	}
	return slices.ContainsFunc(i.called(), func(u *user) bool { return q.among("user_ids[]", u.id) })
}

// createIncident opens an incident in the name of whom From says.
func (q *request) createIncident() (int, any, error) {
	o := obj(q.body["incident"])
	n := newIncident{
		service: str(obj(o["service"])["id"]), title: str(o["title"]), urgency: str(o["urgency"]), key: str(o["incident_key"]),
		details: obj(o["body"])["details"], viaAPI: true, agent: q.by.agent(), client: q.by.client(), bridge: obj(o["conference_bridge"]),
	}
	if s := q.serviceNamed(n.service); s == nil || s.id != n.service {
		return 0, nil, invalid("Service Not Found")
	}
	var err error
	if n.priority, err = q.named(o, "priority", q.priorityRef); err != nil {
		return 0, nil, err
	}
	if n.policy, err = q.named(o, "escalation_policy", q.policyRef); err != nil {
		return 0, nil, err
	}
	if n.assign, err = q.assignees(o); err != nil {
		return 0, nil, err
	}
	if n.policy != "" && n.assign != nil {
		return 0, nil, invalid("only one of escalation_policy and assignments may be given")
	}
	i, err := q.openIncident(n)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, Object{"incident": i.asked(q.team)}, nil
}

// named is the id of what a field refers to, which must exist and be of its kind.
func (q *request) named(o Object, field string, exists func(string) bool) (string, error) {
	r := obj(o[field])
	if r == nil {
		return "", nil
	}
	id, kind := str(r["id"]), str(r["type"])
	if !exists(id) || strings.TrimSuffix(kind, "_reference") != field {
		return "", invalid(fmt.Sprintf("%s %s does not exist", kind, id))
	}
	return id, nil
}

func (q *request) priorityRef(id string) bool {
	p := q.priorityNamed(id)
	return p != nil && p.id == id
}

func (q *request) policyRef(id string) bool {
	p := q.policyNamed(id)
	return p != nil && p.id == id
}

func (q *request) assignees(o Object) ([]string, error) {
	var ids []string
	for _, one := range arr(o["assignments"]) {
		id := str(obj(obj(one)["assignee"])["id"])
		if u := q.userNamed(id); u == nil || u.id != id {
			return nil, invalid("Assignee Not Found")
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (q *request) one() (*incident, error) {
	i := q.incidentNamed(q.id)
	if i == nil || i.id != q.id {
		return nil, errNotFound
	}
	return i, nil
}

func (q *request) showIncident() (int, any, error) {
	i, err := q.one()
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, Object{"incident": i.asked(q.team)}, nil
}

// manageIncidents changes up to 250 incidents, all or none as far as they exist.
func (q *request) manageIncidents() (int, any, error) {
	list := arr(q.body["incidents"])
	if len(list) == 0 || len(list) > 250 {
		return 0, nil, invalid("between 1 and 250 incidents")
	}
	var changed []*incident
	for _, one := range list {
		i := q.incidentNamed(str(obj(one)["id"]))
		if i == nil {
			return 0, nil, errNotFound
		}
		changed = append(changed, i)
	}
	for n, one := range list {
		if err := q.manage(changed[n], obj(one)); err != nil {
			return 0, nil, err
		}
	}
	return page(q, "incidents", changed, func(i *incident) any { return i.asked(q.team) })
}

func (q *request) manageIncident() (int, any, error) {
	i, err := q.one()
	if err == nil {
		err = q.manage(i, obj(q.body["incident"]))
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, Object{"incident": i.asked(q.team)}, nil
}

// manage does with one incident what its object says.
func (q *request) manage(i *incident, o Object) error {
	priority, err := q.named(o, "priority", q.priorityRef)
	if err != nil {
		return err
	}
	to, err := q.named(o, "escalation_policy", q.policyRef)
	if err != nil {
		return err
	}
	who, err := q.assignees(o)
	if err != nil {
		return err
	}
	switch str(o["status"]) {
	case "acknowledged":
		err = q.acknowledge(i, q.by)
	case "resolved":
		err = q.resolve(i, q.by)
		if words := str(o["resolution"]); err == nil && words != "" {
			_, err = q.annotate(i, q.by, "Resolution Note: "+words)
		}
	case "triggered":
		err = q.reopen(i, q.by)
	}
	if err == nil && priority != "" {
		err = q.setPriority(i, q.by, q.priorityNamed(priority))
	}
	if err == nil && to != "" {
		err = q.delegate(i, q.by, q.policyNamed(to))
	}
	if err == nil && who != nil {
		err = q.reassign(i, q.by, q.usersNamed(who))
	}
	return q.manageWords(i, o, err)
}

// manageWords changes what stands on the incident.
func (q *request) manageWords(i *incident, o Object, err error) error {
	if err != nil {
		return err
	}
	if title := str(o["title"]); title != "" {
		i.title = title
	}
	if urgency := str(o["urgency"]); urgency != "" {
		i.urgency = urgency
	}
	if level, ok := o["escalation_level"].(float64); ok && int(level) > i.level+1 {
		return q.escalate(i, q.by)
	}
	if bridge := obj(o["conference_bridge"]); bridge != nil {
		i.bridge = bridge
		numbers := []any{Object{"label": "", "number": str(bridge["conference_number"])}}
		q.tell("incident.conference_bridge.updated", i, q.by.happening(Object{
			"incident": i.ref(), "conference_numbers": numbers, "conference_url": str(bridge["conference_url"]), "type": "incident_conference_bridge",
		}))
	}
	return nil
}

package pagerdutytest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

func (q *request) listNotes() (int, any, error) {
	i, err := q.one()
	if err != nil {
		return 0, nil, err
	}
	list := []any{}
	for _, n := range slices.Backward(i.notes) { // the newest first
		list = append(list, n.full())
	}
	return http.StatusOK, Object{"notes": list}, nil
}

func (q *request) createNote() (int, any, error) {
	i, err := q.one()
	if err != nil {
		return 0, nil, err
	}
	n, err := q.annotate(i, q.by, str(obj(q.body["note"])["content"]))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, Object{"note": n.full()}, nil
}

func (q *request) createUpdate() (int, any, error) {
	i, err := q.one()
	if err != nil {
		return 0, nil, err
	}
	n := q.publish(i, q.by, str(q.body["message"]))
	return http.StatusOK, Object{"status_update": Object{"id": n.id, "message": n.words, "created_at": stamp(n.at), "sender": n.by.ref()}}, nil
}

func (q *request) createResponders() (int, any, error) {
	i, err := q.one()
	if err != nil {
		return 0, nil, err
	}
	requester, message := q.userNamed(str(q.body["requester_id"])), str(q.body["message"])
	if requester == nil {
		return 0, nil, invalid("Requester Not Found")
	}
	var asked []*responder
	for _, one := range arr(q.body["responder_request_targets"]) {
		target := obj(obj(one)["responder_request_target"])
		r := &responder{message: message}
		switch id := str(target["id"]); str(target["type"]) {
		case "user_reference", "user":
			r.user = q.userNamed(id)
		case "escalation_policy_reference", "escalation_policy":
			r.policy = q.policyNamed(id)
		}
		if r.user == nil && r.policy == nil {
			return 0, nil, invalid("Responder Request Target Not Found")
		}
		asked = append(asked, r)
	}
	for _, r := range asked {
		q.ask(i, actor{requester, true}, r)
	}
	return http.StatusOK, Object{"responder_request": Object{
		"incident": i.ref(), "requester": requester.ref(), "requested_at": stamp(q.now()), "message": message, "responder_request_targets": []any{},
	}}, nil
}

func (q *request) listLog() (int, any, error) {
	i, err := q.one()
	if err != nil {
		return 0, nil, err
	}
	since, err := q.when("since", timeless)
	if err != nil {
		return 0, nil, err
	}
	var list []*entry
	for _, e := range slices.Backward(i.log) { // the newest first
		if !e.at.Before(since) {
			list = append(list, e)
		}
	}
	return page(q, "log_entries", list, func(e *entry) any { return e.full(i) })
}

func (q *request) listAlerts() (int, any, error) {
	i, err := q.one()
	if err != nil {
		return 0, nil, err
	}
	return page(q, "alerts", i.alerts, func(al *alert) any { return al.full(i) })
}

// oncall is one person on one level of one policy.
type oncall struct {
	user   *user
	policy *policy
	level  int
}

func (q *request) listOncalls() (int, any, error) {
	var list []oncall
	for _, p := range q.policies {
		for n, level := range p.levels {
			for _, u := range level {
				if q.among("escalation_policy_ids[]", p.id) && q.among("user_ids[]", u.id) && q.among("schedule_ids[]", p.schedules[n].id) {
					list = append(list, oncall{u, p, n})
				}
			}
		}
	}
	day := q.now().Truncate(24 * time.Hour)
	return page(q, "oncalls", list, func(o oncall) any {
		who := o.user.ref()
		if slices.Contains(q.query["include[]"], "users") { // contact methods stay references there
			full := o.user.full()
			for _, m := range arr(full["contact_methods"]) {
				method := obj(m)
				method["type"] = str(method["type"]) + "_reference"
				delete(method, "address")
				delete(method, "country_code")
			}
			who = full
		}
		return Object{
			"user": who, "schedule": o.policy.schedules[o.level].ref(), "escalation_policy": o.policy.ref(), "escalation_level": o.level + 1,
			"start": stamp(day), "end": stamp(day.AddDate(0, 0, 1)),
		}
	})
}

func (q *request) listPriorities() (int, any, error) {
	return page(q, "priorities", q.priorities, func(p *thing) any { return p.full(Object{"description": p.name}) })
}

func (q *request) listServices() (int, any, error) {
	var list []*service
	for _, s := range q.services {
		if name := q.query.Get("name"); (name == "" || name == s.name) && strings.Contains(s.name, q.query.Get("query")) {
			list = append(list, s)
		}
	}
	return page(q, "services", list, func(s *service) any {
		return s.full(Object{"status": s.status, "escalation_policy": s.policy.ref(), "teams": []any{q.team.ref()}, "alert_creation": "create_alerts_and_incidents"})
	})
}

// contacts is a user, with contact methods only where they were asked for.
func (q *request) contacts(u *user) any {
	full := u.full()
	if !slices.Contains(q.query["include[]"], "contact_methods") {
		for _, m := range arr(full["contact_methods"]) {
			method := obj(m)
			method["type"] = str(method["type"]) + "_reference"
			delete(method, "address")
			delete(method, "country_code")
		}
	}
	return full
}

func (q *request) listUsers() (int, any, error) {
	query := strings.ToLower(q.query.Get("query"))
	var list []*user
	for _, u := range q.users {
		if strings.Contains(strings.ToLower(u.name+" "+u.email), query) {
			list = append(list, u)
		}
	}
	return page(q, "users", list, func(u *user) any { return q.contacts(u) })
}

// showMe is refused, as for every key that belongs to the account and to no user.
func (q *request) showMe() (int, any, error) {
	return 0, nil, &apiError{400, 2001, "Must provide a user token", nil}
}

func (q *request) showUser() (int, any, error) {
	for _, u := range q.users {
		if u.id == q.id {
			return http.StatusOK, Object{"user": q.contacts(u)}, nil
		}
	}
	return 0, nil, errNotFound
}

func (q *request) listPolicies() (int, any, error) {
	return page(q, "escalation_policies", q.policies, func(p *policy) any {
		rules := []any{}
		for n := range p.levels {
			rules = append(rules, Object{"id": p.schedules[n].id + "R", "escalation_delay_in_minutes": 30, "targets": []any{p.schedules[n].ref()}})
		}
		return p.full(Object{"escalation_rules": rules, "num_loops": 0})
	})
}

func (q *request) listSchedules() (int, any, error) {
	var list []*thing
	for _, p := range q.policies {
		list = append(list, p.schedules...)
	}
	return page(q, "schedules", list, func(s *thing) any { return s.full(Object{"time_zone": "Etc/UTC"}) })
}

func (q *request) listAbilities() (int, any, error) {
	list := []string{}
	for _, one := range []string{"sso", "teams", "urgencies", "coordinated_responding", "event_rules", "service_support_hours"} {
		if !slices.Contains(q.without, one) {
			list = append(list, one)
		}
	}
	return http.StatusOK, Object{"abilities": list}, nil
}

package pagerduty

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Lengths that PagerDuty takes; longer texts are cut, and show it.
const (
	longestTitle   = 1024
	longestDetails = 20_000
	longestNote    = 25_000
)

// Page is an incident to open at PagerDuty. Service and Key are required, and ids are PagerDuty's. Who is called is the
// service's policy, unless Policy or Person say otherwise; Person wins.
type Page struct {
	Service, Policy, Person string
	Title, Details          string
	Urgency                 string // "high", "low", or "": as the service says
	Priority                string
	Key                     string
	BridgeURL               string
}

// Open opens an incident, or finds the one that is open with the same key on the same service: then made is false.
// Before it is tried again because an answer was lost, look with ByKey: one that was resolved meanwhile would be opened twice.
func (c *Client) Open(ctx context.Context, p Page) (opened Incident, made bool, err error) {
	if p.Key == "" {
		return Incident{}, false, &Refusal{What: "POST /incidents", Words: "it has no key, so it could be made twice"}
	}
	out, err := c.ask(ctx, http.MethodPost, "/incidents", map[string]any{"incident": p.body()})
	if err == nil {
		return incidentOf(object(out["incident"])), true, nil
	}
	var refused *Refusal
	if !errors.As(err, &refused) || refused.Status != http.StatusBadRequest {
		return Incident{}, false, err
	}
	list, look := c.withKey(ctx, p.Key, p.Service)
	switch {
	case look != nil:
		return Incident{}, false, look
	case len(list) > 0 && list[0].Status != Resolved:
		return list[0], false, nil
	}
	return Incident{}, false, err
}

// body is the incident as PagerDuty wants it. go-pagerduty would send a null priority.
func (p Page) body() map[string]any {
	refer := func(kind, id string) map[string]any { return map[string]any{"id": id, "type": kind + "_reference"} }
	o := map[string]any{"type": "incident", "title": clip(firstOf(p.Title, p.Key), longestTitle), "service": refer("service", p.Service), "incident_key": p.Key}
	if p.Details != "" {
		o["body"] = map[string]any{"type": "incident_body", "details": clip(p.Details, longestDetails)}
	}
	if p.Urgency != "" {
		o["urgency"] = p.Urgency
	}
	if p.Priority != "" {
		o["priority"] = refer("priority", p.Priority)
	}
	if p.BridgeURL != "" {
		o["conference_bridge"] = map[string]any{"conference_url": p.BridgeURL}
	}
	switch {
	case p.Person != "":
		o["assignments"] = []any{map[string]any{"assignee": refer("user", p.Person)}}
	case p.Policy != "":
		o["escalation_policy"] = refer("escalation_policy", p.Policy)
	}
	return o
}

// ByKey finds the incident with a key on any service: the open one, else the latest.
func (c *Client) ByKey(ctx context.Context, key string) (Incident, bool, error) {
	list, err := c.withKey(ctx, key, "")
	if err != nil || len(list) == 0 {
		return Incident{}, false, err
	}
	return list[0], true, nil
}

// withKey are the incidents with a key, open ones first, then the latest first.
func (c *Client) withKey(ctx context.Context, key, service string) ([]Incident, error) {
	v := url.Values{"incident_key": {key}, "date_range": {"all"}}
	if service != "" {
		v.Set("service_ids[]", service)
	}
	out, err := c.ask(ctx, http.MethodGet, "/incidents"+query(v, 0), nil)
	if err != nil {
		return nil, err
	}
	list := incidentsOf(out)
	slices.SortStableFunc(list, func(x, y Incident) int {
		if open := x.Status != Resolved; open != (y.Status != Resolved) {
			if open {
				return -1
			}
			return 1
		}
		return y.Created.Compare(x.Created)
	})
	return list, nil
}

func incidentsOf(out map[string]any) []Incident {
	var list []Incident
	for _, one := range items(out["incidents"]) {
		if i := incidentOf(object(one)); i.ID != "" {
			list = append(list, i)
		}
	}
	return list
}

// Incident reads one incident.
func (c *Client) Incident(ctx context.Context, id string) (Incident, error) {
	i, _, err := c.incident(ctx, id)
	return i, err
}

func (c *Client) incident(ctx context.Context, id string) (Incident, map[string]any, error) {
	if err := checked("GET /incidents/{id}", id); err != nil {
		return Incident{}, nil, err
	}
	out, err := c.ask(ctx, http.MethodGet, "/incidents/"+id, nil)
	if err != nil {
		return Incident{}, nil, err
	}
	o := object(out["incident"])
	return incidentOf(o), o, nil
}

// Filter says which incidents Incidents lists: those created from Since until Until, or of any time where Since is zero.
type Filter struct {
	Since, Until time.Time
	Statuses     []Status
	Services     []string
}

// longestSpan is the longest range that PagerDuty takes: six months, of which we stay clear.
const longestSpan = 180 * 24 * time.Hour

// Incidents lists incidents, the oldest first, each once. What PagerDuty cuts off after 10,000 is asked for from there.
// Where Since is zero no more than 10,000 come.
func (c *Client) Incidents(ctx context.Context, f Filter) ([]Incident, error) {
	if !f.Since.IsZero() && f.Until.Sub(f.Since) > longestSpan {
		f.Since = f.Until.Add(-longestSpan)
	}
	var all []Incident
	seen := map[string]bool{}
	for {
		part, whole, err := paged(func(offset uint) ([]Incident, bool, error) { return c.page(ctx, f, offset) })
		if err != nil {
			return nil, err
		}
		before := len(all)
		for _, i := range part {
			if !seen[i.ID] {
				seen[i.ID] = true
				all = append(all, i)
			}
		}
		if whole || f.Since.IsZero() || len(all) == before {
			return all, nil
		}
		f.Since = all[len(all)-1].Created
	}
}

// page is one page of Incidents.
func (c *Client) page(ctx context.Context, f Filter, offset uint) ([]Incident, bool, error) {
	v := url.Values{"sort_by": {"created_at:asc"}, "service_ids[]": f.Services}
	for _, s := range f.Statuses {
		v.Add("statuses[]", string(s))
	}
	if f.Since.IsZero() {
		v.Set("date_range", "all")
	} else {
		v.Set("since", f.Since.UTC().Format(time.RFC3339))
		v.Set("until", f.Until.UTC().Format(time.RFC3339))
	}
	out, err := c.ask(ctx, http.MethodGet, "/incidents"+query(v, offset), nil)
	return incidentsOf(out), out["more"] == true, err
}

// Acknowledge acknowledges an incident. One that is acknowledged or resolved already counts as done.
func (c *Client) Acknowledge(ctx context.Context, id string) error {
	return c.manage(ctx, map[string]any{"id": id, "type": "incident_reference", "status": string(Acknowledged)})
}

// Resolve resolves an incident, with a note about it where words are given. One that is resolved already counts as done.
func (c *Client) Resolve(ctx context.Context, id, words string) error {
	o := map[string]any{"id": id, "type": "incident_reference", "status": string(Resolved)}
	if words != "" {
		o["resolution"] = clip(words, longestNote)
	}
	return c.manage(ctx, o)
}

// SetPriority gives an incident a priority.
func (c *Client) SetPriority(ctx context.Context, id, priority string) error {
	return c.manage(ctx, map[string]any{"id": id, "type": "incident_reference", "priority": map[string]any{"id": priority, "type": "priority_reference"}})
}

func (c *Client) manage(ctx context.Context, o map[string]any) error {
	if err := checked("PUT /incidents", text(o["id"])); err != nil {
		return err
	}
	_, err := c.ask(ctx, http.MethodPut, "/incidents", map[string]any{"incidents": []any{o}})
	var refused *Refusal
	if errors.As(err, &refused) && (refused.Code == codeResolved || refused.Code == codeAcknowledged) {
		return nil
	}
	return err
}

// Responder is somebody, or a policy, that was asked to help with an incident.
type Responder struct {
	Who            Ref
	Message, State string
}

// Responders are those who were asked to help.
func (c *Client) Responders(ctx context.Context, id string) ([]Responder, error) {
	_, o, err := c.incident(ctx, id)
	if err != nil {
		return nil, err
	}
	var list []Responder
	for _, one := range items(o["incidents_responders"]) {
		r := object(one)
		list = append(list, Responder{Who: ref(r["user"]), Message: text(r["message"]), State: text(r["state"])})
	}
	return list, nil
}

// Target is whom AskToHelp asks: a person, or with Policy an escalation policy.
type Target struct {
	ID     string
	Policy bool
}

// AskToHelp asks people and policies to respond to an incident, in the name of the user From. Unpaid tells whether the
// account's plan does not have that.
func (c *Client) AskToHelp(ctx context.Context, id, message string, targets ...Target) error {
	if err := checked("POST /incidents/{id}/responder_requests", id); err != nil {
		return err
	}
	from, err := c.Sender(ctx)
	if err != nil {
		return err
	}
	var list []any
	for _, t := range targets {
		kind := "user_reference"
		if t.Policy {
			kind = "escalation_policy_reference"
		}
		list = append(list, map[string]any{"responder_request_target": map[string]any{"id": t.ID, "type": kind}})
	}
	_, err = c.ask(ctx, http.MethodPost, "/incidents/"+id+"/responder_requests", map[string]any{
		"requester_id": from.ID, "message": clip(message, longestTitle), "responder_request_targets": list,
	})
	return err
}

// marked tells whether one of some texts holds a marker.
func marked(list []string, marker string) bool {
	return marker != "" && slices.ContainsFunc(list, func(s string) bool { return strings.Contains(s, marker) })
}

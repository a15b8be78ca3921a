package pagerduty

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"time"
)

// decode reads one JSON object and nothing after it. Numbers stay as they were written: one that fits nowhere must not
// cost the rest.
func decode(raw []byte) (map[string]any, error) {
	var all map[string]any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&all); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the object")
	}
	return all, nil
}

// incidentOf reads an incident as a webhook or as REST has it: the names of some things differ.
func incidentOf(o map[string]any) Incident {
	i := Incident{
		ID: text(o["id"]), Title: text(o["title"]), Key: text(o["incident_key"]), URL: text(o["html_url"]),
		Number: number(o["number"]), Status: Status(text(o["status"])), Urgency: text(o["urgency"]),
		Service: ref(o["service"]), Policy: ref(o["escalation_policy"]), Priority: ref(o["priority"]),
		Assignees: refs(o["assignees"]), Teams: refs(o["teams"]),
		Kind:    text(object(o["incident_type"])["name"]),
		Details: told(object(o["body"])["details"]),
		Created: moment(o["created_at"]), Changed: moment(o["last_status_change_at"]), Resolved: moment(o["resolved_at"]),
	}
	if i.Number == 0 {
		i.Number = number(o["incident_number"])
	}
	for _, one := range items(o["assignments"]) {
		if who := ref(object(one)["assignee"]); who != (Ref{}) {
			i.Assignees = append(i.Assignees, who)
		}
	}
	bridge := object(o["conference_bridge"])
	i.Bridge = Bridge{Number: text(bridge["conference_number"]), URL: text(bridge["conference_url"])}
	if why := object(o["resolve_reason"]); text(why["type"]) == "merge_resolve_reason" {
		i.MergedInto = text(object(why["incident"])["id"])
	}
	return i
}

// ref reads a reference. One without an id is none.
func ref(v any) Ref {
	o := object(v)
	if text(o["id"]) == "" {
		return Ref{}
	}
	return Ref{ID: text(o["id"]), Name: firstOf(text(o["summary"]), text(o["name"])), URL: text(o["html_url"])}
}

func refs(v any) []Ref {
	var list []Ref
	for _, one := range items(v) {
		if r := ref(one); r != (Ref{}) {
			list = append(list, r)
		}
	}
	return list
}

// object is a JSON object, or nil for anything else.
func object(v any) map[string]any { o, _ := v.(map[string]any); return o }

// items is a JSON list, or nil for anything else.
func items(v any) []any { l, _ := v.([]any); return l }

// first is the first object of a list, or nil.
func first(v any) map[string]any {
	if l := items(v); len(l) > 0 {
		return object(l[0])
	}
	return nil
}

// text is a string, or a number or a truth as one would write it (a conference number comes as either); else "".
func text(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case json.Number:
		return x.String()
	case bool:
		return strconv.FormatBool(x)
	}
	return ""
}

// number is a whole number that fits, or 0.
func number(v any) int {
	n, _ := v.(json.Number)
	whole, err := strconv.Atoi(n.String())
	if err != nil {
		return 0
	}
	return whole
}

// moment is a time, in UTC; one that cannot be read is zero.
func moment(v any) time.Time {
	t, err := time.Parse(time.RFC3339, text(v))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

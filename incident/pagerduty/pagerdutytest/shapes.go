package pagerdutytest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// shape is what a JSON object may hold: names to kinds. A name with ! is required. A kind is "string", "number", "bool",
// "any", "strings", "a|b" (one of these words), a shape, or a list with one shape.
type shape map[string]any

var (
	reference   = shape{"id!": "string", "type!": "string"}
	assignment  = []shape{{"assignee!": reference}}
	bridgeShape = shape{"conference_number": "string", "conference_url": "string"}
	createShape = shape{
		"type!": "incident", "title!": "string", "service!": reference, "priority": reference, "urgency": "high|low",
		"body": shape{"type!": "incident_body", "details": "any"}, "incident_key": "string", "assignments": assignment,
		"incident_type": shape{"name!": "string"}, "escalation_policy": reference, "conference_bridge": bridgeShape,
	}
	manageShape = shape{
		"id": "string", "type!": "incident|incident_reference", "status": "resolved|acknowledged|triggered", "resolution": "string", "title": "string",
		"priority": shape{"id!": "string", "type!": "string", "name": "string"}, "escalation_level": "number", "assignments": assignment,
		"escalation_policy": reference, "urgency": "high|low", "conference_bridge": bridgeShape,
	}
	updateShape = shape{"message!": "string", "subject": "string", "html_message": "string"}
	askShape    = shape{
		"requester_id!": "string", "message!": "string",
		"responder_request_targets!": []shape{{"responder_request_target!": reference}},
	}
	filterShape = shape{"type!": "account_reference|service_reference|team_reference", "id": "string"}
	methodShape = shape{
		"type!": "http_delivery_method", "url!": "string", "custom_headers": []shape{{"name!": "string", "value!": "string"}},
	}
	subscriptionShape = shape{
		"type!": "webhook_subscription", "active": "bool", "delivery_method!": methodShape, "description": "string", "events!": "strings", "filter!": filterShape,
	}
	subscriptionUpdate = shape{"description": "string", "events": "strings", "filter": filterShape, "active": "bool"}
)

// faults says what is wrong with an object: unknown, missing and malformed fields.
func (s shape) faults(at string, o Object) []string {
	var list []string
	known := map[string]any{}
	for name, kind := range s {
		plain := strings.TrimSuffix(name, "!")
		known[plain] = kind
		if v, ok := o[plain]; plain != name && (!ok || v == nil || v == "") {
			list = append(list, at+plain+" cannot be empty")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		kind, ok := known[name]
		switch {
		case !ok:
			list = append(list, at+name+" is unknown")
		case o[name] == "":
		default:
			list = append(list, wrong(at+name, kind, o[name])...)
		}
	}
	slices.Sort(list)
	return list
}

// wrong says what is wrong with one value.
func wrong(at string, kind, v any) []string {
	fits := false
	switch k := kind.(type) {
	case shape:
		o, ok := v.(Object)
		if ok {
			return k.faults(at+".", o)
		}
	case []shape:
		l, ok := v.([]any)
		var list []string
		for n, one := range l {
			list = append(list, wrong(fmt.Sprintf("%s[%d]", at, n), k[0], one)...)
		}
		if ok {
			return list
		}
	case string:
		fits = is(k, v)
	}
	if !fits {
		return []string{fmt.Sprintf("%s is malformed", at)}
	}
	return nil
}

func is(kind string, v any) bool {
	text, isText := v.(string)
	switch kind {
	case "any":
		return true
	case "string":
		return isText
	case "number":
		_, ok := v.(float64)
		return ok
	case "bool":
		_, ok := v.(bool)
		return ok
	case "strings":
		l, ok := v.([]any)
		return ok && len(l) > 0 && !slices.ContainsFunc(l, func(one any) bool { return str(one) == "" })
	}
	return isText && slices.Contains(strings.Split(kind, "|"), text)
}

// str is a JSON string, or "" for anything else.
func str(v any) string { s, _ := v.(string); return s }

// obj is a JSON object, or nil for anything else.
func obj(v any) Object { o, _ := v.(Object); return o }

// arr is a JSON list, or nil for anything else.
func arr(v any) []any { a, _ := v.([]any); return a }

// texts is a JSON list of strings.
func texts(v any) []string {
	var list []string
	for _, one := range arr(v) {
		list = append(list, str(one))
	}
	return list
}

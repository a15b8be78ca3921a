package pagerduty

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	bump     = Ref{"PGR0VU2", "A little bump in the road", "https://acme.pagerduty.com/incidents/PGR0VU2"}
	engineer = Ref{"PLH1HKV", "Tenex Engineer", "https://acme.pagerduty.com/users/PLH1HKV"}
	noted    = time.Date(2020, 10, 2, 18, 45, 22, 169e6, time.UTC)
)

// The whole incident that an event of its own type carries.
func TestReadSnapshot(t *testing.T) {
	d, err := Read(sample(t, "v3_incident_acknowledged.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := Delivery{
		ID: "01DE4091ED3B2F73EA4A4D7E91", Type: "incident.acknowledged", Known: true, Occurred: noted, Agent: engineer, Client: "PagerDuty", Snapshot: true,
		Incident: Incident{
			ID: bump.ID, Title: bump.Name, URL: bump.URL, Key: "d3640fbd41094207a1c11e58e46b1662", Number: 2, Status: Acknowledged, Urgency: "high",
			Service:   Ref{"PF9KMXH", "API Service", "https://acme.pagerduty.com/services/PF9KMXH"},
			Policy:    Ref{"PUS0KTE", "Default", "https://acme.pagerduty.com/escalation_policies/PUS0KTE"},
			Priority:  Ref{"PSO75BM", "P1", "https://acme.pagerduty.com/account/incident_priorities"},
			Assignees: []Ref{{"PTUXL6G", "User 123", "https://acme.pagerduty.com/users/PTUXL6G"}},
			Teams:     []Ref{{"PFCVPS0", "Engineering", "https://acme.pagerduty.com/teams/PFCVPS0"}},
			Bridge:    Bridge{"+1 1234123412,,987654321#", "https://example.com"}, Kind: "major",
			Created: time.Date(2020, 4, 9, 15, 16, 27, 0, time.UTC),
		},
	}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Error(diff)
	}
}

// Every sample is known, says what it is about, and where the words are.
func TestReadSamples(t *testing.T) {
	about := func(r Ref) Incident { return Incident{ID: r.ID, Title: r.Name, URL: r.URL} }
	cart := Ref{bump.ID, "Major incident - customer shopping cart screen", bump.URL}
	nameless := Ref{"PBAZLIU", "", "https://acme.pagerduty.com/incidents/PBAZLIU"}
	bridged := about(cart)
	bridged.Bridge = Bridge{"+1-555-555-5555", "https://example.com"}
	words := map[string]Delivery{
		"annotated":                   {Incident: about(bump), Words: "I sure am glad we are using PagerDuty!"},
		"status_update_published":     {Incident: about(bump), Words: "A fix for this incident is being developed"},
		"conference_bridge_updated":   {Incident: bridged, Words: "+1-555-555-5555 https://example.com"},
		"custom_field_values_updated": {Incident: about(nameless), Words: "environment: staging"},
		"responder_added": {
			Incident: about(bump), Words: "Please help me make the tests pass", State: "pending",
			Who: Ref{"PVMGSML", "Maeve", "https://acme.pagerduty.com/users/PVMGSML"},
		},
		"role_assigned": {Incident: about(nameless), Role: "Role Display Name", Who: Ref{"P75B6QD", "User 1810194", "https://acme.pagerduty.com/users/P75B6QD"}},
	}
	files, _ := filepath.Glob(filepath.Join(samples(t), "v3_*.json"))
	if len(files) < 13 {
		t.Fatalf("only %d samples", len(files))
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "v3_"), ".json")
		d, err := Read(raw)
		if err != nil || !d.Known || d.Occurred.IsZero() || d.Trimmed {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
		want, only := words[strings.TrimPrefix(name, "incident_")]
		switch {
		case only:
			want.ID, want.Type, want.Known, want.Occurred, want.Agent, want.Client = d.ID, d.Type, true, noted, engineer, "PagerDuty"
			if diff := cmp.Diff(want, d); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		case strings.HasPrefix(name, "incident_"):
			if !d.Snapshot || d.Incident.Number != 2 || d.Incident.Status == "" {
				t.Errorf("%s: %+v", name, d)
			}
		default:
			if d.Snapshot || d.Incident.ID != "" || d.Words == "" {
				t.Errorf("%s: %+v", name, d)
			}
		}
	}
}

// A conference number that is a number, and an incident without key and time.
func TestReadTheirVector(t *testing.T) {
	var v map[string]string
	if err := json.Unmarshal(sample(t, "signature_vector.json"), &v); err != nil {
		t.Fatal(err)
	}
	d, err := Read([]byte(v["body"]))
	if err != nil || d.Incident.Bridge.Number != "1000" || d.Incident.Key != "" || d.Incident.Priority.Name != "P1" || !d.Known {
		t.Errorf("%+v, %v", d, err)
	}
}

func event(kind, data string) []byte {
	return fmt.Appendf(nil, `{"event":{"id":"E1","event_type":%q,"occurred_at":"2026-03-10T09:00:00Z","agent":null,"client":null,"data":%s}}`, kind, data)
}

// F43, F48, F65: what PagerDuty may send one day, and what is no delivery at all.
func TestReadOddities(t *testing.T) {
	for _, c := range []struct {
		name, kind, data string
		want             func(Delivery) bool
	}{
		{"priority removed", "incident.priority_updated", `{"id":"P1","type":"incident","priority":null}`, func(d Delivery) bool {
			return d.Known && d.Snapshot && d.Incident.Priority == Ref{}
		}},
		{"merged", "incident.resolved", `{"id":"P1","type":"incident","status":"resolved","resolve_reason":{"type":"merge_resolve_reason","incident":{"id":"P2","type":"incident_reference"}}}`, func(d Delivery) bool {
			return d.Known && d.Incident.MergedInto == "P2" && d.Incident.Status == Resolved
		}},
		{"unknown type", "incident.painted", `{"id":"P1","type":"incident"}`, func(d Delivery) bool { return !d.Known && d.Incident.ID == "P1" }},
		{"known type about nothing", "incident.triggered", `{"type":"incident"}`, func(d Delivery) bool { return !d.Known && !d.Snapshot }},
		{"no data", "incident.triggered", `null`, func(d Delivery) bool { return !d.Known }},
		{"kinds that are wrong", "incident.triggered", `{"id":"P1","type":"incident","number":"x","title":["t"],"service":7,"assignees":{"id":"u"},"teams":[null,1,{"id":"T"}],"conference_bridge":false,"urgency":{}}`, func(d Delivery) bool {
			return d.Known && d.Incident.Number == 0 && d.Incident.Title == "" && d.Incident.Service == Ref{} && len(d.Incident.Assignees) == 0 && len(d.Incident.Teams) == 1
		}},
		{"numbers beyond", "incident.triggered", `{"id":"P1","type":"incident","number":1e400}`, func(d Delivery) bool { return d.Known && d.Incident.Number == 0 }},
		{"names in another case are other names", "incident.triggered", `{"id":"P1","ID":"P2","type":"incident","Status":"resolved"}`, func(d Delivery) bool {
			return d.Incident.ID == "P1" && d.Incident.Status == ""
		}},
		{"a policy asked to respond", "incident.responder.added", `{"type":"incident_responder","incident":{"id":"P1"},"user":null,"escalation_policy":{"id":"PE","summary":"Web"},"state":"pending"}`, func(d Delivery) bool {
			return d.Known && d.Who.Name == "Web"
		}},
		{"fields of many values", "incident.custom_field_values.updated", `{"type":"incident_field_values","incident":{"id":"P1"},"changed_custom_fields":[{"name":"a","value":["x","y"]},{"name":"n","value":null},{"name":"b","value":true}]}`, func(d Delivery) bool {
			return d.Words == "a: x, y; n: ; b: true"
		}},
		{"a task", "incident.task.created", `{"type":"incident_task","id":"T1","title":"Look","incident":{"id":"P1"}}`, func(d Delivery) bool {
			return d.Known && d.Words == "Look" && d.Incident.ID == "P1"
		}},
		{"trimmed", "incident.annotated", `{"type":"incident_note","incident":{"id":"P1"},"content":"cut","trimmed":true}`, func(d Delivery) bool { return d.Trimmed }},
	} {
		if d, err := Read(event(c.kind, c.data)); err != nil || !c.want(d) {
			t.Errorf("%s: %+v, %v", c.name, d, err)
		}
	}
	for name, body := range map[string]string{
		"empty": "", "no JSON": "hello", "no object": "[]", "no event": "{}", "no id": `{"event":{"event_type":"pagey.ping"}}`,
		"no type": `{"event":{"id":"1"}}`, "more after it": string(event(Ping, "{}")) + "{}", "cut": string(event(Ping, "{}"))[:40],
		"too deep": `{"event":` + strings.Repeat("[", 100_000), "too long": `{"event":{"id":"1","event_type":"x","data":"` + strings.Repeat("x", MaxBody) + `"}}`,
	} {
		if _, err := Read([]byte(body)); err == nil {
			t.Errorf("%s: taken for a delivery", name)
		}
	}
}

func TestTypes(t *testing.T) {
	list := Types()
	if !slices.IsSorted(list) || !slices.Contains(list, "incident.triggered") || slices.Contains(list, Ping) || slices.Contains(list, "service.updated") {
		t.Error(list)
	}
}

// FuzzRead: no input makes it panic, what it reads is bounded by what it was given, and reading twice gives the same.
func FuzzRead(f *testing.F) {
	f.Add(event("incident.triggered", `{"id":"P1","type":"incident","number":1,"conference_bridge":{"conference_number":1000}}`))
	f.Add(event("incident.role.assigned", `{"type":"incident_role_assignment","incident_role_assignments":[null]}`))
	f.Add([]byte(`{"event":{"id":1e400}}`))
	if files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "samples", "pagerduty", "v3_*.json")); err == nil {
		for _, file := range files {
			if raw, err := os.ReadFile(file); err == nil {
				f.Add(raw)
			}
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := Read(body)
		again, _ := Read(body)
		if diff := cmp.Diff(d, again); diff != "" {
			t.Error(diff)
		}
		if err == nil && (d.ID == "" || d.Type == "" || d.Snapshot && d.Incident.ID == "") {
			t.Errorf("%+v", d)
		}
		if d.Known && strings.HasPrefix(d.Type, "incident.") && d.Incident.ID == "" {
			t.Errorf("known, and about nothing: %+v", d)
		}
	})
}

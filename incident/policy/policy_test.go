package policy

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/incident"
)

func TestRead(t *testing.T) {
	p, err := Read([]byte(`
severities:
  - {name: p1, meaning: all is down, update_every: 15m, invite: [U0ADA0001]}
  - {name: p2, meaning: much is down}
default_severity: p2
roles:
  - {role: commander, does: leads us.}
services:
  - name: checkout
    owner: U0GRACE01
    links: [{title: Dashboard, url: "https://grafana.example.com/checkout"}]
channel: "incident-{number}"
announce: C0123456789
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []incident.Level{
		{Name: "p1", Meaning: "all is down", Cadence: 15 * time.Minute, Invite: []string{"U0ADA0001"}},
		{Name: "p2", Meaning: "much is down", Rank: 1},
	}
	if diff := cmp.Diff(want, p.Severities); diff != "" {
		t.Error(diff)
	}
	if p.Default().Name != "p2" || p.Announce != "C0123456789" || p.Roles[0].Does != "leads us." || p.Hash == "" {
		t.Errorf("got %+v", p)
	}
	if p.Service("Checkout").Links[0].Title != "Dashboard" {
		t.Error("a service is found whatever the case of its name")
	}
}

func TestReadEmpty(t *testing.T) {
	p, err := Read(nil)
	if err != nil {
		t.Fatal(err)
	}
	want := incident.Defaults()
	want.Hash = p.Hash
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error("an empty file is all defaults:", diff)
	}
}

func TestReadFaults(t *testing.T) {
	for name, tc := range map[string]struct{ yaml, want string }{
		"unknown key":        {"severity: []", "line 1: field severity not found"},
		"bad name":           {"severities: [{name: 'SEV 1'}]\ndefault_severity: sev3", `severities[0].name: "SEV 1"`},
		"twice":              {"severities: [{name: a}, {name: a}]\ndefault_severity: a", "severities[1].name"},
		"none":               {"severities: []", "list between 1 and 10"},
		"cadence":            {"severities: [{name: a, update_every: 1s}]\ndefault_severity: a", "must be between 1m and 168h"},
		"default":            {"default_severity: sev9", "none of the severities"},
		"role":               {"roles: [{role: comander}]", `no role "comander"`},
		"owner":              {"services: [{name: a, owner: '@ada'}]", "is no member id"},
		"link":               {"services: [{name: a, links: [{title: x, url: 'javascript:alert(1)'}]}]", "http or https"},
		"announce":           {"announce: '#incidents'", "is no channel id"},
		"all faults at once": {"announce: x\nservices: [{}]", "services[0].name"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read([]byte(tc.yaml))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q in it", err, tc.want)
			}
		})
	}
}

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
	for _, text := range []string{"", "# later", "---", "severities:\nroles:\nservices:\nchannel:"} {
		p, err := Read([]byte(text))
		if err != nil {
			t.Fatal(text, err)
		}
		want := incident.Defaults()
		want.Hash = p.Hash
		if diff := cmp.Diff(want, p); diff != "" {
			t.Errorf("%q is all defaults: %s", text, diff)
		}
	}
}

func TestReadFaults(t *testing.T) {
	for name, tc := range map[string]struct{ yaml, want string }{
		"unknown key":        {"severity: []", `the file (line 1): there is no key "severity": did you mean severities?`},
		"bad name":           {"severities: [{name: 'SEV 1'}]\ndefault_severity: sev3", `severities[0].name: "SEV 1"`},
		"twice":              {"severities: [{name: a}, {name: a}]\ndefault_severity: a", "severities[1].name"},
		"none":               {"severities: []", "list between 1 and 10"},
		"cadence":            {"severities: [{name: a, update_every: 1s}]\ndefault_severity: a", "must be between 1m and 168h"},
		"default":            {"default_severity: sev9", "none of the severities"},
		"role":               {"roles: [{role: comander}]", `no role "comander"`},
		"owner":              {"services: [{name: a, owner: '@ada'}]", "is no member id"},
		"link":               {"services: [{name: a, links: [{title: x, url: 'javascript:alert(1)'}]}]", "http or https"},
		"announce":           {"announce: '#incidents'", "is no channel id"},
		"key of an item":     {"severities:\n- {nam: a}", `severities[0] (line 2): there is no key "nam": did you mean name?`},
		"a strange key":      {"severities:\n- {colour: a}", `severities[0] (line 2): there is no key "colour"; there are name, meaning, update_every, invite`},
		"not a duration":     {"severities:\n- name: a\n  update_every: 30", `severities[0].update_every (line 3): must be a duration, for example 30m or 2h, and is "30"`},
		"not a list":         {"services:\n- name: a\n  invite: U0ADA0001", `services[0].invite (line 3): must be a list, each item on a line of its own after a dash, and is "U0ADA0001"`},
		"not text":           {"channel: [a]", "channel (line 1): must be text, and is a list"},
		"not a mapping":      {"roles: [commander]", `roles[0] (line 1): must have keys (role, does), and is "commander"`},
		"a list at the top":  {"- a", "the file (line 1): must have keys (severities, "},
		"through an alias":   {"announce: &a [x]\nchannel: *a", "channel (line 1): must be text"},
		"a merge":            {"services: [{<<: {nam: a}}]", "nam"},
		"every shape":        {"channel: [a]\nannounce: {}", "announce (line 2): must be text, and is a mapping"},
		"not YAML":           {"severities:\n\t- name: x", "this is no YAML: line 2: found character that cannot start any token. Look there for a tab"},
		"key twice":          {"announce: C0123456789\nannounce: C0123456789", `"announce" already defined at line 1`},
		"two documents":      {"announce: C0123456789\n---\nannounce: C0123456780", "a second document"},
		"all faults at once": {"announce: x\nservices: [{}]", "services[0].name"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read([]byte(tc.yaml))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q in it", err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), "cannot unmarshal") {
				t.Errorf("it speaks of Go: %v", err)
			}
		})
	}
}

// What has the wrong shape does not hide what is wrong with the values beside it, and brings up nothing that follows from it.
func TestReadFaultsOfBothKinds(t *testing.T) {
	_, err := Read([]byte("servcies: []\nseverities: [{name: p1, update_every: often}]\ndefault_severity: p1\nroles: [{role: comander}]\nchannel: [a]\nannounce: x"))
	if err == nil {
		t.Fatal("read")
	}
	var places []string
	for line := range strings.Lines(strings.TrimPrefix(err.Error(), "policy: ")) {
		place, _, _ := strings.Cut(line, ":")
		places = append(places, place)
	}
	want := []string{"the file (line 1)", "severities[0].update_every (line 2)", "channel (line 5)", "roles[0].role", "announce"}
	if diff := cmp.Diff(want, places); diff != "" {
		t.Errorf("%s\n%v", diff, err)
	}
}

// FuzzRead looks for a file that brings the reader down, or that it refuses in the words of a programmer.
func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"severities:\n- {name: sev1, update_every: 30m}", "services: [{name: a, links: [{title: x, url: 'https://x'}]}]", "a: &a [*a]",
		"announce: *x", "channel: !!int x", "? [a]\n: b", "<<: {announce: C0123456789}", "--- a\n--- b",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := Read([]byte(text)); err != nil && strings.Contains(err.Error(), "struct {") {
			t.Errorf("%q: %v", text, err)
		}
	})
}

package policy

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"go.yaml.in/yaml/v3"

	"tocsin/incident"
)

func TestRead(t *testing.T) {
	p, err := Read([]byte(`
severities:
  - {name: p1, meaning: all is down, update_every: 15m, invite: [U0ADA0001], groups: [S0ONCALL1], lead_within: 3m, escalate: [U0GRACE01], silent_for: 45m, tell: [U0GRACE01], gates: [commander]}
  - {name: p2, meaning: much is down}
default_severity: p2
statuses:
  - {status: investigating, name: Looking into it}
  - {status: closed, meaning: The report is out.}
roles:
  - {role: commander, called: Incident lead}
  - {role: scribe, does: writes.}
  - {role: liaison, called: Customer liaison, does: speaks to customers.}
services:
  - name: checkout
    owner: U0GRACE01
    links: [{title: Dashboard, url: "https://grafana.example.com/checkout"}]
channel: "incident-{number}"
announce: C0123456789
reaction: ":memo:"
archive_after: never
drills: {announce: C0123456780, invite: [U0GRACE01]}
admins: [U0ADA0001]
permissions: {close: holder, liaison: member}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []incident.Level{
		{
			Name: "p1", Meaning: "all is down", Cadence: 15 * time.Minute, Invite: []string{"U0ADA0001"}, Groups: []string{"S0ONCALL1"}, Tell: []string{"U0GRACE01"},
			Gates: []incident.Gate{incident.GateCommander}, LeadWithin: 3 * time.Minute, Escalate: []string{"U0GRACE01"}, SilentFor: 45 * time.Minute,
		},
		{Name: "p2", Meaning: "much is down", Rank: 1},
	}
	if diff := cmp.Diff(want, p.Severities); diff != "" {
		t.Error(diff)
	}
	if p.Default().Name != "p2" || p.Announce != "C0123456789" || p.Reaction != "memo" || p.Hash == "" {
		t.Errorf("got %+v", p)
	}
	if diff := cmp.Diff(incident.Drills{Announce: "C0123456780", Invite: []string{"U0GRACE01"}}, p.Drills); diff != "" {
		t.Error(diff)
	}
	if p.ArchiveAfter != 0 || incident.Defaults().ArchiveAfter == 0 {
		t.Errorf("archived after %s", p.ArchiveAfter)
	}
	if d := p.Duty(incident.Commander); d.Name() != "Incident lead" || d.Does != incident.Defaults().Roles[0].Does {
		t.Errorf("a role that is called something else keeps its duty: %+v", d)
	}
	if p.Duty(incident.Scribe).Does != "writes." || len(p.Roles) != 6 {
		t.Errorf("roles: %+v", p.Roles)
	}
	for _, typed := range []string{"liaison", "LIAISON", "customer-liaison"} {
		if d, ok := p.ParseRole(typed); !ok || d.Role != "liaison" {
			t.Errorf("%q is read as %+v", typed, d)
		}
	}
	if !p.IsAdmin("U0ADA0001", incident.Member) || p.IsAdmin("U0ADA0001", incident.Guest) || p.IsAdmin("U0GRACE01", incident.Member) {
		t.Error("admins are those whom the policy names, and of them no guest")
	}
	for verb, want := range map[string]incident.Grant{"close": incident.Holders, "liaison": incident.InRoom, "scribe": incident.Anyone, "note": incident.Anyone, "unheard-of": incident.Admins} {
		if got := p.Permit(verb).Grant; got != want {
			t.Errorf("%s is for %s, want %s", verb, got, want)
		}
	}
	if p.Rung(incident.Investigating).Name() != "Looking into it" || p.Rung(incident.Closed).Name() != "closed" || p.Rung(incident.Closed).Meaning != "The report is out." || len(p.Statuses) != 7 {
		t.Errorf("statuses: %+v", p.Statuses)
	}
	if incident.Defaults().Rung(incident.Investigating).Called != "" {
		t.Error("the defaults are changed for everybody")
	}
	for _, typed := range []string{"investigating", "looking-into-it", "LOOKING into  it"} {
		if rung, ok := p.ParseStatus(typed); !ok || rung.Status != incident.Investigating {
			t.Errorf("%q is read as %+v", typed, rung)
		}
	}
	if p.Service("Checkout").Links[0].Title != "Dashboard" {
		t.Error("a service is found whatever the case of its name")
	}
}

// TestReadHours: each way in which people write them, and what waits for them.
func TestReadHours(t *testing.T) {
	for yaml, want := range map[string]string{
		"{from: 9:00, to: 18:00, zone: UTC}":                                 "mon-fri 09:00-18:00 UTC",
		`{days: mon-fri, from: "09:00", to: "18:00", zone: Europe/Berlin}`:   "mon-fri 09:00-18:00 Europe/Berlin",
		"{days: 'Mon, wed,Saturday', from: 22:30, to: 06:00, zone: UTC}":     "mon,wed,sat 22:30-06:00 UTC",
		"{days: fri-mon, from: 00:00, to: 24:00, zone: America/New_York}":    "mon,fri-sun 00:00-24:00 America/New_York",
		"{days: sun-sat, from: 12:00, to: 00:00, zone: Australia/Lord_Howe}": "mon-sun 12:00-00:00 Australia/Lord_Howe",
	} {
		p, err := Read([]byte("hours: " + yaml))
		if err != nil {
			t.Errorf("%s: %v", yaml, err)
			continue
		}
		if p.Hours.String() != want {
			t.Errorf("%s is read as %s, want %s", yaml, p.Hours, want)
		}
		for name, waits := range map[incident.Severity]bool{"sev1": false, "sev2": false, "sev3": true, "sev4": true} {
			if p.Level(name).Patient != waits {
				t.Errorf("of %s nothing can wait: %v", name, !waits)
			}
		}
	}
	p, err := Read([]byte("severities: [{name: a}, {name: b, reminders: always}, {name: c, reminders: hours}]\nhours: {from: 9:00, to: 18:00, zone: UTC}"))
	if err != nil || p.Level("a").Patient || p.Level("b").Patient || !p.Level("c").Patient || !p.Level(incident.Unknown).Patient {
		t.Errorf("in a list of their own only what says so waits: %+v, %v", p, err)
	}
	_, err = Read([]byte("severities: [{name: a, reminders: hours}]\nhours: 9-18"))
	if err == nil || strings.Count(err.Error(), "\n") > 0 {
		t.Errorf("one thing is wrong with it: %v", err)
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
		"none":               {"severities: []", "list between 1 and 9"},
		"unknown":            {"severities: [{name: unknown}]\ndefault_severity: unknown", "severities[0].name: unknown is there already"},
		"cadence":            {"severities: [{name: a, update_every: 1s}]\ndefault_severity: a", "must be between 1m and 168h"},
		"nobody leads":       {"severities: [{name: a, lead_within: 1s}]\ndefault_severity: a", "severities[0].lead_within: 1s must be between 1m and 24h"},
		"silence":            {"severities: [{name: a, silent_for: 14m}]\ndefault_severity: a", "severities[0].silent_for: 14m0s must be between 15m and 24h"},
		"escalate":           {"severities: [{name: a, escalate: ['@ada']}]\ndefault_severity: a", `severities[0].escalate: "@ada" is no member id`},
		"default":            {"default_severity: sev9", "none of the severities"},
		"default unknown":    {"default_severity: unknown", `"unknown" is none of the severities`},
		"role":               {"roles: [{role: comander}]", `no role "comander"`},
		"role of their own":  {`roles: [{role: 'Team lead', does: x}]`, `roles[0].role: "Team lead" must be a word`},
		"roles alike":        {`roles: [{role: scribe, called: Commander}]`, `"scribe" and "commander" (Commander) would be taken for each other`},
		"names alike":        {`roles: [{role: liaison, called: Big boss, does: x}, {role: scribe, called: big boss}]`, "would be taken for each other"},
		"reminders":          {"severities: [{name: a, reminders: hour}]\nhours: {from: 9:00, to: 18:00, zone: UTC}", `severities[0].reminders: must be always or hours, and is "hour": did you mean hours?`},
		"reminders, no end":  {"severities: [{name: a, reminders: hours}]", "severities[0].reminders: there are no hours to wait for"},
		"hours, key":         {"hours:\n  form: 9:00", `hours (line 2): there is no key "form": did you mean from?`},
		"hours, shape":       {"hours: 9-18", "hours (line 1): must have keys (days, from, to, zone)"},
		"hours, day":         {"hours: {days: mon-fry, from: 9:00, to: 18:00, zone: UTC}", `hours.days: there is no day "fry": did you mean fri?`},
		"hours, days":        {"hours: {days: workdays, from: 9:00, to: 18:00, zone: UTC}", `there is no day "workdays": write them as mon-fri`},
		"hours, no day":      {"hours: {days: 'mon,', from: 9:00, to: 18:00, zone: UTC}", `there is no day ""`},
		"hours, from":        {"hours: {from: 9am, to: 18:00, zone: UTC}", `hours.from: must be a time of the day, for example 09:00, and is "9am"`},
		"hours, to":          {"hours: {from: 9:00, to: 24:01, zone: UTC}", "hours.to: a day ends at 24:00"},
		"hours, half":        {"hours: {from: 9:00, zone: UTC}", "hours.to: must be there, too"},
		"hours, no zone":     {"hours: {from: 9:00, to: 18:00}", "hours.zone: must be there, too"},
		"hours, zone":        {"hours: {from: 9:00, to: 18:00, zone: Europe/Berln}", `hours.zone: there is no zone "Europe/Berln"`},
		"hours, here":        {"hours: {from: 9:00, to: 18:00, zone: Local}", `hours.zone: there is no zone "Local"`},
		"hours, none":        {"hours: {from: 9:00, to: 9:00, zone: UTC}", "hours: from 9:00 to 9:00 is no time of a day"},
		"status":             {"statuses: [{status: identifyed, name: x}]", `statuses[0].status: there is no status "identifyed": did you mean identified?`},
		"status of theirs":   {"statuses: [{status: paging, name: x}]", `there is no status "paging"; there are triage, investigating, identified, monitoring, resolved, closed, declined`},
		"mitigated":          {"statuses: [{status: mitigated, name: x}]", `there is no status "mitigated"`},
		"status twice":       {"statuses: [{status: closed, name: x}, {status: closed, name: z}]", "statuses[1].status: closed stands there already"},
		"status, nothing":    {"statuses: [{status: closed}]", "statuses[0]: says nothing of closed"},
		"status, key":        {"statuses:\n- {status: closed, nane: x}", `statuses[0] (line 2): there is no key "nane": did you mean name?`},
		"status, long":       {`statuses: [{status: closed, name: "` + strings.Repeat("x", 31) + `"}]`, "statuses[0].name: is longer than 30"},
		"status, meaning":    {`statuses: [{status: closed, meaning: "` + strings.Repeat("x", 501) + `"}]`, "statuses[0].meaning: is longer than 500"},
		"status, lines":      {`statuses: [{status: closed, name: "a\nb"}]`, "statuses[0].name: \"a\\nb\" must be words in one line"},
		"status, hidden":     {`statuses: [{status: closed, name: "a\u202eb"}]`, "must be words in one line"},
		"status, no letter":  {`statuses: [{status: closed, name: "***"}]`, "has no letter in it"},
		"statuses alike":     {"statuses: [{status: closed, name: Case Shut}, {status: declined, name: case shut}]", `"declined" and "closed" (case-shut) would be taken for each other`},
		"status as another":  {"statuses: [{status: investigating, name: Identified}]", `"identified" and "investigating" (identified) would be taken for each other`},
		"status as severity": {"statuses: [{status: closed, name: SEV1}]", `statuses: "sev1" is a severity`},
		"status as unknown":  {"statuses: [{status: triage, name: unknown}]", `statuses: "unknown" is a severity`},
		"status as a filter": {"statuses: [{status: triage, name: Mine}]", `statuses: "mine" means something else already`},
		"status as a moment": {"statuses: [{status: monitoring, name: mitigated}]", `statuses: "mitigated" means something else already`},
		"long name":          {`roles: [{role: scribe, called: "` + strings.Repeat("x", 31) + `"}]`, "roles[0].called: is longer than 30"},
		"role is a verb":     {`roles: [{role: close, does: x}]`, `"close" is a verb of its own`},
		"called like a verb": {`roles: [{role: scribe, called: Note}]`, `"note" is a verb of its own`},
		"no such verb":       {"permissions: {clos: holder}", `permissions: there is no verb "clos"; there are declare, drill`},
		"no such grant":      {"permissions: {close: holders}", `permissions.close: "holders" must be one of anyone, member, holder, admin`},
		"about no incident":  {"permissions: {declare: member}", "permissions.declare: it is about no incident"},
		"permissions, list":  {"permissions: [close]", "permissions (line 1): must have a key and a value a line, and is a list"},
		"permission, list":   {"permissions:\n  close: [holder]", "permissions.close (line 2): must be text, and is a list"},
		"admins":             {"admins: ['@ada']", `admins: "@ada" is no member id`},
		"owner":              {"services: [{name: a, owner: '@ada'}]", "is no member id"},
		"tell":               {"severities: [{name: a, tell: [ada]}]\ndefault_severity: a", `severities[0].tell: "ada" is no member id`},
		"gate":               {"severities: [{name: a, gates: [postmortem]}]\ndefault_severity: a", `severities[0].gates: there is no gate "postmortem"; there are commander, update, severity, times`},
		"archive":            {"archive_after: 5m", `archive_after: must be a duration of 1h or more, for example 72h, or never, and is "5m"`},
		"archive unreadable": {"archive_after: 3 days", `and is "3 days"`},
		"group":              {"severities: [{name: a, groups: ['@oncall']}]\ndefault_severity: a", `severities[0].groups: "@oncall" is no user group's id`},
		"group of a service": {"services: [{name: a, groups: [U0ADA0001]}]", `services[0].groups: "U0ADA0001" is no user group's id`},
		"link":               {"services: [{name: a, links: [{title: x, url: 'javascript:alert(1)'}]}]", "http or https"},
		"announce":           {"announce: '#incidents'", "is no channel id"},
		"reaction":           {"reaction: 'push pin'", "is no name of an emoji"},
		"drills announce":    {"drills: {announce: '#drills'}", `drills.announce: "#drills" is no channel id`},
		"drills invite":      {"drills: {invite: [ada]}", `drills.invite: "ada" is no member id`},
		"key of an item":     {"severities:\n- {nam: a}", `severities[0] (line 2): there is no key "nam": did you mean name?`},
		"a strange key":      {"severities:\n- {colour: a}", `severities[0] (line 2): there is no key "colour"; there are name, meaning, update_every, lead_within, escalate, silent_for, invite, tell, gates, groups, reminders`},
		"not a duration":     {"severities:\n- name: a\n  update_every: 30", `severities[0].update_every (line 3): must be a duration, for example 30m or 2h, and is "30"`},
		"not a list":         {"services:\n- name: a\n  invite: U0ADA0001", `services[0].invite (line 3): must be a list, each item on a line of its own after a dash, and is "U0ADA0001"`},
		"not text":           {"channel: [a]", "channel (line 1): must be text, and is a list"},
		"not a mapping":      {"roles: [commander]", `roles[0] (line 1): must have keys (role, called, does), and is "commander"`},
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
			if err != nil && name != "a merge" && strings.Count(err.Error(), tc.want) > 1 {
				t.Errorf("said twice: %v", err)
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

// A key that is wrong in one severity hides nothing of what is wrong with the values beside it, in the same one and in others.
func TestReadSaysEverythingAtOnce(t *testing.T) {
	_, err := Read([]byte("severities:\n- {name: a, updates: 30m, gates: [postmortem, tiems, update], invite: [ada, U0ADA0001, grace]}\n- {name: b b, silent_for: 45m}\n" +
		"default_severity: b\nservices: [{name: x, owner: [a], links: [{title: y, url: z}]}]"))
	if err == nil {
		t.Fatal("read")
	}
	for _, want := range []string{
		"no key \"updates\"", "no gate \"postmortem\"", "no gate \"tiems\"", "severities[0].invite: \"ada\"", "severities[0].invite: \"grace\"", "severities[1].name: \"b b\"",
		"default_severity: \"b\"", "services[0].owner", "services[0].links: each needs an http",
	} {
		if strings.Count(err.Error(), want) != 1 {
			t.Errorf("%s is not said once in\n%v", want, err)
		}
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

// TestTheExampleHasEveryKey: whoever looks for a key finds it there.
func TestTheExampleHasEveryKey(t *testing.T) {
	raw, err := os.ReadFile("../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "```yaml\n")
	example, _, _ := strings.Cut(rest, "```")
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(example), &document); err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	present("", document.Content[0], there)
	missing("", reflect.TypeFor[file](), func(key string) {
		if !there[key] {
			t.Errorf("there is no %s in the example of docs/policy.md", key)
		}
	})
}

// present notes the keys that a document has, of lists without their places.
func present(where string, n *yaml.Node, there map[string]bool) {
	for at, child := range n.Content {
		switch {
		case n.Kind == yaml.SequenceNode:
			present(where, child, there)
		case at%2 == 1:
			key := where + "." + n.Content[at-1].Value
			there[key] = true
			present(key, child, there)
		}
	}
}

// missing goes through the keys that a file may have.
func missing(where string, t reflect.Type, found func(string)) {
	for t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return
	}
	for field := range t.Fields() {
		key := where + "." + field.Tag.Get("yaml")
		found(key)
		missing(key, field.Type, found)
	}
}

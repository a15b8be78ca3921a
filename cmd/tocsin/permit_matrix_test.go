package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"tocsin"
	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// asker is a kind of person, with all that decides what they may do.
type asker struct {
	name     string
	profile  slacksim.Profile
	inRoom   bool // of both incidents
	left     bool // was in both rooms
	role     incident.Role
	outsider bool // guest, or of another workspace
	admin    bool
}

var askers = []asker{
	{name: "Quitter", left: true, role: incident.Mitigator}, // has a role, and left the room
	{name: "Ada", inRoom: true},                             // who declared
	{name: "Holder", inRoom: true, role: incident.Scribe},
	{name: "Inmate", inRoom: true},
	{name: "Passer"},
	{name: "Leaver", left: true},
	{name: "Boss", admin: true, profile: slacksim.Profile{Admin: true}},
	{name: "Chief", admin: true, inRoom: true, profile: slacksim.Profile{Admin: true}},
	{name: "Named", admin: true}, // by the policy
	{name: "Visitor", inRoom: true, outsider: true, profile: slacksim.Profile{Guest: true}},
	{name: "Tourist", outsider: true, profile: slacksim.Profile{Guest: true}},
	{name: "Goner", left: true, outsider: true, profile: slacksim.Profile{Guest: true}},
	{name: "Partner", inRoom: true, outsider: true, profile: slacksim.Profile{Stranger: true}},
	{name: "Alien", outsider: true, profile: slacksim.Profile{Stranger: true}},
}

// outcome is what becomes of a command, as far as permission goes.
type outcome string

const (
	permitted outcome = "permitted"
	forbidden outcome = "forbidden"
	missing   outcome = "missing"
)

// due is what the documented table says of a command: it looks at nothing of the program but the grant.
func (a asker) due(permit incident.Permit, private bool) outcome {
	sees := !private && !a.outsider || a.inRoom
	judging := slices.Contains([]string{"accept", "access", "decline", "declare", "drill", "backfill", "stats", "redact", "private", "public"}, permit.Verb)
	covered := a.admin || map[incident.Grant]bool{
		incident.Anyone: true, incident.InRoom: a.inRoom, incident.Holders: a.role != "", incident.Admins: false,
	}[permit.Grant]
	switch {
	case permit.About && !sees:
		return missing
	case judging && a.outsider, !covered:
		return forbidden
	}
	return permitted
}

// outcomeOf reads an answer.
func outcomeOf(text string, id incident.ID) outcome {
	switch {
	case text == fmt.Sprintf("There is no %s.", id):
		return missing
	case strings.HasPrefix(text, "The policy leaves "), strings.HasPrefix(text, "Guests cannot declare"), strings.HasPrefix(text, "Figures are for the members"), strings.HasPrefix(text, "Who may know of an incident is"), strings.HasPrefix(text, "Only members of this workspace"):
		return forbidden
	}
	return permitted
}

// harmless is words for each verb with which it neither changes who has a role nor opens a form.
var harmless = map[string]string{
	"title": "x", "service": "x", "note": "x", "update": "x", "reopen": "x", "decline": "x", "severity": "none", "status": "none", "snooze": "none", "stepdown": "none",
	"declare": "--bad= x --privat", "handover": "none", "drill": "--bad= x --privat", "backfill": "--bad= x --privat", "invite": "none",
	"private": "none", "public": "none", "customers": "x", "search": "x", "access": "none", "subscribe": "service x", "unsubscribe": "service x", "task": "x", "stats": "7d",
}

// TestF73WhoMayDoWhat asks for every verb, under every grant, of a public and of a private incident, by every kind of person,
// from everywhere and from the room, and compares what becomes of it with the table. What is answered about a private
// incident to those who are not in its room is, to the letter, what is answered about one that does not exist.
func TestF73WhoMayDoWhat(t *testing.T) {
	for _, grant := range incident.Grants {
		t.Run(string(grant), func(t *testing.T) {
			t.Parallel()
			newMatrix(t, grant).ask()
		})
	}
}

// matrix is a house in which everybody of the table stands where they should.
type matrix struct {
	*house
	grant incident.Grant
	ids   map[bool]incident.ID // by private
	rooms map[bool]string
	asked int
}

func newMatrix(t *testing.T, grant incident.Grant) *matrix {
	w := slacksim.New(t, slacksim.Options{Manifest: tocsin.Manifest})
	for _, a := range askers {
		if a.name != "Ada" {
			a.profile.Name = a.name
			w.Join(w.Add(a.profile), "#general")
		}
	}
	h := newHouseIn(t, w, func(o *options) {
		o.policy.Admins = []string{w.Person("Named").ID(), w.Person("Tourist").ID()} // a guest is none, whatever the policy says
		o.policy.Permissions = map[string]incident.Grant{}
		for _, verb := range o.policy.Verbs() {
			o.policy.Permissions[verb] = grant
			if !o.policy.Permit(verb).About && grant != incident.Admins {
				o.policy.Permissions[verb] = incident.Anyone // a policy that says anything else is not taken
			}
		}
	})
	h.Announce("already_in_channel", "user_team_not_in_channel", "views.open", "restricted_action")
	m := &matrix{
		house: h, grant: grant, ids: map[bool]incident.ID{false: 1, true: 2},
		rooms: map[bool]string{false: "#inc-1-checkout-is-down", true: "#inc-2-a-key-has-leaked"},
	}
	m.asAdmin("declare checkout is down")
	m.asAdmin("declare --private a key has leaked")
	for _, private := range []bool{false, true} {
		m.settle(private)
	}
	return m
}

// asAdmin has the chief do something, who may do everything.
func (m *matrix) asAdmin(line string) {
	m.t.Helper()
	if answer := m.say("Chief", "#general", line); outcomeOf(answer, 0) != permitted {
		m.t.Fatalf("%s: %s", line, answer)
	}
}

// settle brings people into a room, out of it, and into their roles.
func (m *matrix) settle(private bool) {
	m.t.Helper()
	room := m.Channel(m.rooms[private])
	m.quieten(m.t)
	for _, a := range askers {
		if a.role != "" {
			m.asAdmin(fmt.Sprintf("%s %s @%s", a.role, m.ids[private], a.name))
		}
	}
	m.quieten(m.t)
	for _, a := range askers {
		in := slices.Contains(room.Members(), a.name)
		if (a.inRoom || a.left) && !in {
			m.Join(m.Person(a.name), room.Name())
			m.quieten(m.t)
		}
		if a.left {
			m.Leave(m.Person(a.name), room.Name())
		}
	}
	m.quieten(m.t)
}

// say types a line and returns the words of the answer.
func (m *matrix) say(who, where, line string) string {
	m.t.Helper()
	m.asked++
	body := m.command(who, where, "/incident "+line, fmt.Sprintf("matrix.%s.%d", m.grant, m.asked))
	var answer struct{ Text string }
	if body != "" {
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			m.t.Fatalf("%s: %s", line, body)
		}
	}
	return answer.Text
}

func (m *matrix) ask() {
	policy := m.program.live.Load().policy
	seen := map[outcome]int{}
	verbs := policy.Verbs()
	m.Announce("already_pinned") // by the last of them, which makes everything anew
	verbs = append(slices.DeleteFunc(verbs, func(verb string) bool { return verb == "mend" }), "mend")
	for _, verb := range verbs {
		permit := policy.Permit(verb)
		for _, a := range askers {
			for _, private := range []bool{false, true} {
				for _, where := range []string{"#general", m.rooms[private]} {
					if where != "#general" && !a.inRoom {
						continue
					}
					want := a.due(permit, private)
					seen[want]++
					m.check(a, verb, where, private, want)
				}
			}
		}
	}
	for _, want := range []outcome{permitted, missing} {
		if seen[want] == 0 {
			m.t.Errorf("nothing was %s, so this shows little", want)
		}
	}
	m.t.Logf("%s: %v", m.grant, seen)
	m.quieten(m.t)
}

func (m *matrix) check(a asker, verb, where string, private bool, want outcome) {
	m.t.Helper()
	line := func(id incident.ID) string {
		if m.program.live.Load().policy.Permit(verb).About {
			return strings.TrimSpace(fmt.Sprintf("%s %s %s", verb, id, harmless[verb]))
		}
		return strings.TrimSpace(verb + " " + harmless[verb])
	}
	id := m.ids[private]
	answer := m.say(a.name, where, line(id))
	if got := outcomeOf(answer, id); got != want {
		m.t.Errorf("%s by %s in %s, private %t, granted to %s: %s, want %s: %s", verb, a.name, where, private, m.grant, got, want, answer)
	}
	if want == missing {
		const nowhere = incident.ID(9)
		if none := m.say(a.name, where, line(nowhere)); answer != strings.ReplaceAll(none, nowhere.String(), id.String()) {
			m.t.Errorf("%s by %s tells a private incident from none:\n%s\n%s", verb, a.name, answer, none)
		}
	}
}

// TestF73NoWayAround: whoever may not have a verb gets it by no other one.
func TestF73NoWayAround(t *testing.T) {
	h := newHouse(t, func(o *options) {
		o.policy.Permissions = map[string]incident.Grant{"commander": incident.Admins, "declare": incident.Admins, "close": incident.Holders, "task": incident.Holders, "note": incident.Holders}
	})
	ada, grace := h.Person("Ada"), h.Person("Grace") // Grace is an admin
	ada.Type("#general", "/incident declare it burns").Expect("The policy leaves declare to admins")
	ada.Type("#general", "/incident declare").Expect("The policy leaves declare to admins") // and no form
	ada.Shortcut("Declare an incident", grace.Say("#general", "it burns")).Expect("The policy leaves declare to admins")
	grace.Type("#general", "/incident declare it burns").Expect("INC-1 declared")
	room := h.Channel("#inc-1-it-burns")
	card := room.Expect("Take command")
	h.Channel("#incidents").Expect("it burns")
	h.Join(ada, room.Name())
	h.Quiet()
	ada.Press(card, "Take command").Expect("The policy leaves commander to admins")
	ada.Type(room.Name(), "/incident handover commander me").Expect("The policy leaves commander to admins")
	ada.Type(room.Name(), "/incident stepdown commander").Expect("The policy leaves commander to admins")
	ada.Type(room.Name(), "/incident commander nobody").Expect("The policy leaves commander to admins")
	ada.Type(room.Name(), "/incident resolve").Expect("INC-1 is resolved")
	room.Expect("resolved")
	grace.Type("#general", "/incident reopen INC-1 not yet").Expect("open again")
	room.Expect("reopened")
	h.Quiet()
	grace.Type(room.Name(), "/incident scribe me").Expect("Scribe")
	room.Expect("now *scribe*")
	grace.Type(room.Name(), "/incident task call the bank").Expect("Task 1")
	task := room.Expect("*Task 1*")
	card.ExpectEdit("*Tasks* 1 open")
	ada.Press(task, "Done").Expect("The policy leaves task to those who have a role in INC-1")
	h.Quiet() // which message is about which task is known now
	ada.React(task, "white_check_mark")
	h.Quiet()
	task.Lacks(":white_check_mark:")
	grace.React(task, "white_check_mark")
	task.ExpectEdit(":white_check_mark: *Task 1*")
	said := ada.Say(room.Name(), "it is DNS")
	ada.React(said, "pushpin")
	h.Quiet()
	if got := h.kinds(); strings.Contains(got, "picked") {
		t.Errorf("a message is kept by who may not write a note: %s", got)
	}
	ada.Shortcut("Add to timeline", said).Expect("The policy leaves note to those who have a role in INC-1")
	grace.React(said, "pushpin")
	h.Quiet()
	h.latest(incident.EventCaught)
	ada.Type(room.Name(), "/incident close").Expect("The policy leaves close to those who have a role in INC-1", "Take command")
	h.Quiet()
}

// TestPermissionsAreDocumented compares docs/permissions.md with the one table of who may do what.
func TestPermissionsAreDocumented(t *testing.T) {
	raw, err := os.ReadFile("../../docs/permissions.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, permit := range incident.Permits {
		fmt.Fprintf(&want, "| `%s` | %s | %s |\n", permit.Verb, permit.Grant, map[bool]string{true: "members of the workspace only"}[permit.Standing != nil])
	}
	fmt.Fprintf(&want, "| each role: `commander` and so on | %s |  |\n", incident.Defaults().Permit("commander").Grant)
	if _, got, _ := strings.Cut(string(raw), "|---|---|---|\n"); !strings.HasPrefix(got, want.String()) {
		t.Errorf("docs/permissions.md should hold:\n%s", want.String())
	}
	for _, grant := range incident.Grants {
		if !strings.Contains(string(raw), "- **"+string(grant)+"**") {
			t.Errorf("docs/permissions.md does not say what %s means", grant)
		}
	}
}

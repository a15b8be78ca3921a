package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// verb is something that people type. In its line stand {id} and {other} for incidents that people talk about, {private} for
// one that is nobody's business but its declarer's, {title} for new words, and {draft} and {said} for entries that are shown in
// the room of {id}.
type verb struct {
	kind   incident.EventKind // of the entry that it owes; "" for none: then its request is noted all the same
	or     incident.EventKind // that it may owe instead
	line   string
	done   *regexp.Regexp // how the answer begins when it was done
	weight int            // how often
	reads  bool           // it changes nothing, and its answer is of the moment
	guest  bool           // typed by a guest whom nobody knows yet
}

// declared finds the number and the room of a new incident in the answer.
var declared = regexp.MustCompile(`^INC-(\d+) (?:declared(?: as an exercise)?\. Opening #(\S+)|is recorded: )`)

// openings begin an incident.
var openings = []verb{
	{kind: incident.EventDeclared, line: "declare sev2 {title} --service checkout", done: declared, weight: 10},
	{kind: incident.EventDeclared, line: "declare --private {title}", done: declared, weight: 2},
	{kind: incident.EventDeclared, line: "declare {title}", done: declared, weight: 3, guest: true},
	{kind: incident.EventDeclared, line: "drill sev1 {title}", done: declared, weight: 1},
	{kind: incident.EventBackfilled, line: "backfill {title} --started -3h --resolved -1h --room", done: declared, weight: 1},
	{kind: incident.EventBackfilled, line: "backfill {title} --started -3h --mitigated -2h --resolved -1h", done: declared, weight: 1},
}

// verbs are about incidents that were declared.
var verbs = []verb{
	{kind: incident.EventNote, line: "note {id} the graph shows a dip", done: regexp.MustCompile(`^Noted on the timeline`), weight: 8},
	{kind: incident.EventUpdate, line: "update {id} we are still looking", done: regexp.MustCompile(`^Update posted`), weight: 3},
	{kind: incident.EventRole, line: "commander {id} me", done: regexp.MustCompile(`^Commander of INC-\d+ is now`), weight: 3},
	{kind: incident.EventRole, line: "communicator {id} me", done: regexp.MustCompile(`^Communicator of INC-\d+ is now`), weight: 2},
	{kind: incident.EventRole, line: "investigator {id} @Ada", done: regexp.MustCompile(`^Investigator of INC-\d+ is now`), weight: 1},
	{kind: incident.EventRole, line: "mitigator {id} @Grace", done: regexp.MustCompile(`^Mitigator of INC-\d+ is now`), weight: 1},
	{kind: incident.EventRole, line: "scribe {id} me", done: regexp.MustCompile(`^Scribe of INC-\d+ is now`), weight: 1},
	{kind: incident.EventRole, line: "handover {id} scribe @Linus I go to bed", done: regexp.MustCompile(`^Scribe of INC-\d+ is now`), weight: 1},
	{kind: incident.EventSteppedDown, line: "stepdown {id} scribe", done: regexp.MustCompile(`^INC-\d+ has no scribe now`), weight: 1},
	{kind: incident.EventSeverity, line: "severity {id} sev1", done: regexp.MustCompile(`^INC-\d+ is now`), weight: 1},
	{kind: incident.EventSeverity, line: "severity {id} sev2", done: regexp.MustCompile(`^INC-\d+ is now`), weight: 1},
	{kind: incident.EventSeverity, line: "severity {id} unknown", done: regexp.MustCompile(`^INC-\d+ is now`), weight: 1},
	{kind: incident.EventTitle, line: "title {id} payments hang in the queue", done: regexp.MustCompile(`^INC-\d+ is called .+ now`), weight: 1},
	{kind: incident.EventTitle, line: "title {id} checkout is slow", done: regexp.MustCompile(`^INC-\d+ is called .+ now`), weight: 1},
	{kind: incident.EventService, line: "service {id} payments", done: regexp.MustCompile(`^INC-\d+ is about .+ now`), weight: 1},
	{kind: incident.EventService, line: "service {id} checkout", done: regexp.MustCompile(`^INC-\d+ is about .+ now`), weight: 1},
	{kind: incident.EventStatus, line: "status {id} identified", done: regexp.MustCompile(`^INC-\d+ is now`), weight: 1},
	{kind: incident.EventStatus, line: "status {id} monitoring", done: regexp.MustCompile(`^INC-\d+ is now`), weight: 1},
	{kind: incident.EventTask, line: "task {id} restart the queue in 2h", done: regexp.MustCompile(`^Task \d+ of INC-\d+: `), weight: 2},
	{kind: incident.EventTaskDone, line: "task {id} done 1", done: regexp.MustCompile(`^Task 1 of INC-\d+ is done: `), weight: 1},
	{kind: incident.EventTaskTaken, line: "task {id} take 1", done: regexp.MustCompile(`^Task 1 of INC-\d+ is yours: `), weight: 1},
	{kind: incident.EventTaskDropped, line: "task {id} drop 1 it heals by itself", done: regexp.MustCompile(`^Task 1 of INC-\d+ is dropped: `), weight: 1},
	{kind: incident.EventCustomers, or: incident.EventCustomersDraft, line: "customers {id} payments are slow", done: regexp.MustCompile(`^(The draft is in the room|Customers are told: )`), weight: 4},
	{kind: incident.EventCustomers, line: "customers {id} approve {draft}", done: regexp.MustCompile(`^Customers are told: `), weight: 4},
	{kind: incident.EventSnoozed, line: "snooze {id} update 15m", done: regexp.MustCompile(`^You hear of it again`), weight: 1},
	{kind: incident.EventAdmitted, line: "invite {id} @Gus", done: regexp.MustCompile(`is invited to the room of INC-`), weight: 1},
	{line: "access {private} I know the database", done: regexp.MustCompile(`^If there is such an incident|^INC-\d+ is open to you already`), weight: 1},
	{line: "subscribe {id}", done: regexp.MustCompile(`^You hear each update on`), weight: 2},
	{line: "unsubscribe {id}", done: regexp.MustCompile(`^You hear no more updates on`), weight: 1},
	{line: "subscribe service checkout", done: regexp.MustCompile(`^You hear each update on`), weight: 1},
	{line: "unsubscribe service checkout", done: regexp.MustCompile(`^You hear no more updates on`), weight: 1},
	{kind: incident.EventCorrected, line: "correct {id} #{said} we look elsewhere", done: regexp.MustCompile(`^#\d+ of INC-\d+ is corrected`), weight: 2},
	{kind: incident.EventStarred, line: "star {id} #{said}", done: regexp.MustCompile(`^#\d+ of INC-\d+ is starred\. All`), weight: 1},
	{kind: incident.EventUnstarred, line: "unstar {id} #{said}", done: regexp.MustCompile(`^#\d+ of INC-\d+ has no star any more`), weight: 2},
	{kind: incident.EventRedacted, line: "redact {id} #{said} it names a customer", done: regexp.MustCompile(`^#\d+ of INC-\d+ is redacted: its words are gone`), weight: 2},
	{kind: incident.EventMerged, line: "merge {id} into {other}", done: regexp.MustCompile(`^INC-\d+ is a duplicate of .+ Its people are invited there`), weight: 1},
	{kind: incident.EventMitigated, line: "mitigated {id}", done: regexp.MustCompile(`^INC-\d+ is mitigated\. When`), weight: 1},
	{kind: incident.EventResolved, line: "resolve {id}", done: regexp.MustCompile(`^INC-\d+ is resolved\. Well`), weight: 1},
	{kind: incident.EventClosed, line: "close {id}", done: regexp.MustCompile(`^INC-\d+ is closed\.(\n|$| Its open tasks stay: )`), weight: 1},
	{kind: incident.EventReopened, line: "reopen {id} it is back", done: regexp.MustCompile(`^INC-\d+ is open again`), weight: 2},
	{kind: incident.EventMend, line: "mend {id}", done: regexp.MustCompile(`^INC-\d+ is looked after`), weight: 1},
	{kind: incident.EventAccepted, line: "accept {id}", done: regexp.MustCompile(`^INC-\d+ is accepted\. Its room`), weight: 2},
	{kind: incident.EventDeclined, line: "decline {id} the guest has seen a test", done: regexp.MustCompile(`^INC-\d+ is declined\. It stays`), weight: 1},
	{kind: incident.EventPrivate, line: "private {id} yes", done: regexp.MustCompile(`^:lock: \*INC-\d+ is private now`), weight: 1},
	{kind: incident.EventPublic, line: "public {private} yes everybody", done: regexp.MustCompile(`^:unlock: \*INC-\d+ is public now`), weight: 2},
	{line: "list all", reads: true, weight: 1},
	{line: "stats 7d", reads: true, weight: 1},
	{line: "search graph", reads: true, weight: 1},
	{line: "help", reads: true, weight: 1},
	{line: "show {id}", reads: true, weight: 1},
	{line: "tasks {id}", reads: true, weight: 1},
	{line: "timeline {id}", reads: true, weight: 1},
}

// name is what the verb is called.
func (v verb) name() string {
	name, _, _ := strings.Cut(v.line, " ")
	return name
}

// one draws a verb by how often it is said.
func (c *client) one(of []verb) verb {
	all := 0
	for _, v := range of {
		all += v.weight
	}
	at := c.dice.IntN(all)
	return of[slices.IndexFunc(of, func(v verb) bool { at -= v.weight; return at < 0 })]
}

// shown is the number of the last entry of which words stand in the room of an incident, or 0 where there is none yet.
func (c *client) shown(id incident.ID, words string) (number int64) {
	c.mu.Lock()
	room := c.rooms[id]
	c.mu.Unlock()
	if room == "" {
		return 0
	}
	for _, m := range c.w.Posted(room) {
		what, _ := m.Payload["what"].(string)
		if strings.Contains(m.Text, words) {
			_, _ = fmt.Sscanf(what, id.String()+" event %d", &number)
		}
	}
	return number
}

// quotable are the words of the entries that lines speak of.
var quotable = map[string]string{"{draft}": "Draft for customers", "{said}": "we are still looking"}

// isVisitor tells whether somebody is one of the guests whom nobody knew when they declared.
func isVisitor(p incident.Person) bool { return strings.HasPrefix(strings.ToLower(p.Name), "visitor") }

// open rings the bell, or records what is over. A private one is left alone by all others.
func (c *client) open() *promise {
	v := c.one(openings)
	title := fmt.Sprintf("%s %s %d", broken[c.dice.IntN(len(broken))], strings.ToLower(c.name), c.count)
	p := c.command(v, "{title}", title)
	if v.guest {
		who := fmt.Sprintf("Visitor%s%d", c.name, c.count)
		if _, err := c.w.AddProfile(slacksim.Profile{Name: who, Guest: true}); err != nil {
			c.t.Errorf("%s: %v", who, err)
		}
		p.who = who
	}
	p.learn = func(id incident.ID, room string) {
		list := &c.known
		if strings.Contains(v.line, "--private") {
			list = &c.hidden
		}
		if !slices.Contains(*list, id) {
			*list = append(*list, id)
			c.rooms[id] = room
		}
	}
	return p
}

// say types one of the verbs about an incident.
func (c *client) say(known, hidden []incident.ID) *promise {
	v, id := c.one(verbs), known[c.dice.IntN(len(known))]
	with := []string{"{id}", id.String(), "{other}", known[c.dice.IntN(len(known))].String(), "{private}", "INC-99999"}
	if len(hidden) > 0 {
		with[5] = hidden[c.dice.IntN(len(hidden))].String()
	}
	for field, words := range quotable {
		for n := 0; n < len(known) && strings.Contains(v.line, field); n++ {
			if entry := c.shown(known[n], words); entry != 0 || n == len(known)-1 {
				with[1] = known[n].String()
				with = append(with, field, strconv.FormatInt(entry, 10))
				break
			}
		}
	}
	if v.name() == "customers" {
		return c.tellCustomers(v, known, with)
	}
	return c.command(v, with...)
}

// tellCustomers has those write and approve what customers read who may, where somebody may: of others it would be refused nearly
// always. Where nobody leads, somebody takes command first.
func (c *client) tellCustomers(v verb, known []incident.ID, with []string) *promise {
	writes, id := !strings.Contains(v.line, "{draft}"), with[1]
	role := "Commander"
	if writes {
		role = "Communicator"
	}
	who := ""
	for n := 0; n < len(known) && who == ""; n++ {
		if of := known[n].String(); writes || of == id {
			if who = c.holder(known[n], role); who != "" {
				with[1] = of
			}
		}
	}
	if who == "" && !writes && with[len(with)-1] != "0" {
		v = verbs[slices.IndexFunc(verbs, func(v verb) bool { return v.name() == "commander" })]
	}
	p := c.command(v, with...)
	p.who = cmp.Or(who, p.who)
	return p
}

// holder is who has a role in an incident by its card, or "".
func (c *client) holder(id incident.ID, role string) (name string) {
	c.mu.Lock()
	room := c.rooms[id]
	c.mu.Unlock()
	if room == "" {
		return ""
	}
	for _, m := range c.w.Posted(room) {
		if _, after, has := strings.Cut(m.Text, "*"+role+"* @"); has && m.Payload["what"] == id.String()+" card" {
			name = strings.Fields(after)[0]
		}
	}
	return name
}

// driven is how many of the lines that people can type were typed with success, and those that were not.
func (c *crowd) driven() (done int, undone []string) {
	kinds := map[string]bool{}
	for _, p := range c.promises {
		kinds[p.line] = kinds[p.line] || p.verdict == kept
	}
	for _, v := range slices.Concat(openings, verbs) {
		if kinds[v.line] {
			done++
		} else {
			undone = append(undone, v.line)
		}
	}
	return done, undone
}

// TestKillDrivesAllVerbs: whatever people can type is typed while the program is killed.
func TestKillDrivesAllVerbs(t *testing.T) {
	driven := map[string]bool{}
	for _, v := range slices.Concat(openings, verbs) {
		driven[v.name()] = true
	}
	all := incident.Defaults().Verbs()
	for _, name := range all {
		if !driven[name] {
			t.Errorf("nobody types %s while the program is killed: give it a row", name)
		}
	}
	for name := range driven {
		if !slices.Contains(all, name) {
			t.Errorf("there is no verb %s to be typed", name)
		}
	}
}

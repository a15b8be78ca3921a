package main

import (
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// canaries are secrets of several kinds, each with a word in it that is looked for.
var canaries = []string{
	"xo" + "xb-1234567890-canaryone", "gh" + "p_0123456789canarytwo0123456789abcdef", "postgres://app:canarythree@db/prod",
	"-----BEGIN PRIV" + "ATE KEY-----\ncanaryfour\n-----END PRIVATE KEY-----", "sk_li" + "ve_canaryfive0123456789",
}

// TestF71SecretIsMasked: a secret pasted into anything that becomes an entry is masked before it is stored, and its author is
// told privately. It is in no file of the database, in no log, and in nothing that we post.
func TestF71SecretIsMasked(t *testing.T) {
	h := newHouse(t)
	ada := h.Person("Ada")
	told := func(who, kind string) {
		t.Helper()
		h.DirectMessages(h.Person(who)).Expect("there was a secret", kind, "Make a new one")
	}
	ada.Type("#general", "/incident declare sev2 leaked "+canaries[0]).Expect("INC-1 declared").Lacks("canary")
	told("Ada", "Slack token")
	room := h.Channel("#inc-1-leaked-masked-slack-token")
	card := room.Expect("leaked [masked: Slack token]")
	h.Channel("#incidents").Expect("leaked [masked: Slack token]")
	h.Quiet()
	ada.Type(room.Name(), "/incident note -5m the address was "+canaries[2]).Expect("postgres://app:[masked: password]@db/prod")
	told("Ada", "password")
	ada.Press(card, "Post an update")
	ada.Modal().Fill("What is known?", "the key was "+canaries[3]).Submit()
	room.Expect("the key was [masked: private key]")
	h.Channel("#incidents").Expect("the key was [masked: private key]")
	told("Ada", "private key")
	ada.Type(room.Name(), "/incident "+canaries[4]+" was found").Expect("There is no /incident", "[masked: Stripe key] was found").Lacks("canary") // nothing is recorded: nobody is told
	h.Quiet()
	if world := h.World(); strings.Contains(world, "canary") {
		t.Errorf("people see it:\n%s", world)
	}

	grace := h.enter("Grace", room)
	caught, short := grace.Say(room.Name(), "it is "+canaries[4]), grace.Say(room.Name(), "or "+canaries[0])
	ada.React(caught, "pushpin")
	told("Grace", "Stripe key")
	ada.Shortcut("Add to timeline", short).Expect("or [masked: Slack token]").Lacks("canary")
	told("Grace", "Slack token")
	grace.Edit(caught, "no, it was "+canaries[1])
	told("Grace", "GitHub token")
	grace.Edit(short, "or xo"+"xb-1234567890-canarysix") // reads the same to us
	ada.Shortcut("Declare an incident", caught)
	ada.Modal().Submit()
	told("Ada", "GitHub token")
	second := h.Channel("#inc-2-no-it-was-masked-github-token")
	second.Expect("no, it was [masked: GitHub token]")
	h.Channel("#incidents").Expect("no, it was [masked: GitHub token]")
	h.Quiet()
	if e := h.latest(incident.EventEdited); e.Text != "no, it was [masked: GitHub token]" {
		t.Errorf("got %q", e.Text)
	}
	h.lacks(t, "canary")
}

// TestF71WhateverIsTyped: there is no verb by which a secret gets in.
func TestF71WhateverIsTyped(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	h.program.live.Load().policy.Customers.Channel = h.ChannelID("random")
	h.Announce("views.open", "already_pinned")
	secret := "sk_li" + "ve_canary0123456789"
	lines := []string{
		"task call @Grace with " + secret, "task done 1", "task another", "task drop 2 " + secret, "commander me", "handover commander @Grace " + secret,
		"severity sev1 " + secret, "communicator me", "customers we use " + secret, "customers approve 1", "update --next 30m " + secret, "snooze " + secret, "status identified " + secret,
		"correct #1 " + secret, "star #1 " + secret, "redact #1 " + secret, "subscribe service " + secret, "access INC-1 " + secret, "invite " + secret,
		"search " + secret, "timeline " + secret, "timeline add " + secret, "merge into " + secret, "stepdown " + secret, "decline " + secret, "accept " + secret,
		"mitigated " + secret, "resolve " + secret, "close " + secret, "reopen " + secret, "drill " + secret,
		"backfill " + secret + " --started -3h --resolved -1h", "declare unknown a --service " + secret, secret, "INC-1 " + secret,
		"unstar #1 " + secret, "unsubscribe service " + secret, "list " + secret, "stats " + secret, "help " + secret, "tasks " + secret, "show " + secret, "mend " + secret,
	}
	for _, permit := range incident.Permits {
		if !slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, permit.Verb+" ") }) {
			lines = append(lines, permit.Verb+" "+secret)
		}
	}
	for _, line := range lines {
		ada.Type(room.Name(), "/incident "+line)
		h.quieten(t)
	}
	if e := h.latest(incident.EventTask); e.Text != "another" {
		t.Errorf("the tasks were not given out: %q", e.Text)
	}
	for _, kind := range []incident.EventKind{incident.EventTaskDropped, incident.EventRole, incident.EventUpdate, incident.EventNote, incident.EventReopened} {
		h.latest(kind)
	}
	if world := h.World(); strings.Contains(world, "canary") {
		t.Errorf("people see it:\n%s", world)
	}
	h.lacks(t, "canary")
}

// TestF88RedactedWordsAreGone: from the database, its log and its free pages, from what is owed, from what we have posted, and
// from the answers that are kept; the trace stays.
func TestF88RedactedWordsAreGone(t *testing.T) {
	h, ada, room, card := inRoom(t)
	h.Announce("not_in_channel") // we post announcements to a channel that we need not be in, and join it to find one again
	grace := h.Person("Grace")   // an admin of the workspace
	announcement := h.Channel("#incidents").Post("checkout is down")
	for n := range 40 { // so that pages are split around it, and moved
		ada.Type(room.Name(), fmt.Sprintf("/incident note %d %s", n, strings.Repeat("before ", n*9)))
	}
	h.command("Ada", room.Name(), "/incident update canary the customer is Acme", "theupdate")
	post := room.Expect("canary")
	below := h.Channel("#incidents").Expect("canary")
	card.ExpectEdit("canary")
	announcement.ExpectEdit("canary")
	update := h.number(incident.EventUpdate)
	said := ada.Say(room.Name(), "canary as well")
	ada.Shortcut("Add to timeline", said).Expect("canary as well")
	caught := h.number(incident.EventCaught)
	ada.Type(room.Name(), "/incident correct "+update+" canary the customer is Globex").Expect("is corrected")
	fix := h.number(incident.EventCorrected)
	for n := range 40 {
		ada.Type(room.Name(), fmt.Sprintf("/incident note %d %s", n, strings.Repeat("after ", n*9)))
	}
	h.Quiet()

	ada.Type(room.Name(), "/incident redact "+update+" it names a customer").Expect("The policy leaves redact to admins")
	grace.Type("#general", "/incident redact INC-1 "+update) // the form asks why
	grace.Modal().Fill("Why must it go?", "it names a customer").Submit()
	grace.Type("#general", "/incident redact INC-1 "+fix+" it names one too").Expect(fix + " of INC-1 is redacted")
	grace.Type("#general", "/incident redact INC-1 "+caught+" the same").Expect(caught + " of INC-1 is redacted")
	h.Quiet()
	ada.Delete(said) // theirs to delete
	h.Quiet()
	post.Has("redacted by *Grace*: it names a customer")
	for _, p := range []*slacksim.Post{post, below, card, announcement} {
		p.Lacks("canary")
	}
	h.lacks(t, "canary")
	if again := h.command("Ada", room.Name(), "/incident update canary the customer is Acme", "theupdate"); !strings.Contains(again, "has been redacted since") {
		t.Errorf("the same request again: %s", again)
	}
	ada.React(ada.Say(room.Name(), "something else"), "pushpin")
	h.Quiet()
	ada.Type(room.Name(), "/incident timeline updates").Expect("update, redacted by Grace: it names a customer").Lacks("canary")
	ada.Type(room.Name(), "/incident timeline "+update).Expect("redacted by Grace", "it names a customer").Lacks("canary", "Redact")
	ada.Type(room.Name(), "/incident correct "+update+" x").Expect("have been redacted")
	for typed, want := range map[string]string{
		update + " again": "have been redacted already", "#1 the title": "is what INC-1 is called: give it another title first",
		h.number(incident.EventRedacted) + " and that": "that stays", "#999 x": "INC-1 has no entry #999",
	} {
		grace.Type("#general", "/incident redact INC-1 "+typed).Expect(want)
	}
	h.lacks(t, "canary")
	h.Quiet()
}

// TestF88WhatIsOwedIsDropped: what was to be said of an entry that is redacted before Slack takes it is not said.
func TestF88WhatIsOwedIsDropped(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	h.Announce("not_in_channel") // we post announcements to a channel that we need not be in, and join it to find one again
	h.Faults(func(c slacksim.Call) *slacksim.Fault {
		if h.Clock()().Before(scenarioStart.Add(time.Minute)) {
			return &slacksim.Fault{Kind: slacksim.Status, Status: 503}
		}
		return nil
	})
	ada.Type(room.Name(), "/incident update canary").Expect("Update posted")
	h.Person("Grace").Type("#general", "/incident redact INC-1 "+h.number(incident.EventUpdate)+" private").Expect("is redacted")
	h.Pass(2 * time.Minute)
	h.recover(time.Minute)
	if world := h.World(); strings.Contains(world, "canary") {
		t.Errorf("it was said:\n%s", world)
	}
	for _, said := range room.Messages() {
		if strings.Contains(said, "Update") || strings.Contains(said, "redacted") {
			t.Errorf("what is left of it was said: %s", said)
		}
	}
	h.lacks(t, "canary")
}

// TestF88OnlyACorrectionIsRedacted: what it had set right says its own words again.
func TestF88OnlyACorrectionIsRedacted(t *testing.T) {
	h, ada, room, card := inRoom(t)
	h.Announce("not_in_channel") // we post announcements to a channel that we need not be in, and join it to find one again
	ada.Type(room.Name(), "/incident update carts are slow").Expect("Update posted")
	post := room.Expect("carts are slow")
	h.Channel("#incidents").Expect("carts are slow")
	ada.Type(room.Name(), "/incident correct "+h.number(incident.EventUpdate)+" the carts of canary are slow").Expect("is corrected")
	h.Quiet()
	post.Has("canary")
	h.Person("Grace").Type("#general", "/incident redact INC-1 "+h.number(incident.EventCorrected)+" a customer").Expect("is redacted")
	h.Quiet()
	post.Has("carts are slow").Lacks("canary", "Corrected by")
	card.Has("carts are slow").Lacks("canary")
	ada.Type(room.Name(), "/incident timeline").Expect("corrected, redacted by Grace").Lacks("canary")
	h.lacks(t, "canary")
}

// TestStoryRedactIsPolicy: who may redact is what the policy says.
func TestStoryRedactIsPolicy(t *testing.T) {
	var linus string
	h := newHouse(t, func(o *options) { o.policy.Permissions = map[string]incident.Grant{"redact": incident.Anyone} })
	linus = h.Person("Linus").ID()
	h.Person("Ada").Type("#general", "/incident declare x").Expect("INC-1 declared")
	h.Channel("#inc-1-x").Expect("x")
	h.Channel("#incidents").Expect("x")
	ada := h.Person("Ada")
	ada.Type("#general", "/incident note INC-1 one")
	ada.Type("#general", "/incident redact INC-1 "+h.number(incident.EventNote)+" why").Expect("is redacted")
	policy := *h.program.bot.Policy()
	policy.Permissions, policy.Admins = nil, []string{linus}
	h.program.use(h.program.live.Load().settings, &policy)
	ada.Type("#general", "/incident note INC-1 two")
	number := h.number(incident.EventNote)
	ada.Type("#general", "/incident redact INC-1 "+number+" why").Expect("The policy leaves redact to admins")
	ada.Type("#general", "/incident timeline INC-1 "+number).Expect("Correct").Lacks("Redact")
	h.Person("Linus").Type("#general", "/incident redact INC-1 "+number+" why").Expect("is redacted")
	h.Quiet()
}

// lacks fails where words stand in any file of the database while it is open, or in the log.
func (h *house) lacks(t *testing.T, words string) {
	t.Helper()
	if strings.Contains(h.log.all(), words) {
		t.Errorf("the log holds %q", words)
	}
	for file, raw := range h.files(t) {
		if strings.Contains(raw, words) {
			t.Errorf("%s holds %q", file, words)
		}
	}
}

// files are those of the database, with what they hold; on PostgreSQL all rows of its tables.
func (h *house) files(t *testing.T) map[string]string {
	t.Helper()
	if onPostgres {
		return h.dump(t)
	}
	held := map[string]string{}
	for _, end := range []string{"", "-wal", "-shm", ".lock"} {
		raw, err := os.ReadFile(h.db + end)
		if err != nil {
			t.Fatal(err)
		}
		held[h.db+end] = string(raw)
	}
	return held
}

// dump is all rows of all tables of a server's database, as text.
func (h *house) dump(t *testing.T) map[string]string {
	t.Helper()
	pool, err := sql.Open("pgx", h.db)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	text := func(query string) (list []string) {
		rows, err := pool.QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var row string
			if err := rows.Scan(&row); err != nil {
				t.Fatal(err)
			}
			list = append(list, row)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return list
	}
	held := map[string]string{"answers": strings.Join(text(`SELECT encode(answer, 'escape') FROM requests`), "\n")}
	for _, table := range text(`SELECT tablename FROM pg_tables WHERE schemaname = current_schema()`) {
		held[table] = strings.Join(text("SELECT t::text FROM "+table+" t"), "\n")
	}
	return held
}

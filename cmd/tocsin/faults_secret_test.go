package main

import (
	"database/sql"
	"os"
	"strings"
	"testing"

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
	ada.Modal().Fill("How do things stand?", "the key was "+canaries[3]).Submit()
	room.Expect("the key was [masked: private key]")
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

package store_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tocsin/incident"
	"tocsin/store"
	"tocsin/store/storetest"
)

// lived is a file with all that a store can hold, closed.
func lived(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tocsin.db")
	s, err := store.Open(t.Context(), path, store.Options{})
	must(t, err)
	id := declare(t, s)
	declare(t, s)
	for n := range 5 {
		_, err := on(s, id, fmt.Sprint("event:", n), note(fmt.Sprint(n, "\x00 \xff ü")))
		must(t, err)
	}
	_, err = on(s, id, "command:1", func(i *incident.Incident, st incident.Stamp) error {
		i.Refs["slack.channel"], i.Private = "C1", true
		if _, err := i.GiveTask("call the bank", ada, time.Time{}, st); err != nil {
			return err
		}
		return i.Assign(incident.Commander, incident.Person{Handle: "U2", Name: "Gra\x00ce"}, st)
	})
	must(t, err)
	said := func(do func(*incident.Incident, incident.Entry, incident.Stamp) error) { // something about the last note
		last, err := s.Latest(t.Context(), id, incident.EventNote)
		must(t, err)
		entry, err := s.Entry(t.Context(), id, last.ID)
		must(t, err)
		_, err = on(s, id, "", func(i *incident.Incident, st incident.Stamp) error { return do(i, entry, st) })
		must(t, err)
	}
	_, err = on(s, id, "event:note", note("the blue queue"))
	must(t, err)
	for _, words := range []string{"the red queue", "the green queue"} {
		said(func(i *incident.Incident, e incident.Entry, st incident.Stamp) error { return i.Correct(e, words, st) })
	}
	_, err = on(s, id, "event:gone", note("the black queue"))
	must(t, err)
	said(func(i *incident.Incident, e incident.Entry, st incident.Stamp) error {
		return i.Redact(e, "a name", st)
	})
	said(func(i *incident.Incident, _ incident.Entry, st incident.Stamp) error {
		return i.Catch(incident.Message{Name: "1.2", Author: ada, At: noon, Text: "it is DNS"}, incident.Event{}, st)
	})
	_, err = s.Change(t.Context(), incident.Request{Key: "empty", At: noon}, func(tx incident.Tx) ([]byte, error) {
		tx.System().KeepDraft("words", incident.Stamp{By: ada, At: noon})
		return nil, nil
	})
	must(t, err)
	effects, err := s.Claim(t.Context(), incident.Claim{At: noon, Lease: time.Minute, Limit: 1, Lanes: lanes[:1]})
	must(t, err)
	must(t, s.Bury(t.Context(), effects[0], "not allowed", noon))
	must(t, s.SaveProfiles(t.Context(), []incident.Profile{{Person: ada, Standing: incident.Member, Zone: "Europe/London", Seen: noon}}))
	must(t, s.SetMembers(t.Context(), id, []string{"U1", "U2"}, noon))
	must(t, s.Close())
	return path
}

// everything reads all that a store tells.
func everything(t *testing.T, s *store.Store) []any {
	t.Helper()
	list, err := s.List(t.Context(), incident.Filter{Limit: 99})
	must(t, err)
	open, err := s.OpenEffects(t.Context(), 0, 99)
	must(t, err)
	stats, err := s.Stats(t.Context())
	must(t, err)
	profile, err := s.Profile(t.Context(), "U1")
	must(t, err)
	member, err := s.Member(t.Context(), 1, "U2")
	must(t, err)
	all := []any{list, open, stats.Lanes, stats.Oldest, profile, member, s.Installation()}
	hits, err := s.Search(t.Context(), "queue", 0, 99)
	must(t, err)
	caught, err := s.Message(t.Context(), 1, "1.2")
	must(t, err)
	all = append(all, len(hits), hits, caught)
	for id := range incident.ID(3) {
		events, _, err := s.Timeline(t.Context(), id, 0, 99)
		must(t, err)
		all = append(all, events)
	}
	return all
}

func TestMove(t *testing.T) {
	cluster := storetest.Cluster(t)
	path, where := lived(t), cluster.Empty(t)
	progress := map[string]int64{}
	moved, err := store.Move(t.Context(), path, where, func(table string, rows int64) { progress[table] = rows })
	must(t, err)
	want := map[string]int64{
		"installation": 1, "incidents": 2, "roles": 1, "refs": 3, "entries": 17, "contents": 16, "profiles": 1, "members": 2, "requests": 9,
		"reminders": 3, "tasks": 1, "subscriptions": 0, "messages": 1,
	}
	want["effects"] = moved.Rows["effects"]
	if diff := cmp.Diff(want, moved.Rows); diff != "" || moved.Entries != 17 || moved.Rows["effects"] < 15 {
		t.Error(diff, moved)
	}
	if diff := cmp.Diff(moved.Rows, progress); diff != "" {
		t.Error(diff)
	}
	for _, o := range []store.Options{{}, {Beside: true}, {ReadOnly: true}} {
		if _, err := store.Open(t.Context(), path, o); err == nil || !strings.Contains(err.Error(), "it was moved to postgres:///") {
			t.Errorf("%+v: %v", o, err)
		}
	}
	must(t, os.Remove(path+".moved"))
	file, server := open(t, path), open(t, where)
	same := cmp.Options{cmpopts.IgnoreUnexported(incident.Ledger{}), cmp.Transformer("clean", func(s string) string { return strings.ReplaceAll(s, "\x00", "\uFFFD") })}
	if diff := cmp.Diff(everything(t, file), everything(t, server), same); diff != "" {
		t.Error(diff)
	}
	again, err := on(server, 1, "event:1", func(*incident.Incident, incident.Stamp) error { t.Error("it ran again"); return nil })
	if err != nil || string(again) != "done" {
		t.Errorf("%s %v", again, err)
	}
	if id := declare(t, server); id != 3 {
		t.Errorf("the next is %s", id)
	}
	if _, err := store.Move(t.Context(), path, where, func(string, int64) {}); err == nil || !strings.Contains(err.Error(), "another Tocsin (process") {
		t.Errorf("got %v", err)
	}
}

func TestMoveRefuses(t *testing.T) {
	cluster := storetest.Cluster(t)
	path := lived(t)
	for name, test := range map[string]struct {
		from, spoil, fill string
		want              string
	}{
		"nothing there":      {from: path + ".none", want: "there is no database"},
		"the wrong way":      {from: cluster.Address("postgres"), want: "what can be moved is a SQLite file"},
		"incidents there":    {fill: "declared", want: "the database is not empty, it has incidents"},
		"requests there":     {fill: `INSERT INTO requests VALUES ('k', 1, '')`, want: "the database is not empty, it has requests: make a new one"},
		"an entry altered":   {spoil: `UPDATE contents SET body = '{}' WHERE entry_id = 2`, want: "entry 2: what was said does not match what was recorded; restore a backup"},
		"another commitment": {spoil: `UPDATE contents SET actor_salt = x'00' WHERE entry_id = 1`, want: "entry 1: who said it does not match"},
	} {
		t.Run(name, func(t *testing.T) {
			where, from := cluster.Database(t), path
			if test.fill != "" {
				if name == "incidents there" {
					s, err := store.Open(t.Context(), where, store.Options{})
					must(t, err)
					declare(t, s)
					must(t, s.Close())
					ended(t, where)
				} else {
					cluster.Exec(t, where, test.fill)
				}
			}
			if test.from != "" {
				from = test.from
			}
			if test.spoil != "" {
				from = lived(t)
				spoil(t, from, test.spoil)
			}
			_, err := store.Move(t.Context(), from, where, func(string, int64) {})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if test.spoil != "" {
				s := open(t, where)
				if list, err := s.List(t.Context(), incident.Filter{Limit: 9}); err != nil || len(list) != 0 {
					t.Error(list, err)
				}
			}
		})
	}
}

func TestMoveToWhereAProgramRuns(t *testing.T) {
	where := storetest.Cluster(t).Database(t)
	open(t, where)
	if _, err := store.Move(t.Context(), lived(t), where, func(string, int64) {}); err == nil || !strings.Contains(err.Error(), "another Tocsin uses postgres:///") {
		t.Errorf("got %v", err)
	}
}

// ended waits for the sessions of a store that was closed to end.
func ended(t *testing.T, where string) {
	t.Helper()
	until(t, func() bool {
		r, err := store.Look(t.Context(), where)
		return err == nil && !r.InUse
	})
}

// spoil changes a file behind its triggers.
func spoil(t *testing.T, path, statement string) {
	t.Helper()
	pool, err := sql.Open("sqlite3", "file:"+path)
	must(t, err)
	defer pool.Close()
	var trigger string
	must(t, pool.QueryRow(`SELECT sql FROM sqlite_schema WHERE name = 'contents_update'`).Scan(&trigger))
	for _, s := range []string{`DROP TRIGGER contents_update`, statement, trigger} {
		_, err := pool.Exec(s)
		must(t, err)
	}
}

// A database counts as used while a program runs on it, whatever its address calls it, and not because somebody looks in.
func TestInUse(t *testing.T) {
	where := storetest.Cluster(t).Database(t)
	must(t, open(t, where).Close())
	ended(t, where)
	for _, o := range []store.Options{{Beside: true}, {ReadOnly: true}} {
		s, err := store.Open(t.Context(), where, o)
		must(t, err)
		_, err = s.Stats(t.Context())
		must(t, err)
		if r, err := store.Look(t.Context(), where); err != nil || r.InUse {
			t.Errorf("%+v: %+v %v", o, r, err)
		}
		must(t, s.Close())
	}
	open(t, where+"&application_name=bell")
	if r, err := store.Look(t.Context(), where); err != nil || !r.InUse {
		t.Errorf("%+v %v", r, err)
	}
}

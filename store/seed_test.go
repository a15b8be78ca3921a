package store

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/incident"
)

// A small past: what happens to each of two incidents after its declaration.
var (
	grace  = incident.Person{Handle: "U2", Name: "Grace"}
	titles = []string{"checkout is down", "search is slow"}
	steps  = []func(*incident.Incident, incident.Stamp) error{
		func(i *incident.Incident, s incident.Stamp) error { return i.Assign(incident.Commander, grace, s) },
		func(i *incident.Incident, s incident.Stamp) error {
			return i.Note("it is the cache", s.At.Add(-time.Minute), s)
		},
		func(i *incident.Incident, s incident.Stamp) error {
			return i.SetSeverity(incident.Defaults().Severities[0], s)
		},
		func(i *incident.Incident, s incident.Stamp) error {
			return i.Update("we roll back", incident.Defaults().Level(i.Severity), s)
		},
		func(i *incident.Incident, s incident.Stamp) error {
			_, err := i.GiveTask("restart the queue", grace, time.Time{}, s)
			return err
		},
		func(i *incident.Incident, s incident.Stamp) error { return i.FinishTask(1, s) },
		func(i *incident.Incident, s incident.Stamp) error {
			_, err := i.GiveTask("write it down", incident.Person{}, time.Time{}, s)
			return err
		},
		func(i *incident.Incident, s incident.Stamp) error { return i.Resolve(s) },
		func(i *incident.Incident, s incident.Stamp) error { return i.Close(incident.Defaults(), s) },
	}
)

// happened is the stamp of step n of an incident; -1 is its declaration.
func happened(id incident.ID, n int) incident.Stamp {
	return incident.Stamp{By: ada, At: noon.Add(time.Duration(id)*time.Hour + time.Duration(n)*time.Minute), Request: fmt.Sprintf("command:%d.%02d", id, n+1)}
}

func born(t *testing.T, id incident.ID) *incident.Incident {
	t.Helper()
	i, err := incident.Declare(incident.Declaration{Title: titles[id-1], Policy: incident.Defaults()}, happened(id, -1))
	must(t, err)
	return i
}

func named(i *incident.Incident) {
	i.Room = incident.RoomName("inc-{number}-{title}", i.ID, i.Title)
	i.Refs[incident.RefOrigin] = "C1"
}

var answered = []byte("done")

// seeded fills a new database with the small past.
func seeded(t *testing.T, seed byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "tocsin.db")
	must(t, seedOf(seed, func(yield func(*incident.Incident, error) bool) {
		for n := range titles {
			i := born(t, incident.ID(n+1))
			i.ID = incident.ID(n + 1)
			named(i)
			for n, step := range steps {
				must(t, step(i, happened(i.ID, n)))
			}
			if !yield(i, nil) {
				return
			}
		}
	}).Fill(t.Context(), path))
	return path
}

func seedOf(seed byte, incidents iter.Seq2[*incident.Incident, error]) Seed {
	return Seed{
		Incidents: incidents, People: []incident.Profile{{Person: ada, Standing: incident.Member, Seen: noon}},
		Answer: func(incident.Event) []byte { return answered }, Random: rand.NewChaCha8([32]byte{seed}),
	}
}

// lived lets the same past happen one change at a time, and delivers what each owes before the next.
func lived(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "tocsin.db")
	s, err := Open(t.Context(), path, Options{})
	must(t, err)
	must(t, s.SaveProfiles(t.Context(), []incident.Profile{{Person: ada, Standing: incident.Member, Seen: noon}}))
	change := func(stamp incident.Stamp, do func(incident.Tx) error) {
		_, err := s.Change(t.Context(), incident.Request{Key: stamp.Request, At: stamp.At}, func(tx incident.Tx) ([]byte, error) {
			return answered, do(tx)
		})
		must(t, err)
		deliverAll(t, s, stamp.At)
	}
	for n := range titles {
		id := incident.ID(n + 1)
		change(happened(id, -1), func(tx incident.Tx) error {
			i := born(t, id)
			if err := tx.Declare(i); err != nil {
				return err
			}
			named(i)
			return nil
		})
		for n, step := range steps {
			change(happened(id, n), func(tx incident.Tx) error {
				i, err := tx.Incident(id)
				if err != nil {
					return err
				}
				return step(i, happened(id, n))
			})
		}
	}
	must(t, s.Close())
	return path
}

// deliverAll delivers all that is owed, as long after an instant as a made-up past has it.
func deliverAll(t *testing.T, s *Store, at time.Time) {
	t.Helper()
	lanes := incident.Lanes
	for {
		effects, err := s.Claim(t.Context(), incident.Claim{At: at, Lease: time.Minute, Limit: 10, Lanes: lanes})
		must(t, err)
		if len(effects) == 0 {
			return
		}
		for _, e := range effects {
			must(t, s.Finish(t.Context(), e, nil, at.Add(delivered)))
		}
	}
}

// rows reads a table as text.
func rows(t *testing.T, path, query string) (list []string) {
	t.Helper()
	pool, err := sql.Open("sqlite3", "file:"+path+"?mode=ro")
	must(t, err)
	defer pool.Close()
	found, err := pool.Query(query)
	must(t, err)
	defer found.Close()
	columns, err := found.Columns()
	must(t, err)
	for found.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for n := range values {
			into[n] = &values[n]
		}
		must(t, found.Scan(into...))
		list = append(list, fmt.Sprint(values...))
	}
	must(t, found.Err())
	return list
}

// TestAMadeUpPastIsTheRowsOfALivedOne compares what Fill writes with what the same changes write one by one.
func TestAMadeUpPastIsTheRowsOfALivedOne(t *testing.T) {
	made, real := seeded(t, 1), lived(t)
	for _, query := range []string{
		`SELECT * FROM incidents ORDER BY id`, `SELECT * FROM roles ORDER BY 1, 2`, `SELECT * FROM tasks ORDER BY 1, 2`, `SELECT * FROM refs ORDER BY 1, 2`,
		`SELECT * FROM requests ORDER BY key`, `SELECT * FROM effects ORDER BY id`, `SELECT * FROM profiles ORDER BY handle`,
		`SELECT id, incident_id, kind, occurred_at, recorded_at, request, corrects, source FROM entries ORDER BY id`,
		`SELECT entry_id, actor, body, length(actor_salt), length(body_salt) FROM contents ORDER BY entry_id`,
	} {
		if diff := cmp.Diff(rows(t, real, query), rows(t, made, query)); diff != "" {
			t.Errorf("%s (-lived +made up):\n%s", query, diff)
		}
	}
	if n := len(rows(t, made, `SELECT id FROM entries`)); n != len(titles)*(len(steps)+1) {
		t.Errorf("%d entries", n)
	}
	pool, err := sql.Open("sqlite3", "file:"+made+"?mode=ro")
	must(t, err)
	defer pool.Close()
	found, err := pool.Query(`SELECT c.actor, c.body, c.actor_salt, c.body_salt, e.actor_commitment, e.body_commitment FROM entries e JOIN contents c ON c.entry_id = e.id`)
	must(t, err)
	defer found.Close()
	for found.Next() {
		var actor, body string
		var actorSalt, bodySalt, actorSum, bodySum []byte
		must(t, found.Scan(&actor, &body, &actorSalt, &bodySalt, &actorSum, &bodySum))
		if !bytes.Equal(commitment("tocsin/actor", actorSalt, actor), actorSum) || !bytes.Equal(commitment("tocsin/body", bodySalt, body), bodySum) {
			t.Errorf("an entry is not committed to %s %s", actor, body)
		}
	}
	must(t, found.Err())
}

func TestTheSameSeedMakesTheSameRows(t *testing.T) {
	one, same, other := seeded(t, 1), seeded(t, 1), seeded(t, 2)
	for _, query := range []string{`SELECT * FROM installation`, `SELECT * FROM contents ORDER BY entry_id`, `SELECT * FROM entries ORDER BY id`} {
		if diff := cmp.Diff(rows(t, one, query), rows(t, same, query)); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
		if cmp.Equal(rows(t, one, query), rows(t, other, query)) {
			t.Errorf("%s: another seed makes the same", query)
		}
	}
}

func TestOnlyANewDatabaseIsFilled(t *testing.T) {
	path := seeded(t, 1)
	before := rows(t, path, `SELECT * FROM incidents ORDER BY id`)
	err := seedOf(1, func(func(*incident.Incident, error) bool) {}).Fill(t.Context(), path)
	if err == nil || !cmp.Equal(before, rows(t, path, `SELECT * FROM incidents ORDER BY id`)) {
		t.Errorf("a database that exists was filled: %v", err)
	}
	reopen(t, path, "")
}

func TestWhatTheRulesRefuseLeavesNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tocsin.db")
	refused := errors.New("refused")
	err := seedOf(1, func(yield func(*incident.Incident, error) bool) { yield(nil, refused) }).Fill(t.Context(), path)
	if !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	if left, _ := filepath.Glob(path + "*"); len(left) != 1 { // the lock
		t.Errorf("left behind: %v", left)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("there is a database")
	}
}

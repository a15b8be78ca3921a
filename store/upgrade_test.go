package store

import (
	"fmt"
	"os"
	"testing"
	"time"

	"tocsin/incident"
)

// upgradeFile migrates a file as a newer program would that has one more migration.
func upgradeFile(t *testing.T, path, second string) error {
	t.Helper()
	pool, err := openPool(t.Context(), path, writing, 1)
	must(t, err)
	defer pool.Close()
	ours := schema{dialect: sqliteDialect, pool: pool, files: oneMore("sqlite", second)}
	_, err = ours.migrate(t.Context(), func() error { return backup(t.Context(), ours, path) })
	return err
}

// meets has the program of today keep somebody's profile in a file, and tells who is known there.
func meets(t *testing.T, path, who string) (known []string) {
	t.Helper()
	s, err := Open(t.Context(), path, Options{})
	must(t, err)
	defer s.Close()
	if who != "" {
		must(t, s.SaveProfiles(t.Context(), []incident.Profile{{Person: incident.Person{Handle: who, Name: who}, Standing: incident.Member, Seen: time.Unix(1, 0)}}))
	}
	for _, handle := range []string{"U1", "U2"} {
		if profile, err := s.Profile(t.Context(), handle); err == nil && profile.Name != "" {
			known = append(known, handle)
		}
	}
	return known
}

// A second migration arrives: the database is copied first, then changed; a broken one leaves it as it was.
func TestUpgrade(t *testing.T) {
	path := closed(t)
	if err := upgradeFile(t, path, `CREATE TABLE more (x INTEGER); CREATE TABLE more (y INTEGER);`); err == nil {
		t.Error("a broken migration went through")
	}
	reopen(t, path, "")
	if err := upgradeFile(t, path, `CREATE TABLE more (x INTEGER);`); err != nil {
		t.Error(err)
	}
	reopen(t, path, ByNewer(1))
	reopen(t, path+fmt.Sprint(".schema", Newest), "")
}

// After an upgrade that was taken back, and a time with the older program, the copy of before the next upgrade holds that
// time too. It is whole although somebody has looked into the earlier copy, and left its log there.
func TestUpgradeTakenBackAndMadeAgain(t *testing.T) {
	path := closed(t)
	before := path + fmt.Sprint(".schema", Newest)
	meets(t, path, "U1")
	must(t, upgradeFile(t, path, `CREATE TABLE more (x INTEGER);`))
	whole, err := os.ReadFile(before)
	must(t, err)
	must(t, os.WriteFile(path, whole, 0o600))
	meets(t, path, "U2")
	look, err := openPool(t.Context(), before, writing, 1)
	must(t, err)
	_, err = look.ExecContext(t.Context(), `DELETE FROM profiles`)
	must(t, err)
	log, err := os.ReadFile(before + "-wal")
	must(t, err)
	must(t, look.Close())
	must(t, os.WriteFile(before+"-wal", log, 0o600))
	must(t, upgradeFile(t, path, `CREATE TABLE more (x INTEGER);`))
	if known := meets(t, before, ""); len(known) != 2 {
		t.Errorf("the copy knows %q", known)
	}
}

package store

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tocsin/incident"
)

// reopen closes nothing: it opens a file and wants an error that says something, or none for "".
func reopen(t *testing.T, path, want string) {
	t.Helper()
	s, err := Open(t.Context(), path, Options{})
	if err == nil {
		err = s.Close()
	}
	switch {
	case want == "" && err != nil:
		t.Error(err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("got %v, want it to say %q", err, want)
	case err != nil && (MendOf(err) == "" || !strings.Contains(err.Error(), ": "+MendOf(err))):
		t.Errorf("%v: apart from what is wrong, what to do is %q", err, MendOf(err))
	}
}

// closed makes a database with one incident, closes it, and returns its path.
func closed(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tocsin.db")
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := declare(t.Context(), s, "checkout is down"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// byHand runs statements on a file as somebody with a shell would.
func byHand(t *testing.T, path string, statements ...string) {
	t.Helper()
	pool, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		if _, err := pool.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestOpenAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odd name?#%41.db")
	var installation string
	for range 2 {
		s, err := Open(t.Context(), path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if installation == "" {
			installation = s.Installation()
		}
		if s.Installation() != installation || len(installation) != 16 {
			t.Errorf("installation %q, then %q", installation, s.Installation())
		}
		if _, err := declare(t.Context(), s, "checkout is down"); err != nil {
			t.Fatal(err)
		}
		for _, suffix := range []string{"", "-wal", ".lock"} {
			info, err := os.Stat(path + suffix)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v %v", suffix, info, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	left, err := filepath.Glob(filepath.Dir(path) + "/*")
	if err != nil || len(left) != 2 { // the database and its lock
		t.Error(left, err)
	}
}

// A second process on the same file is refused (F57b).
func TestSecondProcess(t *testing.T) {
	path := closed(t)
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	reopen(t, path, "another Tocsin (process ")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	reopen(t, path, "")
}

func TestOpenRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(t *testing.T, path string)
		want  string
	}{
		"newer schema": {func(t *testing.T, path string) {
			byHand(t, path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (`+fmt.Sprint(Newest+6)+`, 1)`)
		}, "written by a newer Tocsin (" + ByNewer(6) + "): upgrade the program"},
		"other migration": {func(t *testing.T, path string) {
			byHand(t, path, `UPDATE migrations SET sha256 = 'x'`)
		}, "migration 1 of this program is not the one"},
		"no trigger": {func(t *testing.T, path string) { byHand(t, path, `DROP TRIGGER entries_update`) }, "entries_update is missing"},
		"no index":   {func(t *testing.T, path string) { byHand(t, path, `DROP INDEX effects_asked`) }, "effects_asked is missing"},
		"own index":  {func(t *testing.T, path string) { byHand(t, path, `CREATE INDEX mine ON entries (kind)`) }, ""},
		"crash before the checksums were kept": {func(t *testing.T, path string) {
			byHand(t, path, `DELETE FROM migrations`, `DELETE FROM structure`)
		}, ""},
		"emptied": {func(t *testing.T, path string) { must(t, os.Truncate(path, 0)) }, "has lost its data"},
		"cut":     {func(t *testing.T, path string) { must(t, os.Truncate(path, 8192)) }, "malformed"},
		"cut off": {func(t *testing.T, path string) { must(t, os.Truncate(path, 1)) }, "if it was cut off"},
		"no database": {func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte(strings.Repeat("hello, world", 128)), 0o600))
		}, "not a database"},
		"crash at birth": {func(t *testing.T, path string) { must(t, os.Rename(path, path+".new")) }, ""},
		"open to all":    {func(t *testing.T, path string) { must(t, os.Chmod(path, 0o644)) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			path := closed(t)
			test.spoil(t, path)
			reopen(t, path, test.want)
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Error(info, err)
			}
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestDamageIsFoundInTheBackground(t *testing.T) {
	s, log := openTest(t)
	s.background.Wait()
	if log.Len() > 0 {
		t.Fatal(log)
	}
	byHandOn(t, s, `PRAGMA writable_schema = ON`, `UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'roles') WHERE name = 'refs'`)
	path := dbPath(t, s)
	if err := s.readers.Close(); err != nil { // readers that know the schema would not look again
		t.Fatal(err)
	}
	var err error
	if s.readers, err = openPool(t.Context(), path, reading, 1); err != nil {
		t.Fatal(err)
	}
	s.examine(t.Context())
	if !strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("nothing found: %s", log)
	}
}

func byHandOn(t *testing.T, s *Store, statements ...string) {
	t.Helper()
	err := s.write(t.Context(), func(tx *Tx) error {
		for _, statement := range statements {
			if _, err := tx.conn.ExecContext(tx.ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
	must(t, err)
}

func dbPath(t *testing.T, s *Store) (path string) {
	t.Helper()
	must(t, s.readers.QueryRow(`SELECT file FROM pragma_database_list`).Scan(&path))
	return path
}

// Each setting is read back: a connection on which one of them did not take is refused, and the one is named (F57f).
func TestSettingsAreReadBack(t *testing.T) {
	path := closed(t)
	for _, p := range pragmas {
		other := map[string]string{"0": "1", "1": "0", "2": "1", "wal": "delete"}[p.value]
		if other == "" {
			other = "12345" // of what is no switch
		}
		a := p.on
		if a == both {
			a = reading
		}
		pool, err := openPool(t.Context(), path, a, 1)
		must(t, err)
		if p.name == "mmap_size" {
			other = "1048576"
		}
		_, err = pool.Exec("PRAGMA " + p.name + "=" + other)
		must(t, err)
		says(t, check(t.Context(), pool, a), "SQLite has "+p.name+"="+other+" where Tocsin needs "+p.value)
		must(t, pool.Close())
	}
}

func TestReadersCannotWrite(t *testing.T) {
	s, _ := openTest(t)
	if _, err := s.readers.Exec(`DELETE FROM contents`); err == nil {
		t.Error("a reader wrote")
	}
}

func TestEntriesAreNeverChanged(t *testing.T) {
	s, _ := openTest(t)
	_, err := declare(t.Context(), s, "checkout is down")
	must(t, err)
	for _, statement := range []string{
		`UPDATE entries SET kind = 'note'`, `DELETE FROM entries`, `UPDATE contents SET body = '{}'`,
		`INSERT OR REPLACE INTO entries SELECT * FROM entries`,
		`INSERT INTO contents SELECT * FROM contents WHERE true ON CONFLICT DO UPDATE SET body = '{}'`,
	} {
		err := s.write(t.Context(), func(tx *Tx) error {
			_, err := tx.conn.ExecContext(tx.ctx, statement)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "are never ") {
			t.Errorf("%s: got %v", statement, err)
		}
	}
}

func TestRedactedContent(t *testing.T) {
	s, _ := openTest(t)
	id, err := declare(t.Context(), s, "checkout is down")
	must(t, err)
	byHandOn(t, s, `DELETE FROM contents`)
	events, _, err := s.Timeline(t.Context(), id, 0, 9)
	must(t, err)
	if e := events[0]; e.Text != "" || e.By.Name != "" || e.Kind != incident.EventDeclared || !e.At.Equal(noon) {
		t.Errorf("got %+v", e)
	}
}

func TestCommitments(t *testing.T) {
	s, _ := openTest(t)
	_, err := declare(t.Context(), s, "checkout is down")
	must(t, err)
	var actor, words string
	var actorSalt, bodySalt, actorCommitment, bodyCommitment []byte
	const query = `SELECT actor, body, actor_salt, body_salt, actor_commitment, body_commitment FROM contents JOIN entries ON id = entry_id`
	must(t, s.readers.QueryRow(query).Scan(&actor, &words, &actorSalt, &bodySalt, &actorCommitment, &bodyCommitment))
	if actor != `{"handle":"U1","name":"Ada"}` || words != `{"to":"sev3","text":"checkout is down"}` {
		t.Errorf("stored %s and %s", actor, words)
	}
	if len(actorSalt) != 32 || len(bodySalt) != 32 || string(actorSalt) == string(bodySalt) {
		t.Error("salts")
	}
	for _, c := range []struct{ got, from []byte }{
		{actorCommitment, []byte("tocsin/actor\x00" + string(actorSalt) + actor)},
		{bodyCommitment, []byte("tocsin/body\x00" + string(bodySalt) + words)},
	} {
		if want := sha256.Sum256(c.from); string(c.got) != string(want[:]) {
			t.Errorf("commitment %x, want %x", c.got, want)
		}
	}
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"

	"tocsin/incident"
)

func says(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want it to say %q", err, want)
	}
}

// The file is deleted or replaced while it is open: nothing that was asked for since is answered (F56).
func TestFileIsTakenAway(t *testing.T) {
	other := closed(t)
	for name, test := range map[string]struct {
		take func(path string) error
		want string
	}{
		"deleted":  {os.Remove, "was deleted while it was in use: stop Tocsin and restore a backup"},
		"moved":    {func(path string) error { return os.Rename(path, path+".old") }, "was deleted while it was in use"},
		"replaced": {func(path string) error { return os.Rename(other, path) }, "was replaced while it was in use: stop Tocsin, decide"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := openTest(t)
			path := dbPath(t, s)
			must(t, s.Healthy(t.Context()))
			must(t, test.take(path))
			_, err := declare(t.Context(), s, "lost?")
			says(t, err, test.want)
			says(t, s.Healthy(t.Context()), test.want)
			if list, err := s.List(t.Context(), incident.Filter{Limit: 9}); len(list) != 0 || err != nil && s.file.present() == nil {
				t.Error(list, err)
			}
			log, index := read(t, path+"-wal"), read(t, path+"-shm")
			s.readers.SetMaxIdleConns(0) // each connection is a new one from here on
			_, err = s.List(t.Context(), incident.Filter{Limit: 9})
			says(t, err, test.want)
			if log != read(t, path+"-wal") || index != read(t, path+"-shm") {
				t.Error("the log of the file that was opened, or its index, was touched for another file")
			}
		})
	}
}

// The file is taken away between the beginning and the end of a change: what was committed will not be found again, unless
// the file comes back. So nobody reads that nothing was recorded, and the same request finds out (F56).
func TestFileIsTakenAwayMeanwhile(t *testing.T) {
	s, _ := openTest(t)
	path := dbPath(t, s)
	runs := 0
	ask := func() ([]byte, error) {
		return s.Change(t.Context(), incident.Request{Key: "key", At: noon}, func(incident.Tx) ([]byte, error) {
			runs++
			return []byte("done"), os.Rename(path, path+".old")
		})
	}
	_, err := ask()
	says(t, err, "was deleted while it was in use")
	var said *incident.Error
	if !errors.As(err, &said) || said != incident.ErrUncertain {
		t.Errorf("whoever asked reads %v", said)
	}
	must(t, os.Rename(path+".old", path)) // and back
	must(t, s.Healthy(t.Context()))
	if answer, err := ask(); err != nil || string(answer) != "done" || runs != 1 {
		t.Errorf("asked again: %q %v, and it ran %d times", answer, err, runs)
	}
}

// Somebody asks while the database hangs, or another program holds it (F90): the answer comes within the time of who asks.
func TestUnhealthy(t *testing.T) {
	s, _ := openTest(t)
	release := hold(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	says(t, s.Healthy(ctx), "does not answer in time")
	release()
	must(t, s.Healthy(t.Context()))

	pool, err := sql.Open("sqlite3", "file:"+dbPath(t, s)+"?_txlock=immediate")
	must(t, err)
	defer pool.Close()
	tx, err := pool.Begin()
	must(t, err)
	says(t, s.Healthy(t.Context()), "another program holds the database: end the shell or the backup that keeps it locked (")
	must(t, tx.Rollback())
	must(t, s.Healthy(t.Context()))
}

// Whoever attaches beside a running program works on the same file, and leaves lock and log of it alone.
func TestBeside(t *testing.T) {
	path := closed(t)
	running, err := Open(t.Context(), path, Options{})
	must(t, err)
	beside, err := Open(t.Context(), path, Options{Beside: true})
	must(t, err)
	list, err := beside.OpenEffects(t.Context(), 0, 1)
	must(t, err)
	must(t, beside.Revive(t.Context(), list[0].ID, incident.Stamp{By: ada, At: noon}))
	must(t, beside.Close())
	if e, err := running.Latest(t.Context(), 1, incident.EventRetried); err != nil || e.To != "room" {
		t.Error(e, err)
	}
	reopen(t, path, "another Tocsin (process ")
	must(t, running.Close())

	byHand(t, path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (`+fmt.Sprint(Newest+6)+`, 1)`)
	_, err = Open(t.Context(), path, Options{Beside: true})
	if !errors.Is(err, ErrNewer) {
		t.Errorf("got %v", err)
	}
	byHand(t, path, `DELETE FROM goose_db_version WHERE version_id > 0`)
	_, err = Open(t.Context(), path, Options{Beside: true})
	says(t, err, fmt.Sprintf("older schema (0, this program knows %d): start this version once", Newest))
	missing := filepath.Join(t.TempDir(), "tocsin.db")
	_, err = Open(t.Context(), missing, Options{Beside: true})
	says(t, err, "there is no database yet")
	if left, _ := filepath.Glob(missing + "*"); len(left) != 0 {
		t.Error(left)
	}
}

func TestLook(t *testing.T) {
	path := closed(t)
	before, err := os.ReadDir(filepath.Dir(path))
	must(t, err)
	for _, inUse := range []bool{false, true} {
		if inUse {
			s, err := Open(t.Context(), path, Options{})
			must(t, err)
			defer s.Close()
			_, err = declare(t.Context(), s, "another")
			must(t, err)
		}
		r, err := Look(t.Context(), path)
		must(t, err)
		if r.Engine != "SQLite" || !strings.HasPrefix(r.Version, "3.") || r.Where != path || r.Schema != Newest || r.Newest != Newest || r.Size < 4096 ||
			r.Free <= 0 || r.Settings["synchronous"] != "2" || r.InUse != inUse || r.Verdict != "ok" || r.WAL > 0 != inUse {
			t.Errorf("%+v", r)
		}
		if !inUse {
			after, err := os.ReadDir(filepath.Dir(path))
			must(t, err)
			if !slices.EqualFunc(before, after, func(a, b os.DirEntry) bool { return a.Name() == b.Name() }) {
				t.Errorf("a look left %v", after)
			}
		}
	}
}

func TestLookRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(path string) error
		want  string
	}{
		"nothing there": {os.Remove, "there is no database yet: tocsin serve makes it"},
		"emptied":       {func(path string) error { return os.Truncate(path, 0) }, "has lost its data"},
		"no database": {func(path string) error {
			return os.WriteFile(path, []byte(strings.Repeat("hello, world", 128)), 0o600)
		}, "the file is no database: see that the path is right"},
		"cut off": {func(path string) error { return os.Truncate(path, 1000) }, "if it was cut off"},
		"newer": {func(path string) error {
			byHand(t, path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (`+fmt.Sprint(Newest+6)+`, 1)`)
			return nil
		}, ByNewer(6)},
		"altered": {func(path string) error { byHand(t, path, `DROP TRIGGER entries_update`); return nil }, "entries_update is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			path := closed(t)
			must(t, test.spoil(path))
			_, err := Look(t.Context(), path)
			says(t, err, test.want)
			says(t, err, path)
		})
	}
}

func TestMigrate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tocsin.db")
	for _, from := range []int64{0, Newest} {
		was, is, err := Migrate(t.Context(), path, Options{})
		if was != from || is != Newest || err != nil {
			t.Error(was, is, err)
		}
	}
}

// One letter of an entry is changed on the disk, behind the triggers: the entry is named (F57d).
func TestChangedEntryIsNamed(t *testing.T) {
	s, log := openTest(t)
	for range 3 {
		_, err := declare(t.Context(), s, "checkout is down")
		must(t, err)
	}
	s.background.Wait()
	byHandOn(
		t, s, `DROP TRIGGER contents_update`,
		`UPDATE contents SET body = replace(body, 'down', 'gown') WHERE entry_id = 2`, `UPDATE contents SET actor = '{}' WHERE entry_id = 3`,
		`DELETE FROM contents WHERE entry_id = 1`,
	)
	named := map[int64]string{}
	n, err := s.Verify(t.Context(), func(entry int64, what string) { named[entry] += what })
	must(t, err)
	if n != 3 || named[1] != "its words are gone, and no redaction says so" || !strings.HasPrefix(named[2], "what was said does not match") || !strings.HasPrefix(named[3], "who said it does not match") {
		t.Error(n, named)
	}
	s.examine(t.Context())
	if got := s.Damage(); !strings.HasPrefix(got, "entry 2: what was said") || !strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("%q %s", got, log)
	}
}

// A large file is read by parts, each for a short time. Every part is read.
func TestLookByParts(t *testing.T) {
	s, _ := openTest(t)
	var all sync.WaitGroup
	for range 40 { // a table of more than one page
		all.Go(func() {
			if _, err := declare(context.Background(), s, strings.Repeat("long ", 20)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	must(t, s.lookByParts(t.Context()))
	whole, err := openPool(t.Context(), dbPath(t, s), writing, 1)
	must(t, err)
	defer whole.Close()
	for _, table := range []string{"incidents", "effects", "requests", "refs"} {
		t.Run(table, func(t *testing.T) {
			copied := filepath.Join(t.TempDir(), "copy.db")
			must(t, copyInto(t.Context(), whole, copied))
			fresh, err := openPool(t.Context(), copied, reading, 1)
			must(t, err)
			var page int64
			must(t, fresh.QueryRow(`SELECT rootpage FROM sqlite_schema WHERE name = ?1`, table).Scan(&page))
			must(t, fresh.Close())
			file, err := os.OpenFile(copied, os.O_RDWR, 0)
			must(t, err)
			_, err = file.WriteAt([]byte(strings.Repeat("\xff", 100)), (page-1)*4096)
			must(t, errors.Join(err, file.Close()))
			pool, err := openPool(t.Context(), copied, reading, 1)
			must(t, err)
			defer pool.Close()
			if err := damageOf((&Store{readers: pool}).lookByParts(t.Context())); !errors.As(err, new(damage)) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestNetworkFileSystems(t *testing.T) {
	must(t, local(t.TempDir()))
	says(t, local(filepath.Join(t.TempDir(), "none")), "make it, or let Tocsin's user enter it")
	must(t, refuse(networks[0xef53])) // ext4
	says(t, refuse(networks[0x6969]), "on a network file system (NFS), on which SQLite loses data: use a local disk, or PostgreSQL")
	says(t, refuse(networks[0xfe534d42]), "(SMB)")
	const mounts = `22 1 8:1 / / rw - ext4 /dev/sda1 rw
31 22 0:40 / /data rw,nosuid shared:1 - fuse.sshfs me@host: rw
32 31 8:2 / /data/local rw - ext4 /dev/sda2 rw
33 22 0:41 / /pool rw - fuse.mergerfs a:b rw`
	for folder, want := range map[string]string{
		"/data": "sshfs", "/data/tocsin": "sshfs", "/data/local/tocsin": "", "/database": "", "/pool/tocsin": "", "/": "",
	} {
		if got := remoteMount(strings.NewReader(mounts), folder); got != want {
			t.Errorf("%s: %q", folder, got)
		}
	}
}

// What a person can mend says how; what nobody can, is left as it is.
func TestExplain(t *testing.T) {
	for _, test := range []struct {
		explain func(error) error
		err     error
		want    string
	}{
		{explainFile, sqlite3.Error{Code: sqlite3.ErrFull}, "the disk of the database is full: make space, and it goes on by itself (doing: "},
		{explainFile, sqlite3.Error{Code: sqlite3.ErrReadonly}, "the database cannot be written: see that its disk"},
		{explainFile, sqlite3.Error{Code: sqlite3.ErrConstraint}, "constraint failed"},
		{explainServer, &pgconn.PgError{Code: "53100", Message: "no space"}, "the disk of PostgreSQL is full: make space"},
		{explainServer, &pgconn.PgError{Code: "28P01", Message: "no"}, "PostgreSQL refuses the user: see that user and password"},
		{explainServer, &pgconn.PgError{Code: "57P03", Message: "starting"}, "PostgreSQL is starting or stopping"},
		{explainServer, &pgconn.PgError{Code: "22000", Message: "odd"}, ": odd (SQLSTATE 22000)"},
		{explainServer, fmt.Errorf("x: %w", io.ErrUnexpectedEOF), "PostgreSQL cannot be reached: see that it runs, and that host and port in its address are right (doing: x: unexpected EOF)"},
		{explainServer, fmt.Errorf("x: %w", context.DeadlineExceeded), "the database does not answer in time: look whether its disk or its server is overloaded, or another program holds it"},
		{explainServer, newer(2, 1), "this database was written by a newer Tocsin (schema 2, this one knows 1): upgrade the program"},
	} {
		got := test.explain(fmt.Errorf("doing: %w", test.err))
		says(t, got, test.want)
		if !errors.Is(got, test.err) {
			t.Errorf("%v does not hold its cause", got)
		}
	}
	if explainFile(nil) != nil || explainServer(nil) != nil {
		t.Error("no error is one")
	}
}

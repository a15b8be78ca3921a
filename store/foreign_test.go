package store

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A file of another program is refused by whoever comes, and neither it nor its folder is touched: not its mode either.
func TestForeignFile(t *testing.T) {
	for name, make := range map[string]func(t *testing.T, path string){
		"a plain one": func(t *testing.T, path string) { byHand(t, path, `CREATE TABLE t (x)`, `CREATE TABLE u (x)`) },
		"with a log that nobody has moved into it": func(t *testing.T, path string) {
			from := filepath.Join(t.TempDir(), "other.db")
			byHand(t, from, `PRAGMA journal_mode = WAL`)
			pool, err := openPool(t.Context(), from, writing, 1)
			must(t, err)
			defer pool.Close()
			for _, statement := range []string{`CREATE TABLE t (x)`, `CREATE TABLE u (x)`} {
				_, err := pool.Exec(statement)
				must(t, err)
			}
			for _, suffix := range []string{"", "-wal", "-shm"} {
				raw, err := os.ReadFile(from + suffix)
				must(t, err)
				must(t, os.WriteFile(path+suffix, raw, 0o644))
			}
		},
		"of another program that uses goose": func(t *testing.T, path string) {
			byHand(t, path, `CREATE TABLE goose_db_version (version_id)`, `INSERT INTO goose_db_version VALUES (1)`, `CREATE TABLE t (x)`, `CREATE TABLE u (x)`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "foreign.db")
			make(t, path)
			must(t, os.Chmod(path, 0o644))
			before := inFolder(t, path)
			const want = "foreign.db: it holds tables that are not Tocsin's (t, u): name another file in TOCSIN_DB"
			for _, o := range []Options{{}, {Beside: true}, {ReadOnly: true}} {
				_, err := Open(t.Context(), path, o)
				says(t, err, want)
			}
			_, _, err := Migrate(t.Context(), path, Options{})
			says(t, err, want)
			_, err = Look(t.Context(), path)
			says(t, err, want)
			if after := inFolder(t, path); after != before {
				t.Errorf("there was\n%sand now is\n%s", before, after)
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o644 {
				t.Error(info, err)
			}
		})
	}
}

// What root does once does not keep Tocsin's own user out: all that is made belongs to whose the database is, or the folder.
func TestRootLeavesNothingBehind(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED, NOT CHECKED whose the files are: only root may give them away")
	}
	const other = 4711
	folder := t.TempDir()
	must(t, os.Chown(folder, other, other))
	path := filepath.Join(folder, "tocsin.db")
	belongs := func(path string) {
		t.Helper()
		info, err := os.Stat(path)
		must(t, err)
		if system := info.Sys().(*syscall.Stat_t); system.Uid != other || system.Gid != other {
			t.Errorf("%s belongs to %d", path, system.Uid)
		}
	}
	reopen(t, path, "")
	belongs(path)
	belongs(path + ".lock")
	must(t, os.Chown(path+".lock", 0, 0)) // by a Tocsin of before
	reopen(t, path, "")
	belongs(path + ".lock")
	must(t, upgrade(t.Context(), path))
	belongs(path + fmt.Sprint(".schema", Newest))
}

// A lock that belongs to somebody else is named, with what to do about it.
func TestSomebodyElsesLock(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED, NOT CHECKED who is named: only root may give files away")
	}
	path := filepath.Join(t.TempDir(), "t.db")
	must(t, os.WriteFile(path+".lock", nil, 0o600))
	must(t, os.Chown(path+".lock", 1, 1))
	refused := &os.PathError{Op: "open", Path: path + ".lock", Err: syscall.EACCES}
	says(t, unlocked(path, refused), "t.db.lock belongs to daemon: chown it to Tocsin's user, or remove it while no Tocsin runs")
	must(t, os.Chown(path+".lock", 4711, 1))
	says(t, unlocked(path, refused), "t.db.lock belongs to user 4711: ")
}

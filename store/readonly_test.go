package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"tocsin/incident"
)

// inFolder is what is in the folder of a file: the names, and the bytes of each.
func inFolder(t *testing.T, path string) string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	must(t, err)
	all := ""
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(filepath.Dir(path), e.Name()))
		must(t, err)
		all += fmt.Sprintln(e.Name(), len(content), sum(string(content)))
	}
	return all
}

// crashed is a database as a process leaves it that was killed: its write-ahead log is beside it.
func crashed(t *testing.T) string {
	t.Helper()
	s, err := Open(t.Context(), closed(t), Options{})
	must(t, err)
	defer s.Close()
	_, err = declare(t.Context(), s, "only in the log")
	must(t, err)
	path := filepath.Join(t.TempDir(), "tocsin.db")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		content, err := os.ReadFile(dbPath(t, s) + suffix)
		must(t, err)
		must(t, os.WriteFile(path+suffix, content, 0o600))
	}
	return path
}

// Whoever only asks leaves no byte behind, of a file that is whole and of one that is not, and is told the same each time.
// A file that somebody's SQLite has opened after it was emptied has lost its data all the same, also for a start.
func TestReadOnly(t *testing.T) {
	emptied := func(t *testing.T) string { path := closed(t); must(t, os.Truncate(path, 0)); return path }
	for name, test := range map[string]struct {
		make func(t *testing.T) string
		want string
		held int // incidents
	}{
		"whole":   {closed, "", 1},
		"crashed": {crashed, "", 2},
		"crashed, and copied without the index of its log": {func(t *testing.T) string {
			path := crashed(t)
			must(t, os.Remove(path+"-shm"))
			return path
		}, "", 2},
		"emptied": {emptied, "has lost its data", 0},
		"emptied and opened": {func(t *testing.T) string {
			path := emptied(t)
			byHand(t, path, `PRAGMA journal_mode = WAL`)
			return path
		}, "has lost its data", 0},
		"none": {func(t *testing.T) string { return filepath.Join(t.TempDir(), "tocsin.db") }, "there is no database yet", 0},
	} {
		t.Run(name, func(t *testing.T) {
			path := test.make(t)
			before := inFolder(t, path)
			for range 2 {
				if _, err := Look(t.Context(), path); test.want != "" {
					says(t, err, test.want)
				} else {
					must(t, err)
				}
				s, err := Open(t.Context(), path, Options{ReadOnly: true})
				if test.want != "" {
					says(t, err, test.want)
					_, err = Open(t.Context(), path, Options{Beside: true})
					says(t, err, test.want)
				} else {
					must(t, err)
					_, failed := s.Stats(t.Context())
					list, err := s.List(t.Context(), incident.Filter{Limit: 9})
					open, missing := s.OpenEffects(t.Context(), 0, 9)
					if err := errors.Join(failed, err, missing); err != nil || len(list) != test.held || len(open) == 0 || s.Shared() {
						t.Error(err, list, open)
					}
					if _, err := declare(t.Context(), s, "never"); err == nil {
						t.Error("it was changed")
					}
					must(t, s.Close())
				}
				if after := inFolder(t, path); after != before {
					t.Errorf("there was\n%sand now is\n%s", before, after)
				}
			}
			if name != "none" {
				reopen(t, path, test.want)
			}
		})
	}
}

package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tocsin/incident"
	"tocsin/store/db"
)

// pageSize is how many bytes a page of our databases has.
const pageSize = 4096

// written makes a database with some incidents, on each of which something was said, closes it, and returns its bytes.
func written(t *testing.T, incidents int) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tocsin.db")
	s, err := Open(t.Context(), path, Options{})
	must(t, err)
	for n := range incidents {
		id, err := declare(t.Context(), s, fmt.Sprintf("checkout is down %03d", n))
		must(t, err)
		_, err = s.Change(t.Context(), incident.Request{At: noon}, func(tx incident.Tx) ([]byte, error) {
			i, err := tx.Incident(id)
			if err != nil {
				return nil, err
			}
			return nil, i.Note(said(int64(id)), noon, incident.Stamp{By: ada, At: noon})
		})
		must(t, err)
	}
	must(t, s.Close())
	raw, err := os.ReadFile(path)
	must(t, err)
	return raw
}

// said is what was said on an incident: nothing else in the file holds these words.
func said(id int64) string { return fmt.Sprintf("what was said is number %03d", id) }

// put writes a database to a new place.
func put(t *testing.T, raw []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "tocsin.db")
	must(t, os.WriteFile(path, raw, 0o600))
	return path
}

// TestF57cDamagedPages writes rubbish over one page after the other: the start refuses, or the examination behind it finds
// the page and says so. In no case does a database with less in it pass for a good one.
func TestF57cDamagedPages(t *testing.T) {
	good := written(t, 30)
	refused, found := 0, 0
	for n := range len(good) / pageSize {
		raw := bytes.Clone(good)
		copy(raw[n*pageSize:(n+1)*pageSize], bytes.Repeat([]byte{0xa5}, pageSize))
		path := put(t, raw)
		var log bytes.Buffer
		s, err := Open(t.Context(), path, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			if !strings.Contains(err.Error(), "restore a backup") {
				t.Errorf("page %d: the start does not say what to do: %v", n+1, err)
			}
			refused++
			continue
		}
		s.background.Wait()
		list, err := s.List(t.Context(), incident.Filter{Limit: 99})
		if err == nil && len(list) != 30 {
			t.Errorf("page %d: %d of 30 incidents are there, and nothing is said", n+1, len(list))
		}
		if s.Damage() != "" && strings.Contains(log.String(), "level=ERROR") {
			found++
		} else {
			t.Errorf("page %d: nobody has noticed", n+1)
		}
		must(t, s.Close())
	}
	fmt.Printf("damaged pages: pages=%d start refused=%d found behind it=%d\n", len(good)/pageSize, refused, found)
}

// TestF57cTruncatedFiles cuts the file at each page, and within each: every start refuses, and leaves the file as it is.
func TestF57cTruncatedFiles(t *testing.T) {
	good := written(t, 5)
	for _, within := range []int{0, 1, 100, 2000} {
		for at := within; at < len(good); at += pageSize {
			path := put(t, good[:at])
			reopen(t, path, "restore a backup")
			if left, err := os.ReadFile(path); err != nil || !bytes.Equal(left, good[:at]) {
				t.Errorf("cut at %d: the start has changed what is left: %v", at, err)
			}
		}
	}
}

// TestF57dFlippedBits changes one bit of what was said, 400 times: the entry is named each time. What SQLite itself sees
// of it is counted too.
func TestF57dFlippedBits(t *testing.T) {
	const entries, flips = 40, 400
	good := written(t, entries)
	dice := rand.New(rand.NewPCG(7, 7))
	path := put(t, good)
	named, sqlite := 0, 0
	for range flips {
		id := 1 + dice.Int64N(entries)
		words := []byte(said(id))
		if bytes.Count(good, words) != 1 {
			t.Fatalf("%q stands %d times in the file", words, bytes.Count(good, words))
		}
		at, bit := bytes.Index(good, words)+dice.IntN(len(words)), byte(1)<<dice.IntN(8)
		raw := bytes.Clone(good)
		raw[at] ^= bit
		must(t, os.WriteFile(path, raw, 0o600))
		got, err := examined(t.Context(), path)
		switch {
		case errors.As(err, new(damage)):
			sqlite++
		case err != nil:
			t.Fatal(err)
		}
		if want := fmt.Sprint(map[int64]string{2 * id: "what was said does not match what was recorded"}); fmt.Sprint(got) != want {
			t.Errorf("bit %08b of byte %d: named are %v, want %s", bit, at, got, want)
			continue
		}
		named++
	}
	fmt.Printf("flipped bits: flips=%d entry named=%d seen by SQLite too=%d\n", flips, named, sqlite)
}

// examined verifies a file that nobody has open, and has SQLite check it too: the error.
func examined(ctx context.Context, path string) (named map[int64]string, err error) {
	pool, err := openPool(ctx, path, looking, 1)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	named = map[int64]string{}
	if _, _, err := verify(ctx, db.New(sqliteDialect.spell(pool)), func(entry int64, what string) { named[entry] += what }); err != nil {
		return nil, err
	}
	return named, damageOf(integrity(ctx, pool, "1"))
}

// crashedFile names to a process of this test binary the database that it shall be killed with.
const crashedFile = "TOCSIN_TEST_CRASH"

// TestCrash is no test: it is the process that is killed when it has declared three incidents.
func TestCrash(t *testing.T) {
	path := os.Getenv(crashedFile)
	if path == "" {
		t.Skip("this is what TestF57cMissingLog starts")
	}
	s, err := Open(t.Context(), path, Options{})
	must(t, err)
	for range 3 {
		_, err := declare(t.Context(), s, "checkout is down")
		must(t, err)
	}
	must(t, syscall.Kill(os.Getpid(), syscall.SIGKILL))
	select {}
}

// TestF57cMissingLog: the process is killed, and its write-ahead log taken away. SQLite would open the file as it was before,
// which is empty here. Where somebody has moved the log into the file, or put another file there, nothing is missing.
func TestF57cMissingLog(t *testing.T) {
	backup := put(t, written(t, 2))
	for name, test := range map[string]struct {
		do        func(path string) error
		incidents int
		want      string
	}{
		"taken away": {func(path string) error { return os.Rename(path+"-wal", path+".away") }, 3, "is missing, and what was written last stands there alone"},
		"left":       {func(string) error { return nil }, 3, ""},
		"moved by a shell": {func(path string) error {
			byHand(t, path, `SELECT count(*) FROM entries`)
			return os.Chtimes(path+".lock", time.Time{}, time.Now().Add(-time.Minute)) // clocks of file systems are coarse
		}, 3, ""},
		"a backup in its place": {func(path string) error {
			return errors.Join(os.Remove(path+"-wal"), os.Remove(path+"-shm"), os.Rename(backup, path))
		}, 2, ""},
		"given up": {func(path string) error {
			return errors.Join(os.Truncate(path+"-wal", 0), os.Remove(path+"-shm"))
		}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "tocsin.db")
			process := exec.Command(os.Args[0], "-test.run=^TestCrash$", "-test.count=1")
			process.Env = append(os.Environ(), crashedFile+"="+path)
			if said, err := process.CombinedOutput(); err == nil || process.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				t.Fatalf("%v %s", err, said)
			}
			must(t, test.do(path))
			if test.want != "" {
				for range 2 { // a second try is no answer
					reopen(t, path, test.want)
					_, err := Look(t.Context(), path)
					says(t, err, test.want)
				}
				must(t, os.Rename(path+".away", path+"-wal"))
			}
			for range 2 { // the second time after a clean end
				s, err := Open(t.Context(), path, Options{})
				must(t, err)
				list, err := s.List(t.Context(), incident.Filter{Limit: 9})
				if err != nil || len(list) != test.incidents {
					t.Errorf("%d incidents, %v", len(list), err)
				}
				must(t, s.write(t.Context(), keep("a")))
				must(t, s.Close())
			}
		})
	}
}

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// failingDisk compiles the disk that fails, and returns what has a program run on it.
func failingDisk(t *testing.T) (preload string) {
	t.Helper()
	library := filepath.Join(t.TempDir(), "disk.so")
	said, err := exec.Command("gcc", "-O1", "-shared", "-fPIC", "-o", library, "testdata/disk/disk.c", "-ldl", "-lpthread").CombinedOutput()
	if err != nil {
		t.Fatalf("the disk that fails cannot be compiled: %v\n%s", err, said)
	}
	return "LD_PRELOAD=" + library
}

// TestF57eEachCallToTheDiskFails runs the real binary on a disk of which the first, the second, the third … write or sync
// fails, while people work, and kills it each time. A sync that fails loses what it should have written. Whatever was
// answered must be there in the end, once; what was not answered was not half done.
func TestF57eEachCallToTheDiskFails(t *testing.T) {
	aboutSQLite(t, "its file")
	if testing.Short() {
		t.Skip("SKIPPED: it runs the real binary a hundred times; without -short it runs")
	}
	s := newStorm(t, setting(t, "TOCSIN_KILL_SEED", rand.Uint64N(1e6)))
	preload := failingDisk(t)
	var found tally
	s.calm() // makes the database
	files := "DISK_FILES=" + s.db
	for n := 1; n <= 400; n += 1 + n/16 {
		s.onDisk(&found, (*process).kill, preload, files, fmt.Sprint("DISK_NTH=", n))
	}
	for n := 1; n <= 30; n++ {
		s.onDisk(&found, (*process).kill, preload, files, "DISK_CALL=sync", fmt.Sprint("DISK_NTH=", n))
	}
	for n := 1; n <= 60; n += 1 + n/4 { // what moves the log into the file when the program ends
		s.onDisk(&found, (*process).terminate, preload, files, "DISK_ONLY="+s.db, fmt.Sprint("DISK_NTH=", n))
	}
	for n := 1; n <= 3; n++ {
		s.onDisk(&found, (*process).terminate, preload, files, "DISK_ONLY="+s.db, "DISK_CALL=sync", fmt.Sprint("DISK_NTH=", n))
	}
	s.calm()
	audited := s.audit()
	fmt.Printf("failing disk: seed=%d runs=%d faults=%d (%s) not started=%d told=%d acknowledged=%d lost=%d duplicates=%d missing=%d\n",
		s.seed, found.runs, found.faults, found.kinds(), found.refused, found.told, s.acknowledged(), len(audited.lost), len(audited.duplicates), len(audited.missing))
	audited.report(t)
	if found.faults < found.runs/2 || found.told == 0 {
		t.Errorf("the disk hardly failed: %+v", found)
	}
}

// TestF57eNothingIsSynced: all that was asked for is written, and no sync of it is done. What the log holds then may be taken
// up at the next start or not, so nobody reads that nothing was recorded; what was answered before and then is there.
func TestF57eNothingIsSynced(t *testing.T) {
	aboutSQLite(t, "its file")
	t.Parallel() // it mostly waits
	g := guard(t)
	broken := filepath.Join(t.TempDir(), "broken")
	p := launch(t, g.line, append(g.settings, failingDisk(t), "DISK_FILES="+g.db, "DISK_CALL=sync", "DISK_BROKEN="+broken))
	g.w.Connect(p.address(t))
	g.w.Person("Ada").Type("#general", declareCheckout)
	g.says("before", "Noted")
	if err := os.WriteFile(broken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	g.says("meanwhile", "It may have been recorded: look at /incident list before you try again.")
	if err := os.Remove(broken); err != nil {
		t.Fatal(err)
	}
	g.says("then", "Noted")
	g.kept(p, "before", "then")
}

// tally is what came of the runs on a disk that fails.
type tally struct {
	runs, faults  int
	refused, told int            // starts, and runs in which it was said that the disk fails
	by            map[string]int // calls that failed
}

func (a *tally) kinds() string {
	var list []string
	for _, kind := range []string{"a write of tocsin.db", "a write of tocsin.db-wal", "a sync of tocsin.db", "a sync of tocsin.db-wal", "a truncation of tocsin.db-wal"} {
		list = append(list, fmt.Sprint(kind, " ", a.by[kind]))
	}
	return strings.Join(list, ", ")
}

// note takes in what a run has said.
func (a *tally) note(p *process) {
	a.runs++
	if a.by == nil {
		a.by = map[string]int{}
	}
	for _, line := range p.said {
		if _, what, ok := strings.Cut(line, " fails: "); ok && strings.HasPrefix(line, "disk: ") {
			call, path, _ := strings.Cut(what, " of ")
			a.by[call+" of "+filepath.Base(path)]++
			a.faults++
		}
	}
	if strings.Contains(strings.Join(append(p.said, p.errors...), "\n"), diskFails) {
		a.told++
	}
}

// terminate is SIGTERM, whatever comes of it.
func (p *process) terminate() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // an error says that it has ended
	p.killAfter(patience)
}

// onDisk runs the program on a disk that fails while people work, and ends it.
func (s *storm) onDisk(found *tally, end func(*process), disk ...string) {
	s.t.Helper()
	p := launch(s.t, s.line, append(disk, s.settings...))
	select {
	case url := <-p.ready:
		s.w.Connect(url)
		s.each(8)()
	case <-p.ended:
		found.refused++
		if n := len(p.said); n < 2 || !strings.HasPrefix(p.said[n-1], "tocsin: ") || !strings.Contains(p.said[n-1], diskFails) {
			s.t.Errorf("it did not start, and said %q", p.said)
		}
	case <-time.After(patience):
		s.t.Fatalf("on a disk that fails, it is neither ready nor ended after %s", patience)
	}
	end(p)
	found.note(p)
}

// diskFails is what those read who run it.
const diskFails = "the disk fails: read the system's log, and restore a backup on another disk"

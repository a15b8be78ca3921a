package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tocsin/bot/slacksim"
	"tocsin/store"
)

const cannotWrite = "the database cannot be written"

// TestF56ReadOnlyDisk: on a disk that is mounted read-only the start says so, and what is there can be looked at.
func TestF56ReadOnlyDisk(t *testing.T) {
	aboutSQLite(t, "its file")
	folder := smallDisk(t, 1<<20)
	path := filepath.Join(folder, "tocsin.db")
	if _, _, err := store.Migrate(t.Context(), path, store.Options{}); err != nil {
		t.Fatal(err)
	}
	for _, mount := range []struct {
		flags uintptr
		want  string
	}{
		{syscall.MS_REMOUNT | syscall.MS_RDONLY, cannotWrite + ": see that its disk is not mounted read-only"},
		{syscall.MS_REMOUNT, ""},
	} {
		if err := syscall.Mount("", folder, "", mount.flags, ""); err != nil {
			t.Fatal(err)
		}
		if r, err := store.Look(t.Context(), path); err != nil || r.Verdict != "ok" {
			t.Errorf("it cannot be looked at: %q %v", r.Verdict, err)
		}
		_, _, err := store.Migrate(t.Context(), path, store.Options{})
		if mount.want == "" && err != nil || mount.want != "" && !strings.Contains(fmt.Sprint(err), mount.want) {
			t.Errorf("the start says %v, want %q", err, mount.want)
		}
	}
}

// TestF56TakenAway: the file is taken away, then another one stands in its place. Everybody is told so, nothing is answered
// as recorded that would be lost, and with the right file back all goes on.
func TestF56TakenAway(t *testing.T) {
	aboutSQLite(t, "its file")
	h := newHouse(t, overHTTP, watched)
	const deleted, replaced = "the database was deleted while it was in use", "the database was replaced while it was in use"
	h.log.announce(deleted)
	h.log.announce(replaced)
	h.Person("Ada").Type("#general", declareCheckout)
	h.quieten(t)
	form := h.openForm()
	away := h.db + ".away"
	if err := os.Rename(h.db, away); err != nil {
		t.Fatal(err)
	}
	h.ready("database: " + deleted + ": stop Tocsin and restore a backup")
	h.refuses(form, deleted)
	if err := os.WriteFile(h.db, []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.ready("database: " + replaced + ": stop Tocsin, decide which file is right")
	h.refuses(form, replaced)
	if err := os.Rename(away, h.db); err != nil {
		t.Fatal(err)
	}
	h.ready("ready")
	h.recover(recovery)
	h.alone(crashRoom)
	if got := h.sound(); len(got) != 0 {
		t.Errorf("refused, and recorded: %q", got)
	}
}

// during does something while a change is under way: each asks then whether Slack wants to be held back.
type during struct {
	httpClient
	do func()
}

func (d during) Held() time.Duration {
	d.do()
	return d.httpClient.Held()
}

// TestF56TakenAwayMeanwhile: the file is taken away while something is being recorded. Nobody knows whether it is: the person
// reads that, and where to look, and with the file back it is there, once.
func TestF56TakenAwayMeanwhile(t *testing.T) {
	aboutSQLite(t, "its file")
	h := newHouse(t, overHTTP, watched)
	h.log.announce("the database was deleted while it was in use")
	h.Person("Ada").Type("#general", declareCheckout)
	h.quieten(t)
	away := h.db + ".away"
	h.program.http = during{h.program.http, sync.OnceFunc(func() {
		if err := os.Rename(h.db, away); err != nil {
			t.Error(err)
		}
	})}
	said := h.command("Ada", "#general", "/incident note INC-1 meanwhile", "1.1.1")
	if !strings.Contains(said, "It may have been recorded: look at /incident list before you try again.") {
		t.Errorf("answered %q", said)
	}
	h.ready("database: the database was deleted")
	if err := os.Rename(away, h.db); err != nil {
		t.Fatal(err)
	}
	h.ready("ready")
	if said := h.command("Ada", "#general", "/incident note INC-1 meanwhile", "1.1.1"); !strings.Contains(said, "Noted") {
		t.Errorf("the same again is answered %q", said)
	}
	h.recover(recovery)
	h.alone(crashRoom)
	if got := h.sound(); fmt.Sprint(got) != "[meanwhile]" {
		t.Errorf("recorded: %q", got)
	}
}

// guarded is the real binary that answers operators.
type guarded struct {
	*storm
	ops string
}

// guard makes a storm whose binary answers operators at an address that the test knows.
func guard(t *testing.T) *guarded {
	t.Helper()
	if testing.Short() {
		t.Skip("SKIPPED: it runs the real binary; without -short it runs")
	}
	s := newStorm(t, 1)
	free, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	s.settings = append(s.settings, "TOCSIN_OPS_ADDR="+free) // the last one counts
	return &guarded{storm: s, ops: "http://" + free}
}

// awaits waits until /readyz says something.
func (g *guarded) awaits(status int, words string) {
	g.t.Helper()
	until(g.t, "/readyz says "+words, func() (bool, string) {
		got, body := get(g.t, g.ops+"/readyz")
		return got == status && strings.Contains(body, words), body
	})
}

// says sends a note, and wants an answer.
func (g *guarded) says(note, want string) {
	g.t.Helper()
	args := slacksim.SendArgs{Person: "Ada", Channel: "#general", Text: "/incident note INC-1 " + note}
	if status, said, err := g.w.SendCommand(g.t.Context(), args); err != nil || status != http.StatusOK || !strings.Contains(said, want) {
		g.t.Errorf("%s: answered %d %q %v, want %q", note, status, said, err, want)
	}
}

// kept ends the program, and wants these notes in its record.
func (g *guarded) kept(p *process, want ...string) {
	g.t.Helper()
	p.stop(g.t)
	s, err := store.Open(g.t.Context(), g.db, store.Options{})
	if err != nil {
		g.t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if got := notes(g.t, s, 1); fmt.Sprint(got) != fmt.Sprint(want) {
		g.t.Errorf("recorded are %q, want %q", got, want)
	}
}

// TestF56DiskTurnsReadOnly under the running program, as a kernel does with a disk that it does not trust any more, and
// is mounted anew.
func TestF56DiskTurnsReadOnly(t *testing.T) {
	aboutSQLite(t, "its file")
	t.Parallel() // it mostly waits
	g := guard(t)
	broken := filepath.Join(t.TempDir(), "broken")
	p := launch(t, g.line, append(g.settings, failingDisk(t), "DISK_FILES="+g.db, "DISK_BROKEN="+broken, fmt.Sprintf("DISK_ERRNO=%d", syscall.EROFS)))
	g.w.Connect(p.address(t))
	g.w.Person("Ada").Type("#general", declareCheckout)
	g.says("before", "Noted")
	if err := os.WriteFile(broken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	g.says("meanwhile", unrecorded(cannotWrite))
	g.awaits(http.StatusServiceUnavailable, "database: "+cannotWrite+": see that its disk is not mounted read-only")
	if err := os.Remove(broken); err != nil {
		t.Fatal(err)
	}
	g.awaits(http.StatusOK, "ready")
	g.says("then", "Noted")
	g.kept(p, "before", "then")
}

// TestF56PermissionLost: the program's user may not enter the folder of its database any more, and then may again.
func TestF56PermissionLost(t *testing.T) {
	aboutSQLite(t, "its file")
	t.Parallel() // it mostly waits
	g := guard(t)
	folder := filepath.Join(filepath.Dir(g.db), "data")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	g.db = filepath.Join(folder, "tocsin.db")
	g.settings = append(g.settings, "TOCSIN_DB="+g.db)
	if os.Geteuid() == 0 { // whom no permission stops
		setpriv, err := exec.LookPath("setpriv")
		if err != nil {
			t.Skip("SKIPPED, NOT CHECKED: root needs setpriv to run it as somebody else")
		}
		copied := filepath.Join(t.TempDir(), "tocsin")
		raw, err := os.ReadFile(g.line[0])
		if err == nil {
			err = os.WriteFile(copied, raw, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
		g.line = append([]string{setpriv, fmt.Sprint("--reuid=", nobody), fmt.Sprint("--regid=", nobody), "--clear-groups", copied}, g.line[1:]...)
		at := slices.IndexFunc(g.settings, func(line string) bool { return strings.HasPrefix(line, "TOCSIN_POLICY=") })
		policy := strings.TrimPrefix(g.settings[at], "TOCSIN_POLICY=")
		if err := errors.Join(os.Chown(folder, nobody, nobody), os.Chown(policy, nobody, nobody)); err != nil {
			t.Fatal(err)
		}
		for _, made := range []string{folder, policy} { // for the test's user alone
			if err := os.Chmod(filepath.Join(made, "..", ".."), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	p := g.open()
	g.w.Person("Ada").Type("#general", declareCheckout)
	g.says("before", "Noted")
	if err := os.Chmod(folder, 0); err != nil {
		t.Fatal(err)
	}
	// First that it is noticed: a change that is under way when the folder goes is kept, whatever is said of it.
	g.awaits(http.StatusServiceUnavailable, "database: the database cannot be looked at: let Tocsin's user enter its folder")
	g.says("meanwhile", unrecorded("the database cannot be looked at"))
	again := launch(t, g.line, g.settings)
	<-again.ended
	if said := strings.Join(again.said, "\n"); !strings.Contains(said, "give it the folder, or choose another TOCSIN_DB") {
		t.Errorf("a start says %q", said)
	}
	if err := os.Chmod(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	g.awaits(http.StatusOK, "ready")
	g.says("then", "Noted")
	g.kept(p, "before", "then")
}

// get asks for a page; status 0 says that nobody answered.
func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := operator.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(raw)
}

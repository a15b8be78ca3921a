package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"tocsin/incident"
	"tocsin/store"
	"tocsin/store/storetest"
)

// line is a connection to a server that can be cut at a commit.
type line struct {
	server string
	mu     sync.Mutex
	cut    string // at the next commit: "before" or "after" the server has done it
	gone   bool   // from the next cut on: nobody can be reached any more
}

// at cuts the line at the next commit.
func (l *line) at(cut string, gone bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut, l.gone = cut, gone
}

// dead tells whether the line was cut for good.
func (l *line) dead() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gone && l.cut == ""
}

// lay listens in a folder of its own, and returns the address of the database through the line.
func (l *line) lay(t *testing.T, where string) string {
	t.Helper()
	address, err := url.Parse(where)
	must(t, err)
	l.server = filepath.Join(address.Query().Get("host"), ".s.PGSQL.5432")
	folder := t.TempDir()
	listener, err := net.Listen("unix", filepath.Join(folder, ".s.PGSQL.5432"))
	must(t, err)
	var all sync.WaitGroup
	t.Cleanup(func() { _ = listener.Close(); all.Wait() })
	all.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { l.carry(t, client) })
		}
	})
	return strings.Replace(where, url.QueryEscape(address.Query().Get("host")), url.QueryEscape(folder), 1)
}

func (l *line) carry(t *testing.T, client net.Conn) {
	if l.dead() {
		_ = client.Close()
		return
	}
	server, err := net.Dial("unix", l.server)
	if err != nil {
		t.Error(err)
		return
	}
	var back sync.WaitGroup
	var answered sync.Mutex // held while nothing is to be carried back
	back.Go(func() {
		defer client.Close()
		part := make([]byte, 64<<10)
		for {
			n, err := server.Read(part)
			if err != nil {
				return
			}
			answered.Lock()
			_, err = client.Write(part[:n])
			answered.Unlock()
			if err != nil {
				return
			}
		}
	})
	part := make([]byte, 64<<10)
	for {
		n, err := client.Read(part)
		if err != nil {
			break
		}
		cut := ""
		if bytes.Contains(part[:n], []byte("commit\x00")) {
			l.mu.Lock()
			cut, l.cut = l.cut, ""
			l.mu.Unlock()
		}
		if cut == "before" {
			break
		}
		if cut == "after" {
			answered.Lock()
			_ = client.(*net.UnixConn).CloseRead()
			if _, err := server.Write(part[:n]); err == nil {
				_ = server.(*net.UnixConn).CloseWrite() // it does what it was told, and hangs up
			}
			_ = client.Close()
			answered.Unlock()
			back.Wait()
			break
		}
		if _, err := server.Write(part[:n]); err != nil {
			break
		}
	}
	_ = client.Close()
	_ = server.Close()
	back.Wait()
}

// The line is cut at a commit, before or after the server has done it: the same request finds out by its key which it was,
// and is answered as if nothing had been. The change is kept once (F81).
func TestCommitIsNotAnswered(t *testing.T) {
	var l line
	s := open(t, l.lay(t, storetest.Cluster(t).Database(t)))
	id := declare(t, s)
	for _, cut := range []string{"before", "after"} {
		l.at(cut, false)
		runs := 0
		ask := func() ([]byte, error) {
			return on(s, id, cut, func(i *incident.Incident, st incident.Stamp) error { runs++; return note(cut)(i, st) })
		}
		for range 2 {
			if answer, err := ask(); err != nil || string(answer) != "done" {
				t.Errorf("cut %s: %q %v", cut, answer, err)
			}
		}
		if want := map[string]int{"before": 2, "after": 1}[cut]; runs != want {
			t.Errorf("cut %s: it ran %d times, want %d", cut, runs, want)
		}
	}
	if got := fmt.Sprint(notes(t, s, id)); got != "[before after]" {
		t.Error(got)
	}
}

// The line is cut at a commit and stays so, or the request has no key: whoever asked reads that nobody knows (F81). A change
// that was refused before its commit was certainly not recorded.
func TestCommitIsNeverAnswered(t *testing.T) {
	var l line
	s := open(t, l.lay(t, storetest.Cluster(t).Database(t)))
	id := declare(t, s)
	for _, cut := range []string{"before", "after"} {
		l.at(cut, false)
		if _, err := on(s, id, "", note("no key")); !errors.Is(err, incident.ErrUncertain) || incident.CodeOf(err) != incident.Unavailable {
			t.Errorf("cut %s, no key: %v", cut, err)
		}
	}
	l.at("after", true)
	_, err := on(s, id, "key", note("key"))
	var said *incident.Error
	if !errors.As(err, &said) || said != incident.ErrUncertain || strings.Contains(err.Error(), "Nothing was recorded") {
		t.Errorf("got %v", err)
	}
	if _, err := on(s, id, "later", note("later")); errors.Is(err, incident.ErrUncertain) || incident.CodeOf(err) != incident.Unavailable {
		t.Errorf("nothing was begun: %v", err)
	}
	l.at("", false)
	if answer, err := on(s, id, "key", note("key")); err != nil || string(answer) != "done" {
		t.Errorf("%q %v", answer, err)
	}
	if got := fmt.Sprint(notes(t, s, id)); got != "[no key key]" {
		t.Error(got)
	}
}

// The server takes its locks from a change that stands still, as when our process was stopped, and ends its connection before
// the commit. Nothing of that is kept, which is certain: so the change runs again, also one without a key (F81).
func TestCommitOfWhatStoodStill(t *testing.T) {
	where := storetest.Cluster(t).Database(t)
	s := open(t, where)
	id := declare(t, s)
	database, err := sql.Open("pgx", where)
	must(t, err)
	defer database.Close()
	const end = `SELECT COALESCE(bool_and(pg_terminate_backend(pid, 10000)), false) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle in transaction'`
	runs := 0
	must(t, s.Stall(t.Context(), `UPDATE incidents SET title = title || '!' WHERE id > 0`, func() {
		if runs++; runs > 1 {
			return
		}
		var ended bool
		if err := database.QueryRow(end).Scan(&ended); err != nil || !ended {
			t.Errorf("it was not ended: %v", err)
		}
	}))
	if i, err := s.Incident(t.Context(), id); err != nil || runs != 2 || i.Title != "checkout is down!" {
		t.Errorf("after %d runs: %v %v", runs, i, err)
	}
}

// A commit is durable whatever the server is set to meanwhile, and stricter settings stay.
func TestCommitIsDurable(t *testing.T) {
	cluster := storetest.Cluster(t)
	where := cluster.Database(t)
	database := strings.TrimPrefix(where[:strings.Index(where, "?")], "postgres://postgres@/")
	for setting, want := range map[string]string{"remote_apply": "remote_apply", "local": "on", "on": "on"} {
		cluster.Exec(t, where, "ALTER DATABASE "+database+" SET synchronous_commit = "+setting)
		if got := open(t, where).Inside(t, `SELECT current_setting('synchronous_commit')`); got != want {
			t.Errorf("%s became %s", setting, got)
		}
	}
}

func TestStandbyIsRefused(t *testing.T) {
	cluster := storetest.Cluster(t)
	where := cluster.Database(t)
	database := strings.TrimPrefix(where[:strings.Index(where, "?")], "postgres://postgres@/")
	cluster.Exec(t, where, "ALTER DATABASE "+database+" SET default_transaction_read_only = on")
	refused(t, where, "this PostgreSQL takes no changes, as a standby does not: give the address of the primary")
	r, err := store.Look(t.Context(), where)
	if err != nil || r.Engine != "PostgreSQL" || r.Schema != store.Newest || r.InUse || r.Size == 0 || !strings.HasPrefix(r.Where, "postgres:///"+database) {
		t.Errorf("%+v %v", r, err)
	}
}

// The server fails again and again under load: what was answered is there, once, and what was not answered is there once
// after it was asked for again (F81).
func TestServerFails(t *testing.T) {
	cluster := storetest.Cluster(t)
	where := cluster.Database(t)
	stores := []*store.Store{open(t, where), open(t, where)}
	id := declare(t, stores[0])
	stop := make(chan struct{})
	var all sync.WaitGroup
	answered := make([]int, 6)
	var answers, failures atomic.Int64
	for w := range answered {
		all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					answered[w] = n
					return
				default:
				}
				text := fmt.Sprintf("%d/%d", w, n)
				for {
					answer, err := on(stores[w%2], id, text, note(text))
					if err == nil && string(answer) == "done" {
						answers.Add(1)
						break
					}
					failures.Add(1)
				}
			}
		})
	}
	for n := range 3 {
		until(t, func() bool { return answers.Load() > int64(100*n+100) })
		cluster.Restart(t)
	}
	close(stop)
	all.Wait()
	var events []incident.Event
	until(t, func() (read bool) { // a reading fails whose connection was used within the second before the server went
		var err error
		events, _, err = stores[0].Timeline(t.Context(), id, 0, 100_000)
		return err == nil
	})
	times := map[string]int{}
	for _, text := range notesAmong(events) {
		times[text]++
	}
	total := 0
	for w, n := range answered {
		total += n
		for k := range n {
			if text := fmt.Sprintf("%d/%d", w, k); times[text] != 1 {
				t.Errorf("%s is there %d times", text, times[text])
			}
		}
	}
	if total == 0 || len(times) != total {
		t.Errorf("%d answered, %d kept", total, len(times))
	}
	t.Logf("%d answered, %d failed attempts", total, failures.Load())
}

// The primary has become a standby under a connection that lives on, and its address leads to another one: the change is
// made there.
func TestPrimaryMoves(t *testing.T) {
	s := open(t, storetest.Cluster(t).Database(t))
	if got := s.Inside(t, `SELECT set_config('default_transaction_read_only', 'on', false)`); got != "on" {
		t.Fatal(got)
	}
	for range 2 {
		declare(t, s)
	}
}

package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/incident"
)

var (
	noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	ada  = incident.Person{Handle: "U1", Name: "Ada"}
)

// openTest opens a new store that logs to a buffer, and is closed with the test.
func openTest(t testing.TB) (*Store, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "tocsin.db"), Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, &log
}

// declare declares one incident.
func declare(ctx context.Context, s *Store, title string) (id incident.ID, err error) {
	stamp := incident.Stamp{By: ada, At: noon}
	_, err = s.Change(ctx, incident.Request{At: noon}, func(t incident.Tx) ([]byte, error) {
		i, err := incident.Declare(incident.Declaration{Title: title, Policy: incident.Defaults()}, stamp)
		if err != nil {
			return nil, err
		}
		err = t.Declare(i)
		id = i.ID
		return nil, err
	})
	return id, err
}

// hold keeps the committer busy with one change until release is called.
func hold(t *testing.T, s *Store) (release func()) {
	t.Helper()
	gate, begun, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() { ended <- s.write(context.Background(), func(*Tx) error { close(begun); <-gate; return nil }) }()
	<-begun
	release = sync.OnceFunc(func() { close(gate); <-ended })
	t.Cleanup(release)
	return release
}

// batch queues changes behind one that stands still until all are queued, so that they share a transaction. It returns
// the error of each.
func batch(t *testing.T, s *Store, changes ...func(*Tx) error) []error {
	t.Helper()
	writes := make([]func() error, len(changes))
	for n, change := range changes {
		writes[n] = func() error { return s.write(context.Background(), change) }
	}
	return together(t, s, writes...)
}

// together is batch for what writes by itself.
func together(t *testing.T, s *Store, writes ...func() error) []error {
	t.Helper()
	release := hold(t, s)
	var all sync.WaitGroup
	errs := make([]error, len(writes))
	for n, write := range writes {
		all.Go(func() { errs[n] = write() })
		waitFor(t, func() bool { return len(s.engine.(*committer).queue) == n+1 })
	}
	release()
	all.Wait()
	return errs
}

// waitFor waits for another goroutine to have come somewhere.
func waitFor(t *testing.T, there func() bool) {
	t.Helper()
	for deadline := time.After(10 * time.Second); !there(); {
		select {
		case <-deadline:
			t.Fatal("it never came to that")
		case <-time.After(100 * time.Microsecond):
		}
	}
}

func keep(handle string) func(*Tx) error {
	return func(t *Tx) error {
		return t.Know(incident.Profile{Person: incident.Person{Handle: handle}, Seen: noon})
	}
}

func (s *Store) knows(t *testing.T, handle string) bool {
	t.Helper()
	p, err := s.Profile(context.Background(), handle)
	if err != nil {
		t.Fatal(err)
	}
	return !p.IsZero()
}

func TestRefusalUndoesOnlyItself(t *testing.T) {
	s, _ := openTest(t)
	refusal := incident.Refuse(incident.Conflict, "no")
	errs := batch(t, s, keep("a"), func(tx *Tx) error { return errors.Join(keep("b")(tx), refusal) }, keep("c"))
	if errs[0] != nil || incident.CodeOf(errs[1]) != incident.Conflict || errs[2] != nil {
		t.Fatal(errs)
	}
	if !s.knows(t, "a") || s.knows(t, "b") || !s.knows(t, "c") {
		t.Error("a refusal undid more or less than its own change")
	}
}

func TestPanicIsTheErrorOfItsChange(t *testing.T) {
	s, log := openTest(t)
	errs := batch(t, s, keep("a"), func(tx *Tx) error { _ = keep("b")(tx); panic("boom") }, keep("c"))
	if errs[0] != nil || errs[1] == nil || errs[2] != nil {
		t.Fatal(errs)
	}
	if !s.knows(t, "a") || s.knows(t, "b") || !s.knows(t, "c") {
		t.Error("a panic undid more or less than its own change")
	}
	if n := strings.Count(log.String(), "level=ERROR"); n != 1 || !strings.Contains(log.String(), "TestPanicIsTheErrorOfItsChange") {
		t.Errorf("want one line with a stack, got %s", log)
	}
}

func TestSwallowedErrorStillFails(t *testing.T) {
	s, _ := openTest(t)
	errs := batch(t, s, func(tx *Tx) error {
		_ = tx.Join(99, "a", noon) // there is no such incident
		return nil
	}, keep("c"))
	if errs[0] == nil || errs[1] != nil || !s.knows(t, "c") {
		t.Fatal(errs)
	}
}

func TestCallerGivesUp(t *testing.T) {
	s, _ := openTest(t)
	gate, begun := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	var first, second error
	all.Go(func() {
		first = s.write(ctx, func(tx *Tx) error { close(begun); <-gate; return keep("begun")(tx) })
	})
	<-begun
	gaveUp := make(chan struct{})
	all.Go(func() {
		defer close(gaveUp)
		second = s.write(ctx, keep("queued"))
	})
	waitFor(t, func() bool { return len(s.engine.(*committer).queue) == 1 })
	cancel()
	<-gaveUp // while the first still runs
	close(gate)
	all.Wait()
	if first != nil || !s.knows(t, "begun") {
		t.Errorf("one that has begun is waited for and kept: %v", first)
	}
	if !errors.Is(second, context.Canceled) || s.knows(t, "queued") {
		t.Errorf("one that has not begun is never run: %v", second)
	}
	if err := s.write(ctx, keep("late")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A statement finds the disk full (F55): the whole transaction fails, and the next one begins anew.
func TestDiskFull(t *testing.T) {
	s, _ := openTest(t)
	id, err := declare(t.Context(), s, "before")
	must(t, err)
	big := strings.Repeat("x", 1<<20)
	errs := batch(
		t, s, keep("a"),
		func(tx *Tx) error {
			if _, err := tx.conn.ExecContext(tx.ctx, `PRAGMA max_page_count = 60`); err != nil {
				return err
			}
			return tx.Know(incident.Profile{Person: incident.Person{Handle: "big", Name: big}, Seen: noon})
		},
		keep("c"),
	)
	for n, err := range errs[:2] { // the third may have come into the next transaction, on a new connection
		if err == nil || !strings.HasSuffix(err.Error(), ": database or disk is full)") || strings.Count(err.Error(), "store") != 1 {
			t.Errorf("change %d: %v", n, err)
		}
	}
	if s.knows(t, "a") || s.knows(t, "big") {
		t.Error("kept half of a transaction that failed")
	}
	if s.knows(t, "c") != (errs[2] == nil) {
		t.Error("the answer to the third is not what happened")
	}
	if _, err := s.Incident(t.Context(), id); err != nil {
		t.Error(err)
	}
	if err := s.write(t.Context(), keep("d")); err != nil || !s.knows(t, "d") {
		t.Errorf("it does not recover: %v", err)
	}
}

// A commit that fails fails every change of its batch; a deferred foreign key is the one thing that fails as late as that.
func TestCommitFails(t *testing.T) {
	s, _ := openTest(t)
	errs := batch(t, s, keep("a"), func(tx *Tx) error {
		_, err := tx.conn.ExecContext(tx.ctx, `PRAGMA defer_foreign_keys = ON`)
		return errors.Join(err, tx.Join(99, "b", noon))
	}, keep("c"))
	for n, err := range errs {
		if err == nil {
			t.Errorf("change %d: no error", n)
		}
	}
	if s.knows(t, "a") || s.knows(t, "c") {
		t.Error("kept what was answered with an error")
	}
	if err := s.write(t.Context(), keep("d")); err != nil || !s.knows(t, "d") {
		t.Errorf("it does not recover: %v", err)
	}
}

// Another program (a shell, a backup tool) holds the write lock for longer than a caller can wait (F57).
func TestLockedByAnother(t *testing.T) {
	s, _ := openTest(t)
	other, err := sql.Open("sqlite3", "file:"+dbPath(t, s)+"?_txlock=immediate")
	must(t, err)
	defer other.Close()
	tx, err := other.Begin()
	must(t, err)
	if err := s.write(t.Context(), keep("a")); err == nil || !strings.Contains(err.Error(), "database is locked") {
		t.Errorf("got %v", err)
	}
	if s.knows(t, "a") { // and reads go on
		t.Error("kept what was answered with an error")
	}
	must(t, tx.Rollback())
	if err := s.write(t.Context(), keep("b")); err != nil || !s.knows(t, "b") {
		t.Errorf("it does not recover: %v", err)
	}
}

func TestCloseFinishesTheQueue(t *testing.T) {
	s, _ := openTest(t)
	release := hold(t, s)
	var all sync.WaitGroup
	errs := make([]error, 8)
	for n := range 8 {
		all.Go(func() { errs[n] = s.write(t.Context(), keep(fmt.Sprint(n))) })
	}
	waitFor(t, func() bool { return len(s.engine.(*committer).queue) == 8 })
	all.Go(s.engine.close)
	release()
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	if err := s.write(t.Context(), keep("late")); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestErrorsTellNoSecrets(t *testing.T) {
	s, log := openTest(t)
	const canary = "xoxb-canary"
	for _, change := range []func(*Tx) error{
		func(tx *Tx) error { return tx.Join(99, canary, noon) },
		func(tx *Tx) error {
			return tx.fail("test", tx.enter(99, &incident.Event{Text: canary, Stamp: incident.Stamp{By: incident.Person{Name: canary}}}))
		},
	} {
		if err := s.write(t.Context(), change); err == nil || strings.Contains(err.Error()+log.String(), canary) {
			t.Errorf("got %v", err)
		}
	}
}

// TestAllWhoWaitForALockAreToldTogether: each of them has waited for it. Were it asked for anew for one after another, the
// last would hear after half a minute.
func TestAllWhoWaitForALockAreToldTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tocsin.db")
	s, err := Open(t.Context(), path, Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	other, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	if _, err := other.ExecContext(t.Context(), `BEGIN EXCLUSIVE`); err != nil {
		t.Fatal(err)
	}
	const waiting = 20
	began, told := time.Now(), make(chan error, waiting)
	for range waiting {
		go func() { told <- s.write(context.Background(), func(*Tx) error { return nil }) }()
	}
	for range waiting {
		if err := <-told; err == nil {
			t.Error("a change was made in a database that somebody else holds")
		}
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("they were told one after another, the last after %s", took)
	}
	if _, err := other.ExecContext(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	if err := s.write(t.Context(), func(*Tx) error { return nil }); err != nil {
		t.Errorf("nothing holds it any more: %v", err)
	}
}

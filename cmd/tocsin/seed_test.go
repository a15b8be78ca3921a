package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"tocsin/incident"
	"tocsin/store"
)

// seed runs the command.
func seed(t *testing.T, args ...string) (said string, err error) {
	t.Helper()
	var out bytes.Buffer
	cmd := root()
	cmd.SetArgs(append([]string{"seed"}, args...))
	cmd.SetOut(&out)
	err = cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func TestSeed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tocsin.db")
	said, err := seed(t, "--db", path, "--incidents", "200", "--entries", "4001", "--until", "2026-11-20")
	if err != nil || !strings.Contains(said, "200 incidents with 4001 entries") {
		t.Fatalf("%q, %v", said, err)
	}
	s, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	all, err := s.List(t.Context(), incident.Filter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	open, entries, longest, tasks := 0, 0, 0, 0
	for _, i := range all {
		if i.Status.Open() {
			open++
		}
		events, _, err := s.Timeline(t.Context(), i.ID, 0, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := s.Incident(t.Context(), i.ID)
		if err != nil {
			t.Fatal(err)
		}
		tasks += len(whole.OpenTasks())
		entries, longest = entries+len(events), max(longest, len(events))
		if first := events[0]; first.Kind != incident.EventDeclared || i.Status.Open() == (events[len(events)-1].Kind == incident.EventClosed) {
			t.Errorf("%s begins with %s and ends with %s: %s", i.ID, first.Kind, events[len(events)-1].Kind, i.Status)
		}
	}
	if len(all) != 200 || open != 40 || entries != 4001 || longest < 100 || tasks < 20 || tasks > 180 {
		t.Errorf("%d incidents, %d of them open, with %d entries, %d on one, and %d open tasks", len(all), open, entries, longest, tasks)
	}
	if next, err := s.NextDue(t.Context()); err != nil || !next.IsZero() {
		t.Errorf("something is owed at %s: %v", next, err)
	}
}

func TestSeedRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tocsin.db")
	if _, err := seed(t, "--db", path, "--incidents", "1", "--entries", "3"); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"exists":             {"--db", path},
		"3 entries for each": {"--db", path + "2", "--incidents", "10", "--entries", "29"},
		"at least one":       {"--db", path + "2", "--incidents", "0"},
		"is no day":          {"--db", path + "2", "--until", "tomorrow"},
		"seed makes a file":  {"--db", "postgres://localhost/tocsin"},
	} {
		if _, err := seed(t, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want it to say %q", args, err, want)
		}
	}
}

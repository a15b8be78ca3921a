package store_test

import (
	"context"
	"testing"
	"time"

	"tocsin/incident"
	"tocsin/store"
	"tocsin/store/storetest"
)

var (
	noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	ada  = incident.Person{Handle: "U1", Name: "Ada"}
)

// replicas opens several stores on one new PostgreSQL database.
func replicas(t *testing.T, n int) []*store.Store {
	t.Helper()
	where := storetest.Cluster(t).Database(t)
	all := make([]*store.Store, n)
	for k := range all {
		all[k] = open(t, where)
	}
	orderly(t, all[0])
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// on changes one incident under a request key.
func on(s *store.Store, id incident.ID, key string, do func(*incident.Incident, incident.Stamp) error) ([]byte, error) {
	r := incident.Request{Key: key, At: noon}
	return s.Change(context.Background(), r, func(t incident.Tx) ([]byte, error) {
		i, err := t.Incident(id)
		if err != nil {
			return nil, err
		}
		return []byte("done"), do(i, incident.Stamp{By: ada, At: noon, Request: key})
	})
}

func note(text string) func(*incident.Incident, incident.Stamp) error {
	return func(i *incident.Incident, s incident.Stamp) error { return i.Note(text, time.Time{}, s) }
}

func declare(t *testing.T, s *store.Store) (id incident.ID) {
	t.Helper()
	_, err := s.Change(t.Context(), incident.Request{At: noon}, func(tx incident.Tx) ([]byte, error) {
		i, err := incident.Declare(incident.Declaration{Title: "checkout is down", Policy: incident.Defaults()}, incident.Stamp{By: ada, At: noon})
		if err != nil {
			return nil, err
		}
		err = tx.Declare(i)
		id = i.ID
		return nil, err
	})
	must(t, err)
	return id
}

// notes are the texts of an incident's notes, in order.
func notes(t *testing.T, s *store.Store, id incident.ID) (texts []string) {
	t.Helper()
	events, _, err := s.Timeline(t.Context(), id, 0, 100_000)
	must(t, err)
	return notesAmong(events)
}

func notesAmong(events []incident.Event) (texts []string) {
	for _, e := range events {
		if e.Kind == incident.EventNote {
			texts = append(texts, e.Text)
		}
	}
	return texts
}

package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"tocsin/incident"
	"tocsin/store/db"
)

// shown is what a change of a batch sees of an incident: its severity, who commands, and what Slack calls its room.
type shown struct{ severity, commander, room string }

// TestBatchSeesWhatItWrote has changes of one transaction work on one incident: each sees what those before it have written,
// and nothing of what was rolled back.
func TestBatchSeesWhatItWrote(t *testing.T) {
	s, _ := openTest(t)
	id, err := declare(t.Context(), s, "checkout is down")
	if err != nil {
		t.Fatal(err)
	}
	claimed, err := s.Claim(t.Context(), incident.Claim{Lanes: []incident.Lane{incident.LaneRoom}, Limit: 1, At: noon, Lease: time.Minute})
	if err != nil || len(claimed) != 1 {
		t.Fatal(claimed, err)
	}
	var saw []shown
	on := func(do func(*incident.Incident) error, then error) func() error {
		return func() error {
			return s.write(context.Background(), func(t *Tx) error {
				i, err := t.Incident(id)
				if err != nil {
					return err
				}
				saw = append(saw, shown{string(i.Severity), i.Roles[incident.Commander].Name, i.Refs[incident.RefRoom]})
				if err := errors.Join(do(i), t.flush()); err != nil {
					return err
				}
				return then
			})
		}
	}
	stamp := incident.Stamp{By: ada, At: noon}
	level := func(name string) incident.Level { l, _ := incident.Defaults().ParseSeverity(name); return l }
	nothing := func(*incident.Incident) error { return nil }
	refused := errors.New("refused")
	errs := together(t, s,
		on(nothing, nil),
		on(func(i *incident.Incident) error { return i.SetSeverity(level("sev1"), stamp) }, refused),
		on(func(i *incident.Incident) error { return i.SetSeverity(level("sev2"), stamp) }, nil),
		on(func(i *incident.Incident) error { return i.Assign(incident.Commander, ada, stamp) }, nil),
		on(func(i *incident.Incident) error { i.Refs[incident.RefOrigin] = "C9"; return nil }, nil),
		func() error {
			return s.Finish(context.Background(), claimed[0], incident.Refs{incident.RefRoom: "C1"}, noon)
		},
		on(func(i *incident.Incident) error { i.Roles, i.Refs = nil, nil; return nil }, refused),
		func() error { // as Finish, but what it has learned is read again before it fails
			return s.write(context.Background(), func(t *Tx) error {
				delete(t.seen, id)
				_, err := t.q.PutRef(t.ctx, db.PutRefParams{IncidentID: int64(id), Name: incident.RefRoom, Value: "C2"})
				_, unread := t.Incident(id)
				return cmp.Or(err, unread, refused)
			})
		},
		on(nothing, nil),
	)
	if !slices.Equal(errs, []error{nil, refused, nil, nil, nil, nil, refused, refused, nil}) {
		t.Fatal(errs)
	}
	want := []shown{{"sev3", "", ""}, {"sev3", "", ""}, {"sev3", "", ""}, {"sev2", "", ""}, {"sev2", "Ada", ""}, {"sev2", "Ada", "C1"}, {"sev2", "Ada", "C1"}}
	if !slices.Equal(saw, want) {
		t.Errorf("in one transaction they saw\n%v, want\n%v", saw, want)
	}
	i, err := s.Incident(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if got := (shown{string(i.Severity), i.Roles[incident.Commander].Name, i.Refs[incident.RefRoom]}); got != want[6] || i.Refs[incident.RefOrigin] != "C9" {
		t.Errorf("the database holds %v and %v, want %v and its origin", got, i.Refs, want[6])
	}
}

package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"tocsin/incident"
	"tocsin/store/db"
)

// profile reads one person; one who is not known has the zero Profile.
func profile(ctx context.Context, q *db.Queries, handle string) (incident.Profile, error) {
	row, err := q.Profile(ctx, handle)
	if errors.Is(err, sql.ErrNoRows) {
		return incident.Profile{}, nil
	}
	if err != nil {
		return incident.Profile{}, err
	}
	return incident.Profile{
		Person:   incident.Person{Handle: row.Handle, Name: row.Name},
		Standing: incident.Standing(row.Standing), Zone: row.Zone, Seen: instant(row.SeenAt),
	}, nil
}

// Profile is what is known of a person, the zero Profile when nothing is.
func (s *Store) Profile(ctx context.Context, handle string) (incident.Profile, error) {
	p, err := profile(ctx, s.q, handle)
	return p, s.unlessNone(err, "find a person")
}

// SaveProfiles keeps what was learned about people; what is older than what is known of somebody is dropped.
func (s *Store) SaveProfiles(ctx context.Context, profiles []incident.Profile) error {
	profiles = slices.SortedFunc(slices.Values(profiles), func(a, b incident.Profile) int { return cmp.Compare(a.Handle, b.Handle) })
	return s.write(ctx, func(t *Tx) error {
		for _, p := range profiles { // in one order, so that two replicas do not wait for each other
			if err := t.Know(p); err != nil {
				return err
			}
		}
		return nil
	})
}

// SetMembers keeps who is in an incident's room, all of them, as seen at an instant. What was seen later of somebody stands.
func (s *Store) SetMembers(ctx context.Context, id incident.ID, handles []string, at time.Time) error {
	return s.write(ctx, func(t *Tx) error {
		if err := t.hold(id); err != nil {
			return err
		}
		err := t.q.AbsentMembers(t.ctx, db.AbsentMembersParams{IncidentID: int64(id), SeenAt: millis(at)})
		if err != nil {
			return t.fail("keep who is in the room of "+id.String(), err)
		}
		for _, handle := range handles {
			if err := t.Join(id, handle, at); err != nil {
				return err
			}
		}
		return nil
	})
}

// Present lists the handles of those who are in an incident's room, as far as is known.
func (t *Tx) Present(id incident.ID) ([]string, error) {
	handles, err := t.q.Present(t.ctx, int64(id))
	return handles, t.fail("find who is in the room of "+id.String(), err)
}

// HomesShown lists the handles of those whose Home tab was shown at an instant or later.
func (t *Tx) HomesShown(since time.Time) ([]string, error) {
	handles, err := t.q.HomesShown(t.ctx, nullable(since))
	return handles, t.fail("find whose Home tab was shown", err)
}

// AddMember keeps that somebody was seen in an incident's room.
func (s *Store) AddMember(ctx context.Context, id incident.ID, handle string, at time.Time) error {
	return s.write(ctx, func(t *Tx) error { return t.Join(id, handle, at) })
}

// RemoveMember keeps that somebody has left an incident's room. A look that is older does not bring them back.
func (s *Store) RemoveMember(ctx context.Context, id incident.ID, handle string, at time.Time) error {
	return s.write(ctx, func(t *Tx) error { return t.member(id, handle, false, at) })
}

// Member is when somebody was last seen in an incident's room, zero for who is not in it.
func (s *Store) Member(ctx context.Context, id incident.ID, handle string) (seen time.Time, err error) {
	ms, err := s.q.Member(ctx, db.MemberParams{IncidentID: int64(id), Handle: handle})
	if err != nil {
		return time.Time{}, s.unlessNone(err, "find a member of the room of "+id.String())
	}
	return instant(ms), nil
}

// Private tells whether an incident is for those only who are in its room; an unknown one is Missing.
func (s *Store) Private(ctx context.Context, id incident.ID) (bool, error) {
	if id <= 0 {
		return false, missing(id)
	}
	private, err := s.q.Private(ctx, int64(id))
	if errors.Is(err, sql.ErrNoRows) {
		return false, missing(id)
	}
	return private, s.unlessNone(err, "see for whom "+id.String()+" is")
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"

	"tocsin/incident"
	"tocsin/store/db"
)

// Timeline is the newest events of an incident whose ids are below before (0: from the end), in the order in which they
// were recorded, and whether there are older ones. What is told by the time when it happened, the caller sorts.
func (s *Store) Timeline(ctx context.Context, id incident.ID, before int64, limit int) (events []incident.Event, more bool, err error) {
	if before == 0 {
		before = math.MaxInt64
	}
	rows, err := s.q.Timeline(ctx, db.TimelineParams{IncidentID: int64(id), Before: before, Lim: int64(limit) + 1})
	if err != nil {
		return nil, false, s.unread("read the timeline of "+id.String(), err)
	}
	if more = len(rows) > limit; more {
		rows = rows[:limit]
	}
	events = make([]incident.Event, len(rows))
	for n, row := range rows {
		if events[n], err = eventOf(row.Entry, row.Actor, row.Body); err != nil {
			return nil, false, fmt.Errorf("store: read entry %d of %s: %w", row.Entry.ID, id, err)
		}
	}
	slices.Reverse(events)
	return events, more, nil
}

// Event is one event and the incident that it belongs to; an unknown one is Missing.
func (s *Store) Event(ctx context.Context, event int64) (incident.ID, incident.Event, error) {
	row, err := s.q.Entry(ctx, event)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, incident.Event{}, incident.Refuse(incident.Missing, "There is no entry %d.", event)
	}
	if err != nil {
		return 0, incident.Event{}, s.unread(fmt.Sprintf("read entry %d", event), err)
	}
	e, err := eventOf(row.Entry, row.Actor, row.Body)
	if err != nil {
		return 0, incident.Event{}, fmt.Errorf("store: read entry %d: %w", event, err)
	}
	return incident.ID(row.Entry.IncidentID), e, nil
}

// Latest is the event of a kind that was recorded last on an incident, the zero Event when there is none.
func (s *Store) Latest(ctx context.Context, id incident.ID, kind incident.EventKind) (incident.Event, error) {
	e, err := latest(ctx, s.q, id, kind)
	if err != nil {
		return e, s.unread(fmt.Sprintf("find the latest %s of %s", kind, id), err)
	}
	return e, nil
}

// Latest is that of the store, as this transaction sees it: without what it has recorded itself.
func (t *Tx) Latest(id incident.ID, kind incident.EventKind) (incident.Event, error) {
	e, err := latest(t.ctx, t.q, id, kind)
	return e, t.fail("find the latest "+string(kind)+" of "+id.String(), err)
}

func latest(ctx context.Context, q *db.Queries, id incident.ID, kind incident.EventKind) (incident.Event, error) {
	row, err := q.LatestEntry(ctx, db.LatestEntryParams{IncidentID: int64(id), Kind: string(kind)})
	if errors.Is(err, sql.ErrNoRows) {
		return incident.Event{}, nil
	}
	if err != nil {
		return incident.Event{}, err
	}
	return eventOf(row.Entry, row.Actor, row.Body)
}

// Message is the last event about a message of an incident's room, the zero Event where there is none.
func (s *Store) Message(ctx context.Context, id incident.ID, message string) (incident.Event, error) {
	e, err := messageOf(ctx, s.q, id, message)
	if err != nil {
		return incident.Event{}, fmt.Errorf("store: find a message of %s: %w", id, err)
	}
	return e, nil
}

func messageOf(ctx context.Context, q *db.Queries, id incident.ID, message string) (incident.Event, error) {
	row, err := q.MessageEntry(ctx, db.MessageEntryParams{IncidentID: int64(id), Message: message})
	if errors.Is(err, sql.ErrNoRows) {
		return incident.Event{}, nil
	}
	if err != nil {
		return incident.Event{}, err
	}
	return eventOf(row.Entry, row.Actor, row.Body)
}

// Entry is an entry of an incident, with what was recorded about it; an unknown one is Missing.
func (s *Store) Entry(ctx context.Context, id incident.ID, event int64) (incident.Entry, error) {
	e, err := entryOf(ctx, s.q, id, event)
	if err != nil && incident.CodeOf(err) == "" {
		return e, fmt.Errorf("store: find entry %d of %s: %w", event, id, err)
	}
	return e, err
}

func entryOf(ctx context.Context, q *db.Queries, id incident.ID, event int64) (incident.Entry, error) {
	row, err := q.Entry(ctx, event)
	if errors.Is(err, sql.ErrNoRows) || err == nil && row.Entry.IncidentID != int64(id) {
		return incident.Entry{}, incident.Refuse(incident.Missing, "%s has no entry #%d.", id, event)
	}
	if err != nil {
		return incident.Entry{}, err
	}
	e, err := eventOf(row.Entry, row.Actor, row.Body)
	if err != nil {
		return incident.Entry{}, err
	}
	rows, err := q.EntriesAboutOne(ctx, db.EntriesAboutOneParams{IncidentID: int64(id), Entry: sql.NullInt64{Int64: event, Valid: true}})
	if err != nil {
		return incident.Entry{}, err
	}
	about := make([]incident.Event, len(rows))
	for n, row := range rows {
		if about[n], err = eventOf(row.Entry, row.Actor, row.Body); err != nil {
			return incident.Entry{}, err
		}
	}
	return incident.Entries([]incident.Event{e}, about)[0], nil
}

// About lists the events of an incident that are about others of it, from one of those on, in the order in which they were
// recorded.
func (s *Store) About(ctx context.Context, id incident.ID, since int64) ([]incident.Event, error) {
	rows, err := s.q.EntriesAbout(ctx, db.EntriesAboutParams{IncidentID: int64(id), Since: sql.NullInt64{Int64: since, Valid: true}})
	if err != nil {
		return nil, fmt.Errorf("store: read what is said of entries of %s: %w", id, err)
	}
	about := make([]incident.Event, len(rows))
	for n, row := range rows {
		if about[n], err = eventOf(row.Entry, row.Actor, row.Body); err != nil {
			return nil, fmt.Errorf("store: read entry %d of %s: %w", row.Entry.ID, id, err)
		}
	}
	return about, nil
}

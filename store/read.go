package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tocsin/incident"
	"tocsin/store/db"
)

// view reads in one transaction, so that all statements see the same state.
func (s *Store) view(ctx context.Context, read func(db.DBTX, *db.Queries) error) error {
	tx, err := s.readers.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // it has only read
	conn := s.dialect.spell(tx)
	return read(conn, db.New(conn))
}

// Incident is the present state of an incident; an unknown one is Missing.
func (s *Store) Incident(ctx context.Context, id incident.ID) (i *incident.Incident, err error) {
	if id <= 0 {
		return nil, missing(id)
	}
	err = s.view(ctx, func(_ db.DBTX, q *db.Queries) error {
		row, err := q.Incident(ctx, int64(id))
		if err != nil {
			return err
		}
		i = incidentOf(row)
		return complete(ctx, q, row, i)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, missing(id)
	}
	if err != nil {
		return nil, s.unread("read "+id.String(), err)
	}
	return i, nil
}

// complete adds the roles, refs, reminders and tasks of one incident.
func complete(ctx context.Context, q *db.Queries, row db.Incident, i *incident.Incident) error {
	i.Reminders = map[incident.Topic]incident.Reminder{}
	attached, err := q.Attached(ctx, int64(i.ID))
	if err != nil {
		return err
	}
	for _, a := range attached {
		switch a.What {
		case "role":
			i.Roles[incident.Role(a.Name)] = incident.Person{Handle: a.Value, Name: a.Person}
		case "ref":
			i.Refs[a.Name] = a.Value
		case "reminder":
			i.Reminders[incident.Topic(a.Name)] = incident.Reminder{Step: int(a.Step), Due: instant(a.DueAt)}
		}
	}
	return tasksOf(ctx, q, row, i)
}

// chunk is how many incidents' roles and refs are read at once. One fixed number, so that each is one statement.
const chunk = 50

var (
	rolesOfMany = `SELECT incident_id, role, handle, name FROM roles WHERE incident_id IN (` + places(1, chunk) + `)`
	refsOfMany  = `SELECT incident_id, name, value, '' FROM refs WHERE incident_id IN (` + places(1, chunk) + `)`
)

// places lists n parameters from $first on.
func places(first, n int) string {
	list := make([]string, n)
	for k := range list {
		list[k] = "$" + strconv.Itoa(first+k)
	}
	return strings.Join(list, ", ")
}

// completeAll makes the incidents of rows, with the roles and refs of all of them in two statements a chunk.
func completeAll(ctx context.Context, conn db.DBTX, rows []db.Incident) ([]*incident.Incident, error) {
	incidents := make([]*incident.Incident, len(rows))
	for n, row := range rows {
		incidents[n] = incidentOf(row)
	}
	for some := range slices.Chunk(incidents, chunk) {
		ids := make([]any, chunk) // no incident has the id that pads the last chunk
		byID := make(map[int64]*incident.Incident, len(some))
		for n := range ids {
			ids[n] = int64(-1)
		}
		for n, i := range some {
			ids[n], byID[int64(i.ID)] = int64(i.ID), i
		}
		err := each(ctx, conn, rolesOfMany, ids, func(id int64, role, handle, name string) {
			byID[id].Roles[incident.Role(role)] = incident.Person{Handle: handle, Name: name}
		})
		if err != nil {
			return nil, err
		}
		err = each(ctx, conn, refsOfMany, ids, func(id int64, name, value, _ string) { byID[id].Refs[name] = value })
		if err != nil {
			return nil, err
		}
	}
	return incidents, nil
}

// each calls take for each row of an id and three texts.
func each(ctx context.Context, conn db.DBTX, query string, args []any, take func(id int64, a, b, c string)) error {
	rows, err := conn.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var a, b, c string
		if err := rows.Scan(&id, &a, &b, &c); err != nil {
			return err
		}
		take(id, a, b, c)
	}
	return rows.Err()
}

// InRoom is the incident whose room a channel is, or 0.
func (s *Store) InRoom(ctx context.Context, channel string) (incident.ID, error) {
	id, err := s.q.IncidentByRef(ctx, db.IncidentByRefParams{Name: incident.RefRoom, Value: channel})
	return incident.ID(id), s.unlessNone(err, "find the incident of a channel")
}

// unread wraps the error of a read by what was being done. Where the database is what is wrong, it says what to do.
func (s *Store) unread(doing string, err error) error {
	return s.dialect.explain(fmt.Errorf("store: %s: %w", doing, err))
}

// unlessNone is unread; that there is no such row is no error.
func (s *Store) unlessNone(err error, doing string) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return s.unread(doing, err)
}

// PrivateRooms lists private incidents that have a room, at most so many, those whose members must be known: first what is open,
// then what is over, each with the newest first.
func (s *Store) PrivateRooms(ctx context.Context, limit int) ([]*incident.Incident, error) {
	return s.list(ctx, func(_ db.DBTX, q *db.Queries) ([]db.Incident, error) {
		return q.ListPrivateRooms(ctx, db.ListPrivateRoomsParams{Ref: incident.RefRoom, Lim: int64(limit)})
	})
}

func (s *Store) list(ctx context.Context, pick func(db.DBTX, *db.Queries) ([]db.Incident, error)) (list []*incident.Incident, err error) {
	err = s.view(ctx, func(conn db.DBTX, q *db.Queries) error {
		rows, err := pick(conn, q)
		if err != nil {
			return err
		}
		list, err = completeAll(ctx, conn, rows)
		return err
	})
	if err != nil {
		return nil, s.unread("list incidents", err)
	}
	return list, nil
}

package store

import (
	"context"
	"reflect"
	"strconv"
	"strings"
	"time"

	"tocsin/incident"
	"tocsin/store/db"
)

// list builds the statement of a filter: only what is asked for stands in it, because "x IS NULL OR …" would keep every index
// from being used.
type list struct {
	where []string
	args  []any
}

// arg is the place of an argument.
func (l *list) arg(value any) string {
	l.args = append(l.args, value)
	return "$" + strconv.Itoa(len(l.args))
}

func (l *list) and(condition string) { l.where = append(l.where, condition) }

// listStatement is the statement of a filter with its arguments. Open incidents are few, so they are read by the index of what
// is open, and sorted; all others come in the order of an index, so that a page reads no more than it shows.
func listStatement(f incident.Filter) (statement string, args []any) {
	l := &list{where: []string{"id > 0"}}
	severity, service, declared := "severity", "lower(service)", "declared_at"
	if f.OpenOnly { // "|| ''" and "+ 0" change nothing, but keep their indexes out: they hold what is closed too, which is nearly all
		l.and("open")
		severity, service, declared = severity+" || ''", service+" || ''", declared+" + 0"
	}
	if f.Severity != "" {
		l.and(severity + " = " + l.arg(string(f.Severity)))
	}
	if f.Service != "" {
		l.and("service <> '' AND " + service + " = lower(" + l.arg(f.Service) + ")")
	}
	if !f.Since.IsZero() {
		l.and(declared + " >= " + l.arg(millis(f.Since)))
	}
	if f.Of != "" {
		of := l.arg(f.Of)
		l.and(`id IN (SELECT incident_id FROM roles WHERE handle = ` + of + ` UNION SELECT id FROM incidents WHERE declarer = ` + of +
			` UNION SELECT incident_id FROM tasks WHERE owner = ` + of + ` AND done_at IS NULL AND dropped_at IS NULL)`)
	}
	order := "declared_at DESC, id DESC"
	if f.SevereFirst {
		order = "rank, declared_at DESC, id DESC"
	}
	if f.Before != 0 {
		l.before(f)
	}
	return "SELECT * FROM incidents WHERE " + strings.Join(l.where, " AND ") + " ORDER BY " + order + " LIMIT " + l.arg(int64(f.Limit)), l.args
}

// before leaves out what stood on the pages before: an incident and those that go before it.
func (l *list) before(f incident.Filter) {
	last := l.arg(int64(f.Before))
	of := func(column string) string {
		return "(SELECT b." + column + " FROM incidents b WHERE b.id = " + last + ")"
	}
	older := "(declared_at, id) < (" + of("declared_at") + ", " + last + ")"
	if f.SevereFirst {
		older = "(rank > " + of("rank") + " OR rank = " + of("rank") + " AND " + older + ")"
	}
	l.and(older)
}

// List lists incidents, newest first or as the filter says, with their roles and refs.
func (s *Store) List(ctx context.Context, f incident.Filter) ([]*incident.Incident, error) {
	statement, args := listStatement(f)
	return s.list(ctx, func(conn db.DBTX, _ *db.Queries) ([]db.Incident, error) {
		rows, err := conn.QueryContext(ctx, statement, args...)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		var all []db.Incident
		for rows.Next() {
			var row db.Incident
			if err := rows.Scan(columns(&row)...); err != nil {
				return nil, err
			}
			all = append(all, row)
		}
		return all, rows.Err()
	})
}

// columns are the places for the columns of an incident: the generated struct has them in the order of the table.
func columns(row *db.Incident) []any {
	fields := reflect.ValueOf(row).Elem()
	places := make([]any, fields.NumField())
	for n := range places {
		places[n] = fields.Field(n).Addr().Interface()
	}
	return places
}

// OwnTasks lists the open tasks of somebody in what is not closed, the one that is due first at the top, and those without a time
// from the newest incident on.
func (s *Store) OwnTasks(ctx context.Context, handle string, limit int) ([]incident.Assignment, error) {
	rows, err := s.q.OwnTasks(ctx, db.OwnTasksParams{Owner: handle, Lim: int64(limit)})
	if err != nil {
		return nil, s.unread("list somebody's tasks", err)
	}
	own := make([]incident.Assignment, len(rows))
	for n, row := range rows {
		own[n] = incident.Assignment{Incident: incident.ID(row.IncidentID), Task: taskOf(row)}
	}
	return own, nil
}

// Figures lists the real incidents that were declared at an instant or later, oldest first, and of each no more than figures
// need: number, severity, whether it is private, when it started, and when it was resolved.
func (s *Store) Figures(ctx context.Context, since time.Time) ([]*incident.Incident, error) {
	rows, err := s.q.Figures(ctx, db.FiguresParams{
		Since: millis(since), Kind: string(incident.Real), Undecided: string(incident.Triage), Declined: string(incident.Declined),
	})
	if err != nil {
		return nil, s.unread("read the figures", err)
	}
	incidents := make([]*incident.Incident, len(rows))
	for n, row := range rows {
		incidents[n] = &incident.Incident{
			ID: incident.ID(row.ID), Severity: incident.Severity(row.Severity), Rank: int(row.Rank), Private: row.Private,
			Started: maybe(row.StartedAt), Resolved: maybe(row.ResolvedAt),
		}
	}
	return incidents, nil
}

package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"tocsin/incident"
	"tocsin/store/db"
)

// sought is what a search looks for: the newest entries before one, at most so many, that hold all of some words and one that
// begins so.
type sought struct {
	words  []string
	begun  string // "": none
	before int64
	limit  int
}

// searcher finds the numbers of entries, newest first.
type searcher func(context.Context, db.DBTX, sought) ([]int64, error)

// Search lists entries whose texts hold all the words, the last of them perhaps begun only: newest first, before an entry (0:
// from the newest), at most so many. It knows nothing of who may read them.
func (s *Store) Search(ctx context.Context, text string, before int64, limit int) (hits []incident.Hit, err error) {
	look := sought{words: incident.Words(text), begun: lastWord(text), before: before, limit: limit}
	if len(look.words) == 0 {
		return nil, nil
	}
	if look.before == 0 {
		look.before = math.MaxInt64
	}
	look.words = slices.DeleteFunc(look.words, func(word string) bool { return word == look.begun })
	err = s.view(ctx, func(conn db.DBTX, q *db.Queries) error {
		hits = nil
		numbers, err := s.dialect.search(ctx, conn, look)
		if err != nil {
			return err
		}
		for _, id := range numbers {
			row, err := q.Entry(ctx, id)
			if err != nil {
				return err
			}
			e, err := eventOf(row.Entry, row.Actor, row.Body)
			if err != nil {
				return err
			}
			hits = append(hits, incident.Hit{Incident: incident.ID(row.Entry.IncidentID), Event: e})
		}
		return nil
	})
	if err != nil {
		return nil, s.unread("search", err)
	}
	return hits, nil
}

// lastWord is the word at the end of a text, which somebody may still have been at.
func lastWord(text string) string {
	fields := strings.Fields(text)
	for len(fields) > 0 {
		if words := incident.Words(fields[len(fields)-1]); len(words) == 1 {
			return words[0]
		} else if len(words) > 1 {
			return ""
		}
		fields = fields[:len(fields)-1]
	}
	return ""
}

// column reads the one column of a query.
func column[T any](ctx context.Context, conn db.DBTX, query string, args ...any) (values []T, err error) {
	rows, err := conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var v T
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, rows.Err()
}

// index keeps what an entry can be found by.
func index(ctx context.Context, d *dialect, conn db.DBTX, entry int64, text string) error {
	words := incident.Words(text)
	if len(words) == 0 {
		return nil
	}
	_, err := conn.ExecContext(ctx, d.index, entry, strings.Join(words, " "))
	return err
}

// forget takes out what an entry is found by, if it is: the same words as index has kept.
func forget(ctx context.Context, d *dialect, conn db.DBTX, e incident.Event) error {
	words := incident.Words(e.Text)
	if len(words) == 0 {
		return nil
	}
	_, err := conn.ExecContext(ctx, d.forget, e.ID, strings.Join(words, " "))
	return err
}

// indexedAtOnce is how many entries are indexed at once.
const indexedAtOnce = 1000

// indexAll indexes the entries of a database in which none is, as after a migration: each by its own words, but for those
// that a correction has taken the place of.
func indexAll(ctx context.Context, d *dialect, conn db.DBTX) error {
	const page = `SELECT c.entry_id, c.body FROM contents c JOIN entries e ON e.id = c.entry_id
		WHERE c.entry_id > $1 AND e.incident_id > 0 AND NOT EXISTS (
			SELECT 1 FROM entries f JOIN contents d ON d.entry_id = f.id
			WHERE f.incident_id = e.incident_id AND f.kind = 'corrected' AND f.id > e.id
				AND f.corrects = CASE WHEN e.kind = 'corrected' THEN e.corrects ELSE e.id END
		) ORDER BY c.entry_id LIMIT $2`
	for after := int64(0); ; {
		ids, bodies, err := contents(ctx, conn, page, after)
		if err != nil || len(ids) == 0 {
			return errors.Join(err, d.tidyAll(ctx, conn))
		}
		for n, raw := range bodies {
			var said body
			if err := json.Unmarshal([]byte(raw), &said); err != nil {
				return fmt.Errorf("read entry %d: %w", ids[n], err)
			}
			if err := index(ctx, d, conn, ids[n], said.Text); err != nil {
				return fmt.Errorf("index entry %d: %w", ids[n], err)
			}
		}
		after = ids[len(ids)-1]
	}
}

func contents(ctx context.Context, conn db.DBTX, page string, after int64) (ids []int64, bodies []string, err error) {
	rows, err := conn.QueryContext(ctx, page, after, indexedAtOnce)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var text string
		if err := rows.Scan(&id, &text); err != nil {
			return nil, nil, err
		}
		ids, bodies = append(ids, id), append(bodies, text)
	}
	return ids, bodies, rows.Err()
}

// indexOnce indexes what was there before there was an index, all of it or nothing.
func (s schema) indexOnce(ctx context.Context) error {
	var missing bool
	if err := s.conn().QueryRowContext(ctx, s.unsearched).Scan(&missing); err != nil || !missing {
		return err
	}
	tx, err := s.pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	if err := indexAll(ctx, s.dialect, s.spell(tx)); err != nil {
		return err
	}
	return tx.Commit()
}

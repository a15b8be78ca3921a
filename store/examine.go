package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"
)

// wholeSize is up to how many bytes a file is examined in one read: that takes less than a second. While a read lasts the
// write-ahead log cannot be emptied, so in a larger file it would grow for minutes, and each thing is read by itself.
const wholeSize = 64 << 20

// examine looks for damage in a file: in its structure, and whether the entries still match their commitments. It takes
// minutes on a large one, so nobody waits for it.
func (s *Store) examine(ctx context.Context) {
	err := s.look(ctx)
	var found damage
	switch {
	case err == nil || ctx.Err() != nil: // all is well, or it was closed before it was done
	case errors.As(err, &found):
		s.damage.Store(string(found))
		s.log.Error("the database is damaged: restore a backup", "found", string(found))
	default:
		s.damage.Store("it could not be examined: " + err.Error())
		s.log.Error("the database could not be examined: restore a backup if this comes again", "err", err)
	}
}

// damage is what is wrong with a database.
type damage string

func (d damage) Error() string { return string(d) }

func (s *Store) look(ctx context.Context) error {
	size, _, err := s.size(ctx)
	if err != nil {
		return err
	}
	if size <= wholeSize {
		err = integrity(ctx, s.readers, "1")
	} else {
		err = s.lookByParts(ctx)
	}
	if err != nil {
		return damageOf(err)
	}
	var first error
	_, err = s.Verify(ctx, func(entry int64, what string) {
		if first == nil {
			first = damage(fmt.Sprintf("entry %d: %s", entry, what))
		}
	})
	return damageOf(errors.Join(first, err))
}

// lookByParts reads the tables that stay small with their indexes, and the rows of those that grow, some at a time.
func (s *Store) lookByParts(ctx context.Context) error {
	for _, table := range []string{"installation", "migrations", "structure", "incidents", "roles", "refs", "messages", "profiles", "members"} {
		if err := integrity(ctx, s.readers, table); err != nil {
			return err
		}
	}
	for table, key := range map[string]string{"effects": "id", "requests": "key"} {
		if err := readThrough(ctx, s.readers, table, key); err != nil {
			return err
		}
	}
	return nil // the entries are verified, which reads them too
}

// integrity examines a table and its indexes, or the whole file for "1".
func integrity(ctx context.Context, pool *sql.DB, of string) error {
	var verdict string
	if err := pool.QueryRowContext(ctx, "PRAGMA integrity_check("+of+")").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return damage(verdict)
	}
	return nil
}

// readThrough reads all rows of a table, some at a time; the setting cell_size_check has each page of them looked at.
func readThrough(ctx context.Context, pool *sql.DB, table, key string) error {
	var after any = int64(-1) // before all numbers, and before all texts
	for {
		last, err := readSome(ctx, pool, fmt.Sprintf("SELECT %s, * FROM %s WHERE %s > ?1 ORDER BY %s LIMIT %d", key, table, key, key, slice), after)
		if err != nil || last == nil {
			return err
		}
		after = last
	}
}

// readSome returns the first column of the last row, nil when there is none.
func readSome(ctx context.Context, pool *sql.DB, query string, after any) (last any, err error) {
	rows, err := pool.QueryContext(ctx, query, after)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	into := make([]any, len(columns))
	into[0] = &last
	for n := 1; n < len(into); n++ {
		into[n] = new(sql.RawBytes)
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
	}
	return last, rows.Err()
}

// damageOf takes what SQLite says of a file that it cannot read for damage.
func damageOf(err error) error {
	var code sqlite3.Error
	if errors.As(err, &code) && (code.Code == sqlite3.ErrCorrupt || code.Code == sqlite3.ErrNotADB) {
		return damage(code.Error())
	}
	return err
}

package store

import (
	"context"
	"strings"
)

// refuseForeign refuses a database of another program: one that holds tables, and none of ours.
func (s schema) refuseForeign(ctx context.Context) error {
	tables, err := s.strangers(ctx)
	if err != nil || len(tables) == 0 {
		return err
	}
	const shown = 3
	if len(tables) > shown {
		tables = append(tables[:shown], "…")
	}
	return cannotUse("it holds tables that are not Tocsin's ("+strings.Join(tables, ", ")+")", s.elsewhere)
}

// strangers lists the tables of a database that has none of ours. What somebody has added to one of ours is theirs.
func (s schema) strangers(ctx context.Context) (tables []string, err error) {
	if ours, err := s.has(ctx, "installation"); err != nil || ours { // which is there whatever the schema
		return nil, err
	}
	rows, err := s.conn().QueryContext(ctx, s.tables)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		tables = append(tables, name)
	}
	return tables, rows.Err()
}

// refuseForeign refuses a file of another program before anything is done to it, or beside it. It looks at the file without
// its log: each of ours has its tables there. Where there is none, the log has them.
func (f *file) refuseForeign(ctx context.Context) error {
	a := looking
	if _, wal, err := f.size(); err == nil && wal > 0 && f.blank(ctx) {
		used, _ := held(f.path)
		a = f.gently(used)
	}
	pool, err := openPool(ctx, f.path, a, 1)
	if err != nil {
		return nil //nolint:nilerror // what is wrong with it is told by whoever opens it
	}
	defer pool.Close()
	s := schema{dialect: sqliteDialect, pool: pool}
	if _, err := s.strangers(ctx); err != nil {
		return nil //nolint:nilerror // the same
	}
	return s.refuseForeign(ctx)
}

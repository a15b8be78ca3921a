package store

import (
	"context"
	"fmt"

	"tocsin/store/db"
)

// tidied is how many pages of the index are merged in one go: few enough that nobody waits long behind the transaction.
const tidied = 16

// Tidy puts the parts of the search index together into which commits have left it, because a search looks into each of them. It
// costs most once, in a database that nobody has tidied; after that what has come since. PostgreSQL does it by itself.
func (s *Store) Tidy(ctx context.Context) error {
	if s.dialect.tidy == nil {
		return nil
	}
	for more := true; more; {
		err := s.write(ctx, func(t *Tx) (err error) {
			more, err = s.dialect.tidy(t.ctx, t.conn)
			return t.fail("tidy the search index", err)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// tidier does a little, and tells whether there is more to do.
type tidier func(context.Context, db.DBTX) (more bool, err error)

// tidyAll does all that there is to do, in the transaction of whoever has just made the index.
func (d *dialect) tidyAll(ctx context.Context, conn db.DBTX) error {
	for more := d.tidy != nil; more; {
		var err error
		if more, err = d.tidy(ctx, conn); err != nil {
			return err
		}
	}
	return nil
}

// tidyFile merges some of what FTS5 calls segments, two of one level at a time, and tells whether there is more to merge: it says so
// by the number of rows that it has changed (https://www.sqlite.org/fts5.html#the_merge_command).
func tidyFile(ctx context.Context, conn db.DBTX) (more bool, err error) {
	changed := func() (n int64, err error) {
		return n, conn.QueryRowContext(ctx, `SELECT total_changes()`).Scan(&n)
	}
	const two = `INSERT INTO words (words, rank) SELECT 'usermerge', 2 WHERE NOT EXISTS (SELECT 1 FROM words_config WHERE k = 'usermerge' AND v = 2)`
	if _, err := conn.ExecContext(ctx, two); err != nil {
		return false, err
	}
	before, err := changed()
	if err != nil {
		return false, err
	}
	if _, err := conn.ExecContext(ctx, fmt.Sprintf(`INSERT INTO words (words, rank) VALUES ('merge', %d)`, tidied)); err != nil {
		return false, err
	}
	after, err := changed()
	return after-before >= 2, err
}

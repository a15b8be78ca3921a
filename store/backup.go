package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"tocsin/store/db"
)

// Copied is what a copy of a database holds.
type Copied struct {
	Schema    int64
	Incidents int64 // without the system's own
	Entries   int64 // all of which fit their commitments
	Redacted  int64 // of these: their words have been taken out
	Owed      int64 // effects that are not done
	Bytes     int64
}

// Backup copies a SQLite file, which a program may be using, to a file that must not be there yet. The copy is of one moment,
// and its owner's alone. It is examined afterwards: its structure, and each entry by its commitments.
func Backup(ctx context.Context, from, to string) (c Copied, err error) {
	if IsPostgres(from) {
		return c, errors.New("what can be copied is a SQLite file: back up PostgreSQL with pg_dump")
	}
	if err := copyFile(ctx, from, to); err != nil {
		return c, fmt.Errorf("copy %s to %s: %w", from, to, atStart(explainFile(err)))
	}
	if err := c.examine(ctx, to); err != nil {
		return c, fmt.Errorf("%s is there now, and it is damaged, as %s may be: keep the backups of before (%w)", to, from, err)
	}
	return c, nil
}

// copyFile makes the copy. Nothing is written to the file, or beside it.
func copyFile(ctx context.Context, from, to string) error {
	f := &file{path: from}
	if err := errors.Join(regular(from), f.whole(ctx)); err != nil {
		return err
	}
	if err := f.refuseForeign(ctx); err != nil {
		return err
	}
	for _, path := range []string{to, to + "-wal", to + "-shm", to + ".tmp"} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return cannotUse(path+" is there already", "name a file that is not, or put this one away")
		}
	}
	used, err := held(from)
	if err != nil {
		return err
	}
	pool, err := openPool(ctx, from, f.gently(used), 1)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := (schema{dialect: sqliteDialect, pool: pool}).match(ctx); err != nil {
		return err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `PRAGMA query_only = 0`); err != nil { // of this file nothing can be written all the same
		return err
	}
	if err := copyInto(ctx, conn, to); err != nil {
		return errors.Join(err, discard(to+".tmp"))
	}
	return nil
}

// examine finds what a copy holds, and damage in it.
func (c *Copied) examine(ctx context.Context, path string) (err error) {
	if c.Bytes, _, err = (&file{path: path}).size(); err != nil {
		return err
	}
	pool, err := openPool(ctx, path, looking, 1)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := integrity(ctx, pool, "1"); err != nil {
		return err
	}
	s := schema{dialect: sqliteDialect, pool: pool}
	if c.Schema, err = s.version(ctx); err != nil {
		return err
	}
	var found error
	c.Entries, c.Redacted, err = verify(ctx, db.New(s.conn()), func(entry int64, what string) {
		if found == nil {
			found = fmt.Errorf("entry %d: %s", entry, what)
		}
	})
	if err := errors.Join(found, err); err != nil {
		return err
	}
	const count = `SELECT (SELECT count(*) FROM incidents WHERE id > 0), (SELECT count(*) FROM effects WHERE done_at IS NULL)`
	return pool.QueryRowContext(ctx, count).Scan(&c.Incidents, &c.Owed)
}

// backup copies a database beside itself before its schema changes. A copy that is there already is made anew: it may be of
// an upgrade that was taken back. Of an interrupted one it is the same again, for it is named after the schema.
func backup(ctx context.Context, s schema, path string) error {
	current, err := s.version(ctx)
	if err != nil {
		return err
	}
	copied := fmt.Sprintf("%s.schema%d", path, current)
	err = copyInto(ctx, s.pool, copied)
	if err == nil {
		err = giveAway(copied, path)
	}
	if err != nil {
		return fmt.Errorf("back up to %s: %w", copied, err)
	}
	return nil
}

// copyInto copies a database to a file that has its name only once it is whole and synced, and is its owner's alone.
func copyInto(ctx context.Context, from db.DBTX, path string) error {
	torn := path + ".tmp"
	if err := clearAway(torn); err != nil {
		return err
	}
	file, err := os.OpenFile(torn, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600) // VACUUM INTO takes an empty file
	if err != nil {
		return err
	}
	_, err = from.ExecContext(ctx, `VACUUM INTO ?1`, torn)
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := clearAway(path+"-wal", path+"-shm"); err != nil { // of a file that had this name: they would be taken for this one's
		return err
	}
	if err := os.Rename(torn, path); err != nil {
		return err
	}
	return syncFile(filepath.Dir(path))
}

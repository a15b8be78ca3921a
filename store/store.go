package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"tocsin/store/db"
)

// readers is how many connections read at once: enough for pages and handlers, and each costs up to 2 MB of cache.
const readers = 8

// Options are what a store may be told besides where it is. The zero Options are good.
type Options struct {
	Log *slog.Logger // nil: slog.Default()
}

// Store keeps everything, in one SQLite file. It is safe for concurrent use.
type Store struct {
	committer    *committer
	writer       *sql.DB // of one connection, which the committer holds
	readers      *sql.DB
	q            *db.Queries // on readers
	installation string
	wake         chan struct{}
	lock         *lock

	background sync.WaitGroup
	stop       context.CancelFunc // ends what runs in the background
}

// Open opens the database in a file, and makes it where there is none. It refuses a file that another process uses, one
// from a newer program, one that was altered by hand or emptied, and an SQLite that cannot be trusted with it.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	lock, err := takeLock(path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	s := &Store{wake: make(chan struct{}, 1), lock: lock}
	if err := s.open(ctx, path); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), s.closePools(), lock.release())
	}
	s.committer = startCommitter(s.writer, o.Log, s.signal)
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	s.background.Go(func() { s.examine(background, o.Log) })
	return s, nil
}

func (s *Store) open(ctx context.Context, path string) (err error) {
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	if err := prepare(ctx, path, files); err != nil {
		return err
	}
	if s.writer, err = openPool(ctx, path, writing, 1); err != nil {
		return err
	}
	if err := migrate(ctx, s.writer, files, func() error { return backup(ctx, s.writer, path) }); err != nil {
		return err
	}
	if s.readers, err = openPool(ctx, path, reading, readers); err != nil {
		return err
	}
	s.q = db.New(numbered{s.readers})
	s.installation, err = s.q.Installation(ctx)
	return err
}

// prepare makes a database where there is no file. It is made under another name and renamed when it is whole, so that an
// empty file never is one of ours that a crash has left: it was truncated, and starting anew in it would hide that.
func prepare(ctx context.Context, path string, files fs.FS) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.Size() == 0:
		return errors.New("the file is empty, so it has lost its data: restore a backup, or delete it to start anew")
	case err == nil:
		return os.Chmod(path, 0o600)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	fresh := path + ".new"
	for _, leftover := range []string{fresh, fresh + "-wal", fresh + "-shm"} {
		if err := os.Remove(leftover); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	file, err := os.OpenFile(fresh, os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	if err := create(ctx, fresh, files); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// create fills a new database with the schema and its name. Closing the only connection moves the WAL into the file.
func create(ctx context.Context, path string, files fs.FS) error {
	pool, err := openPool(ctx, path, writing, 1)
	if err != nil {
		return err
	}
	if err := migrate(ctx, pool, files, func() error { return nil }); err != nil {
		return errors.Join(err, pool.Close())
	}
	id := make([]byte, 8)
	_, _ = rand.Read(id) // never fails
	err = db.New(numbered{pool}).InsertInstallation(ctx, hex.EncodeToString(id))
	return errors.Join(err, pool.Close())
}

// syncDir makes a rename in a folder durable.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// backup copies a database beside itself before its schema changes.
func backup(ctx context.Context, pool *sql.DB, path string) error {
	current, err := version(ctx, pool)
	if err != nil {
		return err
	}
	copied := fmt.Sprintf("%s.schema%d", path, current)
	if _, err := os.Stat(copied); err == nil {
		return nil // of an earlier try: it has its name only because it was whole
	}
	if err := copyInto(ctx, pool, copied); err != nil {
		return fmt.Errorf("back up to %s: %w", copied, err)
	}
	return nil
}

// copyInto copies a database to a file that has its name only once it is whole and synced, and is its owner's alone.
func copyInto(ctx context.Context, pool *sql.DB, path string) error {
	torn := path + ".tmp"
	if err := os.Remove(torn); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(torn, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600) // VACUUM INTO takes an empty file
	if err != nil {
		return err
	}
	_, err = pool.ExecContext(ctx, `VACUUM INTO ?1`, torn)
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Rename(torn, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// examine reads the whole database once and looks for damage. It takes minutes on a large one, so nobody waits for it.
func (s *Store) examine(ctx context.Context, log *slog.Logger) {
	var verdict string
	err := s.readers.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&verdict)
	switch {
	case ctx.Err() != nil: // closed before it was done
	case err != nil:
		log.Error("the database could not be examined: restore a backup if this comes again", "err", err)
	case verdict != "ok":
		log.Error("the database is damaged: restore a backup", "found", verdict)
	}
}

// Close stops taking changes, finishes those that were taken, and closes the file.
func (s *Store) Close() error {
	s.committer.close()
	s.stop()
	s.background.Wait()
	return errors.Join(s.closePools(), s.lock.release())
}

// closePools closes the readers first, so that the writer is the last and moves the WAL into the file.
func (s *Store) closePools() error {
	var errs []error
	for _, pool := range []*sql.DB{s.readers, s.writer} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	return errors.Join(errs...)
}

// Installation is a random id made with the database: 16 hex digits.
func (s *Store) Installation() string { return s.installation }

// Wake is signalled after each commit that gave the outbox something to look at. One signal may stand for many.
func (s *Store) Wake() <-chan struct{} { return s.wake }

func (s *Store) signal() {
	select {
	case s.wake <- struct{}{}:
	default: // one is waiting already
	}
}

// write runs a change of the store's own.
func (s *Store) write(ctx context.Context, run func(*Tx) error) error {
	return s.committer.do(ctx, run)
}

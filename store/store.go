package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"tocsin/store/db"
)

// readers is how many connections read at once: enough for pages and handlers, and each costs up to 2 MB of cache.
const readers = 8

// Options are what a store may be told besides where it is. The zero Options are good.
type Options struct {
	Log *slog.Logger // nil: slog.Default()
}

// Store keeps everything, in a SQLite file or a PostgreSQL database. It is safe for concurrent use.
type Store struct {
	engine  engine
	dialect *dialect
	log     *slog.Logger
	writer  *sql.DB // used by the engine alone
	readers *sql.DB

	q            *db.Queries // on readers
	installation string
	wake         chan struct{}
	lock         *lock // of a file

	background sync.WaitGroup
	stop       context.CancelFunc // ends what runs in the background
}

// Open opens a database: the PostgreSQL database at an address that begins with postgres:// or postgresql://, else the
// SQLite file of that name. It makes it where there is none. It refuses a database from a newer program, one that was
// altered by hand or emptied, a file that another process uses, and a server or library that cannot be trusted with it.
func Open(ctx context.Context, where string, o Options) (*Store, error) {
	s := &Store{wake: make(chan struct{}, 1), log: cmp.Or(o.Log, slog.Default())}
	if err := s.open(ctx, where); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", Place(where), err), s.release())
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	if s.lock != nil {
		s.background.Go(func() { s.examine(background) })
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, where string) (err error) {
	if isPostgres(where) {
		s.dialect = postgresDialect
		err = s.openServer(ctx, where)
	} else {
		s.dialect = sqliteDialect
		err = s.openFile(ctx, where)
	}
	if err != nil {
		return err
	}
	s.q = db.New(s.dialect.spell(s.readers))
	s.installation, err = s.q.Installation(ctx)
	return err
}

// examine reads the whole database once and looks for damage. It takes minutes on a large one, so nobody waits for it.
func (s *Store) examine(ctx context.Context) {
	var verdict string
	err := s.readers.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&verdict)
	switch {
	case ctx.Err() != nil: // closed before it was done
	case err != nil:
		s.log.Error("the database could not be examined: restore a backup if this comes again", "err", err)
	case verdict != "ok":
		s.log.Error("the database is damaged: restore a backup", "found", verdict)
	}
}

// Close stops taking changes, finishes those that were taken, and closes the database.
func (s *Store) Close() error {
	s.engine.close()
	s.stop()
	s.background.Wait()
	return s.release()
}

// release gives back what the store holds. The readers of a file are closed first, so that the writer is the last and
// moves the WAL into the file.
func (s *Store) release() error {
	var errs []error
	if s.engine != nil {
		s.engine.close()
	}
	for _, pool := range []*sql.DB{s.readers, s.writer} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	if s.lock != nil {
		errs = append(errs, s.lock.release())
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
	return s.engine.do(ctx, run)
}

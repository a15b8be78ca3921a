package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"

	"tocsin/store/db"
)

// readers is how many connections read at once: enough for pages and handlers, and each costs up to 1 MB of cache.
const readers = 8

// Options are what a store may be told besides where it is. The zero Options are good.
type Options struct {
	Log    *slog.Logger // nil: slog.Default()
	Beside bool         // attach beside a running program: no lock, no migration and no examination; another schema is refused

	// ReadOnly is Beside for those who only ask: not a byte is written, neither to the database nor beside it.
	ReadOnly bool
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

	migrated step

	file *file // nil on PostgreSQL
	lock *lock // of the file

	background sync.WaitGroup
	stop       context.CancelFunc // ends what runs in the background
	damage     atomic.Value       // string: what the examination has found
}

// Open opens a database: the PostgreSQL database at an address that begins with postgres:// or postgresql://, else the
// SQLite file of that name. It makes it where there is none. It refuses a database from a newer program, one of another
// program altogether, one that was altered by hand or emptied, a file that another process uses, and a server or library
// that cannot be trusted with it.
func Open(ctx context.Context, where string, o Options) (*Store, error) {
	s := &Store{wake: make(chan struct{}, 1), log: cmp.Or(o.Log, slog.Default())}
	if err := s.open(ctx, where, o); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", Place(where), atStart(s.dialect.explain(err))), s.release())
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	if s.lock != nil { // a file of our own
		s.background.Go(func() { s.examine(background) })
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, where string, o Options) (err error) {
	if IsPostgres(where) {
		s.dialect = postgresDialect
		err = s.openServer(ctx, where, o)
	} else {
		s.dialect = sqliteDialect
		err = s.openFile(ctx, where, o)
	}
	if err != nil {
		return err
	}
	s.q = db.New(s.dialect.spell(s.readers))
	s.installation, err = s.q.Installation(ctx)
	return err
}

// Close stops taking changes, finishes those that were taken, and closes the database.
func (s *Store) Close() error {
	s.engine.close()
	s.stop()
	s.background.Wait()
	return s.release()
}

// size is how many bytes the database has, and the write-ahead log of a file.
func (s *Store) size(ctx context.Context) (database, wal int64, err error) {
	if s.file != nil {
		return s.file.size()
	}
	err = s.readers.QueryRowContext(ctx, `SELECT pg_database_size(current_database())`).Scan(&database)
	return database, 0, err
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
		if s.file != nil && s.file.told && errors.Join(errs...) == nil { // the log is in the file now
			errs = append(errs, s.lock.write(fmt.Sprintln(os.Getpid())))
		}
		errs = append(errs, s.lock.release())
	}
	return errors.Join(errs...)
}

// Installation is a random id made with the database: 16 hex digits.
func (s *Store) Installation() string { return s.installation }

// Shared tells whether other processes may use the database at the same time: a server takes many, a file one.
func (s *Store) Shared() bool { return s.file == nil }

// Wake is signalled after each commit that gave the outbox something to look at. One signal may stand for many.
func (s *Store) Wake() <-chan struct{} { return s.wake }

func (s *Store) signal() {
	select {
	case s.wake <- struct{}{}:
	default: // one is waiting already
	}
}

// write runs a change, and when it has asked for effects or ended some, says whose turn it is then. Where the database does
// not take it, the error says what to do.
func (s *Store) write(ctx context.Context, run func(*Tx) error) error {
	return s.dialect.explain(s.engine.do(ctx, func(t *Tx) error {
		if err := run(t); err != nil {
			return err
		}
		return t.takeTurns()
	}))
}

package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// file is a SQLite file that is open.
type file struct {
	path string
	info os.FileInfo // of the file that was opened, whatever has its name later
	lock *lock       // nil: beside a running program
	told bool        // the lock tells of changes in the write-ahead log
}

// logged notes once, after a commit, that the write-ahead log holds changes.
func (f *file) logged() {
	if f.lock != nil && !f.told {
		f.told = f.lock.note(f.info) == nil // else after the next one
	}
}

// openFile opens a SQLite file for writing and reading, and makes it where there is none.
func (s *Store) openFile(ctx context.Context, path string, o Options) (err error) {
	if err := local(filepath.Dir(path)); err != nil {
		return err
	}
	if err := regular(path); err != nil {
		return err
	}
	if err := (&file{path: path}).refuseForeign(ctx); err != nil {
		return err
	}
	if o.ReadOnly {
		return s.readFile(ctx, path)
	}
	made := false
	if o.Beside {
		err = (&file{path: path}).whole(ctx)
	} else {
		if s.lock, err = takeLock(path); err != nil {
			return err
		}
		made, err = prepare(ctx, path)
	}
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	s.file = &file{path: path, info: info, lock: s.lock}
	if s.writer, err = openPool(ctx, path, writing, 1); err != nil {
		return err
	}
	ours := schema{dialect: s.dialect, pool: s.writer}
	if o.Beside {
		err = ours.match(ctx)
	} else {
		s.migrated, err = ours.migrate(ctx, func() error { return backup(ctx, ours, path) })
	}
	if err != nil {
		return err
	}
	if made {
		s.migrated.from = 0
	}
	if s.readers, err = sized(ctx, sql.OpenDB(steady{s.file, drivers[reading]}), reading, readers); err != nil {
		return err
	}
	s.engine = startCommitter(s.writer, s.file, s.log, s.signal)
	return nil
}

// regular refuses what has the name of a database and cannot be one. That nothing is there is fine.
func regular(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil || info.Mode().IsRegular():
		return nil
	case info.IsDir():
		return cannotUse("it is a folder", "name a file in it, for example "+filepath.Join(path, "tocsin.db"))
	}
	return cannotUse("it is no regular file", "name one on a local disk")
}

// readFile opens a SQLite file for reading alone.
func (s *Store) readFile(ctx context.Context, path string) (err error) {
	s.file, s.engine = &file{path: path}, reader{}
	if err := s.file.whole(ctx); err != nil {
		return err
	}
	used, err := held(path)
	if err != nil {
		return err
	}
	if s.readers, err = openPool(ctx, path, s.file.gently(used), readers); err != nil {
		return err
	}
	return schema{dialect: s.dialect, pool: s.readers}.match(ctx)
}

// gently is how a file is read without a trace, by whether a program uses it.
func (f *file) gently(used bool) access {
	_, wal, err := f.size()
	_, unshared := os.Stat(f.path + "-shm")
	switch {
	case used || err != nil:
		return reading
	case wal == 0:
		return looking
	case unshared == nil:
		return recovering
	}
	return indexing
}

// whole refuses a file that is not there, was moved, or has lost all that it held, or a part of it. It only looks.
func (f *file) whole(ctx context.Context) error {
	if err := moved(f.path); err != nil {
		return err
	}
	switch size, wal, err := f.size(); {
	case errors.Is(err, fs.ErrNotExist):
		return errNoFile
	case err != nil:
		return err
	case size == 0:
		return errEmpty
	case f.cut():
		return errCut
	case lostLog(f.path):
		return errNoLog
	case wal == 0 && f.blank(ctx):
		return errEmpty
	}
	return nil
}

// blank tells of a file without a single table: somebody's SQLite has opened it after it was emptied.
func (f *file) blank(ctx context.Context) bool {
	pool, err := openPool(ctx, f.path, looking, 1)
	if err != nil {
		return false // what is wrong with it is told by whoever opens it
	}
	defer pool.Close()
	var tables int64
	return pool.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables) == nil && tables == 0
}

// present makes sure that the file is still the one that was opened: what is written to one that was deleted or replaced
// is lost when this process ends.
func (f *file) present() error {
	info, err := os.Stat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &trouble{mend{"the database was deleted while it was in use", "stop Tocsin and restore a backup"}, err}
	case err != nil:
		return &trouble{mend{"the database cannot be looked at", "let Tocsin's user enter its folder"}, err}
	case !os.SameFile(info, f.info):
		return &trouble{
			mend{"the database was replaced while it was in use", "stop Tocsin, decide which file is right, and start again"},
			fmt.Errorf("another file is at %s", f.path),
		}
	}
	return nil
}

// steady opens connections for reading to the file that was opened first, and to none that was put in its place: a
// connection may be opened at any time. It looks before, because SQLite would take the log and the index beside the path
// for those of the other file and cut the index off, and the next commit of ours would end the process with SIGBUS; and
// afterwards, because the file may have gone in between.
type steady struct {
	file   *file
	driver driver.Driver
}

var _ driver.Connector = steady{}

// Driver returns the driver of the connections.
func (s steady) Driver() driver.Driver { return s.driver }

// Connect opens a connection.
func (s steady) Connect(context.Context) (driver.Conn, error) {
	if err := s.file.present(); err != nil {
		return nil, err
	}
	conn, err := s.driver.Open(dsn(s.file.path, reading))
	if other := s.file.present(); other != nil {
		if err == nil {
			_ = conn.Close() // nothing was asked of it
		}
		return nil, other
	}
	return conn, err
}

// size is how many bytes the file and its write-ahead log have.
func (f *file) size() (database, wal int64, err error) {
	info, err := os.Stat(f.path)
	if err != nil {
		return 0, 0, err
	}
	if log, err := os.Stat(f.path + "-wal"); err == nil {
		wal = log.Size()
	}
	return info.Size(), wal, nil
}

var errNoFile = cannotUse("there is no database yet", "tocsin serve makes it")

var errCut = cannotUse("the file is no database", "see that the path is right, or restore a backup if it was cut off")

// cut tells of a file that ends within a page. SQLite takes one of less than a page for an empty one, makes a database in
// it anew, and the rest of a last page for zeros. With a write-ahead log beside it, that holds what the file has not got yet.
func (f *file) cut() bool {
	const smallest = 512 // bytes of a page
	size, wal, err := f.size()
	return err == nil && size%smallest != 0 && wal == 0
}

var errEmpty = cannotUse("the file is empty, so it has lost its data", "restore a backup, or delete it to start anew")

// prepare makes a database where there is no file. It is made under another name and renamed when it is whole, so that an
// empty file never is one of ours that a crash has left: it was truncated, and starting anew in it would hide that.
func prepare(ctx context.Context, path string) (made bool, err error) {
	switch err := (&file{path: path}).whole(ctx); {
	case err == nil:
		return false, os.Chmod(path, 0o600)
	case !errors.Is(err, errNoFile):
		return false, err
	}
	fresh := path + ".new"
	if err := discard(fresh); err != nil {
		return false, err
	}
	defer func() {
		if !made {
			err = errors.Join(err, discard(fresh))
		}
	}()
	file, err := os.OpenFile(fresh, os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return false, err
	}
	if err := file.Close(); err != nil {
		return false, err
	}
	if err := create(ctx, fresh); err != nil {
		return false, err
	}
	if err := giveAway(fresh, path); err != nil {
		return false, err
	}
	if err := os.Rename(fresh, path); err != nil {
		return false, err
	}
	return true, syncFile(filepath.Dir(path))
}

// discard removes a database, if it is there, with what belongs to it.
func discard(path string) error { return clearAway(path, path+"-wal", path+"-shm") }

// clearAway removes files, where they are there.
func clearAway(paths ...string) error {
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// create fills a new database with the schema and its name. It is synced once, when it is whole, and not at each of a dozen
// migrations: before that it is nobody's database.
func create(ctx context.Context, path string) error {
	pool, err := sql.Open(drivers[making.settings()].name, dsn(path, making))
	if err != nil {
		return err
	}
	pool.SetMaxOpenConns(1)
	_, err = schema{dialect: sqliteDialect, pool: pool}.migrate(ctx, func() error { return nil })
	if err == nil {
		_, err = pool.ExecContext(ctx, `PRAGMA journal_mode=WAL`) // it is kept in the file
	}
	if err = errors.Join(err, pool.Close()); err != nil {
		return err
	}
	return syncFile(path)
}

// syncFile makes a file durable, or the names in a folder.
func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

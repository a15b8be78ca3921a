package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/mattn/go-sqlite3"
)

// Report is what a look at a database finds, without changing anything.
type Report struct {
	Engine, Version string            // "SQLite" or "PostgreSQL", and which
	Where           string            // for people, without a password
	Schema, Newest  int64             // the schema of the database, and the one that this program knows
	Size, WAL       int64             // bytes of the database, and of the write-ahead log of a file
	Free            int64             // bytes that are free on the disk of a file
	Settings        map[string]string // as they are: pragmas, or what a server is set to
	InUse           bool              // a program has it open
	Open            bool              // others than its owner may read or write the file
	Verdict         string            // on its integrity: "ok", what is wrong, or why it is not known
}

// lookTime is how long a look may examine a file: whoever asked is waiting.
const lookTime = 5 * time.Second

// Look tells about a database. It only reads, beside a running program and without one, and never makes or migrates
// anything. Its error says what is wrong and what to do.
func Look(ctx context.Context, where string) (Report, error) {
	r := Report{Where: Place(where)}
	look, explain := lookAtFile, explainFile
	if IsPostgres(where) {
		look, explain = lookAtServer, explainServer
	}
	if err := look(ctx, where, &r); err != nil {
		return r, fmt.Errorf("%s: %w", r.Where, explain(err))
	}
	if r.Schema > r.Newest {
		return r, fmt.Errorf("%s: %w", r.Where, newer(r.Schema, r.Newest))
	}
	return r, nil
}

func lookAtFile(ctx context.Context, path string, r *Report) (err error) {
	r.Engine = "SQLite"
	r.Version, _, _ = sqlite3.Version()
	if err := regular(path); err != nil {
		return err
	}
	f := &file{path: path}
	if err := f.whole(ctx); err != nil {
		return err
	}
	if err := f.refuseForeign(ctx); err != nil {
		return err
	}
	if r.Size, r.WAL, err = f.size(); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	r.Open = info.Mode().Perm()&0o077 != 0
	var disk syscall.Statfs_t
	if err := syscall.Statfs(path, &disk); err != nil {
		return err
	}
	r.Free = int64(disk.Bavail) * disk.Bsize
	if err := local(filepath.Dir(path)); err != nil {
		return err
	}
	if r.InUse, err = held(path); err != nil {
		return err
	}
	return r.examine(ctx, path, f.gently(r.InUse))
}

func (r *Report) examine(ctx context.Context, path string, a access) error {
	pool, err := openPool(ctx, path, a, 1)
	if err != nil {
		return err
	}
	defer pool.Close()
	r.Settings = map[string]string{}
	for _, p := range pragmas {
		var value string
		if err := pool.QueryRowContext(ctx, "PRAGMA "+p.name).Scan(&value); err != nil {
			return err
		}
		r.Settings[p.name] = value
	}
	if err := r.schema(ctx, schema{dialect: sqliteDialect, pool: pool}); err != nil {
		return err
	}
	quick, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	r.Verdict = "ok"
	switch err := damageOf(integrity(quick, pool, "1")); {
	case errors.As(err, new(damage)):
		r.Verdict = err.Error()
	case quick.Err() != nil:
		r.Verdict = fmt.Sprintf("not known: the file is too large to be examined in %s; a running program does it in the background", lookTime)
	case err != nil:
		return err
	}
	return nil
}

// schema finds which schema a database has, and whether it is whole.
func (r *Report) schema(ctx context.Context, s schema) error {
	_, sums, err := s.sources()
	if err != nil {
		return err
	}
	r.Newest = int64(len(sums))
	if err := s.refuseForeign(ctx); err != nil {
		return err
	}
	if r.Schema, err = s.version(ctx); err != nil {
		return err
	}
	if r.Schema != r.Newest {
		return nil
	}
	if err := s.compareChecksums(ctx, sums); err != nil {
		return err
	}
	return s.compareStructure(ctx)
}

func lookAtServer(ctx context.Context, where string, r *Report) error {
	r.Engine = "PostgreSQL"
	config, err := address(where)
	if err != nil {
		return err
	}
	config.RuntimeParams["application_name"] = nameBeside
	config.ValidateConnect = nil // a standby can be looked at
	pool := serverPool(config, 1)
	defer pool.Close()
	if r.Settings, err = serverSettings(ctx, pool); err != nil {
		return err
	}
	r.Version = r.Settings["server_version"]
	if err := checkServer(ctx, pool); err != nil {
		return err
	}
	const inUse = `SELECT pg_database_size(current_database()), EXISTS (SELECT 1 FROM pg_stat_activity
		WHERE datname = current_database() AND application_name = $1)`
	if err := pool.QueryRowContext(ctx, inUse, nameRunning).Scan(&r.Size, &r.InUse); err != nil {
		return err
	}
	r.Verdict = "not known: PostgreSQL examines itself, with data checksums, amcheck and pg_amcheck"
	return r.schema(ctx, schema{dialect: postgresDialect, pool: pool})
}

// Migrate brings a database to the newest schema, and makes it where there is none. It returns the schema before and after.
func Migrate(ctx context.Context, where string, o Options) (from, to int64, err error) {
	s, err := Open(ctx, where, o)
	if err != nil {
		return 0, 0, err
	}
	return s.migrated.from, s.migrated.to, s.Close()
}

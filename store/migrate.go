package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/pressly/goose/v3"

	"tocsin/store/db"
)

//go:embed migrations
var migrations embed.FS

// ErrNewer says that a database belongs to a newer program, now or since a newer one runs beside this one.
var ErrNewer = errors.New("this database was written by a newer Tocsin")

// newer refuses a schema that this program does not know.
func newer(current, known int64) error {
	return &obstacle{mend{fmt.Sprintf("%v (schema %d, this one knows %d)", ErrNewer, current, known), "upgrade the program"}, ErrNewer}
}

// schema is the tables of one database.
type schema struct {
	*dialect
	pool  *sql.DB
	files fs.FS // the migrations; nil: those of this program
}

func (s schema) conn() db.DBTX { return s.spell(s.pool) }

// sources are the migrations and their checksums by version; versions count from 1 without a gap.
func (s schema) sources() (files fs.FS, sums map[int64]string, err error) {
	if files = s.files; files == nil {
		if files, err = fs.Sub(migrations, "migrations/"+s.folder); err != nil {
			return nil, nil, err
		}
	}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, nil, err
	}
	sums = make(map[int64]string, len(entries))
	for _, entry := range entries {
		version, err := goose.NumericComponent(entry.Name())
		if err != nil {
			return nil, nil, err
		}
		text, err := fs.ReadFile(files, entry.Name())
		if err != nil {
			return nil, nil, err
		}
		sums[version] = sum(string(text))
	}
	return files, sums, nil
}

func sum(text string) string {
	hash := sha256.Sum256([]byte(text))
	return hex.EncodeToString(hash[:])
}

// step is from which schema to which a database was brought.
type step struct{ from, to int64 }

// migrate brings a database to the newest schema, each migration in a transaction of its own, forward only. It refuses a
// schema that is newer than this program, one whose migrations differ from ours, and one altered by hand.
// before is called ahead of the first change to a database that holds something.
func (s schema) migrate(ctx context.Context, before func() error) (step, error) {
	files, sums, err := s.sources()
	if err != nil {
		return step{}, err
	}
	if err := s.refuseForeign(ctx); err != nil {
		return step{}, err
	}
	current, err := s.version(ctx)
	if err != nil {
		return step{}, err
	}
	taken := step{from: current, to: int64(len(sums))}
	if taken.from > taken.to {
		return taken, newer(taken.from, taken.to)
	}
	if err := s.compareChecksums(ctx, sums); err != nil {
		return taken, err
	}
	if taken.from < taken.to {
		if err := s.up(ctx, files, taken.from, before); err != nil {
			return taken, err
		}
	}
	if err := s.record(ctx, sums); err != nil {
		return taken, err
	}
	if err := s.indexOnce(ctx); err != nil {
		return taken, err
	}
	return taken, s.compareStructure(ctx)
}

// up applies the migrations that are missing.
func (s schema) up(ctx context.Context, files fs.FS, from int64, before func() error) error {
	if from > 0 {
		if err := before(); err != nil {
			return err
		}
	}
	provider, err := goose.NewProvider(s.goose, s.pool, files)
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// match refuses a schema that is not the one of this program.
func (s schema) match(ctx context.Context) error {
	_, sums, err := s.sources()
	if err != nil {
		return err
	}
	if err := s.refuseForeign(ctx); err != nil {
		return err
	}
	current, err := s.version(ctx)
	switch known := int64(len(sums)); {
	case err != nil:
		return err
	case current > known:
		return newer(current, known)
	case current < known:
		return cannotUse(fmt.Sprintf("this database has an older schema (%d, this program knows %d)", current, known), "start this version once, it migrates")
	}
	return nil
}

// has tells whether there is a table of a name.
func (s schema) has(ctx context.Context, table string) (bool, error) {
	var tables int64
	err := s.conn().QueryRowContext(ctx, s.exists, table).Scan(&tables)
	return tables > 0, err
}

// version reads which migration was the last, 0 in a new database. Asking goose would create its table.
func (s schema) version(ctx context.Context) (last int64, err error) {
	if known, err := s.has(ctx, "goose_db_version"); err != nil || !known {
		return 0, err
	}
	err = s.conn().QueryRowContext(ctx, `SELECT COALESCE(max(version_id), 0) FROM goose_db_version`).Scan(&last)
	return last, err
}

// compareChecksums finds a migration that was edited after it had been applied here.
func (s schema) compareChecksums(ctx context.Context, sums map[int64]string) error {
	if known, err := s.has(ctx, "migrations"); err != nil || !known {
		return err
	}
	applied, err := pairs[int64](ctx, s.conn(), `SELECT version, sha256 FROM migrations`)
	if err != nil {
		return err
	}
	for _, version := range slices.Sorted(maps.Keys(applied)) {
		if sums[version] != applied[version] {
			return cannotUse(fmt.Sprintf("migration %d of this program is not the one that made this database", version), "use an official build")
		}
	}
	return nil
}

// record keeps the checksums of migrations applied just now, what the schema looks like after them, and the name of a new
// database. A crash between a migration and this is made good at the next start.
func (s schema) record(ctx context.Context, sums map[int64]string) error {
	const count = `SELECT count(*) FROM migrations`
	var recorded int
	if err := s.pool.QueryRowContext(ctx, count).Scan(&recorded); err != nil || recorded == len(sums) {
		return err
	}
	made, err := s.present(ctx)
	if err != nil {
		return err
	}
	tx, err := s.pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	conn := s.spell(tx)
	if err := nameDatabase(ctx, conn); err != nil {
		return err
	}
	for version, sha256 := range sums {
		const keep = `INSERT INTO migrations (version, sha256) VALUES ($1, $2) ON CONFLICT DO NOTHING`
		if _, err := conn.ExecContext(ctx, keep, version, sha256); err != nil {
			return err
		}
	}
	if _, err := conn.ExecContext(ctx, `DELETE FROM structure`); err != nil {
		return err
	}
	for name, sha256 := range made {
		if _, err := conn.ExecContext(ctx, `INSERT INTO structure (name, sha256) VALUES ($1, $2)`, name, sha256); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// nameDatabase names a database that has no name yet.
func nameDatabase(ctx context.Context, conn db.DBTX) error {
	q := db.New(conn)
	if _, err := q.Installation(ctx); !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	id := make([]byte, 8)
	_, _ = rand.Read(id) // never fails
	return q.InsertInstallation(ctx, hex.EncodeToString(id))
}

// compareStructure finds a table, index or trigger that was dropped or altered by hand: without the triggers, for one,
// entries could be changed. What somebody added is theirs.
func (s schema) compareStructure(ctx context.Context) error {
	present, err := s.present(ctx)
	if err != nil {
		return err
	}
	made, err := pairs[string](ctx, s.conn(), `SELECT name, sha256 FROM structure`)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(made)) {
		if present[name] != made[name] {
			return cannotUse(name+" is missing or was altered by hand", "restore a backup, or put it back as it was")
		}
	}
	return nil
}

// present hashes what each table, index, view and trigger is made of, by name.
func (s schema) present(ctx context.Context) (map[string]string, error) {
	made, err := pairs[string](ctx, s.conn(), s.structure)
	for name, text := range made {
		made[name] = sum(text)
	}
	return made, err
}

// pairs reads rows of a key and a text.
func pairs[K comparable](ctx context.Context, conn db.DBTX, query string) (map[K]string, error) {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[K]string{}
	for rows.Next() {
		var key K
		var value string
		if err := rows.Scan(&key, &value); err != nil {
			return nil, err
		}
		all[key] = value
	}
	return all, rows.Err()
}

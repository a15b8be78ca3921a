package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// migrate brings a database to the newest schema, each migration in a transaction of its own, forward only. It refuses a
// schema that is newer than this program, one whose migrations differ from ours, and one altered by hand.
// before is called ahead of the first change to a database that holds something.
func migrate(ctx context.Context, pool *sql.DB, files fs.FS, before func() error) error {
	provider, err := goose.NewProvider(goose.DialectSQLite3, pool, files)
	if err != nil {
		return err
	}
	sums, err := checksums(files, provider.ListSources())
	if err != nil {
		return err
	}
	current, err := version(ctx, pool)
	if err != nil {
		return err
	}
	newest := int64(len(sums))
	if current > newest {
		return fmt.Errorf("this database was written by a newer Tocsin (schema %d, this one knows %d): upgrade the program", current, newest)
	}
	if err := compareChecksums(ctx, pool, sums); err != nil {
		return err
	}
	if current < newest {
		if current > 0 {
			if err := before(); err != nil {
				return err
			}
		}
		if _, err := provider.Up(ctx); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
	}
	if err := recordSchema(ctx, pool, sums); err != nil {
		return err
	}
	return compareStructure(ctx, pool)
}

// checksums hashes each migration by its version; versions count from 1 without a gap.
func checksums(files fs.FS, sources []*goose.Source) (map[int64]string, error) {
	sums := make(map[int64]string, len(sources))
	for _, source := range sources {
		text, err := fs.ReadFile(files, source.Path)
		if err != nil {
			return nil, err
		}
		sums[source.Version] = sum(string(text))
	}
	return sums, nil
}

func sum(text string) string {
	hash := sha256.Sum256([]byte(text))
	return hex.EncodeToString(hash[:])
}

// version reads which migration was the last, 0 in a new database. Asking goose would create its table.
func version(ctx context.Context, pool *sql.DB) (int64, error) {
	var tables int64
	const find = `SELECT count(*) FROM sqlite_schema WHERE name = 'goose_db_version'`
	if err := pool.QueryRowContext(ctx, find).Scan(&tables); err != nil || tables == 0 {
		return 0, err
	}
	var last int64
	err := pool.QueryRowContext(ctx, `SELECT COALESCE(max(version_id), 0) FROM goose_db_version`).Scan(&last)
	return last, err
}

// compareChecksums finds a migration that was edited after it had been applied here.
func compareChecksums(ctx context.Context, pool *sql.DB, sums map[int64]string) error {
	var tables int64
	const find = `SELECT count(*) FROM sqlite_schema WHERE name = 'migrations'`
	if err := pool.QueryRowContext(ctx, find).Scan(&tables); err != nil || tables == 0 {
		return err
	}
	rows, err := pool.QueryContext(ctx, `SELECT version, sha256 FROM migrations`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var version int64
		var applied string
		if err := rows.Scan(&version, &applied); err != nil {
			return err
		}
		if sums[version] != applied {
			return fmt.Errorf("migration %d of this program is not the one that made this database: use an official build", version)
		}
	}
	return rows.Err()
}

// recordSchema keeps the checksums of migrations applied just now, and what the schema looks like after them. A crash
// between a migration and this is made good at the next start.
func recordSchema(ctx context.Context, pool *sql.DB, sums map[int64]string) error {
	var recorded int
	if err := pool.QueryRowContext(ctx, `SELECT count(*) FROM migrations`).Scan(&recorded); err != nil || recorded == len(sums) {
		return err
	}
	made, err := structure(ctx, pool)
	if err != nil {
		return err
	}
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	for version, sha256 := range sums {
		const record = `INSERT INTO migrations (version, sha256) VALUES (?1, ?2) ON CONFLICT DO NOTHING`
		if _, err := tx.ExecContext(ctx, record, version, sha256); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM structure`); err != nil {
		return err
	}
	for name, sha256 := range made {
		if _, err := tx.ExecContext(ctx, `INSERT INTO structure (name, sha256) VALUES (?1, ?2)`, name, sha256); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// compareStructure finds a table, index or trigger that was dropped or altered by hand: without the triggers, for one,
// entries could be changed. What somebody added is theirs.
func compareStructure(ctx context.Context, pool *sql.DB) error {
	present, err := structure(ctx, pool)
	if err != nil {
		return err
	}
	made, err := pairs(ctx, pool, `SELECT name, sha256 FROM structure`)
	if err != nil {
		return err
	}
	for name, sha256 := range made {
		if present[name] != sha256 {
			return fmt.Errorf("%s is missing or was altered by hand: restore a backup, or put it back as it was", name)
		}
	}
	return nil
}

// structure hashes what made each table, index, view and trigger, by name.
func structure(ctx context.Context, pool *sql.DB) (map[string]string, error) {
	const list = `SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`
	made, err := pairs(ctx, pool, list)
	for name, text := range made {
		made[name] = sum(text)
	}
	return made, err
}

func pairs(ctx context.Context, pool *sql.DB, query string) (map[string]string, error) {
	rows, err := pool.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string]string{}
	for rows.Next() {
		var key, value string
		if err := rows.Scan(&key, &value); err != nil {
			return nil, err
		}
		all[key] = value
	}
	return all, rows.Err()
}

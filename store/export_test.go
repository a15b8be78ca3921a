package store

import (
	"context"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"
)

// MigrateFurther migrates a PostgreSQL database as a newer program would that has one more migration.
func MigrateFurther(ctx context.Context, t testing.TB, where, statements string) error {
	t.Helper()
	config, err := address(where)
	must(t, err)
	pool := serverPool(config, 2)
	defer pool.Close()
	lock := serverPool(config, 1)
	defer lock.Close()
	first, err := fs.ReadFile(migrations, "migrations/postgres/00001_record.sql")
	must(t, err)
	files := fstest.MapFS{"00001_record.sql": {Data: first}, "00002_more.sql": {Data: []byte("-- +goose Up\n" + statements)}}
	ours := schema{dialect: postgresDialect, pool: pool, files: files}
	return alone(ctx, lock, func() error {
		_, err := ours.migrate(ctx, func() error { return nil })
		return err
	})
}

// Hurry makes a store of PostgreSQL wait for others for a shorter time.
func (s *Store) Hurry(patience time.Duration) { s.engine.(*transactor).patience = patience }

// Query asks the database something that no test of ours could ask otherwise.
func (s *Store) Query(t testing.TB, query string) (answer string) {
	t.Helper()
	must(t, s.writer.QueryRow(query).Scan(&answer))
	return answer
}

package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"testing/fstest"
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
	ours := schema{dialect: postgresDialect, pool: pool, files: oneMore("postgres", statements)}
	return alone(ctx, lock, slog.New(slog.DiscardHandler), func() error {
		_, err := ours.migrate(ctx, func() error { return nil })
		return err
	})
}

// Newest is the schema that this program makes.
var Newest = int64(len(oneMore("sqlite", "")) - 1)

// ByNewer is how a database is refused that a program with so many migrations more has made.
func ByNewer(more int64) string {
	return fmt.Sprintf("schema %d, this one knows %d", Newest+more, Newest)
}

// oneMore is the migrations of an engine as a newer program has them that knows one more.
func oneMore(engine, statements string) fstest.MapFS {
	files := fstest.MapFS{}
	entries, err := fs.ReadDir(migrations, "migrations/"+engine)
	if err != nil {
		panic(err)
	}
	for _, entry := range entries {
		text, err := fs.ReadFile(migrations, "migrations/"+engine+"/"+entry.Name())
		if err != nil {
			panic(err)
		}
		files[entry.Name()] = &fstest.MapFile{Data: text}
	}
	files[fmt.Sprintf("%05d_more.sql", len(files)+1)] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + statements)}
	return files
}

// Query asks the database something that no test of ours could ask otherwise.
func (s *Store) Query(t testing.TB, query string) (answer string) {
	t.Helper()
	must(t, s.writer.QueryRow(query).Scan(&answer))
	return answer
}

// SearchFew makes a small house search like a large one: only so many words that begin alike, or so many of the newest entries,
// are looked up one by one.
func (s *Store) SearchFew(few int) {
	d := *s.dialect
	if d.search = searchFile(few); s.file == nil {
		d.search = searchServer(int64(few))
	}
	s.dialect = &d
}

// Plans is how PostgreSQL would run each of our statements on large tables, by name.
func (s *Store) Plans(t testing.TB, more map[string]string) map[string]string {
	t.Helper()
	conn, err := s.writer.Conn(t.Context())
	must(t, err)
	defer conn.Close()
	// As if all tables were large: an empty one is always read whole.
	for _, setting := range []string{"enable_seqscan = off", "plan_cache_mode = force_generic_plan"} {
		_, err := conn.ExecContext(t.Context(), "SET "+setting)
		must(t, err)
	}
	all := statements(t, postgresDialect)
	maps.Copy(all, more)
	plans := map[string]string{}
	for name, statement := range all {
		if ofFewRows(name, statement) {
			continue
		}
		_, err := conn.ExecContext(t.Context(), "PREPARE q AS "+statement)
		must(t, err)
		arguments := ""
		for n := 1; strings.Contains(statement, fmt.Sprintf("$%d", n)); n++ {
			arguments += ", NULL"
		}
		if arguments != "" {
			arguments = "(" + arguments[2:] + ")"
		}
		plans[name] = explained(t, conn, "EXPLAIN EXECUTE q"+arguments)
		_, err = conn.ExecContext(t.Context(), "DEALLOCATE q")
		must(t, err)
	}
	return plans
}

// Inside asks the database something in a change.
func (s *Store) Inside(t testing.TB, query string) (answer string) {
	t.Helper()
	must(t, s.write(t.Context(), func(tx *Tx) error { return tx.conn.QueryRowContext(tx.ctx, query).Scan(&answer) }))
	return answer
}

func explained(t testing.TB, conn *sql.Conn, query string) (plan string) {
	t.Helper()
	rows, err := conn.QueryContext(t.Context(), query)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var line string
		must(t, rows.Scan(&line))
		plan += line + "\n"
	}
	must(t, rows.Err())
	return plan
}

// WrongTurns is how many effects say something else of their turn than the view does, which reads the whole queue.
func (s *Store) WrongTurns(t testing.TB) (wrong int) {
	t.Helper()
	must(t, s.readers.QueryRow(`SELECT count(*) FROM effects e LEFT JOIN turns t ON t.id = e.id
		WHERE COALESCE(e.turn, -1) <> COALESCE(t.turn, -1)`).Scan(&wrong))
	return wrong
}

// Stall runs a statement in a change, and something else between it and the commit.
func (s *Store) Stall(ctx context.Context, statement string, meanwhile func()) error {
	return s.write(ctx, func(tx *Tx) error {
		_, err := tx.conn.ExecContext(tx.ctx, statement)
		meanwhile()
		return err
	})
}

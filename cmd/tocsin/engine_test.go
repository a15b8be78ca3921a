package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"tocsin/incident"
	"tocsin/store/storetest"
)

// testEngine says which engine keeps the records of the houses: sqlite, or postgres.
var testEngine = os.Getenv("TOCSIN_TEST_ENGINE")

// onPostgres tells whether the houses stand on PostgreSQL.
var onPostgres = testEngine == "postgres"

// newDatabase makes an empty database of the engine that is tested. That of PostgreSQL stands in the one server of this
// test program.
func newDatabase(t testing.TB) string {
	t.Helper()
	switch testEngine {
	case "", "sqlite":
		return filepath.Join(t.TempDir(), "tocsin.db")
	case "postgres":
		return storetest.Cluster(t).Database(t)
	}
	t.Fatalf("TOCSIN_TEST_ENGINE is %q, and may be sqlite or postgres", testEngine)
	return ""
}

// aboutSQLite is for tests of what only SQLite has. They run in the pass that has it.
func aboutSQLite(t *testing.T, why string) {
	t.Helper()
	if onPostgres {
		t.Skip("runs with TOCSIN_TEST_ENGINE=sqlite: it is about " + why)
	}
}

// inOnePass is for tests to which neither the engine nor the transport is of any matter, or that bring both themselves. They
// run in the pass over SQLite.
func inOnePass(t *testing.T, why string) {
	t.Helper()
	if onPostgres && overSocket() {
		t.Skip("runs with TOCSIN_TEST_ENGINE=sqlite, and not again: " + why)
	}
}

// houseLease is how long an effect belongs to a replica in a house. On PostgreSQL what a dead program left behind is taken up
// when its leases are over, which must be before anybody is told that something is late.
const houseLease = 9 * time.Second

// image is the database as a power cut would leave it: no write is under way while it is copied, and none that was not
// synced is in it.
func (h *house) image() (path string, err error) {
	if onPostgres {
		return h.copyServer(nil)
	}
	_, err = h.program.store.Change(context.Background(), incident.Request{At: h.Clock()()}, func(incident.Tx) ([]byte, error) {
		path, err = h.copyFile()
		return nil, err
	})
	return path, err
}

// imageDuring is image, taken right after something that happens while no change can be committed.
func (h *house) imageDuring(do func()) (path string, err error) {
	if !onPostgres {
		_, err = h.program.store.Change(h.t.Context(), incident.Request{At: h.Clock()()}, func(incident.Tx) ([]byte, error) {
			do()
			path, err = h.copyFile()
			return nil, err
		})
		return path, err
	}
	pool, err := sql.Open("pgx", h.db)
	if err != nil {
		return "", err
	}
	defer pool.Close()
	tx, err := pool.BeginTx(h.t.Context(), nil)
	if err != nil {
		return "", err
	}
	if _, err := tx.Exec(`LOCK TABLE requests IN SHARE MODE`); err != nil {
		return "", err
	}
	do()
	return h.copyServer(tx)
}

// copyFile copies the file and its log; the index of the log is made anew. It must run within a change, which nothing else
// can be written beside.
func (h *house) copyFile() (string, error) {
	folder, err := os.MkdirTemp(filepath.Dir(h.db), "image")
	if err != nil {
		return "", err
	}
	to := filepath.Join(folder, "tocsin.db")
	for _, part := range []string{"", "-wal"} {
		raw, err := os.ReadFile(h.db + part)
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(to+part, raw, 0o600); err != nil {
			return "", err
		}
	}
	return to, nil
}

var copies atomic.Int64

// copyServer copies a database of PostgreSQL as it is when all its sessions are cut off at once, as they are when a program
// dies: what was not committed is gone. The transaction, if there is one, keeps others from committing until then.
func (h *house) copyServer(keeper *sql.Tx) (string, error) {
	h.log.ignore(true) // what the dying program makes of that
	server := storetest.Cluster(h.t)
	pool, err := sql.Open("pgx", server.Address("postgres"))
	if err != nil {
		return "", err
	}
	defer pool.Close()
	ours, to := databaseOf(h.db), fmt.Sprintf("copy%d", copies.Add(1))
	if _, err := pool.Exec("ALTER DATABASE " + ours + " ALLOW_CONNECTIONS false"); err != nil {
		return "", err
	}
	if keeper != nil {
		if err := cutAllBut(pool, ours, keeper); err != nil {
			return "", err
		}
	}
	for {
		_, err := pool.Exec(endSessions, ours, 0)
		if err == nil {
			_, err = pool.Exec("CREATE DATABASE " + to + " TEMPLATE " + ours)
		}
		var server *pgconn.PgError
		if errors.As(err, &server) && server.Code == "55006" {
			continue // a session that had begun before no more were let in
		}
		if err != nil {
			return "", err
		}
		break
	}
	h.copies = append(h.copies, to)
	_, err = pool.Exec("ALTER DATABASE " + ours + " ALLOW_CONNECTIONS true")
	return server.Address(to), err
}

const endSessions = `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = $1 AND pid <> $2`

// cutAllBut ends all sessions on a database before the one that kept them from committing.
func cutAllBut(pool *sql.DB, database string, keeper *sql.Tx) error {
	var pid int
	if err := keeper.QueryRow(`SELECT pg_backend_pid()`).Scan(&pid); err != nil {
		return err
	}
	if _, err := pool.Exec(endSessions, database, pid); err != nil {
		return err
	}
	return keeper.Rollback()
}

// databaseOf is the name in the address of a database.
func databaseOf(address string) string {
	_, name, _ := strings.Cut(address, "@/")
	name, _, _ = strings.Cut(name, "?")
	return name
}

// clear drops the copies of the database.
func (h *house) clear() {
	for _, name := range h.copies {
		server := storetest.Cluster(h.t)
		server.Exec(h.t, server.Address("postgres"), "DROP DATABASE "+name+" WITH (FORCE)")
	}
}

// occupy keeps the program from storing anything, as another process would that has locked the database, until the test lets go.
func (h *house) occupy() (letGo func()) {
	h.t.Helper()
	conn, err := openDatabase(h.t, h.db).Conn(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	begin := []string{"BEGIN EXCLUSIVE"}
	if onPostgres {
		begin = []string{"BEGIN", "LOCK TABLE goose_db_version IN ACCESS EXCLUSIVE MODE"} // each change begins by reading it
	}
	for _, statement := range begin {
		if _, err := conn.ExecContext(context.Background(), statement); err != nil {
			h.t.Fatal(err)
		}
	}
	return sync.OnceFunc(func() {
		_, err := conn.ExecContext(context.Background(), "ROLLBACK")
		if err := errors.Join(err, conn.Close()); err != nil {
			h.t.Error(err)
		}
	})
}

// isServer tells the address of a database on a server from the name of a file.
func isServer(where string) bool { return strings.HasPrefix(where, "postgres://") }

// openDatabase opens a database beside the program, to look or to reach into it.
func openDatabase(t testing.TB, where string) *sql.DB {
	t.Helper()
	driver, source := "sqlite3", "file:"+where+"?mode=rw&_busy_timeout=5000"
	if isServer(where) {
		driver, source = "pgx", where
	}
	pool, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return pool
}

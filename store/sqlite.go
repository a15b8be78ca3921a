package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3"

	"tocsin/store/db"
)

// minVersion is SQLite 3.51.3: older ones can corrupt a WAL database when a checkpoint and a commit meet.
const minVersion = 3_051_003

// drivers are SQLite with our settings on every connection, for writing and for reading.
var drivers = map[access]struct {
	name string
	*sqlite3.SQLiteDriver
}{
	writing: {"tocsin-sqlite", hooked(writing)},
	reading: {"tocsin-sqlite-reading", hooked(reading, vocabulary)},
}

// sqliteDialect is what SQLite has to be told. It has one writer, so nobody else holds a row.
var sqliteDialect = &dialect{
	goose:      goose.DialectSQLite3,
	folder:     "sqlite",
	spell:      func(conn db.DBTX) db.DBTX { return numbered{conn} },
	explain:    explainFile,
	index:      `INSERT INTO words (rowid, text) VALUES ($1, $2)`,
	forget:     `INSERT INTO words (words, rowid, text) SELECT 'delete', $1, $2 WHERE EXISTS (SELECT 1 FROM words_docsize WHERE id = $1)`,
	search:     searchFile(endings),
	tidy:       tidyFile,
	unsearched: `SELECT NOT EXISTS (SELECT 1 FROM words_docsize) AND EXISTS (SELECT 1 FROM contents)`,
	exists:     `SELECT count(*) FROM sqlite_schema WHERE name = $1`,
	tables:     `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name <> 'goose_db_version' ORDER BY name`,
	elsewhere:  "name another file in TOCSIN_DB",
	structure:  `SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`,
}

// busyTimeout is how long a connection waits for a lock, in milliseconds.
const busyTimeout = "1500"

// pragmas is the one list of settings: how each is made, and what it must read back as. The driver ignores a misspelt
// word in its DSN, so nothing is believed before it is read back.
var pragmas = []struct {
	name, value string
	dsn         string // the driver's word for it; "" is set by a hook when a connection opens
	on          access
}{
	{"journal_mode", "wal", "_journal_mode", writing},        // it is kept in the file, so readers need not ask for it
	{"synchronous", "2", "_synchronous", both},               // FULL: an answer means durable, over power cuts too
	{"busy_timeout", busyTimeout, "_busy_timeout", both},     // ms, against foreign processes; within the time Slack gives us
	{"foreign_keys", "1", "_foreign_keys", both},             // off by default
	{"secure_delete", "1", "_secure_delete", both},           // what was redacted is gone from free pages
	{"cache_size", "-1000", "_cache_size", reading},          // KiB each: what is read again and again is far less, and the kernel has the rest
	{"query_only", "1", "", reading},                         // besides mode=ro: a reader that writes is a fault of ours
	{"trusted_schema", "0", "", both},                        // a crafted file cannot run functions
	{"cell_size_check", "1", "", both},                       // damage is found when a page is read
	{"mmap_size", "0", "", both},                             // an I/O error is an error, no signal
	{"temp_store", "2", "", both},                            // memory: nothing private in temporary files
	{"journal_size_limit", "67108864", "", both},             // bytes that the WAL may keep after a long reader
	{"recursive_triggers", "1", "_recursive_triggers", both}, // REPLACE fires the triggers that keep entries
}

type access int

const (
	both access = iota
	writing
	reading
	making     // writing a file that has not got its name yet, and is synced when it is whole
	looking    // reading a file that nobody has open, without a trace
	recovering // the same, with what a crash has left in its write-ahead log
	indexing   // the same, where the index of that log is gone: each connection makes one in its memory
)

// settings is whose settings a way to open a file has.
func (a access) settings() access {
	switch a {
	case looking, recovering, indexing:
		return reading
	case making:
		return writing
	}
	return a
}

func init() {
	for _, d := range drivers {
		sql.Register(d.name, d.SQLiteDriver)
	}
}

// hooked is a driver whose connections begin with some statements, and with the settings that its DSN has no words for.
func hooked(a access, first ...string) *sqlite3.SQLiteDriver {
	hook := slices.Clone(first)
	for _, p := range pragmas {
		if p.dsn == "" && (p.on == both || p.on == a) {
			hook = append(hook, "PRAGMA "+p.name+"="+p.value)
		}
	}
	all := strings.Join(hook, ";")
	return &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
		_, err := c.Exec(all, nil)
		return err
	}}
}

// dsn is the address of a database file with all that the driver has words for.
func dsn(path string, a access) string {
	words := url.Values{"_stmt_cache_size": {"64"}} // prepared statements kept on each connection; we have about 40
	switch a {
	case looking:
		words.Set("immutable", "1")
	case recovering:
		words.Set("readonly_shm", "1")
	case indexing: // who has a file alone needs no shared index; a lock to have it alone cannot be taken without writing
		words.Set("vfs", "unix-none")
		words.Set("_locking_mode", "EXCLUSIVE")
	}
	settings := a.settings()
	if settings == reading {
		words.Set("mode", "ro")
	} else {
		words.Set("mode", "rw")           // it is made before, and one that was deleted is not made anew
		words.Set("_txlock", "immediate") // a transaction that reads first cannot lose its turn to write
	}
	for _, p := range pragmas {
		if p.dsn != "" && (p.on == both || p.on == settings) {
			words.Set(p.dsn, p.value)
		}
	}
	if a == making {
		words.Set("_synchronous", "OFF")
		words.Set("_journal_mode", "MEMORY")
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + words.Encode()
}

// openPool opens a pool of connections to a file and reads back their settings.
func openPool(ctx context.Context, path string, a access, size int) (*sql.DB, error) {
	pool, err := sql.Open(drivers[a.settings()].name, dsn(path, a))
	if err != nil {
		return nil, err
	}
	return sized(ctx, pool, a, size)
}

// sized bounds a pool, and reads back the settings of its connections.
func sized(ctx context.Context, pool *sql.DB, a access, size int) (*sql.DB, error) {
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	if err := check(ctx, pool, a.settings()); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return pool, nil
}

// check refuses a library that is too old, and settings that did not take.
func check(ctx context.Context, pool *sql.DB, a access) error {
	if _, version, _ := sqlite3.Version(); version < minVersion {
		return fmt.Errorf("SQLite %d is too old: %d is the oldest that does not lose data", version, minVersion)
	}
	for _, p := range pragmas {
		if p.on != both && p.on != a {
			continue
		}
		var got string
		if err := pool.QueryRowContext(ctx, "PRAGMA "+p.name).Scan(&got); err != nil {
			return fmt.Errorf("read setting %s: %w", p.name, err)
		}
		if got != p.value {
			return fmt.Errorf("SQLite has %s=%s where Tocsin needs %s; on a network file system it cannot run", p.name, got, p.value)
		}
	}
	return nil
}

// unharmed are the result codes after which a transaction stands as it did before the statement. After any other SQLite
// may have rolled back all of it, or may not trust its file any more.
var unharmed = map[sqlite3.ErrNo]bool{
	sqlite3.ErrError: true, sqlite3.ErrConstraint: true, sqlite3.ErrMismatch: true,
	sqlite3.ErrTooBig: true, sqlite3.ErrRange: true, sqlite3.ErrMisuse: true,
}

// fatal tells whether an error means that the connection and its transaction are not to be used further.
func fatal(err error) bool {
	var code sqlite3.Error
	return errors.As(err, &code) && !unharmed[code.Code]
}

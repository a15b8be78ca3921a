package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"tocsin/store/db"
)

// minServer is PostgreSQL 15, the oldest that this program is tested with.
const minServer = 15

// writers is how many changes run at once on one replica: enough that they share the server's syncs, and with the readers
// few enough for three replicas on a server that takes a hundred connections.
const writers = 16

// The names of our connections, as the server lists them: of a program that runs, and of those who only look in.
const (
	nameRunning = "tocsin"
	nameBeside  = "tocsin beside"
)

// dialTime bounds an attempt to reach the server; silence is how long a server may not answer the kernel's probes before a
// connection counts as lost.
const (
	dialTime = 5 * time.Second
	silence  = 15 * time.Second
)

// postgresDialect is what PostgreSQL has to be told. The lock of a row does not stand in the way of those who only refer to
// it. Of a view's query nothing is compared but its columns: each version of the server prints it in a way of its own.
var postgresDialect = &dialect{
	goose:   goose.DialectPostgres,
	folder:  "postgres",
	spell:   func(conn db.DBTX) db.DBTX { return clean{conn} },
	explain: explainServer,
	exists:  `SELECT count(*) FROM pg_class WHERE oid = to_regclass($1)`,
	tables: `
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND c.relname <> 'goose_db_version'
	AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY c.relname`,
	elsewhere:  "give Tocsin a database of its own, made with CREATE DATABASE",
	take:       `FOR UPDATE SKIP LOCKED`,
	hold:       `SELECT id FROM incidents WHERE id = $1 FOR NO KEY UPDATE`,
	index:      `INSERT INTO words (entry_id, words) VALUES ($1, array_to_tsvector(string_to_array($2, ' ')))`,
	forget:     `DELETE FROM words WHERE entry_id = $1 AND $2::text IS NOT NULL`,
	search:     searchServer(nearby),
	unsearched: `SELECT NOT EXISTS (SELECT 1 FROM words) AND EXISTS (SELECT 1 FROM contents)`,
	structure: `
WITH ours AS (
	SELECT c.oid, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema()
)
SELECT o.relname, string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull::text || ' ' || a.attidentity::text, ', ' ORDER BY a.attnum)
FROM ours o JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE o.relkind IN ('r', 'v') GROUP BY o.relname
UNION ALL
SELECT o.relname, i.indisvalid::text || ' ' || pg_get_indexdef(o.oid, 0, true) FROM ours o JOIN pg_index i ON i.indexrelid = o.oid
UNION ALL
SELECT 'constraint ' || k.conname, k.convalidated::text || ' ' || pg_get_constraintdef(k.oid, true)
FROM ours o JOIN pg_constraint k ON k.conrelid = o.oid WHERE k.contype IN ('p', 'u', 'f', 'c')
UNION ALL
SELECT 'trigger ' || t.tgname, concat_ws(' ', o.relname, t.tgtype, t.tgenabled, p.proname, encode(t.tgargs, 'hex'))
FROM ours o JOIN pg_trigger t ON t.tgrelid = o.oid JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal
UNION ALL
SELECT 'function ' || p.proname, p.prosrc FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = current_schema() AND EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgfoid = p.oid)`,
}

// Place is where a database is, for people: of an address only the host and the name, for it may hold a password.
func Place(where string) string {
	if !IsPostgres(where) {
		return where
	}
	config, err := pgx.ParseConfig(where)
	if err != nil {
		return "PostgreSQL"
	}
	if strings.HasPrefix(config.Host, "/") { // a socket
		return "postgres:///" + config.Database + "?host=" + config.Host
	}
	return "postgres://" + net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port))) + "/" + config.Database
}

// openServer opens a PostgreSQL database for writing and reading.
func (s *Store) openServer(ctx context.Context, where string, o Options) error {
	config, err := address(where)
	if err != nil {
		return err
	}
	if o.Beside || o.ReadOnly {
		config.RuntimeParams["application_name"] = nameBeside
	}
	s.readers = serverPool(config, readers)
	if err := checkServer(ctx, s.readers); err != nil {
		return err
	}
	ours := schema{dialect: s.dialect, pool: s.readers}
	if o.ReadOnly {
		s.engine = reader{}
		return ours.match(ctx)
	}
	s.writer = serverPool(config, writers)
	if o.Beside {
		err = ours.match(ctx)
	} else {
		err = alone(ctx, s.writer, s.log, func() (err error) {
			s.migrated, err = ours.migrate(ctx, func() error { return nil }) // no copy: its backups are the server's
			return err
		})
	}
	if err != nil {
		return err
	}
	_, sums, err := ours.sources()
	if err != nil {
		return err
	}
	s.engine = &transactor{pool: s.writer, log: s.log, wake: s.signal, known: int64(len(sums))}
	return nil
}

// address reads the address of a database. What is wrong with one is not told: the part that cannot be read may be the
// password.
func address(where string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(where)
	if err != nil {
		return nil, cannotUse("this is no address of a PostgreSQL database",
			"it should look like postgres://user:password@host:5432/database, with special characters in the password written as %XX")
	}
	// A pooler may hand each transaction to another connection of the server, so nothing is prepared on one for later.
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	config.StatementCacheCapacity, config.DescriptionCacheCapacity = 0, 0
	config.RuntimeParams["application_name"] = nameRunning // whatever the address or PGAPPNAME says: we look for each other by it
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = dialTime
	}
	if config.ValidateConnect == nil {
		config.ValidateConnect = takesChanges
	}
	dialer := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: silence / 3, Interval: silence / 3, Count: 3}}
	config.DialFunc = dialer.DialContext
	return config, nil
}

// errStandby is why a server is not used; of several hosts in an address the next is tried.
var errStandby = &obstacle{mend: mend{"this PostgreSQL takes no changes, as a standby does not", "give the address of the primary"}}

func takesChanges(ctx context.Context, conn *pgconn.PgConn) error {
	results, err := conn.Exec(ctx, "SHOW transaction_read_only").ReadAll()
	if err != nil {
		return err
	}
	if string(results[0].Rows[0][0]) == "on" {
		return errStandby
	}
	return nil
}

func serverPool(config *pgx.ConnConfig, size int) *sql.DB {
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	pool.SetConnMaxLifetime(10 * time.Minute) // an address may lead elsewhere by then
	return pool
}

// checkServer refuses a server that is too old, and settings with which an answer would not mean durable.
func checkServer(ctx context.Context, pool *sql.DB) error {
	settings, err := serverSettings(ctx, pool)
	if err != nil {
		return err
	}
	version, err := strconv.Atoi(settings["server_version_num"])
	switch {
	case err != nil:
		return err
	case version < minServer*10000:
		return cannotUse(fmt.Sprintf("PostgreSQL %s is too old", settings["server_version"]), fmt.Sprintf("use %d or newer", minServer))
	}
	for _, need := range serverNeeds {
		if got := settings[need.name]; got == need.not || need.only != "" && got != need.only {
			return cannotUse(fmt.Sprintf("PostgreSQL has %s=%s", need.name, got), need.mend)
		}
	}
	return nil
}

// serverNeeds is what the settings of a server and of a database must or must not be.
var serverNeeds = []struct{ name, not, only, mend string }{
	{name: "fsync", not: "off", mend: "what was answered would be lost with the power; set fsync = on in postgresql.conf"},
	{name: "full_page_writes", not: "off", mend: "a torn page would lose data; set full_page_writes = on in postgresql.conf"},
	{name: "synchronous_commit", not: "off", mend: "what was answered could be lost; set it to on, also for this user and this database"},
	{name: "server_encoding", only: "UTF8", mend: "make a database with CREATE DATABASE tocsin ENCODING 'UTF8' TEMPLATE template0"},
	{name: "client_encoding", only: "UTF8", mend: "ALTER ROLE … RESET client_encoding, also for this database"},
}

// serverSettings reads what the server and this session are set to.
func serverSettings(ctx context.Context, pool *sql.DB) (map[string]string, error) {
	return pairs[string](ctx, pool, `SELECT name, setting FROM pg_settings WHERE name IN (
		'server_version', 'server_version_num', 'server_encoding', 'client_encoding', 'synchronous_commit', 'fsync', 'full_page_writes'
	)`)
}

// alone runs something that no other replica runs on this database at the same time. The lock is one of a transaction, so
// that it is gone with whoever held it, and a pooler cannot lend it to another. Whoever was stopped loses it after an hour.
func alone(ctx context.Context, pool *sql.DB, log *slog.Logger, run func() error) error {
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // it has written nothing
	const key = int64(0x746f6373696e)    // "tocsin"
	var free bool
	const try = `SELECT pg_try_advisory_xact_lock($1) FROM set_config('idle_in_transaction_session_timeout', '1h', true)`
	if err := tx.QueryRowContext(ctx, try, key).Scan(&free); err != nil {
		return err
	}
	if !free {
		log.Info("another Tocsin looks after the schema of this database: waiting for it")
		if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, key); err != nil {
			return err
		}
	}
	return run()
}

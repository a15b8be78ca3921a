package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"

	"tocsin/store/db"
)

// Moved is what was moved.
type Moved struct {
	Rows    map[string]int64 // by table
	Entries int64            // whose commitments were recomputed on the far side
}

// moving is the tables that hold something, each behind those that it refers to. Row 0 of the incidents, the system, is made
// by the migrations.
var moving = []string{"installation", "incidents", "roles", "refs", "reminders", "tasks", "entries", "contents", "messages", "effects", "profiles", "members", "subscriptions", "requests"}

// numbering is the tables whose ids the database counts.
var numbering = []string{"incidents", "entries", "effects"}

// progressEvery is after how many rows of a table the progress is told.
const progressEvery = 20_000

// Move copies a SQLite file into an empty PostgreSQL database, with all ids, in one transaction there. Before that is
// committed, it counts the rows on the far side and recomputes the commitments of every entry from its content. It refuses a
// file that a program uses, and a database that holds something. The file is left as it is, with a mark beside it: nobody
// opens it any more, so that Slack does not hear from two.
func Move(ctx context.Context, from, to string, progress func(table string, rows int64)) (Moved, error) {
	if IsPostgres(from) || !IsPostgres(to) {
		return Moved{}, errors.New("what can be moved is a SQLite file, to an address that begins with postgres://")
	}
	if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
		return Moved{}, fmt.Errorf("there is no database %s", from)
	}
	lock, err := takeLock(from)
	if err != nil {
		return Moved{}, fmt.Errorf("open %s: %w", from, err)
	}
	defer func() { _ = lock.release() }() // nothing was written
	source, err := openPool(ctx, from, reading, 1)
	if err != nil {
		return Moved{}, fmt.Errorf("open %s: %w", from, explainFile(err))
	}
	defer source.Close()
	if err := (schema{dialect: sqliteDialect, pool: source}).match(ctx); err != nil {
		return Moved{}, fmt.Errorf("open %s: %w", from, explainFile(err))
	}
	if r, err := Look(ctx, to); err == nil && r.InUse { // else opening it will tell
		return Moved{}, fmt.Errorf("another Tocsin uses %s: stop it first", r.Where)
	}
	target, err := Open(ctx, to, Options{})
	if err != nil {
		return Moved{}, err
	}
	m := &move{source: source, progress: progress, Moved: Moved{Rows: map[string]int64{}}, entries: sha256.New()}
	err = errors.Join(m.run(ctx, target.writer), target.Close())
	if err != nil {
		return Moved{}, fmt.Errorf("move to %s, nothing was kept: %w", Place(to), explainServer(err))
	}
	if err := os.WriteFile(markOfMove(from), []byte(Place(to)+"\n"), 0o600); err != nil {
		return Moved{}, fmt.Errorf("everything was moved to %s, but the file could not be marked (%w): put it away, so that no Tocsin starts on it again", Place(to), err)
	}
	return m.Moved, nil
}

// markOfMove is the file beside a database that says where it was moved.
func markOfMove(path string) string { return path + ".moved" }

// moved refuses a file that was moved.
func moved(path string) error {
	where, err := os.ReadFile(markOfMove(path))
	if err != nil {
		return nil // what cannot be looked at is no reason to refuse
	}
	return cannotUse("it was moved to "+strings.TrimSpace(string(where)),
		"set TOCSIN_DB to that address, with user and password, or remove "+markOfMove(path)+" to go back to what the file held then")
}

// move is one on its way.
type move struct {
	Moved
	source   *sql.DB
	conn     *sql.Conn // of the target, in a transaction
	tx       *sql.Tx
	progress func(table string, rows int64)
	entries  hash.Hash // over what the entries commit to
}

func (m *move) run(ctx context.Context, target *sql.DB) (err error) {
	if m.conn, err = target.Conn(ctx); err != nil {
		return err
	}
	defer m.conn.Close()
	if m.tx, err = m.conn.BeginTx(ctx, nil); err != nil {
		return err
	}
	defer func() { _ = m.tx.Rollback() }() // after Commit it does nothing
	for _, step := range []func(context.Context) error{m.clear, m.copyAll, m.number, m.index, m.verify} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return m.tx.Commit()
}

// clear keeps programs off the database, makes sure that it is empty, and takes the name off it, which is moved too.
func (m *move) clear(ctx context.Context) error {
	const patient = `SELECT set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true), set_config('lock_timeout', $1, true)`
	if _, err := m.tx.ExecContext(ctx, patient, patience.String()); err != nil {
		return err
	}
	for _, table := range moving {
		if _, err := m.tx.ExecContext(ctx, "LOCK TABLE "+table+" IN ACCESS EXCLUSIVE MODE"); err != nil {
			return err
		}
		var full bool
		own := map[string]string{"incidents": " WHERE id <> 0", "installation": " WHERE false"}[table]
		if err := m.tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+table+own+")").Scan(&full); err != nil {
			return err
		}
		if full {
			return fmt.Errorf("the database is not empty, it has %s: make a new one with CREATE DATABASE", table)
		}
	}
	_, err := m.tx.ExecContext(ctx, `DELETE FROM installation`)
	return err
}

func (m *move) copyAll(ctx context.Context) error {
	for _, table := range moving {
		n, err := m.copyTable(ctx, table)
		if err != nil {
			return fmt.Errorf("copy %s: %w", table, err)
		}
		m.Rows[table] = n
		m.progress(table, n)
	}
	return nil
}

// index makes what entries are found by anew: each engine keeps that in its own way.
func (m *move) index(ctx context.Context) error {
	return indexAll(ctx, postgresDialect, postgresDialect.spell(m.tx))
}

// copyTable streams a table.
func (m *move) copyTable(ctx context.Context, table string) (copied int64, err error) {
	query := "SELECT * FROM " + table
	if table == "incidents" {
		query += " WHERE id <> 0"
	}
	rows, err := m.source.QueryContext(ctx, query) //nolint:rowserrcheck // the stream reads it to its end, and its error
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	err = m.conn.Raw(func(driver any) error {
		conn := driver.(*stdlib.Conn).Conn()
		shape, err := conn.Query(ctx, "SELECT * FROM "+table+" WHERE false")
		if err != nil {
			return err
		}
		shape.Close()
		if err := shape.Err(); err != nil {
			return err
		}
		s := &stream{rows: rows, kinds: kinds(columns, shape.FieldDescriptions()), each: func(n int64, row []any) { m.passed(table, n, columns, row) }}
		copied, err = conn.CopyFrom(ctx, pgx.Identifier{table}, columns, s)
		return err
	})
	return copied, err
}

// passed sees each row on its way.
func (m *move) passed(table string, n int64, columns []string, row []any) {
	if table == "entries" {
		var commitments [][]byte
		for k, column := range columns {
			if column == "actor_commitment" || column == "body_commitment" {
				commitments = append(commitments, row[k].([]byte))
			}
		}
		m.note(row[0].(int64), commitments...)
	}
	if n%progressEvery == 0 {
		m.progress(table, n)
	}
}

// note takes what an entry commits to into the hash.
func (m *move) note(id int64, commitments ...[]byte) {
	m.entries.Write(binary.BigEndian.AppendUint64(nil, uint64(id)))
	for _, c := range commitments {
		m.entries.Write(c)
	}
}

// number sets the counters behind the ids that were used, also by what is there no more.
func (m *move) number(ctx context.Context) error {
	for _, table := range numbering {
		var used int64
		const query = `SELECT max(COALESCE((SELECT max(id) FROM %s), 0), COALESCE((SELECT seq FROM sqlite_sequence WHERE name = '%s'), 0))`
		if err := m.source.QueryRowContext(ctx, fmt.Sprintf(query, table, table)).Scan(&used); err != nil {
			return err
		}
		const set = `SELECT setval(pg_get_serial_sequence($1, 'id'), $2, false)`
		if _, err := m.tx.ExecContext(ctx, set, table, used+1); err != nil {
			return err
		}
	}
	return nil
}

// verify counts, and recomputes what the entries commit to, from what the far side has.
func (m *move) verify(ctx context.Context) (err error) {
	for _, table := range moving {
		var n int64
		if err := m.tx.QueryRowContext(ctx, "SELECT count(*) FROM "+table).Scan(&n); err != nil {
			return err
		}
		if table == "incidents" {
			n-- // the system
		}
		if n != m.Rows[table] {
			return fmt.Errorf("%d of %d rows of %s have arrived", n, m.Rows[table], table)
		}
	}
	sent := m.entries.Sum(nil)
	m.entries.Reset()
	var wrong error
	m.Entries, _, err = verify(ctx, &witness{db.New(clean{m.tx}), m}, func(entry int64, what string) {
		if wrong == nil {
			wrong = fmt.Errorf("entry %d: %s; restore a backup of the file first", entry, what)
		}
	})
	switch {
	case err != nil || wrong != nil:
		return errors.Join(err, wrong)
	case !bytes.Equal(sent, m.entries.Sum(nil)):
		return errors.New("the entries that have arrived do not commit to what those of the file do")
	}
	return nil
}

// witness reads entries, and notes what they commit to.
type witness struct {
	*db.Queries
	move *move
}

// EntriesAfter is that of the queries.
func (w *witness) EntriesAfter(ctx context.Context, arg db.EntriesAfterParams) ([]db.EntriesAfterRow, error) {
	rows, err := w.Queries.EntriesAfter(ctx, arg)
	for _, row := range rows {
		w.move.note(row.ID, row.ActorCommitment, row.BodyCommitment)
	}
	return rows, err
}

// stream is rows of a file as the server takes them.
type stream struct {
	rows  *sql.Rows
	kinds []uint32 // of the columns, as the server has them
	each  func(n int64, row []any)
	n     int64
	row   []any
	err   error
}

// kinds finds what the server takes for each column.
func kinds(columns []string, fields []pgconn.FieldDescription) []uint32 {
	byName := make(map[string]uint32, len(fields))
	for _, field := range fields {
		byName[field.Name] = field.DataTypeOID
	}
	list := make([]uint32, len(columns))
	for n, column := range columns {
		list[n] = byName[column]
	}
	return list
}

// Next goes on to the next row.
func (s *stream) Next() bool {
	if s.err != nil || !s.rows.Next() {
		return false
	}
	s.row = make([]any, len(s.kinds))
	into := make([]any, len(s.kinds))
	for n := range into {
		into[n] = &s.row[n]
	}
	if s.err = s.rows.Scan(into...); s.err != nil {
		return false
	}
	for n, kind := range s.kinds {
		number, whole := s.row[n].(int64)
		if kind == pgtype.BoolOID && whole {
			s.row[n] = number != 0
		}
	}
	cleaned(s.row)
	s.n++
	s.each(s.n, s.row)
	return true
}

// Values is the present row.
func (s *stream) Values() ([]any, error) { return s.row, nil }

// Err is why there are no more rows.
func (s *stream) Err() error { return errors.Join(s.err, s.rows.Err()) }

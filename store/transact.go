package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tocsin/incident"
)

// changeTime bounds a change and its commit, and patience how long it waits for another one. stillness is how long the server
// lets it stand still before it takes its locks from it, as when its process was stopped: so short that who waits for them
// still gets an answer in the time that Slack gives, and far longer than any change computes. One that lost them runs again.
const (
	changeTime = 20 * time.Second
	patience   = 10 * time.Second
	stillness  = time.Second
)

// tries is how often a change is run that lost against another one, or lost its connection before its commit.
const tries = 6

// transactor runs each change in a PostgreSQL transaction of its own.
type transactor struct {
	pool  *sql.DB
	log   *slog.Logger
	wake  func() // called after a commit that concerns the outbox
	known int64  // the schema that this program writes

	mu     sync.RWMutex // held for reading while a change runs, so that close waits for it
	closed bool
}

// do runs a change durably. It is run again when it lost against another one, or its connection was lost before its commit:
// nothing of it is kept then. It ends with its caller's context until its commit has begun.
func (p *transactor) do(ctx context.Context, run func(*Tx) error) error {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.closed {
		return ErrClosed
	}
	for try := 1; ; try++ {
		again, err := p.once(ctx, run)
		switch {
		case again && ctx.Err() != nil:
			return fmt.Errorf("%w (%w)", ctx.Err(), err)
		case !again || try == tries || ctx.Err() != nil:
			return err
		}
		select { // from 10 ms on, doubled each time, and each replica by a pause of its own
		case <-time.After(time.Duration(float64(5*time.Millisecond<<try) * (0.5 + rand.Float64()))):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *transactor) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
}

// once runs a change once, and tells whether it may be run again.
func (p *transactor) once(ctx context.Context, run func(*Tx) error) (again bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), changeTime)
	defer cancel()
	follow := context.AfterFunc(ctx, cancel)
	conn, err := p.pool.Conn(own)
	if err != nil {
		return passing(err), firstOf(ctx.Err(), fmt.Errorf("store: connect: %w", err))
	}
	defer conn.Close()
	tx, err := conn.BeginTx(own, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return passing(err), firstOf(ctx.Err(), fmt.Errorf("store: begin: %w", err))
	}
	t := newTx(own, postgresDialect, tx)
	defer func() {
		_ = tx.Rollback() // after Commit it does nothing
		if demoted(t.err) {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // so database/sql closes it, and the next may find the primary
		}
	}()
	if err := p.guard(t); err != nil {
		return t.err != nil && passing(err), firstOf(ctx.Err(), err)
	}
	err = protect(p.log, func() error { return run(t) })
	if t.err != nil { // seen by the transaction, even if the change has swallowed it
		return passing(t.err), firstOf(ctx.Err(), t.err)
	}
	if err != nil {
		return false, err
	}
	if !follow() {
		return false, ctx.Err()
	}
	if err := tx.Commit(); err != nil {
		return uncommitted(err)
	}
	if len(t.stirred) > 0 {
		p.wake()
	}
	return false, nil
}

// unanswered is the error of a commit that may have happened all the same.
type unanswered struct{ err error }

func (u *unanswered) Error() string { return u.err.Error() }

// Unwrap returns the refusal, and what is known of the failure.
func (u *unanswered) Unwrap() []error { return []error{incident.ErrUncertain, u.err} }

// uncommitted tells what became of a change whose commit has failed. Nothing of it is kept where the server refuses the
// commit, or was never told of it, because it had ended what stood still, or nothing could be written to it any more; else
// nobody knows. What pgx calls safe to try again is not asked: a connection that was lost while the commit was under way
// is among it.
func uncommitted(err error) (again bool, _ error) {
	var server *pgconn.PgError
	refused := errors.As(err, &server) && server.SeverityUnlocalized == "ERROR"
	err = fmt.Errorf("store: commit: %w", err)
	switch {
	case refused:
		return lost(err), err
	case errors.Is(err, syscall.EPIPE), server != nil && server.Code == stoodStill:
		return true, err
	case errors.Is(err, pgx.ErrTxCommitRollback), errors.Is(err, sql.ErrTxDone):
		return false, err
	}
	return false, &unanswered{err}
}

// guard begins a transaction. It refuses one on a schema that is not ours: whoever migrates locks this table first, waits for
// all who have read it, and keeps out who has not. It makes the commit durable, and lets the server end what stands still.
// A pooler may give each transaction another session, so all this is said each time.
func (p *transactor) guard(t *Tx) error {
	const guard = `SELECT COALESCE(max(version_id), 0),
		set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') THEN 'on'
			ELSE current_setting('synchronous_commit') END, true),
		set_config('lock_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $2, true)
	FROM goose_db_version`
	var current int64
	var said string
	err := t.conn.QueryRowContext(t.ctx, guard, patience.String(), stillness.String()).Scan(&current, &said, &said, &said)
	switch {
	case err != nil:
		return t.fail("begin", err)
	case current > p.known:
		return newer(current, p.known)
	case current < p.known:
		return cannotUse(fmt.Sprintf("the database has become an older one (schema %d, this program writes %d)", current, p.known), "start the program anew")
	}
	return nil
}

// lost tells of a change that lost against another one, by the code of the error.
func lost(err error) bool {
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		return false
	}
	switch server.Code {
	case "40001", "40P01", "23505": // serialization failure, deadlock, unique violation
		return true
	}
	return false
}

// demoted tells of a server that has become a standby since we connected.
func demoted(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && server.Code == "25006" // read only SQL transaction
}

// stoodStill is the code of a transaction that did nothing for longer than it may.
const stoodStill = "25P03"

// passing tells of an error before the commit after which the change may be run again: it lost against another one, or the
// connection is gone.
func passing(err error) bool {
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
	}
	return lost(err) || demoted(err) || server.Code == stoodStill || strings.HasPrefix(server.Code, "08") || strings.HasPrefix(server.Code, "57P")
}

// firstOf is the first of two errors that is one.
func firstOf(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

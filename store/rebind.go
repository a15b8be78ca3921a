package store

import (
	"context"
	"database/sql"
	"strings"
	"sync"

	"tocsin/store/db"
)

// numbered runs statements written for PostgreSQL ($1) on SQLite (?1). SQLite takes $1 for a name and would bind in the
// order of first appearance. Preparing is left to the driver, which keeps the statements of each connection.
type numbered struct{ conn db.DBTX }

func (n numbered) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return n.conn.ExecContext(ctx, rebind(query), args...)
}

func (n numbered) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return n.conn.PrepareContext(ctx, rebind(query))
}

func (n numbered) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return n.conn.QueryContext(ctx, rebind(query), args...)
}

func (n numbered) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return n.conn.QueryRowContext(ctx, rebind(query), args...)
}

// rebound keeps each text that was rewritten. The texts are constants of this program, so there are few.
var rebound sync.Map

// rebind turns $1 into ?1. No text of ours has a dollar sign in a literal.
func rebind(query string) string {
	if text, ok := rebound.Load(query); ok {
		return text.(string)
	}
	text := strings.ReplaceAll(query, "$", "?")
	rebound.Store(query, text)
	return text
}

// clean keeps out of texts what PostgreSQL does not take in one: a NUL, and what is no UTF-8. Words that were committed to
// hold neither, because JSON does not.
type clean struct{ conn db.DBTX }

func (c clean) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return c.conn.ExecContext(ctx, query, cleaned(args)...)
}

func (c clean) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return c.conn.PrepareContext(ctx, query)
}

func (c clean) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return c.conn.QueryContext(ctx, query, cleaned(args)...)
}

func (c clean) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return c.conn.QueryRowContext(ctx, query, cleaned(args)...)
}

func cleaned(args []any) []any {
	for n, arg := range args {
		if text, ok := arg.(string); ok {
			args[n] = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
		}
	}
	return args
}

package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"

	"github.com/pressly/goose/v3"

	"tocsin/store/db"
)

// engine runs changes durably. Each engine has its own way to a commit.
type engine interface {
	// do runs a change in a durable transaction. A caller whose context ends before the change has begun gets the context's
	// error, and the change is never run.
	do(ctx context.Context, run func(*Tx) error) error
	// close takes no more changes, and returns when those that were taken are done.
	close()
}

// reader is the engine of a store that only reads.
type reader struct{}

func (reader) do(context.Context, func(*Tx) error) error {
	return errors.New("store: opened for reading, so nothing can be changed")
}

func (reader) close() {}

// dialect is what the engines have to be told differently. All else is one text for both.
type dialect struct {
	goose      goose.Dialect
	folder     string                // of its migrations
	spell      func(db.DBTX) db.DBTX // makes a connection take our statements and their arguments
	exists     string                // counts the relations of a name
	tables     string                // lists the tables that somebody has made, without the one that a first start makes before all else
	elsewhere  string                // what to do where they are not ours
	structure  string                // lists by name what the migrations have made, and what it is made of
	take       string                // the end of the claim's query: how the rows are taken that it picks
	explain    func(error) error     // says of an error in one sentence what is wrong and what to do
	index      string                // keeps the words of an entry
	forget     string                // takes the words of an entry out again, if they are there; SQLite has to be told which they are
	search     searcher              // finds entries by their words
	tidy       tidier                // puts the parts of the search index together; nil where the engine does that by itself
	unsearched string                // tells whether there are entries, and none is indexed
	hold       string                // locks the row of an incident until the transaction ends; "": there is one writer anyway
}

// IsPostgres tells an address of a PostgreSQL database from the name of a file.
func IsPostgres(where string) bool {
	return strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://")
}

// protect turns a panic into the error of the change that raised it.
func protect(log *slog.Logger, run func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			log.Error("a change panicked", "cause", cause, "stack", string(debug.Stack()))
			err = fmt.Errorf("store: a change panicked: %v", cause)
		}
	}()
	return run()
}

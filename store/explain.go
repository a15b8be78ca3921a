package store

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"

	"tocsin/incident"
)

// mend is what is wrong, and what those who run the database can do about it.
type mend struct{ wrong, do string }

func (m mend) String() string { return m.wrong + ": " + m.do }

func (m mend) todo() string { return m.do }

// MendOf says what to do about an error of this package. It is "" where nothing is known.
func MendOf(err error) string {
	var known interface{ todo() string }
	if errors.As(err, &known) {
		return known.todo()
	}
	return ""
}

// obstacle is why a database is not used as it is. Those who run it are told, and nobody else.
type obstacle struct {
	mend
	kind error // for those who ask which it is; nil: there is none
}

func (o *obstacle) Error() string { return o.String() }
func (o *obstacle) Unwrap() error { return o.kind }

func cannotUse(wrong, do string) error { return &obstacle{mend{wrong, do}, nil} }

// trouble is an error of the database that those who run it can mend. Whoever asked for a change reads what is wrong too,
// as a refusal: not what to do about it, and no path, host or user.
type trouble struct {
	mend
	err error
}

func (t *trouble) Error() string { return fmt.Sprintf("%s (%s)", t.mend, oneLine(t.err)) }

// Unwrap returns the refusal, and what the database said.
func (t *trouble) Unwrap() []error {
	if errors.As(t.err, new(*unanswered)) {
		return []error{t.err} // which refuses in other words
	}
	return []error{incident.Refuse(incident.Unavailable, "Nothing was recorded: %s. Tell whoever runs Tocsin, and try again.", t.wrong), t.err}
}

// oneLine is an error without its line breaks, and each line of it once: pgx gives one to each of its tries to connect.
func oneLine(err error) string {
	text := strings.ReplaceAll(err.Error(), "; "+sql.ErrTxDone.Error(), "") // of a rollback after the database had made one itself
	first, rest, _ := strings.Cut(text, "\n")
	var tries []string
	for line := range strings.Lines(rest) {
		if line = strings.TrimSpace(line); line != "" && !slices.ContainsFunc(tries, func(t string) bool { return strings.HasSuffix(t, line) }) {
			tries = append(tries, line)
		}
	}
	return strings.TrimSpace(first + " " + strings.Join(tries, "; "))
}

// slow is what is said of a database that does not answer while somebody still waits for it.
var slow = mend{"the database does not answer in time", "look whether its disk or its server is overloaded, or another program holds it"}

// fileMends is what is wrong, and what to do, by what SQLite says of its file.
var fileMends = map[sqlite3.ErrNo]mend{
	sqlite3.ErrFull:     {"the disk of the database is full", "make space, and it goes on by itself"},
	sqlite3.ErrReadonly: {"the database cannot be written", "see that its disk is not mounted read-only, and that Tocsin's user may write the file and its folder"},
	sqlite3.ErrPerm:     {"the database cannot be written", "let Tocsin's user write the file and its folder"},
	sqlite3.ErrCantOpen: {"the database cannot be opened", "see that the file is there, and that Tocsin's user may write it and its folder"},
	sqlite3.ErrIoErr:    {"the disk fails", "read the system's log, and restore a backup on another disk"},
	sqlite3.ErrCorrupt:  {"the database is damaged", "stop Tocsin and restore a backup"},
	sqlite3.ErrNotADB:   {"the file is no database", "see that the path is right, or restore a backup"},
	sqlite3.ErrBusy:     {"another program holds the database", "end the shell or the backup that keeps it locked"},
	sqlite3.ErrLocked:   {"another program holds the database", "end the shell or the backup that keeps it locked"},
}

// systemMends are what the system says of a disk that SQLite, or we, only know not to work.
var systemMends = map[syscall.Errno]mend{
	syscall.ENOSPC: fileMends[sqlite3.ErrFull],
	syscall.EDQUOT: fileMends[sqlite3.ErrFull],
	syscall.EROFS:  fileMends[sqlite3.ErrReadonly],
	syscall.EACCES: fileMends[sqlite3.ErrPerm],
	syscall.EPERM:  fileMends[sqlite3.ErrPerm],
}

// explainFile says of an error of SQLite, or of a file, what is wrong and what to do.
func explainFile(err error) error {
	var code sqlite3.Error
	var system syscall.Errno
	if errors.As(err, &code) {
		system = code.SystemErrno
	} else {
		errors.As(err, &system)
	}
	switch {
	case errors.As(err, new(*trouble)):
		return err
	case systemMends[system] != (mend{}):
		return &trouble{systemMends[system], err}
	case fileMends[code.Code] != (mend{}):
		return &trouble{fileMends[code.Code], err}
	case errors.Is(err, context.DeadlineExceeded):
		return &trouble{slow, err}
	}
	return err
}

// atStart says of an error what to do where the program ends by it: nothing goes on by itself then.
func atStart(err error) error {
	if t, ok := err.(*trouble); ok { //nolint:errorlint // it is the outermost
		return &trouble{mend{t.wrong, strings.Replace(t.do, "it goes on by itself", "start again", 1)}, t.err}
	}
	return err
}

// serverMends is what is wrong, and what to do, by what PostgreSQL says, by the code of the error or, of two letters, by its class.
var serverMends = map[string]mend{
	"08":    {"PostgreSQL cannot be reached", "see that it runs, and that host and port in its address are right"},
	"25006": errStandby.mend,
	"28":    {"PostgreSQL refuses the user", "see that user and password in the address are right"},
	"3D":    {"there is no such database", "make it with CREATE DATABASE"},
	"42501": {"PostgreSQL does not let this user do that", "make it the owner of the database"},
	"53100": {"the disk of PostgreSQL is full", "make space, and it goes on by itself"},
	"53300": {"PostgreSQL has no connection left", "raise max_connections, or end others"},
	"55P03": {"another session holds the database", "end the one that keeps it locked"},
	"57P":   {"PostgreSQL is starting or stopping", "it goes on by itself when it runs"},
}

// refusesTLS tells of a server that will not encrypt. pgx has no name for that, only words.
func refusesTLS(err error) bool {
	return err != nil && strings.Contains(err.Error(), "server refused TLS connection")
}

// explainServer says of an error of PostgreSQL what is wrong and what to do.
func explainServer(err error) error {
	var server *pgconn.PgError
	var network net.Error
	var connecting *pgconn.ConnectError
	var known mend
	switch {
	case errors.Is(err, errStandby):
		return errStandby
	case errors.As(err, new(*trouble)):
		return err
	case errors.As(err, &server):
		for n := len(server.Code); n >= 2 && known == (mend{}); n-- {
			known = serverMends[server.Code[:n]]
		}
	case refusesTLS(err):
		known = mend{"PostgreSQL does not speak TLS", "let it (ssl = on), or choose another sslmode in its address"}
	case errors.As(err, new(*tls.CertificateVerificationError)):
		known = mend{"the certificate of PostgreSQL is not trusted here", "name its authority with sslrootcert in the address, and the host as the certificate does"}
	case errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &connecting): // it is there, and a lock or its load holds us up
		known = slow
	case errors.As(err, &network), errors.As(err, &connecting), errors.Is(err, io.ErrUnexpectedEOF):
		known = serverMends["08"]
	}
	if known == (mend{}) {
		return err
	}
	return &trouble{known, err}
}

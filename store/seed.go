package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"tocsin/incident"
	"tocsin/store/db"
)

// Seed is a made-up past to fill a new database with, to measure and to try. The rules make it, so it is lawful; Fill
// writes what Change would have written, only many times faster.
type Seed struct {
	// Incidents are numbered from 1 on without a gap, the oldest first, each with all its events still in its ledger.
	Incidents iter.Seq2[*incident.Incident, error]
	People    []incident.Profile
	Answer    func(incident.Event) []byte // to the request that an event came from
	Random    *rand.ChaCha8               // of salts and ids: the same again makes the same rows
}

// delivered is how long after it was owed each effect of a made-up past was done.
const delivered = 700 * time.Millisecond

// Fill makes a database in a file that does not exist yet. Without all of it there is no file.
func (s Seed) Fill(ctx context.Context, path string) (err error) {
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("%s exists: only a new database is filled with made-up incidents, so name another file", path)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	lock, err := takeLock(path)
	if err != nil {
		return fmt.Errorf("fill %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, lock.release()) }()
	part := path + ".part"
	if err := s.fill(ctx, part); err != nil {
		return errors.Join(fmt.Errorf("fill %s: %w", path, err), os.Remove(part))
	}
	if err := os.Rename(part, path); err != nil {
		return err
	}
	return syncFile(filepath.Dir(path))
}

func (s Seed) fill(ctx context.Context, path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a try that was interrupted
		return err
	}
	if _, err := prepare(ctx, path); err != nil {
		return err
	}
	pool, err := openPool(ctx, path, writing, 1)
	if err != nil {
		return err
	}
	if err := s.write(ctx, pool); err != nil {
		return errors.Join(err, pool.Close())
	}
	if err := pool.Close(); err != nil {
		return err
	}
	return syncFile(path)
}

// write makes the rows beside their writing: half of the work is theirs. Nothing is synced before the end, when the file
// gets its name.
func (s Seed) write(ctx context.Context, pool *sql.DB) error {
	if err := execEach(ctx, pool, `PRAGMA journal_mode=OFF`, `PRAGMA synchronous=OFF`, `PRAGMA cache_size=-65536`); err != nil {
		return err
	}
	if err := s.begin(ctx, pool); err != nil {
		return err
	}
	pages := make(chan *page, 2)
	group, both := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(pages)
		return s.pages(both, pages)
	})
	group.Go(func() error {
		for p := range pages {
			if err := p.write(both, pool); err != nil {
				return err
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if err := s.index(ctx, pool); err != nil {
		return err
	}
	return execEach(ctx, pool, `PRAGMA synchronous=FULL`, `PRAGMA journal_mode=WAL`)
}

// index makes what the entries are found by.
func (Seed) index(ctx context.Context, pool *sql.DB) error {
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	if err := indexAll(ctx, sqliteDialect, sqliteDialect.spell(tx)); err != nil {
		return err
	}
	return tx.Commit()
}

func execEach(ctx context.Context, pool *sql.DB, statements ...string) error {
	for _, statement := range statements {
		if _, err := pool.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// begin names the installation, and fills in the people.
func (s Seed) begin(ctx context.Context, pool *sql.DB) error {
	id := make([]byte, 8)
	_, _ = s.Random.Read(id) // never fails
	if _, err := pool.ExecContext(ctx, `UPDATE installation SET id = ?1`, hex.EncodeToString(id)); err != nil {
		return err
	}
	t := &Tx{ctx: ctx, q: db.New(numbered{pool})}
	for _, p := range s.People {
		if err := t.Know(p); err != nil {
			return err
		}
	}
	return nil
}

// pages makes the rows of all incidents, and hands them over some hundred incidents at a time.
func (s Seed) pages(ctx context.Context, pages chan<- *page) error {
	const size = 200
	entry, p := int64(0), newPage()
	hand := func() error {
		select {
		case pages <- p:
			p = newPage()
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for i, err := range s.Incidents {
		if err != nil {
			return err
		}
		if entry, err = s.add(p, i, entry); err != nil {
			return fmt.Errorf("%s: %w", i.ID, err)
		}
		if len(p.incidents) == size {
			if err := hand(); err != nil {
				return err
			}
		}
	}
	return hand()
}

// add makes the rows of one incident. It takes and returns the number of the last entry.
func (s Seed) add(p *page, i *incident.Incident, last int64) (int64, error) {
	id := int64(i.ID)
	p.incidents = append(p.incidents, rowOf(i))
	present := map[string]bool{i.Declarer.Handle: true}
	for role, person := range i.Roles {
		p.roles.add(id, string(role), person.Handle, person.Name)
		present[person.Handle] = true
	}
	for handle := range present {
		p.members.add(id, handle, true, millis(i.Declared))
	}
	for _, t := range i.Tasks {
		p.tasks.add(id, t.Number, t.Title, t.Owner.Handle, t.Owner.Name, nullable(t.Due), nullable(t.Done), nullable(t.Dropped), t.Why)
	}
	// Of a made-up past nobody is reminded: it would ring for hundreds of incidents at the first start.
	for name, value := range i.Refs {
		p.refs.add(id, name, value)
	}
	for _, e := range i.Drain() {
		last++
		e.ID = last
		if err := s.enter(p, i.ID, e); err != nil {
			return last, err
		}
		p.requests.add(e.Request, millis(e.At), s.Answer(e))
		for _, o := range e.Owes(i.ID) {
			at := millis(e.At)
			p.effects.add(id, o.Queue(), string(o.Kind), o.Subject, string(o.Kind.Waits()), e.Request, 1, 0, at, at, at+delivered.Milliseconds(), "")
		}
	}
	return last, nil
}

// enter makes the two rows of an entry.
func (s Seed) enter(p *page, id incident.ID, e incident.Event) error {
	content, err := contentOf(e)
	if err != nil {
		return err
	}
	_, _ = s.Random.Read(content.ActorSalt) // never fails
	_, _ = s.Random.Read(content.BodySalt)
	p.entries.add(e.ID, int64(id), string(e.Kind), millis(e.Occurred), millis(e.At), e.Request, "",
		commitment("tocsin/actor", content.ActorSalt, content.Actor), commitment("tocsin/body", content.BodySalt, content.Body))
	p.contents.add(e.ID, content.Actor, content.Body, content.ActorSalt, content.BodySalt)
	return nil
}

// page is the rows of some incidents.
type page struct {
	incidents                                                         []db.Incident
	roles, refs, members, requests, entries, contents, effects, tasks sheet
}

func newPage() *page {
	return &page{
		roles:    sheet{into: `roles (incident_id, role, handle, name)`},
		refs:     sheet{into: `refs (incident_id, name, value)`},
		members:  sheet{into: `members (incident_id, handle, present, seen_at)`},
		requests: sheet{into: `requests (key, at, answer)`},
		entries:  sheet{into: `entries (id, incident_id, kind, occurred_at, recorded_at, request, source, actor_commitment, body_commitment)`},
		contents: sheet{into: `contents (entry_id, actor, body, actor_salt, body_salt)`},
		tasks:    sheet{into: `tasks (incident_id, number, title, owner, owner_name, due_at, done_at, dropped_at, why)`},
		effects:  sheet{into: `effects (incident_id, lane, kind, subject, waits, request, attempt, refusals, created_at, due_at, done_at, error)`},
	}
}

// write writes a page in one transaction.
func (p *page) write(ctx context.Context, pool *sql.DB) error {
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	q := db.New(numbered{tx})
	for _, row := range p.incidents {
		if id, err := q.InsertIncident(ctx, insertOf(row)); err != nil || id != row.ID {
			return fmt.Errorf("insert INC-%d, which was numbered %d: %w", row.ID, id, err)
		}
		if row.Tasks == 0 { // with which none begins
			continue
		}
		if _, err := tx.ExecContext(ctx, `UPDATE incidents SET tasks = ? WHERE id = ?`, row.Tasks, row.ID); err != nil {
			return fmt.Errorf("count the tasks of INC-%d: %w", row.ID, err)
		}
	}
	for _, s := range []sheet{p.roles, p.refs, p.members, p.requests, p.entries, p.contents, p.effects, p.tasks} {
		if err := s.write(ctx, tx); err != nil {
			return fmt.Errorf("insert into %s: %w", s.into, err)
		}
	}
	return tx.Commit()
}

// sheet is rows of one table.
type sheet struct {
	into   string // table (columns)
	values []any
}

func (s *sheet) add(values ...any) { s.values = append(s.values, values...) }

// write inserts the rows, many with one statement: a call for each would take longer than what it does.
func (s sheet) write(ctx context.Context, tx *sql.Tx) error {
	const many = 100
	width := strings.Count(s.into, ",") + 1
	for rest := s.values; len(rest) > 0; {
		rows := many
		if len(rest) < many*width {
			rows = 1
		}
		row := "(?" + strings.Repeat(", ?", width-1) + ")"
		statement := `INSERT INTO ` + s.into + ` VALUES ` + row + strings.Repeat(", "+row, rows-1)
		if _, err := tx.ExecContext(ctx, statement, rest[:rows*width]...); err != nil {
			return err
		}
		rest = rest[rows*width:]
	}
	return nil
}

package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/mattn/go-sqlite3"

	"tocsin/incident"
)

// ErrClosed is the answer to a change asked of a store that has been closed.
var ErrClosed = errors.New("store: closed")

// maxBatch is how many changes share one sync at most: enough that a sync costs each of them next to nothing, and so few
// that the first of them does not wait long for the last.
const maxBatch = 128

// committer runs all changes of a SQLite database on one connection: each in a savepoint, as many as are waiting in one
// transaction, which is synced once. Its goroutine alone touches conn.
type committer struct {
	pool *sql.DB // of one connection
	file *file
	log  *slog.Logger
	wake func() // called after a commit that concerns the outbox

	conn *sql.Conn // nil when there is none that can be trusted
	soil bool      // the write-ahead log may hold words that have been taken out

	mu       sync.RWMutex // held for reading while a change is handed over, so that none is handed over to a closed queue
	closed   bool
	queue    chan *job
	finished chan struct{}
}

// job is one change on its way through the queue.
type job struct {
	run     func(*Tx) error
	claimed atomic.Bool // by the committer, which will run it, or by the caller, who has given up
	woke    bool
	erased  bool
	err     error
	done    chan error
}

func startCommitter(pool *sql.DB, f *file, log *slog.Logger, wake func()) *committer {
	c := &committer{pool: pool, file: f, log: log, wake: wake, queue: make(chan *job, maxBatch), finished: make(chan struct{})}
	go c.work()
	return c
}

// do runs a change durably. A caller whose context ends before the change has begun gets the context's error, and the
// change is never run; one that has begun is waited for, because it uses what belongs to the caller.
func (c *committer) do(ctx context.Context, run func(*Tx) error) error {
	j := &job{run: run, done: make(chan error, 1)}
	if err := c.hand(ctx, j); err != nil {
		return err
	}
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
		if j.claimed.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		return <-j.done
	}
}

func (c *committer) hand(ctx context.Context, j *job) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return ErrClosed
	}
	select {
	case c.queue <- j:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close takes no more changes, and returns when those that were taken are done.
func (c *committer) close() {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		close(c.queue)
	}
	c.mu.Unlock()
	<-c.finished
}

func (c *committer) work() {
	defer close(c.finished)
	for first := range c.queue {
		if first.claimed.Load() {
			continue // the caller has given up
		}
		c.batch(first)
	}
	if c.conn != nil {
		_ = c.conn.Close() // back to the pool, which closes it when the readers are gone
	}
}

// batch runs a change and those that are waiting behind it, and commits them together. None is answered before the
// commit: even a refusal may rest on what another change of the batch has done.
func (c *committer) batch(first *job) {
	ran, err := c.fill(first)
	if err == nil {
		err = c.commit()
	}
	if err != nil {
		c.drop()
	} else {
		c.file.logged()
	}
	woke := false
	for _, j := range ran {
		if err != nil {
			j.err = err
		}
		woke = woke || j.woke && j.err == nil
		c.soil = c.soil || j.erased && j.err == nil
	}
	c.scrub()
	if woke {
		c.wake()
	}
	for _, j := range ran {
		j.done <- j.err
	}
}

// commit commits, and makes sure that what was committed will be found again. Nobody knows what became of it where that
// cannot be seen. Nor where the disk failed when all was written: what it did not sync is taken up from the log at the next
// start, unless it was lost or written over by then.
func (c *committer) commit() error {
	err := c.exec("COMMIT")
	var code sqlite3.Error
	switch {
	case err == nil:
		err = c.file.present()
	case !errors.As(err, &code) || code.Code != sqlite3.ErrIoErr || code.ExtendedCode == sqlite3.ErrIoErrWrite:
		return err
	}
	if err != nil {
		return &unanswered{err}
	}
	return nil
}

// fill begins a transaction and runs changes in it. An error is one of the transaction: no change of it has happened.
// Where none can be begun, all who wait by then are told at once: each of them has waited for the same lock already.
func (c *committer) fill(next *job) (ran []*job, err error) {
	begun := c.begin()
	seen := map[incident.ID]snapshot{} // it holds the lock: nobody else writes while it runs
	for {
		if next.claimed.CompareAndSwap(false, true) {
			ran = append(ran, next)
			if begun == nil {
				err = c.change(next, seen)
			}
		}
		if err != nil || len(ran) == maxBatch {
			return ran, cmp.Or(begun, err)
		}
		select {
		case j, open := <-c.queue:
			if !open {
				return ran, begun
			}
			next = j
		default:
			return ran, begun
		}
	}
}

// begin opens a transaction, on a new connection where the last one could not be trusted. Its context is nobody's: a
// caller who gives up must not roll back the others.
func (c *committer) begin() error {
	if err := c.file.present(); err != nil {
		return err
	}
	if c.conn == nil {
		conn, err := c.pool.Conn(context.Background())
		if err != nil {
			return fmt.Errorf("store: connect: %w", err)
		}
		c.conn = conn
	}
	return c.exec("BEGIN IMMEDIATE")
}

// change runs one change in a savepoint. The error that it returns is one of the whole transaction; the change's own is
// left in the job. What the changes of the transaction have seen is theirs together, until one of them is rolled back.
func (c *committer) change(j *job, seen map[incident.ID]snapshot) error {
	if err := c.exec("SAVEPOINT change"); err != nil {
		return err
	}
	t := newTx(context.Background(), sqliteDialect, c.conn)
	t.seen = seen
	j.err = protect(c.log, func() error { return j.run(t) })
	j.woke, j.erased = len(t.stirred) > 0, t.erased
	if t.err != nil { // seen by the transaction, even if the change has swallowed it
		j.err = t.err
	}
	switch {
	case j.err == nil:
		return c.exec("RELEASE change")
	case fatal(j.err):
		return j.err
	}
	clear(seen)
	return c.exec("ROLLBACK TO change; RELEASE change") // fails where SQLite has rolled back all of it on its own
}

// scrub empties the write-ahead log where that may hold words that have been taken out: the pages in the file hold zeros in
// their place. It does not wait for long reads, and tries again after the next batch.
func (c *committer) scrub() {
	if !c.soil || c.conn == nil {
		return
	}
	var busy, frames, moved int
	_ = c.exec("PRAGMA busy_timeout = 100") // whoever waits for a change waits for this too
	err := c.conn.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved)
	_ = c.exec("PRAGMA busy_timeout = " + busyTimeout)
	c.soil = err != nil || busy != 0
}

func (c *committer) exec(statements string) error {
	if _, err := c.conn.ExecContext(context.Background(), statements); err != nil {
		return fmt.Errorf("store: %s: %w", statements, err)
	}
	return nil
}

// drop closes the connection, and with it rolls back whatever it holds. What follows a full disk or an I/O error on the
// same connection might be committed by itself, and a sync that failed once must not be believed later.
func (c *committer) drop() {
	if c.conn == nil {
		return
	}
	_ = c.conn.Raw(func(any) error { return driver.ErrBadConn }) // this is how database/sql is told to close it
	_ = c.conn.Close()                                           // answers that it is closed
	c.conn = nil
}

package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"tocsin/incident"
	"tocsin/store/db"
)

// Tx is one transaction. It tracks the incidents that it hands out, and writes down what became of them when the change
// returns. It is an incident.Tx.
type Tx struct {
	ctx     context.Context // of the transaction
	dialect *dialect
	conn    db.DBTX
	q       *db.Queries
	at      time.Time
	tracked []*tracked
	seen    map[incident.ID]snapshot // what nobody has written since it was read: shared with the changes before and behind it in a batch
	system  incident.Ledger
	stirred []incident.ID // whose effects have changed: the turns are to be taken anew, and the outbox is to look
	erased  bool          // words were taken out: they must not stay in a log of the file either
	err     error         // the first error of the database: whatever the change makes of it, the transaction fails
}

// newTx is a transaction on a connection that has begun one.
func newTx(ctx context.Context, d *dialect, conn db.DBTX) *Tx {
	conn = d.spell(conn)
	return &Tx{ctx: ctx, dialect: d, conn: conn, q: db.New(conn), seen: map[incident.ID]snapshot{}}
}

// tracked is an incident with what the database holds of it.
type tracked struct {
	*incident.Incident
	snapshot
}

// snapshot is what the database holds of an incident. Nobody changes it.
type snapshot struct {
	row   db.Incident
	roles map[incident.Role]incident.Person
	refs  incident.Refs
	dues  map[incident.Topic]incident.Reminder
	tasks []incident.Task
}

// incident makes one to work on.
func (s snapshot) incident() *incident.Incident {
	i := incidentOf(s.row)
	maps.Copy(i.Roles, s.roles)
	maps.Copy(i.Refs, s.refs)
	i.Reminders = maps.Clone(s.dues)
	i.Tasks = slices.Clone(s.tasks)
	return i
}

var _ incident.Tx = (*Tx)(nil)

// Change runs do in one durable transaction, once per request: the same key again gets the first answer, and do is not
// run. An error of do undoes all, and the request counts as not made; but one that is incident.ErrUncertain says that
// nobody knows. do may run twice before anything is kept, so it touches only what the transaction gives it and its own
// results. It must not start another change, and not wait.
func (s *Store) Change(ctx context.Context, r incident.Request, do func(incident.Tx) ([]byte, error)) ([]byte, error) {
	var answer []byte
	err := s.surely(ctx, r, func(t *Tx, recalled func()) error {
		t.at = r.At
		again, err := t.recall(r, &answer)
		if err != nil {
			return err
		}
		recalled()
		if again {
			return nil
		}
		if answer, err = do(t); err != nil {
			return err
		}
		if err := t.flush(); err != nil {
			return err
		}
		return t.remember(r, answer)
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// surely runs the change of a request, and once more where a commit was not answered: its key tells then what became of
// the one before. Where that cannot be asked, the error says that nobody knows.
func (s *Store) surely(ctx context.Context, r incident.Request, run func(t *Tx, recalled func()) error) (err error) {
	var unknown error // of the last commit that was not answered
	for try := 1; ; try++ {
		told := unknown == nil
		err = s.write(ctx, func(t *Tx) error { return run(t, func() { told = true }) })
		if !errors.Is(err, incident.ErrUncertain) {
			if err != nil && !told {
				return unknown
			}
			return err
		}
		if unknown = err; r.Key == "" || try == tries {
			return err
		}
	}
}

// recall takes a request for the first of its key, or finds the answer that was given then.
func (t *Tx) recall(r incident.Request, answer *[]byte) (again bool, err error) {
	if r.Key == "" {
		return false, nil
	}
	first, err := t.q.InsertRequest(t.ctx, db.InsertRequestParams{Key: r.Key, At: millis(r.At), Answer: []byte{}})
	if err != nil {
		return false, t.fail("note request", err)
	}
	if first == 1 {
		return false, nil
	}
	*answer, err = t.q.Answer(t.ctx, r.Key)
	return true, t.fail("find the answer to a request", err)
}

func (t *Tx) remember(r incident.Request, answer []byte) error {
	if r.Key == "" || len(answer) == 0 {
		return nil
	}
	return t.fail("keep answer", t.q.AnswerRequest(t.ctx, db.AnswerRequestParams{Key: r.Key, Answer: answer}))
}

// fail wraps an error of the database by what was being done, and keeps the first one; nil stays nil.
func (t *Tx) fail(doing string, err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("store: %s: %w", doing, err)
	if t.err == nil {
		t.err = err
	}
	return err
}

// Declare numbers a new incident and writes it down.
func (t *Tx) Declare(i *incident.Incident) error {
	row := rowOf(i)
	id, err := t.q.InsertIncident(t.ctx, insertOf(row))
	if err != nil {
		return t.fail("number an incident", err)
	}
	i.ID, row.ID = incident.ID(id), id
	t.tracked = append(t.tracked, &tracked{Incident: i, snapshot: snapshot{row: row}})
	return nil
}

// Incident locks an incident and hands it out; asked again, it hands out the same one. An unknown one is Missing.
func (t *Tx) Incident(id incident.ID) (*incident.Incident, error) {
	if id <= 0 {
		return nil, missing(id)
	}
	return t.load(id)
}

// load is Incident, for the system too.
func (t *Tx) load(id incident.ID) (*incident.Incident, error) {
	for _, known := range t.tracked {
		if known.ID == id {
			return known.Incident, nil
		}
	}
	held, known := t.seen[id]
	if !known {
		var err error
		if held, err = t.read(id); errors.Is(err, sql.ErrNoRows) {
			return nil, missing(id)
		} else if err != nil {
			return nil, t.fail("open "+id.String(), err)
		}
		t.seen[id] = held
	}
	i := held.incident()
	t.tracked = append(t.tracked, &tracked{Incident: i, snapshot: held})
	return i, nil
}

// read reads an incident from the database, and locks it.
func (t *Tx) read(id incident.ID) (snapshot, error) {
	row, err := t.row(id)
	if err != nil {
		return snapshot{}, err
	}
	i := incidentOf(row)
	err = complete(t.ctx, t.q, row, i)
	return snapshot{row: row, roles: i.Roles, refs: i.Refs, dues: i.Reminders, tasks: i.Tasks}, err
}

// row reads the row of an incident, and locks it where others might change it meanwhile.
func (t *Tx) row(id incident.ID) (db.Incident, error) {
	if t.dialect.hold == "" {
		return t.q.Incident(t.ctx, int64(id))
	}
	return t.q.LockIncident(t.ctx, int64(id))
}

// System is the ledger of what belongs to no incident.
func (t *Tx) System() *incident.Ledger { return &t.system }

// DeclaredSince lists open incidents declared at an instant or later, newest first, and of each no more than what tells
// whether it is the same trouble as another: number, kind, title, service and whether it is private.
func (t *Tx) DeclaredSince(at time.Time, limit int) ([]*incident.Incident, error) {
	rows, err := t.q.ListOpenSince(t.ctx, db.ListOpenSinceParams{Since: millis(at), Lim: int64(limit)})
	if err != nil {
		return nil, t.fail("list open incidents", err)
	}
	incidents := make([]*incident.Incident, len(rows))
	for n, row := range rows {
		incidents[n] = &incident.Incident{
			ID: incident.ID(row.ID), Kind: incident.Kind(row.Kind), Title: row.Title, Service: row.Service, Private: row.Private,
		}
	}
	return incidents, nil
}

// Message is the last event about a message of an incident's room, the zero Event where there is none.
func (t *Tx) Message(id incident.ID, message string) (incident.Event, error) {
	e, err := messageOf(t.ctx, t.q, id, message)
	return e, t.fail("find a message of "+id.String(), err)
}

// Entry is an entry of an incident, with what was recorded about it; an unknown one is Missing.
func (t *Tx) Entry(id incident.ID, event int64) (incident.Entry, error) {
	e, err := entryOf(t.ctx, t.q, id, event)
	if incident.CodeOf(err) != "" {
		return e, err
	}
	return e, t.fail("find an entry of "+id.String(), err)
}

// Profile is what is known of a person, the zero Profile when nothing is.
func (t *Tx) Profile(handle string) (incident.Profile, error) {
	profile, err := profile(t.ctx, t.q, handle)
	return profile, t.fail("find a person", err)
}

// Know keeps what was learned about a person, unless something newer is known.
func (t *Tx) Know(p incident.Profile) error {
	return t.fail("keep a person", t.q.PutProfile(t.ctx, db.PutProfileParams{
		Handle: p.Handle, Name: p.Name, Standing: string(p.Standing), Zone: p.Zone, SeenAt: millis(p.Seen),
	}))
}

// Join keeps that somebody was seen in an incident's room.
func (t *Tx) Join(id incident.ID, handle string, at time.Time) error {
	return t.member(id, handle, true, at)
}

// Leave keeps that somebody has left an incident's room by the time of the request.
func (t *Tx) Leave(id incident.ID, handle string) error { return t.member(id, handle, false, t.at) }

func (t *Tx) member(id incident.ID, handle string, present bool, at time.Time) error {
	if err := t.hold(id); err != nil {
		return err
	}
	return t.fail("keep who is in the room of "+id.String(), t.q.PutMember(t.ctx, db.PutMemberParams{
		IncidentID: int64(id), Handle: handle, Present: present, SeenAt: millis(at),
	}))
}

// hold locks the rows of incidents: whatever is written for an incident, it is locked first. So it is written by one
// transaction at a time, and ids come in the order of the commits. All are taken in one order, the system last, so that two
// transactions do not wait for each other.
func (t *Tx) hold(ids ...incident.ID) error {
	if t.dialect.hold == "" {
		return nil
	}
	slices.SortFunc(ids, func(a, b incident.ID) int { return cmp.Compare(uint64(a-1), uint64(b-1)) })
	for _, id := range slices.Compact(ids) {
		if _, err := t.conn.ExecContext(t.ctx, t.dialect.hold, int64(id)); err != nil {
			return t.fail("lock "+id.String(), err)
		}
	}
	return nil
}

func missing(id incident.ID) error { return incident.Refuse(incident.Missing, "There is no %s.", id) }

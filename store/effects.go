package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"math"
	"slices"
	"strconv"
	"time"

	"tocsin/incident"
	"tocsin/store/db"
)

// quiet is the kind of effect that raises no alarm: it is how alarms are told.
const quiet = incident.EffectTell

// Claim leases effects that are due, each the first of its queue and waiting for nothing else: those that are owed only now
// first, then those that do not go to many people one by one, then those of the most severe incidents, and of these the oldest.
func (s *Store) Claim(ctx context.Context, c incident.Claim) (effects []incident.Effect, err error) {
	if len(c.Lanes) == 0 || c.Limit <= 0 {
		return nil, nil
	}
	err = s.write(ctx, func(t *Tx) error {
		effects, err = t.claim(c)
		return t.fail("claim effects", err)
	})
	if err != nil {
		return nil, err // as far as we know nothing was claimed; what was all the same lapses
	}
	return effects, nil
}

// claimStatement is one of the few that are written by hand: engines lock differently, and the lanes are a list.
// Its arguments are now, the end of the lease, the limit, since when what is owed goes first, after when nothing can be due,
// and the lanes, which are the beginnings of what stands in the column of a personal one. What it asks of a row is asked of it as it is when its lock is free, which may be later than when it was found.
func (d *dialect) claimStatement(lanes, personal int) string {
	in := "d.lane IN (" + places(6, lanes) + ")"
	for n := range personal {
		in += " OR d.lane LIKE $" + strconv.Itoa(6+lanes+n)
	}
	return `WITH due AS MATERIALIZED (
		SELECT d.id FROM effects d
		WHERE d.turn IS NOT NULL AND d.lease_until IS NULL
		AND (d.due_at <= $1 OR d.due_at > $5) AND (` + in + `)
		ORDER BY d.created_at < $4, d.lane LIKE '%/%', d.turn, d.id LIMIT $3 ` + d.take + `
	) UPDATE effects SET attempt = attempt + 1, lease_until = $2 WHERE id IN (SELECT id FROM due)
	RETURNING id, incident_id, lane, kind, subject, request, attempt, created_at`
}

func (t *Tx) claim(c incident.Claim) ([]incident.Effect, error) {
	horizon := int64(math.MaxInt64)
	if !c.Horizon.IsZero() {
		horizon = millis(c.Horizon)
	}
	args := []any{millis(c.At), millis(c.At.Add(c.Lease)), int64(c.Limit), millis(c.Fresh), horizon}
	for _, lane := range c.Lanes {
		args = append(args, string(lane))
	}
	personal := slices.DeleteFunc(slices.Clone(c.Lanes), func(lane incident.Lane) bool { return !lane.Personal() })
	for _, lane := range personal {
		args = append(args, string(lane)+"/%")
	}
	rows, err := t.conn.QueryContext(t.ctx, t.dialect.claimStatement(len(c.Lanes), len(personal)), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var effects []incident.Effect
	for rows.Next() {
		var e incident.Effect
		var queue string
		var asked int64
		if err := rows.Scan(&e.ID, &e.Incident, &queue, &e.Kind, &e.Subject, &e.Request, &e.Attempt, &asked); err != nil {
			return nil, err
		}
		e.Lane, e.Asked = incident.LaneOf(queue), instant(asked)
		effects = append(effects, e)
	}
	slices.SortFunc(effects, func(a, b incident.Effect) int { return cmp.Compare(a.ID, b.ID) }) // RETURNING has no order
	return effects, rows.Err()
}

// fenced tells of an effect that is not leased under the attempt that reports on it.
func (t *Tx) fenced(doing string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return incident.ErrFenced
	}
	return t.fail(doing, err)
}

// Finish ends an effect that was delivered, and keeps what the outside calls what it made. If an alarm had been raised,
// it is recorded that it got through.
func (s *Store) Finish(ctx context.Context, e incident.Effect, learned incident.Refs, at time.Time) error {
	return s.write(ctx, func(t *Tx) error {
		t.stir(e.Incident)
		if err := t.hold(e.Incident); err != nil {
			return err
		}
		alarmed, err := t.q.FinishEffect(t.ctx, db.FinishEffectParams{
			At: nullable(at), ID: e.ID, Attempt: int64(e.Attempt),
		})
		if err != nil {
			return t.fenced("finish the "+e.String(), err)
		}
		delete(t.seen, e.Incident)
		if learned, err = t.fitting(e, learned, at); err != nil {
			return err
		}
		if err := t.learn(e, learned, at); err != nil || !alarmed.Valid {
			return err
		}
		return t.tell(e, func(i *incident.Incident) { i.CaughtUp(e.Kind.Name(), bySystem(at)) })
	})
}

// learn keeps what the outside calls what was delivered, and asks for what hangs on it where that is news: it may have had its turn
// before there was anything to hang on. What is called nothing any more leaves no row.
func (t *Tx) learn(e incident.Effect, learned incident.Refs, at time.Time) error {
	var news int64
	for name, value := range learned {
		n, err := t.putRef(e.Incident, name, value)
		if err != nil {
			return t.fail("keep what the "+e.String()+" is called", err)
		}
		news += n
	}
	hanging, some := e.Carries()
	switch {
	case e.Kind == incident.EffectRoom && len(learned) > 0:
		return t.furnish(e, at)
	case some && news > 0:
		return t.fail("ask for the "+hanging.String(), t.ask(hanging, incident.Stamp{At: at, Request: e.Request}))
	}
	return nil
}

// furnish asks for what hangs in a room that has opened, where it is not the first that was owed: what was owed before that one
// did not wait for it, and had nowhere to hang.
func (t *Tx) furnish(room incident.Effect, at time.Time) error {
	row, err := t.row(room.Incident)
	if err != nil || millis(room.Asked) <= row.DeclaredAt {
		return t.fail("open "+room.Incident.String(), err)
	}
	i, err := t.load(room.Incident)
	if err != nil {
		return err
	}
	for _, e := range i.Hangings() {
		if err := t.ask(e, incident.Stamp{At: at, Request: room.Request}); err != nil {
			return t.fail("ask for the "+e.String(), err)
		}
	}
	return nil
}

// Retry gives an effect back, due again later, and returns how often it has been refused so far.
func (s *Store) Retry(ctx context.Context, e incident.Effect, r incident.Retry) (refusals int, err error) {
	err = s.write(ctx, func(t *Tx) error {
		t.stir(e.Incident)
		if err := t.hold(e.Incident); err != nil {
			return err
		}
		release := db.ReleaseEffectParams{DueAt: millis(r.Due), Error: r.Why, ID: e.ID, Attempt: int64(e.Attempt)}
		if r.Refused {
			release.Refused = 1
		}
		if _, err := t.supersede(e, r.At); err != nil {
			return err
		}
		n, err := t.q.ReleaseEffect(t.ctx, release)
		refusals = int(n)
		return t.fenced("release the "+e.String(), err)
	})
	if err != nil {
		return 0, err
	}
	return refusals, nil
}

// supersede ends the effect that waits for the same thing as a leased one that is about to wait again. The older one stays:
// it has been tried, so whoever delivers it next looks first.
func (t *Tx) supersede(e incident.Effect, at time.Time) (found bool, err error) {
	n, err := t.q.SupersedeEffect(t.ctx, db.SupersedeEffectParams{
		At: nullable(at), IncidentID: int64(e.Incident), Kind: string(e.Kind), Subject: e.Subject,
	})
	return n > 0, t.fail("supersede the "+e.String(), err)
}

// Bury gives up on an effect until something asks for it again, and records that. If something already has since it was
// claimed, there is nothing to give up: the effect begins anew.
func (s *Store) Bury(ctx context.Context, e incident.Effect, why string, at time.Time) error {
	return s.write(ctx, func(t *Tx) error {
		t.stir(e.Incident)
		if err := t.hold(e.Incident); err != nil {
			return err
		}
		asked, err := t.supersede(e, at)
		if err != nil {
			return err
		}
		if asked {
			revive := db.ReviveEffectParams{At: millis(at), Error: why, ID: e.ID, Attempt: int64(e.Attempt)}
			_, err := t.q.ReviveEffect(t.ctx, revive)
			return t.fenced("revive the "+e.String(), err)
		}
		bury := db.BuryEffectParams{At: nullable(at), Error: why, ID: e.ID, Attempt: int64(e.Attempt)}
		if _, err := t.q.BuryEffect(t.ctx, bury); err != nil {
			return t.fenced("bury the "+e.String(), err)
		}
		return t.tell(e, func(i *incident.Incident) { i.Bury(e.Kind.Name(), why, bySystem(at)) })
	})
}

// Lapse makes effects claimable again whose leases are over; all of them where all is set, because whoever held them is
// gone. It returns how many.
func (s *Store) Lapse(ctx context.Context, at time.Time, all bool) (lapsed int, err error) {
	until := nullable(at)
	if all {
		until = sql.NullInt64{Int64: math.MaxInt64, Valid: true}
	}
	err = s.write(ctx, func(t *Tx) error {
		rows, err := settled(t, func() ([]db.Effect, error) { return t.q.LapsedEffects(t.ctx, until) }, func(e db.Effect) int64 { return e.IncidentID })
		if err != nil {
			return t.fail("find lapsed effects", err)
		}
		lapsed = len(rows)
		for _, row := range rows {
			e := effectOf(row)
			t.stir(e.Incident)
			if _, err := t.supersede(e, at); err != nil {
				return err
			}
			release := db.ReleaseEffectParams{DueAt: row.DueAt, Error: row.Error, ID: e.ID, Attempt: row.Attempt}
			if all {
				release.DueAt = max(release.DueAt, millis(at.Add(incident.Flight)))
			}
			if _, err := t.q.ReleaseEffect(t.ctx, release); err != nil {
				return t.fail("release the "+e.String(), err)
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return lapsed, nil
}

// settled finds rows, locks the incidents that they belong to, and looks again: while it waited for the locks, others may
// have done with the rows what it is about to do. A row of an incident that turned up only then is left for the next time.
func settled[R any](t *Tx, find func() ([]R, error), of func(R) int64) ([]R, error) {
	rows, err := find()
	if err != nil || t.dialect.hold == "" || len(rows) == 0 {
		return rows, err
	}
	held := make([]incident.ID, len(rows))
	for n, row := range rows {
		held[n] = incident.ID(of(row))
	}
	if err := t.hold(held...); err != nil {
		return nil, err
	}
	rows, err = find()
	return slices.DeleteFunc(rows, func(row R) bool { return !slices.Contains(held, incident.ID(of(row))) }), err
}

// NextDue is when the outbox should look again: an effect that nothing else holds up becomes due, a lease is over, or a
// deadline passes. It is zero when there is nothing to look for, and in the past when there is something to do now.
func (s *Store) NextDue(ctx context.Context) (time.Time, error) {
	next, err := s.q.NextDue(ctx, string(quiet))
	if err != nil {
		return time.Time{}, s.unlessNone(err, "find when effects are due")
	}
	var first time.Time
	for _, at := range []sql.NullInt64{
		{Int64: next.Due, Valid: next.Due != 0},
		{Int64: next.Lease, Valid: next.Lease != 0},
		{Int64: next.Asked + incident.Deadline.Milliseconds(), Valid: next.Asked != 0},
	} {
		if at := maybe(at); first.IsZero() || !at.IsZero() && at.Before(first) {
			first = at
		}
	}
	return first, nil
}

// Alarm finds effects that nothing else holds up and that have missed their deadline, records on each incident that it is
// late, once, and returns them.
func (s *Store) Alarm(ctx context.Context, at time.Time, limit int) (late []incident.Effect, err error) {
	err = s.write(ctx, func(t *Tx) error {
		rows, err := settled(t, func() ([]db.Effect, error) {
			return t.q.LateEffects(t.ctx, db.LateEffectsParams{
				Quiet: string(quiet), Since: millis(at.Add(-incident.Deadline)), Lim: int64(limit),
			})
		}, func(e db.Effect) int64 { return e.IncidentID })
		if err != nil {
			return t.fail("find late effects", err)
		}
		late = late[:0]
		for _, row := range rows {
			if err := t.alarm(row, at); err != nil {
				return err
			}
			late = append(late, effectOf(row))
		}
		return t.flush()
	})
	if err != nil {
		return nil, err
	}
	return late, nil
}

func (t *Tx) alarm(row db.Effect, at time.Time) error {
	if err := t.q.AlarmEffect(t.ctx, db.AlarmEffectParams{At: nullable(at), ID: row.ID}); err != nil {
		return t.fail("raise an alarm", err)
	}
	i, err := t.load(incident.ID(row.IncidentID))
	if err != nil {
		return err
	}
	i.Late(incident.EffectKind(row.Kind).Name(), cmp.Or(row.Error, "no answer yet"), instant(row.CreatedAt), bySystem(at))
	return nil
}

// tell records something about an effect on its incident. The effects that tell people are not told about.
func (t *Tx) tell(e incident.Effect, record func(*incident.Incident)) error {
	if e.Kind == quiet {
		return nil
	}
	i, err := t.load(e.Incident)
	if err != nil {
		return err
	}
	record(i)
	return t.flush()
}

func bySystem(at time.Time) incident.Stamp { return incident.Stamp{By: incident.System, At: at} }

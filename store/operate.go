package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tocsin/incident"
	"tocsin/store/db"
)

// EffectState is where an open effect stands.
type EffectState string

// The states of open effects.
const (
	Waiting EffectState = "waiting" // for its time, or for what stands before it
	Leased  EffectState = "leased"  // somebody is delivering it
	Buried  EffectState = "buried"  // given up until somebody asks for it again
)

// Stats is what a store holds and still owes.
type Stats struct {
	Lanes  []LaneStat
	Oldest time.Time // when the oldest open effect was asked for that is not buried; zero: there is none
	WAL    int64     // bytes of the write-ahead log of a file; 0 on PostgreSQL
	Size   int64     // bytes of the database
}

// LaneStat is how many effects of a lane are in one state.
type LaneStat struct {
	Lane  incident.Lane
	State EffectState
	Count int64
}

// count adds up the queues of a lane.
func (s *Stats) count(queue string, state EffectState, number int64) {
	lane := incident.LaneOf(queue)
	at := slices.IndexFunc(s.Lanes, func(l LaneStat) bool { return l.Lane == lane && l.State == state })
	if at < 0 {
		at = len(s.Lanes)
		s.Lanes = append(s.Lanes, LaneStat{Lane: lane, State: state})
	}
	s.Lanes[at].Count += number
}

// Stats counts what is open, and measures the database. It is quick however much there is.
func (s *Store) Stats(ctx context.Context) (stats Stats, err error) {
	err = s.view(ctx, func(_ db.DBTX, q *db.Queries) error {
		open, err := q.CountOpenEffects(ctx)
		if err != nil {
			return err
		}
		for _, row := range open {
			stats.count(row.Lane, EffectState(row.State), row.Number)
		}
		buried, err := q.CountBuriedEffects(ctx)
		if err != nil {
			return err
		}
		for _, row := range buried {
			stats.count(row.Lane, Buried, row.Number)
		}
		asked, err := q.OldestEffect(ctx)
		if asked != 0 {
			stats.Oldest = instant(asked)
		}
		return err
	})
	if err == nil {
		stats.Size, stats.WAL, err = s.size(ctx)
	}
	if err != nil {
		return Stats{}, s.unread("count what is open", err)
	}
	return stats, nil
}

// OpenEffect is an effect that is not done, with what became of it so far.
type OpenEffect struct {
	incident.Effect
	State       EffectState
	Due, Buried time.Time
	Refusals    int
	Private     bool   // of a private incident
	Why         string // the last error
}

// OpenEffects lists effects that are waiting, leased or buried, by their ids, from the one after an id on.
func (s *Store) OpenEffects(ctx context.Context, after int64, limit int) ([]OpenEffect, error) {
	rows, err := s.q.OpenEffects(ctx, db.OpenEffectsParams{After: after, Lim: int64(limit)})
	if err != nil {
		return nil, s.unread("list open effects", err)
	}
	list := make([]OpenEffect, len(rows))
	for n, row := range rows {
		e := row.Effect
		list[n] = OpenEffect{
			Effect: effectOf(e), State: stateOf(e), Due: instant(e.DueAt), Buried: maybe(e.BuriedAt),
			Refusals: int(e.Refusals), Private: row.Private, Why: e.Error,
		}
	}
	return list, nil
}

func stateOf(e db.Effect) EffectState {
	switch {
	case e.LeaseUntil.Valid:
		return Leased
	case e.BuriedAt.Valid:
		return Buried
	}
	return Waiting
}

// Revive has an effect tried now: a buried one begins anew, a waiting one becomes due. It is recorded on the incident. One
// that is not known is Missing; one that is done or under way is in Conflict.
func (s *Store) Revive(ctx context.Context, id int64, by incident.Stamp) error {
	return s.write(ctx, func(t *Tx) error {
		e, err := t.effect(id)
		if err != nil {
			return err
		}
		if err := t.hold(e.Incident); err != nil {
			return err
		}
		n, err := t.q.RestartEffect(t.ctx, db.RestartEffectParams{At: millis(by.At), ID: id})
		if err != nil {
			return t.fail("restart the "+e.String(), err)
		}
		if n == 0 {
			return incident.Refuse(incident.Conflict, "Effect %d, the %s of %s, is done or under way: there is nothing to try again.",
				id, e.Kind.Name(), e.Incident)
		}
		i, err := t.load(e.Incident)
		if err != nil {
			return err
		}
		i.Retried(e.Kind.Name(), by)
		t.stir(e.Incident)
		return t.flush()
	})
}

func (t *Tx) effect(id int64) (incident.Effect, error) {
	row, err := t.q.Effect(t.ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return incident.Effect{}, incident.Refuse(incident.Missing, "There is no effect %d.", id)
	}
	return effectOf(row), t.fail("find an effect", err)
}

// Healthy writes something durably. Its error says in one sentence what is wrong and what to do. It lasts no longer than ctx.
func (s *Store) Healthy(ctx context.Context) error {
	done := make(chan error, 1)
	go func() {
		done <- s.write(ctx, func(t *Tx) error { return t.fail("probe", t.q.Probe(t.ctx)) })
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return &obstacle{mend: slow}
	}
}

// Damage is what the examination in the background has found so far; "" is nothing.
func (s *Store) Damage() string {
	found, _ := s.damage.Load().(string)
	return found
}

// pruning is how many requests are looked at in one go: few enough that nobody waits long behind the transaction.
const pruning = 500

// Prune forgets the answers to requests of Slack that came before an instant, and returns how many. Others are kept for ever.
func (s *Store) Prune(ctx context.Context, before time.Time) (forgotten int64, err error) {
	for after := ""; ; {
		rows, err := s.q.RequestsAfter(ctx, db.RequestsAfterParams{After: after, Lim: pruning})
		if err != nil {
			return forgotten, fmt.Errorf("store: look for old requests: %w", err)
		}
		if len(rows) == 0 {
			return forgotten, nil
		}
		after = rows[len(rows)-1].Key
		n, err := s.forget(ctx, rows, before)
		if forgotten += n; err != nil {
			return forgotten, err
		}
	}
}

func (s *Store) forget(ctx context.Context, rows []db.RequestsAfterRow, before time.Time) (forgotten int64, err error) {
	var old []string
	for _, row := range rows {
		if row.At < millis(before) && mayForget(row.Key) {
			old = append(old, row.Key)
		}
	}
	if len(old) == 0 {
		return 0, nil
	}
	err = s.write(ctx, func(t *Tx) error {
		forgotten = 0
		for _, key := range old {
			n, err := t.q.ForgetRequest(t.ctx, db.ForgetRequestParams{Key: key, Before: millis(before)})
			if err != nil {
				return t.fail("forget a request", err)
			}
			forgotten += n
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return forgotten, nil
}

func mayForget(key string) bool {
	return slices.ContainsFunc(incident.ForgettableKeys, func(beginning string) bool { return strings.HasPrefix(key, beginning) })
}

package outbox_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"tocsin/incident"
)

// row is one effect as the store keeps it.
type row struct {
	incident.Effect
	created, due, lease   time.Time // lease: zero when not leased
	done, buried, alarmed bool
	refusals              int
	why                   string
}

func (r *row) open() bool { return !r.done && !r.buried }

// memory is a small store that keeps what the interface promises. fail, when set, is asked before each operation.
type memory struct {
	mu     sync.Mutex
	rows   []*row
	events []string // what the timeline would say: "late card of INC-1"
	refs   map[incident.ID]incident.Refs
	asked  map[string]int
	fail   func(what string) error
	wake   chan struct{}
}

func newMemory() *memory {
	return &memory{refs: map[incident.ID]incident.Refs{}, asked: map[string]int{}, wake: make(chan struct{}, 1)}
}

// begin locks the store, unless it is to fail.
func (m *memory) begin(what string) error {
	m.mu.Lock()
	m.asked[what]++
	if m.fail != nil {
		if err := m.fail(what); err != nil {
			m.mu.Unlock()
			return err
		}
	}
	return nil
}

func (m *memory) signal() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// owe appends effects; the caller holds mu.
func (m *memory) owe(at time.Time, effects ...incident.Effect) {
	for _, e := range effects {
		e.ID, e.Asked = int64(len(m.rows)+1), at
		m.rows = append(m.rows, &row{Effect: e, created: at, due: at})
	}
	m.signal()
}

// add owes effects from outside.
func (m *memory) add(at time.Time, effects ...incident.Effect) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.owe(at, effects...)
}

// free tells that nothing stands in front of an effect; the caller holds mu.
func (m *memory) free(r *row) bool {
	return !slices.ContainsFunc(m.rows, func(o *row) bool {
		ahead := o.ID < r.ID && o.Lane == r.Lane
		awaited := r.Kind.Waits() != "" && o.Kind == r.Kind.Waits()
		return o.open() && o.Incident == r.Incident && (ahead || awaited)
	})
}

func (m *memory) Claim(_ context.Context, c incident.Claim) (claimed []incident.Effect, err error) {
	if err := m.begin("claim"); err != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		for _, r := range m.claimable(c) { // as a database does whose commit fails: it says what it did, and did nothing
			claimed = append(claimed, r.Effect)
		}
		return claimed, err
	}
	defer m.mu.Unlock()
	for _, r := range m.claimable(c) {
		r.Attempt++
		r.lease = c.At.Add(c.Lease)
		claimed = append(claimed, r.Effect)
	}
	return claimed, nil
}

// claimable finds what a claim would take. The lock is held.
func (m *memory) claimable(c incident.Claim) (rows []*row) {
	for _, r := range m.rows {
		due := !r.due.After(c.At) || r.due.After(c.Horizon)
		if len(rows) < c.Limit && r.open() && r.lease.IsZero() && due && slices.Contains(c.Lanes, r.Lane) && m.free(r) {
			rows = append(rows, r)
		}
	}
	return rows
}

// report runs do on the row of a claimed effect, unless it is fenced.
func (m *memory) report(what string, e incident.Effect, do func(*row)) error {
	if err := m.begin(what); err != nil {
		return err
	}
	defer m.mu.Unlock()
	r := m.rows[e.ID-1]
	if !r.open() || r.lease.IsZero() || r.Attempt != e.Attempt {
		return incident.ErrFenced
	}
	r.lease = time.Time{}
	do(r)
	m.signal()
	return nil
}

func (m *memory) Finish(_ context.Context, e incident.Effect, learned incident.Refs, _ time.Time) error {
	return m.report("finish", e, func(r *row) {
		r.done = true
		if r.alarmed {
			m.events = append(m.events, "caught up "+r.String())
		}
		for k, v := range learned {
			if m.refs[e.Incident] == nil {
				m.refs[e.Incident] = incident.Refs{}
			}
			m.refs[e.Incident][k] = v
		}
	})
}

func (m *memory) Retry(_ context.Context, e incident.Effect, back incident.Retry) (refusals int, err error) {
	err = m.report("retry", e, func(r *row) {
		r.due, r.why = back.Due, back.Why
		if back.Refused {
			r.refusals++
		}
		refusals = r.refusals
	})
	return refusals, err
}

func (m *memory) Bury(_ context.Context, e incident.Effect, why string, _ time.Time) error {
	return m.report("bury", e, func(r *row) {
		r.buried, r.why = true, why
		m.events = append(m.events, "buried "+r.String())
	})
}

func (m *memory) Lapse(_ context.Context, at time.Time, all bool) (n int, err error) {
	if err := m.begin("lapse"); err != nil {
		return 0, err
	}
	defer m.mu.Unlock()
	for _, r := range m.rows {
		if r.open() && !r.lease.IsZero() && (all || !r.lease.After(at)) {
			r.lease = time.Time{}
			n++
		}
	}
	return n, nil
}

// NextDue is deliberately plain: it does not know of lanes or of what stands in front, so that an effect behind a closed
// door is reported as due all the time.
func (m *memory) NextDue(context.Context) (next time.Time, err error) {
	if err := m.begin("next due"); err != nil {
		return next, err
	}
	defer m.mu.Unlock()
	take := func(at time.Time) {
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	for _, r := range m.rows {
		switch {
		case !r.open():
			continue
		case r.lease.IsZero():
			take(r.due)
		default:
			take(r.lease)
		}
		if !r.alarmed && r.Kind != incident.EffectTell {
			take(r.created.Add(incident.Deadline))
		}
	}
	return next, nil
}

func (m *memory) Alarm(_ context.Context, at time.Time, limit int) (late []incident.Effect, err error) {
	if err := m.begin("alarm"); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	for _, r := range slices.Clone(m.rows) {
		missed := !r.alarmed && r.open() && !r.created.Add(incident.Deadline).After(at)
		if !missed || len(late) == limit || r.Kind == incident.EffectTell || !m.free(r) {
			continue
		}
		r.alarmed = true
		late = append(late, r.Effect)
		m.events = append(m.events, fmt.Sprintf("late %s: %s", r, r.why))
		m.owe(at, incident.Effect{Incident: r.Incident, Lane: incident.LaneDirect, Kind: incident.EffectTell, Subject: "9"})
	}
	return late, nil
}

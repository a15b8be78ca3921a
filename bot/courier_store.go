package bot

import (
	"context"
	"errors"
	"time"

	"tocsin/incident"
)

// ownFault is a failure of our own store in the middle of a delivery. Its text goes to people with what is late, so it names
// no host, path or user; what the store said is for the log.
type ownFault struct{ err error }

func (*ownFault) Error() string   { return "our own database failed" }
func (f *ownFault) Unwrap() error { return f.err }

// ours turns a failure of the store into an instruction to the outbox: this effect waits. Neither the effect nor the
// destination is to blame, so it counts towards no burial and opens no circuit. A refusal by a rule stays one.
func ours(err error) error {
	if code := incident.CodeOf(err); err == nil || code != "" && code != incident.Unavailable {
		return err
	}
	return &incident.Setback{Err: &ownFault{err}}
}

// asked is ours for a question with an answer.
func asked[T any](answer T, err error) (T, error) { return answer, ours(err) }

// records is the store as an errand sees it. It embeds none, so that a method which is not here cannot be called past ours.
type records struct{ store Store }

func (r records) Change(ctx context.Context, about incident.Request, do func(incident.Tx) ([]byte, error)) ([]byte, error) {
	return asked(r.store.Change(ctx, about, do))
}

func (r records) Incident(ctx context.Context, id incident.ID) (*incident.Incident, error) {
	return asked(r.store.Incident(ctx, id))
}

func (r records) InRoom(ctx context.Context, channel string) (incident.ID, error) {
	return asked(r.store.InRoom(ctx, channel))
}

func (r records) List(ctx context.Context, which incident.Filter) ([]*incident.Incident, error) {
	return asked(r.store.List(ctx, which))
}

func (r records) Timeline(ctx context.Context, id incident.ID, before int64, limit int) ([]incident.Event, bool, error) {
	events, more, err := r.store.Timeline(ctx, id, before, limit)
	return events, more, ours(err)
}

func (r records) Event(ctx context.Context, event int64) (incident.ID, incident.Event, error) {
	id, found, err := r.store.Event(ctx, event)
	return id, found, ours(err)
}

func (r records) Latest(ctx context.Context, id incident.ID, kind incident.EventKind) (incident.Event, error) {
	return asked(r.store.Latest(ctx, id, kind))
}

func (r records) Message(ctx context.Context, id incident.ID, message string) (incident.Event, error) {
	return asked(r.store.Message(ctx, id, message))
}

func (r records) Entry(ctx context.Context, id incident.ID, event int64) (incident.Entry, error) {
	return asked(r.store.Entry(ctx, id, event))
}

func (r records) About(ctx context.Context, id incident.ID, since int64) ([]incident.Event, error) {
	return asked(r.store.About(ctx, id, since))
}

func (r records) Profile(ctx context.Context, handle string) (incident.Profile, error) {
	return asked(r.store.Profile(ctx, handle))
}

func (r records) Member(ctx context.Context, id incident.ID, handle string) (time.Time, error) {
	return asked(r.store.Member(ctx, id, handle))
}

func (r records) SetMembers(ctx context.Context, id incident.ID, handles []string, at time.Time) error {
	return ours(r.store.SetMembers(ctx, id, handles, at))
}

func (r records) SaveProfiles(ctx context.Context, profiles []incident.Profile) error {
	return ours(r.store.SaveProfiles(ctx, profiles))
}

// noteOurs logs what the store said, unless we are stopping.
func (e *errand) noteOurs(err error) {
	var own *ownFault
	if errors.As(err, &own) && !errors.Is(err, context.Canceled) {
		e.Log.Warn("a delivery waits for our own database", "effect", e.effect.String(), "id", e.effect.ID, "request", e.effect.Request, "err", own.err)
	}
}

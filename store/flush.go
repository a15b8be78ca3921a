package store

import (
	"database/sql"
	"maps"
	"slices"

	"tocsin/incident"
	"tocsin/store/db"
)

// flush writes down what became of the incidents that were handed out: row, roles, refs, reminders and tasks where they differ from what
// the database holds, the events that the rules recorded, and the effects that those owe.
func (t *Tx) flush() error {
	for _, known := range t.tracked {
		if err := t.keep(known); err != nil {
			return t.fail("keep "+known.ID.String(), err)
		}
		if err := t.record(known.ID, known.Drain()); err != nil {
			return t.fail("record on "+known.ID.String(), err)
		}
	}
	events, wishes := t.system.Drain(), t.system.Wishes()
	if len(events) == 0 && len(wishes) == 0 {
		return nil
	}
	if err := t.hold(0); err != nil {
		return err
	}
	for _, wish := range wishes {
		t.stir(0)
		if err := t.ask(wish.Effect, wish.Stamp); err != nil {
			return t.fail("ask for what somebody looks at", err)
		}
	}
	return t.fail("record on the system", t.record(0, events))
}

func (t *Tx) keep(known *tracked) error {
	row := rowOf(known.Incident)
	if row == known.row && maps.Equal(known.roles, known.Roles) && maps.Equal(known.refs, known.Refs) &&
		maps.Equal(known.dues, known.Reminders) && slices.Equal(known.tasks, known.Tasks) {
		return nil
	}
	delete(t.seen, known.ID)
	if row != known.row {
		if err := t.q.UpdateIncident(t.ctx, updateOf(row)); err != nil {
			return err
		}
		if row.Rank != known.row.Rank {
			t.stir(known.ID) // it goes before others now, or behind them
		}
	}
	id := int64(known.ID)
	err := differ(known.roles, known.Roles, func(role incident.Role, p incident.Person) error {
		return t.q.PutRole(t.ctx, db.PutRoleParams{IncidentID: id, Role: string(role), Handle: p.Handle, Name: p.Name})
	}, func(role incident.Role) error {
		return t.q.DeleteRole(t.ctx, db.DeleteRoleParams{IncidentID: id, Role: string(role)})
	})
	if err != nil {
		return err
	}
	err = differ(known.refs, known.Refs, func(name, value string) error {
		_, err := t.q.PutRef(t.ctx, db.PutRefParams{IncidentID: id, Name: name, Value: value})
		return err
	}, func(name string) error {
		_, err := t.q.DeleteRef(t.ctx, db.DeleteRefParams{IncidentID: id, Name: name})
		return err
	})
	if err != nil {
		return err
	}
	if err := t.keepTasks(known); err != nil {
		return err
	}
	return differ(known.dues, known.Reminders, func(topic incident.Topic, r incident.Reminder) error {
		return t.q.PutReminder(t.ctx, db.PutReminderParams{IncidentID: id, Topic: string(topic), Step: int64(r.Step), DueAt: millis(r.Due)})
	}, func(topic incident.Topic) error {
		return t.q.DeleteReminder(t.ctx, db.DeleteReminderParams{IncidentID: id, Topic: string(topic)})
	})
}

// differ calls put for what is new or different in now, and drop for what is only in was.
func differ[K, V comparable](was, now map[K]V, put func(K, V) error, drop func(K) error) error {
	for key, value := range now {
		if old, known := was[key]; !known || old != value {
			if err := put(key, value); err != nil {
				return err
			}
		}
	}
	for key := range was {
		if _, kept := now[key]; !kept {
			if err := drop(key); err != nil {
				return err
			}
		}
	}
	return nil
}

// record writes events as entries, and asks for the effects that they owe.
func (t *Tx) record(id incident.ID, events []incident.Event) error {
	for _, event := range events {
		if err := t.enter(id, &event); err != nil {
			return err
		}
		if err := t.amend(id, event); err != nil {
			return err
		}
		for _, effect := range event.Owes(id) {
			t.stir(id)
			if err := t.ask(effect, event.Stamp); err != nil {
				return err
			}
		}
	}
	return nil
}

// enter writes one entry with its content, and numbers the event.
func (t *Tx) enter(id incident.ID, e *incident.Event) error {
	content, err := contentOf(*e)
	if err != nil {
		return err
	}
	e.ID, err = t.q.InsertEntry(t.ctx, db.InsertEntryParams{
		IncidentID: int64(id), Kind: string(e.Kind), OccurredAt: millis(e.Occurred), RecordedAt: millis(e.At), Request: e.Request,
		Corrects:        sql.NullInt64{Int64: e.Corrects, Valid: e.Corrects != 0},
		ActorCommitment: commitment(actorLabel, content.ActorSalt, content.Actor),
		BodyCommitment:  commitment(bodyLabel, content.BodySalt, content.Body),
	})
	if err != nil {
		return err
	}
	content.EntryID = e.ID
	if err := t.q.InsertContent(t.ctx, content); err != nil || id == 0 {
		return err
	}
	if e.Message != "" {
		if err := t.q.PutMessage(t.ctx, db.PutMessageParams{IncidentID: int64(id), Message: e.Message, EntryID: e.ID}); err != nil {
			return err
		}
	}
	return index(t.ctx, t.dialect, t.conn, e.ID, e.Text)
}

func (t *Tx) ask(e incident.Effect, s incident.Stamp) error {
	if e.Kind == incident.EffectArchive { // afterwards nothing can be said: it stands behind all that is to be
		late := db.PutOffEffectParams{At: nullable(s.At), IncidentID: int64(e.Incident), Kind: string(e.Kind), Subject: e.Subject}
		if err := t.q.PutOffEffect(t.ctx, late); err != nil {
			return err
		}
	}
	return t.q.AskEffect(t.ctx, db.AskEffectParams{
		IncidentID: int64(e.Incident), Lane: e.Queue(), Kind: string(e.Kind), Subject: e.Subject,
		Waits: string(e.Kind.Waits()), Request: s.Request, At: millis(s.At),
	})
}

// stir notes that an effect of an incident is asked for, has ended, waits again, or goes before others now.
func (t *Tx) stir(id incident.ID) {
	if !slices.Contains(t.stirred, id) {
		t.stirred = append(t.stirred, id)
	}
}

// takeTurns says of the effects that are open now whose turn it is, for all incidents where something has changed.
func (t *Tx) takeTurns() error {
	for _, id := range t.stirred {
		if err := t.q.TakeTurns(t.ctx, int64(id)); err != nil {
			return t.fail("see whose turn it is on "+id.String(), err)
		}
	}
	return nil
}

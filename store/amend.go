package store

import (
	"database/sql"

	"tocsin/incident"
	"tocsin/store/db"
)

// amend does to other entries what an event says: one that is corrected is found by its new words alone, and of one that is
// redacted nothing is left but that it was there.
func (t *Tx) amend(id incident.ID, e incident.Event) error {
	switch e.Kind {
	case incident.EventCorrected:
		return t.reword(id, e)
	case incident.EventRedacted:
		return t.erase(id, e.Corrects)
	}
	return nil
}

// reword takes out what an entry was found by before a correction.
func (t *Tx) reword(id incident.ID, fix incident.Event) error {
	row, err := t.q.Entry(t.ctx, fix.Corrects)
	if err != nil {
		return err
	}
	if err := t.forget(row.Entry, row.Actor, row.Body); err != nil {
		return err
	}
	about, err := t.q.EntriesAboutOne(t.ctx, db.EntriesAboutOneParams{IncidentID: int64(id), Entry: sql.NullInt64{Int64: fix.Corrects, Valid: true}})
	if err != nil {
		return err
	}
	for _, row := range about {
		if row.Entry.ID == fix.ID || row.Entry.Kind != string(incident.EventCorrected) {
			continue
		}
		if err := t.forget(row.Entry, row.Actor, row.Body); err != nil {
			return err
		}
	}
	return nil
}

// erase takes the words of an entry out, who said them, what it was found by, and what was answered to the request that
// brought them. What a correction had set right says its own words again, and is found by them.
func (t *Tx) erase(id incident.ID, entry int64) error {
	row, err := t.q.Entry(t.ctx, entry)
	if err != nil {
		return err
	}
	if err := t.forget(row.Entry, row.Actor, row.Body); err != nil {
		return err
	}
	if _, err := t.q.EraseContent(t.ctx, entry); err != nil {
		return err
	}
	t.erased = true
	if err := t.unanswer(row.Entry.Request); err != nil {
		return err
	}
	if row.Entry.Kind == string(incident.EventService) { // what was named in the declaration stands in its answer
		declared, err := latest(t.ctx, t.q, id, incident.EventDeclared)
		if err != nil || declared.ID == 0 {
			return err
		}
		return t.unanswer(declared.Request)
	}
	if row.Entry.Kind != string(incident.EventCorrected) {
		return nil
	}
	now, err := entryOf(t.ctx, t.q, id, row.Entry.Corrects.Int64)
	if err != nil || now.Words() == "" {
		return err
	}
	holds := now.Event
	if now.Correction.ID != 0 {
		holds = now.Correction
	}
	if err := forget(t.ctx, t.dialect, t.conn, holds); err != nil {
		return err
	}
	return index(t.ctx, t.dialect, t.conn, holds.ID, holds.Text)
}

// unanswer forgets what was answered to a request, but not that it came.
func (t *Tx) unanswer(request string) error {
	return t.q.AnswerRequest(t.ctx, db.AnswerRequestParams{Key: request, Answer: []byte{}})
}

func (t *Tx) forget(row db.Entry, actor, words sql.NullString) error {
	e, err := eventOf(row, actor, words)
	if err != nil {
		return err
	}
	return forget(t.ctx, t.dialect, t.conn, e)
}

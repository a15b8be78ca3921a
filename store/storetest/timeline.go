package storetest

import (
	"strings"
	"time"

	"tocsin/incident"
)

func messages(h *house) {
	one, two := h.declare("one", false), h.declare("two", false)
	said := incident.Message{Name: "1.2", Author: grace, At: start.Add(-1e9), Text: "it is DNS", Link: "https://x.example/1"}
	h.drain()
	last, err := h.Message(h.ctx, one, "1.2")
	h.ok(err)
	h.equal(last, incident.Event{})
	h.change(one, func(i *incident.Incident) error { return i.Pick(said, last, h.stamp()) })
	picked, err := h.Message(h.ctx, one, "1.2")
	h.ok(err)
	h.equal(picked.Kind, incident.EventPicked)
	h.change(one, func(i *incident.Incident) error { return i.Catch(said, picked, h.stamp()) })
	caught, err := h.Message(h.ctx, one, "1.2")
	h.ok(err)
	h.equal(caught, incident.Event{
		ID: picked.ID + 1, Kind: incident.EventCaught, Stamp: h.stamp(), Occurred: said.At, Text: "it is DNS", Whom: grace,
		Message: "1.2", Link: said.Link, Corrects: picked.ID,
	})
	_, err = h.Change(h.ctx, incident.Request{At: h.now}, func(t incident.Tx) ([]byte, error) {
		inside, err := t.Message(one, "1.2")
		h.equal(inside, caught)
		return nil, err
	})
	h.ok(err)
	for id, message := range map[incident.ID]string{one: "1.3", two: "1.2"} {
		none, err := h.Message(h.ctx, id, message)
		h.ok(err)
		h.equal(none, incident.Event{})
	}
	h.the(incident.EffectCatch, h.claim())
}

func entriesAbout(h *house) {
	one, two := h.declare("one", false), h.declare("two", false)
	h.change(one, func(i *incident.Incident) error { return i.Note("at noon", time.Time{}, h.stamp()) })
	note, err := h.Latest(h.ctx, one, incident.EventNote)
	h.ok(err)
	entry, err := h.Entry(h.ctx, one, note.ID)
	h.ok(err)
	h.equal(entry, incident.Entry{Event: note})
	h.change(one, func(i *incident.Incident) error { return i.Star(entry, h.stamp()) })
	h.change(one, func(i *incident.Incident) error { return i.Correct(entry, "at one", h.stamp()) })
	_, err = h.Change(h.ctx, incident.Request{At: h.now}, func(t incident.Tx) ([]byte, error) {
		entry, err = t.Entry(one, note.ID)
		return nil, err
	})
	h.ok(err)
	h.equal(entry.Event, note)
	h.equal(entry.Words(), "at one")
	h.equal(entry.Starred, true)
	about, err := h.About(h.ctx, one, note.ID)
	h.ok(err)
	h.equal(len(about), 2)
	h.equal(about[1], entry.Correction)
	for id, since := range map[incident.ID]int64{one: note.ID + 1, two: 0} {
		none, err := h.About(h.ctx, id, since)
		h.ok(err)
		h.equal(len(none), 0)
	}
	_, err = h.Entry(h.ctx, two, note.ID)
	h.missing(err)
	_, err = h.Change(h.ctx, incident.Request{At: h.now}, func(t incident.Tx) ([]byte, error) {
		_, err := t.Entry(one, note.ID+99)
		return nil, err
	})
	h.missing(err)
}

func redaction(h *house) {
	id := h.declare("one", false)
	h.drain()
	say := func(answer string) []byte {
		kept, err := h.Change(h.ctx, incident.Request{Key: "command:1", At: h.now}, func(t incident.Tx) ([]byte, error) {
			i, err := t.Incident(id)
			h.ok(err)
			s := h.stamp()
			s.Request = "command:1"
			return []byte(answer), i.Note("it is Acme", time.Time{}, s)
		})
		h.ok(err)
		return kept
	}
	h.equal(string(say("Noted: it is Acme")), "Noted: it is Acme")
	note, err := h.Latest(h.ctx, id, incident.EventNote)
	h.ok(err)
	h.change(id, func(i *incident.Incident) error {
		return i.Redact(incident.Entry{Event: note}, "it names a customer", h.stamp())
	})
	gone, err := h.Entry(h.ctx, id, note.ID)
	h.ok(err)
	h.equal(gone.Event, incident.Event{
		ID: note.ID, Kind: incident.EventNote, Stamp: incident.Stamp{At: h.now, Request: "command:1"}, Occurred: note.Occurred, Redacted: true,
	})
	h.equal(gone.Redaction.Text, "it names a customer")
	h.equal(gone.Redaction.By, ada)
	h.equal(len(say("again")), 0)
	h.claims("amend announcement card")
	h.equal(h.told(id), "declared note redacted")
}

// presentWords: an entry is found by what it says now, whatever it said before.
func presentWords(h *house) {
	id := h.declare("one", false)
	last := func(kind incident.EventKind) incident.Entry {
		e, err := h.Latest(h.ctx, id, kind)
		h.ok(err)
		entry, err := h.Entry(h.ctx, id, e.ID)
		h.ok(err)
		return entry
	}
	h.change(id, func(i *incident.Incident) error { return i.Note("the blue queue", time.Time{}, h.stamp()) })
	note := func() incident.Entry { return last(incident.EventNote) }
	found := func(want string) {
		var texts []string
		for _, word := range []string{"blue", "red", "green", "queue"} {
			hits, err := h.Search(h.ctx, word, 0, 9)
			h.ok(err)
			for _, hit := range hits {
				texts = append(texts, word+": "+hit.Event.Text)
			}
		}
		h.equal(strings.Join(texts, ", "), want)
	}
	correct := func(text string) {
		h.change(id, func(i *incident.Incident) error { return i.Correct(note(), text, h.stamp()) })
	}
	redact := func(e incident.Entry) {
		h.change(id, func(i *incident.Incident) error { return i.Redact(e, "a name", h.stamp()) })
	}
	found("blue: the blue queue, queue: the blue queue")
	correct("the red queue")
	found("red: the red queue, queue: the red queue")
	red := last(incident.EventCorrected)
	correct("the green queue")
	found("green: the green queue, queue: the green queue")
	redact(red) // which holds no more: nothing changes
	found("green: the green queue, queue: the green queue")
	redact(last(incident.EventCorrected))
	found("blue: the blue queue, queue: the blue queue")
	correct("the red queue")
	redact(note())
	found("red: the red queue, queue: the red queue")
	redact(last(incident.EventCorrected))
	found("")
}

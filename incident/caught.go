package incident

import (
	"fmt"
	"strings"
	"time"
)

// Message is a message of an incident's room, as it stands there.
type Message struct {
	Name   string // what the room calls it
	Author Person
	At     time.Time // when it was written
	Text   string
	Link   string   // where it can be read
	Masked []string // kinds of secrets that stood in its text
}

// kept tells whether an event is the last word about a message that stands on the timeline.
func (e Event) kept() bool { return e.Kind == EventCaught || e.Kind == EventEdited }

// catcher is who wanted the message that an event is about: an edit is its author's, and keeps for whom the message stands.
func (e Event) catcher() Person {
	if e.Kind == EventEdited {
		return e.Whom
	}
	return e.By
}

// caught is the event that caught the message, or asked for it.
func (e Event) caught() int64 {
	if e.Kind == EventEdited {
		return e.Corrects
	}
	return e.ID
}

// Pick notes that somebody wants a message kept whose words nobody has read yet. last is the last event about it.
func (i *Incident) Pick(m Message, last Event, s Stamp) error {
	if last.Kind == EventPicked {
		return Refuse(Conflict, "That message is being read for the timeline of %s.", i.ID)
	}
	if err := i.mayCatch(last); err != nil {
		return err
	}
	i.record(Event{Kind: EventPicked, Stamp: s, Occurred: earlier(m.At, s.At), Whom: m.Author, Message: m.Name, Link: m.Link})
	return nil
}

// Catch keeps the words of a message at the time when they were written. last is the last event about it.
func (i *Incident) Catch(m Message, last Event, s Stamp) error {
	if err := i.mayCatch(last); err != nil {
		return err
	}
	e := Event{Kind: EventCaught, Stamp: s, Occurred: earlier(m.At, s.At), Whom: m.Author, Message: m.Name, Link: m.Link, Text: wordsOf(m)}
	if last.Kind == EventPicked {
		e.Corrects = last.ID
	}
	i.record(e)
	return nil
}

// mayCatch refuses a message that is kept already.
func (i *Incident) mayCatch(last Event) error {
	if last.Kind == EventRedacted {
		return Refuse(Conflict, "What that message said has been redacted.")
	}
	if last.kept() {
		return Refuse(Conflict, "That message is on the timeline of %s already, as #%d.", i.ID, last.caught()).Offer(fmt.Sprintf("timeline #%d", last.caught()))
	}
	return nil
}

// wordsOf is what a message says: its beginning, where it says more than an entry holds.
func wordsOf(m Message) string {
	text := strings.TrimSpace(m.Text)
	if text == "" {
		return "(no words)"
	}
	if short := cut(text, MaxText-1); short != text {
		return short + "…"
	}
	return text
}

// Release notes that who caught a message has taken that back. Somebody else's wish to see it kept changes nothing.
func (i *Incident) Release(last Event, s Stamp) error {
	if last.Kind != EventPicked && !last.kept() || last.catcher().Handle != s.By.Handle {
		return Refuse(Conflict, "You have caught no such message on %s.", i.ID)
	}
	i.record(Event{Kind: EventUncaught, Stamp: s, Whom: last.author(), Message: last.Message, Link: last.Link, Corrects: last.caught()})
	return nil
}

// author is who wrote the message that an event is about.
func (e Event) author() Person {
	if e.Kind == EventEdited {
		return e.By
	}
	return e.Whom
}

// Edited notes that a message that was caught reads differently now.
func (i *Incident) Edited(m Message, last Event, s Stamp) error {
	text := wordsOf(m)
	if !last.kept() || last.Text == text {
		return Refuse(Conflict, "Nothing that is kept of that message has changed.")
	}
	i.record(Event{Kind: EventEdited, Stamp: s, Whom: last.catcher(), Message: last.Message, Link: last.Link, Text: text, Corrects: last.caught()})
	return nil
}

// Deleted notes that a message that was caught, or was to be, is gone from the room. What was kept of it stays.
func (i *Incident) Deleted(last Event, s Stamp) error {
	if last.Kind != EventPicked && !last.kept() {
		return Refuse(Conflict, "Nothing is kept of that message.")
	}
	i.record(Event{Kind: EventDeleted, Stamp: s, Whom: last.catcher(), Message: last.Message, Corrects: last.caught()})
	return nil
}

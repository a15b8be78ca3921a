package incident

import (
	"fmt"
	"slices"
)

// Entry is an event as the timeline shows it: with what was recorded about it later.
type Entry struct {
	Event
	Starred    bool
	Correction Event // the one that holds; zero: it stands as it was written
	Redaction  Event // that took its words out; zero: they are there
}

// Entries are events with what is said of them by other events of the same incident, which come in their order.
func Entries(events, about []Event) []Entry {
	entries := make([]Entry, len(events))
	at := make(map[int64]*Entry, len(events))
	for n, e := range events {
		entries[n].Event = e
		at[e.ID] = &entries[n]
	}
	for _, e := range about {
		entry := at[e.Corrects]
		if entry == nil {
			continue
		}
		switch e.Kind {
		case EventStarred, EventUnstarred:
			entry.Starred = e.Kind == EventStarred
		case EventCorrected:
			if !e.Redacted {
				entry.Correction = e
			}
		case EventRedacted:
			entry.Redaction = e
		}
	}
	return entries
}

// Words are what the entry says by now: the words of its last correction, or its own.
func (e Entry) Words() string {
	if e.gone() {
		return ""
	}
	if e.Correction.ID != 0 {
		return e.Correction.Text
	}
	return e.Text
}

// gone tells whether the words of the entry have been taken out.
func (e Entry) gone() bool { return e.Redacted || e.Redaction.ID != 0 }

// marks are the kinds that tell nothing by themselves: they are seen on the entry that they are about.
var marks = map[EventKind]bool{EventPicked: true, EventStarred: true, EventUnstarred: true}

// Mark tells whether an event is only seen on the entry that it is about.
func (e Event) Mark() bool { return marks[e.Kind] }

// written are the kinds whose text people wrote, which can be redacted; true: and can be set right. A title or a service is set right
// by giving another, and can be redacted then. Words that stand outside or on a task say what others acted on: to those there is an answer, and no correction.
var written = map[EventKind]bool{
	EventNote: true, EventUpdate: true, EventCaught: true, EventEdited: true, EventRole: true, EventDeclined: true, EventReopened: true,
	EventCorrected: false, EventCustomersDraft: false, EventCustomers: false, EventAccess: false, EventAbsorbed: false, EventSimilar: false,
	EventDeclared: false, EventBackfilled: false, EventTitle: false, EventService: false,
	EventTask: false, EventTaskTaken: false, EventTaskDone: false, EventTaskDropped: false,
}

// Correctable tells whether the words of the entry can be set right.
func (e Entry) Correctable() bool { return written[e.Kind] && e.Text != "" && !e.gone() }

// Redactable tells whether the entry has words that can be taken out: a title can when the incident is called otherwise.
func (e Entry) Redactable() bool {
	_, words := written[e.Kind]
	return words && len(e.Says()) > 0 && !e.gone()
}

// Says are the words that somebody wrote in an event: its text, or the names of services, which are whatever people typed.
func (e Event) Says() (all []string) {
	all = []string{e.Text}
	if e.Kind == EventService {
		all = []string{e.From, e.To}
	}
	return slices.DeleteFunc(all, func(words string) bool { return words == "" })
}

// Correct sets the words of an entry right. It is an entry of its own, and the old words stay.
func (i *Incident) Correct(e Entry, text string, s Stamp) error {
	text, err := cleanText(text, "correct #12 we rolled back at noon")
	switch {
	case err != nil:
		return err
	case e.gone():
		return Refuse(Conflict, "The words of #%d have been redacted: write a note instead.", e.ID).Offer("note")
	case e.Kind == EventCorrected:
		return Refuse(Invalid, "#%d is a correction itself: correct #%d.", e.ID, e.Corrects).Offer(fmt.Sprintf("correct #%d", e.Corrects))
	case titles[e.Kind]:
		return Refuse(Invalid, "#%d has no words of a person that could be corrected but a title: give it another with /incident title.", e.ID).Offer("title")
	case e.Kind == EventService:
		return Refuse(Invalid, "#%d says which service it is about: name another with /incident service.", e.ID).Offer("service")
	case !e.Correctable():
		return Refuse(Invalid, "#%d has no words of a person that could be corrected. Write a note instead.", e.ID).Offer("note")
	case e.Words() == text:
		return Refuse(Conflict, "#%d says that already.", e.ID)
	}
	i.record(Event{Kind: EventCorrected, Stamp: s, Corrects: e.ID, Text: text})
	return nil
}

// Star marks an entry that matters: such lead in the report.
func (i *Incident) Star(e Entry, s Stamp) error {
	switch {
	case e.Mark():
		return Refuse(Invalid, "#%d only says something of another entry: star that one.", e.ID).Offer(fmt.Sprintf("star #%d", e.Corrects))
	case e.Starred:
		return Refuse(Conflict, "#%d is starred already.", e.ID).Offer(fmt.Sprintf("unstar #%d", e.ID))
	}
	i.record(Event{Kind: EventStarred, Stamp: s, Corrects: e.ID})
	return nil
}

// Unstar takes the star off an entry.
func (i *Incident) Unstar(e Entry, s Stamp) error {
	if !e.Starred {
		return Refuse(Conflict, "#%d has no star.", e.ID).Offer(fmt.Sprintf("star #%d", e.ID))
	}
	i.record(Event{Kind: EventUnstarred, Stamp: s, Corrects: e.ID})
	return nil
}

// Redact takes the words of an entry out of the record, and who said them. That it was done, by whom and why stays. Whoever
// calls it has asked the policy who may.
func (i *Incident) Redact(e Entry, why string, s Stamp) error {
	why, err := cleanText(why, "redact #12 it names a customer")
	if err == nil {
		err = i.Holds(e)
	}
	if err != nil {
		return err
	}
	i.record(Event{Kind: EventRedacted, Stamp: s, Corrects: e.ID, Text: why, Message: e.Message, Tasks: i.redactTask(e.Event)})
	return nil
}

// Holds says why the words of an entry cannot be taken out, or not yet; nil where they can.
func (i *Incident) Holds(e Entry) error {
	switch {
	case e.gone():
		return Refuse(Conflict, "The words of #%d have been redacted already.", e.ID)
	case e.Kind == EventRedacted:
		return Refuse(Invalid, "#%d says that something was redacted, by whom and why: that stays.", e.ID)
	case i.Titled(e):
		return Refuse(Invalid, "#%d is what %s is called: give it another title first, then this one can be redacted. Its room keeps the name until somebody changes it in Slack.", e.ID, i.ID).Offer("title")
	case e.Kind == EventService && e.From == "" && e.To != "" && e.To == i.Service:
		return Refuse(Invalid, "#%d says what %s is about: name another service first, or none, then this one can be redacted.", e.ID, i.ID).Offer("service")
	case !e.Redactable():
		return Refuse(Invalid, "#%d has no words that could be redacted.", e.ID)
	}
	return nil
}

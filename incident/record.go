package incident

import (
	"strings"
	"time"
	"unicode/utf8"
)

// MaxText is how long a note or an update may be, in characters: far beyond what people type, and small enough that a
// timeline stays readable and a message can be split.
const MaxText = 12000

// Note writes down what happened, at the time when it happened; the zero time means now.
func (i *Incident) Note(text string, at time.Time, s Stamp) error {
	text, err := cleanText(text, "note we rolled back the deploy")
	if err != nil {
		return err
	}
	if at.After(s.At) {
		return Refuse(Invalid, "A note is about what has happened: that time is still to come.")
	}
	i.record(Event{Kind: EventNote, Stamp: s, Occurred: at, Text: text})
	return nil
}

// Update tells stakeholders how things stand, and sets when they hear of us next.
func (i *Incident) Update(text string, level Level, s Stamp) error {
	text, err := cleanText(text, "update we found the cause and are rolling back")
	if err != nil {
		return err
	}
	if i.Status == Triage || i.Status == Declined {
		return i.mustBeOpen("post an update")
	}
	i.Updated = s.At
	if i.Status.Open() {
		i.owe(level, s.At)
	}
	i.record(Event{Kind: EventUpdate, Stamp: s, Text: text})
	return nil
}

// Resemble notes that another open incident looks like this one. It is recorded on both, so that the people of both
// hear of it.
func (i *Incident) Resemble(other *Incident, s Stamp) {
	s.By = System // whoever declared did not see it, or would not have declared
	i.record(Event{Kind: EventSimilar, Stamp: s, To: other.ID.String(), Text: other.Title})
}

// Late notes that something owed to the outside since an instant missed its deadline, and for whom: the commander, or who
// declared.
func (i *Incident) Late(what, why string, asked time.Time, s Stamp) {
	i.record(Event{Kind: EventLate, Stamp: s, Occurred: earlier(asked.Add(Deadline), s.At), To: what, Text: why, Whom: i.responsible()})
}

// CaughtUp notes that what was late got through in the end.
func (i *Incident) CaughtUp(what string, s Stamp) {
	i.record(Event{Kind: EventCaughtUp, Stamp: s, To: what, Whom: i.responsible()})
}

// Bury notes that something owed to the outside was refused for good, until a person tries it again.
func (i *Incident) Bury(what, why string, s Stamp) {
	if what == EffectRoom.Name() {
		i.Refs[RefRoomless] = "yes"
	}
	i.record(Event{Kind: EventBuried, Stamp: s, To: what, Text: why, Whom: i.responsible()})
}

// Retried notes that a person had something tried again that was owed to the outside.
func (i *Incident) Retried(what string, s Stamp) {
	i.record(Event{Kind: EventRetried, Stamp: s, To: what})
}

// Mend asks for a look at what is missing outside.
func (i *Incident) Mend(s Stamp) error {
	if i.Status == Triage || i.Status == Declined {
		return i.mustBeOpen("mend it")
	}
	i.record(Event{Kind: EventMend, Stamp: s})
	return nil
}

// Mended notes what was missing outside; all that belongs there is owed anew.
func (i *Incident) Mended(what string, s Stamp) {
	delete(i.Refs, RefRoomless) // it is tried again
	i.record(Event{Kind: EventMended, Stamp: s, Text: what, Tasks: i.openNumbers()})
}

func (i *Incident) responsible() Person {
	if p := i.Roles[Commander]; !p.IsZero() {
		return p
	}
	return i.Declarer
}

// Outage notes that a destination took nothing from an instant until now. It belongs to no incident: one summary of it is
// said, in place of all that it made late.
func (l *Ledger) Outage(destination, why string, since time.Time, s Stamp) {
	l.record(Event{Kind: EventOutage, Stamp: s, Occurred: earlier(since, s.At), To: destination, Text: why})
}

// Gap notes that a destination has not told us all that happened there from an instant on.
func (l *Ledger) Gap(destination, why string, since time.Time, s Stamp) {
	l.record(Event{Kind: EventGap, Stamp: s, Occurred: earlier(since, s.At), To: destination, Text: why})
}

// Filled notes that what was missed until a gap was noted has been read, and what that brought.
func (l *Ledger) Filled(gap Event, what string, s Stamp) {
	l.record(Event{Kind: EventFilled, Stamp: s, To: gap.To, Text: what, Corrects: gap.ID})
}

// ClockSet notes that the clock of the machine that writes this went forward or back by more than time has run: what stands after
// this entry has the times of the clock as it is now. The order of entries is that of their numbers, whatever their times say.
func (l *Ledger) ClockSet(by time.Duration, s Stamp) {
	off := by.Round(time.Second).String()
	if by > 0 {
		off = "+" + off
	}
	was := s.At.Add(-by).UTC().Format(time.RFC3339)
	l.record(Event{Kind: EventClock, Stamp: s, From: was, To: s.At.UTC().Format(time.RFC3339), Text: off})
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func cleanText(text, example string) (string, error) {
	text = strings.TrimSpace(text)
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		return "", Refuse(Invalid, "There are no words in it. For example: %s.", example)
	case n > MaxText:
		return "", Refuse(Invalid, "That has %d characters, %d fit: send it in parts.", n, MaxText)
	}
	return text, nil
}

// cleanWhy refuses a reason that says nothing, or does not end. What it is the reason of is said as people would type it.
func cleanWhy(why, of string) (string, error) {
	switch why = strings.TrimSpace(why); {
	case why == "":
		return "", Refuse(Invalid, "Say why %s.", of)
	case utf8.RuneCountInString(why) > MaxWhy:
		return "", Refuse(Invalid, "The reason is longer than %d characters: say it shorter, and put the rest in a note.", MaxWhy)
	}
	return why, nil
}

// KeepDraft keeps words that a form could not take, so that their author gets them back. It belongs to no incident.
func (l *Ledger) KeepDraft(text string, s Stamp) {
	l.record(Event{Kind: EventDraft, Stamp: s, Text: text, Whom: s.By})
}

// Masked notes that secrets of these kinds stood in what somebody wrote, and were kept out of the record: they are to be told.
func (l *Ledger) Masked(kinds []string, whom Person, s Stamp) {
	s.By = System
	l.record(Event{Kind: EventMasked, Stamp: s, Text: strings.Join(kinds, ", "), Whom: whom})
}

// ChangePolicy notes that another policy holds from now on, each by its hash, and why.
func (l *Ledger) ChangePolicy(from, to, why string, s Stamp) {
	l.record(Event{Kind: EventPolicy, Stamp: s, From: from, To: to, Text: why})
}

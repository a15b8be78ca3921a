package incident

import (
	"cmp"
	"fmt"
	"time"
)

// EventKind names what happened.
type EventKind string

// The kinds of events. What each owes the outside stands in effect.go, how each is told in tellings below.
const (
	EventDeclared       EventKind = "declared"
	EventBackfilled     EventKind = "backfilled" // recorded after it was over
	EventMoment         EventKind = "moment"     // when something came to pass that was recorded afterwards
	EventDistrusted     EventKind = "distrusted" // the declarer turned out to be a guest or a stranger
	EventAccepted       EventKind = "accepted"
	EventDeclined       EventKind = "declined"
	EventSeverity       EventKind = "severity"
	EventTold           EventKind = "told"    // a person of the severity
	EventTitle          EventKind = "title"   // it is called otherwise
	EventService        EventKind = "service" // another part of the product is broken
	EventStatus         EventKind = "status"
	EventRole           EventKind = "role"
	EventSteppedDown    EventKind = "stepped_down" // a role has no holder any more
	EventJoined         EventKind = "joined"       // who has a role came into the room
	EventLeft           EventKind = "left"         // who has a role left the room, or the workspace
	EventBriefed        EventKind = "briefed"      // who came late was told how things stand
	EventNote           EventKind = "note"
	EventUpdate         EventKind = "update"
	EventAccess         EventKind = "access"   // somebody asks to be let into the room
	EventAdmitted       EventKind = "admitted" // somebody was let in
	EventPrivate        EventKind = "private"  // it was closed off
	EventPublic         EventKind = "public"   // it was opened to everybody
	EventMisfit         EventKind = "misfit"   // its room was opened for others than those whom it is for by then
	EventMitigated      EventKind = "mitigated"
	EventCustomersDraft EventKind = "customers_draft" // words for customers that wait for the commander
	EventCustomers      EventKind = "customers"       // words that customers read
	EventResolved       EventKind = "resolved"
	EventClosed         EventKind = "closed"
	EventArchived       EventKind = "archived" // its room
	EventReopened       EventKind = "reopened"
	EventMerged         EventKind = "merged"    // closed as a duplicate of another
	EventAbsorbed       EventKind = "absorbed"  // another was closed as a duplicate of this one
	EventSeparated      EventKind = "separated" // and is one of its own again
	EventSimilar        EventKind = "similar"
	EventLate           EventKind = "late"         // something outside missed its deadline
	EventCaughtUp       EventKind = "caught_up"    // what was late got through
	EventBuried         EventKind = "buried"       // something outside was refused for good
	EventReminded       EventKind = "reminded"     // a person of what is missing
	EventCalled         EventKind = "called"       // the room was told of what is missing
	EventSnoozed        EventKind = "snoozed"      // a reminder was put off
	EventTask           EventKind = "task"         // a task was given out
	EventTaskTaken      EventKind = "task_taken"   // by a person
	EventTaskDone       EventKind = "task_done"    // it is over
	EventTaskDropped    EventKind = "task_dropped" // it need not be done
	EventTaskDue        EventKind = "task_due"     // a person was reminded of one
	EventMend           EventKind = "mend"         // a person had it looked at what is missing outside
	EventMended         EventKind = "mended"       // what was missing outside is made again
	EventRetried        EventKind = "retried"      // a person had something outside tried again
	EventOutage         EventKind = "outage"       // of the system: a destination took nothing for a while, and is back
	EventClock          EventKind = "clock"        // of the system: the clock of a machine was set, or the machine was asleep
	EventGap            EventKind = "gap"          // of the system: a destination has told us less than happened there
	EventFilled         EventKind = "filled"       // of the system: what was missed in a gap is read, as far as it can be
	EventDraft          EventKind = "draft"        // of the system: words that a form could not take, kept for their author
	EventPolicy         EventKind = "policy"       // of the system: another policy holds from now on
	EventPicked         EventKind = "picked"       // a message of the room is to be kept: its words are being read
	EventCaught         EventKind = "caught"       // a message of the room is kept, with its words
	EventUncaught       EventKind = "uncaught"     // who caught a message took that back
	EventEdited         EventKind = "edited"       // a message that was caught reads differently now
	EventDeleted        EventKind = "deleted"      // a message that was caught is gone from the room
	EventCorrected      EventKind = "corrected"    // the words of another entry were set right
	EventStarred        EventKind = "starred"      // another entry matters
	EventUnstarred      EventKind = "unstarred"
	EventRedacted       EventKind = "redacted" // the words of another entry were taken out
	EventMasked         EventKind = "masked"   // of the system: a secret was kept out of what somebody wrote
)

// Event is one entry of the timeline: what, who, when it happened, and when it was recorded (Stamp.At).
// It is never changed; a correction is a new event that names the one that it corrects.
type Event struct {
	ID   int64
	Kind EventKind
	Stamp
	Occurred time.Time // never after Stamp.At
	From, To string    // the values that changed; for a role, To is the role; for a task its number, and From when it is due
	Text     string
	Whom     Person   // who it was done to
	Message  string   // the message of the room that it is about: what the room calls it; "" for none
	Link     string   // where that can be read
	Corrects int64    // the event that this one is about, or 0
	Redacted bool     // its words have been taken out, and who said them
	Audience []string // handles of those who asked to hear of it, each by a direct message; no part of the record
	Tasks    []string // numbers of those whose messages are to be brought in step; no part of the record
	Answers  []string // lanes in which questions were put that it may be the answer to; no part of the record
}

// tellings is how each kind is told in one sentence after the author's name.
var tellings = map[EventKind]func(Event) string{
	EventDeclared:   func(e Event) string { return fmt.Sprintf("declared %s: %s", e.To, e.Text) },
	EventBackfilled: func(e Event) string { return fmt.Sprintf("recorded %s afterwards: %s", e.To, e.Text) },
	EventMoment:     func(e Event) string { return "noted that it was " + e.To },
	EventDistrusted: func(e Event) string { return fmt.Sprintf("found that the declarer is a %s: %s", e.Text, e.To) },
	EventAccepted:   func(Event) string { return "accepted it as an incident" },
	EventDeclined:   func(e Event) string { return "declined it: " + e.Text },
	EventSeverity:   func(e Event) string { return fmt.Sprintf("changed the severity from %s to %s", e.From, e.To) },
	EventTold: func(e Event) string {
		return fmt.Sprintf("had %s told that it is %s", cmp.Or(e.Whom.Name, e.Whom.Handle), e.To)
	},
	EventTitle:          func(e Event) string { return "changed the title to: " + e.Text },
	EventService:        tellService,
	EventStatus:         func(e Event) string { return fmt.Sprintf("changed the status from %s to %s", e.From, e.To) },
	EventRole:           tellRole,
	EventSteppedDown:    tellSteppedDown,
	EventJoined:         func(e Event) string { return "joined the room, as " + e.Text },
	EventLeft:           func(e Event) string { return fmt.Sprintf("left %s, and is still %s", e.From, e.Text) },
	EventBriefed:        func(e Event) string { return fmt.Sprintf("told %s, who came late, how things stand", e.Whom.Name) },
	EventNote:           func(e Event) string { return "noted: " + e.Text },
	EventUpdate:         func(e Event) string { return "posted an update: " + e.Text },
	EventCustomersDraft: func(e Event) string { return "drafted for customers: " + e.Text },
	EventCustomers:      func(e Event) string { return "told customers: " + e.Text },
	EventAccess:         func(e Event) string { return "asked to be let in: " + e.Text },
	EventAdmitted:       tellAdmitted,
	EventPrivate:        func(Event) string { return "made it private" },
	EventPublic:         func(Event) string { return "made it public" },
	EventMisfit:         func(Event) string { return "left a room that was opened for others" },
	EventMitigated:      func(Event) string { return "marked it mitigated" },
	EventResolved:       func(Event) string { return "resolved it" },
	EventClosed:         func(Event) string { return "closed it" },
	EventArchived:       func(Event) string { return "archived its room" },
	EventReopened:       func(e Event) string { return "reopened it: " + e.Text },
	EventMerged:         func(e Event) string { return "merged it into " + e.Text },
	EventAbsorbed:       func(e Event) string { return fmt.Sprintf("merged %s into it", e.To) + colon(e.Text) },
	EventSeparated:      func(e Event) string { return "took " + e.To + " out again, which is no duplicate" },
	EventSimilar:        func(e Event) string { return fmt.Sprintf("saw that %s looks alike", e.To) + colon(e.Text) },
	EventLate:           func(e Event) string { return fmt.Sprintf("could not bring the %s in step yet: %s", e.To, e.Text) },
	EventCaughtUp:       func(e Event) string { return fmt.Sprintf("brought the %s in step, late", e.To) },
	EventBuried:         func(e Event) string { return fmt.Sprintf("gave up on the %s: %s", e.To, e.Text) },
	EventReminded: func(e Event) string {
		return fmt.Sprintf("reminded %s of %s", cmp.Or(e.Whom.Name, e.Whom.Handle), Topic(e.To).Name())
	},
	EventCalled: func(e Event) string { return fmt.Sprintf("reminded the room of %s", Topic(e.To).Name()) },
	EventSnoozed: func(e Event) string {
		until := e.Text
		if at, err := time.Parse(time.RFC3339, until); err == nil {
			until = Instant(at)
		}
		return fmt.Sprintf("put off the reminder of %s until %s", Topic(e.To).Name(), until)
	},
	EventTask:        tellTask,
	EventTaskTaken:   func(e Event) string { return fmt.Sprintf("took task %s: %s", e.To, e.Text) },
	EventTaskDone:    func(e Event) string { return fmt.Sprintf("did task %s: %s", e.To, e.Text) },
	EventTaskDropped: func(e Event) string { return fmt.Sprintf("dropped task %s: %s", e.To, e.Text) },
	EventTaskDue: func(e Event) string {
		return fmt.Sprintf("reminded %s of %s", cmp.Or(e.Whom.Name, e.Whom.Handle), Topic(e.To).Name())
	},
	EventMend: func(Event) string { return "ran mend" },
	EventMended: func(e Event) string {
		if e.Text == "" {
			return "looked at what stands in Slack: nothing was missing"
		}
		return "made again what was missing in Slack: " + e.Text
	},
	EventRetried: func(e Event) string { return fmt.Sprintf("had the %s tried again", e.To) },
	EventOutage:  func(e Event) string { return fmt.Sprintf("could not reach %s for a while: %s", e.To, e.Text) },
	EventClock: func(e Event) string {
		return fmt.Sprintf("saw the clock go from %s to %s (%s): it was set, or the machine was asleep", e.From, e.To, e.Text)
	},
	EventGap: func(e Event) string {
		return fmt.Sprintf("was not told all that happened in %s from %s on: %s", e.To, e.Occurred.UTC().Format(time.RFC3339), e.Text)
	},
	EventFilled: func(e Event) string { return fmt.Sprintf("read what was missed before #%d: %s", e.Corrects, e.Text) },
	EventDraft:  func(Event) string { return "kept a draft" },
	EventPolicy: func(e Event) string {
		return fmt.Sprintf("took policy %s in the place of %s: %s", e.To, e.From, e.Text)
	},
	EventPicked:   func(e Event) string { return "picked a message by " + e.Whom.Name },
	EventCaught:   func(e Event) string { return fmt.Sprintf("caught what %s said: %s", e.Whom.Name, e.Text) },
	EventUncaught: func(e Event) string { return "took a message by " + e.Whom.Name + " off the timeline" },
	EventEdited: func(e Event) string {
		return fmt.Sprintf("edited a message that was caught (#%d): %s", e.Corrects, e.Text)
	},
	EventDeleted: func(e Event) string {
		return fmt.Sprintf("saw that a message that was caught (#%d) was deleted", e.Corrects)
	},
	EventCorrected: func(e Event) string { return fmt.Sprintf("corrected #%d: %s", e.Corrects, e.Text) },
	EventStarred:   func(e Event) string { return fmt.Sprintf("starred #%d", e.Corrects) },
	EventUnstarred: func(e Event) string { return fmt.Sprintf("took the star off #%d", e.Corrects) },
	EventMasked:    func(e Event) string { return fmt.Sprintf("masked in what %s wrote: %s", e.Whom.Name, e.Text) },
	EventRedacted:  func(e Event) string { return fmt.Sprintf("redacted #%d: %s", e.Corrects, e.Text) },
}

// Other is the incident whose title an event tells, or 0: whoever may not know of that one may not read the title here.
func (e Event) Other() ID {
	if e.Kind != EventSimilar && e.Kind != EventAbsorbed {
		return 0
	}
	other, _ := ParseID(e.To)
	return other
}

// colon is what comes after a colon, if anything does.
func colon(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

func tellRole(e Event) string {
	told := fmt.Sprintf("made %s %s", e.Whom.Name, e.To)
	if e.By.Handle == e.Whom.Handle {
		told = "took the role of " + e.To
	}
	if e.Text != "" {
		told += ", with the note: " + e.Text
	}
	return told
}

func tellAdmitted(e Event) string {
	if e.By.Handle == e.Whom.Handle {
		return "asked to be invited again"
	}
	return fmt.Sprintf("let %s in", e.Whom.Name)
}

func tellService(e Event) string {
	switch {
	case e.To == "":
		return "said that it is not about " + e.From
	case e.From == "":
		return "said that it is about " + e.To
	}
	return fmt.Sprintf("changed the service from %s to %s", e.From, e.To)
}

func tellSteppedDown(e Event) string {
	if e.By.Handle == e.Whom.Handle {
		return "stepped down as " + e.To
	}
	return fmt.Sprintf("took the role of %s from %s", e.To, e.Whom.Name)
}

func tellTask(e Event) string {
	line := fmt.Sprintf("gave out task %s", e.To)
	if !e.Whom.IsZero() {
		line += " to " + cmp.Or(e.Whom.Name, e.Whom.Handle)
	}
	if due := e.due(); !due.IsZero() {
		line += ", due " + Instant(due)
	}
	return line + ": " + e.Text
}

// due is when the task is due that an event gave out, or zero.
func (e Event) due() time.Time {
	due, err := time.Parse(time.RFC3339Nano, e.From)
	if err != nil {
		return time.Time{}
	}
	return due
}

// When is the instant, other than its own, that the event tells as Instant spells it; zero where it tells none.
func (e Event) When() time.Time {
	switch e.Kind {
	case EventTask:
		return e.due()
	case EventSnoozed:
		at, err := time.Parse(time.RFC3339, e.Text)
		if err != nil {
			return time.Time{}
		}
		return at
	}
	return time.Time{}
}

// String tells the event in one sentence, without its time.
func (e Event) String() string {
	tell, known := tellings[e.Kind]
	if !known { // written by a newer version: history stays readable
		tell = func(e Event) string { return string(e.Kind) + " " + e.Text }
	}
	return e.By.Name + " " + tell(e)
}

// Ledger collects what the rules record until the store writes it down, in the same commit as the state.
type Ledger struct {
	events []Event
	wishes []Wish
}

// Wish is an effect that no event owes, with who asked for it: nothing has changed, somebody only looks.
type Wish struct {
	Effect
	Stamp
}

// ShowHome asks for a person's Home tab to be brought in step. It belongs to no incident.
func (l *Ledger) ShowHome(handle string, s Stamp) {
	l.wishes = append(l.wishes, Wish{Effect{Lane: lanes[EffectHome], Kind: EffectHome, Subject: handle}, s})
}

// Wishes hands over the wishes since the last call. Only the store calls it.
func (l *Ledger) Wishes() []Wish {
	wishes := l.wishes
	l.wishes = nil
	return wishes
}

func (l *Ledger) record(e Event) {
	if e.Occurred.IsZero() {
		e.Occurred = e.At
	}
	l.events = append(l.events, e)
}

// Address has the event that was recorded last told to each of some people, by handle.
func (l *Ledger) Address(handles []string) {
	if len(l.events) > 0 {
		l.events[len(l.events)-1].Audience = handles
	}
}

// Drain hands over the events recorded since the last call, in order. Only the store calls it.
func (l *Ledger) Drain() []Event {
	events := l.events
	l.events = nil
	return events
}

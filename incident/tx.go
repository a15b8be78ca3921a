package incident

import "time"

// Request is what somebody asked of us, and when. The same Key again is the same request, delivered twice: it changes
// nothing and gets the first answer. An empty Key is a change of our own, which nobody delivers twice.
type Request struct {
	Key string
	At  time.Time
}

// Tx is one transaction as those see it who change something in it. Whatever it hands out is written down when the
// transaction ends, with the events that the rules recorded and the effects that those owe.
type Tx interface {
	// Declare numbers a new incident.
	Declare(*Incident) error
	// Incident locks an incident and hands it out; an unknown one is Missing.
	Incident(ID) (*Incident, error)
	// DeclaredSince lists open incidents, newest first: number, kind, title, service and whether they are private, no more.
	DeclaredSince(at time.Time, limit int) ([]*Incident, error)
	// System is the ledger of what belongs to no incident.
	System() *Ledger
	// Know keeps what was learned about a person, unless something newer is known.
	Know(Profile) error
	Rooms
	Subscriptions
	Recorded
}

// Recorded is what a change may ask of what was recorded before it.
type Recorded interface {
	// Latest is the event of a kind that was recorded last on an incident, the zero Event when there is none.
	Latest(ID, EventKind) (Event, error)
	// Message is the last event about a message of an incident's room, the zero Event where there is none.
	Message(id ID, message string) (Event, error)
	// Entry is an entry of an incident, with what was recorded about it; an unknown one is Missing.
	Entry(id ID, event int64) (Entry, error)
}

// Rooms is who is in which room, and who has seen what is in them elsewhere.
type Rooms interface {
	// Join and Leave keep who is in an incident's room.
	Join(id ID, handle string, at time.Time) error
	Leave(id ID, handle string) error
	// Present lists the handles of those who are in it, as far as is known.
	Present(ID) ([]string, error)
	// HomesShown lists the handles of those whose Home tab was shown at an instant or later.
	HomesShown(since time.Time) ([]string, error)
}

// Subscriptions is who hears the updates of what, whether they are in its room or not.
type Subscriptions interface {
	// Subscribe has somebody hear the updates of an incident, or of all of a service.
	Subscribe(handle string, to Subject) error
	// Unsubscribe ends that; ended is false where there was nothing to end.
	Unsubscribe(handle string, from Subject) (ended bool, err error)
	// Subscribers lists the handles of those who hear the updates of an incident, each once. Who asked to hear of a service hears
	// of what has really come to pass there.
	Subscribers(*Incident) ([]string, error)
	// Told lists the handles of those who were to hear of an event by subscription, whether they would hear of another.
	Told(id ID, event int64) ([]string, error)
}

// Subject is what somebody subscribes to: one incident, or else a service.
type Subject struct {
	Incident ID
	Service  string
}

// Filter picks incidents for a list, newest first. What is zero does not matter.
type Filter struct {
	OpenOnly    bool
	Severity    Severity
	Service     string    // in capitals or not
	Since       time.Time // declared at an instant or later
	Of          string    // handle of somebody who declared it, has a role in it, or an open task
	SevereFirst bool      // the most severe first, and of these the newest
	Before      ID        // the last one of the page before
	Limit       int
}

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
	// Join and Leave keep who is in an incident's room.
	Join(id ID, handle string, at time.Time) error
	Leave(id ID, handle string) error
	Record
}

// Record is what a change may ask of what was recorded before it.
type Record interface {
	// Message is the last event about a message of an incident's room, the zero Event where there is none.
	Message(id ID, message string) (Event, error)
	// Entry is an entry of an incident, with what was recorded about it; an unknown one is Missing.
	Entry(id ID, event int64) (Entry, error)
}

// Filter picks incidents for a list, newest first.
type Filter struct {
	OpenOnly bool
	Before   ID // 0: from the newest
	Limit    int
}

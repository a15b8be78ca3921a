package pagerduty

import "time"

// Ref names something of PagerDuty's: a user, a service, a policy. The zero Ref is none.
type Ref struct{ ID, Name, URL string }

// Status is what PagerDuty says of an incident.
type Status string

// The statuses.
const (
	Triggered    Status = "triggered"
	Acknowledged Status = "acknowledged"
	Resolved     Status = "resolved"
)

// Bridge is where people of an incident speak: a number to dial, an address to open. Either may be empty.
type Bridge struct{ Number, URL string }

// Incident is an incident of PagerDuty's, from a webhook or from REST. What was not said is empty.
type Incident struct {
	ID, Title, Key, URL string
	Number              int
	Status              Status
	Urgency             string // "high" or "low"
	Service, Policy     Ref
	Priority            Ref // zero: it has none
	Assignees, Teams    []Ref
	Bridge              Bridge
	Kind                string // the name of its incident type
	MergedInto          string // the id of the incident that it was merged into
	Created             time.Time
	Changed, Resolved   time.Time // only REST says when
	Details             string    // of its body, as text; only REST says them, where there are any
}

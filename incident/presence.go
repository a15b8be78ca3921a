package incident

import (
	"slices"
	"strings"
	"time"
)

// settling is how long people come into a new room to begin with. Who comes later did not see it begin.
const settling = 10 * time.Minute

// RefBriefed keeps who was told how things stand when they came late, so that nobody hears it twice.
const RefBriefed = "tocsin.briefed"

// Arrive notes that somebody has come into the room at an instant. Of who has a role that stands in the record; who comes late,
// counted from when the room opened, is told how things stand: once, and neither who declared nor who has a role.
func (i *Incident) Arrive(p Person, at, opened time.Time, s Stamp) {
	if !i.Status.Open() {
		return
	}
	at = earlier(at, s.At)
	if roles := i.RolesOf(p.Handle); len(roles) > 0 {
		i.record(Event{Kind: EventJoined, Stamp: Stamp{By: p, At: s.At, Request: s.Request}, Occurred: at, Text: listed(roles)})
		return
	}
	briefed := strings.Fields(i.Refs[RefBriefed])
	if opened.IsZero() || at.Sub(opened) <= settling || p.Handle == i.Declarer.Handle || slices.Contains(briefed, p.Handle) {
		return
	}
	i.Refs[RefBriefed] = strings.Join(append(briefed, p.Handle), " ")
	i.record(Event{Kind: EventBriefed, Stamp: Stamp{By: System, At: s.At, Request: s.Request}, Occurred: at, Whom: p})
}

// What somebody can leave.
const (
	TheRoom      = "the room"
	TheWorkspace = "the workspace"
)

// Depart notes that somebody who has a role has left the room or the workspace at an instant, and tells who leads; the room,
// where it is they who do.
func (i *Incident) Depart(p Person, from string, at time.Time, s Stamp) {
	roles := i.RolesOf(p.Handle)
	if !i.Status.Open() || len(roles) == 0 {
		return
	}
	told := i.Roles[Commander]
	if told.Handle == p.Handle {
		told = Person{}
	}
	i.record(Event{
		Kind: EventLeft, Stamp: Stamp{By: p, At: s.At, Request: s.Request}, Occurred: earlier(at, s.At), From: from, Text: listed(roles), Whom: told,
	})
}

// Away lists the roles that somebody left behind and still has.
func (i *Incident) Away(left Event) []Role {
	if left.Kind != EventLeft || !i.Status.Open() {
		return nil
	}
	return i.RolesOf(left.By.Handle)
}

func listed(roles []Role) string {
	words := make([]string, len(roles))
	for n, role := range roles {
		words[n] = string(role)
	}
	return strings.Join(words, ", ")
}

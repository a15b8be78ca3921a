package incident

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// settling is how long people come into a new room to begin with. Who comes later did not see it begin.
const settling = 10 * time.Minute

// RefBriefed keeps who was told how things stand when they came late, so that nobody hears it twice.
const RefBriefed = "tocsin.briefed"

// Arrive notes that somebody has come into the room at an instant. Of who has a role that stands in the record; who comes late,
// counted from when the room opened, is told how things stand: once, and not who declared. Who takes over at three in the morning is.
func (i *Incident) Arrive(p Person, at, opened time.Time, s Stamp) {
	i.drop(RefGone, p.Handle)
	if !i.Status.Open() {
		return
	}
	at = earlier(at, s.At)
	if roles := i.RolesOf(p.Handle); len(roles) > 0 {
		i.record(Event{Kind: EventJoined, Stamp: Stamp{By: p, At: s.At, Request: s.Request}, Occurred: at, Text: listed(roles)})
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
	if from == TheRoom {
		i.drop(refAdmitted, p.Handle)
		if !i.IsGone(p.Handle) {
			i.Refs[RefGone] = strings.Join(append(i.gone(), p.Handle), " ")
		}
	}
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

// RefGone keeps who has left the room, so that nobody calls them back who did not mean them.
const RefGone = "tocsin.gone"

func (i *Incident) gone() []string { return strings.Fields(i.Refs[RefGone]) }

// IsGone tells whether somebody has left the room, and has not come back.
func (i *Incident) IsGone(handle string) bool { return slices.Contains(i.gone(), handle) }

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

// firstLook is how long after a role was given out it is first looked who is silent. How long they may be is policy, and
// that look knows it.
const firstLook = 15 * time.Minute

// listen sees to it that it is noticed when nothing is heard from who has a role.
func (i *Incident) listen(s Stamp) {
	if _, kept := i.Reminders[TopicSilence]; !kept && len(i.Roles) > 0 && i.Status.Open() {
		i.remind(TopicSilence, s.At.Add(firstLook))
	}
}

// doublings bounds the growth of the time until a silence that goes on is told of again.
const doublings = 4

// Listen tells, once it is due, who leads of those with a role from whom nothing was heard for too long; the room, where it is
// they who lead. heard is when each person was heard last; nil: nobody could listen, and it is tried again much later.
func (i *Incident) Listen(p *Policy, heard map[string]time.Time, s Stamp) {
	r, kept := i.Reminders[TopicSilence]
	if !kept || r.Due.After(s.At) {
		return
	}
	after := p.Level(i.Severity).SilentFor
	if after <= 0 || len(i.Roles) == 0 { // who gets a role, or another severity, sets it again
		i.remind(TopicSilence, time.Time{})
		return
	}
	next := s.At.Add(after)
	if heard == nil {
		r.Due = next
		i.Reminders[TopicSilence] = r
		return
	}
	var silent []Role
	for role, person := range i.Roles {
		if due := heard[person.Handle].Add(after); due.After(s.At) {
			next = earlier(next, due)
		} else {
			silent = append(silent, role)
		}
	}
	if len(silent) == 0 {
		i.remind(TopicSilence, next)
		return
	}
	slices.Sort(silent)
	r.Step++
	r.Due = s.At.Add(after << min(r.Step-1, doublings))
	i.Reminders[TopicSilence] = r
	e := Event{Kind: EventCalled, Stamp: s, From: strconv.Itoa(r.Step), To: string(TopicSilence), Text: listed(silent)}
	if lead := i.Roles[Commander]; !lead.IsZero() && !slices.Contains(silent, Commander) {
		e.Kind, e.Whom = EventReminded, lead
	}
	i.record(e)
}

// Silent lists the roles that a reminder of silence is about and somebody has, with who that is.
func (i *Incident) Silent(reminded Event) map[Role]Person {
	silent := map[Role]Person{}
	for word := range strings.SplitSeq(reminded.Text, ", ") {
		if p := i.Roles[Role(word)]; !p.IsZero() {
			silent[Role(word)] = p
		}
	}
	return silent
}

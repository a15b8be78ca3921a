package incident

import (
	"strings"
	"time"
)

// Gate names something that a team wants to be there before an incident is closed.
type Gate string

// The gates. That it is resolved is asked of every incident.
const (
	GateCommander Gate = "commander"
	GateUpdate    Gate = "update"
	GateSeverity  Gate = "severity"
	GateTimes     Gate = "times" // when it started, was detected, mitigated and resolved
)

// gates is the one list of them: when each is open, what is said where it is not, and the verb that mends it.
var gates = []struct {
	name   Gate
	open   func(*Incident) bool
	wants  func(*Incident) string
	mended string
}{
	{"", func(i *Incident) bool { return i.Status == Resolved }, always("it is not resolved"), "resolve"},
	{GateCommander, func(i *Incident) bool { return !i.Roles[Commander].IsZero() }, always("nobody leads it"), "commander me"},
	{GateUpdate, func(i *Incident) bool { return !i.Updated.IsZero() }, always("no update has been posted"), "update"},
	{GateSeverity, func(i *Incident) bool { return i.Severity != Unknown }, always("nobody has said how bad it was"), "severity"},
	{GateTimes, func(i *Incident) bool { return len(i.untimed()) == 0 }, wantsTimes, "mitigated"},
}

func always(words string) func(*Incident) string { return func(*Incident) string { return words } }

// untimed lists the moments of which it is not known when they were.
func (i *Incident) untimed() (moments []string) {
	times := Times{MomentStarted: i.Started, MomentDetected: i.Detected, MomentMitigated: i.Mitigated, MomentResolved: i.Resolved}
	for _, moment := range Moments {
		if times[moment].IsZero() {
			moments = append(moments, string(moment))
		}
	}
	return moments
}

func wantsTimes(i *Incident) string {
	return "it is not known when it was " + strings.Join(i.untimed(), " and ")
}

// Gates lists the names of the gates that a policy can set.
func Gates() (names []string) {
	for _, gate := range gates[1:] {
		names = append(names, string(gate.name))
	}
	return names
}

// closable refuses to close while something is missing: all of it is said at once, each with what mends it. An exercise, and
// what was recorded afterwards, only have to be resolved.
func (i *Incident) closable(wanted []Gate) error {
	var missing, mends []string
	for _, gate := range gates {
		asked := gate.name == ""
		for _, want := range wanted {
			asked = asked || i.Kind == Real && want == gate.name
		}
		if asked && !gate.open(i) {
			missing, mends = append(missing, gate.wants(i)), append(mends, gate.mended)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return &Error{Code: Conflict, Message: i.ID.String() + " cannot be closed yet: " + strings.Join(missing, "; ") + ".", Mends: mends}
}

// restWarning is how long before its room is archived people are told.
const restWarning = 24 * time.Hour

// Rest sets when the room of a closed incident is archived, counted from now: nobody has written anything since. People are
// told before. It does nothing to one that is not closed, and nothing to a private one: who may see that is decided by who is in
// its room.
func (i *Incident) Rest(p *Policy, s Stamp) {
	i.remind(TopicArchive, time.Time{})
	delete(i.Refs, refRests)
	if i.Status == Closed && i.DuplicateOf == 0 && !i.Private && i.Room != "" && p.ArchiveAfter > 0 {
		i.remind(TopicArchive, s.At.Add(untilWarned(p)))
	}
}

// longestRest is how far the archiving of a room can be put off.
const longestRest = 30 * 24 * time.Hour

// Stir says that somebody has written something: the room of a closed incident rests from now on anew, if it was to be archived.
func (i *Incident) Stir(p *Policy, s Stamp) {
	if _, kept := i.Reminders[TopicArchive]; kept {
		i.Rest(p, s)
	}
}

// Overhear takes in when somebody was heard last in the room of a closed incident, which is due to be archived: where that is after
// it was counted from, it is counted from then.
func (i *Incident) Overhear(p *Policy, last time.Time) {
	if _, kept := i.Reminders[TopicArchive]; kept && last.After(i.RestsSince(p)) {
		i.Rest(p, Stamp{At: last})
	}
}

// RestsSince is since when nobody must have written anything for the reminder to be true that the room is archived: since it was
// closed or somebody wrote, or since the warning.
func (i *Incident) RestsSince(p *Policy) time.Time {
	if since := i.kept(refRests); !since.IsZero() {
		return since
	}
	r := i.Reminders[TopicArchive]
	if _, warned := i.roomRests(p, r.Step); r.Step > 0 {
		return r.Due.Add(-warned)
	}
	return r.Due.Add(-untilWarned(p))
}

// untilWarned is how long a room rests before people are told that it is archived.
func untilWarned(p *Policy) time.Duration { return max(p.ArchiveAfter-restWarning, p.ArchiveAfter/2) }

// roomRests warns the room first, and says how long is left then.
func (i *Incident) roomRests(p *Policy, _ int) ([]Person, time.Duration) {
	return nil, min(restWarning, p.ArchiveAfter-p.ArchiveAfter/2)
}

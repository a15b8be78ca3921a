package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tocsin/incident"
)

// owed is the message that one effect of an entry owes, by what it is; "" where it owes none of its own.
func owed(e incident.Effect) string {
	switch e.Kind {
	case incident.EffectSay, incident.EffectTell:
		return fmt.Sprintf("%s event %d", e.Incident, e.Event())
	case incident.EffectNews:
		return fmt.Sprintf("%s event %s", e.Incident, e.Subject)
	case incident.EffectThread, incident.EffectCustomers:
		return fmt.Sprintf("%s event %d %s", e.Incident, e.Event(), e.Kind)
	}
	return ""
}

// sayings looks for the one message that each entry owes, where it still owes one.
func (a *audit) sayings() {
	for id, events := range a.timeline {
		for _, e := range events {
			for _, effect := range e.Owes(id) {
				what := owed(effect)
				if a.converted(id) && len(a.posted[what]) > 1 {
					continue // said in two of its rooms: what was not answered in the one is said again in the next
				}
				if what != "" && (len(a.posted[what]) > 0 || !a.mayBeSilent(effect, e)) {
					a.one(what, ": ", e.String())
				}
			}
		}
	}
}

// overtakes says of each kind of entry what the courier leaves unsaid of it: if a later entry of the same incident has
// overtaken it by then. Nil is a kind of which nothing may be there whatever else happens. What is not in here is said always.
var overtakes = map[incident.EventKind]func(e, later incident.Event) bool{
	incident.EventLate:        nil, // it got through before it was told
	incident.EventCaughtUp:    nil, // nobody was told that it was late
	incident.EventBriefed:     nil, // for the eyes of one person: it is in no channel
	incident.EventRole:        sameRole,
	incident.EventSteppedDown: func(e, later incident.Event) bool { return sameRole(e, later) || ends(later) },
	incident.EventTold:        func(_, later incident.Event) bool { return later.Kind == incident.EventSeverity || ends(later) },
	incident.EventMerged:      func(_, later incident.Event) bool { return later.Kind == incident.EventReopened },
	incident.EventAbsorbed: func(e, later incident.Event) bool {
		return later.Kind == incident.EventSeparated && later.To == e.To
	},
	incident.EventPrivate:  func(_, later incident.Event) bool { return turns(later) },
	incident.EventPublic:   func(_, later incident.Event) bool { return turns(later) },
	incident.EventCalled:   mended,
	incident.EventReminded: mended,
	incident.EventTaskDue: func(e, later incident.Event) bool {
		done := later.Kind == incident.EventTaskDone || later.Kind == incident.EventTaskDropped
		return done && string(incident.Topic("task/"+later.To)) == e.To || ends(later)
	},
}

// sameRole tells whether somebody else has the role by then, or nobody.
func sameRole(e, later incident.Event) bool {
	return (later.Kind == incident.EventRole || later.Kind == incident.EventSteppedDown) && later.To == e.To
}

// ends tells whether the incident was over with an entry, or no incident any more.
func ends(e incident.Event) bool {
	return slices.Contains([]incident.EventKind{
		incident.EventResolved, incident.EventClosed, incident.EventMerged, incident.EventDistrusted, incident.EventDeclined,
	}, e.Kind)
}

// mended tells whether an entry does what somebody was reminded of, or begins the reminder anew.
func mended(e, later incident.Event) bool {
	switch incident.Topic(e.To) {
	case incident.TopicUpdate:
		return later.Kind == incident.EventUpdate || later.Kind == incident.EventSeverity || ends(later)
	case incident.TopicCommander:
		return sameRole(incident.Event{To: string(incident.Commander)}, later) || later.Kind == incident.EventSeverity || ends(later)
	case incident.TopicSeverity:
		return later.Kind == incident.EventSeverity || ends(later)
	case incident.TopicSilence:
		return later.Kind == incident.EventRole || later.Kind == incident.EventSteppedDown || ends(later)
	case incident.TopicArchive:
		return later.Kind == incident.EventReopened || later.Kind == incident.EventNote
	}
	return false
}

// mayBeSilent tells of what there may be no message, by what the record says: what was overtaken before it was said, and what
// was to be said where nobody could hear it.
func (a *audit) mayBeSilent(effect incident.Effect, e incident.Event) bool {
	if e.Redacted { // before it was said
		return true
	}
	overtaken, known := overtakes[e.Kind]
	if known && (overtaken == nil || slices.ContainsFunc(a.since(effect.Incident, e), func(later incident.Event) bool { return overtaken(e, later) })) {
		return true
	}
	switch {
	case e.Kind == incident.EventSimilar && a.unspoken(e):
		return true
	case effect.Kind == incident.EffectThread && a.converted(effect.Incident): // it went with the announcement
		return true
	case effect.Kind != incident.EffectSay && a.hushed(effect.Incident, e):
		return true
	case e.Kind == incident.EventTold: // of a private one only who is in its room hears
		return a.of(effect.Incident).Private
	case e.Kind == incident.EventLeft: // one of its two effects has somebody to tell
		return (effect.Kind == incident.EffectTell) == e.Whom.IsZero() || len(a.since(effect.Incident, e)) > 0
	case effect.Kind == incident.EffectSay:
		return a.roomless(effect.Incident, e)
	case effect.Kind == incident.EffectThread:
		return len(a.posted[effect.Incident.String()+" announcement"]) == 0 || a.distrusted(effect.Incident, e)
	}
	return false
}

// converted tells whether it was changed who may know of an incident.
func (a *audit) converted(id incident.ID) bool {
	return slices.ContainsFunc(a.timeline[id], turns)
}

// settled is how long after an entry all that it owes is delivered for sure, where nothing fails: in the walk, which alone converts,
// time stands nearly still until then.
const settled = time.Second

// hushed tells of an entry whether those outside may hear nothing of it: its incident was private then, or was converted before it
// could be told.
func (a *audit) hushed(id incident.ID, e incident.Event) bool {
	private := a.of(id).Private && a.converted(id)
	for _, later := range slices.Backward(a.since(id, e)) {
		if !turns(later) {
			continue
		}
		if later.At.Sub(e.At) < settled {
			return true
		}
		private = later.Kind == incident.EventPublic
	}
	return private
}

func turns(e incident.Event) bool {
	return e.Kind == incident.EventPrivate || e.Kind == incident.EventPublic
}

// since are the entries of an incident after one.
func (a *audit) since(id incident.ID, e incident.Event) []incident.Event {
	at := slices.IndexFunc(a.timeline[id], func(later incident.Event) bool { return later.ID > e.ID })
	if at < 0 {
		return nil
	}
	return a.timeline[id][at:]
}

// unspoken tells of the other incident of an entry that it may not, or need not, be spoken of.
func (a *audit) unspoken(similar incident.Event) bool {
	id, _ := incident.ParseID(similar.To)
	hidden := func(e incident.Event) bool { return e.Kind == incident.EventPrivate } // if only for a while
	return a.of(id).Private || slices.ContainsFunc(a.timeline[id], ends) || slices.ContainsFunc(a.since(id, similar), hidden)
}

// distrusted tells whether an incident went back to triage after an entry: before that, it had no room.
func (a *audit) distrusted(id incident.ID, e incident.Event) bool {
	return slices.ContainsFunc(a.since(id, e), func(later incident.Event) bool { return later.Kind == incident.EventDistrusted })
}

// roomless tells whether there may have been no room to say something in: of an incident that was in triage before it had one,
// that was a duplicate before it had one, that was archived, or that never gets one.
func (a *audit) roomless(id incident.ID, e incident.Event) bool {
	i, shut := a.of(id), false
	if i.Room == "" || a.distrusted(id, e) || a.unvouched(i) {
		return true
	}
	for _, before := range a.timeline[id] {
		if before.ID > e.ID {
			break
		}
		switch before.Kind {
		case incident.EventDistrusted, incident.EventArchived, incident.EventMerged:
			shut = before.ID < e.ID
		case incident.EventAccepted, incident.EventReopened:
			shut = false
		}
	}
	return shut || a.skipped(i, e)
}

// skipped tells whether an incident may have become a duplicate before its room was made. Where it had one by then, that is
// its room still, or it is known as the one before.
func (a *audit) skipped(i *incident.Incident, e incident.Event) bool {
	merged := false
	for _, later := range append([]incident.Event{e}, a.since(i.ID, e)...) {
		merged = merged || later.Kind == incident.EventMerged
		if merged && later.Kind == incident.EventReopened && i.Refs["slack.former"] == "" {
			return true
		}
	}
	return merged && i.Refs[incident.RefRoom] == ""
}

// of is an incident by its number.
func (a *audit) of(id incident.ID) *incident.Incident {
	at := slices.IndexFunc(a.list, func(i *incident.Incident) bool { return i.ID == id })
	if at < 0 {
		a.t.Fatalf("an entry speaks of %s, which there is not", id)
	}
	return a.list[at]
}

// hasRoom tells whether an incident must have a room.
func (a *audit) hasRoom(i *incident.Incident) bool {
	if i.Room == "" || i.Status == incident.Triage || i.Status == incident.Declined {
		return false
	}
	return !a.unvouched(i) && (i.DuplicateOf == 0 || !a.skipped(i, a.timeline[i.ID][0]))
}

// unvouched tells whether a guest's incident was over before it was found out that they may not declare. Nothing was sent on
// their word, and now it need not be.
func (a *audit) unvouched(i *incident.Incident) bool {
	events := a.timeline[i.ID]
	accepted := slices.ContainsFunc(events, func(e incident.Event) bool { return e.Kind == incident.EventAccepted })
	return isVisitor(i.Declarer) && !accepted && slices.ContainsFunc(events, ends)
}

// tasks looks for the one message of each task, where there was a room for it when it was given out.
func (a *audit) tasks(i *incident.Incident) {
	for _, e := range a.timeline[i.ID] {
		switch what := i.ID.String() + " task " + strings.TrimSpace(e.To); {
		case e.Kind != incident.EventTask || a.roomless(i.ID, e):
		case a.converted(i.ID) || i.Refs["slack.former"] != "": // what is open is in its last room too
			open := slices.ContainsFunc(i.OpenTasks(), func(t incident.Task) bool { return fmt.Sprint(t.Number) == strings.TrimSpace(e.To) })
			if (open || a.everywhere) && len(a.posted[what]) == 0 { // what is done stands where it was done
				a.missing = append(a.missing, "message "+what)
			}
		default:
			a.one(what, ": ", e.String())
		}
	}
}

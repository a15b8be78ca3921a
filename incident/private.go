package incident

import (
	"slices"
	"strings"
)

// What is kept of the rooms that an incident has had before.
const (
	RefPeople = "slack.people" // who was in it, to be invited into the next one; into the first of a private one, who declared it
	RefLeft   = "slack.left"   // channels that were its room while it was for others to know: never its room again
)

// MakePrivate closes an incident off: from now on only those know of it who are in its new room. present are the handles of
// those in the room that it has now. They are carried over, with whoever does this; the room is left behind.
func (i *Incident) MakePrivate(present []string, s Stamp) error {
	if i.Private {
		return Refuse(Conflict, "%s is private already.", i.ID)
	}
	return i.convert(EventPrivate, present, s)
}

// MayTurn refuses what MakePrivate or MakePublic would refuse, before anybody is asked whether they are sure.
func (i *Incident) MayTurn(kind EventKind) error {
	if i.Private == (kind == EventPrivate) {
		return Refuse(Conflict, "%s is %s already.", i.ID, kind)
	}
	return i.convertible(kind)
}

// MakePublic opens a private incident to everybody, with all that stands on its timeline.
func (i *Incident) MakePublic(present []string, s Stamp) error {
	if !i.Private {
		return Refuse(Conflict, "%s is public already.", i.ID)
	}
	return i.convert(EventPublic, present, s)
}

func (i *Incident) convert(kind EventKind, present []string, s Stamp) error {
	if err := i.convertible(kind); err != nil {
		return err
	}
	people := strings.Fields(i.Refs[RefPeople])
	for _, handle := range append(slices.Clone(present), s.By.Handle) {
		if handle != System.Handle && !slices.Contains(people, handle) {
			people = append(people, handle)
		}
	}
	i.drop(RefGone, s.By.Handle)
	room := i.Refs[RefRoom]
	i.Private = kind == EventPrivate
	i.Refs[RefPeople] = strings.Join(people, " ")
	delete(i.Refs, RefRoom) // whoever speaks there does not speak in its room any more
	i.leave(room)
	i.record(Event{Kind: kind, Stamp: s, From: room, Tasks: i.openNumbers()})
	return nil
}

// convertible refuses where it cannot be said any more who knows what: others tell of a duplicate, and what is over stays as
// it was told.
func (i *Incident) convertible(kind EventKind) error {
	verb := "make it " + string(kind)
	switch {
	case i.DuplicateOf != 0:
		return &Error{
			Code: Conflict, Mends: []string{"reopen"},
			Message: i.ID.String() + " is a duplicate of " + i.DuplicateOf.String() + ". To " + verb + ", reopen it first, with a reason: then it is an incident of its own.",
		}
	case i.Duplicates > 0:
		return Refuse(Conflict, "Others are duplicates of %s, and tell of it. To %s, reopen them first, each with a reason: /incident reopen INC-9 why. Then each is an incident of its own, and can be closed as such.", i.ID, verb)
	case i.Kind == Backfill:
		return Refuse(Conflict, "%s was recorded after it was over: it stays as it was recorded.", i.ID)
	}
	return i.mustBeWorkedOn(verb)
}

// leave keeps that a channel is not the room any more.
func (i *Incident) leave(room string) {
	if room != "" {
		i.Refs[RefLeft] = strings.TrimSpace(i.Refs[RefLeft] + " " + room)
	}
}

// HasLeft tells whether a channel was the room of the incident while it was for others to know.
func (i *Incident) HasLeft(room string) bool {
	return slices.Contains(strings.Fields(i.Refs[RefLeft]), room)
}

// Misfit takes in that a room was opened for others than those whom the incident is for by now: it is left at once.
// Its name stays taken.
func (i *Incident) Misfit(room, name string, s Stamp) {
	i.Refs[RefRoomName] = name
	i.leave(room)
	i.record(Event{Kind: EventMisfit, Stamp: s, From: room})
}

package incident

import "strings"

// Merge closes an incident as a duplicate of another, on which the people of both go on together. Nothing of its timeline
// moves. Each side has its entry, so that both rooms hear of it.
func (i *Incident) Merge(into *Incident, s Stamp) error {
	if err := i.mergeable(into); err != nil {
		return err
	}
	i.DuplicateOf = into.ID
	into.Duplicates++
	into.Refs[RefCarried] = strings.TrimSpace(into.Refs[RefCarried] + " " + i.ID.String())
	i.Closed = s.At
	i.move(Event{Kind: EventMerged, Stamp: s, Text: into.ID.String()}, Closed)
	into.record(Event{Kind: EventAbsorbed, Stamp: s, To: i.ID.String(), Text: i.Title})
	return nil
}

// mergeable refuses what would leave people in front of a closed door, or let them into one that was closed to them.
func (i *Incident) mergeable(into *Incident) error {
	worked := func(s Status) bool { return s.Open() && s != Triage || s == Resolved }
	switch {
	case i.ID == into.ID:
		return Refuse(Invalid, "%s cannot be a duplicate of itself. For example: merge INC-7 into INC-3.", i.ID).Offer("merge " + i.ID.String() + " into")
	case i.DuplicateOf != 0:
		return &Error{Code: Conflict, Message: i.ID.String() + " is a duplicate of " + i.DuplicateOf.String() + " already. To undo that, reopen it, with a reason.", Mends: []string{"reopen"}}
	case into.DuplicateOf != 0:
		return Refuse(Conflict, "%s is itself a duplicate of %s: merge %s into %s.", into.ID, into.DuplicateOf, i.ID, into.DuplicateOf).Offer("merge " + i.ID.String() + " into " + into.DuplicateOf.String())
	case i.Duplicates > 0:
		return Refuse(Conflict, "Others are duplicates of %s: merge %s into it instead.", i.ID, into.ID).Offer("merge " + into.ID.String() + " into " + i.ID.String())
	case i.Kind != into.Kind:
		return Refuse(Conflict, "%s is %s and %s is %s: only incidents of one kind can be merged.", i.ID, spokenKind[i.Kind], into.ID, spokenKind[into.Kind])
	case i.Private != into.Private:
		return Refuse(Conflict, "One of %s and %s is private and the other is not: they cannot be merged.", i.ID, into.ID)
	case !worked(i.Status):
		return i.mustBeOpen("merge it")
	case !worked(into.Status):
		return into.mustBeOpen("merge another into it")
	}
	return nil
}

// spokenKind is how people call the kinds.
var spokenKind = map[Kind]string{Real: "real", Drill: "an exercise", Backfill: "recorded afterwards"}

// Separate reopens a duplicate, which is an incident of its own again.
func (i *Incident) Separate(from *Incident, why string, level Level, s Stamp) error {
	if i.DuplicateOf != from.ID {
		return Refuse(Conflict, "%s is not a duplicate of %s any more: try again.", i.ID, from.ID)
	}
	i.DuplicateOf = 0
	if err := i.Reopen(why, level, s); err != nil {
		i.DuplicateOf = from.ID
		return err
	}
	from.Duplicates--
	from.record(Event{Kind: EventSeparated, Stamp: s, To: i.ID.String()})
	return nil
}

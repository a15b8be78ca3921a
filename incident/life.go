package incident

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

// SetSeverity raises or lowers the severity.
func (i *Incident) SetSeverity(to Level, s Stamp) error {
	if err := i.mustBeWorkedOn("change its severity"); err != nil {
		return err
	}
	if i.Severity == to.Name {
		return Refuse(Conflict, "%s is %s already.", i.ID, to.Name)
	}
	from, raised := i.Severity, to.Rank < i.Rank
	i.Severity, i.Rank = to.Name, to.Rank
	if i.Status.Open() { // nothing is due of one that is resolved
		i.owePutOff(to, raised)
		i.seekLeader(to, s)
		i.seekSeverity(s)
		i.listen(s)
	}
	i.hurry(to, s)
	i.record(Event{Kind: EventSeverity, Stamp: s, From: string(from), To: string(to.Name)})
	i.inform(to, from, s)
	return nil
}

// inform tells those who want to hear of a severity that this incident has it; from is the one before, if there was one. Of
// an exercise they hear nothing.
func (i *Incident) inform(level Level, from Severity, s Stamp) {
	if i.Kind != Real || !i.Status.Open() {
		return
	}
	for _, handle := range level.Tell {
		if handle != s.By.Handle { // they know
			i.record(Event{Kind: EventTold, Stamp: s, From: string(from), To: string(level.Name), Whom: Person{Handle: handle}})
		}
	}
}

// SetStatus moves an open incident between investigating, identified and monitoring.
func (i *Incident) SetStatus(to Status, s Stamp) error {
	if !slices.Contains(settable, to) {
		return Refuse(Invalid, "The status can be %s, %s or %s; for the end use resolve and close.", settable[0], settable[1], settable[2]).Offer("status")
	}
	if err := i.mustBeOpen("change its status"); err != nil {
		return err
	}
	if i.Status == to {
		return Refuse(Conflict, "%s is %s already.", i.ID, to)
	}
	i.move(Event{Kind: EventStatus, Stamp: s}, to)
	return nil
}

// Accept takes an incident out of triage: it is one, and its room opens.
func (i *Incident) Accept(level Level, s Stamp) error {
	if i.Status != Triage {
		return Refuse(Conflict, "%s is %s, so there is nothing to accept.", i.ID, i.Status).Offer("show")
	}
	i.oweAnew(level, s)
	i.seekLeader(level, s)
	i.move(Event{Kind: EventAccepted, Stamp: s}, Investigating)
	i.seekSeverity(s)
	i.listen(s)
	return nil
}

// Decline says that what was declared is no incident. It stays in the record.
func (i *Incident) Decline(why string, s Stamp) error {
	if i.Status != Triage {
		return Refuse(Conflict, "%s is %s: only what is in %s can be declined. Use resolve.", i.ID, i.Status, Triage).Offer("resolve")
	}
	why, err := cleanWhy(why, "it is no incident: decline <reason>")
	if err != nil {
		return err
	}
	i.move(Event{Kind: EventDeclined, Stamp: s, Text: why, Whom: i.Declarer}, Declined)
	return nil
}

// Distrust sends an incident back to triage, because its declarer turned out to be somebody who may not declare. A private
// one is declined at once: nobody else may see it, so nobody could accept it. So is what was recorded when it was over.
func (i *Incident) Distrust(was Standing, s Stamp) error {
	recorded := i.Kind == Backfill && i.Status != Declined && i.DuplicateOf == 0 // what is a duplicate is over with it
	if i.Status == Triage || !i.Status.Open() && !recorded || i.Refs[RefRoom] != "" {
		return Refuse(Conflict, "%s is %s.", i.ID, i.Status)
	}
	if i.Private || recorded {
		i.move(Event{Kind: EventDistrusted, Stamp: s, Text: string(was), Whom: i.Declarer}, Declined)
		return nil
	}
	i.move(Event{Kind: EventDistrusted, Stamp: s, Text: string(was), Whom: i.Declarer}, Triage)
	return nil
}

// Mitigate notes the moment from which customers no longer suffer, which may come long before the cause is known.
func (i *Incident) Mitigate(s Stamp) error {
	if err := i.mustBeOpen("mark it mitigated"); err != nil {
		return err
	}
	if !i.Mitigated.IsZero() {
		return Refuse(Conflict, "%s is mitigated already. If it broke again, say so in a note or an update.", i.ID).Offer("note", "update")
	}
	i.Mitigated = s.At
	i.record(Event{Kind: EventMitigated, Stamp: s})
	return nil
}

// Resolve says that the fault is over. What was not mitigated apart is mitigated by it.
func (i *Incident) Resolve(s Stamp) error {
	if i.Status == Resolved {
		return Refuse(Conflict, "%s is %s already.", i.ID, i.Status).Offer("close", "reopen")
	}
	if err := i.mustBeOpen("resolve it"); err != nil {
		return err
	}
	i.Resolved = s.At
	if i.Mitigated.IsZero() {
		i.Mitigated = s.At
	}
	i.move(Event{Kind: EventResolved, Stamp: s}, Resolved)
	return nil
}

// Close ends the work on a resolved incident that has everything that the policy wants of its severity.
func (i *Incident) Close(p *Policy, s Stamp) error {
	if i.Status == Closed {
		return Refuse(Conflict, "%s is %s already.", i.ID, i.Status).Offer("reopen")
	}
	if err := i.closable(p.Level(i.Severity).Gates); err != nil {
		return err
	}
	i.Closed = s.At
	i.move(Event{Kind: EventClosed, Stamp: s}, Closed)
	i.Rest(p, s)
	return nil
}

// MayReopen refuses what cannot be taken up again, whatever the reason.
func (i *Incident) MayReopen() error {
	switch {
	case i.Status.Open():
		return Refuse(Conflict, "%s is open already (%s).", i.ID, i.Status).Offer("show")
	case i.Kind == Backfill:
		again := "declare " + i.Title
		if i.Private {
			again += " --private"
		}
		return Refuse(Conflict, "%s was recorded after it was over, so it cannot be reopened. If it is back: /incident %s", i.ID, again).Offer(again)
	}
	return nil
}

// Reopen takes up a resolved, closed or declined incident again. Why it was resolved too early is worth a sentence.
func (i *Incident) Reopen(why string, level Level, s Stamp) error {
	if err := i.MayReopen(); err != nil {
		return err
	}
	if i.DuplicateOf != 0 {
		return Refuse(Conflict, "%s has just become a duplicate of %s: try again.", i.ID, i.DuplicateOf)
	}
	why, err := cleanWhy(why, "it is open again: reopen <reason>")
	if err != nil {
		return err
	}
	i.Mitigated, i.Resolved, i.Closed = time.Time{}, time.Time{}, time.Time{}
	i.remind(TopicArchive, time.Time{})
	i.oweAnew(level, s)
	i.seekLeader(level, s)
	i.seekSeverity(s)
	i.listen(s)
	i.move(Event{Kind: EventReopened, Stamp: s, Text: why, Tasks: i.openNumbers()}, Investigating)
	return nil
}

// move changes the status and records the event that did it.
func (i *Incident) move(e Event, to Status) {
	e.From, e.To = string(i.Status), string(to)
	i.Status = to
	if !to.Open() || to == Triage { // whatever was missing is not missed any more
		i.UpdateDue = time.Time{}
		maps.DeleteFunc(i.Reminders, func(topic Topic, _ Reminder) bool { _, ofTask := topic.Task(); return !ofTask })
	}
	i.awaitTasks()
	i.record(e)
}

// seekLeader sets when it is noticed that nobody leads.
func (i *Incident) seekLeader(level Level, s Stamp) {
	i.remind(TopicCommander, time.Time{})
	if level.LeadWithin > 0 && i.Roles[Commander].IsZero() {
		i.remind(TopicCommander, s.At.Add(level.LeadWithin))
	}
}

// severityWithin is how long nobody has to say how bad it is before the room is asked.
const severityWithin = 10 * time.Minute

// seekSeverity sets when it is noticed that nobody has said how bad it is.
func (i *Incident) seekSeverity(s Stamp) {
	i.remind(TopicSeverity, time.Time{})
	if i.Severity == Unknown {
		i.remind(TopicSeverity, s.At.Add(severityWithin))
	}
}

// owe sets when the next update is due, counted from an instant.
func (i *Incident) owe(level Level, from time.Time) {
	i.UpdateDue = time.Time{}
	if level.Cadence > 0 {
		i.UpdateDue = from.Add(level.Cadence)
	}
	i.remind(TopicUpdate, i.UpdateDue)
}

// refTakenUp keeps since when updates are owed, in Unix milliseconds, if that is not since it was declared.
const refTakenUp = "tocsin.takenup"

// oweAnew is owe, counted from now: an incident is taken up, long after it was declared perhaps.
func (i *Incident) oweAnew(level Level, s Stamp) {
	i.Refs[refTakenUp] = strconv.FormatInt(s.At.UnixMilli(), 10)
	i.owe(level, s.At)
}

// owePutOff is owe, counted from what was last of all that updates are counted from; where it has become worse, never later than was
// promised. Whoever has put the reminder off is left in peace until then.
func (i *Incident) owePutOff(level Level, raised bool) {
	was, asked, promised := i.Reminders[TopicUpdate], i.isDueBy(TopicUpdate, dueAsked), i.UpdateDue
	i.owe(level, later(later(i.Updated, i.Declared), i.kept(refTakenUp)))
	if raised && !i.UpdateDue.IsZero() && !promised.IsZero() && !promised.After(i.UpdateDue) {
		i.UpdateDue, i.Reminders[TopicUpdate] = promised, was
		return
	}
	if !i.UpdateDue.IsZero() && asked && was.Due.After(i.UpdateDue) {
		i.Reminders[TopicUpdate] = was
	}
}

// kept is an instant that is kept among the refs, or zero.
func (i *Incident) kept(ref string) time.Time {
	ms, err := strconv.ParseInt(i.Refs[ref], 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// mustBeOpen refuses what makes sense only while the incident is open.
func (i *Incident) mustBeOpen(to string) error {
	switch {
	case i.Status == Triage:
		return Refuse(Conflict, "%s is in %s: accept it first.", i.ID, i.Status).Offer("accept", "decline")
	case !i.Status.Open():
		return Refuse(Conflict, "%s is %s. To %s, reopen it first, with a reason.", i.ID, i.Status, to).Offer("reopen")
	}
	return nil
}

// mustBeWorkedOn refuses what makes sense until the incident is closed.
func (i *Incident) mustBeWorkedOn(to string) error {
	if i.Status == Resolved {
		return nil
	}
	return i.mustBeOpen(to)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

package incident

import (
	"strconv"
	"time"
)

// A reminder may have come to its time in a way that matters later. That is kept by its topic with that time, and so holds for as
// long as it is due then, and no longer.
const (
	refDue   = "tocsin.due."
	dueAsked = "asked" // a person has put it off until then
	dueWaits = "waits" // it waits for working hours
)

// refRests keeps since when nobody must have written in a room, where that cannot be told by when it is archived.
const refRests = "tocsin.rests"

func (i *Incident) noteDue(topic Topic, how string, due time.Time) {
	i.Refs[refDue+string(topic)] = how + " " + strconv.FormatInt(due.UnixMilli(), 10)
}

// isDueBy tells whether it is in this way that the reminder came to its time.
func (i *Incident) isDueBy(topic Topic, how string) bool {
	r, kept := i.Reminders[topic]
	return kept && i.Refs[refDue+string(topic)] == how+" "+strconv.FormatInt(r.Due.UnixMilli(), 10)
}

// waits is which hours a reminder waits for; nil: it is said at any time. That nobody leads, or that nothing is heard of somebody,
// never waits: the policy names the severities in which it matters at all.
func (i *Incident) waits(p *Policy, topic Topic) *Hours {
	_, ofTask := topic.Task()
	switch {
	case topic == TopicArchive:
		return p.Hours
	case (ofTask || topic == TopicUpdate || topic == TopicSeverity) && p.Level(i.Severity).Patient:
		return p.Hours
	}
	return nil
}

// workingTime is when a reminder is said that would be at an instant.
func (i *Incident) workingTime(p *Policy, topic Topic, at time.Time) time.Time {
	due := i.waits(p, topic).Next(at)
	if due.After(at) {
		i.noteDue(topic, dueWaits, due)
	}
	return due
}

// Wait moves what is due and not urgent, and the archiving of a room, to the next working time, unless a person has asked to hear
// of it now.
func (i *Incident) Wait(p *Policy, s Stamp) {
	for topic, r := range i.Reminders {
		if r.Due.After(s.At) || topic != TopicArchive && i.isDueBy(topic, dueAsked) {
			continue
		}
		due := i.workingTime(p, topic, s.At)
		if !due.After(s.At) {
			continue
		}
		if topic == TopicArchive {
			i.Refs[refRests] = strconv.FormatInt(i.RestsSince(p).UnixMilli(), 10)
		}
		r.Due = due
		i.Reminders[topic] = r
	}
}

// hurry has what waits for working hours said now, where a severity leaves it no time any more.
func (i *Incident) hurry(to Level, s Stamp) {
	for topic, r := range i.Reminders {
		if !to.Patient && topic != TopicArchive && i.isDueBy(topic, dueWaits) {
			r.Due = s.At
			i.Reminders[topic] = r
		}
	}
}

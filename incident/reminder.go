package incident

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

// Topic is what a reminder is about. An incident has one reminder a topic at most.
type Topic string

// The topics.
const (
	TopicUpdate    Topic = "update"    // the next update to stakeholders is due
	TopicCommander Topic = "commander" // nobody leads
	TopicSeverity  Topic = "severity"  // nobody has said how bad it is
	TopicArchive   Topic = "archive"   // its room has nothing to do any more
	TopicSilence   Topic = "silence"   // nothing is heard from somebody who has a role
)

// Name is what people call the topic.
func (t Topic) Name() string {
	if number, ofTask := t.Task(); ofTask {
		return "task " + strconv.Itoa(number)
	}
	return "the " + string(t)
}

// Reminder is a word that somebody hears when it is due, and again later, each time more people, until what it is about is
// done.
type Reminder struct {
	Step int // how often it was said
	Due  time.Time
}

// patience is how long each who is reminded has before the next one is.
const patience = 10 * time.Minute

// reminders says of each topic who hears of it at a step (nobody: the room does), and when it is said again.
var reminders = map[Topic]func(*Incident, *Policy, int) (whom []Person, again time.Duration){
	TopicUpdate:    (*Incident).updateMissing,
	TopicCommander: (*Incident).commanderMissing,
	TopicSeverity:  (*Incident).severityMissing,
	TopicArchive:   (*Incident).roomRests,
}

// updateMissing asks the communicator for an update, then the commander, then the room, as often as updates are owed.
func (i *Incident) updateMissing(p *Policy, step int) ([]Person, time.Duration) {
	asked := distinct(i.Roles[Communicator], i.responsible())
	if step < len(asked) {
		return asked[step : step+1], patience
	}
	return nil, max(patience, p.Level(i.Severity).Cadence)
}

// commanderMissing asks the room for somebody who leads, then the people whom the policy names for the severity, and the
// room again.
func (i *Incident) commanderMissing(p *Policy, step int) ([]Person, time.Duration) {
	level := p.Level(i.Severity)
	if step != 1 || i.Kind != Real { // an exercise stays among those who take part
		return nil, max(patience, level.LeadWithin)
	}
	var whom []Person
	for _, handle := range level.Escalate {
		whom = append(whom, Person{Handle: handle})
	}
	return whom, max(patience, level.LeadWithin)
}

// severityMissing asks the room how bad it is, as often as updates are owed.
func (i *Incident) severityMissing(p *Policy, _ int) ([]Person, time.Duration) {
	return nil, max(patience, p.Level(i.Severity).Cadence)
}

// remind sets when somebody is first reminded of a topic; the zero time takes the reminder away.
func (i *Incident) remind(topic Topic, due time.Time) {
	if due.IsZero() {
		delete(i.Reminders, topic)
		return
	}
	i.Reminders[topic] = Reminder{Due: due}
}

// Remind says all that is due to whom it concerns, once, however long ago it became due, and sets when it is said again. What is
// not urgent is said in working hours.
func (i *Incident) Remind(p *Policy, s Stamp) {
	i.Wait(p, s)
	for _, topic := range slices.Sorted(maps.Keys(i.Reminders)) {
		r := i.Reminders[topic]
		if r.Due.After(s.At) {
			continue
		}
		if topic == TopicSilence {
			continue // Listen says it, who knows what was heard
		}
		whom, again, known := i.missing(topic, p, r.Step)
		if !known || topic == TopicArchive && p.ArchiveAfter == 0 { // of a newer version, or of a policy before
			i.remind(topic, time.Time{})
			continue
		}
		if topic == TopicArchive && r.Step > 0 { // they were warned
			i.remind(topic, time.Time{})
			i.record(Event{Kind: EventArchived, Stamp: s})
			continue
		}
		told := EventReminded
		if _, ofTask := topic.Task(); ofTask {
			told = EventTaskDue
		}
		r.Step++
		r.Due = i.workingTime(p, topic, s.At.Add(again))
		i.Reminders[topic] = r
		if topic == TopicArchive {
			i.Refs[refRests] = strconv.FormatInt(s.At.UnixMilli(), 10)
		}
		if len(whom) == 0 {
			i.record(Event{Kind: EventCalled, Stamp: s, From: strconv.Itoa(r.Step), To: string(topic)})
		}
		for _, person := range whom {
			i.record(Event{Kind: told, Stamp: s, From: strconv.Itoa(r.Step), To: string(topic), Whom: person})
		}
	}
}

// overdue tells whether the event is the first to say that an update is: all who look are shown it.
func (e Event) overdue() bool {
	return (e.Kind == EventReminded || e.Kind == EventCalled) && Topic(e.To) == TopicUpdate && e.From == "1"
}

// IsDue tells whether somebody is to be reminded of a topic by an instant.
func (i *Incident) IsDue(topic Topic, at time.Time) bool {
	r, kept := i.Reminders[topic]
	return kept && !r.Due.After(at)
}

// missing is who hears of a topic at a step, and when it is said again.
func (i *Incident) missing(topic Topic, p *Policy, step int) (whom []Person, again time.Duration, known bool) {
	if number, ofTask := topic.Task(); ofTask {
		whom, again = i.taskMissing(number, step)
		return whom, again, true
	}
	next, known := reminders[topic]
	if known {
		whom, again = next(i, p, step)
	}
	return whom, again, known
}

// Missing tells whether what somebody was reminded of is still to be done. A reminder that waited to be delivered is not
// worth a word once it is not.
func (i *Incident) Missing(reminded Event) bool {
	step, err := strconv.Atoi(reminded.From)
	r, kept := i.Reminders[Topic(reminded.To)]
	return err == nil && kept && r.Step >= step
}

// longestSnooze is how far one reminder can be put off: until the next shift at most.
const longestSnooze = 12 * time.Hour

// Snooze puts one reminder off. What it is about stays due when it was.
func (i *Incident) Snooze(topic Topic, until time.Time, s Stamp) error {
	r, kept := i.Reminders[topic]
	switch {
	case !kept:
		return Refuse(Conflict, "There is nothing to be reminded of there: %s is not missing on %s.", topic.Name(), i.ID).Offer("show")
	case !until.After(s.At):
		return Refuse(Invalid, "That time is over. For example: snooze 15m.").Offer("snooze " + string(topic) + " 15m")
	case r.Step == 0 && topic != TopicArchive && !until.After(r.Due): // it would be said sooner
		refusal := Refuse(Conflict, "Nobody is asked for %s on %s before %s, so there is nothing to put off.", topic.Name(), i.ID, Instant(r.Due))
		refusal.At = r.Due
		return refusal.Offer("show")
	case topic != TopicArchive && until.Sub(s.At) > longestSnooze:
		return Refuse(Invalid, "A reminder can be put off for 12 hours at most.").Offer("snooze " + string(topic) + " 12h")
	case until.Sub(s.At) > longestRest:
		return Refuse(Invalid, "A room can be kept open for 30 days at a time.").Offer("snooze " + string(topic) + " 720h")
	}
	r.Due = until
	if topic == TopicArchive && until.Sub(s.At) > restWarning { // people are warned again
		r = Reminder{Due: until.Add(-restWarning)}
	}
	i.Reminders[topic] = r
	i.noteDue(topic, dueAsked, r.Due)
	if topic == TopicArchive {
		delete(i.Refs, refRests)
	}
	i.record(Event{Kind: EventSnoozed, Stamp: s, To: string(topic), Text: until.UTC().Format(time.RFC3339)})
	return nil
}

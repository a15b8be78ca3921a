package bot

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// refAsked keeps where the message of a question stands (channel and timestamp), until it is met. The lane that it was put in
// and the event follow.
const refAsked = "slack.asked."

// asked is what is kept of the message about an event: where it stands, if it puts a question.
func (e *errand) asked(event incident.Event, channel, ts string) incident.Refs {
	if !event.Asks() || ts == "" {
		return nil
	}
	return incident.Refs{e.askedIn() + strconv.FormatInt(event.ID, 10): channel + " " + ts}
}

func (e *errand) askedIn() string { return refAsked + string(e.effect.Lane) + "." }

// askedBefore looks for the message of a question that is not put any more, and that an earlier try may have put: it is settled
// like all others.
func (e *errand) askedBefore(event incident.Event, channel string) (incident.Refs, error) {
	if !e.dirty || !event.Asks() || channel == "" {
		return nil, nil
	}
	found, err := e.find(post{what: fmt.Sprintf("%s event %d", e.i.ID, event.ID), channel: channel, since: event.At})
	if refusedWith(err, "channel_not_found", "is_archived", "not_in_channel") {
		return nil, nil
	}
	return e.asked(event, channel, found.Timestamp), err
}

// askedBeforeOf is askedBefore for what one person was asked.
func (e *errand) askedBeforeOf(event incident.Event, whom string) (incident.Refs, error) {
	if !e.dirty || !event.Asks() {
		return nil, nil
	}
	channel, err := e.directWith(whom)
	if err != nil {
		return nil, err
	}
	return e.askedBefore(event, channel)
}

// mostSettled is how many questions one delivery settles: a night of reminders is more than fits into its time.
const mostSettled = 8

// settleQuestions has the questions that were put in a lane say who has met them, and offer nothing any more, where they are
// met or out of date. What stands open costs no call. Those that it has settled are kept, also where it cannot go on.
func (e *errand) settleQuestions() (incident.Refs, error) {
	settled, err := e.settleSome()
	if err == nil || len(settled) == 0 {
		return settled, err
	}
	unkept := e.amend(func(i *incident.Incident, _ incident.Stamp) error {
		for name := range settled {
			delete(i.Refs, name)
		}
		return nil
	})
	if unkept != nil {
		return nil, unkept
	}
	return nil, err
}

// settleSome settles what it can, and returns the refs of what is settled with what kept it from the others.
func (e *errand) settleSome() (incident.Refs, error) {
	settled := incident.Refs{}
	for _, name := range slices.Sorted(maps.Keys(e.i.Refs)) {
		number, asked := strings.CutPrefix(name, e.askedIn())
		channel, ts, stands := strings.Cut(e.i.Refs[name], " ")
		if !asked || !stands {
			continue
		}
		id, _ := strconv.ParseInt(number, 10, 64)
		_, question, err := e.Store.Event(e.ctx, id)
		if err != nil {
			return settled, err
		}
		if open, err := e.unanswered(question); err != nil {
			return settled, err
		} else if open {
			continue
		}
		if len(settled) == mostSettled {
			return settled, &incident.Setback{After: time.Second, Clean: true, Err: errors.New("more questions are met than one delivery settles")}
		}
		// Of a redacted one the message says that; of a room that was left, whoever leaves it takes all buttons off.
		if !question.Redacted && !e.i.HasLeft(channel) {
			if err := e.settle(question, channel, ts); err != nil {
				return settled, err
			}
		}
		settled[name] = ""
	}
	return settled, nil
}

// settle edits the message of a question. One that is gone, or that nobody can change any more, is settled.
func (e *errand) settle(question incident.Event, channel, ts string) error {
	line, err := e.settled(question)
	if err != nil {
		return err
	}
	p := post{what: fmt.Sprintf("%s event %d", e.i.ID, question.ID), text: line, blocks: []slack.Block{section(line)}, stands: true}
	_, _, _, err = e.Slack().UpdateMessageContext(e.ctx, channel, ts, e.options(p)...)
	if refusedWith(err, "is_archived", "is_inactive", "message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found", "not_in_channel") {
		return nil
	}
	return fault("chat.update", err)
}

// unanswered tells whether a question is still open.
func (e *errand) unanswered(q incident.Event) (bool, error) {
	if q.Redacted {
		return false, nil
	}
	switch q.Kind {
	case incident.EventReminded, incident.EventCalled:
		if incident.Topic(q.To) != incident.TopicSilence || !e.i.Missing(q) {
			return e.i.Missing(q), nil
		}
		answer, err := e.answerTo(q)
		return answer.ID == 0, err
	case incident.EventTaskDue:
		return e.i.Missing(q), nil
	case incident.EventLeft:
		if len(e.i.Away(q)) == 0 || q.From != incident.TheRoom {
			return len(e.i.Away(q)) > 0, nil
		}
		back, err := e.Store.Member(e.ctx, e.i.ID, q.By.Handle)
		return back.IsZero(), err
	case incident.EventSteppedDown:
		return e.i.Roles[incident.Role(q.To)].IsZero() && e.i.Status.Open(), nil
	case incident.EventAccess:
		return e.i.Private && e.i.Status.Open() && !slices.Contains(e.i.Admitted(), q.Whom.Handle), nil
	case incident.EventCustomersDraft:
		return e.draftWaits(q)
	case incident.EventSimilar:
		id, _ := incident.ParseID(q.To)
		other, err := e.Store.Incident(e.ctx, id)
		return err == nil && other.Status.Open() && e.i.Status.Open(), err
	case incident.EventBuried:
		mended, err := e.Store.Latest(e.ctx, e.i.ID, incident.EventMended)
		return mended.ID < q.ID, err
	}
	return false, nil
}

// settled is what the message of a question says when it is met: by whom, or that nobody asks it any more. Who may not hear of
// the incident by now reads nothing of it.
func (e *errand) settled(q incident.Event) (markup, error) {
	about := bold(markup(e.i.ID.String()))
	if e.effect.Lane == incident.LaneDirect {
		if may, err := e.mayHear(q.Whom.Handle); err != nil || !may {
			return "_This is settled._", err
		}
		about = bold(esc(e.i.Name()))
	}
	about = ":white_check_mark: " + about + ": "
	answer, err := e.answerTo(q)
	if err != nil || answer.ID == 0 {
		return about + "this is not asked any more.", err
	}
	return about + bold(esc(answer.By.Name)) + " " + deed(answer) + ", " + clock(answer.At) + ".", nil
}

// deed is what somebody did, without the words that they wrote, which may be taken out later.
func deed(e incident.Event) markup {
	if (incident.Entry{Event: e}).Redactable() {
		e.Text = ""
	}
	return short(strings.TrimSuffix(strings.TrimSpace(strings.TrimPrefix(e.String(), e.By.Name+" ")), ":"), 200)
}

// answerWithin is among how many entries the answer to a question is looked for: it has just been written.
const answerWithin = 100

// answerTo is the entry that has met a question, or the zero event.
func (e *errand) answerTo(q incident.Event) (answer incident.Event, err error) {
	events, _, err := e.Store.Timeline(e.ctx, e.i.ID, 0, answerWithin)
	for _, later := range events {
		if later.ID > q.ID && answers(q, later) && !later.Redacted {
			return later, err
		}
	}
	return incident.Event{}, err
}

// ends are the kinds of entries with which nothing is asked any more.
var ends = []incident.EventKind{incident.EventResolved, incident.EventClosed, incident.EventMerged, incident.EventDistrusted, incident.EventDeclined}

// answers tells whether a later entry does what a question asks for.
func answers(q, later incident.Event) bool {
	switch topic := incident.Topic(q.To); {
	case q.Kind == incident.EventTaskDue:
		done := []incident.EventKind{incident.EventTaskDone, incident.EventTaskDropped, incident.EventTaskTaken}
		number, _ := topic.Task()
		return slices.Contains(done, later.Kind) && later.To == strconv.Itoa(number) || later.Kind == incident.EventClosed
	case slices.Contains(ends, later.Kind):
		return true
	case q.Kind == incident.EventReminded || q.Kind == incident.EventCalled:
		return meets(topic, q, later)
	}
	role := later.Kind == incident.EventRole || later.Kind == incident.EventSteppedDown
	switch q.Kind {
	case incident.EventLeft:
		return role && rolesOf(q, later.To) || later.Kind == incident.EventJoined && later.By.Handle == q.By.Handle
	case incident.EventSteppedDown:
		return role && later.To == q.To
	case incident.EventAccess:
		return later.Kind == incident.EventAdmitted && later.Whom.Handle == q.Whom.Handle || later.Kind == incident.EventPublic
	case incident.EventCustomersDraft:
		return later.Kind == incident.EventCustomers || later.Kind == incident.EventCustomersDraft || later.Kind == incident.EventStatus
	case incident.EventSimilar:
		return later.Kind == incident.EventAbsorbed && later.To == q.To
	case incident.EventBuried:
		return later.Kind == incident.EventMended
	}
	return false
}

// meets tells whether a later entry does what somebody was reminded of.
func meets(topic incident.Topic, q, later incident.Event) bool {
	switch topic {
	case incident.TopicUpdate:
		return later.Kind == incident.EventUpdate
	case incident.TopicCommander:
		return later.Kind == incident.EventRole && later.To == string(incident.Commander)
	case incident.TopicSeverity:
		return later.Kind == incident.EventSeverity
	case incident.TopicSilence:
		return (later.Kind == incident.EventRole || later.Kind == incident.EventSteppedDown) && rolesOf(q, later.To)
	case incident.TopicArchive:
		kinds := []incident.EventKind{incident.EventNote, incident.EventUpdate, incident.EventSnoozed, incident.EventReopened, incident.EventArchived}
		return slices.Contains(kinds, later.Kind)
	}
	return false
}

// rolesOf tells whether a role is one of those that an entry lists.
func rolesOf(q incident.Event, role string) bool {
	return slices.Contains(strings.Split(q.Text, ", "), role)
}

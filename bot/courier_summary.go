package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// refSummarised keeps the last event of which the room has heard in a summary.
const refSummarised = "slack.summarised"

// summarised tells whether a summary has told of an event.
func (e *errand) summarised(event incident.Event) bool {
	last, _ := strconv.ParseInt(e.i.Refs[refSummarised], 10, 64) // "" where there was none: 0
	return event.ID <= last
}

// mostSummarised is how many lines a summary has: more is for the timeline.
const mostSummarised = 12

// summarise tells the room in one message of all that was to be said there since an event and could not be, instead of one
// message each: they would come as if it happened now.
func (e *errand) summarise(first incident.Event) (incident.Refs, error) {
	unsaid, err := e.unsaidSince(first)
	if err != nil || len(unsaid) == 0 {
		return nil, err
	}
	last := unsaid[len(unsaid)-1]
	lines, err := e.summaryLines(unsaid)
	if err != nil {
		return nil, err
	}
	if len(lines) > 0 {
		text := markup("What could not be said in time")
		blocks := []slack.Block{section(":hourglass: " + bold(text) + ", from " + clock(first.At) + " to " + clock(last.At) + ":")}
		for _, line := range lines {
			blocks = append(blocks, section(line))
		}
		blocks = append(blocks, contextLine(markup(fmt.Sprintf("The card shows how things stand now; all of it: `/incident timeline %s`", e.i.ID))))
		if _, _, err := e.speak(first, &saying{text: text + " about " + markup(e.i.ID.String()), blocks: blocks}, true); err != nil {
			return nil, err
		}
	}
	return incident.Refs{refSummarised: strconv.FormatInt(last.ID, 10)}, nil
}

// unsaidSince are the events from one on that the room is owed words about, oldest first.
func (e *errand) unsaidSince(first incident.Event) (unsaid []incident.Event, err error) {
	const page = 200
	for before, more := int64(0), true; more; {
		var events []incident.Event
		if events, more, err = e.Store.Timeline(e.ctx, e.i.ID, before, page); err != nil || len(events) == 0 {
			return unsaid, err
		}
		before, more = events[0].ID, more && events[0].ID > first.ID
		events = slices.DeleteFunc(events, func(event incident.Event) bool {
			owed := slices.ContainsFunc(event.Owes(e.i.ID), func(owed incident.Effect) bool { return owed.Kind == incident.EffectSay })
			return event.ID < first.ID || !owed
		})
		unsaid = append(events, unsaid...)
	}
	return unsaid, nil
}

// summaryLines are the lines of a summary: of the updates the last one, of each role who has it now, and everything else.
func (e *errand) summaryLines(events []incident.Event) (lines []markup, err error) {
	overtaken := 0
	seen := map[string]bool{}
	for _, event := range slices.Backward(events) {
		if event.Redacted {
			continue
		}
		event, err := conceal(event, e.tells)
		if err != nil {
			return nil, err
		}
		line := entryLine(e.Policy(), incident.Entry{Event: event})
		of := string(event.Kind)
		switch event.Kind {
		case incident.EventRole:
			duty, err := e.sayRole(event)
			if err != nil {
				return nil, err
			}
			if of += event.To; duty != nil {
				line = duty.text
			} else {
				continue // somebody else has it by now
			}
		case incident.EventUpdate:
		case incident.EventSimilar:
			continue // it was to be seen at once, or not at all
		case incident.EventCustomersDraft:
			continue // it has a message of its own, with the button that posts it
		default:
			of += strconv.FormatInt(event.ID, 10)
		}
		if seen[of] {
			overtaken++
			continue
		}
		seen[of] = true
		lines = append(lines, line)
	}
	if len(lines) > mostSummarised {
		overtaken += len(lines) - mostSummarised
		lines = lines[:mostSummarised]
	}
	slices.Reverse(lines)
	if overtaken > 0 {
		lines = append(lines, markup(fmt.Sprintf("_and %d more that newer ones have overtaken_", overtaken)))
	}
	return lines, nil
}

// Recovered takes in that Slack answers again, after it had not since an instant. An outage that left something behind is
// recorded, and summed up for everybody.
func (b *Bot) Recovered(ctx context.Context, since time.Time, why string) error {
	now := b.Now()
	if now.Sub(since) < incident.Backlog {
		return nil
	}
	_, err := b.Store.Change(ctx, incident.Request{At: now}, func(tx incident.Tx) ([]byte, error) {
		tx.System().Outage(Destination, why, since, incident.Stamp{By: incident.System, At: now})
		return nil, nil
	})
	return err
}

// Leapt takes in that the clock of this machine has gone forward or back by itself: the record says so.
func (b *Bot) Leapt(ctx context.Context, by time.Duration) error {
	now := b.Now()
	_, err := b.Store.Change(ctx, incident.Request{At: now}, func(tx incident.Tx) ([]byte, error) {
		tx.System().ClockSet(by, incident.Stamp{By: incident.System, At: now})
		return nil, nil
	})
	return err
}

// outages is how many entries of the system are looked through for outages: few else are written there.
const outages = 50

// outageDuring finds an outage, among the last ones that were noted before an entry, that lies in part at least between two
// instants.
func (e *errand) outageDuring(from, to time.Time, before int64) (found incident.Event, err error) {
	events, _, err := e.Store.Timeline(e.ctx, 0, before, outages)
	for _, event := range slices.Backward(events) {
		if event.Kind == incident.EventOutage && !event.Occurred.After(to) && !from.After(event.At) {
			return event, err
		}
	}
	return found, err
}

// summedUp tells whether something that is late was owed in an outage that everybody has been told about, or whether
// it has been late for so long before anybody could be told that it is no news: it stood behind something that was told, or
// its message waited as well.
func (e *errand) summedUp(late incident.Event) (bool, error) {
	if e.Now().Sub(late.Occurred) > incident.Backlog {
		return true, nil
	}
	outage, err := e.outageDuring(late.Occurred.Add(-incident.Deadline), late.Occurred, 0)
	return outage.ID != 0, err
}

// sumUpOutage tells everybody, in the channel of announcements, of an outage that is over. Where several of us have noted
// the same one, the first does.
func (e *errand) sumUpOutage(outage incident.Event) error {
	told, err := e.outageDuring(outage.Occurred, outage.At, outage.ID)
	channel := e.Policy().Announce
	if err != nil || told.ID != 0 || channel == "" {
		return err
	}
	declared, more, err := e.declaredDuring(outage)
	if err != nil {
		return err
	}
	text := markup("Slack did not take our calls from ") + clock(outage.Occurred) + " to " + clock(outage.At)
	blocks := []slack.Block{section(":hourglass: " + bold(text) +
		".\nWhat it was owed follows by itself, the most severe first. Nothing has to be done again. What was to be said in a room follows there as one summary.")}
	if declared != "" {
		blocks = append(blocks, section(bold("Declared meanwhile, and open")+declared+more))
	}
	_, err = e.send(post{
		what: fmt.Sprintf("%s event %d", e.effect.Incident, outage.ID), channel: channel, since: outage.At, text: text, blocks: blocks,
	})
	return err
}

// declaredDuring lists the incidents that were declared during an outage and are still open, most severe first, as far as
// everybody may know of them now.
func (e *errand) declaredDuring(outage incident.Event) (lines, more markup, err error) {
	const read, shown = 500, 10
	open, err := e.Store.List(e.ctx, incident.Filter{OpenOnly: true, Limit: read})
	if err != nil {
		return "", "", err
	}
	var listed []*incident.Incident
	for _, i := range open {
		during := !i.Declared.Before(outage.Occurred) && !i.Declared.After(outage.At)
		if !during || i.Private || i.Kind != incident.Real || i.Status == incident.Triage {
			continue
		}
		vouched, err := e.vouched(i)
		if err != nil {
			return "", "", err
		}
		if vouched {
			listed = append(listed, i)
		}
	}
	slices.SortFunc(listed, func(a, b *incident.Incident) int { return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.ID, b.ID)) })
	for _, i := range listed[:min(shown, len(listed))] {
		lines += "\n" + dot(e.Policy(), i) + " " + headline(i, 140) + roomSuffix(i)
	}
	if len(listed) > shown {
		more = markup(fmt.Sprintf("\n_and %d more: `/incident list`_", len(listed)-shown))
	}
	return lines, more, nil
}

package bot

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// How far back it is looked for words of those who have a role: as much as is written in an hour in which everything burns.
const (
	heardEntries = 200
	heardPages   = 5
)

// heard is when people were heard last, in the room or with Tocsin, where a silence on the incident is due to be told; else nil.
//
// The room is read at that moment only. Every message of every room is delivered to us as an event, because it may be one that
// is kept on a timeline; but to write down of each who sent it would be a change of the record, and most would tell us nothing.
func (b *Bot) heard(ctx context.Context, id incident.ID, at time.Time) (map[string]time.Time, error) {
	i, err := b.Store.Incident(ctx, id)
	if err != nil {
		return nil, err
	}
	silence, kept := i.Reminders[incident.TopicSilence]
	if !kept || silence.Due.After(at) {
		return nil, nil
	}
	last := lastHeard{}
	events, _, err := b.Store.Timeline(ctx, id, 0, heardEntries)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		last.note(e.By.Handle, e.At)
		if e.Kind == incident.EventRole {
			last.note(e.Whom.Handle, e.At) // they have just been asked
		}
	}
	since := at.Add(-b.Policy().Level(i.Severity).SilentFor)
	room := i.Refs[incident.RefRoom]
	for _, holder := range i.Roles { // Slack is asked only where the record does not say enough
		if room != "" && !last[holder.Handle].After(since) {
			if err := b.listenIn(ctx, room, since, last); err != nil {
				return nil, err // half a look is none
			}
			break
		}
	}
	return last, nil
}

// lastHeard is when people were heard last.
type lastHeard map[string]time.Time

func (l lastHeard) note(handle string, at time.Time) {
	if at.After(l[handle]) {
		l[handle] = at
	}
}

// listenIn notes who has spoken in a room since an instant, in threads too.
func (b *Bot) listenIn(ctx context.Context, room string, since time.Time, last lastHeard) error {
	query := &slack.GetConversationHistoryParameters{ChannelID: room, Limit: 200, Oldest: strconv.FormatInt(since.Unix(), 10) + ".000000"}
	for range heardPages {
		page, err := b.Slack().GetConversationHistoryContext(ctx, query)
		if err != nil {
			return fault("conversations.history", err)
		}
		for _, m := range page.Messages {
			last.note(m.User, stampTime(m.Timestamp))
			for _, handle := range m.ReplyUsers {
				last.note(handle, stampTime(m.LatestReply))
			}
		}
		if !page.HasMore || page.ResponseMetaData.NextCursor == "" {
			return nil
		}
		query.Cursor = page.ResponseMetaData.NextCursor
	}
	return nil
}

// saySilence tells of whom nothing was heard, with buttons that take their roles. What waited for long is not worth a word.
func (e *errand) saySilence(event incident.Event) *saying {
	silent := e.i.Silent(event)
	if len(silent) == 0 || !e.i.Missing(event) || e.Now().Sub(event.At) > incident.Backlog {
		return nil
	}
	var names []markup
	var buttons []slack.BlockElement
	for _, role := range slices.Sorted(maps.Keys(silent)) {
		duty := e.Policy().Duty(role)
		names = append(names, bold(esc(silent[role].Name))+" ("+esc(duty.Name())+")")
		buttons = append(buttons, e.takeButton(duty))
	}
	words := ":bell: Nothing was heard for " + esc(spoken(e.Policy().Level(e.i.Severity).SilentFor)) + " or longer on " + bold(esc(e.i.Name())) + " from " + join(names, ", ") + "."
	return &saying{text: words, blocks: []slack.Block{section(words), actions("act", buttons...)}}
}

// takeButton is the button that takes a role, as the policy calls it.
func (e *errand) takeButton(duty incident.Duty) *slack.ButtonBlockElement {
	take := button(string(duty.Role), e.i.ID, "me")
	take.Text = plain(short(roleVerb(duty).label(), 75))
	return take
}

// spoken is a time as people say it.
func spoken(d time.Duration) string {
	if d < 2*time.Hour {
		return strconv.Itoa(int(d.Minutes())) + " minutes"
	}
	return strconv.Itoa(int(d.Hours())) + " hours"
}

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

// How far back it is looked for words of people: as much as is written in an hour in which everything burns.
const (
	heardEntries = 200
	heardPages   = 5
	heardThreads = 10
)

// listening is how long one look may take to hear what was said in rooms. What it does not come to waits for the next.
const listening = 30 * time.Second

// heard is when people were heard last, in the room or with Tocsin, where something is due that hangs on that. It is nil where
// Slack does not let us listen, and beside any error.
//
// The room is read at that moment only. Every message of every room is delivered to us as an event, because it may be one that
// is kept on a timeline; but to write down of each who sent it would be a change of the record, and most would tell us nothing.
func (b *Bot) heard(ctx context.Context, id incident.ID) (lastHeard, error) {
	i, err := b.Store.Incident(ctx, id)
	if err != nil {
		return nil, err
	}
	policy, room, last := b.Policy(), i.Refs[incident.RefRoom], lastHeard{}
	if i.IsDue(incident.TopicArchive, b.Now()) {
		return b.listenIn(ctx, room, i.RestsSince(policy), last)
	}
	after := policy.Level(i.Severity).SilentFor
	if after <= 0 {
		return last, nil // nobody minds
	}
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
	since := b.Now().Add(-after)
	for _, holder := range i.Roles { // Slack is asked only where the record does not say enough
		if !last[holder.Handle].After(since) {
			return b.listenIn(ctx, room, since, last)
		}
	}
	return last, nil
}

// lastHeard is when people were heard last.
type lastHeard map[string]time.Time

func (l lastHeard) note(handle string, at time.Time) {
	if handle != "" && at.After(l[handle]) {
		l[handle] = at
	}
}

// newest is when anybody was.
func (l lastHeard) newest() (at time.Time) {
	for _, heard := range l {
		if heard.After(at) {
			at = heard
		}
	}
	return at
}

// unspoken are the kinds of messages that Slack writes in somebody's name, who has said nothing.
var unspoken = []string{"channel_join", "channel_leave", "group_join", "group_leave"}

// listenIn adds who has spoken in a room since an instant, but for us: in threads too, however old what they hang on is, as far
// as it is among the newest messages.
func (b *Bot) listenIn(ctx context.Context, room string, since time.Time, last lastHeard) (lastHeard, error) {
	us, err := b.whoami(ctx)
	if err != nil {
		return nil, err
	}
	if room == "" {
		return last, nil
	}
	var threads []string
	query := &slack.GetConversationHistoryParameters{ChannelID: room, Limit: 200}
	for range heardPages {
		page, err := b.Slack().GetConversationHistoryContext(ctx, query)
		if err != nil {
			return nil, fault("conversations.history", err) // half a look is none
		}
		over := !page.HasMore || page.ResponseMetaData.NextCursor == ""
		for _, m := range page.Messages {
			if stampTime(m.LatestReply).After(since) && len(threads) < heardThreads {
				threads = append(threads, m.Timestamp)
			}
			last.hear(m, us.bot)
			over = over || stampTime(m.Timestamp).Before(since)
		}
		if over {
			break
		}
		query.Cursor = page.ResponseMetaData.NextCursor
	}
	for _, thread := range threads { // the message that they hang on names a few of those who replied, and not when
		replies, _, _, err := b.Slack().GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
			ChannelID: room, Timestamp: thread, Limit: 200, Oldest: strconv.FormatInt(since.Unix(), 10) + ".000000",
		})
		if err != nil {
			return nil, fault("conversations.replies", err)
		}
		for _, m := range replies {
			last.hear(m, us.bot)
		}
	}
	return last, nil
}

// hear notes a message, unless it is ours or nobody has said it.
func (l lastHeard) hear(m slack.Message, us string) {
	if m.User != us && !slices.Contains(unspoken, m.SubType) {
		l.note(m.User, stampTime(m.Timestamp))
	}
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

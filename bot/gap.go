package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// Slack drops events once it has delivered 30,000 to an app within an hour, and says so once a minute while it does. What was
// missed is not delivered later, but most of it can be seen: which messages bear the reactions that we heed, how those read that
// are kept, whether they still stand; who there is. What cannot be seen any more is who came into a public room or left it. Rooms
// of incidents that are closed are not read.
//
// An app that reads its own workspace may read a room fifty times a minute. Where Slack allows less, as for apps that are sold
// outside its directory, it says so, the rooms that are read stay read, and the others follow at the next looks.

// gapRest is how long after Slack's last word that it drops events the rooms are read: before that more is missed.
const gapRest = 2 * time.Minute

// longestGap is how old a gap may be when Slack tells of it, which it does in the same minute.
const longestGap = 2 * time.Hour

// dropped records that Slack drops events, once for each minute in which it does, however often it says so.
func (b *Bot) dropped(ctx context.Context, e event) error {
	b.Log.Warn("Slack drops events: more than 30,000 came within an hour")
	now := b.Now().UTC().Truncate(time.Millisecond)
	since := time.Unix(e.Limited, 0).UTC()
	if age := now.Sub(since); age < 0 || age > longestGap {
		since = now.Truncate(time.Minute)
	}
	r := incident.Request{Key: fmt.Sprintf("%sdropped:%d", incident.KeyEvent, since.Unix()), At: now}
	fresh := false
	_, err := b.Store.Change(ctx, r, func(tx incident.Tx) ([]byte, error) {
		fresh = true
		tx.System().Gap("Slack", "more than 30,000 events came within an hour", since, incident.Stamp{By: incident.System, At: now, Request: r.Key})
		return nil, nil
	})
	if err != nil {
		return b.lost(e, err)
	}
	if fresh {
		b.Meter.Dropped()
	}
	return nil
}

// Gaps reads what Slack has not told us. One at a time may do it; that another replica does it too does no harm.
type Gaps struct {
	Pause  time.Duration // between two rooms, which leaves Slack's limits to what people wait for
	bot    *Bot
	read   map[incident.ID]int64 // rooms that have been read, up to which gap: not to begin anew where Slack asks to wait
	people int64                 // up to which gap the people are
}

// Gaps is whoever reads what this bot has missed.
func (b *Bot) Gaps() *Gaps { return &Gaps{Pause: lookPause, bot: b, read: map[incident.ID]int64{}} }

// Fill reads the rooms of all incidents that people work on where Slack has dropped events that nobody has looked for since, once it has stopped.
func (g *Gaps) Fill(ctx context.Context) error {
	b := g.bot
	gap, err := b.Store.Latest(ctx, 0, incident.EventGap)
	if err != nil || gap.ID == 0 || b.Now().Sub(gap.At).Abs() < gapRest {
		return err
	}
	filled, err := b.Store.Latest(ctx, 0, incident.EventFilled)
	if err != nil || filled.Corrects >= gap.ID {
		return err
	}
	if g.people < gap.ID {
		if err := b.Refresh(ctx); err != nil {
			return err
		}
		g.people = gap.ID
	}
	rooms, err := g.fillRooms(ctx, gap)
	if err != nil {
		return err
	}
	g.read = map[incident.ID]int64{}
	now := b.Now()
	_, err = b.Store.Change(ctx, incident.Request{At: now}, func(tx incident.Tx) ([]byte, error) {
		tx.System().Filled(gap, fmt.Sprintf("the list of people, and the rooms of incidents that are open or resolved (%d)", rooms), incident.Stamp{By: incident.System, At: now})
		return nil, nil
	})
	return err
}

// fillRooms reads the rooms that have not been read since a gap, and returns how many there are. A room that Slack does not let us read
// is passed over; where Slack asks to wait it fails, once the others are read.
func (g *Gaps) fillRooms(ctx context.Context, gap incident.Event) (rooms int, err error) {
	policy, err := g.bot.Store.Latest(ctx, 0, incident.EventPolicy)
	if err != nil {
		return 0, err
	}
	all, err := g.bot.readAfter(ctx)
	if err != nil {
		return 0, err
	}
	var faults []error
	for _, id := range all {
		if g.read[id] >= gap.ID {
			rooms++
			continue
		}
		if rooms > 0 || len(faults) > 0 {
			if err := pause(ctx, g.Pause); err != nil {
				return 0, err
			}
		}
		err := g.bot.reread(ctx, reading{id: id, gap: gap.ID, policySince: policy.At})
		var setback *incident.Setback
		switch {
		case errors.As(err, &setback) && !setback.Down:
			faults = append(faults, err)
			continue
		case refusal(err):
			g.bot.Log.Warn("a room could not be read after Slack had dropped events", "incident", id, "err", err)
		case err != nil:
			return 0, err
		}
		g.read[id] = gap.ID
		rooms++
	}
	return rooms, errors.Join(faults...)
}

// readAfter are the incidents in whose rooms it matters what people do: all that are open, and of the newest those that are resolved, whose
// people write down what they have learned.
func (b *Bot) readAfter(ctx context.Context) (all []incident.ID, err error) {
	for filter := (incident.Filter{OpenOnly: true, Limit: lookedAfter}); ; {
		open, err := b.Store.List(ctx, filter)
		if err != nil {
			return nil, err
		}
		for _, i := range open {
			filter.Before = i.ID
			all = append(all, i.ID)
		}
		if len(open) < filter.Limit {
			break
		}
	}
	newest, err := b.Store.List(ctx, incident.Filter{Limit: lookedAfter})
	for _, i := range newest {
		if i.Status == incident.Resolved {
			all = append(all, i.ID)
		}
	}
	return all, err
}

// reading is one room that is read after a gap.
type reading struct {
	*errand
	id          incident.ID
	gap         int64
	policySince time.Time       // when the reaction that catches may have changed last
	seen        map[string]bool // messages that stand there, by what the room calls them
}

// reread does what would have been done if Slack had told us of all that people did to the messages of a room. It goes the way of
// an event, so that nothing is kept twice, whoever else is at it.
func (b *Bot) reread(ctx context.Context, r reading) error {
	i, err := b.Store.Incident(ctx, r.id)
	if err != nil {
		return err
	}
	r.errand = &errand{Courier: &Courier{b}, Store: records{b.Store}, ctx: ctx, i: i, effect: incident.Effect{Incident: i.ID}}
	r.seen = map[string]bool{}
	if r.roomID() == "" {
		return nil
	}
	messages, err := r.recent()
	if err != nil {
		return err
	}
	for _, m := range messages {
		if err := r.take(m); err != nil {
			return err
		}
	}
	return r.takeKept()
}

// recent is what stands in the room, oldest first, as far back as one listens there, with the threads that were spoken in last.
func (r *reading) recent() (found []slack.Message, err error) {
	query := &slack.GetConversationHistoryParameters{ChannelID: r.roomID(), Limit: 200}
	for range heardPages {
		page, err := r.Slack().GetConversationHistoryContext(r.ctx, query)
		if err != nil {
			return nil, fault("conversations.history", err)
		}
		found = append(found, page.Messages...)
		if query.Cursor = page.ResponseMetaData.NextCursor; !page.HasMore || query.Cursor == "" {
			break
		}
	}
	slices.Reverse(found)
	threads := slices.DeleteFunc(slices.Clone(found), func(m slack.Message) bool { return m.ReplyCount == 0 })
	slices.SortFunc(threads, func(a, b slack.Message) int { return stampTime(b.LatestReply).Compare(stampTime(a.LatestReply)) })
	for _, head := range threads[:min(len(threads), heardThreads)] {
		replies, _, _, err := r.Slack().GetConversationRepliesContext(r.ctx, &slack.GetConversationRepliesParameters{
			ChannelID: r.roomID(), Timestamp: head.Timestamp, Limit: 200,
		})
		if err != nil {
			return nil, fault("conversations.replies", err)
		}
		found = append(found, slices.DeleteFunc(replies, func(m slack.Message) bool { return m.Timestamp == head.Timestamp })...)
	}
	return found, nil
}

// takeKept looks at what is kept and was not among the messages that were read: it may be gone. What was caught in a room that was left
// stands there still, for all we know.
func (r *reading) takeKept() error {
	events, _, err := r.Store.Timeline(r.ctx, r.id, 0, heardEntries)
	if err != nil {
		return err
	}
	for _, e := range events {
		if e.Kind != incident.EventCaught || r.seen[e.Message] {
			continue
		}
		if room := roomOf(e); room != "" && room != r.roomID() {
			continue
		}
		r.seen[e.Message] = true
		last, err := r.Store.Message(r.ctx, r.id, e.Message)
		if err != nil {
			return err
		}
		if last.Kind != incident.EventCaught && last.Kind != incident.EventEdited {
			continue
		}
		m, err := r.standing(e.Message)
		if err == nil && m != nil {
			err = r.take(*m)
		} else if err == nil {
			g := gesture{message: e.Message}
			g.deleted()
			err = r.do("deleted", g)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take does what the look of a message asks for.
func (r *reading) take(m slack.Message) error {
	if m.SubType == "tombstone" {
		return nil // it is gone
	}
	r.seen[m.Timestamp] = true
	if m.User == r.team.Load().bot {
		return r.takeTick(m)
	}
	last, err := r.Store.Message(r.ctx, r.id, m.Timestamp)
	if err != nil {
		return err
	}
	g := gesture{message: m.Timestamp, author: m.User}
	who, all := reactedWith(m, r.Policy().Reaction)
	switch last.Kind {
	case "", incident.EventUncaught:
		for _, g.by = range who {
			if last.ID != 0 && g.by != last.By.Handle {
				continue // theirs stood there when it was taken back
			}
			g.picks, g.do = true, (*incident.Incident).Pick
			if err := r.do("picked by "+g.by, g); err != nil {
				return err
			}
		}
	case incident.EventCaught, incident.EventEdited:
		if m.Edited != nil && stampTime(m.Edited.Timestamp).After(last.At.Add(-skew)) {
			g.now, g.by, g.do = postedOf(m), firstOf(m.Edited.User, m.User), (*incident.Incident).Edited
			if err := r.do("edited", g); err != nil {
				return err
			}
		}
		return r.takeRelease(g, last, who, all)
	}
	return nil
}

// takeRelease notes that who caught a message with the reaction has it there no more. The reaction that catches may have been
// another one then.
func (r *reading) takeRelease(g gesture, last incident.Event, who []string, all bool) error {
	caught, catcher := last, last.By.Handle
	if last.Kind == incident.EventEdited {
		catcher = last.Whom.Handle
		var err error
		if _, caught, err = r.Store.Event(r.ctx, last.Corrects); err != nil {
			return err
		}
	}
	byReaction := caught.Corrects != 0
	if !byReaction || !all || slices.Contains(who, catcher) || caught.At.Before(r.policySince) {
		return nil
	}
	g.by = catcher
	g.do = func(i *incident.Incident, _ incident.Message, last incident.Event, s incident.Stamp) error {
		return i.Release(last, s)
	}
	return r.do("released", g)
}

// takeTick takes the reaction to our message about a task.
func (r *reading) takeTick(m slack.Message) error {
	number, ofTask := taskOf(r.i, m.Timestamp)
	open := slices.ContainsFunc(r.i.Tasks, func(task incident.Task) bool { return task.Number == number && task.Open() })
	who, _ := reactedWith(m, reactionDone)
	if !ofTask || !open {
		return nil
	}
	for _, handle := range who {
		if err := r.tick(r.ctx, r.event("ticked by "+handle, m.Timestamp, handle), r.id, number); err != nil {
			return err
		}
	}
	return nil
}

// do does what somebody did to a message of the room.
func (r *reading) do(what string, g gesture) error {
	g.channel = r.roomID()
	return r.gestured(r.ctx, r.event(what, g.message, g.by), g)
}

// event stands for the one that Slack did not deliver, and is the same whenever this gap is looked at.
func (r *reading) event(what, message, by string) event {
	e := event{ID: fmt.Sprintf("gap%d:%s:%s", r.gap, message, what)}
	e.Inner.User = fmt.Appendf(nil, "%q", by)
	e.Inner.Channel = fmt.Appendf(nil, "%q", r.roomID())
	return e
}

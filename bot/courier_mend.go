package bot

import (
	"context"
	"errors"
	"fmt"
	"html"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// mend has the courier look at what stands outside, and make again what is missing there.
func (c *call) mend(string) (answer, error) {
	return c.simple(func(i *incident.Incident) error { return i.Mend(c.stamp()) },
		"is looked after: what is missing of its room, card, pin, topic, bookmarks, announcement, tasks and invitations is being made again. What that was is on the timeline in a moment.")
}

// check looks at what stands outside and asks for everything anew. What is lost is forgotten first, so that it is made again
// instead of being edited.
func (e *errand) check() (incident.Refs, error) {
	asked, err := e.Store.Latest(e.ctx, e.i.ID, incident.EventMended)
	if err != nil || asked.Request == fmt.Sprintf("effect:%d", e.effect.ID) {
		return nil, err // an earlier try has got so far
	}
	l := &losses{errand: e, asked: true}
	if err := l.find(); err != nil {
		return nil, err
	}
	return nil, l.mend()
}

// losses is what an incident had outside and has no more.
type losses struct {
	*errand
	list   []loss
	absent []string // who has been invited and is not in the room
	asked  bool     // a person wants to have it looked at, and not we by ourselves
	stays  bool     // without a room: too many were archived
}

// loss is one thing that is gone.
type loss struct {
	what string        // as people call it; "" is not worth a word
	refs incident.Refs // with what they are to be from now on
}

// lose notes that something is lost.
func (l *losses) lose(what string, refs ...string) {
	lost := loss{what, incident.Refs{}}
	for _, name := range refs {
		lost.refs[name] = ""
	}
	l.list = append(l.list, lost)
}

// loseRoom notes that the room is archived, or gone. An incident that is open gets a new one, which links to it.
func (l *losses) loseRoom() {
	moves := ""
	switch {
	case !l.i.Status.Open():
		return
	case !l.asked && l.moves() >= mostMoves:
		l.stays = true
		return
	case !l.asked:
		moves = strconv.Itoa(l.moves() + 1)
	}
	l.list = append(l.list, loss{"room", incident.Refs{refArchived: l.roomID(), refMoved: moves}})
}

// mend records what is lost, and owes everything anew. What somebody else has made again or missed since we looked is their
// affair: another of us may be looking as well.
func (l *losses) mend() error {
	if l.stays {
		return l.stay()
	}
	return l.amend(func(i *incident.Incident, s incident.Stamp) error {
		var words []string
		if i.Refs[incident.RefRoom] != l.i.Refs[incident.RefRoom] && !l.asked {
			return nil // it was left meanwhile
		}
		for _, lost := range l.list {
			if slices.ContainsFunc(slices.Collect(maps.Keys(lost.refs)), func(name string) bool { return i.Refs[name] != l.i.Refs[name] }) {
				continue
			}
			maps.Copy(i.Refs, lost.refs)
			if lost.what != "" {
				words = append(words, lost.what)
			}
		}
		if len(words) == 0 && !l.asked {
			return nil
		}
		if len(l.absent) > 0 {
			i.Refs[incident.RefInvited] = strings.Join(without(strings.Fields(i.Refs[incident.RefInvited]), l.absent), " ")
		}
		i.Mended(strings.Join(words, ", "), s)
		return nil
	})
}

// find looks at the room first: where it is gone, so is all that was in it.
func (l *losses) find() error {
	room := l.roomID()
	if room == "" {
		if l.i.Refs[incident.RefRoomless] != "" && (l.asked || l.moves() < mostMoves) {
			l.lose("room", incident.RefRoomless, refMoved)
		}
		return nil
	}
	there, err := l.Slack().GetConversationInfoContext(l.ctx, &slack.GetConversationInfoInput{ChannelID: room})
	unseen := refusedWith(err, "channel_not_found")
	switch {
	case unseen && l.i.Private && !l.asked:
		return nil // deleted, or we were removed from it: that is for a person to say
	case unseen || err == nil && there.IsArchived:
		l.loseRoom()
		return nil
	case err != nil:
		return fault("conversations.info", err)
	}
	if !there.IsMember && !there.IsPrivate {
		_, warning, _, err := l.Slack().JoinConversationContext(l.ctx, room)
		if err != nil {
			return fault("conversations.join", err)
		}
		if warning != "already_in_channel" { // another of us was faster
			l.lose("our place in the room")
		}
	}
	if set := l.i.Refs[refTopic]; l.asked && html.UnescapeString(there.Topic.Value) != html.UnescapeString(set) {
		l.lose("topic", refTopic)
	}
	return l.findInside(room)
}

// goBack joins the room again where somebody has removed us from it, which Slack tells of only by refusing what we do there. Into
// a private one we cannot go by ourselves.
func (e *errand) goBack() bool {
	room := e.roomID()
	if room == "" || e.i.Private {
		return false
	}
	_, warning, _, err := e.Slack().JoinConversationContext(e.ctx, room)
	if e.refusedAsShut(room, err) || err != nil || warning == "already_in_channel" {
		return false
	}
	l := &losses{errand: e}
	l.lose("our place in the room")
	return l.mend() == nil
}

// findInside looks for what was in the room.
func (l *losses) findInside(room string) error {
	if ts := l.i.Refs[refCard]; ts != "" {
		page, err := l.Slack().GetConversationHistoryContext(l.ctx, &slack.GetConversationHistoryParameters{ChannelID: room, Latest: ts, Oldest: ts, Inclusive: true, Limit: 1})
		if err != nil {
			return fault("conversations.history", err)
		}
		if len(page.Messages) == 0 {
			l.lose("card", refCard, refPinned)
		}
	}
	bookmarks, err := l.Slack().ListBookmarksContext(l.ctx, room)
	if err != nil {
		return fault("bookmarks.list", err)
	}
	for name, kept := range l.i.Refs {
		id, _ := bookmarkOf(kept)
		stands := slices.ContainsFunc(bookmarks, func(b slack.Bookmark) bool { return b.ID == id })
		if title, is := strings.CutPrefix(name, refBookmark); is && id != "" && !stands {
			l.lose("bookmark "+title, name)
		}
	}
	if !l.asked { // what people may have changed on purpose
		return nil
	}
	l.lose("", refPinned) // a second time does no harm
	if l.i.Private {      // who was invited and is not there may have been put out, and only a person calls them back
		return nil
	}
	present, err := l.members(l.ctx, room)
	l.absent = slices.DeleteFunc(without(l.invited(), present), l.i.IsGone) // who has left by themselves is left in peace
	return err
}

// Looked after in one go, at start: the newest open incidents, one each three seconds, which leaves Slack's limits to what
// people wait for.
const (
	lookedAfter = 200
	lookPause   = 3 * time.Second
)

// LookAfter looks at what open incidents have outside, and makes again what is missing. It takes its time.
func (b *Bot) LookAfter(ctx context.Context) error {
	open, err := b.Store.List(ctx, incident.Filter{OpenOnly: true, Limit: lookedAfter})
	if err != nil {
		return err
	}
	var faults []error
	for n, i := range open { // one sick room must not keep us from the others
		if n > 0 {
			if err := pause(ctx, lookPause); err != nil {
				return err
			}
		}
		if i, err = b.Store.Incident(ctx, i.ID); err != nil { // much may have happened since the list was read
			return err
		}
		e := &errand{Courier: &Courier{b}, Store: records{b.Store}, ctx: ctx, i: i, effect: incident.Effect{Incident: i.ID}}
		l := &losses{errand: e}
		if err = l.find(); err == nil && (len(l.list) > 0 || l.stays) {
			err = l.mend()
		}
		var setback *incident.Setback
		if errors.As(err, &setback) && setback.Down {
			return err
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

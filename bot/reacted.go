package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// reactionDone on the message about a task says that it is done.
const reactionDone = "white_check_mark"

// errEarly is for a reaction to a message of ours of which we have not written down yet what it is about: Slack is to deliver
// it again.
var errEarly = errors.New("a reaction came before the answer to the message that it is on")

// ours tells whether an event is about a message of ours.
func (b *Bot) ours(e event) bool {
	us := b.team.Load()
	return us != nil && text(e.Inner.Author) == us.bot
}

// unposted tells whether an open task has no message in the room, as far as we know: it may just be on its way.
func unposted(i *incident.Incident) bool {
	return slices.ContainsFunc(i.Tasks, func(task incident.Task) bool { return task.Open() && i.Refs[refTask+strconv.Itoa(task.Number)] == "" })
}

// reacted takes somebody's reaction to a message in an incident's room as if they had typed what it stands for. Nobody hears a
// refusal: there is nowhere to say it to one person, and what a reaction means to others is theirs.
func (b *Bot) reacted(ctx context.Context, e event) error {
	handle := text(e.Inner.User)
	if text(e.Inner.Reaction) != reactionDone || handle == "" {
		return nil
	}
	room, err := b.Store.InRoom(ctx, e.channel())
	if err != nil || room == 0 {
		return err
	}
	i, err := b.Store.Incident(ctx, room)
	if err != nil {
		return err
	}
	number, ofTask := taskOf(i, e.item().TS)
	switch {
	case !ofTask && b.ours(e) && unposted(i):
		return errEarly
	case !ofTask:
		return nil
	}
	return b.tick(ctx, e, room, number)
}

// tick takes the reaction of an event for what it says of a task: that it is done.
func (b *Bot) tick(ctx context.Context, e event, room incident.ID, number int) error {
	c, err := b.begin(ctx, sender{user: text(e.Inner.User)}, e.key())
	if err != nil || c.standing == incident.Bot || c.standing == incident.Gone {
		return err
	}
	c.channel = e.channel()
	_, err = c.try(fmt.Sprintf("task %s done %d", room, number))
	if unrecorded(err) == nil {
		return nil
	}
	return err
}

// reactedWith are those who have put a reaction on a message, in any colour of skin; all tells whether Slack names all of them.
func reactedWith(m slack.Message, name string) (who []string, all bool) {
	all = true
	for _, reaction := range m.Reactions {
		if plainReaction(reaction.Name) == name {
			who, all = append(who, reaction.Users...), all && reaction.Count <= len(reaction.Users)
		}
	}
	return who, all
}

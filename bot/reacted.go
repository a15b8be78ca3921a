package bot

import (
	"context"
	"fmt"

	"tocsin/incident"
)

// reactionDone on the message about a task says that it is done.
const reactionDone = "white_check_mark"

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
	if !ofTask {
		return nil
	}
	c, err := b.begin(ctx, sender{user: handle}, e.key())
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

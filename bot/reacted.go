package bot

import (
	"context"
	"time"

	"tocsin/incident"
)

// reactionDone on the message about a task says that it is done.
const reactionDone = "white_check_mark"

// reacted is what somebody's reaction changes in an incident whose room the message stands in; nil for nothing.
func (b *Bot) reacted(ctx context.Context, e event, room incident.ID) (func(incident.Tx) error, error) {
	handle, reaction := text(e.Inner.User), text(e.Inner.Reaction)
	_, ts := e.item()
	if room == 0 || handle == "" || reaction != reactionDone {
		return nil, nil
	}
	profile, err := b.Store.Profile(ctx, handle)
	if err != nil || profile.Standing == incident.Bot || profile.Standing == incident.Gone {
		return nil, err
	}
	stamp := b.stampOf(profile.Name, handle, e)
	return func(tx incident.Tx) error {
		i, err := tx.Incident(room)
		if err != nil {
			return err
		}
		number, ofTask := taskOf(i, ts)
		if !ofTask {
			return nil
		}
		if err := i.FinishTask(number, stamp); incident.CodeOf(err) != incident.Conflict { // it is over already: nobody needs to hear that
			return err
		}
		return nil
	}, nil
}

func (b *Bot) stampOf(name, handle string, e event) incident.Stamp {
	return incident.Stamp{By: incident.Person{Handle: handle, Name: firstOf(name, handle)}, At: b.Now().UTC().Truncate(time.Millisecond), Request: e.key()}
}

// looked is what happens besides: the Home tab is shown to whoever opens it; and made anew for whoever left the room of a
// private incident, which must not stand there any more.
func (b *Bot) looked(ctx context.Context, e event, room incident.ID, do func(incident.Tx) error) (func(incident.Tx) error, error) {
	handle := text(e.Inner.User)
	if e.Inner.Type == "app_home_opened" {
		if handle == "" || text(e.Inner.Tab) == "messages" {
			return nil, nil
		}
	} else if private, err := b.private(ctx, room); err != nil || !private {
		return do, err
	}
	stamp := b.stampOf("", handle, e)
	return func(tx incident.Tx) error {
		tx.System().ShowHome(handle, stamp)
		return do(tx)
	}, nil
}

// private tells whether a room is that of a private incident.
func (b *Bot) private(ctx context.Context, room incident.ID) (bool, error) {
	if room == 0 {
		return false, nil
	}
	return b.Store.Private(ctx, room)
}

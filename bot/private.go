package bot

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// closeOff closes an incident off, after it was asked once. It takes no other words: they would stand in a room that everybody
// can read.
func (c *call) closeOff(args string) (answer, error) {
	switch {
	case args == "":
		return c.askPrivate()
	case !strings.EqualFold(args, "yes"):
		return answer{}, incident.Refuse(incident.Invalid, "Nothing was changed: private takes no other words. Type /incident private alone.")
	}
	return c.convert((*incident.Incident).MakePrivate, func(i *incident.Incident) answer {
		return say(":lock: " + bold(markup(i.ID.String())+" is private now") + ". It goes on in a private room, to which everybody is invited who was in its room; " +
			"for all others there is no " + markup(i.ID.String()) + " any more. The announcement is taken back, and the room before is archived.\n" +
			"*What was said so far stays:* the room before, with its name and its topic, can be read by all who could read it, and so can direct messages, words to customers, " +
			"and what was told of it in other rooms.")
	})
}

// openUp opens a private incident to everybody, after it was asked twice.
func (c *call) openUp(args string) (answer, error) {
	asked := strings.ToLower(strings.Join(strings.Fields(args), " "))
	switch asked {
	case "":
		return c.askPublic("yes", "Go on")
	case "yes":
		return c.askPublic("yes everybody", "Make it public")
	case "yes everybody":
		return c.convert((*incident.Incident).MakePublic, func(i *incident.Incident) answer {
			return say(":unlock: " + bold(markup(i.ID.String())+" is public now") + ". It goes on in a public room, to which everybody is invited who was in the private one. " +
				"That one is archived, and what was said there stays among those who were in it.")
		})
	}
	return answer{}, incident.Refuse(incident.Invalid, "Nothing was changed: I cannot read %q there. Type /incident public alone, and read what becomes of it.", echo(args))
}

// whatCloses is what becomes of an incident that is closed off, in so few words that a dialog takes them.
const whatCloses = "It goes on in a new private room with those who are in this one. The announcement is taken back, and this room is archived. What was posted here stays readable."

// askPrivate says what becomes of it, and how to go on. What could not be closed off is refused at once.
func (c *call) askPrivate() (answer, error) {
	i, err := c.Store.Incident(c.ctx, c.incident)
	if err != nil {
		return answer{}, err
	}
	if err := i.MayTurn(incident.EventPrivate); err != nil {
		return answer{}, err
	}
	name := markup(i.ID.String())
	text := ":lock: " + bold("Make "+name+" private?") + " " + whatCloses
	yes := button("private", i.ID, "yes")
	return show(text, section(text), actions("act", yes.WithStyle(slack.StyleDanger)),
		contextLine("Or type `/incident private "+name+" yes`. To leave it public, do nothing."))
}

// askPublic says what would become visible to whom, and how to go on. The second time it says it once more, in fewer words.
func (c *call) askPublic(next string, label markup) (answer, error) {
	i, err := c.Store.Incident(c.ctx, c.incident)
	if err != nil {
		return answer{}, err
	}
	name := markup(i.ID.String())
	if !i.Private {
		return answer{}, incident.Refuse(incident.Conflict, "%s is public already.", i.ID)
	}
	text := ":unlock: " + bold("Make "+name+" public?") + " From then on *every member of this workspace* can read its title, its summary, its roles and tasks, and *the whole timeline*: " +
		"each note, update and correction that was written while it was private, with its author. It is announced, found by search, and told to those who subscribed to its service.\n" +
		"It gets a new, public room. The private room is archived and stays private: what was said there, and never noted, is shown to nobody else."
	if next != "yes" {
		text = ":warning: " + bold("Asked for the second time:") + " everybody will be able to read " + bold(esc(i.Name())) + " and its whole timeline, and who has read it cannot forget it. " +
			"Look through `/incident timeline " + name + "` first. Is every word of it for everybody?"
	}
	open := button("public", i.ID, next)
	open.Text = plain(label)
	return show(text, section(text), actions("act", open.WithStyle(slack.StyleDanger), button("timeline", i.ID, "")),
		contextLine("Or type `/incident public "+name+" "+markup(next)+"`. To leave it private, do nothing."))
}

// turnButton offers to close an incident off, or to open it: what it is not.
func (c *call) turnButton(i *incident.Incident) *slack.ButtonBlockElement {
	if i.Private {
		return button("public", i.ID, "")
	}
	return confirmed(button("private", i.ID, "yes"), "Make "+i.ID.String()+" private?", whatCloses)
}

// convert changes who may know of the incident that the call is about. What people have on their Home tabs is brought in step.
func (c *call) convert(do func(*incident.Incident, []string, incident.Stamp) error, done func(*incident.Incident) answer) (answer, error) {
	return c.change(func(tx incident.Tx) (answer, error) {
		i, err := tx.Incident(c.incident)
		if err != nil {
			return answer{}, err
		}
		present, err := tx.Present(i.ID)
		if err != nil {
			return answer{}, err
		}
		if err := do(i, present, c.stamp()); err != nil {
			return answer{}, err
		}
		seen, err := tx.HomesShown(i.Declared)
		if err != nil {
			return answer{}, err
		}
		for _, handle := range seen {
			tx.System().ShowHome(handle, c.stamp())
		}
		return done(i), nil
	})
}

// sayConverted tells the new room for whom it is now, unless that has been changed again.
func (e *errand) sayConverted(event incident.Event) *saying {
	by, name := bold(esc(event.By.Name)), markup(e.i.ID.String())
	before := markup("")
	if event.From != "" {
		before = channelLink(event.From)
	}
	switch {
	case event.Kind == incident.EventPrivate && e.i.Private:
		words := ":lock: " + by + " made " + name + " private: from now on only those in this room know of it."
		if before != "" {
			words += " What was said in " + before + " stays readable for all who could read it."
		}
		return paragraph(words + " To let somebody in: `/incident invite @user`")
	case event.Kind == incident.EventPublic && !e.i.Private:
		words := ":unlock: " + by + " made " + name + " public: everybody can read its timeline now, also what was written while it was private."
		if before != "" {
			words += " What was said in its private room stays there."
		}
		return paragraph(words)
	}
	return nil
}

// leave says in the room before that it is that no more, and why, and archives it. What stands there stays.
func (e *errand) leave() (incident.Refs, error) {
	_, event, err := e.Store.Event(e.ctx, e.effect.Event())
	if err != nil || event.From == "" {
		return nil, err
	}
	if e.dirty {
		there, err := e.Slack().GetConversationInfoContext(e.ctx, &slack.GetConversationInfoInput{ChannelID: event.From})
		if refusedWith(err, "channel_not_found") || err == nil && there.IsArchived {
			return nil, nil
		}
		if err != nil {
			return nil, fault("conversations.info", err)
		}
	}
	if err := e.stripRoom(event.From); err != nil {
		return nil, err
	}
	if words := e.farewell(event); words != "" {
		_, err = e.send(post{
			what: fmt.Sprintf("%s event %d farewell", e.i.ID, event.ID), channel: event.From, since: event.At, text: words, blocks: []slack.Block{section(words)},
		})
		if err != nil && !refusedWith(err, "is_archived", "channel_not_found", "not_in_channel") {
			return nil, err
		}
	}
	return nil, e.archiveLeft(event.From)
}

// farewell is what the room before hears; "" for one in which nobody has said anything yet.
func (e *errand) farewell(event incident.Event) markup {
	by, name := bold(esc(event.By.Name)), markup(e.i.ID.String())
	switch event.Kind {
	case incident.EventPrivate:
		return ":lock: " + by + " made " + name + " private. It goes on in a private room, to which everybody is invited who was in here. " +
			"This room is archived: *what was posted here stays readable for all who could read it.* Who was not invited and can help: `/incident access " + name + " why`"
	case incident.EventPublic:
		words := markup(":unlock: ") + by + " made " + name + " public: everybody can read its timeline now."
		if room := e.roomID(); room != "" && !e.i.Private {
			words += " It goes on in " + channelLink(room) + ", to which everybody is invited who was in here."
		}
		return words + " This room is archived and stays private: *what was posted here can be read by nobody else.*"
	}
	return ""
}

// archiveLeft archives a room that was left. We may have been put out of it.
func (e *errand) archiveLeft(room string) error {
	err := e.Slack().ArchiveConversationContext(e.ctx, room)
	if refusedWith(err, "not_in_channel") {
		if _, _, _, err = e.Slack().JoinConversationContext(e.ctx, room); err != nil {
			err = fault("conversations.join", err)
		} else {
			err = e.Slack().ArchiveConversationContext(e.ctx, room)
		}
	}
	if refusedWith(err, "already_archived", "is_archived", "channel_not_found") {
		return nil
	}
	return fault("conversations.archive", err)
}

// conceal takes the title of another incident out of an entry, where those who read this may not know of that one (any more).
func conceal(event incident.Event, sees func(incident.ID) (bool, error)) (incident.Event, error) {
	other := event.Other()
	if other == 0 {
		return event, nil
	}
	seen, err := sees(other)
	if err == nil && !seen {
		event.Text = ""
	}
	return event, err
}

// concealed are entries as the caller may read them.
func (c *call) concealed(events []incident.Event) ([]incident.Event, error) {
	events = slices.Clone(events)
	for n := range events {
		var err error
		if events[n], err = conceal(events[n], func(id incident.ID) (bool, error) { return c.sees(id, false) }); err != nil {
			return nil, err
		}
		if whom := &events[n].Whom; whom.Name == "" && whom.Handle != "" { // whom the policy names
			whom.Name = c.name(whom.Handle)
		}
	}
	return events, nil
}

// tells tells whether the room may read the title of another incident.
func (e *errand) tells(other incident.ID) (bool, error) {
	i, err := e.Store.Incident(e.ctx, other)
	return err == nil && !i.Private, err
}

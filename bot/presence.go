package bot

import (
	"fmt"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// mayHear tells whether somebody may hear of the incident now, by message. Of a private one, and as a guest of any, only who is
// in its room by a look that is fresh: an older one is renewed first. Of any other all, once it is known whether its declarer
// may declare. Nobody in particular is the room itself.
func (e *errand) mayHear(handle string) (bool, error) {
	if handle == "" {
		return true, nil
	}
	profile, err := e.profile(handle)
	if err != nil {
		return false, err
	}
	outsider := profile.Standing.Outsider()
	if !e.i.Private && !outsider {
		return e.believed(e.i)
	}
	if e.roomID() == "" {
		return !outsider && e.i.VisibleTo(handle, false), nil
	}
	seen, err := e.Store.Member(e.ctx, e.i.ID, handle)
	if err != nil || !seen.IsZero() && e.Now().Sub(seen) < freshness {
		return err == nil, err
	}
	at := e.Now()
	members, err := e.members(e.ctx, e.roomID())
	if err == nil && len(members) == 0 {
		return false, e.moved() // nobody can look any more, so nobody hears; but in the next room
	}
	if err == nil && e.i.Private { // who is in a public room proves nothing when it is closed off in this moment
		err = e.Store.SetMembers(e.ctx, e.i.ID, members, at)
	}
	return slices.Contains(members, handle), err
}

// moved asks to begin anew where the room is another by now than when this was begun.
func (e *errand) moved() error {
	now, err := e.Store.Incident(e.ctx, e.i.ID)
	if err == nil && now.Refs[incident.RefRoom] != e.i.Refs[incident.RefRoom] {
		err = &incident.Setback{After: time.Second, Err: fmt.Errorf("%s is in another room by now", e.i.ID)}
	}
	return err
}

// believed tells whether everybody may hear of an incident. Where nobody has found out yet who declared it, that is looked up, and
// not waited for: two that wait for each other's rooms would wait for ever. What one has declared who may not stays where it is.
func (e *errand) believed(i *incident.Incident) (bool, error) {
	vouched, err := e.vouched(i)
	if err != nil || vouched {
		return vouched, err
	}
	declarer, err := e.profile(i.Declarer.Handle)
	return err == nil && declarer.Standing.MayDeclare() == nil, err
}

// sayLeft tells that somebody has left their roles behind, unless they are back or somebody else has them.
func (e *errand) sayLeft(event incident.Event) (*saying, error) {
	roles := e.i.Away(event)
	if event.From == incident.TheRoom {
		if back, err := e.Store.Member(e.ctx, e.i.ID, event.By.Handle); err != nil || !back.IsZero() {
			return nil, err
		}
	}
	if len(roles) == 0 {
		return nil, nil
	}
	var names []markup
	var buttons []slack.BlockElement
	for _, role := range roles {
		duty := e.Policy().Duty(role)
		names = append(names, esc(duty.Name()))
		buttons = append(buttons, e.takeButton(duty))
	}
	line := ":wave: " + bold(esc(event.By.Name)) + " has left " + esc(event.From) + ", and is still " + join(names, ", ") + " of " + bold(esc(e.i.Name())) + "."
	return &saying{text: line, blocks: []slack.Block{section(line), actions("act", buttons...)}}, nil
}

// tried is how many notes a late joiner is shown, out of how many entries.
const (
	tried       = 3
	triedWithin = 100
)

// brief tells somebody who came late how things stand, in the room and for their eyes only. It cannot be looked for: after a
// call that was not answered it is said once more, to one person.
func (e *errand) brief(event incident.Event) error {
	if e.roomID() == "" || !e.i.Status.Open() || e.Now().Sub(event.At) > incident.Backlog {
		return nil
	}
	last, err := e.latestUpdate()
	if err != nil {
		return err
	}
	events, _, err := e.Store.Timeline(e.ctx, e.i.ID, 0, triedWithin)
	if err != nil {
		return err
	}
	about, err := e.Store.About(e.ctx, e.i.ID, 0)
	if err != nil {
		return err
	}
	blocks := e.briefing(last, incident.Entries(events, about))
	_, err = e.Slack().PostEphemeralContext(e.ctx, e.roomID(), event.Whom.Handle,
		slack.MsgOptionText(string("How things stand with "+headline(e.i, 400)), false), slack.MsgOptionBlocks(blocks...))
	if refusedWith(err, "user_not_in_channel", "channel_not_found", "is_archived", "user_not_found", "not_in_channel") {
		return nil // they are gone again
	}
	return fault("chat.postEphemeral", err)
}

// briefing is what is broken, since when, who leads, what was said last and what was tried.
func (e *errand) briefing(last incident.Event, entries []incident.Entry) []slack.Block {
	policy := e.Policy()
	head := ":wave: " + bold(headline(e.i, 400)) + "\n" + title(policy.Rung(e.i.Status).Name()) + mitigatedSuffix(e.i) + " · since " + clock(e.i.Started) +
		" · " + esc(policy.Duty(incident.Commander).Name()) + " " + holder(e.i, incident.Commander) + " · next update " + nextUpdate(e.i, e.Now())
	blocks := []slack.Block{section(head)}
	switch {
	case last.Text != "":
		blocks = append(blocks, section(bold("Last update")+" "+clock(last.At)+" by "+esc(last.By.Name)))
		blocks = append(blocks, paragraphs(last.Text, glance, wholeOf(e.i, last))...)
	case e.i.Summary != "":
		blocks = append(blocks, paragraphs(e.i.Summary, glance, "")...)
	}
	var notes []markup
	for _, note := range slices.Backward(entries) {
		if note.Kind == incident.EventNote && !note.Redacted && len(notes) < tried {
			notes = append(notes, entryLine(policy, note))
		}
	}
	slices.Reverse(notes)
	if len(notes) > 0 {
		blocks = append(blocks, sections(append([]markup{bold("Noted last")}, notes...))...)
	}
	return append(blocks, actions("act", button("timeline", e.i.ID, "")))
}

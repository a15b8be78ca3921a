package bot

import (
	"fmt"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// onEntry runs a rule on the entry whose number comes first, with the words that follow it.
func (c *call) onEntry(args, done string, rule func(i *incident.Incident, e incident.Entry, words string) error) (answer, error) {
	word, rest := cutWord(args)
	number, err := entryNumber(word)
	if err != nil {
		return answer{}, err
	}
	words := readable(rest, c.name)
	return c.change(func(tx incident.Tx) (answer, error) {
		i, err := tx.Incident(c.incident)
		if err != nil {
			return answer{}, err
		}
		e, err := tx.Entry(c.incident, number)
		if err != nil {
			return answer{}, err
		}
		if err := rule(i, e, words); err != nil {
			return answer{}, err
		}
		return say(markup(fmt.Sprintf("#%d of %s %s", number, i.ID, done))), nil
	})
}

func (c *call) correct(args string) (answer, error) {
	return c.onEntry(args, "is corrected. The old words stay beside the new ones.", func(i *incident.Incident, e incident.Entry, words string) error {
		return i.Correct(e, words, c.stamp())
	})
}

// redact takes the words of an entry out. What else repeats them is an entry of its own, and is named.
func (c *call) redact(args string) (answer, error) {
	if err := c.Policy().MayRedact(c.who.Handle, c.standing); err != nil {
		return answer{}, err
	}
	var gone incident.Entry
	a, err := c.onEntry(args, "is redacted: its words are gone from the record. What we posted of them is edited; what others wrote in Slack is theirs.",
		func(i *incident.Incident, e incident.Entry, why string) error {
			gone = e
			return i.Redact(e, why, c.stamp())
		})
	if err == nil && gone.ID != 0 { // 0: it was recorded before, and this is the same answer
		c.Log.Info(c.incident.String()+": an entry was redacted", "entry", gone.ID, "request", c.key)
	}
	if fix := gone.Correction; err == nil && fix.ID != 0 {
		a.Text += markup(fmt.Sprintf(" #%d is a correction of it: redact that too if its words must go.", fix.ID))
	}
	return a, err
}

func (c *call) star(args string) (answer, error) {
	return c.onEntry(args, "is starred. All of them: `/incident timeline starred`", func(i *incident.Incident, e incident.Entry, _ string) error {
		return i.Star(e, c.stamp())
	})
}

func (c *call) unstar(args string) (answer, error) {
	return c.onEntry(args, "has no star any more.", func(i *incident.Incident, e incident.Entry, _ string) error {
		return i.Unstar(e, c.stamp())
	})
}

// amendWords brings in step what we have said of an entry whose words are others now, or gone: in the room, or to one person.
// What has not been said yet is said as it stands then.
func (e *errand) amendWords() (incident.Refs, error) {
	_, about, err := e.Store.Event(e.ctx, e.effect.Event())
	if err != nil {
		return nil, err
	}
	entry, err := e.Store.Entry(e.ctx, e.i.ID, about.Corrects)
	if err != nil {
		return nil, err
	}
	if entry.Kind == incident.EventCorrected { // it was redacted: what it corrected says something else again
		if entry, err = e.Store.Entry(e.ctx, e.i.ID, entry.Corrects); err != nil {
			return nil, err
		}
	}
	for _, owed := range entry.Owes(e.i.ID) {
		p := post{what: fmt.Sprintf("%s event %d", e.i.ID, entry.ID), since: entry.At, stands: true}
		switch owed.Kind {
		case incident.EffectSay:
			p.channel = e.roomID()
		case incident.EffectTell:
			p.channel, err = e.directWith(entry)
		}
		if err == nil && p.channel != "" {
			err = e.amendPost(p, entry)
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// directWith is the conversation with who was told of an entry, "" where that is not known or not to be had. Whom a redacted
// entry named is gone with its words; what it can have been about is who declared.
func (e *errand) directWith(entry incident.Entry) (string, error) {
	whom := firstOf(entry.Whom.Handle, e.i.Declarer.Handle)
	if !userID.MatchString(whom) {
		return "", nil
	}
	direct, _, _, err := e.Slack().OpenConversationContext(e.ctx, &slack.OpenConversationParameters{Users: []string{whom}})
	if refusedWith(err, unreachable...) {
		return "", nil
	}
	if err != nil {
		return "", fault("conversations.open", err)
	}
	return direct.ID, nil
}

// amendPost edits a message of ours about an entry, where it stands.
func (e *errand) amendPost(p post, entry incident.Entry) error {
	found, err := e.find(p)
	if err != nil || found.Timestamp == "" {
		return err
	}
	line, err := e.amended(entry)
	if err != nil || line == nil {
		return err
	}
	p.text, p.blocks = line.text, line.blocks
	_, _, _, err = e.Slack().UpdateMessageContext(e.ctx, p.channel, found.Timestamp, e.options(p)...)
	if refusedWith(err, "is_archived", "is_inactive", "message_not_found", "cant_update_message", "edit_window_closed") {
		return nil
	}
	return fault("chat.update", err)
}

// amended is what is said of an entry by now.
func (e *errand) amended(entry incident.Entry) (*saying, error) {
	if entry.Redacted {
		return paragraph(":no_entry_sign: What stood here was redacted by " + bold(esc(entry.Redaction.By.Name)) + ": " + short(entry.Redaction.Text, 500)), nil
	}
	now := entry.Event
	now.Text = entry.Words()
	line, err := e.saying(now)
	if err != nil || line == nil {
		if line, err = e.telling(now); err != nil || line == nil {
			return nil, err
		}
	}
	if entry.Correction.ID != 0 {
		line.blocks = append(line.blocks, contextLine(":pencil2: Corrected by "+esc(entry.Correction.By.Name)+". The old words: "+wholeOf(e.i, now)))
	}
	return line, nil
}

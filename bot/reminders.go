package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// remindedAtOnce is how many incidents are looked at in one go. What is left is due at the next look.
const remindedAtOnce = 200

// Remind says all that is due to whom it concerns. Whoever calls it says how often it is looked; what is due stands in the
// store, and is moved in the transaction that says it, so that two who look at once say it once. What hangs on what people have
// said in a room comes last: to ask Slack for that may take its time, and nobody else waits for it.
func (b *Bot) Remind(ctx context.Context) error {
	due, err := b.Store.DueReminders(ctx, b.Now(), remindedAtOnce)
	if err != nil {
		return err
	}
	var faults []error
	var unheard []incident.ID
	for _, id := range due { // one sick incident must not silence the others
		listen := false
		faults = append(faults, b.remindOf(ctx, id, func(i *incident.Incident, s incident.Stamp) {
			i.Wait(b.Policy(), s)
			rests := i.IsDue(incident.TopicArchive, s.At)
			if listen = rests || i.IsDue(incident.TopicSilence, s.At); !rests {
				i.Remind(b.Policy(), s)
			}
		}))
		if listen && !slices.Contains(unheard, id) {
			unheard = append(unheard, id)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, listening)
	defer cancel()
	for _, id := range unheard {
		heard, err := b.heard(ctx, id)
		if err != nil {
			faults = append(faults, err)
		}
		if err != nil && !refusal(err) {
			continue // the next look may hear more
		}
		faults = append(faults, b.remindOf(ctx, id, func(i *incident.Incident, s incident.Stamp) {
			i.Overhear(b.Policy(), heard.newest())
			i.Remind(b.Policy(), s)
			i.Listen(b.Policy(), heard, s)
		}))
	}
	return errors.Join(faults...)
}

// remindOf does something about what is due of an incident.
func (b *Bot) remindOf(ctx context.Context, id incident.ID, do func(*incident.Incident, incident.Stamp)) error {
	at := b.Now().UTC().Truncate(time.Millisecond)
	_, err := b.Store.Change(ctx, incident.Request{At: at}, func(tx incident.Tx) ([]byte, error) {
		i, err := tx.Incident(id)
		if err == nil {
			do(i, incident.Stamp{By: incident.System, At: at})
		}
		return nil, err
	})
	return err
}

// asks is how each topic is put to those who can do something about it, and the buttons that mend it.
var asks = map[incident.Topic]struct {
	words func(*incident.Incident) markup
	mends func(*incident.Policy, *incident.Incident) []slack.BlockElement
	later string // how long the button puts it off; "" for 15m
	label string // of that button
}{
	incident.TopicUpdate: {
		words: func(i *incident.Incident) markup {
			return "An update on " + bold(esc(i.Name())) + " was due " + clock(i.UpdateDue)
		},
		mends: mendedBy("update", ""),
	},
	incident.TopicCommander: {
		words: func(i *incident.Incident) markup {
			if !i.Acknowledged.IsZero() { // somebody did, and stepped down
				return "Nobody leads " + bold(esc(i.Name())) + " any more"
			}
			return "Nobody leads " + bold(esc(i.Name())) + " yet, declared " + clock(i.Declared)
		},
		mends: mendedBy("commander", "me"),
	},
	incident.TopicSeverity: {
		words: func(i *incident.Incident) markup {
			return "How bad is " + bold(esc(i.Name())) + "? Nobody has said so yet"
		},
		mends: func(policy *incident.Policy, i *incident.Incident) []slack.BlockElement {
			return severityButtons(policy, i.ID)
		},
	},
	incident.TopicArchive: {
		words: func(i *incident.Incident) markup {
			return bold(esc(i.Name())) + " is closed, and nobody has written anything since: this room is archived " + clock(i.Reminders[incident.TopicArchive].Due) +
				". A word here keeps it open, too"
		},
		mends: mendedBy("note", ""),
		later: "72h", label: "Keep it 3 more days",
	},
}

// mendedBy is one button that mends what is missing.
func mendedBy(verb, args string) func(*incident.Policy, *incident.Incident) []slack.BlockElement {
	return func(_ *incident.Policy, i *incident.Incident) []slack.BlockElement {
		return []slack.BlockElement{primary(button(verb, i.ID, args))}
	}
}

// severityButtons are one button a severity.
func severityButtons(policy *incident.Policy, id incident.ID) []slack.BlockElement {
	var row []slack.BlockElement
	for _, level := range policy.Severities {
		row = append(row, severityButton(id, level.Name))
	}
	return row
}

func severityButton(id incident.ID, name incident.Severity) *slack.ButtonBlockElement {
	b := button("severity", id, string(name))
	b.ActionID += ":" + string(name) // each needs one of its own
	b.Text = plain(short(strings.ToUpper(string(name)), 75))
	return b
}

// reminding is what is said of a reminder, with the button that mends it and one that puts it off; nil where it is
// mended.
func (e *errand) reminding(event incident.Event) *saying {
	if incident.Topic(event.To) == incident.TopicSilence {
		return e.saySilence(event)
	}
	ask, known := asks[incident.Topic(event.To)]
	if !known || !e.i.Missing(event) {
		return nil
	}
	words := ":bell: " + ask.words(e.i) + "."
	snooze := button("snooze", e.i.ID, event.To+" "+firstOf(ask.later, "15m"))
	snooze.Text = plain(markup(firstOf(ask.label, "Remind me in 15 min")))
	return &saying{text: words, blocks: []slack.Block{
		section(words), actions("act", append(ask.mends(e.Policy(), e.i), snooze)...),
	}}
}

// snooze puts a reminder off: "snooze update 15m", or "snooze 15m" for the update.
func (c *call) snooze(args string) (answer, error) {
	word, rest := cutWord(args)
	topic := incident.Topic(strings.ToLower(word))
	if rest == "" {
		topic, rest = incident.TopicUpdate, word
	}
	if rest == "" {
		rest = "15m"
	}
	wait, err := time.ParseDuration(strings.ReplaceAll(rest, "min", "m"))
	if err != nil {
		return answer{}, incident.Refuse(incident.Invalid, "I cannot read %q. For example: snooze update 15m.", echo(rest)).Offer("snooze update 15m")
	}
	until := c.at.Add(wait)
	return c.rule(func(i *incident.Incident) (answer, error) {
		if err := i.Snooze(topic, until, c.stamp()); err != nil {
			return answer{}, err
		}
		if topic == incident.TopicArchive { // it is in working hours
			until = c.Policy().Hours.Next(i.Reminders[topic].Due)
		}
		return say("You hear of it again " + clock(until) + ". What is due stays due."), nil
	})
}

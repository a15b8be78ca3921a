package bot

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// entryMenu is what can be done about an entry; what is a mark of another is no entry of its own.
func (c *call) entryMenu(e incident.Entry, redact bool) *slack.Accessory {
	if e.Mark() {
		return nil
	}
	line := func(verb string) string { return fmt.Sprintf("%s %s #%d", verb, c.incident, e.ID) }
	star := option(line("star"), "Star")
	if e.Starred {
		star = option(line("unstar"), "Unstar")
	}
	options := []*slack.OptionBlockObject{option(line("timeline"), "Show it whole"), star}
	if e.Correctable() {
		options = append(options, option(line("correct"), "Correct"))
	}
	if redact {
		options = append(options, option(line("redact"), "Redact"))
	}
	return slack.NewAccessory(slack.NewOverflowBlockElement(fmt.Sprintf("do:entry:%d", e.ID), options...))
}

// entryButtons are what can be done about an entry.
func (c *call) entryButtons(i *incident.Incident, e incident.Entry, row ...slack.BlockElement) slack.Block {
	number := fmt.Sprintf("#%d", e.ID)
	if e.Starred {
		row = append(row, button("unstar", c.incident, number))
	} else {
		row = append(row, button("star", c.incident, number))
	}
	if e.Correctable() {
		row = append(row, button("correct", c.incident, number))
	}
	if i.Titled(e) {
		row = append(row, button("title", c.incident, ""))
	} else if c.redacts(i)(e) {
		row = append(row, button("redact", c.incident, number))
	}
	return slack.NewActionBlock("", row...)
}

// redacts tells of which entries of an incident the caller may take the words out now.
func (c *call) redacts(i *incident.Incident) func(incident.Entry) bool {
	may := c.permitted("redact") == nil
	return func(e incident.Entry) bool { return may && i.Holds(e) == nil }
}

// onEntry runs a rule on the entry whose number comes first, with the words that follow it.
func (c *call) onEntry(args, done string, rule func(tx incident.Tx, i *incident.Incident, e incident.Entry, words string) error) (answer, error) {
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
		if err := rule(tx, i, e, words); err != nil {
			return answer{}, err
		}
		return say(markup(fmt.Sprintf("#%d of %s %s", number, i.ID, done))), nil
	})
}

func (c *call) correct(args string) (answer, error) {
	return c.onEntry(args, "is corrected. The old words stay beside the new ones.", func(tx incident.Tx, i *incident.Incident, e incident.Entry, words string) error {
		return c.amend(tx, i, e, i.Correct(e, words, c.stamp()))
	})
}

// amend has those who got an update as a direct message see what has become of its words, unless that was refused.
func (c *call) amend(tx incident.Tx, i *incident.Incident, e incident.Entry, refused error) error {
	if refused != nil || e.Kind != incident.EventUpdate && e.Kind != incident.EventCorrected {
		return refused
	}
	update := e.ID
	if e.Kind == incident.EventCorrected {
		update = e.Corrects
	}
	told, err := tx.Told(i.ID, update)
	if err != nil {
		return err
	}
	i.Address(told)
	return nil
}

// redact takes the words of an entry out. What else repeats them is an entry of its own, and is named: before the words are gone,
// so that it belongs to the answer that is kept.
func (c *call) redact(args string) (answer, error) {
	also, err := c.alsoSaid(args)
	if err != nil {
		return answer{}, err
	}
	gone := int64(0)
	a, err := c.onEntry(args, "is redacted: its words are gone from the record. What we posted of them is edited; what others wrote in Slack is theirs."+also,
		func(tx incident.Tx, i *incident.Incident, e incident.Entry, why string) error {
			gone = e.ID
			return c.amend(tx, i, e, i.Redact(e, why, c.stamp()))
		})
	if err == nil && gone != 0 { // 0: it was recorded before, and this is the same answer
		c.Log.Info(c.incident.String()+": an entry was redacted", "entry", gone, "request", c.key)
	}
	return a, err
}

// alsoSaid names the entries that repeat the words of one; "" where none does, or there is no such entry.
func (c *call) alsoSaid(args string) (string, error) {
	word, _ := cutWord(args)
	number, err := entryNumber(word)
	if err != nil {
		return "", err
	}
	e, err := c.Store.Entry(c.ctx, c.incident, number)
	if err != nil || len(e.Says()) == 0 {
		return "", err
	}
	said := ""
	switch e.Kind {
	case incident.EventDeclared:
		said = " The name of the room was made of them: an admin can change it in Slack."
	case incident.EventService:
		if i, err := c.Store.Incident(c.ctx, c.incident); err != nil || e.To != "" && i.Service == e.To {
			said = " That it is about " + e.To + " shows until another service is named."
		}
	}
	also, err := c.repeats(e)
	if len(also) == 0 || err != nil {
		return said, err
	}
	return said + " The same words, or what they were changed to, stand in " + strings.Join(also, ", ") + ": redact these too if they must go.", nil
}

// repeats are the numbers of the entries that say the same as one that was redacted, or what became of it.
func (c *call) repeats(gone incident.Entry) (numbers []string, err error) {
	const page = 500
	for before, more := int64(0), true; more; {
		var events []incident.Event
		if events, more, err = c.Store.Timeline(c.ctx, c.incident, before, page); err != nil || len(events) == 0 {
			return numbers, err
		}
		before = events[0].ID
		for _, e := range slices.Backward(events) {
			same := slices.ContainsFunc(e.Says(), func(words string) bool { return slices.Contains(gone.Says(), words) })
			if !e.Redacted && e.ID != gone.ID && (same || e.Text != "" && e.Kind != incident.EventRedacted && e.Corrects == gone.ID) {
				numbers = append(numbers, fmt.Sprintf("#%d", e.ID))
			}
		}
	}
	slices.Reverse(numbers)
	return numbers, nil
}

func (c *call) star(args string) (answer, error) {
	return c.onEntry(args, "is starred. All of them: `/incident timeline starred`", func(_ incident.Tx, i *incident.Incident, e incident.Entry, _ string) error {
		return i.Star(e, c.stamp())
	})
}

func (c *call) unstar(args string) (answer, error) {
	return c.onEntry(args, "has no star any more.", func(_ incident.Tx, i *incident.Incident, e incident.Entry, _ string) error {
		return i.Unstar(e, c.stamp())
	})
}

package bot

import (
	"fmt"

	"tocsin/incident"
)

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
	return c.inform(tx, i)
}

// redact takes the words of an entry out. What else repeats them is an entry of its own, and is named.
func (c *call) redact(args string) (answer, error) {
	var gone incident.Entry
	a, err := c.onEntry(args, "is redacted: its words are gone from the record. What we posted of them is edited; what others wrote in Slack is theirs.",
		func(tx incident.Tx, i *incident.Incident, e incident.Entry, why string) error {
			gone = e
			return c.amend(tx, i, e, i.Redact(e, why, c.stamp()))
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
	return c.onEntry(args, "is starred. All of them: `/incident timeline starred`", func(_ incident.Tx, i *incident.Incident, e incident.Entry, _ string) error {
		return i.Star(e, c.stamp())
	})
}

func (c *call) unstar(args string) (answer, error) {
	return c.onEntry(args, "has no star any more.", func(_ incident.Tx, i *incident.Incident, e incident.Entry, _ string) error {
		return i.Unstar(e, c.stamp())
	})
}

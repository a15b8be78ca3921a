package bot

import (
	"unicode/utf8"

	"tocsin/incident"
)

// access asks the people of an incident to be let into its room. Whoever asks gets the same words whether there is such
// an incident or not.
func (c *call) access(args string) (answer, error) {
	word, why := cutWord(args)
	id, named := incident.ParseID(word)
	if !named {
		return answer{}, incident.Refuse(incident.Invalid, "Say which incident, and why: access INC-7 I know the database.")
	}
	why = readable(why, c.name)
	if utf8.RuneCountInString(why) > incident.MaxWhy {
		return answer{}, incident.Refuse(incident.Invalid, "The reason is longer than %d characters: say it shorter.", incident.MaxWhy)
	}
	seen, err := c.sees(id, false)
	if err != nil && incident.CodeOf(err) != incident.Missing {
		return answer{}, err
	}
	return c.change(func(tx incident.Tx) (answer, error) {
		i, err := tx.Incident(id)
		if err != nil && incident.CodeOf(err) != incident.Missing {
			return answer{}, err
		}
		if err == nil && seen {
			return say(markup(id.String()) + " is open to you already" + roomSuffix(i)), nil
		}
		if err == nil && i.Status.Open() && i.Status != incident.Triage {
			i.AskAccess(why, c.stamp())
		}
		return say("If there is such an incident and you are not in its room, the people there see that you ask."), nil
	})
}

// inviteFields are what the form of an invitation asks for.
var inviteFields = []field{{id: "to", label: "Who is let in", person: true, first: true}}

// invite lets somebody into the room.
func (c *call) invite(args string) (answer, error) {
	word, _ := cutWord(args)
	person, err := c.person(word)
	if err != nil {
		return answer{}, err
	}
	if err := c.mayHold(person); err != nil {
		return answer{}, err
	}
	if person.Handle == c.who.Handle && c.inside {
		return answer{}, incident.Refuse(incident.Conflict, "You are in the room of %s already.", c.incident)
	}
	return c.rule(func(i *incident.Incident) (answer, error) {
		if err := i.Admit(person, c.stamp()); err != nil {
			return answer{}, err
		}
		return say(mention(person.Handle) + " is invited to the room of " + markup(i.ID.String()) + "."), nil
	})
}

// sayAccess puts a request to be let in before the room. Who asks is called by name only: they are to learn nothing.
func (e *errand) sayAccess(event incident.Event) *saying {
	words := ":door: " + bold(esc(event.Whom.Name)) + " asks to be let in"
	if event.Text != "" {
		words += ": " + esc(event.Text)
	}
	let := button("invite", e.i.ID, "<@"+event.Whom.Handle+">")
	let.Text = plain("Let them in")
	line := paragraph(words)
	line.blocks = append(line.blocks, actions("act", let))
	return line
}

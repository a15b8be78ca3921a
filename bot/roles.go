package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// holderOf says who holds each role that the rules know of, for help.
var holderOf = map[incident.Role]string{
	incident.Commander: "who leads", incident.Communicator: "who speaks to everybody outside", incident.Investigator: "who looks for the cause",
	incident.Mitigator: "who makes it stop hurting", incident.Scribe: "who writes down what happens",
}

// roleVerb is the verb of a role: each role of the policy has one.
func roleVerb(d incident.Duty) command {
	v := command{
		name: string(d.Role), args: "@user, me or nobody", help: cmp.Or(holderOf[d.Role], "who is the "+d.Name()),
		button: "I am the " + d.Name(), room: true,
		run: func(c *call, args string) (answer, error) { return c.role(d, args) },
	}
	if d.Role == incident.Commander {
		v.button, v.in = "Take command", inside
	}
	return v
}

// verbs is the table with the verbs of the roles in it that the policy has now, and with what it calls the statuses.
func (b *Bot) verbs() []command {
	at := slices.IndexFunc(commands, func(v command) bool { return v.room })
	all := slices.Clone(commands[:at])
	for _, duty := range b.Policy().Roles {
		all = append(all, roleVerb(duty))
	}
	all = append(all, commands[at:]...)
	at = slices.IndexFunc(all, func(v command) bool { return v.name == "status" })
	all[at].args, all[at].help = b.Policy().Rung(incident.Identified).Typed(), b.Policy().Settable()
	return all
}

// verb finds a verb: of the table, or of a role as people call it.
func (b *Bot) verb(name string) (command, bool) {
	if v, known := lookup(name); known {
		return v, true
	}
	duty, known := b.Policy().ParseRole(name)
	return roleVerb(duty), known
}

// role is the verb of a role: who has it, or who gets it.
func (c *call) role(d incident.Duty, args string) (answer, error) {
	word, rest := cutWord(args)
	switch {
	case word == "":
		return c.roleHolder(d)
	case strings.EqualFold(word, "nobody"):
		return c.stepDownFrom(d)
	}
	return c.give(d, word, rest)
}

// give gives a role to the person of a word, with a note for them. However it is asked for, it takes the permission of the
// role's own verb.
func (c *call) give(d incident.Duty, word, note string) (answer, error) {
	if err := c.permitted(string(d.Role)); err != nil {
		return answer{}, err
	}
	person, err := c.person(word)
	if err == nil {
		err = c.mayHold(person)
	}
	if err != nil {
		return answer{}, offering(err, "handover") // where people are chosen from a list
	}
	note = readable(note, c.name)
	return c.rule(func(i *incident.Incident) (answer, error) {
		if err := i.HandOver(d.Role, person, note, c.stamp()); err != nil {
			return answer{}, err
		}
		return heard(title(d.Name()) + markup(fmt.Sprintf(" of %s is now ", i.ID)) + mention(person.Handle) + "."), nil
	})
}

// mayHold refuses those who cannot hold a role.
func (c *call) mayHold(p incident.Person) error {
	profile, err := c.Store.Profile(c.ctx, p.Handle)
	if err == nil && (profile.Standing == incident.Bot || profile.Standing == incident.Gone) {
		return incident.Refuse(incident.Invalid, "%s is a bot or has left: choose a person.", p.Name)
	}
	return err
}

// roleHolder answers who has a role, with what can be done about it.
func (c *call) roleHolder(d incident.Duty) (answer, error) {
	i, err := c.Store.Incident(c.ctx, c.incident)
	if err != nil {
		return answer{}, err
	}
	take := button(string(d.Role), i.ID, "me")
	p := i.Roles[d.Role]
	if p.IsZero() {
		return offer(markup(fmt.Sprintf("%s has no %s yet. `/incident %s me` or `/incident %s @user`", i.ID, esc(d.Name()), d.Role, d.Role)), take)
	}
	text := title(d.Name()) + markup(fmt.Sprintf(" of %s is ", i.ID)) + mention(p.Handle) + markup(fmt.Sprintf(". To hand over: `/incident handover %s @user how things stand`", d.Role))
	if p.Handle == c.who.Handle {
		return offer(text, button("stepdown", i.ID, string(d.Role)))
	}
	return offer(text, take)
}

// offer is an answer with buttons.
func offer(text markup, buttons ...slack.BlockElement) (answer, error) {
	return show(text, section(text), slack.NewActionBlock("", buttons...))
}

// handoverFields are what the form of a hand-over asks for beside how things stand.
var handoverFields = []field{
	{id: "role", label: "Which role", roles: true, first: true},
	{id: "to", label: "Who takes it", person: true, first: true},
}

// handover gives a role of the caller's to somebody with a note: "commander @grace we wait for the restore". Who has one
// role need not name it.
func (c *call) handover(args string) (answer, error) {
	word, rest := cutWord(args)
	if typedPerson.MatchString(word) || strings.EqualFold(word, "me") {
		own, err := c.ownRole("")
		if err != nil {
			return answer{}, err
		}
		return c.give(own, word, rest)
	}
	d, err := c.Policy().MustRole(echo(readable(word, c.name)))
	if err != nil {
		return answer{}, err
	}
	if word, rest = cutWord(rest); word == "" {
		return answer{}, incident.Refuse(incident.Invalid, "Name the person who takes over, for example: handover %s @user we wait for the restore.", d.Role).Offer("handover")
	}
	return c.give(d, word, rest)
}

// stepDown gives up a role: the one that is named, or the only one that the caller has.
func (c *call) stepDown(args string) (answer, error) {
	word, _ := cutWord(args)
	if word == "" {
		own, err := c.ownRole("stepdown")
		if err != nil {
			return answer{}, err
		}
		return c.stepDownFrom(own)
	}
	d, err := c.Policy().MustRole(echo(readable(word, c.name)))
	if err != nil {
		return answer{}, err
	}
	return c.stepDownFrom(d)
}

// ownRole is the one role that the caller has in the incident; of several each is offered with a verb, if there is one that needs
// no more than that.
func (c *call) ownRole(verb string) (incident.Duty, error) {
	i, err := c.Store.Incident(c.ctx, c.incident)
	if err != nil {
		return incident.Duty{}, err
	}
	switch roles := i.RolesOf(c.who.Handle); len(roles) {
	case 0:
		if verb == "" {
			return incident.Duty{}, incident.Refuse(incident.Conflict, "You have no role in %s. To hand over somebody else's, name it: handover commander @user.", i.ID).Offer("handover")
		}
		return incident.Duty{}, incident.Refuse(incident.Conflict, "You have no role in %s. To give up somebody else's, name it: stepdown commander.", i.ID).Offer("handover")
	case 1:
		return c.Policy().Duty(roles[0]), nil
	default:
		refusal := incident.Refuse(incident.Invalid, "You have several roles in %s: say which of them.", i.ID)
		for _, role := range roles {
			if verb != "" {
				refusal = refusal.Offer(verb + " " + string(role))
			}
		}
		return incident.Duty{}, refusal
	}
}

// stepDownFrom takes a role from whoever has it.
func (c *call) stepDownFrom(d incident.Duty) (answer, error) {
	if err := c.permitted(string(d.Role)); err != nil {
		return answer{}, err
	}
	return c.rule(func(i *incident.Incident) (answer, error) {
		if err := i.StepDown(d.Role, c.Policy().Level(i.Severity), c.stamp()); err != nil {
			return answer{}, err
		}
		return heard(markup(i.ID.String()) + " has no " + esc(d.Name()) + " now. `/incident " + esc(string(d.Role)) + " @user`"), nil
	})
}

// sayRole tells a new holder of a role what it asks of them, and what was said at the hand-over, unless somebody else has it
// by now.
func (e *errand) sayRole(event incident.Event) (*saying, error) {
	duty := e.Policy().Duty(incident.Role(event.To))
	if e.i.Roles[duty.Role].Handle != event.Whom.Handle {
		return nil, nil
	}
	line := mention(event.Whom.Handle) + " is now " + bold(esc(duty.Name())) + " of " + markup(e.i.ID.String())
	if event.From != "" {
		before, err := e.Store.Profile(e.ctx, event.From)
		if err != nil {
			return nil, err
		}
		line += ", in place of " + esc(firstOf(before.Name, event.From))
	}
	line += "."
	if duty.Does != "" {
		line += " " + short(duty.Does, 1000)
	}
	if event.Text == "" {
		return paragraph(line), nil
	}
	note := paragraphs(event.Text, 11000, wholeOf(e.i, event))
	return &saying{text: line, blocks: append([]slack.Block{section(line), contextLine("Said at the hand-over by " + esc(event.By.Name) + ":")}, note...)}, nil
}

// saySteppedDown tells the room that a role has no holder, unless somebody has taken it since.
func (e *errand) saySteppedDown(event incident.Event) *saying {
	duty := e.Policy().Duty(incident.Role(event.To))
	if !e.i.Roles[duty.Role].IsZero() || !e.i.Status.Open() {
		return nil
	}
	line := bold(esc(event.By.Name)) + " stepped down as " + bold(esc(duty.Name())) + " of " + markup(e.i.ID.String())
	if event.By.Handle != event.Whom.Handle {
		line = bold(esc(event.By.Name)) + " took the role of " + bold(esc(duty.Name())) + " of " + markup(e.i.ID.String()) + " from " + esc(event.Whom.Name)
	}
	line += ". " + markup(e.i.ID.String()) + " has no " + esc(duty.Name()) + " now."
	return &saying{text: line, blocks: []slack.Block{section(line), actions("act", primary(button(string(duty.Role), e.i.ID, "me")))}}
}

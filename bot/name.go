package bot

import (
	"strings"

	"tocsin/incident"
)

// retitle says what is broken in other words.
func (c *call) retitle(args string) (answer, error) {
	title := readable(args, c.name)
	return c.rule(func(i *incident.Incident) (answer, error) {
		if err := i.Retitle(title, c.stamp()); err != nil {
			return answer{}, err
		}
		return say("It is " + bold(esc(i.Name())) + " now. Its room keeps its name."), nil
	})
}

// service says which service it is about: "none" is none.
func (c *call) service(args string) (answer, error) {
	if args == "" {
		return answer{}, incident.Refuse(incident.Invalid, "Say which service it is about, or none. For example: service checkout.")
	}
	name := c.Policy().Service(readable(args, c.name)).Name // in the policy's spelling, if it knows it
	if strings.EqualFold(name, "none") {
		name = ""
	}
	return c.rule(func(i *incident.Incident) (answer, error) {
		if err := i.SetService(name, c.stamp()); err != nil {
			return answer{}, err
		}
		if name == "" {
			return say(markup(i.ID.String()) + " is about no service in particular now."), nil
		}
		note, near := strangeService(c.Policy(), name)
		return c.withService(i.ID, markup(i.ID.String())+" is about the service "+bold(esc(name))+" now."+note, near)
	})
}

// withService is an answer with a button for the service that was perhaps meant, where one is near.
func (c *call) withService(id incident.ID, text markup, near string) (answer, error) {
	if near == "" {
		return say(text), nil
	}
	b := button("service", id, near)
	b.Text = plain(short("It is "+near, 75))
	return offer(text, b)
}

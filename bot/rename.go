package bot

import (
	"strings"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// called is what the form for a title holds at first.
func (c *call) called() (string, error) {
	i, err := c.Store.Incident(c.ctx, c.incident)
	if err != nil {
		return "", err
	}
	return i.Title, nil
}

// retitle gives the incident another title.
func (c *call) retitle(args string) (answer, error) {
	title := readable(args, c.name)
	return c.rule(func(i *incident.Incident) (answer, error) {
		if err := i.Retitle(title, c.stamp()); err != nil {
			return answer{}, err
		}
		return heard(markup(i.ID.String()) + " is called " + bold(esc(i.Title)) + " now. Its room keeps its name."), nil
	})
}

// noService is typed where no service is broken that has a name.
const noService = "none"

// service says which service is broken. One that is nearly one of the policy's may be a slip, or right: who typed it has the choice.
func (c *call) service(args string) (answer, error) {
	if args == "" {
		return c.askService()
	}
	policy := c.Policy()
	name := policy.Service(strings.TrimSpace(readable(args, c.name))).Name // in the policy's spelling, if it knows it
	if strings.EqualFold(name, noService) {
		name = ""
	}
	return c.rule(func(i *incident.Incident) (answer, error) {
		if err := i.MoveTo(name, c.stamp()); err != nil {
			return answer{}, err
		}
		if i.Service == "" {
			return heard(markup(i.ID.String()) + " names no service now."), nil
		}
		note := strangeService(policy, i.Service)
		reply := markup(i.ID.String()) + " is about " + bold(esc(i.Service)) + " now." + note
		if near := nearService(policy, i.Service); near != "" {
			return offer(reply, serviceButton(i.ID, near))
		}
		return answer{Text: reply, Heard: note == ""}, nil
	})
}

// askService says which service it is about, and offers the others.
func (c *call) askService() (answer, error) {
	i, err := c.Store.Incident(c.ctx, c.incident)
	if err != nil {
		return answer{}, err
	}
	line := markup(i.ID.String()) + " names no service."
	if i.Service != "" {
		line = markup(i.ID.String()) + " is about " + bold(short(i.Service, 200)) + "."
	}
	var options []*slack.OptionBlockObject
	for _, service := range c.Policy().Services {
		if chosen := "service " + i.ID.String() + " " + service.Name; !strings.EqualFold(service.Name, i.Service) && size(chosen) <= mostOption && len(options) < mostOptions {
			options = append(options, option(chosen, short(service.Name, 75)))
		}
	}
	line += " Another: `/incident service checkout`, or `none`"
	if len(options) == 0 {
		return say(line), nil
	}
	return offer(line, menuOf("service", "Change it to", options...))
}

// serviceButton says that it is about a service.
func serviceButton(id incident.ID, name string) *slack.ButtonBlockElement {
	b := button("service", id, name)
	b.Text = plain(short("It is "+name, 75))
	return b
}

// What Slack takes of a menu: so many choices, each standing for so much.
const (
	mostOptions = 100
	mostOption  = 150
)

// nearService is the service of the policy that is nearly called so, in any case of letters; "" where none is, or one is called
// just so.
func nearService(policy *incident.Policy, name string) string {
	known := make([]string, len(policy.Services))
	for n, service := range policy.Services {
		if known[n] = strings.ToLower(service.Name); strings.EqualFold(service.Name, name) {
			return ""
		}
	}
	if name == "" {
		return ""
	}
	near := Nearest(strings.ToLower(name), known)
	return policy.Service(near).Name // in the policy's spelling
}

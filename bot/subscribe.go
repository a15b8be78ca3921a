package bot

import (
	"fmt"
	"strings"

	"tocsin/incident"
)

// subscribe has the caller hear the updates of the incident in whose room it is typed, of INC-7, or of a service.
func (c *call) subscribe(args string) (answer, error) {
	if ask, err := c.unsaid(args); ask || err != nil {
		return c.askSubject(err)
	}
	to, name, err := c.subject(args)
	if err == nil {
		err = c.promised(to)
	}
	if err != nil {
		return answer{}, err
	}
	return c.change(func(tx incident.Tx) (answer, error) {
		if err := tx.Subscribe(c.who.Handle, to); err != nil {
			return answer{}, err
		}
		return offer("You hear each update on "+bold(esc(name))+" as a direct message, and nothing else. To end it: `/incident unsubscribe "+esc(name)+"`", button("unsubscribe", 0, name))
	})
}

func (c *call) unsubscribe(args string) (answer, error) {
	from, name, err := c.subject(args)
	if err != nil {
		return answer{}, err
	}
	return c.change(func(tx incident.Tx) (answer, error) {
		ended, err := tx.Unsubscribe(c.who.Handle, from)
		if err != nil {
			return answer{}, err
		}
		if !ended {
			return answer{}, incident.Refuse(incident.Conflict, "You do not hear of %s by subscription, so there is nothing to end.", name)
		}
		return say("You hear no more updates on " + bold(esc(name)) + "."), nil
	})
}

// subject reads what somebody subscribes to, and how it is called.
func (c *call) subject(args string) (to incident.Subject, name string, err error) {
	word, rest := cutWord(args)
	_, named := incident.ParseID(word)
	if word == "" || named {
		if _, err := c.locate(args, false); err != nil {
			return to, "", err
		}
		return incident.Subject{Incident: c.incident}, c.incident.String(), nil
	}
	if strings.EqualFold(word, "service") {
		args = rest
	}
	if c.standing.Outsider() {
		return to, "", incident.Refuse(incident.Forbidden, "Guests hear of the incidents whose rooms they are in: subscribe to one of these, for example subscribe INC-7.").Offer("list")
	}
	service := c.Policy().Service(readable(strings.TrimSpace(args), c.name)) // in the policy's spelling, if it knows it
	if service.Name == "" || len([]rune(service.Name)) > incident.MaxService {
		return to, "", incident.Refuse(incident.Invalid, "Say which incident or service, for example: subscribe INC-7, or subscribe service checkout.").Offer("list")
	}
	return incident.Subject{Service: service.Name}, "service " + service.Name, nil
}

// promised refuses a subscription to what is no service of the policy, where it names any: nothing would ever come of it. What
// somebody hears of already can be ended, whatever the policy says by now.
func (c *call) promised(to incident.Subject) error {
	policy := c.Policy()
	if to.Service == "" || len(policy.Services) == 0 {
		return nil
	}
	names := make([]string, len(policy.Services))
	for n, service := range policy.Services {
		if names[n] = service.Name; service.Name == to.Service {
			return nil
		}
	}
	if near := nearService(policy, to.Service); near != "" {
		return incident.Refuse(incident.Invalid, "There is no service %s. Did you mean %s?", echo(to.Service), near).Offer("subscribe service " + near)
	}
	return incident.Refuse(incident.Invalid, "There is no service %s. There are: %s.", echo(to.Service), cutRunes(strings.Join(names, ", "), 500)).Offer("subscribe")
}

// unsaid tells whether somebody says neither in words nor by where they are what they subscribe to, and may choose a service.
func (c *call) unsaid(args string) (bool, error) {
	if args != "" || c.standing.Outsider() || len(c.Policy().Services) == 0 {
		return false, nil
	}
	here, err := c.Store.InRoom(c.ctx, c.channel)
	return here == 0, err
}

// inform has the subscribers hear of what has just been recorded on an incident.
func (c *call) inform(tx incident.Tx, i *incident.Incident) error {
	handles, err := tx.Subscribers(i)
	if err != nil {
		return err
	}
	i.Address(handles)
	return nil
}

// news tells one subscriber of an update, unless they may not know of the incident (any more), or a newer one has overtaken
// it while nothing could be sent.
func (e *errand) news() (incident.Refs, error) {
	event, err := e.asItReads()
	if err != nil || event.Redacted {
		return nil, err
	}
	last, err := e.latestUpdate()
	if err != nil || event.Kind == incident.EventUpdate && event.ID < last.ID && e.Now().Sub(event.At) > incident.Backlog {
		return nil, err
	}
	whom := e.effect.Whom()
	may, err := e.mayHear(whom)
	switch {
	case err != nil:
		return nil, err
	case event.Kind == incident.EventRedacted || may && event.Kind == incident.EventCorrected:
		return nil, e.amendNews(event, whom, may)
	case !may:
		return nil, nil
	}
	line := paragraph(":white_check_mark: " + bold(esc(e.i.Name())) + " is " + esc(e.Policy().Rung(incident.Resolved).Name()) + ".")
	if event.Kind == incident.EventUpdate {
		line = e.sayUpdate(event)
		line.blocks = append(line.blocks, contextLine(bold(headline(e.i, 300))+" · "+statusName(e.Policy(), e.i)+roomSuffix(e.i)))
	}
	_, _, err = e.sendTo(whom, post{
		what: fmt.Sprintf("%s event %s", e.i.ID, e.effect.Subject), since: event.At, text: line.text, blocks: line.blocks,
	})
	return nil, err
}

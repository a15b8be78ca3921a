package bot

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// template is what the form for customers holds at first. Of what customers are never told nobody need write.
func (c *call) template() (string, error) {
	i, err := c.Store.Incident(c.ctx, c.incident)
	if err != nil {
		return "", err
	}
	if err := i.Speakable(c.Policy()); err != nil {
		return "", err
	}
	return c.Policy().Template(i), nil
}

// customers writes to customers, or approves a draft: "customers approve 12".
func (c *call) customers(args string) (answer, error) {
	word, rest := cutWord(args)
	if number, err := strconv.ParseInt(rest, 10, 64); strings.EqualFold(word, "approve") && err == nil {
		return c.approveCustomers(number)
	}
	text := readable(args, c.name)
	return c.rule(func(i *incident.Incident) (answer, error) {
		posted, err := i.TellCustomers(text, c.Policy(), c.stamp())
		switch {
		case err != nil:
			return answer{}, err
		case !posted:
			return heard("The draft is in the room. The commander approves it there."), nil
		}
		return say("Customers are told: " + short(text, 200)), nil
	})
}

func (c *call) approveCustomers(draft int64) (answer, error) {
	return c.change(func(tx incident.Tx) (answer, error) {
		i, err := tx.Incident(c.incident)
		if err != nil {
			return answer{}, err
		}
		last, err := tx.Latest(i.ID, incident.EventCustomersDraft)
		if err != nil {
			return answer{}, err
		}
		if last.Redacted {
			return answer{}, incident.Refuse(incident.Conflict, "The words of that draft have been redacted: write another.").Offer("customers")
		}
		posted, err := tx.Latest(i.ID, incident.EventCustomers)
		if err != nil {
			return answer{}, err
		}
		if err := i.ApproveCustomers(draft, last, posted, c.Policy(), c.stamp()); err != nil {
			return answer{}, err
		}
		return say("Customers are told: " + short(last.Text, 200)), nil
	})
}

// sayDraft shows a draft for customers to the room, unless it waited for so long that it cannot be approved any more.
func (e *errand) sayDraft(draft incident.Event) (incident.Refs, error) {
	waits, err := e.draftWaits(draft)
	if err != nil || !waits && e.Now().Sub(draft.At) > incident.Backlog {
		return nil, err
	}
	return e.sayOne(draft)
}

// draftWaits tells whether a draft for customers can still be approved.
func (e *errand) draftWaits(draft incident.Event) (bool, error) {
	last, err := e.Store.Latest(e.ctx, e.i.ID, incident.EventCustomersDraft)
	if err != nil {
		return false, err
	}
	posted, err := e.Store.Latest(e.ctx, e.i.ID, incident.EventCustomers)
	return last.ID == draft.ID && posted.ID < draft.ID && draft.To == string(e.i.Status), err
}

// sayCustomersDraft shows a draft to the room, with the button that posts it.
func (e *errand) sayCustomersDraft(event incident.Event) *saying {
	head := ":speech_balloon: " + bold("Draft for customers") + " by " + esc(event.By.Name) + ", " + holder(e.i, incident.Commander) + " approves it:"
	approve := primary(button("customers", e.i.ID, fmt.Sprintf("approve %d", event.ID)))
	approve.Text = plain("Approve and post")
	write := button("customers", e.i.ID, "")
	write.Text, write.ActionID = plain("Write another"), "do:customers:write" // each in a message has its own
	blocks := append([]slack.Block{section(head)}, paragraphs(event.Text, 11000, wholeOf(e.i, event))...)
	return &saying{text: "Draft for customers on " + markup(e.i.ID.String()), blocks: append(blocks, actions("act", approve, write))}
}

// tellCustomers posts words for customers, and nothing else: no number, no title, no name.
func (e *errand) tellCustomers() (incident.Refs, error) {
	_, event, err := e.Store.Event(e.ctx, e.effect.Event())
	channel := e.Policy().Customers.Channel
	if err != nil || e.i.Private || event.Text == "" || channel == "" {
		return nil, err
	}
	_, err = e.send(post{
		what: fmt.Sprintf("%s event %d customers", e.i.ID, event.ID), channel: channel, since: event.At,
		text: short(event.Text, 300), blocks: paragraphs(event.Text, 11000, ""),
	})
	return nil, err
}

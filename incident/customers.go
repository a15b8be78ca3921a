package incident

import (
	"strconv"
	"strings"
)

// Customers is what a policy says of words that leave the company.
type Customers struct {
	Channel   string            // id of the Slack channel that they go to; "": there are none
	Approve   bool              // the commander must have agreed, unless it is they who write
	Templates map[Status]string // what a draft begins with, by status
}

// Template is what a draft for customers begins with. It is made of the policy's words alone: nothing that was said in the
// room slips into it.
func (p *Policy) Template(i *Incident) string {
	next := "as soon as there is news"
	if !i.UpdateDue.IsZero() {
		next = "by " + i.UpdateDue.UTC().Format("15:04 UTC")
	}
	return strings.NewReplacer("{next}", next, "{status}", p.Rung(i.Status).Name()).Replace(p.Customers.Templates[i.Status])
}

// Speakable refuses words for customers of what they are never told of, whoever writes them.
func (i *Incident) Speakable(p *Policy) error {
	switch {
	case p.Customers.Channel == "":
		return Refuse(Conflict, "The policy names no channel for customers, so nobody outside would read it. Those who run Tocsin can name one: customers.channel.")
	case i.Private:
		return Refuse(Conflict, "%s is private, so customers are not told of it.", i.ID)
	case i.Kind != Real:
		return Refuse(Conflict, "%s is a %s, so customers are not told of it.", i.ID, i.Kind)
	case i.Status == Triage || i.Status == Declined:
		return i.mustBeOpen("tell customers")
	}
	return nil
}

// maySpeak refuses words for customers that somebody may not send.
func (i *Incident) maySpeak(p *Policy, s Stamp) error {
	if err := i.Speakable(p); err != nil {
		return err
	}
	if s.By.Handle != i.Roles[Communicator].Handle && s.By.Handle != i.Roles[Commander].Handle {
		return &Error{Code: Forbidden, Message: "Only the communicator or the commander speaks to customers: take the role first.", Mends: []string{"communicator me"}}
	}
	return nil
}

// TellCustomers writes to customers: at once, or where the policy wants the commander to agree, as a draft.
func (i *Incident) TellCustomers(text string, p *Policy, s Stamp) (posted bool, err error) {
	if err := i.maySpeak(p, s); err != nil {
		return false, err
	}
	text, err = cleanText(text, "customers we are looking into slow payments")
	if err != nil {
		return false, err
	}
	kind := EventCustomers
	if p.Customers.Approve && s.By.Handle != i.Roles[Commander].Handle {
		kind = EventCustomersDraft
	}
	i.record(Event{Kind: kind, Stamp: s, To: string(i.Status), Text: text})
	return kind == EventCustomers, nil
}

// ApproveCustomers posts a draft for customers as it stands. Last is the newest draft, and posted the newest words that
// were posted: only the newest draft can be, and once.
func (i *Incident) ApproveCustomers(draft int64, last, posted Event, p *Policy, s Stamp) error {
	if err := i.maySpeak(p, s); err != nil {
		return err
	}
	switch {
	case draft != last.ID || last.ID == 0:
		return Refuse(Conflict, "There is a newer draft, or none of that number: look at the last one.").Offer("customers")
	case last.To != string(i.Status):
		return Refuse(Conflict, "%s was %s when that draft was written, and is %s now: write a new one.", i.ID, Status(last.To), i.Status).Offer("customers")
	case posted.ID > last.ID:
		return Refuse(Conflict, "Something was posted to customers since that draft: write a new one.").Offer("customers")
	case s.By.Handle != i.Roles[Commander].Handle:
		return Refuse(Forbidden, "Only the commander approves what customers read.").Offer("commander me")
	}
	i.record(Event{Kind: EventCustomers, Stamp: s, From: strconv.FormatInt(draft, 10), To: last.To, Text: last.Text, Whom: last.By})
	return nil
}

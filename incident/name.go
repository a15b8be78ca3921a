package incident

import "strings"

// Retitle says what is broken in other words. The room keeps its name, and the record the words before.
func (i *Incident) Retitle(title string, s Stamp) error {
	if err := i.mustBeWorkedOn("change its title"); err != nil {
		return err
	}
	title, err := cleanTitle(title)
	if err != nil {
		return err
	}
	if i.Title == title {
		return Refuse(Conflict, "That is its title already.")
	}
	was := i.Title
	i.Title = title
	i.record(Event{Kind: EventTitle, Stamp: s, From: was, Text: title})
	return nil
}

// SetService says which part of the product it is about; "" is none. Those whom the policy names for it are invited.
func (i *Incident) SetService(name string, s Stamp) error {
	if err := i.mustBeWorkedOn("change its service"); err != nil {
		return err
	}
	name = cut(strings.TrimSpace(name), MaxService)
	if i.Service == name {
		return Refuse(Conflict, "That is its service already.")
	}
	was := i.Service
	i.Service = name
	i.record(Event{Kind: EventService, Stamp: s, From: was, To: name})
	return nil
}

func tellService(e Event) string {
	switch {
	case e.To == "":
		return "took the service " + e.From + " off it"
	case e.From == "":
		return "said that it is about the service " + e.To
	}
	return "changed the service from " + e.From + " to " + e.To
}

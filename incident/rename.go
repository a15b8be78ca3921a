package incident

import (
	"strings"
	"unicode/utf8"
)

// Retitle gives an incident another title. The name of its room stays, so that every link to it does.
func (i *Incident) Retitle(title string, s Stamp) error {
	title, err := cleanTitle(title)
	if err != nil {
		return err
	}
	if err := i.mustBeWorkedOn("change its title"); err != nil {
		return err
	}
	if i.Title == title {
		return Refuse(Conflict, "%s is called that already: %s", i.ID, title)
	}
	i.Title = title
	i.record(Event{Kind: EventTitle, Stamp: s, Text: title})
	return nil
}

// MoveTo says which service is broken, if that was not the one that was named, or none was; "" is none.
func (i *Incident) MoveTo(service string, s Stamp) error {
	service = strings.Join(strings.Fields(service), " ")
	if n := utf8.RuneCountInString(service); n > MaxService {
		return Refuse(Invalid, "The name of a service has %d characters at most, that has %d: say it shorter.", MaxService, n)
	}
	if err := i.mustBeWorkedOn("change its service"); err != nil {
		return err
	}
	if strings.EqualFold(i.Service, service) {
		if service == "" {
			return Refuse(Conflict, "%s names no service.", i.ID)
		}
		return Refuse(Conflict, "%s is about %s already.", i.ID, i.Service)
	}
	from := i.Service
	i.Service = service
	i.record(Event{Kind: EventService, Stamp: s, From: from, To: service})
	return nil
}

// titles are the kinds whose text is a title.
var titles = map[EventKind]bool{EventDeclared: true, EventBackfilled: true, EventTitle: true}

// Titled tells whether the words of an entry are what the incident is called now.
func (i *Incident) Titled(e Entry) bool { return titles[e.Kind] && e.Text == i.Title }

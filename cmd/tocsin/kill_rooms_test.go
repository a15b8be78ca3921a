package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tocsin/incident"
)

// incident compares an incident's row with all that shows it.
func (a *audit) incident(i *incident.Incident) {
	if a.hasRoom(i) {
		a.room(i)
	}
	if a.unvouched(i) {
		return
	}
	announced := a.posted[i.ID.String()+" announcement"]
	switch {
	case i.Private || i.Kind != incident.Real || i.Status == incident.Triage || i.Status == incident.Declined:
		if len(announced) > 0 {
			a.duplicates = append(a.duplicates, fmt.Sprintf("%s is announced, and is private %t, %s and %s", i.ID, i.Private, i.Kind, i.Status))
		}
		return
	default:
		if m, ok := a.one(i.ID.String() + " announcement"); ok {
			words := []string{strings.ToUpper(string(i.Severity)), strings.ToUpper(string(i.Status[:1])) + string(i.Status[1:]), i.Title}
			if a.hasRoom(i) {
				words = append(words, "#"+i.Refs[incident.RefRoomName])
			}
			a.shows("the announcement of "+i.ID.String(), m.Text, words)
		}
	}
}

// room compares an incident's row with its room.
func (a *audit) room(i *incident.Incident) {
	name, room := i.Refs[incident.RefRoomName], i.Refs[incident.RefRoom]
	if room == "" || a.w.ChannelID(name) != room {
		a.missing = append(a.missing, fmt.Sprintf("the room of %s: %q", i.ID, name))
		return
	}
	c := a.w.Channel(name)
	if i.Private != c.Private() {
		a.duplicates = append(a.duplicates, i.ID.String()+" is private, and was shown")
	}
	if i.DuplicateOf != 0 && !i.Private && !c.Archived() {
		a.missing = append(a.missing, fmt.Sprintf("the archiving of the room of %s, a duplicate", i.ID))
	}
	state := []string{strings.ToUpper(string(i.Severity)), string(i.Status), i.Title}
	if card, ok := a.card(i, room); ok {
		words := slices.Clone(state)
		for _, p := range i.Roles {
			words = append(words, a.w.Person(p.Handle).Name)
		}
		if open := len(i.OpenTasks()); open > 0 {
			words = append(words, fmt.Sprintf("%d open", open))
		}
		a.shows("the card of "+i.ID.String(), card, words)
	}
	a.shows("the topic of "+i.ID.String(), c.Topic(), state)
	if c.Archived() {
		return
	}
	a.tasks(i)
	a.people(i, c.Members())
	switch hang := strings.Join(c.Bookmarks(), "\n"); {
	case i.Service == "checkout":
		a.shows("the bookmarks of "+i.ID.String(), hang, []string{"ashboard https://"})
	case strings.Contains(hang, "/d/checkout"):
		a.missing = append(a.missing, fmt.Sprintf("%s is about %q, and has the bookmarks of checkout still", i.ID, i.Service))
	}
	if !i.Private && i.Kind == incident.Real {
		a.shows("the bookmarks of "+i.ID.String(), strings.Join(c.Bookmarks(), "\n"), []string{"Announcement https://"})
	}
}

// card is the one card in the room of an incident. In a room that it had before, there is one too.
func (a *audit) card(i *incident.Incident, room string) (text string, ok bool) {
	what := i.ID.String() + " card"
	for _, m := range a.posted[what] {
		if m.Channel != room {
			continue
		}
		if ok {
			a.duplicates = append(a.duplicates, "message "+what)
		}
		if !m.Pinned {
			a.missing = append(a.missing, "the pin on the card of "+i.ID.String())
		}
		text, ok = m.Text, true
	}
	if !ok {
		a.missing = append(a.missing, "message "+what)
	}
	return text, ok
}

// people looks for those who belong in a room. Nobody leaves one here.
func (a *audit) people(i *incident.Incident, members []string) {
	wanted := append(slices.Collect(maps.Values(i.Roles)), i.Declarer)
	for _, handle := range i.Admitted() {
		wanted = append(wanted, incident.Person{Handle: handle})
	}
	for _, duplicate := range a.list {
		if duplicate.DuplicateOf == i.ID {
			wanted = append(wanted, duplicate.Declarer)
		}
	}
	for _, person := range wanted {
		if name := a.w.Person(person.Handle).Name; !slices.Contains(members, name) {
			a.missing = append(a.missing, fmt.Sprintf("%s in the room of %s", name, i.ID))
		}
	}
}

// mostRooms is how many rooms there may be: one an incident, and a new one for each that comes back after its room was archived,
// or that others are to know of by then.
func (a *audit) mostRooms() (most int) {
	for _, events := range a.timeline {
		most++
		archived := false
		for _, e := range events {
			if turns(e) || e.Kind == incident.EventMisfit {
				most++
			}
			archived = archived || e.Kind == incident.EventArchived || e.Kind == incident.EventMerged
			if archived && e.Kind == incident.EventReopened {
				most, archived = most+1, false
			}
		}
	}
	return most
}

// subscriptions compares who was told that they hear of updates with who does, and looks for the one message that each of them
// is owed.
func (a *audit) subscriptions() {
	wanted := map[string]bool{}
	for _, p := range a.crowd.promises {
		on := p.name() == "subscribe"
		if p.verdict == kept && (on || p.name() == "unsubscribe") {
			_, to, _ := strings.Cut(p.typed, " ")
			wanted[a.w.Person(p.who).ID()+" "+to] = on
		}
	}
	for who, on := range wanted {
		switch is := slices.Contains(a.subscribed, who); {
		case on && !is:
			a.lost = append(a.lost, "the subscription of "+who)
		case is && !on:
			a.duplicates = append(a.duplicates, "the subscription that has ended of "+who)
		}
	}
	mute := map[string]bool{} // an amendment is an edit of what was said; of what a guest declared nobody hears at first, and of what was private not all
	for id, events := range a.timeline {
		for _, e := range events {
			mute[fmt.Sprintf("%s event %d", id, e.ID)] = isVisitor(a.of(id).Declarer) || a.hushed(id, e) || e.Redacted || e.Kind == incident.EventCorrected || e.Kind == incident.EventRedacted
		}
	}
	for _, what := range a.news {
		if event, _, _ := strings.Cut(what, "/"); !mute[event] {
			a.one(what)
		}
	}
}

package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// into stands between a duplicate and what it is one of.
const into = "into"

// merge closes one incident as a duplicate of another: "merge INC-7 into INC-3", or "merge INC-3" in the room of the first.
func (c *call) merge(args string) (answer, error) {
	ids, err := c.merged(args)
	if err != nil {
		return answer{}, err
	}
	here, err := c.Store.InRoom(c.ctx, c.channel)
	if err != nil {
		return answer{}, err
	}
	if len(ids) == 0 && here != 0 {
		ids, args = append(ids, here), into
	}
	if len(ids) == 1 && strings.HasSuffix(strings.ToLower(args), into) { // which?
		if seen, err := c.sees(ids[0], ids[0] == here); err != nil || !seen {
			return answer{}, cmp.Or(err, error(incident.Refuse(incident.Missing, "There is no %s.", ids[0])))
		}
		return c.askMerge(ids[0])
	}
	if len(ids) == 1 && here != 0 {
		ids = []incident.ID{here, ids[0]}
	}
	if len(ids) != 2 {
		return answer{}, incident.Refuse(incident.Invalid, "Say which is a duplicate of which: /incident merge INC-7 into INC-3.").Offer("list")
	}
	for _, id := range ids {
		seen, err := c.sees(id, id == here)
		if err != nil {
			return answer{}, err
		}
		if !seen {
			return answer{}, incident.Refuse(incident.Missing, "There is no %s.", id)
		}
	}
	c.incident, c.inside = ids[0], ids[0] == here
	return c.changeBoth(ids[0], ids[1], func(duplicate, into *incident.Incident) (answer, error) {
		if err := duplicate.Merge(into, c.stamp()); err != nil {
			return answer{}, err
		}
		return heard(markup(duplicate.ID.String()) + " is a duplicate of " + bold(esc(into.Name())) + roomSuffix(into) +
			". Its people are invited there" + archivedToo(duplicate)), nil
	})
}

// archivedToo says that a room is archived; a private one is not.
func archivedToo(i *incident.Incident) markup {
	if i.Private {
		return "."
	}
	return ", and its room is archived."
}

// merged reads the numbers of one or two incidents.
func (c *call) merged(args string) (ids []incident.ID, err error) {
	for _, word := range strings.Fields(args) {
		id, isID := incident.ParseID(word)
		switch {
		case isID:
			ids = append(ids, id)
		case !strings.EqualFold(word, into):
			return nil, incident.Refuse(incident.Invalid, "I cannot read %q there. For example: /incident merge INC-7 into INC-3.", echo(word)).Offer("list")
		}
	}
	return ids, nil
}

// changeBoth changes two incidents in one transaction, which locks them in the order of their numbers.
func (c *call) changeBoth(first, second incident.ID, do func(first, second *incident.Incident) (answer, error)) (answer, error) {
	return c.change(func(tx incident.Tx) (answer, error) {
		both := map[incident.ID]*incident.Incident{}
		for _, id := range slices.Sorted(slices.Values([]incident.ID{first, second})) {
			i, err := tx.Incident(id)
			if err != nil {
				return answer{}, err
			}
			both[id] = i
		}
		return do(both[first], both[second])
	})
}

// reopenable refuses to ask for a reason where none would do.
func (c *call) reopenable() (string, error) {
	i, err := c.Store.Incident(c.ctx, c.incident)
	if err != nil {
		return "", err
	}
	return "", i.MayReopen()
}

// reopen takes an incident up again. A duplicate is one of its own then.
func (c *call) reopen(args string) (answer, error) {
	why := readable(args, c.name)
	i, err := c.Store.Incident(c.ctx, c.incident)
	if err != nil {
		return answer{}, err
	}
	if i.DuplicateOf == 0 {
		return c.simple(func(i *incident.Incident) error {
			return i.Reopen(why, c.Policy().Level(i.Severity), c.stamp())
		}, "is open again.")
	}
	return c.changeBoth(i.ID, i.DuplicateOf, func(duplicate, from *incident.Incident) (answer, error) {
		if err := duplicate.Separate(from, why, c.Policy().Level(duplicate.Severity), c.stamp()); err != nil {
			return answer{}, err
		}
		return heard(markup(duplicate.ID.String()) + " is open again, and an incident of its own."), nil
	})
}

// mergeButton offers to merge the newer of two incidents into the older.
func mergeButton(i, other *incident.Incident) *slack.ButtonBlockElement {
	newer, older := max(i.ID, other.ID), min(i.ID, other.ID)
	merge := button("merge", 0, fmt.Sprintf("%s %s", newer, older))
	merge.Text = plain(markup(fmt.Sprintf("Merge %s into %s", newer, older)))
	return confirmed(merge, fmt.Sprintf("Merge %s?", newer), fmt.Sprintf("It is closed as a duplicate of %s. Its people are invited there%s", older, archivedToo(i)))
}

// sayMerged tells the room of a duplicate where its people go on.
func (e *errand) sayMerged(event incident.Event) (*saying, error) {
	if e.i.DuplicateOf == 0 {
		return nil, nil // it has been reopened since
	}
	into, err := e.original()
	if err != nil {
		return nil, err
	}
	return paragraph(":link: " + bold(esc(event.By.Name)) + " merged " + markup(e.i.ID.String()) + " into " + into +
		". Go on there. What was written down stays: `/incident timeline " + markup(e.i.ID.String()) + "`. If they are two things after all: `/incident reopen " +
		markup(e.i.ID.String()) + " why`"), nil
}

// sayAbsorbed tells a room that another incident is a duplicate of its own, if that one may be spoken of.
func (e *errand) sayAbsorbed(event incident.Event) (*saying, error) {
	id, _ := incident.ParseID(event.To)
	duplicate, err := e.Store.Incident(e.ctx, id)
	if err != nil || duplicate.DuplicateOf != e.i.ID || duplicate.Private && !e.i.Private {
		return nil, err
	}
	return paragraph(":link: " + bold(esc(event.By.Name)) + " merged " + bold(esc(duplicate.Name())) +
		" into this one. Its people are invited; what they found: `/incident timeline " + markup(event.To) + "`" + roomSuffix(duplicate)), nil
}

// original is how one speaks of the incident that this one is a duplicate of, as far as those who read this may know it.
func (e *errand) original() (markup, error) {
	into, err := e.Store.Incident(e.ctx, e.i.DuplicateOf)
	if err != nil {
		return "", err
	}
	if into.Private && !e.i.Private {
		return "another incident", nil
	}
	return bold(esc(into.Name())) + roomSuffix(into), nil
}

// kin is what an incident has to do with others and with rooms of its own from before, for the small print.
func (e *errand) kin() (markup, error) {
	var parts []markup
	if e.i.DuplicateOf != 0 {
		into, err := e.original()
		if err != nil {
			return "", err
		}
		parts = append(parts, "Duplicate of "+into)
	}
	if n := e.i.Duplicates; n == 1 {
		parts = append(parts, "1 duplicate merged into it")
	} else if n > 1 {
		parts = append(parts, markup(fmt.Sprintf("%d duplicates merged into it", n)))
	}
	if former := e.i.Refs[refFormer]; former != "" {
		parts = append(parts, "Before: "+channelLink(former))
	}
	return join(parts, " · "), nil
}

// kin is what the caller may know of it.
func (c *call) kin(i *incident.Incident) (markup, error) {
	if i.DuplicateOf != 0 {
		if seen, err := c.sees(i.DuplicateOf, false); err != nil || !seen {
			return "", err
		}
	}
	e := &errand{Courier: &Courier{c.Bot}, Store: records{c.Store}, ctx: c.ctx, i: i}
	return e.kin()
}

// carried are the people of incidents that were merged into this one and have not been invited yet.
func (e *errand) carried() (people []string, err error) {
	for _, word := range strings.Fields(e.i.Refs[incident.RefCarried]) {
		id, _ := incident.ParseID(word)
		duplicate, err := e.Store.Incident(e.ctx, id)
		if err != nil {
			return nil, err
		}
		if duplicate.Private != e.i.Private {
			continue // who is in a room that has been closed off since stays there
		}
		there := strings.Fields(duplicate.Refs[incident.RefPeople])
		if room := duplicate.Refs[incident.RefRoom]; room != "" && len(there) == 0 {
			if there, err = e.members(e.ctx, room); err != nil {
				return nil, err
			}
		}
		people = append(people, duplicate.Declarer.Handle)
		people = append(people, there...)
	}
	return people, nil
}

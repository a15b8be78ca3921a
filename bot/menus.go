package bot

import (
	"slices"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// menus are the places where a verb is offered without being asked for: as a button, or behind "More…".
type menus uint8

// The places.
const (
	outside     menus = 1 << iota // a button of /incident alone, where there is no incident
	outsideMore                   // behind More… there
	atHome                        // behind the ⋯ of the Home tab, which takes five
	inside                        // a button of /incident alone in a room, and of /incident help INC-7
	insideMore                    // behind More… there, which the card has too
)

// offered are the verbs that stand in a place, in the order of the table.
func (c *call) offered(in menus) (all []command) {
	for _, v := range c.verbs() {
		if v.in&in != 0 && c.permitted(v.name) == nil {
			all = append(all, v)
		}
	}
	return all
}

// rowOf are the buttons of those verbs that the caller may use, which are about no incident in particular.
func (c *call) rowOf(verbs ...string) (buttons []slack.BlockElement) {
	for _, verb := range verbs {
		if c.permitted(verb) == nil {
			buttons = append(buttons, button(verb, 0, ""))
		}
	}
	return buttons
}

// line is what somebody would type for a verb about an incident; 0 is none.
func (v command) line(id incident.ID) string {
	line := v.name
	if id != 0 {
		line += " " + id.String()
	}
	switch v.name {
	case string(incident.Commander):
		line += " me"
	case "merge":
		line += " " + into
	}
	return line
}

// menu is what /incident alone answers.
func (c *call) menu() (answer, error) {
	here, err := c.Store.InRoom(c.ctx, c.channel)
	if err != nil {
		return answer{}, err
	}
	if here != 0 {
		c.incident, c.inside = here, true
		return c.menuOf(here)
	}
	return c.offerMenu("What would you like to do?", 0, c.rowOfVerbs(0, c.offered(outside)), c.offered(outsideMore))
}

// menuOf is what can be done about an incident, what is done at three in the morning first: where nobody leads, to take the lead.
func (c *call) menuOf(id incident.ID) (answer, error) {
	c.incident = id
	i, err := c.Store.Incident(c.ctx, id)
	if err != nil {
		return answer{}, err
	}
	text := markup("What would you like to do?")
	if !c.inside {
		text = "What would you like to do about " + markup(id.String()) + "?"
	}
	nobody := i.Roles[incident.Commander].IsZero() && i.Status.Open()
	rank := func(v command) int {
		switch lead := v.name == string(incident.Commander); {
		case lead && nobody:
			return 0
		case lead:
			return 2
		case v.room:
			return 1
		}
		return 3
	}
	verbs := c.offered(inside)
	slices.SortStableFunc(verbs, func(a, b command) int { return rank(a) - rank(b) })
	row := c.rowOfVerbs(id, verbs)
	if len(verbs) > 0 && rank(verbs[0]) == 0 {
		primary(row[0].(*slack.ButtonBlockElement))
	}
	return c.offerMenu(text, id, append(row, c.turnButton(i)), c.offered(insideMore))
}

// rowOfVerbs are verbs as buttons that do what somebody would type.
func (c *call) rowOfVerbs(id incident.ID, verbs []command) (row []slack.BlockElement) {
	for _, v := range verbs {
		element := button(v.name, 0, "")
		element.Value = v.name
		if v.room {
			element.Value = v.line(id)
		}
		row = append(row, element)
	}
	return row
}

// offerMenu shows some verbs as buttons, and more in one menu.
func (c *call) offerMenu(text markup, id incident.ID, row []slack.BlockElement, more []command) (answer, error) {
	var options []*slack.OptionBlockObject
	for _, v := range more {
		options = append(options, option(v.line(id), title(v.label())))
	}
	blocks := []slack.Block{section(text)}
	if len(options) > 0 {
		row = append(row, menuOf("more", "More…", options...))
	}
	return show(text, append(blocks, slack.NewActionBlock("", row...), contextLine("Everything here can be typed too: `/incident help`"))...)
}

// moreButton leads to all that can be done about an incident.
func moreButton(id incident.ID) *slack.ButtonBlockElement {
	b := button("help", 0, id.String())
	b.Text = plain("More…")
	return b
}

// homeMore is the ⋯ of the Home tab, where there is anything behind it. Unlike a menu it does not stay as it was chosen.
func (c *call) homeMore() (menu []slack.BlockElement) {
	var options []*slack.OptionBlockObject
	for _, v := range c.offered(atHome) {
		options = append(options, option(v.line(0), title(v.label())))
	}
	if len(options) == 0 { // Slack refuses a menu of nothing, and the whole tab with it
		return nil
	}
	return []slack.BlockElement{slack.NewOverflowBlockElement("do:more", options[:min(5, len(options))]...)}
}

// askMerge offers the open incidents that one can be merged into.
func (c *call) askMerge(id incident.ID) (answer, error) {
	i, err := c.Store.Incident(c.ctx, id)
	if err != nil {
		return answer{}, err
	}
	open, _, err := c.pick(wanted{Filter: incident.Filter{OpenOnly: true}}, mostOptions)
	if err != nil {
		return answer{}, err
	}
	open = slices.DeleteFunc(open, func(other *incident.Incident) bool {
		return other.ID == id || other.Kind != i.Kind || other.Private != i.Private || other.DuplicateOf != 0 || other.Status == incident.Triage
	})
	if len(open) == 0 {
		return say("There is no other open incident that " + markup(id.String()) + " could be a duplicate of."), nil
	}
	var options []*slack.OptionBlockObject
	for _, other := range open {
		options = append(options, option("merge "+id.String()+" into "+other.ID.String(), short(other.Name(), 75)))
	}
	return offer(bold(esc(i.Name()))+" is a duplicate of which one? It is closed, and its people go on there.", menuOf("merge", "Merge into", options...))
}

// askSubject offers what one can subscribe to by name.
func (c *call) askSubject(err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	var options []*slack.OptionBlockObject
	for _, service := range c.Policy().Services {
		if chosen := "subscribe service " + service.Name; size(chosen) <= mostOption && len(options) < mostOptions {
			options = append(options, option(chosen, short(service.Name, 75)))
		}
	}
	return offer("This is no incident's room. Choose a service, or say which incident: `/incident subscribe INC-7`", menuOf("subscribe", "Service", options...))
}

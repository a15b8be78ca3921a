package bot

import (
	"fmt"
	"slices"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// How much the Home tab shows: together far below the 100 blocks that Slack takes.
const (
	homeRoles  = 10
	homeTasks  = 15
	homeOpen   = 30
	homeRecent = 5
	newest     = 60 // incidents that are looked through for those that were over lately
)

// showHome publishes the Home tab of one person.
func (e *errand) showHome() (incident.Refs, error) {
	handle := e.effect.Subject
	if !userID.MatchString(handle) {
		return nil, nil
	}
	profile, err := e.Store.Profile(e.ctx, handle)
	if err != nil {
		return nil, err
	}
	viewer := &call{
		Bot: e.Bot, ctx: e.ctx, at: e.Now(), standing: profile.Standing,
		who: incident.Person{Handle: handle, Name: firstOf(profile.Name, handle)},
	}
	blocks, err := viewer.homeBlocks()
	if err != nil {
		return nil, ours(err)
	}
	tab := slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: blocks}}
	_, err = e.Slack().PublishViewContext(e.ctx, slack.PublishViewContextRequest{UserID: handle, View: tab})
	if refusedWith(err, "user_not_found", "not_enabled", "cannot_dm_bot") {
		e.Log.Warn("a Home tab could not be shown", "id", e.effect.ID, "err", fault("views.publish", err))
		return nil, nil
	}
	return nil, fault("views.publish", err)
}

// homeBlocks is where a person stands: their roles, their tasks, what is open and what was, as far as they may see it.
func (c *call) homeBlocks() ([]slack.Block, error) {
	open, last, err := c.pick(wanted{Filter: incident.Filter{OpenOnly: true, SevereFirst: true}}, mostListed)
	if err != nil {
		return nil, err
	}
	tasks, err := c.ownTasks(open)
	if err != nil {
		return nil, err
	}
	recent, err := c.recent()
	if err != nil {
		return nil, err
	}
	var blocks []slack.Block
	if row := c.rowOf("declare", "search", "stats", "access"); len(row) > 0 {
		if first := row[0].(*slack.ButtonBlockElement); first.ActionID == "do:declare" {
			primary(first)
		}
		blocks = append(blocks, actions("home", append(row, c.homeMore()...)...))
	}
	blocks = append(blocks, c.roleBlocks(open)...)
	if len(tasks) > 0 {
		blocks = append(blocks, slack.NewHeaderBlock(plain("My tasks")))
		blocks = append(blocks, some(tasks, homeTasks, "")...)
	}
	blocks = append(blocks, slack.NewHeaderBlock(plain("Open incidents")))
	if len(open) == 0 {
		blocks = append(blocks, section("No open incidents. All quiet. :tada:"))
	}
	lines := make([]slack.Block, len(open))
	for n, i := range open {
		lines[n] = homeLine(i, dot(c.Policy(), i)+" "+listed(c.Policy(), i))
	}
	more := "`/incident list`"
	if last != 0 { // there are more than were read
		more = "and more: " + more
	}
	blocks = append(blocks, some(lines, homeOpen, markup(more))...)
	if len(recent) > 0 {
		blocks = append(append(blocks, slack.NewHeaderBlock(plain("Lately"))), recent...)
	}
	return blocks, nil
}

// some are the first of a list of blocks, and how many more there are.
func some(blocks []slack.Block, most int, where markup) []slack.Block {
	more := len(blocks) - most
	if more <= 0 {
		return blocks
	}
	line := markup(fmt.Sprintf("and %d more", more))
	if where != "" {
		line += ": " + where
	}
	return append(slices.Clone(blocks[:most]), contextLine(line))
}

// homeLine is a line about an incident, with the way to it.
func homeLine(i *incident.Incident, line markup) slack.Block {
	return slack.NewSectionBlock(mrkdwn(line), nil, slack.NewAccessory(button("show", i.ID, "")))
}

// roleBlocks are the roles that the person has in what is open.
func (c *call) roleBlocks(open []*incident.Incident) []slack.Block {
	var lines []slack.Block
	for _, i := range open {
		var roles []markup
		for role, holder := range i.Roles {
			if holder.Handle == c.who.Handle {
				roles = append(roles, title(string(role)))
			}
		}
		if slices.Sort(roles); len(roles) > 0 {
			lines = append(lines, homeLine(i, bold(join(roles, ", "))+" of "+esc(i.Name())+roomSuffix(i)))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return append([]slack.Block{slack.NewHeaderBlock(plain("My roles"))}, some(lines, homeRoles, "")...)
}

// ownTasks are the person's open tasks, the one that is due first at the top.
func (c *call) ownTasks(open []*incident.Incident) ([]slack.Block, error) {
	own, err := c.Store.OwnTasks(c.ctx, c.who.Handle, mostListed)
	if err != nil {
		return nil, err
	}
	var lines []slack.Block
	names := map[incident.ID]markup{}
	for _, i := range open {
		names[i.ID] = esc(i.Name())
	}
	for _, task := range own {
		name, known := names[task.Incident]
		if !known && len(lines) < homeTasks { // what would not be shown is not looked up to be counted
			if name, err = c.nameOf(task.Incident); err != nil {
				return nil, err
			}
			names[task.Incident] = name
		}
		if name != "" {
			lines = append(lines, c.taskLine(task, "\n"+name))
		}
	}
	return lines, nil
}

// nameOf is the name of an incident, or "" where the person may not know it.
func (c *call) nameOf(id incident.ID) (markup, error) {
	i, err := c.Store.Incident(c.ctx, id)
	if err != nil {
		return "", err
	}
	if seen, err := c.visible(i, false); err != nil || !seen {
		return "", err
	}
	return esc(i.Name()), nil
}

// recent are the last incidents that are over.
func (c *call) recent() ([]slack.Block, error) {
	all, err := c.Store.List(c.ctx, incident.Filter{Limit: newest})
	if err != nil {
		return nil, err
	}
	var lines []slack.Block
	for _, i := range all {
		if i.Status.Open() || i.Status == incident.Declined || len(lines) == homeRecent {
			continue
		}
		if seen, err := c.visible(i, false); err != nil {
			return nil, err
		} else if seen {
			lines = append(lines, homeLine(i, dot(c.Policy(), i)+" "+listed(c.Policy(), i)))
		}
	}
	return lines, nil
}

// showAnswer shows an answer to somebody who pressed a button where there is no message to answer below: in a window of its
// own. The Home tab shows by itself what was changed there.
func (c *call) showAnswer(a answer) {
	if a.Text == "" && a.Blocks == nil || a.Heard && c.atHome {
		return
	}
	window := slack.ModalViewRequest{Type: slack.VTModal, Title: plain("Tocsin"), Close: plain("Close")}
	window.Blocks.BlockSet = []slack.Block{section(a.Text)}
	if a.Blocks != nil {
		if err := window.Blocks.UnmarshalJSON(a.Blocks); err != nil {
			c.Log.Error("answer not shown", "request", c.key, "err", err)
			return
		}
	}
	if err := c.open(window); err != nil {
		c.Log.Warn("answer not shown", "request", c.key, "err", fault("views.open", err))
	}
}

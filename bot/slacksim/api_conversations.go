package slacksim

import (
	"regexp"
	"slices"
	"strings"
)

// channel finds the channel of an argument as the bot sees it: a private one it is not in does not exist for it.
func (r *request) channel(arg string) (*channel, error) {
	c := r.channels[r.str(arg)]
	if c == nil || c.private && !c.members[r.team.bot] {
		return nil, refuse("channel_not_found")
	}
	return c, nil
}

// mine finds a channel that the bot is in.
func (r *request) mine(arg string) (*channel, error) {
	c, err := r.channel(arg)
	if err == nil && !c.members[r.team.bot] {
		err = refuse("not_in_channel")
	}
	return c, err
}

// active finds a channel that the bot is in and that is not archived.
func (r *request) active(arg string) (*channel, error) {
	c, err := r.channel(arg)
	switch {
	case err != nil:
		return nil, err
	case c.archived:
		return nil, refuse("is_archived")
	}
	return r.mine(arg)
}

// need checks that the scope for this kind of channel was granted; suffix is "history", "read" or "manage".
func (r *request) need(c *channel, suffix string) error {
	scope := "channels:" + suffix
	switch {
	case c.im:
		scope = "im:" + suffix
	case c.private:
		scope = "groups:" + suffix
	}
	scope = strings.Replace(scope, "groups:manage", "groups:write", 1)
	if !r.grant.has(scope) {
		return r.missingScope([]string{scope})
	}
	return nil
}

// manage is need for the scopes that change channels, of which narrower kinds exist ("topic", "invites").
func (r *request) manage(c *channel, narrow string) error {
	kind := "channels"
	if c.private {
		kind = "groups"
	}
	if narrow != "" && r.grant.has(kind+":write."+narrow) {
		return nil
	}
	return r.need(c, "manage")
}

var (
	letters     = regexp.MustCompile(`^[\p{Ll}\p{Lo}\p{N}_-]+$`)
	punctuation = regexp.MustCompile(`^[_-]+$`)
)

// nameFault says what Slack says about a channel name, or "".
func nameFault(name string) string {
	switch {
	case name == "":
		return "invalid_name_required"
	case len([]rune(name)) > 80:
		return "invalid_name_maxlength"
	case punctuation.MatchString(name):
		return "invalid_name_punctuation"
	case !letters.MatchString(name):
		return "invalid_name_specials"
	}
	return ""
}

func create(r *request) (Object, error) {
	name, private := r.str("name"), r.yes("is_private")
	if err := r.need(&channel{private: private}, "manage"); err != nil {
		return nil, err
	}
	if fault := nameFault(name); fault != "" {
		return nil, refuse(fault)
	}
	if r.byName(name) != nil { // archived and private ones keep their names
		return nil, refuse("name_taken")
	}
	c := r.newChannel(name, private, r.team.bot)
	r.touch(screenEvent{Type: "state"})
	if !private {
		r.emit("channel_created", Object{"channel": Object{"id": c.id, "name": c.name, "created": c.created.Unix(), "creator": c.creator}})
	}
	return Object{"channel": r.channelJSON(c, false)}, nil
}

func archive(r *request) (Object, error) {
	c, err := r.channel("channel")
	switch {
	case err != nil:
		return nil, err
	case c.archived:
		return nil, refuse("already_archived")
	case !c.members[r.team.bot]:
		return nil, refuse("not_in_channel")
	case c.name == "general":
		return nil, refuse("cant_archive_general")
	}
	if err := r.manage(c, ""); err != nil {
		return nil, err
	}
	r.setArchived(c, true, r.team.bot)
	return Object{}, nil
}

// unarchive never works for a bot: the method's page says so under "Bug alert", and people report this code.
func unarchive(r *request) (Object, error) {
	switch c := r.channels[r.str("channel")]; {
	case c == nil:
		return nil, refuse("channel_not_found")
	case !c.archived:
		return nil, refuse("not_archived")
	}
	return nil, refuse("not_in_channel")
}

// setArchived archives or unarchives, with Slack's line and event. A bot is out of a channel from the moment it is archived,
// and stays out. The caller holds the lock.
func (w *Workspace) setArchived(c *channel, to bool, by string) {
	kind, verb := "channel", "archive"
	if c.private {
		kind = "group"
	}
	if !to {
		verb = "unarchive"
	}
	c.archived, c.updated = to, w.now()
	w.system(c, by, kind+"_"+verb, "<@"+by+"> "+verb+"d the channel", nil)
	w.emitIn(c, kind+"_"+verb, Object{"channel": c.id, "user": by})
	if to {
		delete(c.members, w.team.bot)
	}
	w.touch(screenEvent{Type: "state"})
}

func rename(r *request) (Object, error) {
	c, err := r.active("channel")
	if err != nil {
		return nil, err
	}
	if err := r.manage(c, ""); err != nil {
		return nil, err
	}
	if fault := nameFault(r.str("name")); fault != "" {
		return nil, refuse(fault)
	}
	if other := r.byName(r.str("name")); other != nil && other != c {
		return nil, refuse("name_taken")
	}
	r.setName(c, r.str("name"), r.team.bot)
	return Object{"channel": r.channelJSON(c, false)}, nil
}

// setName renames a channel, with Slack's line and event. The caller holds the lock.
func (w *Workspace) setName(c *channel, name, by string) {
	kind := "channel"
	if c.private {
		kind = "group"
	}
	old := c.name
	c.previous = append(c.previous, old)
	c.name, c.updated = name, w.now()
	w.system(c, by, kind+"_name", "<@"+by+"> has renamed the channel from \""+old+"\" to \""+name+"\"", Object{"old_name": old, "name": name})
	w.emitIn(c, kind+"_rename", Object{"channel": Object{"id": c.id, "name": name, "name_normalized": name, "created": c.created.Unix()}})
	w.touch(screenEvent{Type: "state"})
}

func join(r *request) (Object, error) {
	c, err := r.channel("channel")
	switch {
	case err != nil:
		return nil, err
	case c.private:
		return nil, refuse("method_not_supported_for_channel_type")
	case c.archived:
		return nil, refuse("is_archived")
	}
	answer := Object{"channel": r.channelJSON(c, false)}
	if c.members[r.team.bot] {
		answer["warning"] = "already_in_channel"
	}
	r.addMember(c, r.team.bot, "")
	return answer, nil
}

func leave(r *request) (Object, error) {
	c, err := r.channel("channel")
	if err != nil {
		return nil, err
	}
	if !c.members[r.team.bot] {
		return Object{"not_in_channel": true}, nil
	}
	if c.name == "general" {
		return nil, refuse("cant_leave_general")
	}
	r.dropMember(c, r.team.bot)
	return Object{}, nil
}

func info(r *request) (Object, error) {
	c, err := r.channel("channel")
	if err != nil {
		return nil, err
	}
	if err := r.need(c, "read"); err != nil {
		return nil, err
	}
	return Object{"channel": r.channelJSON(c, r.yes("include_num_members"))}, nil
}

func list(r *request) (Object, error) { return r.conversations(r.team.bot, false) }

func usersConversations(r *request) (Object, error) {
	user := r.str("user")
	if user == "" {
		user = r.team.bot
	}
	if r.people[user] == nil {
		return nil, refuse("user_not_found")
	}
	return r.conversations(user, true)
}

// conversations lists what the bot may see, all of it or a user's own.
func (r *request) conversations(user string, own bool) (Object, error) {
	types := strings.Split(r.str("types"), ",")
	if types[0] == "" {
		types = []string{"public_channel"}
	}
	kinds := map[string]string{"public_channel": "public", "private_channel": "private", "im": "dm", "mpim": "mpim"}
	sample := map[string]*channel{"public": {}, "private": {private: true}, "dm": {im: true}}
	var wanted []string
	for _, t := range types {
		kind, ok := kinds[strings.TrimSpace(t)]
		if !ok {
			return nil, refuse("invalid_types")
		}
		wanted = append(wanted, kind)
		if c := sample[kind]; c != nil {
			if err := r.need(c, "read"); err != nil {
				return nil, err
			}
		}
	}
	all := []any{}
	for _, id := range r.rooms {
		c := r.channels[id]
		if !slices.Contains(wanted, c.kind()) || c.archived && r.yes("exclude_archived") ||
			c.private && !c.members[r.team.bot] || own && !c.members[user] {
			continue
		}
		all = append(all, r.channelJSON(c, !own))
	}
	page, next, err := r.page(all, 1000)
	return Object{"channels": page, "response_metadata": next}, err
}

func members(r *request) (Object, error) {
	c, err := r.channel("channel")
	if err != nil {
		return nil, err
	}
	if err := r.need(c, "read"); err != nil {
		return nil, err
	}
	page, next, err := r.page(anys(c.memberIDs()), 1000)
	return Object{"members": page, "response_metadata": next}, err
}

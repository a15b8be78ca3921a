package slacksim

import (
	"net/url"
	"regexp"
	"slices"
)

func bookmarkAdd(r *request) (Object, error) {
	c, err := r.active("channel_id")
	switch {
	case err != nil:
		return nil, err
	case r.str("type") != "link":
		return nil, refuse("invalid_bookmark_type")
	case !isWeb(r.str("link")):
		return nil, refuse("invalid_link")
	case len(c.bookmarks) >= 100:
		return nil, refuse("too_many_bookmarks")
	}
	b := &bookmark{id: r.mint("Bk"), title: r.str("title"), link: r.str("link"), emoji: r.str("emoji"), created: r.now(), updated: r.now()}
	c.bookmarks = append(c.bookmarks, b)
	r.touch(screenEvent{Type: "state"})
	return Object{"bookmark": bookmarkJSON(c, b)}, nil
}

func isWeb(link string) bool {
	u, err := url.Parse(link)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func (r *request) bookmark() (*channel, *bookmark, error) {
	c, err := r.active("channel_id")
	if err != nil {
		return nil, nil, err
	}
	for _, b := range c.bookmarks {
		if b.id == r.str("bookmark_id") {
			return c, b, nil
		}
	}
	return nil, nil, refuse("not_found")
}

func bookmarkEdit(r *request) (Object, error) {
	c, b, err := r.bookmark()
	if err != nil {
		return nil, err
	}
	if r.has("link") && !isWeb(r.str("link")) {
		return nil, refuse("invalid_link")
	}
	for field, to := range map[string]*string{"title": &b.title, "link": &b.link, "emoji": &b.emoji} {
		if r.has(field) {
			*to = r.str(field)
		}
	}
	b.updated = r.now()
	r.touch(screenEvent{Type: "state"})
	return Object{"bookmark": bookmarkJSON(c, b)}, nil
}

func bookmarkRemove(r *request) (Object, error) {
	c, b, err := r.bookmark()
	if err != nil {
		return nil, err
	}
	c.bookmarks = slices.DeleteFunc(c.bookmarks, func(x *bookmark) bool { return x == b })
	r.touch(screenEvent{Type: "state"})
	return Object{}, nil
}

func bookmarkList(r *request) (Object, error) {
	c, err := r.mine("channel_id")
	if err != nil {
		return nil, err
	}
	all := []any{}
	for _, b := range c.bookmarks {
		all = append(all, bookmarkJSON(c, b))
	}
	return Object{"bookmarks": all}, nil
}

var emojiName = regexp.MustCompile(`^[a-z0-9_+'-]+(::skin-tone-[2-6])?$`)

func reactionAdd(r *request) (Object, error) {
	c, m, err := r.markable(r.str("timestamp"))
	switch {
	case err != nil:
		return nil, err
	case !emojiName.MatchString(r.str("name")):
		return nil, refuse("invalid_name")
	case m.reacted(r.str("name"), r.team.bot):
		return nil, refuse("already_reacted")
	}
	r.react(c, m, r.str("name"), r.team.bot)
	return Object{}, nil
}

func reactionRemove(r *request) (Object, error) {
	c, m, err := r.markable(r.str("timestamp"))
	switch {
	case err != nil:
		return nil, err
	case !m.reacted(r.str("name"), r.team.bot):
		return nil, refuse("no_reaction")
	}
	r.react(c, m, r.str("name"), r.team.bot)
	return Object{}, nil
}

func reactionGet(r *request) (Object, error) {
	c, m, err := r.markable(r.str("timestamp"))
	if err != nil {
		return nil, err
	}
	return Object{"type": "message", "channel": c.id, "message": r.messageJSON(c, m, false)}, nil
}

func (m *message) reacted(name, user string) bool {
	return slices.ContainsFunc(m.reactions, func(x *reaction) bool { return x.name == name && slices.Contains(x.users, user) })
}

// react toggles a person's reaction, with Slack's event. The caller holds the lock.
func (w *Workspace) react(c *channel, m *message, name, user string) {
	event := "reaction_added"
	if m.reacted(name, user) {
		event = "reaction_removed"
		m.unreact(name, user)
	} else {
		i := slices.IndexFunc(m.reactions, func(x *reaction) bool { return x.name == name })
		if i < 0 {
			m.reactions = append(m.reactions, &reaction{name: name})
			i = len(m.reactions) - 1
		}
		m.reactions[i].users = append(m.reactions[i].users, user)
	}
	w.emitIn(c, event, Object{
		"user": user, "reaction": name, "item_user": m.user,
		"item": Object{"type": "message", "channel": c.id, "ts": m.ts},
	})
	w.touch(screenEvent{Type: "messages", Channel: c.id, Thread: m.thread})
}

func (m *message) unreact(name, user string) {
	for _, x := range m.reactions {
		if x.name == name {
			x.users = slices.DeleteFunc(x.users, func(u string) bool { return u == user })
		}
	}
	m.reactions = slices.DeleteFunc(m.reactions, func(x *reaction) bool { return len(x.users) == 0 })
}

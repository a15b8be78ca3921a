package slacksim

import (
	"fmt"
	"strings"
)

// Press clicks the button with this label, and gives back what the app says to this person (see Answer.Expect).
func (p *Person) Press(thing Pressable, label string) *Answer {
	p.w.t.Helper()
	return p.act(thing, func(e Object) (any, bool) {
		return nil, e["type"] == "button" && p.w.visibleText(obj(e["text"]), asFallback) == label
	}, "a button "+label)
}

// Choose selects an option, or a person, by label in the menu that this placeholder, action_id or block_id names.
func (p *Person) Choose(thing Pressable, menu, choice string) *Answer {
	p.w.t.Helper()
	return p.act(thing, func(e Object) (any, bool) {
		if str(obj(e["placeholder"])["text"]) != menu && e["action_id"] != menu {
			return nil, false
		}
		v, err := p.w.valueOf(e, choice)
		return v, err == nil
	}, "a menu "+menu+" with "+choice)
}

// act finds an element and acts on it. pick runs under the lock.
func (p *Person) act(thing Pressable, pick func(Object) (any, bool), what string) *Answer {
	p.w.t.Helper()
	a := &Answer{p: p, since: p.w.mark()}
	p.w.mu.Lock()
	act, blocks := thing.where()
	found := false
	for _, at := range elementsOf(blocks) {
		if v, ok := pick(at.el); ok {
			act.block, act.id, act.chosen, found = str(at.block["block_id"]), str(at.el["action_id"]), v, true
			break
		}
	}
	there := p.w.visible("(no blocks)", blocks, asFallback)
	p.w.mu.Unlock()
	if !found {
		p.w.t.Fatalf("%s looks for %s; there was instead:\n%s", p.Name, what, indent(there))
	}
	act.user, a.channel = p.id, act.channel
	ctx, cancel := p.deadline()
	defer cancel()
	failure, _ := p.w.act(ctx, act)
	a.Err = sentence(failure)
	return a
}

// valueOf is what choosing a label means for an element: an option's value, or the id of a person or channel. The lock
// is held.
func (w *Workspace) valueOf(e Object, label string) (any, error) {
	switch kind := str(e["type"]); {
	case strings.Contains(kind, "users_select"):
		if p := w.lookup(label); p != nil {
			return p.ID, nil
		}
	case strings.Contains(kind, "channels_select") || strings.Contains(kind, "conversations_select"):
		if c := w.byName(label); c != nil {
			return c.id, nil
		}
	case len(options(e)) > 0:
		for _, o := range options(e) {
			if w.visibleText(obj(obj(o)["text"]), asFallback) == label {
				return obj(o)["value"], nil
			}
		}
	default:
		return label, nil
	}
	return nil, fmt.Errorf("there is no choice %q", label)
}

// Shortcut runs a shortcut by name or callback id; post is nil for a global one.
func (p *Person) Shortcut(name string, post *Post) *Answer {
	p.w.t.Helper()
	a := &Answer{p: p, since: p.w.mark()}
	ctx, cancel := p.deadline()
	defer cancel()
	var c *channel
	var m *message
	if post != nil {
		c, m, a.channel = post.c.c, post.m, post.c.c.id
	}
	failure := p.w.runShortcut(ctx, p.id, name, c, m)
	a.Err = sentence(failure)
	return a
}

// do runs a deed of the screen and fails the story when it is refused.
func (p *Person) do(d deed) {
	p.w.t.Helper()
	ctx, cancel := p.deadline()
	defer cancel()
	d.As = p.id
	if err := p.w.do(ctx, d); err != nil {
		p.w.t.Fatalf("%s cannot %s: %v", p.Name, d.Do, err)
	}
}

// React adds a reaction, or takes it away.
func (p *Person) React(post *Post, emoji string) {
	p.w.t.Helper()
	p.do(deed{Do: "react", Channel: post.c.c.id, TS: post.m.ts, Name: strings.Trim(emoji, ":")})
}

// Pin pins a message, or takes the pin away.
func (p *Person) Pin(post *Post) {
	p.w.t.Helper()
	p.do(deed{Do: "pin", Channel: post.c.c.id, TS: post.m.ts})
}

// Edit changes a message of one's own.
func (p *Person) Edit(post *Post, text string) {
	p.w.t.Helper()
	p.do(deed{Do: "edit", Channel: post.c.c.id, TS: post.m.ts, Text: text})
}

// Delete removes a message of one's own.
func (p *Person) Delete(post *Post) {
	p.w.t.Helper()
	p.do(deed{Do: "delete", Channel: post.c.c.id, TS: post.m.ts})
}

// Join enters a public channel.
func (p *Person) Join(c *Channel) {
	p.w.t.Helper()
	p.do(deed{Do: "join", Channel: c.c.id})
}

// Leave leaves a channel.
func (p *Person) Leave(c *Channel) {
	p.w.t.Helper()
	p.do(deed{Do: "leave", Channel: c.c.id})
}

// Archive archives a channel.
func (p *Person) Archive(c *Channel) {
	p.w.t.Helper()
	p.do(deed{Do: "archive", Channel: c.c.id})
}

// Unarchive brings an archived channel back.
func (p *Person) Unarchive(c *Channel) {
	p.w.t.Helper()
	p.do(deed{Do: "unarchive", Channel: c.c.id})
}

// Home is the app's Home tab of one person.
type Home struct {
	p *Person
	v *view
}

// OpenHome opens the Home tab and waits until the app has published one.
func (p *Person) OpenHome() *Home {
	p.w.t.Helper()
	p.do(deed{Do: "home"})
	return p.Home()
}

// Home waits until the app has published a Home tab for this person, who need not have opened it here.
func (p *Person) Home() *Home {
	p.w.t.Helper()
	var v *view
	p.w.waitFor("a Home tab of "+p.Name, func() bool { v = p.w.homes[p.id]; return v != nil }, func() string { return "none" })
	return &Home{p, v}
}

// Expect waits until the Home tab shows all the words.
func (h *Home) Expect(words ...string) *Home {
	h.p.w.t.Helper()
	see := func() string { return h.p.w.visible("", arr(h.v.body["blocks"]), asFallback) }
	h.p.w.waitFor(fmt.Sprintf("the Home tab of %s to show %q", h.p.Name, words), func() bool { _, ok := holds(see(), words); return ok }, see)
	return h
}

// Text is the Home tab as people read it.
func (h *Home) Text() string {
	h.p.w.mu.Lock()
	defer h.p.w.mu.Unlock()
	return h.p.w.visible("", arr(h.v.body["blocks"]), asFallback)
}

func (h *Home) where() (action, []any) { return action{view: h.v.id}, arr(h.v.body["blocks"]) }

package slacksim

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Members are the names of who is in the channel, sorted.
func (c *Channel) Members() []string {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	var list []string
	for id := range c.c.members {
		list = append(list, c.w.nameOf(id))
	}
	slices.Sort(list)
	return list
}

// Pins are the pinned messages, as people read them.
func (c *Channel) Pins() []string {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	var list []string
	for _, ts := range c.c.pins {
		m := c.c.byTS[ts]
		list = append(list, c.w.visible(m.text, m.blocks, asFallback))
	}
	return list
}

// Bookmarks are "title link" for each.
func (c *Channel) Bookmarks() []string {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	var list []string
	for _, b := range c.c.bookmarks {
		list = append(list, b.title+" "+b.link)
	}
	return list
}

// Messages are all messages that everybody in the channel sees, oldest first.
func (c *Channel) Messages() []string {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	var list []string
	for _, m := range c.c.messages {
		if m.only == "" {
			list = append(list, c.w.nameOf(m.user)+": "+c.w.visible(m.text, m.blocks, asFallback))
		}
	}
	return list
}

// Eventually waits until a condition on the channel holds: a topic, a member, a pin. The condition may ask the channel.
func (c *Channel) Eventually(what string, holds func(*Channel) bool) {
	c.w.t.Helper()
	ctx, cancel := context.WithTimeout(c.w.t.Context(), patience)
	defer cancel()
	for {
		c.w.mu.Lock()
		wake := c.w.wake
		c.w.mu.Unlock()
		if holds(c) {
			return
		}
		select {
		case <-wake:
		case <-ctx.Done():
			c.w.mu.Lock()
			there := c.show()
			c.w.mu.Unlock()
			c.w.t.Fatalf("waited for %s in %s; there was instead:\n%s", what, c.Name(), there)
		}
	}
}

// Post is one message in a story.
type Post struct {
	c *Channel
	m *message
}

// Text is the message as people read it now.
func (p *Post) Text() string {
	p.c.w.mu.Lock()
	defer p.c.w.mu.Unlock()
	return p.c.w.visible(p.m.text, p.m.blocks, asFallback)
}

// TS is the message's ts.
func (p *Post) TS() string { return p.m.ts }

// Channel is where the message stands.
func (p *Post) Channel() *Channel { return p.c }

// Pinned tells whether the message is pinned.
func (p *Post) Pinned() bool {
	p.c.w.mu.Lock()
	defer p.c.w.mu.Unlock()
	return slices.Contains(p.c.c.pins, p.m.ts)
}

// InThread tells whether the message is a reply.
func (p *Post) InThread() bool { return p.m.thread != "" }

// ExpectEdit waits until the message shows all the words.
func (p *Post) ExpectEdit(words ...string) *Post {
	p.c.w.t.Helper()
	w := p.c.w
	see := func() string { return w.visible(p.m.text, p.m.blocks, asFallback) }
	w.waitFor(fmt.Sprintf("the message to show %q", words), func() bool { _, ok := holds(see(), words); return ok }, see)
	return p
}

// Has fails the story unless the message shows all the words now.
func (p *Post) Has(words ...string) *Post {
	p.c.w.t.Helper()
	if missing, ok := holds(p.Text(), words); !ok {
		p.c.w.t.Errorf("the message does not show %q:\n%s", missing, indent(p.Text()))
	}
	return p
}

// Lacks fails the story if the message shows one of the words.
func (p *Post) Lacks(words ...string) *Post {
	p.c.w.t.Helper()
	for _, word := range words {
		if strings.Contains(p.Text(), word) {
			p.c.w.t.Errorf("the message shows %q:\n%s", word, indent(p.Text()))
		}
	}
	return p
}

// Pressable is what has buttons and menus: a Post, an Answer, a Modal, a Home.
type Pressable interface {
	// where says what is acted on, and its blocks. The lock is held.
	where() (action, []any)
}

func (p *Post) where() (action, []any) { return action{channel: p.c.c.id, ts: p.m.ts}, p.m.blocks }

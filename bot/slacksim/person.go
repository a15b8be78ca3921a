package slacksim

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Person is somebody in a story.
type Person struct {
	w    *Workspace
	id   string
	Name string
}

// Person finds somebody by display name.
func (w *Workspace) Person(name string) *Person {
	w.t.Helper()
	w.mu.Lock()
	p := w.lookup(name)
	w.mu.Unlock()
	if p == nil {
		w.t.Fatalf("nobody is called %q; Add them first", name)
		return nil
	}
	return &Person{w, p.ID, p.Name}
}

// Add brings somebody new into the workspace.
func (w *Workspace) Add(p Profile) *Person {
	w.t.Helper()
	if _, err := w.AddProfile(p); err != nil {
		w.t.Fatalf("%v", err)
	}
	return w.Person(p.Name)
}

// ID is the user id.
func (p *Person) ID() string { return p.id }

// Answer is what the app said to one person about one thing that they did.
type Answer struct {
	Text      string // as people read it; empty when there was no answer
	Blocks    []any
	Ephemeral bool
	Err       error // what the person read instead: the command failed

	p       *Person
	channel string
	m       *message
	since   string // ts of the last message before the deed
}

// deadline is how long a delivery may take before the story gives up.
func (p *Person) deadline() (context.Context, context.CancelFunc) {
	return context.WithTimeout(p.w.t.Context(), patience)
}

// room finds a channel, and waits until the person is in it, as people do who were told that they will be invited.
func (p *Person) room(name string) *channel {
	p.w.t.Helper()
	p.w.mu.Lock()
	c := p.w.roomFor(p.id, name)
	p.w.mu.Unlock()
	if c == nil {
		c = p.w.Channel(name).c
	}
	p.w.waitFor(p.Name+" to come into the channel", func() bool { return c.members[p.id] }, func() string {
		return p.Name + " is not in " + p.w.title(c)
	})
	return c
}

// Type writes a line into a channel ("#general"; "@app" is the conversation with the app): a slash command, or a message.
func (p *Person) Type(channel, text string) *Answer {
	p.w.t.Helper()
	c := p.room(channel)
	if strings.HasPrefix(text, "/") {
		return p.command(c, text)
	}
	a := &Answer{p: p, channel: c.id, since: p.w.mark()}
	_, a.Err = p.w.say(deed{As: p.id, Channel: c.id, Text: text})
	return a
}

// Reply writes into the thread of a message.
func (p *Person) Reply(post *Post, text string) *Post { return p.post(post.c, post.m.ts, text) }

// Say writes a message that the story wants to hold on to: to pin, react to or run a shortcut on.
func (p *Person) Say(channel, text string) *Post {
	p.w.t.Helper()
	return p.post(&Channel{p.w, p.room(channel)}, "", text)
}

// Share writes a message with a file.
func (p *Person) Share(channel, text, file string) *Post {
	p.w.t.Helper()
	post := p.post(&Channel{p.w, p.room(channel)}, "", text)
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	id := p.w.mint("F")
	post.m.extra = Object{"files": []any{Object{
		"id": id, "name": file, "title": file, "mode": "hosted", "user": p.id, "is_external": false,
		"permalink": "https://" + p.w.team.domain + ".slack.com/files/" + p.id + "/" + id + "/" + file,
	}}}
	return post
}

func (p *Person) post(c *Channel, thread, text string) *Post {
	p.w.t.Helper()
	m, err := p.w.say(deed{As: p.id, Channel: c.c.id, Thread: thread, Text: text})
	if err != nil {
		p.w.t.Fatalf("%s cannot say %q: %v", p.Name, text, err)
	}
	return &Post{c, m}
}

// mark is the ts of now, to tell later messages from earlier ones.
func (w *Workspace) mark() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stamp()
}

func (p *Person) command(c *channel, text string) *Answer {
	ctx, cancel := p.deadline()
	defer cancel()
	a := &Answer{p: p, channel: c.id, since: p.w.mark()}
	m, failure, _ := p.w.runCommand(ctx, command{user: p.id, channel: c.id, text: text})
	a.Err = sentence(failure)
	if m != nil {
		a.adopt(m)
	}
	return a
}

// adopt makes a message the answer.
func (a *Answer) adopt(m *message) {
	a.p.w.mu.Lock()
	defer a.p.w.mu.Unlock()
	a.take(m)
}

// take is adopt for who holds the lock.
func (a *Answer) take(m *message) {
	a.m, a.channel, a.Blocks, a.Ephemeral = m, m.room, m.blocks, m.only != ""
	a.Text = a.p.w.visible(m.text, m.blocks, asFallback)
	m.expected = true
}

func (a *Answer) where() (action, []any) {
	if a.m == nil {
		return action{}, nil
	}
	return action{channel: a.channel, ts: a.m.ts}, a.m.blocks
}

// Has tells whether the answer shows all the words.
func (a *Answer) Has(words ...string) bool {
	_, ok := holds(a.Text, words)
	return ok
}

// Expect waits until the app has answered this person with all the words: at once, or later in a message for them alone.
func (a *Answer) Expect(words ...string) *Answer {
	a.p.w.t.Helper()
	if a.Err != nil {
		a.p.w.t.Fatalf("expected an answer with %q, but: %v", words, a.Err)
	}
	if a.Text != "" && a.Has(words...) {
		return a
	}
	a.p.w.waitFor(fmt.Sprintf("an answer for %s with %q", a.p.Name, words), func() bool {
		return a.p.find(func(m *message) bool { return max(m.ts, m.edited) > a.since }, words, a.take)
	}, func() string { return a.p.seen(a.since) })
	return a
}

// Lacks fails the story if the answer shows one of the words.
func (a *Answer) Lacks(words ...string) *Answer {
	a.p.w.t.Helper()
	for _, word := range words {
		if strings.Contains(a.Text, word) {
			a.p.w.t.Errorf("the answer shows %q:\n%s", word, indent(a.Text))
		}
	}
	return a
}

// find looks for the last message for this person alone that is wanted and has all the words. The lock is held.
func (p *Person) find(wanted func(*message) bool, words []string, take func(*message)) bool {
	for _, id := range p.w.rooms {
		for _, m := range slices.Backward(p.w.channels[id].messages) {
			if m.only != p.id || !wanted(m) {
				continue
			}
			if _, ok := holds(p.w.visible(m.text, m.blocks, asFallback), words); ok {
				take(m)
				return true
			}
		}
	}
	return false
}

// seen lists the messages for this person alone. The lock is held.
func (p *Person) seen(since string) string {
	var b strings.Builder
	for _, id := range p.w.rooms {
		c := p.w.channels[id]
		for _, m := range c.messages {
			if m.only == p.id && max(m.ts, m.edited) > since {
				b.WriteString(p.w.title(c) + "\n" + p.w.line(c, m))
			}
		}
	}
	if b.Len() == 0 {
		return "nothing for " + p.Name + " alone"
	}
	return b.String()
}

// Sees are all messages that only this person sees, as text.
func (p *Person) Sees() string {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	return p.seen("")
}

// ExpectEphemeral waits for a message that only this person sees, not yet expected, with all the words.
func (p *Person) ExpectEphemeral(words ...string) *Answer {
	p.w.t.Helper()
	a := &Answer{p: p}
	p.w.waitFor(fmt.Sprintf("a message for %s alone with %q", p.Name, words), func() bool {
		return p.find(func(m *message) bool { return !m.expected }, words, a.take)
	}, func() string { return p.seen("") })
	return a
}

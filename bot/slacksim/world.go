package slacksim

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// What differs between two runs that look the same to people.
var (
	madeUp   = regexp.MustCompile(`\b(?:[CDUWTBAVGS]|Bk|Ev)0[A-Z0-9]{8,}\b`)
	linkTime = regexp.MustCompile(`\bp1\d{15}\b|\b1\d{9}\.\d{6}\b`)
)

// World is everything that people could see, as stable text: channels, members, topics, bookmarks, pins, messages in
// their order with threads, edits and reactions. Ids, times and metadata are left out, so that two runs that look the
// same to people give the same text. Ephemeral messages are left out as well: they are gone when somebody reloads.
func (w *Workspace) World() string { return w.photograph(false) }

// WorldUnordered is World with the messages of each channel and thread sorted by what they say, for runs in which
// independent work ends in another order.
func (w *Workspace) WorldUnordered() string { return w.photograph(true) }

func (w *Workspace) photograph(sorted bool) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var rooms []string
	for _, id := range w.rooms {
		rooms = append(rooms, w.picture(w.channels[id], sorted))
	}
	slices.Sort(rooms)
	for _, id := range w.order {
		if v := w.homes[id]; v != nil {
			rooms = append(rooms, "home of "+w.nameOf(id)+"\n"+indent(w.visible("", arr(v.body["blocks"]), asToken)))
		}
	}
	return stable(strings.Join(rooms, "\n"))
}

func stable(s string) string {
	return linkTime.ReplaceAllString(madeUp.ReplaceAllString(s, "‹id›"), "‹time›")
}

// picture is one channel.
func (w *Workspace) picture(c *channel, sorted bool) string {
	var b strings.Builder
	name := "#" + c.name
	if c.im {
		name = "direct messages with " + w.nameOf(c.with)
	}
	fmt.Fprint(&b, name, " ", c.kind())
	if c.archived {
		fmt.Fprint(&b, " archived")
	}
	var names []string
	for id := range c.members {
		names = append(names, w.nameOf(id))
	}
	slices.Sort(names)
	fmt.Fprintf(&b, "\n  members: %s\n", strings.Join(names, ", "))
	for _, line := range []struct{ what, value string }{{"topic", c.topic.value}, {"purpose", c.purpose.value}} {
		if line.value != "" {
			fmt.Fprintf(&b, "  %s: %s\n", line.what, w.readableText(line.value, asToken))
		}
	}
	for _, m := range c.bookmarks {
		fmt.Fprintf(&b, "  bookmark: %s %s %s\n", m.emoji, m.title, m.link)
	}
	for _, m := range w.threadOf(c, "", sorted) {
		b.WriteString(m)
	}
	return b.String()
}

// threadOf is the messages of a channel (thread "") or the replies of a thread.
func (w *Workspace) threadOf(c *channel, thread string, sorted bool) []string {
	var list []string
	for _, m := range c.messages {
		parent := m.thread
		if parent == m.ts {
			parent = ""
		}
		if m.only == "" && parent == thread {
			list = append(list, w.line(c, m)+indent(strings.Join(w.threadOf(c, orElse(thread, m.ts), sorted), "")))
		}
	}
	if sorted {
		slices.Sort(list)
	}
	return list
}

// orElse keeps replies from having replies: within a thread there is nothing further down.
func orElse(thread, ts string) string {
	if thread != "" {
		return "-"
	}
	return ts
}

// line is one message.
func (w *Workspace) line(c *channel, m *message) string {
	var marks []string
	if m.edited != "" {
		marks = append(marks, "edited")
	}
	if slices.Contains(c.pins, m.ts) {
		marks = append(marks, "pinned")
	}
	for _, r := range m.reactions {
		var names []string
		for _, u := range r.users {
			names = append(names, w.nameOf(u))
		}
		slices.Sort(names)
		marks = append(marks, ":"+r.name+": "+strings.Join(names, ", "))
	}
	head := "  " + w.nameOf(m.user)
	if len(marks) > 0 {
		head += " (" + strings.Join(marks, "; ") + ")"
	}
	return head + "\n" + indent(indent(w.visible(m.text, m.blocks, asToken)))
}

func indent(s string) string {
	if s == "" {
		return ""
	}
	return "  " + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n  ") + "\n"
}

// numbered is a channel name that got a suffix because the plain one was taken.
var numbered = regexp.MustCompile(`^(.+)-\d+$`)

// Duplicates are signs that the app did something twice: the same metadata posted twice in a channel, a channel made
// beside one of its own with the same stem that is in use, the same bookmark twice.
func (w *Workspace) Duplicates() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen, made := map[string]int{}, map[string]bool{}
	for _, id := range w.rooms {
		c := w.channels[id]
		if c.creator == w.team.bot && !c.im && !c.archived {
			made[c.name] = true
		}
		for _, m := range c.messages {
			if m.metadata != nil && m.only == "" {
				payload, _ := json.Marshal(m.metadata)
				seen["message in #"+c.name+" with metadata "+string(payload)]++
			}
		}
		for _, b := range c.bookmarks {
			seen["bookmark in #"+c.name+" "+b.title+" "+b.link]++
		}
	}
	var out []string
	for what, n := range seen {
		if n > 1 {
			out = append(out, fmt.Sprintf("%d times: %s", n, what))
		}
	}
	for name := range made {
		if stem := numbered.FindStringSubmatch(name); stem != nil && made[stem[1]] {
			out = append(out, "channel #"+name+" beside #"+stem[1])
		}
	}
	slices.Sort(out)
	return out
}

// Posted is a message of the app that everybody in its channel sees.
type Posted struct {
	Channel, TS string // ids
	Text        string // as people read it
	Payload     Object // of its metadata
	Pinned      bool
}

// Posted lists what the app has posted in a channel, by name or id, oldest first; "" means everywhere.
func (w *Workspace) Posted(in string) []Posted {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []Posted
	for _, id := range w.rooms {
		c := w.channels[id]
		if in != "" && id != in && c.name != strings.TrimPrefix(in, "#") {
			continue
		}
		for _, m := range c.messages {
			if m.byApp && m.only == "" && m.subtype == "" {
				list = append(list, Posted{id, m.ts, w.visible(m.text, m.blocks, asFallback), obj(m.metadata["event_payload"]), slices.Contains(c.pins, m.ts)})
			}
		}
	}
	return list
}

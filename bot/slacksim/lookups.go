package slacksim

// ChannelID is the id of a channel by its name, with or without "#"; "" where there is none.
func (w *Workspace) ChannelID(name string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.byName(name); c != nil {
		return c.id
	}
	return ""
}

// PersonID is the id of a person by name, or "".
func (w *Workspace) PersonID(name string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.lookup(name); p != nil {
		return p.ID
	}
	return ""
}

// AddChannel makes a public channel with all members in it who are no guests, and returns its id.
func (w *Workspace) AddChannel(name, purpose string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var c *channel
	for _, id := range w.order {
		switch p := w.people[id]; {
		case p.Bot || p.Guest || p.Stranger:
			continue
		case c == nil:
			c = w.newChannel(name, false, id)
			c.purpose = note{purpose, id, w.now()}
		}
		c.join(id)
	}
	if c == nil {
		return ""
	}
	return c.id
}

// Join brings a person into a channel, with Slack's line in it and the event, as when they join by themselves.
func (w *Workspace) Join(p *Person, name string) {
	w.t.Helper()
	c := w.Channel(name)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.addMember(c.c, p.id, "")
}

// Remove takes messages away, as an administrator can.
func (w *Workspace) Remove(posts ...*Post) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range posts {
		w.remove(p.c.c, p.m)
	}
}

// Post finds a message of the app that stands in the channel already and shows all the words.
func (c *Channel) Post(words ...string) *Post {
	c.w.t.Helper()
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	for _, m := range c.c.messages {
		if _, ok := holds(c.w.visible(m.text, m.blocks, asFallback), words); ok && m.byApp {
			return &Post{c, m}
		}
	}
	c.w.t.Fatalf("there is no message with %q; there was instead:\n%s", words, indent(c.show()))
	return nil
}

// Leave takes somebody out of a channel, as by their own leave.
func (w *Workspace) Leave(p *Person, name string) {
	w.t.Helper()
	c := w.Channel(name).c
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dropMember(c, p.id)
}

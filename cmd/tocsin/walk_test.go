package main

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// TestWalk has people do at random all that can be typed, in the real program, while time passes and what is due is said. Now
// and then, when all is delivered, card, topic, tasks and announcement of what they speak of must tell the present state; and in
// the end every change has its entry, every entry its words, and nothing is there twice. The same seed is the same walk.
func TestWalk(t *testing.T) {
	const short, medium, long = 300, 2000, 10000 // the last one by hand: STEPS=10000
	steps := setting(t, "TOCSIN_WALK_STEPS", medium)
	if testing.Short() {
		steps = short
	}
	w := newWalk(t, setting(t, "TOCSIN_WALK_SEED", 7))
	for n := range steps {
		w.step()
		if n%4 == 3 {
			w.house.quieten(t)
		}
		if n%100 == 99 {
			w.look(n)
		}
	}
	w.house.recover(time.Minute)
	w.house.stop()
	found := w.audit()
	done, undone := w.driven()
	t.Logf("walk: steps=%d %s", steps, found)
	found.report(t)
	if steps >= long && len(undone) > 0 {
		t.Errorf("of %d lines that can be typed, these never had success: %q", done+len(undone), undone)
	}
}

// walk is a storm without one: nothing fails, and one person acts after the other.
type walk struct {
	*storm
	house *house
	dice  *rand.Rand
	left  int // how many incidents people speak of no more
}

func newWalk(t *testing.T, seed uint64) *walk {
	t.Helper()
	workspace := slacksim.New(t, slacksim.Options{Manifest: tocsin.Manifest})
	h := newHouseIn(t, workspace, func(o *options) {
		o.policy.Customers.Channel = workspace.ChannelID("checkout")
		for n := range o.policy.Severities {
			o.policy.Severities[n].Tell = []string{workspace.Person("Margaret").ID()}
		}
	})
	h.Join(h.Person("Tocsin"), "#incidents") // where it looks for what it amends
	h.Announce("already_in_channel", "already_pinned")
	w := &walk{house: h, dice: rand.New(rand.NewPCG(seed, 0))}
	w.storm = &storm{crowd: &crowd{t: t, w: h.Workspace, rooms: map[incident.ID]string{}}, seed: seed, db: h.db, began: time.Now()}
	for n, name := range []string{"Ada", "Grace", "Linus", "Margaret"} {
		w.clients = append(w.clients, &client{crowd: w.crowd, name: name, dice: rand.New(rand.NewPCG(seed, uint64(n)+1)), presses: name == "Margaret"})
	}
	return w
}

// step lets somebody do something. Sometimes nobody does for a while.
func (w *walk) step() {
	w.t.Helper()
	w.house.Pass(time.Millisecond) // nobody is that quick
	c := w.clients[w.dice.IntN(len(w.clients))]
	if c.presses && w.dice.IntN(3) > 0 {
		c = w.clients[0]
	}
	c.work(w.t.Context(), 1)
	if c.pending != nil {
		w.t.Fatalf("%s got no answer: %s", c.pending.key, c.pending.typed)
	}
	w.leave(c)
	if w.dice.IntN(20) == 0 {
		w.house.quieten(w.t)
		w.house.Pass(time.Duration(w.dice.IntN(9*60)) * time.Second) // what is not said within ten minutes becomes a summary
		w.house.remind()
	}
}

// leave brings to an end what people speak of no more: nobody would do what it asks for.
func (w *walk) leave(c *client) {
	for ; w.left < len(w.known)-recent; w.left++ {
		for _, line := range []string{"decline {id} it is no incident", "resolve {id}", "close {id}"} {
			v := verbs[slices.IndexFunc(verbs, func(v verb) bool { return strings.HasPrefix(line, v.name()+" ") })]
			v.line = line
			c.count++
			c.ask(w.t.Context(), c.command(v, "{id}", w.known[w.left].String()))
		}
	}
}

// look compares what is shown of the incidents that people speak of with what they are now.
func (w *walk) look(step uint64) {
	w.t.Helper()
	w.house.recover(time.Minute)
	newest, err := w.house.program.store.List(w.t.Context(), incident.Filter{Limit: 2 * recent})
	if err != nil {
		w.t.Fatal(err)
	}
	channels := []string{"incidents"}
	for _, i := range newest {
		if room := i.Refs[incident.RefRoom]; room != "" {
			channels = append(channels, room)
		}
	}
	a := w.newAudit(channels...)
	a.from(w.house.program.store, 2*recent)
	for _, i := range a.list {
		a.incident(i)
	}
	if a.report(w.t) {
		w.t.Fatalf("after step %d of seed %d", step, w.seed)
	}
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// verdict is what became of a request, as far as whoever sent it knows.
type verdict int

const (
	unanswered verdict = iota // it is sent again, with the same id
	kept                      // the program said that it is done
	refused                   // the program said why not
	dropped                   // an event that was not taken in all its tries: Slack gives up as well
)

// promise is one request, and what the program answered: once it was told "done", that must be so for ever.
type promise struct {
	id      string // trigger id, or event id: the same whenever it is sent
	key     string // under which the program notes it
	who     string // sends it
	verb           // of a command or a click
	typed   string // its line, with what stands in it
	event   bool   // of Slack's
	send    func(ctx context.Context, p *promise) (status int, body string, err error)
	learn   func(id incident.ID, room string) // hears of the incident that was declared by it
	sent    int
	verdict verdict
	answer  string
}

// crowd is the people who use the program, and all that they have asked of it.
type crowd struct {
	t *testing.T
	w *slacksim.Workspace

	mu          sync.Mutex
	promises    []*promise
	known       []incident.ID // declared in public, newest last
	hidden      []incident.ID // declared in private
	rooms       map[incident.ID]string
	resent      int // requests of people that were sent again
	redelivered int // events that were
}

// recent is how many incidents people still talk about.
const recent = 4

// client is one person. Whoever gets no answer waits for the restart, and then sends the same again.
type client struct {
	*crowd
	name    string
	dice    *rand.Rand
	count   int
	pending *promise // not answered yet
	last    *promise // the last one that was kept

	presses bool        // does not type, but chooses severities on the card of an incident of its own
	own     incident.ID // that incident
	room    string      // the name of its channel
	level   int         // its severity, as chosen last
}

// work sends up to so many requests, and stops at the first that gets no answer.
func (c *client) work(ctx context.Context, most int) {
	for range most {
		if c.pending == nil {
			c.pending = c.next()
		}
		p := c.pending
		answered := c.ask(ctx, p)
		if p.verdict != unanswered {
			c.pending = nil
		}
		if !answered {
			return
		}
	}
}

// ask sends a request once, and notes what came back.
func (c *client) ask(ctx context.Context, p *promise) (answered bool) {
	p.sent++
	status, body, err := p.send(ctx, p)
	said, readable := spoken(body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tally(p)
	switch {
	case err != nil || status != http.StatusOK || !readable || strings.Contains(said, "Nothing was recorded"), strings.Contains(said, incident.ErrUncertain.Error()):
		if p.verdict == unanswered && p.event && p.sent > len(redeliver) {
			p.verdict = dropped
		}
		return false
	case p.verdict == kept && strings.HasPrefix(said, "There is no INC-"): // it is closed off by now: then nothing of it is said again
	case p.verdict == kept && said == "What was answered here has been redacted since.":
	case p.verdict == kept && said != p.answer && !p.reads:
		c.t.Errorf("%s was answered %q, and when it was sent again %q", p.key, p.answer, said)
	case p.done == nil || p.done.MatchString(said):
		p.verdict, p.answer, c.last = kept, said, p
		if found := declared.FindStringSubmatch(said); found != nil && p.learn != nil {
			id, _ := incident.ParseID("INC-" + found[1])
			p.learn(id, found[2])
		}
	default:
		p.verdict, p.answer = refused, said
	}
	return true
}

// tally counts a request that was sent. The lock is held.
func (c *crowd) tally(p *promise) {
	switch {
	case p.sent == 1:
		c.promises = append(c.promises, p)
	case p.event:
		c.redelivered++
	default:
		c.resent++
	}
}

// spoken is the text of an answer.
func spoken(body string) (text string, readable bool) {
	if body == "" {
		return "", true
	}
	var answer struct{ Text string }
	err := json.Unmarshal([]byte(body), &answer)
	return answer.Text, err == nil
}

// next makes up what this person asks.
func (c *client) next() *promise {
	c.mu.Lock()
	known, hidden := c.known[max(0, len(c.known)-recent):], c.hidden[max(0, len(c.hidden)-recent):]
	c.mu.Unlock()
	c.count++
	switch dice := c.dice.IntN(100); {
	case dice < 5 && c.last != nil:
		return c.last // somebody, or Slack, sends once more what was answered already
	case dice < 15:
		return c.happening()
	case c.presses:
		return c.press()
	case dice < 22 || len(known) == 0:
		return c.open()
	}
	return c.say(known, hidden)
}

// faults that people declare: some look alike, so that rooms hear of each other.
var broken = []string{"checkout is slow", "search finds nothing", "payments fail in Norway", "login loops", "invoices are empty"}

// command is a line after /incident.
func (c *client) command(v verb, with ...string) *promise {
	p := c.promise("command", v)
	p.typed = strings.NewReplacer(with...).Replace(v.line)
	p.send = func(ctx context.Context, p *promise) (int, string, error) {
		return c.w.SendCommand(ctx, slacksim.SendArgs{Person: p.who, Channel: "#general", Text: "/incident " + p.typed, TriggerID: p.id})
	}
	return p
}

// press chooses another severity on the card of an incident that nobody else touches: so it is never refused, and 200
// means that it is done. Without such a card, it declares one.
func (c *client) press() *promise {
	var posted []slacksim.Posted
	if c.room != "" {
		posted = c.w.Posted(c.room)
	}
	card := slices.IndexFunc(posted, func(m slacksim.Posted) bool { return m.Payload["what"] == c.own.String()+" card" })
	switch {
	case c.own == 0 || c.count%20 == 0:
		p := c.command(verb{kind: incident.EventDeclared, line: fmt.Sprintf("declare sev3 %s %d sees it", strings.ToLower(c.name), c.count), done: declared})
		p.learn = func(id incident.ID, room string) {
			if id > c.own {
				c.own, c.room, c.level = id, room, 3
			}
		}
		return p
	case card < 0:
		return c.command(verbs[0], "{id}", c.own.String()) // a note: its room is not open yet
	}
	c.level = c.level%4 + 1
	p := c.promise("action", verb{kind: incident.EventSeverity, line: "severity"})
	act := slacksim.ActionArgs{
		Person: c.name, Channel: c.room, TS: posted[card].TS, Action: "do:severity",
		Chosen: fmt.Sprintf("severity %s sev%d", c.own, c.level), TriggerID: p.id,
	}
	p.send = func(ctx context.Context, _ *promise) (int, string, error) { return c.w.SendAction(ctx, act) }
	return p
}

// happening is an event of Slack's, delivered up to four times until it is taken.
func (c *client) happening() *promise {
	p := c.promise("event", verb{})
	p.event = true
	inner := slacksim.Object{"type": "member_joined_channel", "user": c.w.Person(c.name).ID(), "channel": c.w.ChannelID("incidents"), "channel_type": "C"}
	if c.dice.IntN(2) == 0 {
		inner = slacksim.Object{"type": "user_change", "user": slacksim.Object{
			"id": c.w.Person(c.name).ID(), "team_id": c.w.TeamID(), "name": strings.ToLower(c.name), "real_name": c.name, "tz": "Europe/Oslo",
			"is_admin": c.name == "Grace",
			"profile":  slacksim.Object{"display_name": c.name},
		}}
	}
	p.send = func(ctx context.Context, p *promise) (int, string, error) {
		return c.w.SendEvent(slacksim.EventArgs{Context: ctx, ID: p.id, Event: inner, Retry: p.sent - 1})
	}
	return p
}

// promise gives a request its id.
func (c *client) promise(way string, v verb) *promise {
	id := fmt.Sprintf("%s.%s.%d", way, strings.ToLower(c.name), c.count)
	return &promise{id: id, key: way + ":" + id, who: c.name, verb: v}
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
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
	id      string             // trigger id, or event id: the same whenever it is sent
	key     string             // under which the program notes it
	kind    incident.EventKind // of the entry that it owes; "" for an event of Slack's
	send    func(ctx context.Context, p *promise) (status int, body string, err error)
	done    *regexp.Regexp                    // how the answer begins when it was done; nil where 200 says so
	learn   func(id incident.ID, room string) // hears of the incident that was declared by it
	sent    int
	verdict verdict
	answer  string
}

// verb is something that people type about an incident.
type verb struct {
	kind   incident.EventKind
	line   string // %s is the incident
	done   *regexp.Regexp
	weight int // how often
}

var verbs = []verb{
	{incident.EventNote, "note %s the graph shows a dip", regexp.MustCompile(`^Noted on the timeline`), 8},
	{incident.EventUpdate, "update %s we are still looking", regexp.MustCompile(`^Update posted`), 2},
	{incident.EventRole, "commander %s me", regexp.MustCompile(`^Commander of INC-\d+ is now`), 2},
	{incident.EventRole, "scribe %s me", regexp.MustCompile(`^Scribe of INC-\d+ is now`), 1},
	{incident.EventRole, "handover %s scribe @Linus I go to bed", regexp.MustCompile(`^Scribe of INC-\d+ is now`), 1},
	{incident.EventSteppedDown, "stepdown %s scribe", regexp.MustCompile(`^INC-\d+ has no scribe now`), 1},
	{incident.EventSeverity, "severity %s sev1", regexp.MustCompile(`^INC-\d+ is now`), 1},
	{incident.EventSeverity, "severity %s sev2", regexp.MustCompile(`^INC-\d+ is now`), 1},
	{incident.EventTask, "task %s restart the queue in 2h", regexp.MustCompile(`^Task \d+ of INC-\d+: `), 2},
	{incident.EventTaskDone, "task %s done 1", regexp.MustCompile(`^Task 1 of INC-\d+ is done: `), 1},
	{incident.EventStatus, "status %s identified", regexp.MustCompile(`^INC-\d+ is now`), 1},
	{incident.EventStatus, "status %s monitoring", regexp.MustCompile(`^INC-\d+ is now`), 1},
	{incident.EventMitigated, "mitigated %s", regexp.MustCompile(`^INC-\d+ is mitigated\. When`), 1},
	{incident.EventResolved, "resolve %s", regexp.MustCompile(`^INC-\d+ is resolved\. Well`), 1},
	{incident.EventClosed, "close %s", regexp.MustCompile(`^INC-\d+ is closed\.(\n|$| Its open tasks stay: )`), 1},
	{incident.EventMend, "mend %s", regexp.MustCompile(`^INC-\d+ is looked after`), 1},
	{incident.EventSeverity, "severity %s unknown", regexp.MustCompile(`^INC-\d+ is now`), 1},
	{incident.EventReopened, "reopen %s it is back", regexp.MustCompile(`^INC-\d+ is open again`), 1},
}

var declared = regexp.MustCompile(`^INC-(\d+) declared\. Opening #(\S+)`)

// crowd is the people who use the program, and all that they have asked of it.
type crowd struct {
	t *testing.T
	w *slacksim.Workspace

	mu          sync.Mutex
	promises    []*promise
	known       []incident.ID // declared in public, newest last
	resent      int           // requests of people that were sent again
	redelivered int           // events that were
}

// recent is how many incidents people still talk about.
const recent = 6

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
		if p.verdict == unanswered && p.kind == "" && p.sent > len(redeliver) {
			p.verdict = dropped
		}
		return false
	case p.verdict == kept && said != p.answer:
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
	case p.kind == "":
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
	known := c.known[max(0, len(c.known)-recent):]
	c.mu.Unlock()
	c.count++
	switch dice := c.dice.IntN(100); {
	case dice < 5 && c.last != nil:
		return c.last // somebody, or Slack, sends once more what was answered already
	case dice < 15:
		return c.happening()
	case c.presses:
		return c.press()
	case dice < 25 || len(known) == 0:
		return c.declare()
	}
	return c.say(known[c.dice.IntN(len(known))])
}

// faults that people declare: some look alike, so that rooms hear of each other.
var broken = []string{"checkout is slow", "search finds nothing", "payments fail in Norway", "login loops", "invoices are empty"}

// declare rings the bell; one in eight is private, and left alone by all others.
func (c *client) declare() *promise {
	title := fmt.Sprintf("%s %s %d", broken[c.dice.IntN(len(broken))], strings.ToLower(c.name), c.count)
	if c.dice.IntN(8) == 0 {
		return c.command(verb{kind: incident.EventDeclared, line: "declare --private " + title, done: declared})
	}
	p := c.command(verb{kind: incident.EventDeclared, line: "declare sev2 " + title + " --service checkout", done: declared})
	p.learn = func(id incident.ID, _ string) {
		if !slices.Contains(c.known, id) {
			c.known = append(c.known, id)
		}
	}
	return p
}

// say types one of the verbs about an incident.
func (c *client) say(id incident.ID) *promise {
	all := 0
	for _, v := range verbs {
		all += v.weight
	}
	at := c.dice.IntN(all)
	for _, v := range verbs {
		if at -= v.weight; at < 0 {
			v.line = fmt.Sprintf(v.line, id)
			return c.command(v)
		}
	}
	return nil // never: at is less than the sum
}

// command is a line after /incident.
func (c *client) command(v verb) *promise {
	p := c.promise("command", v.kind)
	p.done = v.done
	p.send = func(ctx context.Context, p *promise) (int, string, error) {
		return c.w.SendCommand(ctx, slacksim.SendArgs{Person: c.name, Channel: "#general", Text: "/incident " + v.line, TriggerID: p.id})
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
		note := verbs[0] // its room is not open yet
		note.line = fmt.Sprintf(note.line, c.own)
		return c.command(note)
	}
	c.level = c.level%4 + 1
	p := c.promise("action", incident.EventSeverity)
	act := slacksim.ActionArgs{
		Person: c.name, Channel: c.room, TS: posted[card].TS, Block: "choose", Action: "do:severity",
		Chosen: fmt.Sprintf("severity %s sev%d", c.own, c.level), TriggerID: p.id,
	}
	p.send = func(ctx context.Context, _ *promise) (int, string, error) { return c.w.SendAction(ctx, act) }
	return p
}

// happening is an event of Slack's, delivered up to four times until it is taken.
func (c *client) happening() *promise {
	p := c.promise("event", "")
	inner := slacksim.Object{"type": "member_joined_channel", "user": c.w.Person(c.name).ID(), "channel": c.w.ChannelID("incidents"), "channel_type": "C"}
	if c.dice.IntN(2) == 0 {
		inner = slacksim.Object{"type": "user_change", "user": slacksim.Object{
			"id": c.w.Person(c.name).ID(), "team_id": c.w.TeamID(), "name": strings.ToLower(c.name), "real_name": c.name, "tz": "Europe/Oslo",
			"profile": slacksim.Object{"display_name": c.name},
		}}
	}
	p.send = func(ctx context.Context, p *promise) (int, string, error) {
		return c.w.SendEvent(slacksim.EventArgs{Context: ctx, ID: p.id, Event: inner, Retry: p.sent - 1})
	}
	return p
}

// promise gives a request its id.
func (c *client) promise(way string, kind incident.EventKind) *promise {
	id := fmt.Sprintf("%s.%s.%d", way, strings.ToLower(c.name), c.count)
	return &promise{id: id, key: way + ":" + id, kind: kind}
}

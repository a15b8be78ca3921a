package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// cage is a house with a private incident in which every text holds one word, and people outside who ask for it in every way.
type cage struct {
	*house
	id      incident.ID
	room    *slacksim.Channel
	from    int // calls before this one were made while everybody could know of it
	asked   int
	answers map[string]string // of people outside to all that they asked, before there was anything to find
}

// theWord stands in all that is private, and nobody outside may read it; enough of it finds it, if anything does.
const (
	theWord = "albatross"
	begun   = "albatros"
)

// outside are those who are not in its room, each for another reason.
var outside = []string{"Linus", "Grace", "Gus", "Tourist", "Boss"}

// TestF75TheCanaryInEveryVerb: a word that stands in all texts of a private incident comes out nowhere. Whoever is outside is answered, byte for
// byte, as when there was no such incident. Every verb of the table is tried, whichever there are.
func TestF75TheCanaryInEveryVerb(t *testing.T) {
	for name, begin := range map[string]func(*cage){
		"from its birth": (*cage).born, "made private": (*cage).madePrivate, "made private with a full queue": (*cage).madePrivateLate,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCage(t)
			c.answers = c.ask()
			begin(c)
			c.live()
			c.listen()
			c.knock()
		})
	}
}

func newCage(t *testing.T) *cage {
	w := slacksim.New(t, slacksim.Options{Manifest: tocsin.Manifest})
	w.Join(w.Add(slacksim.Profile{Name: "Tourist", Stranger: true}), "#general")
	w.Join(w.Add(slacksim.Profile{Name: "Boss", Admin: true}), "#general")
	h := newHouseIn(t, w, watched, func(o *options) {
		o.policy.Customers.Channel = o.policy.Announce
		for n := range o.policy.Severities { // those who want to hear of it hear of what they may know
			o.policy.Severities[n].Tell = []string{w.Person("Linus").ID()}
		}
		o.policy.Admins = []string{w.Person("Linus").ID()}
	})
	h.Announce(append(looked, "name_taken", "views.open", "user_team_not_in_channel")...)
	c := &cage{house: h, id: 2}
	c.do("Linus", "subscribe service payments")
	c.do("Ada", "declare search is slow")
	c.quieten(t)
	return c
}

// do types a line from outside every room.
func (c *cage) do(who, line string) string {
	c.t.Helper()
	c.asked++
	return c.command(who, "#general", strings.TrimSpace("/incident "+line), fmt.Sprintf("canary.%d", c.asked))
}

// inside does something that Ada may, and that is done.
func (c *cage) inside(lines ...string) {
	c.t.Helper()
	for _, line := range lines {
		if answer := c.do("Ada", line); strings.Contains(answer, "There is no ") || strings.Contains(answer, "For example: ") || strings.Contains(answer, "The policy leaves") {
			c.t.Fatalf("%s: %s", line, answer)
		}
		c.quieten(c.t)
	}
}

// born is declared private.
func (c *cage) born() {
	c.inside("declare sev2 the " + theWord + " lost the key to the vault --service payments --private")
	c.enter("#inc-2-the-albatross-lost-the-key-to-the-vault")
}

// madePrivate was public, with all that this makes outside.
func (c *cage) madePrivate() {
	c.inside("declare sev2 the "+theWord+" lost the key to the vault --service payments", "update INC-2 the "+theWord+" is looked for", "task INC-2 feed the "+theWord)
	for _, who := range outside {
		c.Person(who).OpenHome()
	}
	c.quieten(c.t)
	c.from = len(c.Calls())
	c.log.forget()
	c.inside("private INC-2 yes")
	c.enter("#inc-2-the-albatross-lost-the-key-to-the-vault-2")
}

// madePrivateLate is madePrivate, with most of it waiting until Slack takes calls again.
func (c *cage) madePrivateLate() {
	c.inside("declare sev2 the " + theWord + " lost the key to the vault --service payments")
	for _, who := range outside {
		c.Person(who).OpenHome()
	}
	c.quieten(c.t)
	c.Faults(func(slacksim.Call) *slacksim.Fault {
		return &slacksim.Fault{Kind: slacksim.Status, Status: http.StatusServiceUnavailable}
	})
	for _, line := range []string{"update INC-2 the " + theWord + " is looked for", "severity INC-2 sev1", "customers INC-2 an " + theWord, "task INC-2 feed the " + theWord, "resolve INC-2", "reopen INC-2 the " + theWord + " is back"} {
		c.do("Ada", line)
	}
	c.do("Ada", "declare sev2 the "+theWord+" lost another key to the vault") // which looks alike, and is closed off as well
	c.quieten(c.t)
	c.from = len(c.Calls())
	c.log.forget()
	c.do("Ada", "private INC-2 yes")
	c.do("Ada", "private INC-3 yes")
	c.Join(c.Person("Linus"), "#inc-2-the-albatross-lost-the-key-to-the-vault")
	c.Pass(15 * time.Minute)
	c.quieten(c.t)
	c.tools()
	c.Faults(nil)
	c.recover(3 * time.Minute)
	c.enter("#inc-2-the-albatross-lost-the-key-to-the-vault-2")
}

// enter takes the room, into which Grace comes, and leaves it again.
func (c *cage) enter(room string) {
	c.t.Helper()
	c.quieten(c.t)
	c.room = c.Channel(room)
	c.Join(c.Person("Grace"), room)
	c.quieten(c.t)
	c.Leave(c.Person("Grace"), room)
	c.quieten(c.t)
	c.refresh(c.t)
}

// live is what happens in it: the word stands in all that people can write.
func (c *cage) live() {
	c.inside("commander INC-2 me", "note INC-2 the "+theWord+" was seen", "update INC-2 the "+theWord+" is found", "task INC-2 call the "+theWord+" in 5m",
		"handover INC-2 scribe me the "+theWord+" types", "severity INC-2 sev1", "mitigated INC-2", "resolve INC-2", "reopen INC-2 the "+theWord+" flew off")
	c.Faults(failing("chat.update", 0, slacksim.Fault{Kind: slacksim.SlackError, Error: "some_new_error"})) // and is written down as late, and given up
	c.log.announce("given up")
	c.inside("status INC-2 identified", "task INC-2 done 1")
	c.tools()
	c.Pass(10 * time.Minute)
	c.remind()
	c.quieten(c.t)
	c.Faults(nil)
	c.recover(time.Hour)
	c.refresh(c.t)
	for _, line := range []string{"timeline INC-2", "show INC-2", "tasks INC-2", "list", "search " + begun} { // it is there
		if answer := c.do("Ada", line); !strings.Contains(answer, theWord) {
			c.t.Errorf("%s does not tell it to those inside: %s", line, answer)
		}
	}
}

// lines are all that people outside ask. What would be done wherever they ask is left out: declaring something.
func (c *cage) lines() []string {
	lines := []string{
		"", "help", "list", "list all", "list mine", "list service payments", "stats 2026-03-01", "search " + begun, "search key vault", "nonsense INC-2",
		"INC-2", "INC-2 timeline", "merge INC-2 into INC-1", "merge INC-1 into INC-2", "timeline INC-2 #1", "public INC-2 yes everybody",
	}
	for _, piece := range strings.Split(c.Person("Ada").Type("#general", "/incident help").Text, "`/incident ")[1:] { // which prints the table
		verb := strings.Fields(strings.ReplaceAll(piece, "`", " "))[0]
		if words := harmless[verb]; strings.HasPrefix(words, "--bad") {
			lines = append(lines, verb+" "+words)
			continue
		}
		lines = append(lines, verb+" INC-2", verb+" INC-2 x", "INC-2 "+verb+" x", verb+" inc-2 me", verb+" INC-2 "+begun)
	}
	return lines
}

// ask is what people outside are answered, and what stands on their Home tabs.
func (c *cage) ask() map[string]string {
	c.t.Helper()
	answers := map[string]string{}
	for _, who := range outside {
		for _, line := range c.lines() {
			answers[who+": "+line] = c.do(who, line)
		}
		answers[who+" at home"] = c.Person(who).OpenHome().Text()
	}
	c.quieten(c.t)
	return answers
}

// listen asks all of it again, and looks at everything that went out.
func (c *cage) listen() {
	c.t.Helper()
	now := c.ask()
	for _, what := range slices.Sorted(maps.Keys(c.answers)) {
		if c.answers[what] != now[what] {
			c.t.Errorf("%s\nwas answered: %s\nis answered:  %s", what, c.answers[what], now[what])
		}
	}
	for _, who := range outside {
		c.silent("what "+who+" sees", c.Person(who).Sees()+c.Person(who).Home().Text())
	}
	c.calls()
	for _, post := range c.Posted("#incidents") {
		c.silent("an announcement", post.Text)
	}
	c.tools()
}

// calls looks at every call, but for those that are made for its room and for who is in it.
func (c *cage) calls() {
	c.t.Helper()
	ada := c.Person("Ada")
	theirs := []any{c.room.ID(), c.DirectMessages(ada).ID(), ada.ID()}
	for _, name := range c.rooms("#inc-3-the-albatross") {
		theirs = append(theirs, c.ChannelID(name))
	}
	for _, call := range c.Calls()[c.from:] {
		raw, err := json.Marshal(call.Args)
		if err != nil {
			c.t.Fatal(err)
		}
		opened := call.Method == "conversations.create" && fmt.Sprint(call.Args["is_private"]) == "true"
		if opened || slices.Contains(theirs, call.Args["channel"]) || slices.Contains(theirs, call.Args["channel_id"]) || slices.Contains(theirs, call.Args["user_id"]) {
			continue
		}
		c.silent(fmt.Sprintf("call %d, %s", call.N, call.Method), string(raw))
	}
}

// tools looks at what those read who run it: the log at every level, metrics, health, what is owed, and the doctor.
func (c *cage) tools() {
	c.t.Helper()
	c.silent("the log", c.log.all())
	for _, path := range []string{"/metrics", "/healthz", "/readyz"} {
		_, body := c.how(path)
		c.silent(path, body)
	}
	list, err := openEffects(c.t.Context(), c.program.store)
	if err != nil {
		c.t.Fatal(err)
	}
	var out bytes.Buffer
	if err := printEffects(&out, list); err != nil {
		c.t.Fatal(err)
	}
	structured, err := json.Marshal(list)
	if err != nil {
		c.t.Fatal(err)
	}
	c.silent("tocsin effects", out.String()+string(structured))
	settings := map[string]string{
		"SLACK_API_URL": c.APIURL(), "SLACK_BOT_TOKEN": c.BotToken(), "SLACK_SIGNING_SECRET": c.SigningSecret(), "TOCSIN_OPS_ADDR": "off", "TOCSIN_DB": c.db,
	}
	report := newDoctor(settings, c.Clock()).examine(c.t.Context(), func(f finding) { f.print(&out) })
	if structured, err = json.Marshal(report); err != nil {
		c.t.Fatal(err)
	}
	c.silent("tocsin doctor", out.String()+string(structured))
}

// knock is asking to be let in, and declaring what looks alike: both tell nothing.
func (c *cage) knock() {
	c.t.Helper()
	if some, none := c.do("Linus", "access INC-2 please"), c.do("Linus", "access INC-9 please"); some != none {
		c.t.Errorf("of one:  %s\nof none: %s", some, none)
	}
	answer := c.do("Linus", "declare sev2 lost the key to the vault --service payments")
	c.silent("the answer to who declares what looks alike", answer)
	if strings.Contains(answer, "looks like") {
		c.t.Errorf("it is told that there is another: %s", answer)
	}
	c.quieten(c.t)
	c.calls()
	c.silent("the log", c.log.all())
}

func (c *cage) silent(what, told string) {
	c.t.Helper()
	if at := strings.Index(strings.ToLower(told), theWord); at >= 0 {
		c.t.Errorf("%s tells it: …%s…", what, told[max(0, at-300):min(len(told), at+100)])
	}
}

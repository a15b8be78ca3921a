package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// step is one thing that somebody does, with the id that Slack would give it: typed, or a button pressed on the last message
// with some words, or a reaction; or only said.
type step struct {
	who, where, text, press, on string

	say   string // in the room
	catch bool   // what was said last
	guest bool   // it is done by somebody who came just now, as a guest, and nobody knows them yet
}

// scenario is what people do, in its order.
type scenario []step

const crashRoom = "#inc-1-checkout-is-down"

// toTheEnd is an incident from beginning to end, another one that looks like it, and one that is closed off.
var toTheEnd = scenario{
	{who: "Ada", where: "#general", text: "/incident declare sev2 checkout is down --service checkout"},
	{who: "Grace", where: "#random", text: "/incident declare the checkout is down for everyone"},
	{who: "Grace", where: "#random", text: "/incident severity INC-2 sev2"}, // so that its card shows the announcement, whichever came first
	{who: "Ada", where: crashRoom, press: "do:commander", on: "Take command"},
	{who: "Ada", where: crashRoom, text: "/incident communicator @Grace"},
	{who: "Ada", where: crashRoom, text: "/incident scribe me"},
	{who: "Ada", where: crashRoom, text: "/incident handover scribe @Linus he types fastest"},
	{who: "Linus", where: crashRoom, text: "/incident stepdown"},
	{who: "Grace", where: crashRoom, text: "/incident note we rolled back the deploy"},
	{who: "Grace", where: crashRoom, text: "/incident update we found the cause"},
	{who: "Ada", where: crashRoom, text: "/incident correct #9 we found one cause"},
	{who: "Ada", where: crashRoom, text: "/incident task restart the queue @Linus in 3h"},
	{who: "Linus", where: crashRoom, text: "/incident task done 1"},
	{who: "Ada", where: crashRoom, text: "/incident severity sev1"},
	{who: "Ada", where: crashRoom, text: "/incident mitigated"},
	{who: "Grace", where: crashRoom, text: "/incident redact #8 it names a customer"},
	{who: "Ada", where: crashRoom, text: "/incident resolve"},
	{who: "Ada", where: crashRoom, text: "/incident close"},
	{who: "Ada", where: crashRoom, text: "/incident reopen it is back"},
	{who: "Grace", where: "#random", text: "/incident merge INC-2 into INC-1"},
	{who: "Ada", where: "#general", text: "/incident declare the keys are out"},
	{who: "Ada", where: "#general", text: "/incident update INC-3 somebody has them"},
	{who: "Ada", where: "#general", text: "/incident private INC-3 yes"},
}

// beside is what else people do: an exercise, what is recorded when it is over, words for those outside, and what is opened.
var beside = scenario{
	{who: "Ada", where: "#general", text: "/incident drill sev2 the region is gone"},
	{who: "Ada", where: "#general", text: "/incident star INC-1 #1"},
	{who: "Ada", where: "#general", text: "/incident unstar INC-1 #1"},
	{who: "Ada", where: "#general", text: "/incident backfill it was slow --started -3h --resolved -1h --room"},
	{who: "Linus", where: "#general", text: "/incident subscribe service checkout"},
	{who: "Ada", where: "#general", text: "/incident declare sev3 checkout is down --service checkout"},
	{who: "Ada", where: "#general", text: "/incident commander INC-3 me"},
	{who: "Grace", where: "#general", text: "/incident communicator INC-3 me"},
	{who: "Grace", where: "#general", text: "/incident customers INC-3 payments are slow"},
	{who: "Ada", where: "#inc-3-checkout-is-down", press: "do:customers", on: "Draft for customers"},
	{who: "Grace", where: "#general", text: "/incident update INC-3 we found the cause"},
	{who: "Grace", where: "#general", text: "/incident invite INC-3 @Linus"},
	{who: "Ada", where: "#general", text: "/incident status INC-3 identified"},
	{who: "Ada", where: "#general", text: "/incident snooze INC-3 update 15m"},
	{who: "Ada", where: "#general", text: "/incident title INC-3 payments hang"},
	{who: "Ada", where: "#general", text: "/incident service INC-3 payments"},
	{who: "Ada", where: "#general", text: "/incident mend INC-3"},
	{who: "Linus", where: "#general", text: "/incident unsubscribe service checkout"},
	{who: "Ada", where: "#general", text: "/incident declare --private the keys are out"},
	{who: "Linus", where: "#general", text: "/incident access INC-4 they are mine"},
	{who: "Ada", where: "#inc-4-the-keys-are-out", text: "/incident public yes everybody"},
	{who: "Ada", where: "#general", text: "/incident severity INC-4 sev2"}, // so that its card shows the announcement
}

// inTriage is what guests declare whom nobody knows yet, taken up and not; and a message of the room that is caught.
var inTriage = scenario{
	{who: "Newcomer", where: "#general", text: "/incident declare everything burns", guest: true},
	{who: "Ada", where: "#general", text: "/incident accept INC-1"},
	{who: "Ada", where: "#general", text: "/incident commander INC-1 me"},
	{who: "Ada", where: "#inc-1-everything-burns", say: "the index is gone"},
	{who: "Ada", where: "#inc-1-everything-burns", catch: true},
	{who: "Passer-by", where: "#general", text: "/incident declare the coffee is out", guest: true},
	{who: "Ada", where: "#general", text: "/incident decline INC-2 that is no incident"},
}

// newCrashHouse is a house in which a fault leaves no trace that nobody could avoid: the bot has been invited to the
// announcement channel. It posts there without, but Slack shows a channel's history only to those in it, so that it would
// join, visibly, to look for what it may have posted. And what Slack calls an error of something done twice is no
// complaint here: it is how the second try learns that the first one landed.
func newCrashHouse(t *testing.T) *house {
	t.Helper()
	deaf := bytes.ReplaceAll(tocsin.Manifest, []byte("- team_join"), nil) // so that there are people whom nobody knows yet
	w := slacksim.New(t, slacksim.Options{Manifest: deaf})
	h := newHouseIn(t, w, speaksToCustomers(w))
	for _, channel := range []string{"#incidents", "#checkout"} {
		h.Join(h.Person("Tocsin"), channel)
	}
	h.Announce(looked...)
	h.Announce("not_found")        // of a bookmark that is taken away twice
	h.Announce("thread_not_found") // whether something is left below a message that was taken back can only be asked
	return h
}

// speaksToCustomers gives customers a channel.
func speaksToCustomers(w *slacksim.Workspace) furnish {
	return func(o *options) { o.policy.Customers.Channel = w.ChannelID("checkout") }
}

// pace is the time between two steps, so that a step happens at the same time in every run, however long it took to
// recover from a fault in the one before.
const pace = time.Minute

// recovery is how long the back-off of one fault may last: below incident.Deadline, for what is late is told to people,
// and rightly so, and then the worlds would differ.
const recovery = 10 * time.Second

// play does one step at its time, and lets everything that follows from it happen.
func (h *house) play(t *testing.T, s scenario, n int) {
	t.Helper()
	begin := scenarioStart.Add(time.Duration(n) * pace)
	h.Pass(begin.Sub(h.Clock()()))
	h.act(t, s, n)
	h.quieten(t)
}

// scenarioStart is when the clock of a workspace stands still at first.
var scenarioStart = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)

// again repeats a step to which no answer came, under the same id, and waits for what was put off to be over. A button that is
// offered no more, because what it stands for is done, nobody can press again.
func (h *house) again(t *testing.T, s scenario, n int) {
	t.Helper()
	if s[n].press == "" || strings.Contains(strings.Join(h.Channel(s[n].where).Messages(), "\n"), s[n].on) {
		h.act(t, s, n)
	}
	for waited := time.Duration(0); waited < recovery; waited += 2 * time.Second {
		h.quieten(t)
		if due, err := h.program.store.NextDue(t.Context()); err != nil || due.IsZero() {
			return
		}
		h.Pass(2 * time.Second)
	}
	h.quieten(t)
}

// act sends a step as Slack does. A program that died is not expected to answer.
func (h *house) act(t *testing.T, of scenario, n int) {
	t.Helper()
	s, trigger := of[n], fmt.Sprintf("step.%d", n)
	var status int
	var err error
	if s.guest && !h.known[s.who] {
		h.known = map[string]bool{s.who: true}
		h.Join(h.Add(slacksim.Profile{Name: s.who, Guest: true}), s.where)
	}
	switch {
	case s.say != "":
		h.said = h.Person(s.who).Say(s.where, s.say)
		return
	case s.catch:
		status, _, err = h.SendEvent(slacksim.EventArgs{Context: t.Context(), ID: "Ev" + trigger, Event: slacksim.Object{
			"type": "reaction_added", "user": h.Person(s.who).ID(), "reaction": "pushpin",
			"item": slacksim.Object{"type": "message", "channel": h.ChannelID(s.where), "ts": h.said.TS()},
		}})
	case s.press != "":
		status, _, err = h.SendAction(t.Context(), slacksim.ActionArgs{
			Person: s.who, Channel: s.where, Action: s.press, TriggerID: trigger, TS: h.Channel(s.where).Post(s.on).TS(),
		})
	default:
		status, _, err = h.SendCommand(t.Context(), slacksim.SendArgs{Person: s.who, Channel: s.where, Text: s.text, TriggerID: trigger})
	}
	if err == nil && status != 200 {
		t.Errorf("step %d was answered with %d", n, status)
	}
}

// quieten waits until the program has nothing to do now. Unlike Quiet it takes every message for expected: the
// photograph says whether it is.
func (h *house) quieten(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for range 2 { // for what is delivered makes events, which are delivered to us
		if err := h.Idle(ctx); err != nil {
			t.Fatal(err)
		}
		if err := h.drain(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// photograph is all that people see, and what the record holds of each incident.
func (h *house) photograph(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(asItReads(h.World()))
	for id := incident.ID(1); ; id++ {
		if _, err := h.program.store.Incident(t.Context(), id); incident.CodeOf(err) == incident.Missing {
			return b.String()
		}
		events, _, err := h.program.store.Timeline(t.Context(), id, 0, 500)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "record of %s\n", id)
		for _, e := range events {
			switch e.Kind {
			case incident.EventJoined: // of who came while we were down Slack tells later, when they may have another role
			case incident.EventMended, incident.EventDistrusted, incident.EventCaught: // when it was found, not when it was asked for
				fmt.Fprintf(&b, "  %s\n", e)
			default:
				fmt.Fprintf(&b, "  %s %s\n", e.At.Format(time.TimeOnly), e)
			}
		}
	}
}

// edited is the mark of a message that was edited.
var edited = strings.NewReplacer(" (edited)\n", "\n", " (edited; ", " (")

// asItReads is a world without what says nothing of how things stand in the end: the order of what was done side by side,
// and whether a message was edited on the way. One that is found after a crash is edited where it has become stale, which
// without the crash it had not.
func asItReads(world string) string {
	var all, items []string // an item is a message, a bookmark or a heading, with the lines that are indented under it
	flush := func() {
		slices.Sort(items)
		all, items = append(all, items...), nil
	}
	for line := range strings.SplitSeq(edited.Replace(world), "\n") {
		switch {
		case !strings.HasPrefix(line, "  "):
			flush()
			all = append(all, line)
		case len(items) == 0 || !strings.HasPrefix(line, "    "):
			items = append(items, line)
		default:
			items[len(items)-1] += "\n" + line
		}
	}
	flush()
	return strings.Join(all, "\n")
}

// differs tells, with all that is different, whether a world is not as it should be.
func differs(t *testing.T, h *house, want string) bool {
	t.Helper()
	got := h.photograph(t)
	if again := h.Duplicates(); len(again) > 0 {
		t.Errorf("done twice: %q", again)
		return true
	}
	if got == want {
		return false
	}
	missing, extra := lineDifference(want, got)
	t.Errorf("the worlds differ.\nmissing:\n%s\nnot in the other:\n%s", missing, extra)
	return true
}

// lineDifference lists the lines that only one of two texts has, counting how often.
func lineDifference(want, got string) (missing, extra string) {
	counts := map[string]int{}
	for line := range strings.SplitSeq(want, "\n") {
		counts[line]++
	}
	for line := range strings.SplitSeq(got, "\n") {
		counts[line]--
	}
	for line, n := range counts {
		switch {
		case n > 0:
			missing += fmt.Sprintf("%d× %s\n", n, line)
		case n < 0:
			extra += fmt.Sprintf("%d× %s\n", -n, line)
		}
	}
	return missing, extra
}

// callList is what the program asked of Slack, for people who look into a failure.
func (h *house) callList() string {
	var b strings.Builder
	for _, c := range h.Calls() {
		fmt.Fprintf(&b, "%3d %s #%d → %s\n", c.N, c.Method, c.NthOfMethod, c.Outcome)
	}
	return b.String()
}

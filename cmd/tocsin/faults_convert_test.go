package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
)

// TestF74QueuedThenMadePrivate: Slack takes nothing while people work on a public incident, and then somebody closes it off. What
// was queued is looked at when it is sent: nothing of it goes to anybody outside.
func TestF74QueuedThenMadePrivate(t *testing.T) {
	h := newHouse(t, func(o *options) { o.policy.Customers.Channel = o.policy.Announce })
	h.Announce(looked...)
	ada, linus := h.Person("Ada"), h.Person("Linus")
	linus.Type("#general", "/incident subscribe service checkout").Expect("You hear each update")
	ada.Type("#general", "/incident declare sev2 the albatross coughs --service checkout").Expect("INC-1 declared")
	room := h.Channel("#inc-1-the-albatross-coughs")
	room.Expect("Take command")
	h.Channel("#incidents").Expect("the albatross coughs")
	linus.OpenHome().Expect("albatross")
	ada.Type(room.Name(), "/incident commander me")
	room.Expect("now *commander*")
	h.Quiet()
	h.Faults(func(slacksim.Call) *slacksim.Fault {
		return &slacksim.Fault{Kind: slacksim.Status, Status: http.StatusServiceUnavailable}
	})
	for n, line := range []string{
		"update INC-1 the albatross is worse", "severity INC-1 sev1", "status INC-1 identified", "task INC-1 feed the albatross in 5m",
		"customers INC-1 our albatross is ill", "resolve INC-1", "reopen INC-1 the albatross coughs again",
	} {
		h.command("Ada", "#general", "/incident "+line, "queued."+string(rune('a'+n)))
	}
	h.command("Grace", "#general", "/incident declare sev2 my albatross coughs --service checkout", "other") // which looks alike
	h.quieten(t)
	if answer := h.command("Ada", "#general", "/incident private INC-1 yes", "private"); !strings.Contains(answer, "private now") {
		t.Fatalf("answered %s", answer)
	}
	if answer := h.command("Ada", "#general", "/incident private INC-2 yes", "private too"); !strings.Contains(answer, "private now") {
		t.Fatalf("answered %s", answer)
	}
	h.Join(linus, room.Name()) // which is open to all until Slack takes our calls
	h.Pass(12 * time.Minute)
	h.quieten(t)
	from := len(h.Calls())
	h.Faults(nil)
	h.recover(2 * time.Minute)
	h.remind()
	for _, post := range h.Posted("#incidents") {
		t.Errorf("it stands outside: %s", post.Text)
	}
	if n := h.directs("Linus", "albatross"); n != 0 {
		t.Errorf("Linus was told %d times", n)
	}
	if got := linus.Home().Text(); strings.Contains(got, "albatross") {
		t.Errorf("it stands on a Home tab: %s", got)
	}
	for _, call := range h.Calls()[from:] {
		if name, _ := call.Args["name"].(string); call.Method == "conversations.create" && call.Args["is_private"] != true && call.Args["is_private"] != "true" {
			t.Errorf("a public room was opened: %s", name)
		}
	}
	closed := h.Channel("#inc-1-the-albatross-coughs-2")
	if got := strings.Join(closed.Members(), " "); got != "Ada Tocsin" {
		t.Errorf("members: %s", got)
	}
	closed.Expect("What could not be said in time", "reopened it", "made it private")
	if !h.Channel("#inc-2-my-albatross-coughs").Private() {
		t.Error("the room that was not open yet is none of theirs")
	}
}

// TestF74SaidInItsOrder: what was to be said in the room before, and could not be, is said in the new one, in the order in which it
// happened, and nothing in the old one.
func TestF74SaidInItsOrder(t *testing.T) {
	h, _, room, _ := inRoom(t)
	h.Announce(looked...)
	before := len(h.Posted(room.Name()))
	h.Faults(func(slacksim.Call) *slacksim.Fault {
		return &slacksim.Fault{Kind: slacksim.Status, Status: http.StatusServiceUnavailable}
	})
	for n, line := range []string{"mitigated", "update one", "resolve", "reopen not yet", "private yes", "update two"} {
		verb, rest, _ := strings.Cut(line, " ")
		h.command("Ada", "#general", strings.TrimSpace("/incident "+verb+" INC-1 "+rest), "ordered."+string(rune('a'+n)))
	}
	h.quieten(t)
	h.Pass(time.Minute)
	h.Faults(nil)
	h.recover(time.Minute)
	var said []string
	for _, post := range h.Posted("#inc-1-checkout-is-down-2") {
		for _, words := range []string{"marked INC-1 mitigated", "one", "resolved INC-1", "reopened INC-1", "made INC-1 private", "two"} {
			if strings.Contains(post.Text, words) && !post.Pinned {
				said = append(said, words)
			}
		}
	}
	if got := strings.Join(said, ", "); got != "marked INC-1 mitigated, one, resolved INC-1, reopened INC-1, made INC-1 private, two" {
		t.Errorf("said in this order: %s", got)
	}
	if got := h.Posted(room.Name())[before:]; len(got) != 1 || !strings.Contains(got[0].Text, "made INC-1 private") {
		t.Errorf("in the room before: %+v", got)
	}
}

// TestF74ClosedOffWhileItsRoomOpens: the room stands before anybody knows that it is to be a private one. It is never the
// incident's, and archived.
func TestF74ClosedOffWhileItsRoomOpens(t *testing.T) {
	for name, kind := range map[string]slacksim.FaultKind{"answered": 0, "not answered": slacksim.LostAfter} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.Announce(append(looked, "name_taken")...)
			asked := make(chan struct{})
			h.Faults(func(call slacksim.Call) *slacksim.Fault {
				if call.Method != "conversations.create" || call.NthOfMethod > 1 {
					return nil
				}
				if kind == 0 {
					close(asked)
					return &slacksim.Fault{Kind: slacksim.Delay, Delay: 500 * time.Millisecond}
				}
				defer close(asked)
				return &slacksim.Fault{Kind: kind}
			})
			h.command("Ada", "#general", "/incident declare the albatross coughs", "one")
			<-asked
			if answer := h.command("Ada", "#general", "/incident private INC-1 yes", "two"); !strings.Contains(answer, "private now") {
				t.Fatalf("answered %s", answer)
			}
			h.recover(time.Minute)
			stray, room := h.Channel("#inc-1-the-albatross-coughs"), h.Channel("#inc-1-the-albatross-coughs-2")
			if !stray.Archived() || len(h.Posted(stray.Name())) > 0 {
				t.Errorf("archived: %v, posted: %+v", stray.Archived(), h.Posted(stray.Name()))
			}
			room.Expect("the albatross coughs", ":lock: private")
			if got := strings.Join(room.Members(), " "); got != "Ada Tocsin" || !room.Private() {
				t.Errorf("members: %s", got)
			}
			if got := h.Posted("#incidents"); len(got) > 0 {
				t.Errorf("announced: %+v", got)
			}
		})
	}
}

// TestF74AnnouncedAndNotAnswered: whether the announcement stands is not known when the incident is closed off. It is looked for.
func TestF74AnnouncedAndNotAnswered(t *testing.T) {
	h := newHouse(t)
	h.Announce(looked...)
	announce := h.ChannelID("#incidents")
	lost := false
	h.Faults(func(call slacksim.Call) *slacksim.Fault {
		if call.Method == "chat.postMessage" && call.Args["channel"] == announce && !lost {
			lost = true
			return &slacksim.Fault{Kind: slacksim.LostAfter}
		}
		if lost && call.Method != "chat.postMessage" {
			return &slacksim.Fault{Kind: slacksim.Status, Status: http.StatusServiceUnavailable}
		}
		return nil
	})
	h.command("Ada", "#general", "/incident declare the albatross coughs", "one")
	h.quieten(t)
	if len(h.Posted("#incidents")) != 1 {
		t.Fatal("it was not announced")
	}
	h.command("Ada", "#general", "/incident private INC-1 yes", "two")
	h.Faults(nil)
	h.recover(2 * time.Minute)
	if got := h.Posted("#incidents"); len(got) > 0 {
		t.Errorf("it stands outside: %+v", got)
	}
}

// TestF74WhatSlackDoesNotLetUsDelete loses its words.
func TestF74WhatSlackDoesNotLetUsDelete(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	h.Announce("cant_delete_message")
	h.Faults(failing("chat.delete", 0, slacksim.Fault{Kind: slacksim.SlackError, Error: "cant_delete_message"}))
	ada.Type(room.Name(), "/incident private yes").Expect("private now")
	h.recover(recovery)
	if got := h.Posted("#incidents"); len(got) != 1 || got[0].Text != "_This message was taken back._" {
		t.Errorf("it stands outside: %+v", got)
	}
}

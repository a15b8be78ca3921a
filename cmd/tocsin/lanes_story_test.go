package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
)

// soon drains until something has come to pass, for half a minute at most: sooner than anything that is refused is given up.
func (h *house) soon(what string, came func() bool) {
	h.t.Helper()
	for range 30 {
		if err := h.drain(context.Background()); err != nil {
			h.t.Fatal(err)
		}
		if came() {
			return
		}
		h.Pass(time.Second)
	}
	h.t.Errorf("half a minute later: no %s", what)
}

// refuse has Slack refuse some calls, in a way that is tried again and again.
func (h *house) refuse(which func(slacksim.Call) bool) {
	h.t.Helper()
	h.log.announce("internal_nonsense")
	h.Announce("internal_nonsense")
	h.Faults(func(c slacksim.Call) *slacksim.Fault {
		if which(c) {
			return &slacksim.Fault{Kind: slacksim.SlackError, Error: "internal_nonsense"}
		}
		return nil
	})
}

// TestStoryASickCustomersChannel keeps nothing back that the room is to hear.
func TestStoryASickCustomersChannel(t *testing.T) {
	h, ada, _, room := customersHouse(t)
	outside := h.ChannelID("random")
	h.refuse(func(c slacksim.Call) bool { return c.Method == "chat.postMessage" && c.Args["channel"] == outside })
	ada.Type(room.Name(), "/incident customers We are on it.")
	ada.Type(room.Name(), "/incident update the fire is out")
	h.soon("update in the room, beside the card", func() bool { return strings.Count(strings.Join(room.Messages(), "\n"), "the fire is out") == 2 })
}

// TestStoryASubscriberOutOfReach keeps nothing back that others are to hear: neither reminders nor news.
func TestStoryASubscriberOutOfReach(t *testing.T) {
	h := newHouse(t)
	ada, grace, linus, margaret := h.Person("Ada"), h.Person("Grace"), h.Person("Linus"), h.Person("Margaret")
	grace.Type("#general", "/incident subscribe service checkout")
	margaret.Type("#general", "/incident subscribe service checkout")
	ada.Type("#general", "/incident declare sev2 checkout --service checkout").Expect("INC-1 declared")
	h.Channel("#inc-1-checkout").Expect("Take command")
	ada.Type("#general", "/incident task INC-1 put it out @Linus in 1m")
	if err := h.drain(context.Background()); err != nil {
		t.Fatal(err)
	}
	h.refuse(func(c slacksim.Call) bool {
		users, _ := c.Args["users"].(string)
		return c.Method == "conversations.open" && strings.Contains(users, grace.ID())
	})
	ada.Type("#general", "/incident update INC-1 we look")
	h.soon("news for Margaret", func() bool { return len(h.DirectMessages(margaret).Messages()) > 0 })
	h.Pass(time.Minute)
	h.remind()
	h.soon("reminder for Linus", func() bool { return len(h.DirectMessages(linus).Messages()) > 0 })
}

// TestStoryAHomeTabOutOfReach keeps back nobody else's.
func TestStoryAHomeTabOutOfReach(t *testing.T) {
	h := newHouse(t)
	ada, linus := h.Person("Ada"), h.Person("Linus")
	h.refuse(func(c slacksim.Call) bool { return c.Method == "views.publish" && c.Args["user_id"] == ada.ID() })
	for _, who := range []*slacksim.Person{ada, linus} {
		if _, _, err := h.SendEvent(slacksim.EventArgs{
			ID: "Ev" + who.ID(), Event: slacksim.Object{"type": "app_home_opened", "user": who.ID(), "tab": "home", "channel": "D1"},
		}); err != nil {
			t.Fatal(err)
		}
	}
	h.soon("Home tab of Linus", func() bool { return strings.Contains(linus.Home().Text(), "No open incidents") })
}

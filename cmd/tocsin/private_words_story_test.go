package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
)

// TestStoryWhoHasLeftHearsNothing: neither that their task is due, nor that something of the incident is late, given up, or got
// through after all. While they are in its room they hear all of it.
func TestStoryWhoHasLeftHearsNothing(t *testing.T) {
	for name, there := range map[string]bool{"in the room": true, "gone": false} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.log.announce("internal_nonsense")
			ada, grace := h.Person("Ada"), h.Person("Grace")
			ada.Type("#general", "/incident declare canary leaks --private")
			room := h.Channel("#inc-1-canary-leaks")
			room.Expect("Take command")
			ada.Type(room.Name(), "/incident task feed the canary @Grace in 15m").Expect("Task 1")
			room.Expect("*Task 1* feed the canary")
			ada.Type(room.Name(), "/incident commander @Grace")
			room.Expect("now *commander*")
			h.Quiet()
			if !there {
				grace.Leave(room)
				room.Expect("*Grace* has left the room")
			}
			h.Faults(func(c slacksim.Call) *slacksim.Fault {
				if c.Method == "conversations.setTopic" {
					return &slacksim.Fault{Kind: slacksim.SlackError, Error: "internal_nonsense"}
				}
				return nil
			})
			ada.Type(room.Name(), "/incident status identified")
			for range 20 {
				h.Pass(time.Minute)
				h.remind()
				if err := h.drain(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			heard := strings.Join(h.DirectMessages(grace).Messages(), "\n")
			for _, words := range []string{"Task 1 of *INC-1 canary leaks* was due", "The topic of INC-1 is late", "The topic of INC-1 was refused again and again"} {
				if strings.Contains(heard, words) != there {
					t.Errorf("%q: heard %v, in the room %v:\n%s", words, !there, there, heard)
				}
			}
		})
	}
}

package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// TestStoryHome: where one stands, and the buttons to go on from there.
func TestStoryHome(t *testing.T) {
	h := newHouse(t)
	ada, grace := h.Person("Ada"), h.Person("Grace")
	home := ada.OpenHome().Expect("No open incidents. All quiet.")
	ada.Press(home, "Declare an incident")
	ada.Modal().Fill("What is broken?", "checkout is down").Submit()
	room := h.Channel("#inc-1-checkout-is-down")
	room.Expect("Take command")
	h.Channel("#incidents").Expect("checkout is down")
	ada.Type(room.Name(), "/incident commander me")
	room.Expect("now *commander*")
	ada.Type(room.Name(), "/incident task call the bank @Ada")
	task := room.Expect("*Task 1*")
	ada.Type(room.Name(), "/incident task write to customers @Grace tomorrow 09:00")
	room.Expect("*Task 2*")
	grace.Type("#general", "/incident declare sev1 search finds nothing").Expect("INC-2 declared")
	h.Channel("#inc-2-search-finds-nothing").Expect("Take command")
	h.Channel("#incidents").Expect("search finds nothing")
	h.Quiet()

	home = ada.OpenHome().Expect("My roles", "*Commander* of INC-1 checkout is down", "My tasks", "*Task 1* call the bank", "Open incidents", "SEV1 *INC-2 search finds nothing*")
	if text := home.Text(); strings.Index(text, "*INC-2") > strings.Index(text, "SEV3 *INC-1") || strings.Contains(text, "write to customers") {
		t.Errorf("the most severe goes first, and the tasks of others are not mine:\n%s", text)
	}
	ada.Press(home, "Done")
	task.ExpectEdit(":white_check_mark:")
	home.Expect("My roles")
	h.Quiet()
	if strings.Contains(home.Text(), "My tasks") {
		t.Errorf("what was done there is not shown:\n%s", home.Text())
	}
	ada.Press(home, "Show")
	ada.Modal().Has("INC-1", "Commander", "*Tasks* 1 open").Press("Tasks")
	ada.Modal().Expect("1 open task of INC-1", "write to customers").Close()
	ada.Type(room.Name(), "/incident resolve")
	room.Expect("resolved")
	ada.OpenHome().Expect("Lately", ":large_green_circle:", "INC-1 checkout is down")
	h.Quiet()
}

// TestStoryHomeOfOthers: what is private stands on the Home tabs of those in its room, and of nobody else; whoever leaves the
// room does not find it there any more.
func TestStoryHomeOfOthers(t *testing.T) {
	h := newHouse(t)
	ada, grace, gus := h.Person("Ada"), h.Person("Grace"), h.Person("Gus")
	ada.Type("#general", "/incident declare --private canary leaks").Expect("INC-1 declared")
	room := h.Channel("#inc-1-canary-leaks")
	room.Expect("Take command")
	ada.Type(room.Name(), "/incident task feed the canary @Grace").Expect("Task 1")
	room.Expect("*Task 1* feed the canary")
	h.Quiet()
	if err := h.program.bot.RefreshMembers(t.Context()); err != nil {
		t.Fatal(err)
	}
	grace.OpenHome().Expect("INC-1 canary leaks", ":lock: private", "feed the canary")
	for _, other := range []*slacksim.Person{h.Person("Linus"), gus} {
		home := other.OpenHome().Expect("No open incidents")
		if strings.Contains(home.Text(), "canary") || (other.Name == "Gus") == strings.Contains(home.Text(), "Declare") {
			t.Errorf("%s sees\n%s", other.Name, home.Text())
		}
	}
	home := grace.OpenHome().Expect("canary")
	h.Quiet()
	grace.Leave(room)
	home.Expect("No open incidents")
	if strings.Contains(home.Text(), "canary") {
		t.Errorf("who has left sees\n%s", home.Text())
	}
	h.Quiet()
	for typed, want := range map[string]string{
		"show INC-1": "There is no INC-1.", "list all": "No incidents like that.", "stats": "No incidents since",
		"task INC-1 done 1": "There is no INC-1.", "tasks INC-1": "There is no INC-1.",
	} {
		grace.Type("#general", "/incident "+typed).Expect(want).Lacks("canary")
	}
	h.Quiet()
}

// TestStoryHomeOfALargeHouse fits what Slack takes with 500 open incidents.
func TestStoryHomeOfALargeHouse(t *testing.T) {
	h := newHouse(t)
	ada := h.Person("Ada")
	who := incident.Person{Handle: ada.ID(), Name: "Ada"}
	levels := incident.Defaults().Severities
	for n := range 500 {
		d := incident.Declaration{Title: fmt.Sprintf("fault %d %s", n, strings.Repeat("<&>", 30)), Policy: incident.Defaults(), Severity: levels[n%4], Leader: who}
		_, err := h.program.store.Change(t.Context(), incident.Request{At: h.Clock()()}, func(tx incident.Tx) ([]byte, error) {
			i, err := incident.Declare(d, incident.Stamp{By: who, At: h.Clock()()})
			if err != nil {
				return nil, err
			}
			i.Drain() // nobody has to open 500 rooms
			_, err = i.GiveTask(strings.Repeat("<", incident.MaxTask), who, time.Time{}, incident.Stamp{By: who, At: h.Clock()()})
			i.Drain()
			if err != nil {
				return nil, err
			}
			return nil, tx.Declare(i)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	home := ada.OpenHome().Expect("and 490 more", "and 485 more", "and 470 more: `/incident list`", "SEV1 *INC-497")
	if strings.Contains(home.Text(), "SEV2 *INC") {
		t.Errorf("the most severe go first:\n%s", home.Text())
	}
	list := ada.Type("#general", "/incident list sev4").Expect("20 open incidents, and more", "INC-500 ", "INC-424 ")
	next := ada.Press(list, "More").Expect("20 open incidents, and more", "INC-420 ", "INC-344 ")
	next.Lacks("INC-424 ", "SEV3")
	h.Quiet()
}

func adaOpensHome(h *house, document map[string]any) {
	document["event"].(map[string]any)["user"] = h.Person("Ada").ID()
}

func adaIsAtHome(_ *testing.T, h *house) {
	h.Person("Ada").Home().Expect("Open incidents")
}

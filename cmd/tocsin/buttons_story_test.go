package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// TestStoryEveryVerbIsAButton: whatever the table of verbs has, as help prints it, is offered as a button or in a menu somewhere.
func TestStoryEveryVerbIsAButton(t *testing.T) {
	deaf := bytes.ReplaceAll(tocsin.Manifest, []byte("- team_join"), nil) // so that nobody knows the newcomer yet
	h := newHouseIn(t, slacksim.New(t, slacksim.Options{Manifest: deaf}))
	h.program.live.Load().policy.Admins = []string{h.Person("Ada").ID()} // who may redact
	offered := map[string]bool{}
	step := 0
	said := func(who, where, line string) string {
		step++
		body := h.command(who, where, strings.TrimSpace("/incident "+line), "type."+string(rune('a'+step/26))+string(rune('a'+step%26)))
		collect(body, offered)
		h.recover(recovery)
		return body
	}
	help := said("Ada", "#general", "help")
	said("Ada", "#general", "")
	said("Ada", "#general", "declare sev2 checkout is down")
	said("Grace", "#general", "declare sev2 checkout is down again")
	const room = "#inc-1-checkout-is-down"
	for _, line := range []string{
		"", "commander me", "commander", "subscribe", "task call the bank in 5m", "tasks", "note we rolled back", "timeline",
		"show",
	} {
		said("Ada", room, line)
	}
	note := h.number(incident.EventNote)
	for _, line := range []string{"timeline " + note, "star " + note, "timeline " + note} {
		said("Ada", room, line)
	}
	h.Pass(6 * time.Minute) // and something is due
	h.remind()
	h.recover(recovery)
	said("Ada", room, "resolve")
	said("Ada", "#general", "declare --private the keys are out")
	said("Grace", "#general", "access INC-3 they are mine")
	said("Ada", "#inc-3-the-keys-are-out", "")
	guest := h.Add(slacksim.Profile{Name: "Newcomer", Guest: true})
	h.Join(guest, "#general")
	guest.Type("#general", "/incident declare everything burns")
	h.recover(recovery)
	h.Person("Ada").OpenHome()
	h.recover(recovery)
	said("Ada", "#general", "list")
	said("Ada", "#general", "show INC-4")
	for _, call := range h.Calls() {
		collect(call.Args, offered)
	}
	var missing []string
	for _, found := range regexp.MustCompile("`/incident ([a-z]+)[ `]").FindAllStringSubmatch(help, -1) {
		if verb := found[1]; !offered[verb] && !slices.Contains(missing, verb) {
			missing = append(missing, verb)
		}
	}
	if len(missing) > 0 || len(offered) < 20 {
		t.Errorf("no button stands for %q", missing)
	}
}

// TestStoryFiguresAndAccessByButton: from the Home tab and from /incident alone, with the same answers as typed.
func TestStoryFiguresAndAccessByButton(t *testing.T) {
	h := newHouse(t)
	ada, grace, gus := h.Person("Ada"), h.Person("Grace"), h.Person("Gus")
	ada.Type("#general", "/incident declare --private the keys are out").Expect("INC-1 declared")
	room := h.Channel("#inc-1-the-keys-are-out")
	room.Expect("Take command")
	h.Quiet()
	home := grace.OpenHome().Expect("Figures", "Ask for access", "Search")
	grace.Press(home, "Figures")
	grace.Modal().Has("No incidents since").Close()
	grace.Press(home, "Ask for access")
	grace.Modal().Fill("Which one, and why?", "INC-1 they are mine").Submit()
	grace.Modal().Has("If there is such an incident and you are not in its room").Close()
	room.Expect("*Grace* asks to be let in", "they are mine")
	grace.Choose(grace.Type("#general", "/incident"), "More…", "Ask for access")
	grace.Modal().Fill("Which one, and why?", "INC-9").Submit()
	grace.Modal().Has("If there is such an incident and you are not in its room").Close()
	grace.Choose(grace.Type("#general", "/incident"), "More…", "Figures").Expect("No incidents since")
	if text := gus.OpenHome().Text() + gus.Type("#general", "/incident").Text; strings.Contains(text, "Figures") || strings.Contains(text, "Ask for access") {
		t.Errorf("a guest is offered what guests may not: %s", text)
	}
	h.Quiet()
}

// collect finds the verbs of the buttons and menus in what is sent to people.
func collect(sent any, verbs map[string]bool) {
	switch x := sent.(type) {
	case string:
		var inner any
		if len(x) > 1 && strings.ContainsRune("[{", rune(x[0])) && json.Unmarshal([]byte(x), &inner) == nil {
			collect(inner, verbs)
		}
	case []any:
		for _, each := range x {
			collect(each, verbs)
		}
	case map[string]any:
		if id, _ := x["action_id"].(string); strings.HasPrefix(id, "do:") {
			offers(x, verbs)
			options, _ := x["options"].([]any)
			for _, each := range options {
				offers(each.(map[string]any), verbs)
			}
		}
		for _, each := range x {
			collect(each, verbs)
		}
	}
}

func offers(element map[string]any, verbs map[string]bool) {
	line, _ := element["value"].(string)
	verb, _, _ := strings.Cut(line, " ")
	verbs[verb] = true
}

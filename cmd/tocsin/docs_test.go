package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"tocsin/incident"
	"tocsin/incident/policy"
)

// TestSettingsAreDocumented compares docs/settings.md with the one list of settings.
func TestSettingsAreDocumented(t *testing.T) {
	raw, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, s := range new(settings).list() {
		value, mark := s.Default, ""
		if value != "" {
			value = "`" + value + "`"
		}
		if s.InFile() {
			mark = "yes"
		}
		if s.Group != "" {
			fmt.Fprintf(&want, "| **%s** | | | |\n", s.Group)
		}
		fmt.Fprintf(&want, "| `%s` | %s | %s | %s |\n", s.Name, value, mark, s.Help)
	}
	_, got, _ := strings.Cut(string(raw), "|---|---|---|---|\n")
	if got != want.String() {
		t.Errorf("docs/settings.md does not list what there is; it should end with:\n%s", want.String())
	}
	if help := settingsHelp(); !strings.Contains(help, "SLACK_SIGNING_SECRET") {
		t.Errorf("help: %s", help)
	}
}

// TestThePolicyInTheDocsIsGood reads the example that people copy.
func TestThePolicyInTheDocsIsGood(t *testing.T) {
	p, err := policy.Read([]byte(examplePolicy()))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Severities) != 2 || p.Announce == "" || len(p.Services[0].Links) != 1 {
		t.Errorf("got %+v", p)
	}
}

// TestTheDefaultsAreDocumented compares the table in docs/policy.md with what holds.
func TestTheDefaultsAreDocumented(t *testing.T) {
	raw, err := os.ReadFile("../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	p := incident.Defaults()
	var want strings.Builder
	for _, level := range p.Severities {
		every, leads, silent := "none is owed", "–", "–"
		if level.SilentFor > 0 {
			silent = strings.TrimSuffix(level.SilentFor.String(), "0s")
		}
		if level.Cadence > 0 {
			every = strings.Replace(strings.TrimSuffix(level.Cadence.String(), "0s"), "h0m", "h", 1)
		}
		if level.LeadWithin > 0 {
			leads = strings.TrimSuffix(level.LeadWithin.String(), "0s")
		}
		fmt.Fprintf(&want, "| `%s` | %s | %s | %s | %s |\n", level.Name, level.Meaning, every, leads, silent)
	}
	fmt.Fprintf(&want, "\nWhat is declared without a severity is `%s`. Rooms are called `%s`.", p.Fallback, p.Channel)
	var rungs strings.Builder
	for _, rung := range p.Statuses {
		fmt.Fprintf(&rungs, "| `%s` | %s |\n", rung.Name(), rung.Meaning)
	}
	for _, table := range []string{want.String(), "|---|---|\n" + rungs.String() + "\n"} {
		if !strings.Contains(string(raw), table) {
			t.Errorf("docs/policy.md should hold:\n%s", table)
		}
	}
}

// TestTheReadmeNamesEveryVerb holds the README to the table of commands, by the help that the program prints.
func TestTheReadmeNamesEveryVerb(t *testing.T) {
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	w := newHouse(t)
	help := w.Person("Ada").Type("#general", "/incident help").Text
	for _, piece := range strings.Split(help, "`/incident ")[1:] {
		verb := strings.Fields(strings.ReplaceAll(piece, "`", " "))[0]
		if verb != "note" && verb != "accept" && verb != "decline" && !strings.Contains(string(raw), verb) {
			t.Errorf("the README does not name %s", verb)
		}
	}
}

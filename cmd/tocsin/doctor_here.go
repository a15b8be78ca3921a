package main

import (
	"context"
	"fmt"
	"strings"
)

// checkups is the one list of what the doctor looks at, in the order in which it is told.
var checkups = []checkup{
	{"settings", "everything that can be set, but the secrets", (*doctor).lookAtSettings},
	{"secrets", "there, of the right kind, and their files closed to others", (*doctor).lookAtSecrets},
	{"policy", "tocsin.yml", (*doctor).lookAtPolicy},
	{"database", "there, whole, of a schema that we know, with space on its disk", (*doctor).lookAtDatabase},
	{"effects", "what is stuck on its way to Slack, and what was given up", (*doctor).lookAtEffects},
	{"slack", "whether Slack knows our bot token", (*doctor).lookAtSlack},
	{"scopes", "what Slack lets us do, and what the manifest asks for", (*doctor).lookAtScopes},
	{"clock", "ours beside Slack's: where they are minutes apart, signed requests are refused", (*doctor).lookAtClock},
	{"socket", "Socket Mode: whether our app token opens it, and the way there", (*doctor).lookAtSocket},
	{"http", "signed requests", (*doctor).lookAtHTTP},
	{"announcements", "the channel for them: there, and ours to post in", (*doctor).lookAtAnnouncements},
	{"running", "what the Tocsin that runs here says of itself", (*doctor).lookAtRunning},
}

// lookAtSettings tells every setting that is wrong but the secrets.
func (d *doctor) lookAtSettings(context.Context) []finding {
	found := d.faultsOf(func(v variable) bool { return v.Secret })
	if found != nil {
		return found
	}
	return isFine("%d of %d are set; tocsin config shows them", len(d.from), len(d.settings.list()))
}

// lookAtSecrets tells every secret that is wrong, and where the others came from.
func (d *doctor) lookAtSecrets(context.Context) []finding {
	found := d.faultsOf(func(v variable) bool { return !v.Secret })
	if found != nil {
		return found
	}
	var there []string
	for _, v := range d.settings.list() {
		if v.Secret && d.from[v.Name] != "" {
			there = append(there, fmt.Sprintf("%s (%s)", v.Name, d.from[v.Name]))
		}
	}
	return isFine("%s", strings.Join(there, ", "))
}

// faultsOf is what is wrong with the settings, without some of them.
func (d *doctor) faultsOf(without func(variable) bool) (found []finding) {
	skip := map[string]bool{}
	for _, v := range d.settings.list() {
		skip[v.Name] = without(v)
	}
	for _, one := range d.wrong.list {
		unknown, known := skip[one.name]
		if unknown || !known && without(variable{}) {
			continue
		}
		found = append(found, isBroken(d.mendOf(one), "%s: %s", one.name, one.text)...)
	}
	return found
}

// lookAtPolicy reads the policy.
func (d *doctor) lookAtPolicy(context.Context) []finding {
	if d.unread != nil {
		var found []finding
		for line := range strings.Lines(d.unread.Error()) {
			found = append(found, isBroken("mend the file; tocsin policy check reads it again", "%s", strings.TrimSpace(line))...)
		}
		return found
	}
	file := d.settings.policyFile()
	if file == "" {
		return isFine("none, so the defaults hold: %d severities, no services", len(d.policy.Severities))
	}
	return isFine("%s. Severities: %d, services: %d", file, len(d.policy.Severities), len(d.policy.Services))
}

// oneLine folds what others said into one line of a decent length.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "") + "…"
	}
	return text
}

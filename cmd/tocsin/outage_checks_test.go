package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/incident"
)

// perMinute is how many calls of a method Slack takes in a minute, where that bounds how fast a backlog is worked off.
var perMinute = map[string]int{
	"conversations.create": 20, "conversations.setTopic": 20, "pins.add": 20, "bookmarks.add": 20,
	"conversations.invite": 50, "chat.update": 50, "conversations.open": 50,
}

// allowed is how long the calls that were needed take at least, by the limits of each method and channel, and which bounds it.
func (o *outage) allowed() (longest time.Duration, why string) {
	needed := map[string]int{}
	for _, e := range o.since() {
		switch {
		case e.Outcome != "ok":
		case e.Method == "chat.postMessage":
			needed[fmt.Sprint(e.Method, " ", e.Args["channel"])]++
		default:
			needed[e.Method]++
		}
	}
	for key, n := range needed {
		var least time.Duration
		switch most := perMinute[key]; {
		case strings.HasPrefix(key, "chat.postMessage"):
			least = time.Duration(n-5) * time.Second
		case most > 0:
			least = time.Duration((n-1)/most) * time.Minute
		}
		if least > longest {
			longest, why = least, fmt.Sprintf("%d × %s", n, key)
		}
	}
	return longest, why
}

// limitsObeyed fails when Slack had to refuse more than one call in twenty, and prints which.
func (o *outage) limitsObeyed(t *testing.T) {
	t.Helper()
	taken, refused := map[string]int{}, map[string]int{}
	for _, e := range o.since() {
		if e.Outcome == "ratelimited" {
			refused[e.Method]++
		} else {
			taken[e.Method]++
		}
	}
	all, tooMany := 0, 0
	for _, method := range slices.Sorted(maps.Keys(taken)) {
		t.Logf("%-24s %4d taken, %2d too many", method, taken[method], refused[method])
		all, tooMany = all+taken[method], tooMany+refused[method]
	}
	if tooMany*20 > all {
		t.Errorf("%d calls of %d came too fast", tooMany, all+tooMany)
	}
}

// nothingLost fails unless every incident has everything that it should have, once.
func (o *outage) nothingLost(t *testing.T) {
	t.Helper()
	if again := o.Duplicates(); len(again) > 0 {
		t.Errorf("done twice: %q", again)
	}
	announced := map[string]int{}
	for _, post := range o.Posted("#incidents") {
		announced[fmt.Sprint(post.Payload["what"])]++
	}
	rooms := strings.Split(o.World(), "\n\n")
	for id := incident.ID(1); id <= incident.ID(o.declared); id++ {
		i, err := o.program.store.Incident(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(rooms, func(room string) bool { return strings.HasPrefix(room, "#"+i.Room+" ") })
		if at < 0 || announced[id.String()+" announcement"] != 1 {
			t.Errorf("%s: room %d, %d announcements", id, at, announced[id.String()+" announcement"])
			continue
		}
		for _, words := range []string{"\n  topic: " + strings.ToUpper(string(i.Severity)), "pinned)", "\n  members: Ada", "bookmark:  Announcement", "bookmark:  Checkout dashboard"} {
			if n := strings.Count(rooms[at], words); n != 1 {
				t.Errorf("%s: %d times %q", id, n, words)
			}
		}
	}
}

// mostSevereFirst fails when a room of the backlog was made long before one of a more severe incident. Sixteen are made
// side by side, in no order; and what was declared in the last minutes before Slack was back counts for now.
func (o *outage) mostSevereFirst(t *testing.T) {
	t.Helper()
	var severities []string
	for _, e := range o.since() {
		name := fmt.Sprint(e.Args["name"])
		if e.Method != "conversations.create" || e.Outcome != "ok" || strings.Contains(name, fresh) {
			continue
		}
		var id incident.ID
		if _, err := fmt.Sscanf(name, "inc-%d-", &id); err != nil {
			t.Fatal(err)
		}
		if i, err := o.program.store.Incident(t.Context(), id); err != nil || o.back.Sub(i.Declared) > incident.Backlog {
			severities = append(severities, name[strings.LastIndex(name, "sev"):])
		}
	}
	for n, severity := range severities {
		if n >= 16 && severity < severities[n-16] {
			t.Errorf("room %d is of a %s, and comes after one of a %s", n, severity, severities[n-16])
		}
	}
	if len(severities) < 100 {
		t.Errorf("only %d rooms were made", len(severities))
	}
}

// freshFirst fails unless the room of what was declared while all the backlog waited was there within a time.
func (o *outage) freshFirst(t *testing.T, limit time.Duration) {
	t.Helper()
	for _, e := range o.since() {
		if strings.Contains(fmt.Sprint(e.Args["name"]), fresh) && e.Outcome == "ok" {
			if took := e.at.Sub(o.rung); took > limit {
				t.Errorf("its room was made after %s", took)
			}
			return
		}
	}
	t.Error("it has no room")
}

// named finds the incident that a message is about.
var named = regexp.MustCompile(`INC-\d+`)

// alarmsAreNews fails when somebody is told one by one what was late of an incident that is older than a backlog is.
func (o *outage) alarmsAreNews(t *testing.T) {
	t.Helper()
	for _, who := range []string{"Ada", "Grace"} {
		for _, message := range o.DirectMessages(o.Person(who)).Messages() {
			id, _ := incident.ParseID(named.FindString(message))
			if i, err := o.program.store.Incident(t.Context(), id); err != nil || o.back.Sub(i.Declared) > incident.Backlog {
				t.Errorf("%s was told: %s %v", who, message, err)
			}
		}
	}
}

// oneSummary fails unless everybody heard of the outage once, and each room once of what had been said.
func (o *outage) oneSummary(t *testing.T) {
	t.Helper()
	summaries := 0
	for _, post := range o.Posted("#incidents") {
		if strings.Contains(post.Text, "did not take our calls") {
			summaries++
			if !strings.Contains(post.Text, "sev1") && !strings.Contains(post.Text, "SEV1") {
				t.Errorf("it does not say what was declared meanwhile: %s", post.Text)
			}
		}
	}
	if summaries != 1 {
		t.Errorf("%d summaries", summaries)
	}
	o.alarmsAreNews(t)
	for id := incident.ID(1); id <= before; id++ {
		i, err := o.program.store.Incident(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		said := 0
		for _, post := range o.Posted(i.Room) {
			if post.Pinned || strings.Contains(post.Text, "looks like this one") { // said before
				continue
			}
			said++
			if !strings.Contains(post.Text, "What could not be said in time") || !strings.Contains(post.Text, "is now *commander*") || strings.Count(post.Text, "posted an update") != 1 {
				t.Errorf("%s heard: %s", id, post.Text)
			}
		}
		if said != 1 {
			t.Errorf("%s heard %d messages", id, said)
		}
	}
}

package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
	"tocsin/incident"
	"tocsin/store"
)

// audit compares, when all is over, what was promised with what is recorded, and what is recorded with what people see.
type audit struct {
	*storm
	entries  map[string][]incident.Event // by request
	timeline map[incident.ID][]incident.Event
	requests map[string]bool              // keys
	posted   map[string][]slacksim.Posted // by what they are: "INC-7 card"
	list     []*incident.Incident

	lost, duplicates, missing, disorder []string
	incidents, messages                 int
}

func (s *storm) audit() *audit {
	s.t.Helper()
	a := &audit{storm: s, entries: map[string][]incident.Event{}, timeline: map[incident.ID][]incident.Event{}, requests: map[string]bool{}, posted: map[string][]slacksim.Posted{}}
	a.read()
	for _, m := range s.w.Posted("") {
		what, _ := m.Payload["what"].(string)
		a.posted[what] = append(a.posted[what], m)
		a.messages++
	}
	a.incidents = len(a.list)
	a.promises()
	a.duplicates = append(a.duplicates, s.w.Duplicates()...)
	for _, i := range a.list {
		a.incident(i)
	}
	a.sayings()
	a.disorder = disorder(a.w.Calls())
	if made := strings.Count(s.w.World(), "\n#inc-"); made > len(a.list) {
		a.duplicates = append(a.duplicates, fmt.Sprintf("%d rooms for %d incidents", made, len(a.list)))
	}
	return a
}

// read opens the store anew, which checks it, and reads all of it.
func (a *audit) read() {
	ctx := context.Background()
	kept, err := store.Open(ctx, a.db, store.Options{})
	if err != nil {
		a.t.Fatalf("the database does not open after all this: %v", err)
	}
	if a.list, err = kept.List(ctx, incident.Filter{Limit: 1 << 20}); err != nil {
		a.t.Fatal(err)
	}
	for _, i := range a.list {
		events, _, err := kept.Timeline(ctx, i.ID, 0, 1<<20)
		if err != nil {
			a.t.Fatal(err)
		}
		a.timeline[i.ID] = events
		for _, e := range events {
			a.entries[e.Request] = append(a.entries[e.Request], e)
		}
	}
	if err := kept.Close(); err != nil {
		a.t.Fatal(err)
	}
	a.rest()
}

// rest reads what the store does not tell: request keys, and effects that are not done.
func (a *audit) rest() {
	db := openDatabase(a.t, a.db)
	for _, key := range a.column(db, `SELECT key FROM requests`) {
		a.requests[key] = true
	}
	a.missing = append(a.missing, a.column(db, `SELECT 'not delivered: ' || kind || ' ' || subject || ' of INC-' || incident_id || ': ' || error
		FROM effects WHERE done_at IS NULL OR buried_at IS NOT NULL`)...)
	if isServer(a.db) {
		return
	}
	if verdict := a.column(db, `PRAGMA integrity_check`); len(verdict) != 1 || verdict[0] != "ok" {
		a.t.Errorf("the database is damaged: %q", verdict)
	}
}

func (a *audit) column(db *sql.DB, query string) (list []string) {
	rows, err := db.Query(query)
	if err != nil {
		a.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			a.t.Fatal(err)
		}
		list = append(list, text)
	}
	if err := rows.Err(); err != nil {
		a.t.Fatal(err)
	}
	return list
}

// promises looks for each request in the record: what was answered "done" stands there once, what was refused does not,
// and nothing stands there twice.
func (a *audit) promises() {
	for _, p := range a.crowd.promises {
		n := 0
		for _, e := range a.entries[p.key] {
			if e.Kind == p.kind {
				n++
			}
		}
		if p.kind == "" && a.requests[p.key] {
			n = 1
		}
		switch {
		case n > 1:
			a.duplicates = append(a.duplicates, fmt.Sprintf("%s is recorded %d times", p.key, n))
		case p.verdict == kept && n == 0:
			a.lost = append(a.lost, fmt.Sprintf("%s was answered %q, and is not recorded", p.key, p.answer))
		case p.verdict == refused && p.sent == 1 && n > 0:
			a.duplicates = append(a.duplicates, fmt.Sprintf("%s was refused with %q, and is recorded", p.key, p.answer))
		}
	}
}

// one finds a message that must be there exactly once. More is said of it where it is not there.
func (a *audit) one(what string, more ...string) (m slacksim.Posted, ok bool) {
	switch list := a.posted[what]; len(list) {
	case 0:
		a.missing = append(a.missing, "message "+what+strings.Join(more, ""))
		return m, false
	case 1:
		return list[0], true
	default:
		a.duplicates = append(a.duplicates, fmt.Sprintf("%d times message %s", len(list), what))
		return list[0], true
	}
}

// incident compares an incident's row with all that shows it.
func (a *audit) incident(i *incident.Incident) {
	name, room := i.Refs[incident.RefRoomName], i.Refs[incident.RefRoom]
	if !a.hasRoom(i) {
		return
	}
	a.tasks(i)
	if room == "" || a.w.ChannelID(name) != room {
		a.missing = append(a.missing, fmt.Sprintf("the room of %s: %q", i.ID, name))
		return
	}
	c := a.w.Channel(name)
	state := []string{strings.ToUpper(string(i.Severity)), string(i.Status), i.Title}
	if card, ok := a.one(i.ID.String() + " card"); ok {
		words := slices.Clone(state)
		for _, p := range i.Roles {
			words = append(words, a.w.Person(p.Handle).Name)
		}
		a.shows("the card of "+i.ID.String(), card.Text, words)
		if card.Channel != room || !card.Pinned {
			a.missing = append(a.missing, "the pin on the card of "+i.ID.String())
		}
	}
	a.shows("the topic of "+i.ID.String(), c.Topic(), state)
	members := c.Members()
	for _, person := range append(slices.Collect(maps.Values(i.Roles)), i.Declarer) {
		if name := a.w.Person(person.Handle).Name; !slices.Contains(members, name) {
			a.missing = append(a.missing, fmt.Sprintf("%s in the room of %s", name, i.ID))
		}
	}
	if i.Service != "" {
		a.shows("the bookmarks of "+i.ID.String(), strings.Join(c.Bookmarks(), "\n"), []string{"Dashboard https://"})
	}
	if i.Private {
		if n := len(a.posted[i.ID.String()+" announcement"]); n > 0 || !c.Private() {
			a.duplicates = append(a.duplicates, i.ID.String()+" is private, and was shown")
		}
		return
	}
	state[1] = strings.ToUpper(state[1][:1]) + state[1][1:]
	if m, ok := a.one(i.ID.String() + " announcement"); ok {
		a.shows("the announcement of "+i.ID.String(), m.Text, append(state, "#"+name))
	}
	a.shows("the bookmarks of "+i.ID.String(), strings.Join(c.Bookmarks(), "\n"), []string{"Announcement https://"})
}

func (a *audit) shows(what, text string, words []string) {
	for _, word := range words {
		if !strings.Contains(text, word) {
			a.missing = append(a.missing, fmt.Sprintf("%s does not show %q: %q", what, word, text))
		}
	}
}

// disorder looks at what each channel was told about each incident, as the calls landed: in the order in which it happened.
func disorder(calls []slacksim.Call) (list []string) {
	last := map[string]int64{} // entry by channel and incident
	for _, c := range calls {
		var meta struct {
			Payload struct{ What string } `json:"event_payload"`
		}
		if text, _ := c.Args["metadata"].(string); c.Method != "chat.postMessage" || !strings.HasSuffix(c.Outcome, "ok") || json.Unmarshal([]byte(text), &meta) != nil {
			continue
		}
		about, number, _ := strings.Cut(meta.Payload.What, " event ")
		entry, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			continue // it shows how things stand
		}
		lane := fmt.Sprint(c.Args["channel"], about)
		if entry < last[lane] {
			list = append(list, fmt.Sprintf("%s after event %d", meta.Payload.What, last[lane]))
		}
		last[lane] = entry
	}
	return list
}

// String is the line that is printed of a storm.
func (a *audit) String() string {
	return fmt.Sprintf("seed=%d acknowledged=%d resent=%d redelivered=%d faults=%d incidents=%d messages=%d lost=%d duplicates=%d missing=%d disorder=%d took=%s",
		a.seed, a.acknowledged(), a.resent, a.redelivered, a.faults.Load(), a.incidents, a.messages,
		len(a.lost), len(a.duplicates), len(a.missing), len(a.disorder), time.Since(a.began).Round(time.Second))
}

// report fails the test for all that was found, the first of each kind in words.
func (a *audit) report(t *testing.T) (wrong bool) {
	t.Helper()
	for _, found := range []struct {
		what string
		list []string
	}{{"lost", a.lost}, {"twice", a.duplicates}, {"missing", a.missing}, {"not in order", a.disorder}} {
		if len(found.list) > 0 {
			wrong = true
			t.Errorf("%s (%d):\n  %s", found.what, len(found.list), strings.Join(found.list[:min(len(found.list), 20)], "\n  "))
		}
	}
	return wrong
}

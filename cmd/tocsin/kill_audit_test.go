package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
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

	everywhere bool // posted holds the rooms of before, too

	subscribed []string // "U123 INC-7"
	news       []string // what each message to a subscriber is

	lost, duplicates, missing, disorder []string
	incidents, messages                 int
}

// newAudit takes in what stands outside: in some channels, or everywhere.
func (s *storm) newAudit(channels ...string) *audit {
	a := &audit{storm: s, entries: map[string][]incident.Event{}, timeline: map[incident.ID][]incident.Event{}, requests: map[string]bool{}, posted: map[string][]slacksim.Posted{}}
	for _, channel := range channels {
		for _, m := range s.w.Posted(channel) {
			what, _ := m.Payload["what"].(string)
			a.posted[what] = append(a.posted[what], m)
			a.messages++
		}
	}
	return a
}

func (s *storm) audit() *audit {
	s.t.Helper()
	a := s.newAudit("")
	a.everywhere = true
	a.read()
	a.incidents = len(a.list)
	a.promises()
	a.duplicates = append(a.duplicates, s.w.Duplicates()...)
	for _, i := range a.list {
		a.incident(i)
	}
	a.sayings()
	a.disorder = disorder(a.w.Calls())
	a.subscriptions()
	if made, most := strings.Count(s.w.World(), "\n#inc-"), a.mostRooms(); made > most {
		a.duplicates = append(a.duplicates, fmt.Sprintf("%d rooms, of which there may be %d", made, most))
	}
	return a
}

// read opens the store anew, which checks it, and reads all of it.
func (a *audit) read() {
	kept, err := store.Open(context.Background(), a.db, store.Options{})
	if err != nil {
		a.t.Fatalf("the database does not open after all this: %v", err)
	}
	a.from(kept, 1<<20)
	if err := kept.Close(); err != nil {
		a.t.Fatal(err)
	}
	a.rest()
}

// from reads the newest incidents of a store, with all their entries.
func (a *audit) from(kept *store.Store, newest int) {
	ctx, err := context.Background(), error(nil)
	if a.list, err = kept.List(ctx, incident.Filter{Limit: newest}); err != nil {
		a.t.Fatal(err)
	}
	for n, listed := range a.list {
		i, err := kept.Incident(ctx, listed.ID) // lists are without tasks
		if err != nil {
			a.t.Fatal(err)
		}
		a.list[n] = i
		events, _, err := kept.Timeline(ctx, i.ID, 0, 1<<20)
		if err != nil {
			a.t.Fatal(err)
		}
		a.timeline[i.ID] = events
		for _, e := range events {
			a.entries[e.Request] = append(a.entries[e.Request], e)
		}
	}
}

// rest reads what the store does not tell: request keys, and effects that are not done.
func (a *audit) rest() {
	db := openDatabase(a.t, a.db)
	for _, key := range column(a.t, db, `SELECT key FROM requests`) {
		a.requests[key] = true
	}
	a.subscribed = column(a.t, db, `SELECT handle || ' ' || CASE WHEN incident_id = 0 THEN 'service ' || service ELSE 'INC-' || incident_id END FROM subscriptions`)
	a.news = column(a.t, db, `SELECT 'INC-' || incident_id || ' event ' || subject FROM effects WHERE kind = 'news'`)
	a.missing = append(a.missing, column(a.t, db, `SELECT 'not delivered: ' || kind || ' ' || subject || ' of INC-' || incident_id || ': ' || error
		FROM effects WHERE done_at IS NULL OR buried_at IS NOT NULL`)...)
	if isServer(a.db) {
		return
	}
	if verdict := column(a.t, db, `PRAGMA integrity_check`); len(verdict) != 1 || verdict[0] != "ok" {
		a.t.Errorf("the database is damaged: %q", verdict)
	}
}

// column is what a query finds, one text a row.
func column(t *testing.T, db *sql.DB, query string) (list []string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		list = append(list, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// promises looks for each request in the record: what was answered "done" stands there once, what was refused does not,
// and nothing stands there twice.
func (a *audit) promises() {
	for _, p := range a.crowd.promises {
		n := 0
		for _, e := range a.entries[p.key] {
			if e.Kind == p.kind || e.Kind == p.or || p.reads {
				n++
			}
		}
		if p.kind == "" && a.requests[p.key] {
			n = 1
		}
		if p.reads {
			if n > 0 {
				a.duplicates = append(a.duplicates, fmt.Sprintf("%s only reads, and is recorded", p.key))
			}
			continue
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
	done, undone := a.driven()
	return fmt.Sprintf("seed=%d verbs=%d/%d acknowledged=%d resent=%d redelivered=%d faults=%d incidents=%d messages=%d lost=%d duplicates=%d missing=%d disorder=%d took=%s",
		a.seed, done, done+len(undone), a.acknowledged(), a.resent, a.redelivered, a.faults.Load(), a.incidents, a.messages,
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

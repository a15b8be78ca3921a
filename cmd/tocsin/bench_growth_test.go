//go:build bench

package main

import (
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// openOne is an open incident that everybody may see.
type openOne struct {
	id        string
	severity  string
	commander string
	entry     int64 // the first of its timeline
}

// openIncidents reads from a made-up database, before the program runs on it, what can be worked on.
func openIncidents(b *bench, path string) (open []openOne) {
	b.Helper()
	pool, err := sql.Open("sqlite3", "file:"+path+"?mode=ro")
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	rows, err := pool.Query(`SELECT 'INC-' || i.id, i.severity, coalesce(r.handle, ''), (SELECT min(e.id) FROM entries e WHERE e.incident_id = i.id)
		FROM incidents i LEFT JOIN roles r ON r.incident_id = i.id AND r.role = 'commander' WHERE i.open AND NOT i.private ORDER BY i.id DESC`)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var o openOne
		if err := rows.Scan(&o.id, &o.severity, &o.commander, &o.entry); err != nil {
			b.Fatal(err)
		}
		open = append(open, o)
	}
	if err := rows.Err(); err != nil || len(open) < 100 {
		b.Fatalf("%d open incidents: %v", len(open), err)
	}
	return open
}

// deed is something that people do with an incident, and how its answer says that it was done.
type deed struct {
	name string
	line func(openOne) string
	want string
}

// line puts the incident's number into a text.
func about(text string) func(openOne) string {
	return func(o openOne) string { return strings.ReplaceAll(text, "INC", o.id) }
}

// deeds are all changes and all reads whose answers have a fixed size, in an order in which each is allowed.
var deeds = []deed{
	{"note", about("note INC error rate went up at the deploy"), "Noted on the timeline"},
	{"note of earlier", about("note INC -20m error rate went up at the deploy"), "Noted on the timeline"},
	{"severity", func(o openOne) string {
		return "severity " + o.id + map[string]string{"sev1": " sev2", "sev2": " sev3", "sev3": " sev4", "sev4": " sev1"}[o.severity]
	}, "is now"},
	{"role", about("commander INC me"), "Commander of"},
	{"status", about("status INC identified"), "is now"},
	{"update", about("update INC we are rolling it back"), "Update posted"},
	{"task", about("task INC restart the queue"), "Task "},
	{"mitigate", about("mitigated INC"), "is mitigated"},
	{"resolve", about("resolve INC"), "is resolved"},
	{"close", about("close INC"), "is closed"},
	{"reopen", about("reopen INC it is back"), "is open again"},
	{"declare", nil, "declared. Opening"},
	{"refusal", about("close INC"), "cannot be closed yet"},
	{"read: list", about("list"), "open incidents, and more"},
	{"read: timeline", about("timeline INC"), "Timeline of"},
	{"read: one entry", func(o openOne) string { return fmt.Sprintf("timeline %s #%d", o.id, o.entry) }, "declared"},
	{"read: tasks", about("tasks INC"), "open task"},
	{"read: search", about("search disk rolled back"), "Found:"},
	{"read: search of one word", about("search queue"), "Found:"},
	{"read: search in vain", about("search queue pterodactyl"), "Nothing that you may see"},
	{"read: role", about("commander INC"), "Commander of"},
	{"read: help", about("help"), "Anywhere"},
	{"read: menu", about(""), "What would you like"},
}

// growth does everything in a large house and in a small one, in turn, and compares the medians.
func (b *bench) growth() {
	far := b.farSide(trip)
	var houses []*grown
	for _, path := range []string{b.large(), b.small()} {
		open := openIncidents(b, path)
		s := b.ours(path, far)
		defer s.end()
		houses = append(houses, &grown{subject: s, open: open, line: s.dial(), took: map[string][]time.Duration{}})
	}
	for n := range min(b.rounds*b.pick(20, 8), len(houses[0].open), len(houses[1].open)) {
		for k := range deeds {
			for turn := range houses {
				houses[(turn+n+k)%len(houses)].do(deeds[k], n)
			}
		}
	}
	for _, d := range deeds {
		large, small := series(inMillis(houses[0].took[d.name])), series(inMillis(houses[1].took[d.name]))
		ratio, more := large.median()/small.median(), large.median()-small.median()
		row{
			what: fmt.Sprintf("growth, %s: %s ÷ 1000 incidents", d.name, b.largeName()), ours: fmt.Sprintf("%.2f ms", large.median()), floor: fmt.Sprintf("%.2f ms", small.median()),
			ratio: fmt.Sprintf("%.2f", ratio), noise: fmt.Sprintf(" (%+.2f ms, n=%d)", more, len(large)), bar: "≤ 1.2 or + 0.1 ms", met: ratio <= 1.2 || more <= 0.1,
		}.print()
	}
}

// grown is a house of a certain size.
type grown struct {
	*subject
	open []openOne
	line *line
	took map[string][]time.Duration
}

func (g *grown) do(d deed, n int) {
	g.b.Helper()
	text := "declare " + distinct(n)
	if d.line != nil {
		text = d.line(g.open[n])
	}
	who := n % staff
	if person(who).Handle == g.open[n].commander {
		who = (who + 1) % staff
	}
	g.took[d.name] = append(g.took[d.name], g.one(g.line, slash(person(who).Handle, "C0GENERAL", text, d.want)))
}

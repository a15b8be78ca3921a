package main

import (
	"database/sql"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// TestOutage: Slack does not answer for six hours, while people declare incidents and work on others. What it is owed
// then waits in the queue, two thousand things. When it is back, everything reaches it once, as fast as its limits allow.
func TestOutage(t *testing.T) {
	if testing.Short() {
		t.Skip("hours of scenario time: run without -short")
	}
	o := newOutage(t)
	for n := range 60 {
		o.declare("", n)
	}
	o.recover(recovery)
	o.begin()
	before := heap()
	end := o.Clock()().Add(6 * time.Hour)
	for n := 0; o.Clock()().Before(end); n++ {
		o.Pass(time.Minute)
		o.work(n)
		o.quieten(t)
	}
	owed, during := o.owed(), heap()
	o.finish()
	took := o.catchUp(2 * time.Hour)
	after := heap()
	allowed, why := o.allowed()
	t.Logf("%d effects waited; all delivered %s after the outage; the limits allow %s (%s); ratio %.3f", owed, took, allowed, why, took.Seconds()/allowed.Seconds())
	o.report(t)
	t.Logf("heap: %.1f MiB before, %.1f during, %.1f after", before, during, after)
	if again := o.Duplicates(); len(again) > 0 {
		t.Errorf("done twice: %q", again)
	}
	if owed < 2000 {
		t.Errorf("%d effects waited, want 2000", owed)
	}
}

// outage is a house with a Slack that fails, and a diary of the calls by the scenario's clock.
type outage struct {
	*house
	declared int

	mu    sync.Mutex
	down  bool
	since time.Time
	diary []entry
}

// entry is one call, when it was made.
type entry struct {
	slacksim.Call
	at time.Time
}

func newOutage(t *testing.T) *outage {
	t.Helper()
	o := &outage{house: newHouse(t)}
	o.Announce("ratelimited", "already_in_channel", "already_pinned", "not_in_channel")
	o.Faults(o.watch)
	return o
}

// watch notes each call, and fails it while Slack is down.
func (o *outage) watch(c slacksim.Call) *slacksim.Fault {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.diary = append(o.diary, entry{c, o.Clock()()})
	if o.down {
		return &slacksim.Fault{Kind: slacksim.Status, Status: 503}
	}
	return nil
}

// begin is the moment from which Slack answers nothing; its limits hold from then on.
func (o *outage) begin() {
	o.Limits(1)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.down, o.diary = true, nil
}

// finish is the end of it.
func (o *outage) finish() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.down, o.since, o.diary = false, o.Clock()(), nil
}

// declare rings the bell, with severities in turn.
func (o *outage) declare(severity string, n int) {
	o.t.Helper()
	if severity == "" {
		severity = fmt.Sprintf("sev%d", 4-n%4)
	}
	o.declared++
	words := fmt.Sprintf("/incident declare %s part %d of the shop is down --service checkout", severity, o.declared)
	if answer := o.command("Ada", "#general", words, fmt.Sprintf("declare-%d", o.declared)); !strings.Contains(answer, "declared") {
		o.t.Fatalf("answered: %s", answer)
	}
}

// work is what people do in one minute.
func (o *outage) work(n int) {
	o.t.Helper()
	if n%2 == 0 && o.declared < 320 {
		for range 2 {
			o.declare("", n/2)
		}
	}
	name := incident.ID(n%60 + 1).String()
	for k, words := range []string{"update " + name + " we look at it, part %d", "severity " + name + " sev%d", "commander " + name + " @grace"} {
		if k == 1 {
			words = fmt.Sprintf(words, n%4+1)
		}
		if k == 0 {
			words = fmt.Sprintf(words, n)
		}
		o.command("Ada", "#general", "/incident "+words, fmt.Sprintf("work-%d-%d", n, k))
	}
}

// owed counts the effects that wait.
func (o *outage) owed() (n int) {
	o.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+o.db+"?mode=ro")
	if err == nil {
		defer func() { _ = db.Close() }()
		err = db.QueryRow("SELECT count(*) FROM effects WHERE done_at IS NULL AND buried_at IS NULL").Scan(&n)
	}
	if err != nil {
		o.t.Fatal(err)
	}
	return n
}

// catchUp lets time pass until nothing is owed any more, and returns how long that took.
func (o *outage) catchUp(limit time.Duration) time.Duration {
	o.t.Helper()
	begin := o.Clock()()
	for o.Clock()().Sub(begin) < limit {
		o.quieten(o.t)
		due, err := o.program.store.NextDue(o.t.Context())
		if err != nil {
			o.t.Fatal(err)
		}
		if due.IsZero() {
			return o.Clock()().Sub(begin)
		}
		o.Pass(time.Second)
	}
	db, _ := sql.Open("sqlite3", "file:"+o.db+"?mode=ro")
	rows, _ := db.Query("SELECT kind, incident_id, attempt, due_at, lease_until, error FROM effects WHERE done_at IS NULL AND buried_at IS NULL LIMIT 20")
	for rows.Next() {
		var kind, e string
		var inc, at, due int64
		var lease sql.NullInt64
		rows.Scan(&kind, &inc, &at, &due, &lease, &e)
		o.t.Log(kind, inc, at, time.UnixMilli(due).Sub(o.Clock()()), lease, e)
	}
	o.report(o.t)
	o.t.Fatalf("after %s %d effects are owed still", limit, o.owed())
	return 0
}

// perMinute is how many calls of a method Slack takes in a minute, where that bounds how fast a backlog is worked off.
var perMinute = map[string]int{
	"conversations.create": 20, "conversations.setTopic": 20, "pins.add": 20, "bookmarks.add": 20,
	"conversations.invite": 50, "chat.update": 50, "conversations.open": 50,
}

// answered are the calls since the outage that Slack did what they asked for, by method, and by channel for messages.
func (o *outage) answered() map[string]int {
	counts := map[string]int{}
	calls := o.Calls()
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, e := range o.diary {
		switch {
		case calls[e.N-1].Outcome != "ok":
		case e.Method == "chat.postMessage":
			counts[e.Method+" "+fmt.Sprint(e.Args["channel"])]++
		default:
			counts[e.Method]++
		}
	}
	return counts
}

// allowed is how long the calls that were needed take at least, by the limits of each method and channel, and which bounds it.
func (o *outage) allowed() (longest time.Duration, why string) {
	for key, n := range o.answered() {
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

// report prints the calls by method: how many went well, and how many Slack refused because they came too fast.
func (o *outage) report(t *testing.T) {
	t.Helper()
	ok, limited := map[string]int{}, map[string]int{}
	calls := o.Calls()
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, e := range o.diary {
		if calls[e.N-1].Outcome == "ratelimited" {
			limited[e.Method]++
		} else {
			ok[e.Method]++
		}
	}
	for _, method := range slices.Sorted(maps.Keys(ok)) {
		t.Logf("%-24s %5d ok %5d too many", method, ok[method], limited[method])
	}
}

// heap is how much the program and the simulator hold, in MiB.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

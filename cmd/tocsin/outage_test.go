package main

import (
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/bot/slacksim"
)

// TestF38SixHoursWithoutSlack: Slack takes nothing for six hours, while people declare incidents and work on others. What it is owed then
// waits in the queue, thousands of things. When it is back, everything reaches it once: the most severe first, what is
// declared only now before all of it, as fast as its limits allow, and without a flood of what nobody needs to hear any more.
func TestF38SixHoursWithoutSlack(t *testing.T) {
	if testing.Short() {
		t.Skip("six hours of scenario time: run without -short")
	}
	o := newOutage(t)
	for n := range before {
		o.declare(fmt.Sprintf("sev%d", 4-n%4))
	}
	o.recover(recovery)
	calm := heap()
	o.begin(slacksim.Fault{Kind: slacksim.Status, Status: 503})
	for n := range 6 * 60 {
		o.Pass(time.Minute)
		o.work(n)
		o.quieten(t)
	}
	owed, full := o.owed(), heap()
	o.finish()
	took := o.catchUp(time.Hour)
	allowed, why := o.allowed()
	ratio := took.Seconds() / allowed.Seconds()
	t.Logf("%d effects waited; all of it delivered %s after the outage; the limits allow %s (%s): ratio %.3f", owed, took, allowed, why, ratio)
	t.Logf("heap with the simulator: %.1f MiB before, %.1f at the end of the outage, %.1f when all was delivered", calm, full, heap())
	if owed < 2000 || ratio > 1.1 || full-calm > 8 {
		t.Error("want 2,000 effects, a ratio of 1.1 and a flat heap at least")
	}
	o.limitsObeyed(t)
	o.nothingLost(t)
	o.mostSevereFirst(t)
	o.freshFirst(t, 2*time.Second)
	o.oneSummary(t)
}

// before is how many incidents have their rooms when the outage begins.
const before = 60

// TestF21LimitedForAnHour: Slack wants no call at all for an hour, and says so for longer than anybody believes. It is
// asked now and then, and everything else is as after an outage, but that nobody can be told of one.
func TestF21LimitedForAnHour(t *testing.T) {
	if testing.Short() {
		t.Skip("an hour of scenario time and what follows: run without -short")
	}
	o := newOutage(t)
	for n := range before {
		o.declare(fmt.Sprintf("sev%d", 4-n%4))
	}
	o.recover(recovery)
	calm := heap()
	o.begin(slacksim.Fault{Kind: slacksim.Status, Status: http.StatusTooManyRequests, RetryAfter: time.Hour})
	for minute := range 60 {
		o.Pass(time.Minute)
		for n := range 8 {
			o.work(minute*8 + n)
			o.quieten(t)
		}
	}
	asked := map[string]int{}
	for _, e := range o.since() {
		asked[fmt.Sprint(e.Method, e.Args["channel"])]++
	}
	for _, method := range []string{"conversations.create", "chat.update", "conversations.setTopic", "conversations.open"} {
		if n := asked[method]; n > 6*16 { // each ten minutes, and side by side
			t.Errorf("%s was asked for %d times in an hour", method, n)
		}
	}
	owed, full := o.owed(), heap()
	o.finish()
	took := o.catchUp(2 * time.Hour)
	t.Logf("%d effects waited; all of it delivered %s after the hour; heap %.1f MiB before, %.1f at its end", owed, took, calm, full)
	if owed < 2000 || full-calm > 8 {
		t.Error("want 2,000 effects, and a flat heap")
	}
	o.nothingLost(t)
	o.mostSevereFirst(t)
	o.freshFirst(t, time.Minute) // until Slack may be asked again
}

// TestF19PeopleAreToldThatItWaits: whoever changes something while Slack asks for patience is told that it follows.
func TestF19PeopleAreToldThatItWaits(t *testing.T) {
	t.Parallel()
	h, ada, room, card := inRoom(t)
	h.Announce("ratelimited")
	h.Faults(failing("chat.update", 0, slacksim.Fault{Kind: slacksim.Status, Status: http.StatusTooManyRequests, RetryAfter: 30 * time.Second}))
	ada.Type(room.Name(), "/incident severity sev1")
	h.quieten(t)
	ada.Type(room.Name(), "/incident severity sev3").Expect("Slack asks us to slow down", "about 30s")
	h.Faults(nil)
	h.recover(time.Minute)
	card.ExpectEdit("SEV3")
	ada.Type(room.Name(), "/incident severity sev4")
	if answer := h.command("Ada", "#general", "/incident note INC-1 it is over", "later"); strings.Contains(answer, "slow down") {
		t.Errorf("it is told still: %s", answer)
	}
}

// outage is a house with a Slack that fails, and a diary of the calls by the scenario's clock.
type outage struct {
	*house
	declared int

	back time.Time // when the outage was over
	rung time.Time // when the fresh one was declared

	mu    sync.Mutex
	fault *slacksim.Fault // of every call; nil: Slack is well
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
	o.Announce(append(looked, "ratelimited")...)
	o.Faults(o.watch)
	return o
}

// watch notes each call, and fails it while Slack is down.
func (o *outage) watch(c slacksim.Call) *slacksim.Fault {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.diary = append(o.diary, entry{c, o.Clock()()})
	return o.fault
}

// begin is the moment from which Slack answers nothing; its limits hold from then on.
func (o *outage) begin(fault slacksim.Fault) {
	o.Limits(1)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fault, o.diary = &fault, nil
}

// finish is the end of it.
func (o *outage) finish() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fault, o.diary = nil, nil
}

// declare rings the bell; the name of the room ends with the severity.
func (o *outage) declare(severity string) (answer string) {
	o.t.Helper()
	o.declared++
	words := fmt.Sprintf("/incident declare %s part %d is down, %s --service checkout", severity, o.declared, severity)
	if answer = o.command("Ada", "#general", words, fmt.Sprintf("declare-%d", o.declared)); !strings.Contains(answer, "declared") {
		o.t.Fatalf("answered: %s", answer)
	}
	return answer
}

// work is what people do in one minute: nobody minds what Slack can do, and everybody is told.
func (o *outage) work(n int) {
	o.t.Helper()
	if n%4 == 3 {
		for range 2 {
			answer := o.declare(fmt.Sprintf("sev%d", 4-n/4%4))
			if !strings.Contains(answer, ":hourglass: Recorded. Slack ") {
				o.t.Errorf("nobody is told that it waits: %s", answer)
			}
		}
	}
	id := n%before + 1
	who := []string{"Ada", "Grace"}[n/before%2]
	for what, words := range map[string]string{
		"update":    fmt.Sprintf("update INC-%d we look at it, minute %d", id, n),
		"severity":  fmt.Sprintf("severity INC-%d sev%d", id, n/before%4+1),
		"commander": fmt.Sprintf("commander INC-%d me", id),
	} {
		o.command(who, "#general", "/incident "+words, fmt.Sprintf("%s-%d", what, n))
	}
}

// fresh is in the title of what is declared while the backlog is worked off.
const fresh = "right-now"

// owed counts the effects that wait.
func (o *outage) owed() (n int) {
	o.t.Helper()
	err := openDatabase(o.t, o.db).QueryRow("SELECT count(*) FROM effects WHERE done_at IS NULL AND buried_at IS NULL").Scan(&n)
	if err != nil {
		o.t.Fatal(err)
	}
	return n
}

// catchUp lets time pass until nothing is owed any more, and returns how long that took. In the midst of it the bell is rung.
func (o *outage) catchUp(limit time.Duration) time.Duration {
	o.t.Helper()
	o.back = o.Clock()()
	for {
		o.quieten(o.t)
		due, err := o.program.store.NextDue(o.t.Context())
		if err != nil {
			o.t.Fatal(err)
		}
		took := o.Clock()().Sub(o.back)
		switch {
		case due.IsZero():
			return took
		case took > limit:
			o.t.Fatalf("after %s %d effects are owed still", took, o.owed())
		case took == 150*time.Second:
			o.rung = o.Clock()()
			o.declared++
			o.command("Ada", "#general", "/incident declare sev4 something breaks right now --service checkout", "fresh")
		}
		o.Pass(time.Second)
	}
}

// since are the calls since the outage ended, with what came of each.
func (o *outage) since() []entry {
	calls := o.Calls()
	o.mu.Lock()
	defer o.mu.Unlock()
	for n, e := range o.diary {
		o.diary[n].Outcome = calls[e.N-1].Outcome
	}
	return slices.Clone(o.diary)
}

// heap is how much the program and the simulator hold, in MiB.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

package main

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tocsin/bot/slacksim"
)

// crashFaults are the ways in which a call goes wrong before the program dies. With a lost call the program dies while it
// waits, and never learns what became of it. With the others it gets the answer, writes down what that means, finishes
// what it can do without that call, and then dies: so that the new program meets back-offs and opened circuits too.
var crashFaults = []struct {
	name   string
	fault  slacksim.Fault
	learns bool
}{
	{"lost before", slacksim.Fault{Kind: slacksim.LostBefore}, false},
	{"lost after", slacksim.Fault{Kind: slacksim.LostAfter}, false},
	{"500 after", slacksim.Fault{Kind: slacksim.ErrorAfter, Status: http.StatusInternalServerError}, true},
	{"internal_error after", slacksim.Fault{Kind: slacksim.ErrorAfter, Error: "internal_error"}, true},
	{"429", slacksim.Fault{Kind: slacksim.Status, Status: http.StatusTooManyRequests, RetryAfter: 3 * time.Second}, true},
}

// TestCrash breaks every call that the program makes in a scenario, in five ways, kills the program there, starts it
// again, and compares what people see with a run in which nothing went wrong. On PostgreSQL, where a run takes three times as
// long, and beside the main scenario, it is one way for each call, by turns, unless all are asked for.
func TestCrash(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: the crash table takes minutes; make crash runs it")
	}
	all := os.Getenv("TOCSIN_CRASH") == "all"
	t.Run("to the end", func(t *testing.T) { toTheEnd.crash(t, all || !onPostgres) })
	t.Run("beside", func(t *testing.T) { beside.crash(t, all) })
	t.Run("in triage", func(t *testing.T) { inTriage.crash(t, all) })
}

func (s scenario) crash(t *testing.T, all bool) {
	began := time.Now()
	clean := newCrashHouse(t)
	first := len(clean.Calls()) // those before are of the start: what a restart does anyway
	for n := range s {
		clean.play(t, s, n)
	}
	want, calls := clean.photograph(t), clean.Calls()[first:]
	if again := clean.Duplicates(); len(again) > 0 {
		t.Fatalf("without a fault something was done twice: %q", again)
	}

	var runs, equal atomic.Int64
	t.Run("each", func(t *testing.T) {
		for n, call := range calls {
			for which, f := range crashFaults {
				if !all && which != n%len(crashFaults) {
					continue
				}
				t.Run(fmt.Sprintf("%d %s %d %s", n+1, call.Method, call.NthOfMethod, f.name), func(t *testing.T) {
					t.Parallel()
					runs.Add(1)
					h := newCrashHouse(t)
					c := &crash{house: h, scenario: s, furnished: speaksToCustomers(h.Workspace), method: call.Method, nth: call.NthOfMethod, fault: f.fault, learns: f.learns}
					c.run(t)
					if differs(t, h, want) || !c.over() {
						t.Errorf("calls:\n%s", h.callList())
						return
					}
					equal.Add(1)
				})
			}
		}
	})
	fmt.Printf("crash: engine=%s calls=%d faults=%d runs=%d equal=%d took=%s\n",
		cmp.Or(testEngine, "sqlite"), len(calls), len(crashFaults), runs.Load(), equal.Load(), time.Since(began).Round(time.Second))
	if runs.Load() != equal.Load() {
		t.Errorf("%d worlds differ", runs.Load()-equal.Load())
	}
}

// crash is one run of the scenario in which the program is killed at one call, and started again from what its disk
// held at that moment.
type crash struct {
	*house
	scenario  scenario
	method    string
	nth       int            // of the method
	fault     slacksim.Fault // the zero fault is none: the call goes well
	learns    bool           // the program gets the answer before it dies
	twice     bool           // it dies a second time, at the first call that it makes after the restart
	furnished furnish        // how the program is made anew; nil for as it comes

	mu    sync.Mutex
	stage stage
	image string // what was on the disk when it died
	err   error
}

// stage is how far a crash has come.
type stage int

const (
	healthy stage = iota
	doomed        // the call went wrong, and the program may still learn so
	dead          // nothing that it does counts any more
	revived
	killedAgain
)

// run plays the scenario with the crash in it.
func (c *crash) run(t *testing.T) {
	t.Helper()
	c.Faults(c.fails)
	for n := range c.scenario {
		c.play(t, c.scenario, n)
		for c.stricken() {
			c.revive(t)
			c.again(t, c.scenario, n)
		}
	}
}

// fails is asked before every call.
func (c *crash) fails(call slacksim.Call) *slacksim.Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case startCalls[call.Method]:
		return nil
	case c.stage == dead || c.stage == killedAgain && c.image != "":
		return &slacksim.Fault{Kind: slacksim.LostBefore}
	case c.stage == healthy && call.Method == c.method && call.NthOfMethod == c.nth:
		c.stage = doomed
		if !c.learns {
			c.die(dead)
		}
		if c.fault.Kind == 0 {
			return nil
		}
		return &c.fault
	case c.stage == revived && c.twice:
		c.die(killedAgain)
		return &slacksim.Fault{Kind: slacksim.LostAfter}
	}
	return nil
}

// startCalls are made by every start, perhaps after the first deliveries of its recovery: they are no part of it, and
// change nothing.
var startCalls = map[string]bool{"auth.test": true, "users.list": true, "apps.connections.open": true}

// die keeps the disk as it is now, and cuts the program off: what it answers from now on was never said.
func (c *crash) die(to stage) {
	c.stage = to
	c.unheard()
	c.image, c.err = c.house.image()
}

// stricken tells whether the program must be started again. One that was to learn of the fault has done so by now, for
// the house is quiet: it dies here.
func (c *crash) stricken() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stage == doomed {
		c.die(dead)
	}
	return c.image != ""
}

// revive waits until the dead program has let go, and starts a new one on what the old one left on the disk.
func (c *crash) revive(t *testing.T) {
	t.Helper()
	if c.err != nil {
		t.Fatal(c.err)
	}
	c.stop()
	c.mu.Lock()
	c.db, c.image = c.image, ""
	if c.stage == dead {
		c.stage = revived
	}
	c.mu.Unlock()
	if c.furnished != nil {
		c.start(c.furnished)
		return
	}
	c.start()
}

// over tells whether the crash has happened.
func (c *crash) over() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stage == revived && !c.twice || c.stage == killedAgain
}

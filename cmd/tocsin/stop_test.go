package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/bot/slacksim"
)

// stopLimit is how long the program may take to end after SIGTERM: systemd and Kubernetes wait longer, and then kill.
const stopLimit = 10 * time.Second

// TestStop ends the real binary with SIGTERM while people work with it: it must end well and in time, and nothing that
// it has answered may be lost.
func TestStop(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: the stop test runs the real binary for a quarter of a minute; without -short it runs")
	}
	t.Run("under load", func(t *testing.T) {
		s := newStorm(t, setting(t, "TOCSIN_KILL_SEED", rand.Uint64N(1e6)))
		var longest time.Duration
		for range stops {
			p := s.open()
			wait := s.each(unlimited)
			longest = max(longest, s.stopAfter(p, s.within(300*time.Millisecond)))
			wait()
		}
		s.settle(t, longest)
	})
	t.Run("while Slack hangs", func(t *testing.T) {
		s := newStorm(t, setting(t, "TOCSIN_KILL_SEED", rand.Uint64N(1e6)))
		p := s.open()
		s.each(8)()
		s.drain() // so that there is a card to press a button on
		hangs := s.hang()
		s.timeline(t)
		wait := s.each(unlimited)
		for _, method := range []string{"response_url", "chat.update"} { // an answer to a person, and an effect
			select {
			case <-hangs[method]:
			case <-p.ended:
				t.Fatal("the program ended before it was told to")
			}
		}
		took := s.stopAfter(p, 0)
		wait()
		s.w.Faults(nil)
		s.settle(t, took)
	})
}

// hang lets no call come back any more, and tells when the first of some methods was made.
func (s *storm) hang() (hangs map[string]chan struct{}) {
	hangs = map[string]chan struct{}{"response_url": make(chan struct{}), "chat.update": make(chan struct{})}
	var mu sync.Mutex
	seen := map[string]bool{}
	s.w.Faults(func(c slacksim.Call) *slacksim.Fault {
		mu.Lock()
		defer mu.Unlock()
		if first := hangs[c.Method]; first != nil && !seen[c.Method] {
			close(first)
			seen[c.Method] = true
		}
		return &slacksim.Fault{Kind: slacksim.Hang}
	})
	return hangs
}

// timeline presses the button that is answered by a message for one person alone, which goes to a response_url.
func (s *storm) timeline(t *testing.T) {
	t.Helper()
	for _, m := range s.w.Posted("") {
		if what, _ := m.Payload["what"].(string); !strings.HasSuffix(what, " card") {
			continue
		}
		press := slacksim.ActionArgs{Person: "Ada", Channel: m.Channel, TS: m.TS, Block: "act", Action: "do:timeline"}
		if status, body, err := s.w.SendAction(t.Context(), press); err == nil && status == http.StatusOK {
			return
		} else {
			t.Logf("pressed in vain: %d %s %v", status, body, err)
		}
	}
	t.Fatal("there is no card to press a button on")
}

const (
	stops     = 20      // how often it is stopped under load
	unlimited = 1 << 30 // requests of each client: until there is no answer
)

// stopAfter stops the program in a while, and returns how long that took.
func (s *storm) stopAfter(p *process, delay time.Duration) time.Duration {
	s.t.Helper()
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.ended:
	}
	took := p.stop(s.t)
	s.blame(p)
	if took > stopLimit {
		s.t.Errorf("it took %s to end, and may take %s", took, stopLimit)
	}
	return took
}

// settle brings all to an end after the last stop, and compares.
func (s *storm) settle(t *testing.T, longest time.Duration) {
	t.Helper()
	s.calm()
	found := s.audit()
	fmt.Printf("stop: %s seed=%d acknowledged=%d resent=%d lost=%d duplicates=%d missing=%d longest=%s\n",
		t.Name(), s.seed, s.acknowledged(), s.resent, len(found.lost), len(found.duplicates), len(found.missing), longest.Round(time.Millisecond))
	found.report(t)
}

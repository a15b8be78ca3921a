package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tocsin"
	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// TestKill kills the real binary at random moments, again and again, while people work with it and Slack's API limits
// some calls and loses the answers of others. Whatever was answered must be true in the end, and nothing may be there
// twice or half made. TOCSIN_KILL_CYCLES and TOCSIN_KILL_SEED say how often and from which seed; a seed repeats the
// choices, not the races.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: the kill test takes a minute; make kill runs it")
	}
	s := newStorm(t, setting(t, "TOCSIN_KILL_SEED", rand.Uint64N(1e6)))
	cycles := setting(t, "TOCSIN_KILL_CYCLES", 100)
	fmt.Printf("kill: engine=sqlite seed=%d cycles=%d begins\n", s.seed, cycles)
	for n := range cycles {
		s.cycle(n)
		if n%50 == 49 {
			s.calm() // so that work does not pile up: what waits long enough would only be told late
		}
	}
	s.calm()
	found := s.audit()
	fmt.Printf("kill: engine=sqlite cycles=%d kills=%d %s\n", cycles, s.kills, found)
	found.report(t)
}

// setting is a number from the environment.
func setting(t *testing.T, name string, fallback uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return fallback
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// storm is a workspace that outlives the program in it, and the people who go on working.
type storm struct {
	*crowd
	seed     uint64
	db       string
	line     []string // how the program is started
	settings []string
	clients  []*client
	kills    int
	began    time.Time

	rough  atomic.Bool // calls go wrong
	faults atomic.Int64
	roll   sync.Mutex // guards dice
	dice   *rand.Rand
}

// redeliver are the pauses before Slack sends an event again, short enough for this test.
var redeliver = []time.Duration{0, 100 * time.Millisecond, 300 * time.Millisecond}

func newStorm(t *testing.T, seed uint64) *storm {
	t.Helper()
	return newStormOn(t, seed, filepath.Join(t.TempDir(), "tocsin.db"))
}

// newStormOn is a storm over a database that may be there already.
func newStormOn(t *testing.T, seed uint64, db string) *storm {
	t.Helper()
	w := slacksim.New(t, slacksim.Options{Manifest: tocsin.Manifest, Now: time.Now, Redeliver: redeliver})
	w.Limits(0)                                                          // Slack's are on real time; the limits that are met here come from fault
	w.Announce("already_pinned", "already_in_channel", "not_in_channel") // what a second try may hear
	w.Announce("channel_not_found")                                      // of a private room that is archived by then: to us it is not there any more
	w.Announce("is_archived", "is_inactive")                             // of a duplicate, whose room was archived while something else was on its way there, to be said or to be edited
	w.Announce("thread_not_found")                                       // of an announcement that is taken back, with the updates that stood below it
	w.Announce("not_found")                                              // of a bookmark that is taken away twice
	w.Announce("invalid_form_data")                                      // half a request, of a program that was killed while it sent it
	s := &storm{
		crowd: &crowd{t: t, w: w, rooms: map[incident.ID]string{}}, seed: seed, db: db, began: time.Now(),
		line: []string{binary(t), "serve"}, dice: rand.New(rand.NewPCG(seed, 0)),
	}
	policy := filepath.Join(t.TempDir(), "tocsin.yml")
	text := "announce: " + w.ChannelID("incidents") + "\ncustomers: {channel: " + w.ChannelID("random") + ", approve: 'yes'}" + "\nservices:\n  - name: checkout\n    links:\n      - {title: Dashboard, url: 'https://grafana.example.com/d/checkout'}\n"
	if err := os.WriteFile(policy, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.settings = []string{
		"SLACK_API_URL=" + w.APIURL(), "SLACK_BOT_TOKEN=" + w.BotToken(), "SLACK_SIGNING_SECRET=" + w.SigningSecret(),
		"TOCSIN_DB=" + s.db, "TOCSIN_ADDR=127.0.0.1:0", "TOCSIN_OPS_ADDR=127.0.0.1:0", "TOCSIN_POLICY=" + policy,
	}
	for n, name := range []string{"Ada", "Grace", "Linus", "Margaret"} {
		s.clients = append(s.clients, &client{crowd: s.crowd, name: name, dice: rand.New(rand.NewPCG(seed, uint64(n)+1)), presses: name == "Margaret"})
	}
	w.Faults(s.fault)
	return s
}

// fault is what goes wrong with a call: one in twenty is limited, and of one in twenty the answer is lost after it was done.
func (s *storm) fault(slacksim.Call) *slacksim.Fault {
	if !s.rough.Load() {
		return nil
	}
	switch n := s.chance(100); {
	case n < 5:
		s.faults.Add(1)
		return &slacksim.Fault{Kind: slacksim.Status, Status: http.StatusTooManyRequests, RetryAfter: time.Second}
	case n < 10:
		s.faults.Add(1)
		return &slacksim.Fault{Kind: slacksim.LostAfter}
	case n < 15:
		s.faults.Add(1)
		<-time.After(s.within(slowest))
	}
	return nil
}

// slowest is how long a slow call takes before it lands. It lands even if the program that made it is gone by then: so a
// program that starts again may look for something that is still on its way.
const slowest = 300 * time.Millisecond

// chance is a number below n.
func (s *storm) chance(n int) int {
	s.roll.Lock()
	defer s.roll.Unlock()
	return s.dice.IntN(n)
}

// within is a random time up to most.
func (s *storm) within(most time.Duration) time.Duration {
	return time.Duration(s.chance(int(most)))
}

// start starts the program.
func (s *storm) start() *process { return launch(s.t, s.line, s.settings) }

// open starts the program and lets Slack know where it is.
func (s *storm) open() *process {
	p := s.start()
	s.w.Connect(p.address(s.t))
	return p
}

// each lets everybody work at the same time, until they have sent so many requests or get no answer.
func (s *storm) each(most int) (wait func()) {
	var group sync.WaitGroup
	for _, c := range s.clients {
		group.Go(func() { c.work(s.t.Context(), most) })
	}
	return group.Wait
}

// cycle starts the program, lets people work, and kills it: mostly within some requests, every third time late enough to
// hit what is being delivered, and in one of four cycles once more while it recovers.
func (s *storm) cycle(n uint64) {
	s.rough.Store(true)
	if n%4 == 3 {
		s.end(s.start(), s.within(50*time.Millisecond))
	}
	p := s.open()
	wait := s.each(12)
	most := 40 * time.Millisecond
	if n%3 == 2 {
		most *= 10
	}
	s.end(p, s.within(most))
	wait()
}

// end kills the program in a while.
func (s *storm) end(p *process, delay time.Duration) {
	p.killAfter(delay)
	s.kills++
	s.blame(p)
}

// blame fails the test for what the program itself calls an error: nothing that happens here is one.
func (s *storm) blame(p *process) {
	for _, line := range p.errors {
		if p.excused(line) {
			continue
		}
		s.t.Errorf("the program logged an error: %s", line)
	}
}

// calm starts the program when nothing goes wrong any more, sends again what has no answer yet, waits until all is
// delivered, and ends it as systemd does.
func (s *storm) calm() {
	s.rough.Store(false)
	p := s.open()
	s.finish()
	p.stop(s.t)
	s.blame(p)
}

// finish sends again what has no answer yet, and waits until all is delivered.
func (s *storm) finish() {
	for range len(redeliver) + 1 {
		for _, c := range s.clients {
			if c.pending != nil {
				c.work(s.t.Context(), 1)
			}
		}
	}
	for _, c := range s.clients {
		if c.pending != nil {
			s.t.Errorf("%s gets no answer, although nothing goes wrong any more", c.pending.key)
		}
	}
	s.drain()
}

// drainLimit is how long deliveries may take when nothing goes wrong any more.
const drainLimit = 3 * time.Minute

// drain waits until no effect is open. The last step of a delivery is a commit, of which nobody outside hears, so the
// database is asked.
func (s *storm) drain() {
	db := openDatabase(s.t, s.db)
	ctx, cancel := context.WithTimeout(s.t.Context(), drainLimit)
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		var open int
		if err := db.QueryRowContext(ctx, `SELECT count(*) FROM effects WHERE done_at IS NULL AND buried_at IS NULL`).Scan(&open); err != nil {
			s.t.Fatalf("not all was delivered within %s: %v\n%s", drainLimit, err, strings.Join(s.waiting(db), "\n"))
		}
		if open == 0 {
			return
		}
		<-look.C
	}
}

// waiting is what has not been delivered, and why.
func (s *storm) waiting(db *sql.DB) []string {
	return column(s.t, db, `SELECT kind || ' ' || subject || ' of INC-' || incident_id || ': ' || error FROM effects WHERE done_at IS NULL AND buried_at IS NULL`)
}

// acknowledged is how many requests were answered with "done".
func (s *storm) acknowledged() (n int) {
	for _, p := range s.promises {
		if p.verdict == kept {
			n++
		}
	}
	return n
}

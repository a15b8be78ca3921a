package main

import (
	"fmt"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tocsin/bot/slacksim"
	"tocsin/store/storetest"
)

// TestKillReplicas is TestKill with three replicas on one PostgreSQL database: they are killed at random moments, one or all,
// and stopped for longer than their leases last, while people work with whichever is there.
func TestKillReplicas(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: the kill test takes a minute; make kill runs it")
	}
	f := newFleet(t, setting(t, "TOCSIN_KILL_SEED", rand.Uint64N(1e6)))
	cycles, n := setting(t, "TOCSIN_KILL_CYCLES", 20), uint64(0)
	fmt.Printf("kill: engine=postgres seed=%d cycles=%d begins\n", f.seed, cycles)
	for wrong := false; n < cycles && !wrong; n++ {
		f.cycle(n)
		if n%25 == 24 {
			f.calm()
			wrong = f.audit().report(t)
		}
	}
	f.calm()
	for _, r := range f.replicas {
		r.stop(t)
		f.blame(r.process)
	}
	found := f.audit()
	fmt.Printf("kill: engine=postgres replicas=%d lease=%s cycles=%d kills=%d pauses=%d %s\n", len(f.replicas), fleetLease, n, f.kills, f.pauses, found)
	found.report(t)
}

// TestF79StoppedPastItsLease: a replica is stopped between two calls of one delivery, another one takes over when its lease
// is over and delivers, and then the first goes on. What it would have done must not be done.
func TestF79StoppedPastItsLease(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: this test stops the real binary for seconds; make kill runs it")
	}
	f := newFleet(t, 79)
	stopped, others := f.replicas[0], f.replicas[1:]
	f.replicas = f.replicas[:1] // so that nobody else is first
	f.fill()
	await(t, func() bool { return f.answered("users.list") == len(f.replicas) })
	f.w.Connect("") // nobody hears of the newcomer
	f.w.Join(f.w.Add(slacksim.Profile{Name: "Newcomer"}), "#general")
	if err := f.w.Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.w.Connect(stopped.at) // it alone hears of the incident
	asked, gate := make(chan struct{}), make(chan struct{})
	var once sync.Once
	f.w.Faults(func(c slacksim.Call) *slacksim.Fault {
		if c.Method == "users.info" { // whether somebody new may declare is asked before their room is made
			once.Do(func() { close(asked); <-gate })
		}
		return nil
	})
	send := slacksim.SendArgs{Person: "Newcomer", Channel: "#general", Text: declareCheckout, TriggerID: "one"}
	if _, body, err := f.w.SendCommand(t.Context(), send); err != nil || !strings.Contains(body, "INC-1 declared") {
		t.Fatalf("answered: %s, %v", body, err)
	}
	select {
	case <-asked:
	case <-time.After(patience):
		t.Fatalf("nobody asked who the newcomer is, and %d rooms were made", f.answered("conversations.create"))
	}
	stopped.delayed = true
	stopped.signal(t, syscall.SIGSTOP)
	close(gate)
	f.replicas = append(f.replicas, others...)
	f.fill()
	f.drain()
	stopped.signal(t, syscall.SIGCONT)
	for _, r := range f.replicas {
		r.stop(t) // which lets it finish what it was at
		f.blame(r.process)
	}
	if rooms, made := strings.Count(f.w.World(), "\n#inc-"), f.answered("conversations.create"); rooms != 1 || made != 1 {
		t.Errorf("%d rooms, %d calls to make one", rooms, made)
	}
	if again := f.w.Duplicates(); len(again) > 0 {
		t.Errorf("done twice: %q", again)
	}
}

// answered counts the calls of a method that are over.
func (f *fleet) answered(method string) (n int) {
	for _, c := range f.w.Calls() {
		if c.Method == method && c.Outcome != "" {
			n++
		}
	}
	return n
}

// fleetLease is the shortest there is, so that many leases end.
const fleetLease = leaseLeast

// fleet is a storm over several replicas.
type fleet struct {
	*storm
	balancer *balancer
	replicas []*replica
	pauses   int
}

// replica is a place where a program runs, again and again.
type replica struct {
	*process // nil: not started, or gone
	number   int
	at       string // where it takes requests
}

func newFleet(t *testing.T, seed uint64) *fleet {
	t.Helper()
	f := &fleet{storm: newStormOn(t, seed, storetest.Cluster(t).Database(t)), replicas: []*replica{{number: 0}, {number: 1}, {number: 2}}}
	f.line = append(f.line, "--lease", fleetLease.String())
	f.balancer = newBalancer(t, len(f.replicas), rand.New(rand.NewPCG(seed, 99)))
	f.w.Connect(f.balancer.url)
	return f
}

// cycle starts the replicas that are gone, lets people work, and takes one of them away: mostly for good, in one of four
// cycles for longer than its leases last; in one of eight it takes all.
func (f *fleet) cycle(n uint64) {
	f.rough.Store(true)
	victim := f.replicas[f.chance(len(f.replicas))]
	f.fill()
	wait := f.each(12)
	most := 40 * time.Millisecond
	if n%3 == 2 {
		most *= 10
	}
	<-time.After(f.within(most))
	switch {
	case n%4 == 1:
		f.pause(victim)
	case n%8 == 7:
		for _, r := range f.replicas {
			f.take(r)
		}
	default:
		f.take(victim)
	}
	wait()
}

// fill starts the replicas that are gone. Some are killed while they start.
func (f *fleet) fill() {
	for _, r := range f.replicas {
		if r.process != nil {
			continue
		}
		if f.chance(5) == 0 {
			f.end(f.start(), f.within(50*time.Millisecond))
		}
		r.process = f.start()
		r.at = r.address(f.t)
		f.balancer.place(r.number, r.at)
	}
}

// take kills a replica. The balancer does not hear of it.
func (f *fleet) take(r *replica) {
	f.end(r.process, 0)
	r.process = nil
}

// pause stops a replica where it stands, as a machine does that is suspended, for longer than its leases last.
func (f *fleet) pause(r *replica) {
	f.pauses++
	for _, other := range f.replicas {
		other.delayed = true // what it holds locked, nobody else gets
	}
	r.signal(f.t, syscall.SIGSTOP)
	<-time.After(fleetLease + f.within(1500*time.Millisecond))
	r.signal(f.t, syscall.SIGCONT)
}

// calm lets all be delivered while nothing goes wrong, with all replicas, and replaces one as a deployment does.
func (f *fleet) calm() {
	f.rough.Store(false)
	f.fill()
	f.finish()
	old := f.replicas[f.chance(len(f.replicas))]
	old.stop(f.t)
	f.blame(old.process)
	old.process = nil
	f.fill()
}

// balancer stands between Slack and the replicas, and sends each request to any of them, whether it is alive or not.
type balancer struct {
	url string

	mu      sync.Mutex
	targets []*url.URL
	dice    *rand.Rand
}

func newBalancer(t *testing.T, n int, dice *rand.Rand) *balancer {
	t.Helper()
	b := &balancer{targets: make([]*url.URL, n), dice: dice}
	proxy := &httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(b.any()) },
		Transport:    &http.Transport{DisableKeepAlives: true},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }, // no answer
		ErrorLog:     log.New(silence{}, "", 0),
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

// place says where a replica takes requests.
func (b *balancer) place(n int, address string) {
	at, err := url.Parse(address)
	if err != nil {
		panic(err) // the program has said it
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.targets[n] = at
}

func (b *balancer) any() *url.URL {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.targets[b.dice.IntN(len(b.targets))]
}

// silence is where lines go that say only that a replica is gone.
type silence struct{}

func (silence) Write(line []byte) (int, error) { return len(line), nil }

// signal sends a signal to the process.
func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatalf("the program has ended before it got %s: %v", s, err)
	}
}

// excused tells of an error that is no fault of the program's: a request that took too long while a replica was stopped.
func (p *process) excused(line string) bool {
	return p.delayed && (strings.Contains(line, "context canceled") || strings.Contains(line, "context deadline exceeded"))
}

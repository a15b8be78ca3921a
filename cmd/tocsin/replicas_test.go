package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/bot/slacksim"
	"tocsin/incident"
	"tocsin/store/storetest"
)

// team is a house with several replicas on one PostgreSQL database, and a balancer in front of them.
type team struct {
	*house
	where    string
	members  []*program
	logs     []*watchedLog // of each, and of nobody else
	balancer *balancer
}

func newTeam(t *testing.T, n int, changes ...furnish) *team {
	t.Helper()
	m := &team{where: storetest.Cluster(t).Database(t), balancer: newBalancer(t, n, rand.New(rand.NewPCG(1, 2)))}
	changes = append(changes, overHTTP, func(o *options) {
		m.logs = append(m.logs, &watchedLog{})
		o.settings.DB, o.lease, o.log = m.where, houseLease, slog.New(m.logs[len(m.logs)-1])
	})
	m.house = newHouse(t, changes...)
	m.members = append(m.members, m.program)
	for len(m.members) < n {
		m.join(changes)
	}
	for k, p := range m.members {
		m.balancer.place(k, p.url())
	}
	m.Connect(m.balancer.url)
	m.OnSettle(m.settle)
	m.OnPass(func(time.Time) {
		for _, p := range m.members {
			p.outbox.Nudge()
		}
	})
	return m
}

// join starts one more replica.
func (m *team) join(changes []furnish) {
	m.t.Helper()
	o := demoOptions(m.Workspace, "")
	o.now = m.Clock()
	for _, change := range changes {
		change(&o)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p, err := newProgram(ctx, o)
	if err != nil {
		cancel()
		m.t.Fatal(err)
	}
	m.members = append(m.members, p)
	log, done := m.logs[len(m.logs)-1], make(chan error, 1)
	go func() { done <- p.run(ctx) }()
	m.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			m.t.Errorf("a replica did not end well: %v", err)
		}
		for _, line := range log.unexpected() {
			m.t.Errorf("an error was logged that nobody announced: %s", line)
		}
	})
}

// settle waits until none of the replicas has anything to do, and nothing is leased by any.
func (m *team) settle(ctx context.Context) error {
	pool := openDatabase(m.t, m.where)
	for {
		for _, p := range m.members {
			if err := p.outbox.Drain(ctx); err != nil {
				return err
			}
			p.bot.Wait()
		}
		var open int
		err := pool.QueryRowContext(ctx, `SELECT count(*) FROM effects WHERE done_at IS NULL AND buried_at IS NULL AND (lease_until IS NOT NULL OR due_at <= $1)
			AND turn IS NOT NULL`, m.Clock()().UnixMilli()).Scan(&open)
		if err != nil || open == 0 {
			return err
		}
	}
}

// TestStoryReplicas: three replicas take what comes, and deliver what it owes: each thing once, and in order.
func TestStoryReplicas(t *testing.T) {
	t.Parallel()
	m := newTeam(t, 3)
	var people sync.WaitGroup
	for n, name := range []string{"Ada", "Grace", "Linus", "Margaret"} {
		people.Go(func() {
			for k := range 3 {
				m.command(name, "#general", fmt.Sprintf("/incident declare sev2 part %d of the shop is down", 10*n+k), "")
			}
		})
	}
	people.Wait()
	for n, name := range []string{"Ada", "Grace", "Linus"} { // all at the same incidents at the same time
		for half := range 2 {
			people.Go(func() {
				for id := range 6 {
					for k := range 4 {
						m.command(name, "#general", fmt.Sprintf("/incident update INC-%d news %d of %s", 6*half+id+1, k, name), "")
						m.command(name, "#general", fmt.Sprintf("/incident severity INC-%d sev%d", 6*half+id+1, 1+(n+k)%4), "")
					}
				}
			})
		}
	}
	people.Wait()
	m.rest()
	if again := m.Duplicates(); len(again) > 0 {
		t.Errorf("done twice: %q", again)
	}
	posted := m.Posted("")
	if wrong := disorder(m.Calls()); len(wrong) > 0 {
		t.Errorf("not in order: %q", wrong)
	}
	told := slices.DeleteFunc(posted, func(p slacksim.Posted) bool { return !strings.Contains(p.Text, "news") })
	if rooms, made := len(m.rooms("#inc-")), m.called("conversations.create", nil); rooms != 12 || made != 12 || len(told) < 12*12 {
		t.Errorf("%d rooms, %d calls to make one, %d updates told", rooms, made, len(told))
	}
	for k, log := range m.logs {
		if n := strings.Count(log.all(), "an effect is delivered"); n < 20 {
			t.Errorf("replica %d has delivered %d effects: the work is not shared", k, n)
		}
	}
}

// rest lets the replicas come to rest. Unlike Quiet it takes every message for expected.
func (m *team) rest() {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), 2*patience)
	defer cancel()
	if err := m.Idle(ctx); err != nil {
		m.t.Fatal(err)
	}
	if err := m.settle(ctx); err != nil {
		m.t.Fatal(err)
	}
}

// TestStoryReplicasTellOnce: all replicas notice that something is late, and one of them says so, to each who must know.
func TestStoryReplicasTellOnce(t *testing.T) {
	t.Parallel()
	m := newTeam(t, 3)
	m.Announce("conversations.create")
	m.Faults(failing("conversations.create", 0, slacksim.Fault{Kind: slacksim.SlackError, Error: "restricted_action"}))
	for n := range 5 {
		m.command("Ada", "#general", fmt.Sprintf("/incident declare sev2 part %d of the shop is down", n), "")
	}
	m.rest()
	for range 4 {
		m.Pass(incident.Deadline/2 + time.Second)
		m.rest()
	}
	if n := m.directs("Ada", "The room of"); n != 5 {
		t.Errorf("five late effects were told %d times", n)
	}
	m.Faults(nil)
	for range 30 {
		m.Pass(5 * time.Second)
		m.rest()
	}
	if late, through := m.directs("Ada", "is late"), m.directs("Ada", "The room of"); late != 0 || through != 5 {
		t.Errorf("%d times it still says late, %d times that it got through: %q", late, through, m.DirectMessages(m.Person("Ada")).Messages())
	}
}

// TestF83RedeliveredToTwoReplicasAtOnce: the same request, several times at the same time, is one, with one answer.
func TestF83RedeliveredToTwoReplicasAtOnce(t *testing.T) {
	t.Parallel()
	m := newTeam(t, 3)
	const rounds, copies = 20, 4
	for n := range rounds {
		var all sync.WaitGroup
		said := make([]string, copies)
		for k := range copies {
			all.Go(func() {
				said[k] = m.command("Ada", "#general", fmt.Sprintf("/incident declare sev3 part %d of the shop is down", n), fmt.Sprintf("trigger.%d", n))
			})
		}
		all.Wait()
		for _, answer := range said {
			if answer != said[0] || !strings.Contains(answer, fmt.Sprintf("INC-%d declared", n+1)) {
				t.Errorf("round %d was answered %q", n+1, said)
			}
		}
	}
	m.rest()
	if rooms := m.rooms("#inc-"); len(rooms) != rounds {
		t.Errorf("%d rooms for %d incidents: %q", len(rooms), rounds, rooms)
	}
}

// TestF82OldAndNewTogether: a newer program has migrated the database. The old one is not ready any more, and neither writes
// nor delivers.
func TestF82OldAndNewTogether(t *testing.T) {
	t.Parallel()
	m := newTeam(t, 1, func(o *options) { o.settings.OpsAddr, o.pulse = "127.0.0.1:0", 20*time.Millisecond })
	m.awaitReady(http.StatusOK, "ready")
	m.Faults(failing("conversations.create", 0, slacksim.Fault{Kind: slacksim.Status, Status: http.StatusTooManyRequests, RetryAfter: 5 * time.Second}))
	m.command("Ada", "#general", declareCheckout, "one")
	m.rest()
	m.Faults(nil)
	m.logs[0].announce("this database was written by a newer Tocsin")
	storetest.Cluster(t).Exec(t, m.where, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`)
	m.awaitReady(http.StatusServiceUnavailable, "newer Tocsin")

	before, calls := m.rows(), m.work()
	m.Pass(time.Minute) // the room is due, and late
	seen := strings.Count(m.logs[0].all(), "newer Tocsin")
	if answer := m.command("Ada", "#general", "/incident declare sev1 all is down", "two"); !strings.Contains(answer, "Something broke on our side") {
		t.Errorf("answered: %s", answer)
	}
	await(m.t, func() bool { return strings.Count(m.logs[0].all(), "newer Tocsin") > seen })
	if after := m.rows(); after != before {
		t.Errorf("rows before and after: %s, %s", before, after)
	}
	if now := m.work(); now != calls {
		t.Errorf("%d calls to Slack, %d before", now, calls)
	}
}

// await waits for something that another goroutine, or another program, brings about.
func await(t *testing.T, reached func() bool) {
	t.Helper()
	for late := time.After(patience); !reached(); {
		select {
		case <-late:
			t.Fatal("it never came to that")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// awaitReady waits until /readyz answers with a status and some words.
func (m *team) awaitReady(status int, words string) {
	m.t.Helper()
	await(m.t, func() bool {
		request, err := http.NewRequestWithContext(m.t.Context(), http.MethodGet, m.program.ops.url()+"/readyz", http.NoBody)
		if err != nil {
			m.t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			m.t.Fatal(err)
		}
		defer response.Body.Close()
		said, err := io.ReadAll(response.Body)
		return err == nil && response.StatusCode == status && strings.Contains(string(said), words)
	})
}

// rows counts what is kept.
func (m *team) rows() (counts string) {
	m.t.Helper()
	err := openDatabase(m.t, m.where).QueryRow(`SELECT concat_ws(' ', (SELECT count(*) FROM incidents), (SELECT count(*) FROM requests),
		(SELECT count(*) FROM entries), (SELECT sum(attempt) FROM effects))`).Scan(&counts)
	if err != nil {
		m.t.Fatal(err)
	}
	return counts
}

// work counts the calls that are made for somebody.
func (m *team) work() (n int) {
	for _, c := range m.Calls() {
		if !startCalls[c.Method] {
			n++
		}
	}
	return n
}

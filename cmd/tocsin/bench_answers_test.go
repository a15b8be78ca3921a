//go:build bench

package main

import (
	"database/sql"
	"fmt"
	"time"
)

// benchIncidents is how many incidents the notes are about.
const benchIncidents = 20

// concurrent is how many people command at the same moment.
const concurrent = 200

// trip is what a call to Slack takes where nothing else is said.
const trip = 100 * time.Millisecond

// beginning declares what notes are about, and waits until all is delivered.
func (s *subject) beginning() *subject {
	s.b.Helper()
	l := s.dial()
	for n := range benchIncidents {
		s.one(l, slash(benchPerson(n), "C0GENERAL", fmt.Sprintf("declare %s", distinct(n)), "declared. Opening"))
	}
	s.settle()
	return s
}

// distinct are titles that no two have words in common.
func distinct(n int) string { return fmt.Sprintf("w%da w%db w%dc", n, n, n) }

func oneNote(connection, n int) shot {
	line := fmt.Sprintf("note INC-%d error rate of zone %d went up at the deploy %d, we are rolling it back", 1+connection%benchIncidents, connection, n)
	return slash(benchPerson(connection), "C0GENERAL", line, "Noted on the timeline")
}

func declarations(connection, n int) shot {
	return slash(benchPerson(connection), "C0GENERAL", "declare "+distinct(1000*(1+connection)+n), "declared. Opening")
}

// p99 is the answer time that one in a hundred exceeds, in ms.
func (s *subject) p99(each int, next func(connection, n int) shot) float64 {
	s.b.Helper()
	took, _ := s.volley(concurrent, each, next)
	return quantile(inMillis(took), 0.99)
}

// answersNote keeps one program of each kind over all rounds: notes owe nothing to the outside.
func (b *bench) answersNote() { b.answers("note", b.pick(50, 20), oneNote) }

// answersDeclare is measured with rooms being opened beside the answers, as it is in life.
func (b *bench) answersDeclare() { b.answers("declare", b.pick(10, 5), declarations) }

func (b *bench) answers(what string, each int, next func(connection, n int) shot) {
	far := b.farSide(trip)
	var work, least series // µs of processor time for each request, which tells more where others use the machine too
	measured := func(s *subject, into *series) float64 {
		defer s.end()
		before := s.ticks()
		p99 := s.p99(each, next)
		*into = append(*into, float64(s.ticks()-before)*1e4/float64(each*concurrent))
		return p99
	}
	ours := func() float64 { return measured(b.ours(b.newDB(), far).beginning(), &work) }
	under := func() float64 { return measured(b.floor(b.newDB()), &least) }
	a, f, ratios := b.inTurn(ours, under)
	row{
		what: fmt.Sprintf("answer p99, %s, %d concurrent", what, concurrent), ours: fmt.Sprintf("%.0f ms (%.0f µs of work each)", a.median(), work.median()),
		floor: fmt.Sprintf("%.0f ms (%.0f µs)", f.median(), least.median()),
		ratio: fmt.Sprintf("%.2f", ratios.median()), noise: ratios.spread("%.2f"), bar: "≤ 1.5", met: ratios.median() <= 1.5,
	}.print()
}

// answersSlowSlack declares and notes while calls to Slack take three seconds, and while they take none.
func (b *bench) answersSlowSlack() {
	p99 := func(taking time.Duration) float64 {
		far := b.farSide(taking)
		s := b.ours(b.newDB(), far)
		defer s.end()
		l := s.dial()
		for n := range benchIncidents { // not waited for: they are being delivered all the while
			s.one(l, slash(benchPerson(n), "C0GENERAL", "declare "+distinct(n), "declared. Opening"))
		}
		return s.p99(b.pick(50, 20), func(connection, n int) shot {
			if n%10 == 5 {
				return declarations(connection, n)
			}
			return oneNote(connection, n)
		})
	}
	a, f, ratios := b.inTurn(func() float64 { return p99(3 * time.Second) }, func() float64 { return p99(0) })
	row{
		what: "answer p99, Slack taking 3 s ÷ 0 s", ours: fmt.Sprintf("%.0f ms", a.median()), floor: fmt.Sprintf("%.0f ms", f.median()),
		ratio: fmt.Sprintf("%.2f", ratios.median()), noise: ratios.spread("%.2f"), bar: "≤ 1.1", met: ratios.median() <= 1.1,
	}.print()
}

// bestPeer is what the best of the peers reaches of the raw commits of its own database.
const bestPeer = 0.12

// appends writes notes over sixteen connections as fast as they are answered, and beside it the least that can be synced:
// one row a commit.
func (b *bench) appends() {
	each := b.pick(300, 60)
	far := b.farSide(trip)
	ours := func() float64 {
		s := b.ours(b.newDB(), far).beginning()
		defer s.end()
		took, all := s.volley(16, each, oneNote)
		return float64(len(took)) / all.Seconds()
	}
	under := func() float64 { return b.rawCommits(4 * each) }
	a, f, ratios := b.inTurn(ours, under)
	bar := max(0.5, 5*bestPeer)
	row{
		what: "durable notes/s over HTTP, 16 connections ÷ raw one-row commits/s", ours: fmt.Sprintf("%.0f/s", a.median()), floor: fmt.Sprintf("%.0f/s", f.median()),
		ratio: fmt.Sprintf("%.2f", ratios.median()), noise: ratios.spread("%.2f"), bar: fmt.Sprintf("≥ 0.5, and ≥ %.1f (5 × the best peer)", 5*bestPeer), met: ratios.median() >= bar,
	}.print()
}

// rawCommits is how many rows a second can be written, each in a transaction of its own.
func (b *bench) rawCommits(n int) float64 {
	pool, err := sql.Open("tocsin-sqlite", floorDSN(b.newDB()))
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	if _, err := pool.Exec(`CREATE TABLE notes (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, words TEXT NOT NULL) STRICT`); err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	for range n {
		if _, err := pool.Exec(`INSERT INTO notes (at, words) VALUES (?1, 'error rate went up at the deploy, we are rolling it back')`, began.UnixMilli()); err != nil {
			b.Fatal(err)
		}
	}
	return float64(n) / time.Since(began).Seconds()
}

//go:build bench

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// startNew and startLarge are from the moment the program is started to the moment it takes requests.
func (b *bench) startNew() {
	b.start("start to ready, new file", 20, b.newDB)
}

func (b *bench) startLarge() {
	path := b.large()
	b.start("start to ready, "+b.largeName(), 40, func() string { return path })
}

func (b *bench) start(what string, bar float64, db func() string) {
	far := b.farSide(trip)
	ours := func() float64 {
		began := time.Now()
		s := b.launchOurs(db(), far)
		took := time.Since(began)
		s.end()
		return inMillis([]time.Duration{took})[0]
	}
	bare := func() float64 {
		path := b.newDB()
		began := time.Now()
		p := launch(b.T, []string{os.Args[0]}, []string{"TOCSIN_BENCH_FLOOR=" + path, "TOCSIN_BENCH_BARE=1"})
		p.address(b.T)
		took := time.Since(began)
		p.kill()
		return inMillis([]time.Duration{took})[0]
	}
	b.rounds *= 3 // each takes a moment only
	a, f, ratios := b.inTurn(ours, bare)
	row{
		what: what, ours: fmt.Sprintf("%.1f ms", a.median()) + a.spread("%.0f"), floor: fmt.Sprintf("%.1f ms", f.median()),
		ratio: fmt.Sprintf("%.2f", ratios.median()), bar: fmt.Sprintf("≤ %.0f ms", bar), met: a.median() <= bar,
	}.print()
}

// memoryAtRest is what a new program holds for itself when it has nothing to do.
func (b *bench) memoryAtRest() {
	far := b.farSide(0)
	var rest series
	for range b.rounds {
		s := b.ours(b.newDB(), far).beginning()
		rest = append(rest, s.memory("RssAnon"))
		s.end()
	}
	row{what: "memory at rest (RssAnon)", ours: fmt.Sprintf("%.1f MiB", rest.median()) + rest.spread("%.1f"), bar: "≤ 16 MiB", met: rest.median() <= 16}.print()
}

// memoryUnderLoad is the most that was ever resident, the program's own pages included, while two hundred people write
// and read in a large house.
func (b *bench) memoryUnderLoad() {
	far := b.farSide(trip)
	path := b.large()
	open := openIncidents(b, path)
	s := b.ours(path, far)
	defer s.end()
	for range b.rounds {
		s.volley(concurrent, b.pick(20, 10), func(connection, n int) shot {
			who, id := person(connection).Handle, open[connection%len(open)].id
			switch n % 5 {
			case 0:
				return slash(who, "C0GENERAL", "list", "open incidents, and more")
			case 1:
				return slash(who, "C0GENERAL", "timeline "+id, "Timeline of "+id)
			}
			return slash(who, "C0GENERAL", fmt.Sprintf("note %s connection %d saw it again", id, connection), "Noted on the timeline")
		})
	}
	most := s.memory("VmHWM")
	row{what: "memory under load (peak RSS), " + b.largeName(), ours: fmt.Sprintf("%.0f MiB (of its own %.0f)", most, s.memory("RssAnon")), bar: "≤ 64 MiB", met: most <= 64}.print()
}

// binary is the size of the program as it is shipped: what make static makes.
func (b *bench) binary() {
	info, err := os.Stat(filepath.Join("..", "..", "bin", "tocsin-static"))
	if err != nil {
		b.Fatalf("make static makes it: %v", err)
	}
	size := float64(info.Size()) / 1e6
	row{what: "static binary", ours: fmt.Sprintf("%.1f MB", size), bar: "≤ 25 MB", met: size <= 25}.print()
}

//go:build bench

package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestBench measures the program, and prints what it found beside the bars. It fails where something cannot be measured,
// never because something is slow. BENCH=short is a quick pass over everything; BENCH_ROWS picks rows by what they are
// called; BENCH_DIR keeps the made-up databases for the next time; BENCH_ENV is given to the program beside its settings.
func TestBench(t *testing.T) {
	b := newBench(t)
	fmt.Printf("# %s, %d rounds, %s, %d processors, load %s\n", time.Now().UTC().Format(time.DateTime), b.rounds, runtime.Version(), runtime.NumCPU(), loadAverage())
	for _, m := range []struct {
		name string
		run  func(*bench)
	}{
		{"binary", (*bench).binary},
		{"declare trips", (*bench).trips},
		{"answers note", (*bench).answersNote},
		{"answers declare", (*bench).answersDeclare},
		{"answers slow Slack", (*bench).answersSlowSlack},
		{"appends", (*bench).appends},
		{"start new", (*bench).startNew},
		{"start large", (*bench).startLarge},
		{"memory rest", (*bench).memoryAtRest},
		{"memory load", (*bench).memoryUnderLoad},
		{"growth", (*bench).growth},
	} {
		if only := os.Getenv("BENCH_ROWS"); only != "" && !regexp.MustCompile(only).MatchString(m.name) {
			continue
		}
		began := time.Now()
		t.Run(m.name, func(t *testing.T) {
			one := *b
			one.T = t
			m.run(&one)
			if testing.Verbose() {
				fmt.Printf("#   %s took %s, load %s\n", m.name, time.Since(began).Round(time.Second), loadAverage())
			}
		})
	}
}

// bench is what a measurement needs.
type bench struct {
	*testing.T
	short  bool
	rounds int    // of ours and the floor in turn
	dir    string // of made-up databases
}

func newBench(t *testing.T) *bench {
	b := &bench{T: t, short: os.Getenv("BENCH") == "short", rounds: 7, dir: os.Getenv("BENCH_DIR")}
	if b.short {
		b.rounds = 3
	}
	if b.dir == "" {
		b.dir = t.TempDir()
	}
	return b
}

// pick is a number for a whole pass, or for a short one.
func (b *bench) pick(whole, short int) int {
	if b.short {
		return short
	}
	return whole
}

// row is one line of the table.
type row struct {
	what         string
	ours, floor  string
	ratio, noise string
	bar          string
	met          bool
}

func (r row) print() {
	verdict := "met"
	if !r.met {
		verdict = "NOT MET"
	}
	fmt.Printf("%s | ours %s | floor %s | ratio %s | bar %s | %s\n", r.what, r.ours, cmp.Or(r.floor, "–"), cmp.Or(r.ratio, "–")+r.noise, r.bar, verdict)
}

// series is one figure, measured once a round.
type series []float64

func (s series) median() float64 { return quantile(s, 0.5) }

// spread is the smallest and the largest, for those who want to know how noisy the machine was.
func (s series) spread(format string) string {
	return fmt.Sprintf(" ("+format+"–"+format+")", slices.Min(s), slices.Max(s))
}

// quantile is the value below which a share of all lies.
func quantile(values []float64, share float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

// inTurn measures ours and the floor round after round, first the one and then the other, so that what disturbs the
// machine disturbs both. ratios are those of each round.
func (b *bench) inTurn(ours, floor func() float64) (a, f, ratios series) {
	for n := range b.rounds {
		one, other := 0.0, 0.0
		if n%2 == 0 {
			one, other = ours(), floor()
		} else {
			other, one = floor(), ours()
		}
		a, f, ratios = append(a, one), append(f, other), append(ratios, one/other)
	}
	return a, f, ratios
}

// millisecond figures of durations.
func inMillis(all []time.Duration) []float64 {
	figures := make([]float64, len(all))
	for n, d := range all {
		figures[n] = float64(d) / float64(time.Millisecond)
	}
	return figures
}

// past is a made-up database: it is made once, and each measurement works on a copy, because measuring changes it.
func (b *bench) past(incidents, entries int) (path string) {
	b.Helper()
	kept := filepath.Join(b.dir, fmt.Sprintf("made-up-%d-%d.db", incidents, entries))
	if _, err := os.Stat(kept); err != nil {
		began := time.Now()
		if _, err := seed(b.T, "--db", kept, "--incidents", fmt.Sprint(incidents), "--entries", fmt.Sprint(entries), "--until", "2026-01-31"); err != nil {
			b.Fatal(err)
		}
		row{
			what: fmt.Sprintf("seed: %d incidents, %d entries", incidents, entries), ours: fmt.Sprintf("%.1f s", time.Since(began).Seconds()),
			bar: "≤ 180 s", met: time.Since(began) <= 3*time.Minute,
		}.print()
	}
	path = filepath.Join(b.TempDir(), "tocsin.db")
	if out, err := command(b.Context(), "cp", "--reflink=auto", kept, path); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return path
}

// large and small are the two houses that are compared.
func (b *bench) large() string { return b.past(b.pick(100_000, 10_000), b.pick(5_000_000, 500_000)) }
func (b *bench) small() string { return b.past(1_000, 50_000) }

func (b *bench) largeName() string {
	return fmt.Sprintf("%d incidents, %d entries", b.pick(100_000, 10_000), b.pick(5_000_000, 500_000))
}

// wait waits, where time itself is what is measured.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func loadAverage() string {
	raw, _ := os.ReadFile("/proc/loadavg")
	return strings.Join(strings.Fields(string(raw) + " ? ? ?")[:3], " ")
}

package bot

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestCrewKeepsTheOrderOfALine: what one person asks for is done in order, one after the other, and a slow one of theirs
// holds up nobody else.
func TestCrewKeepsTheOrderOfALine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(2, 100)
		var mu sync.Mutex
		var order []string
		begun := time.Now()
		do := func(name string, took time.Duration) func() {
			return func() {
				time.Sleep(took)
				mu.Lock()
				defer mu.Unlock()
				order = append(order, name)
			}
		}
		c.add("ada", do("form", 2*time.Second))
		c.add("ada", do("ada 1", 0))
		c.add("ada", do("ada 2", 0))
		c.add("grace", do("grace 1", time.Second/10))
		c.add("grace", do("grace 2", time.Second/10))
		c.add("linus", do("linus 1", time.Second/10))
		c.close(time.Minute)
		if want := []string{"grace 1", "linus 1", "grace 2", "form", "ada 1", "ada 2"}; !slices.Equal(order, want) {
			t.Errorf("done in the order %q, want %q", order, want)
		}
		if took := time.Since(begun); took != 2*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// TestCrewIsBounded: no more at once than it is large, no more held than it may, and nobody who brings one waits.
func TestCrewIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(3, 10)
		var mu sync.Mutex
		atOnce, most, done := 0, 0, 0
		job := func() {
			mu.Lock()
			atOnce++
			most = max(most, atOnce)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			atOnce--
			done++
			mu.Unlock()
		}
		taken := 0
		for n := range 20 {
			if c.add(string(rune('a'+n)), job) {
				taken++
			}
		}
		if taken != 10 {
			t.Errorf("%d were taken", taken)
		}
		c.close(time.Minute)
		if most != 3 || done != 10 {
			t.Errorf("%d at once, %d done", most, done)
		}
		if c.add("late", job) {
			t.Error("one was taken after the end")
		}
	})
}

// TestCrewDoesNotWaitForEver: a job that hangs does not keep the program from ending.
func TestCrewDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(3, 10)
		release := make(chan struct{})
		c.add("ada", func() { <-release })
		begun := time.Now()
		c.close(3 * time.Second)
		if took := time.Since(begun); took != 3*time.Second {
			t.Errorf("it took %s", took)
		}
		close(release)
	})
}

package bot

import (
	"sync"
	"time"
)

// crew works off jobs: so many at once and no more, and those of one line one after the other. It never makes whoever
// brings a job wait.
type crew struct {
	size int // how many work at once
	most int // how many jobs are held, under way or waiting

	mu     sync.Mutex
	ready  []job               // may begin
	lines  map[string][]func() // of each line with a job that is ready or under way: what waits behind it
	held   int
	atWork int
	closed bool
	under  sync.WaitGroup // jobs held; added to under mu, and not once closed
}

// job is one job of a line.
type job struct {
	line string
	do   func()
}

func newCrew(size, most int) *crew {
	return &crew{size: size, most: most, lines: map[string][]func(){}}
}

// add takes a job, or says that it does not: too many are held, or the crew has closed.
func (c *crew) add(line string, do func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.held >= c.most {
		return false
	}
	c.held++
	c.under.Add(1)
	if behind, busy := c.lines[line]; busy {
		c.lines[line] = append(behind, do)
		return true
	}
	c.lines[line] = nil
	c.ready = append(c.ready, job{line, do})
	if c.atWork < c.size {
		c.atWork++
		go c.work()
	}
	return true
}

// work does jobs until none is ready.
func (c *crew) work() {
	for next, ok := c.next(); ok; next, ok = c.next() {
		next.do()
		c.done(next.line)
	}
}

func (c *crew) next() (job, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.ready) == 0 {
		c.atWork--
		return job{}, false
	}
	next := c.ready[0]
	c.ready = c.ready[1:]
	return next, true
}

// done lets the next one of a line begin.
func (c *crew) done(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held--
	c.under.Done()
	behind := c.lines[line]
	if len(behind) == 0 {
		delete(c.lines, line)
		return
	}
	c.lines[line] = behind[1:]
	c.ready = append(c.ready, job{line, behind[0]})
}

// close takes no more jobs, and waits for those that it holds: not for ever.
func (c *crew) close(limit time.Duration) {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	finished := make(chan struct{})
	go func() {
		c.under.Wait()
		close(finished)
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-finished:
	case <-timer.C:
	}
}

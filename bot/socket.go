package bot

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// Socket takes what Slack sends over Socket Mode, until its Run ends: over two connections, so that there is one while the
// other is made anew. See the package's comment for what ends a connection, and what brings it back.
type Socket struct {
	bot  *Bot
	crew *crew

	// Pulse is how often each connection is asked whether it lives; one that is silent for two and a half times as long
	// is dead. Set it before Run.
	Pulse time.Duration

	// Opened is called when a connection has been opened; nil: nobody wants to know. Set it before Run.
	Opened func()

	mu          sync.Mutex
	connections map[*connection]struct{} // open ones
	seats       []*seat
	heard       time.Time // when Slack last greeted us, or sent something
	said        string    // the fault that was last logged for somebody to mend
}

// seat holds one connection, and makes it anew.
type seat struct {
	wake  chan struct{} // do not wait any longer: tokens have changed
	wrong string        // why there is no connection; guarded by the socket's mu, as what follows is
	hurt  bool          // nothing but a person can mend it
}

const (
	seats = 2
	// pulse finds a connection that is dead without a word in 25 seconds. Slack pings too, but says nowhere how often.
	pulse = 10 * time.Second
	// crewSize is how many requests are worked on at once: far more than the database takes at a time, because some of
	// them wait for Slack to open a form.
	crewSize = 256
	// crewMost is how many are held. At that point the last one would be answered too late anyway.
	crewMost = 4 * crewSize
	// stopLimit is how long what is under way may take to end. It is above answerLimit, which ends it.
	stopLimit = 3 * time.Second
)

// NewSocket makes a socket for a bot. It connects to nobody yet.
func NewSocket(b *Bot) *Socket {
	s := &Socket{bot: b, crew: newCrew(crewSize, crewMost), Pulse: pulse, connections: map[*connection]struct{}{}}
	for range seats {
		s.seats = append(s.seats, &seat{wake: make(chan struct{}, 1), wrong: "Slack has not been reached yet."})
	}
	return s
}

// Status is how a socket is.
type Status struct {
	Open  int       // connections that Slack has greeted
	Heard time.Time // when Slack last greeted us or sent something; zero: never
	Wrong string    // why a connection is missing, in one sentence that says what to do; "" where none is
	Hurt  bool      // nothing but a person can mend that
}

// Status tells how the socket is. It waits for nothing.
func (s *Socket) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	status := Status{Open: len(s.connections), Heard: s.heard}
	for _, seat := range s.seats {
		status.Wrong, status.Hurt = cmp.Or(status.Wrong, seat.wrong), status.Hurt || seat.hurt
	}
	return status
}

// Reload connects anew with the tokens of now. Each connection is kept until there is another one in its place.
func (s *Socket) Reload() {
	for _, seat := range s.seats {
		select {
		case seat.wake <- struct{}{}:
		default: // it has been told
		}
	}
}

// Run holds the connections until ctx ends. Then it takes no more, finishes and answers what is under way, and takes its
// leave. Nothing that Slack says ends it before.
func (s *Socket) Run(ctx context.Context) error {
	var holding sync.WaitGroup
	for _, seat := range s.seats {
		holding.Go(func() { s.hold(ctx, seat) })
	}
	holding.Wait() // that is when ctx has ended
	s.crew.close(stopLimit)
	var leaving sync.WaitGroup
	for _, c := range s.open() {
		leaving.Go(c.close)
	}
	leaving.Wait()
	return nil
}

// open lists the open connections.
func (s *Socket) open() []*connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.connections))
}

// hold keeps one connection open until ctx ends.
func (s *Socket) hold(ctx context.Context, here *seat) {
	var current *connection
	failures := 0
	for {
		next, err := s.connect(ctx)
		if err == nil {
			s.well(here)
			current.retire()
			current = next
			var steady bool
			if steady, err = current.wait(ctx, here.wake); steady {
				failures = 0
			}
		}
		if ctx.Err() != nil {
			return
		}
		if err == nil { // told to connect anew
			failures = 0
			continue
		}
		rest := s.ill(here, err, failures)
		failures++
		if !sleep(ctx, rest, here.wake) {
			return
		}
	}
}

// sleep waits, unless it is woken; false when ctx has ended.
func sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-wake:
		return true
	case <-ctx.Done():
		return false
	}
}

// well notes that there is a connection.
func (s *Socket) well(here *seat) {
	s.mu.Lock()
	here.wrong, here.hurt = "", false
	before := s.said
	s.said = ""
	s.mu.Unlock()
	if before != "" {
		s.bot.Log.Info("Socket Mode works again", "was", before)
	}
}

// ill notes why there is no connection, and returns how long to wait before the next try.
func (s *Socket) ill(here *seat, err error, failures int) time.Duration {
	found := diagnose(err)
	rest := found.rest(failures)
	s.mu.Lock()
	here.wrong, here.hurt = found.words, found.person
	said := s.said
	if found.person {
		s.said = found.words
	}
	open, never := len(s.connections), s.heard.IsZero()
	s.mu.Unlock()
	in := rest.Round(10 * time.Millisecond).String()
	switch {
	case found.person && said != found.words: // once, not for each connection and not each minute
		s.bot.Log.Error("Socket Mode does not work: "+found.words, "open", open)
	case found.person:
	case found.after > 0:
		s.bot.Log.Warn("Slack lets us open a Socket Mode connection in "+in, "err", err, "open", open)
	case never:
		s.bot.Log.Warn("Slack cannot be reached over Socket Mode, trying again in "+in, "err", err)
	default:
		s.bot.Log.Warn("a Socket Mode connection is lost, it is made anew in "+in, "err", err, "open", open)
	}
	return rest
}

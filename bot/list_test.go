package bot

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/incident"
)

// slowFigures is a store that takes a second for the figures, and counts how many wait for them at once.
type slowFigures struct {
	Store
	now, most atomic.Int32
	err       error
}

func (s *slowFigures) Figures(context.Context, time.Time) ([]*incident.Incident, error) {
	s.most.Store(max(s.most.Load(), s.now.Add(1)))
	defer s.now.Add(-1)
	time.Sleep(time.Second)
	return nil, s.err
}

// TestFiguresTakeTurns: as with lists, four at once read many incidents, the others wait, and whoever gives up while waiting
// leaves nothing behind; nor does a failure.
func TestFiguresTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slowFigures{}
		b := &Bot{Options: Options{Store: s}, listing: make(chan struct{}, lists)}
		ask := func(ctx context.Context) error {
			_, err := (&call{Bot: b, ctx: ctx, at: time.Now()}).stats("7d")
			return err
		}
		short, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		began, answered := time.Now(), make(chan error)
		for range 3 * lists {
			go func() { answered <- ask(t.Context()) }()
		}
		synctest.Wait()
		if err := ask(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who did not wait was answered %v", err)
		}
		for range 3 * lists {
			if err := <-answered; err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(began); s.most.Load() != lists || took != 3*time.Second {
			t.Errorf("%d at once, in %s", s.most.Load(), took)
		}
		s.err = errors.New("the store fails")
		if err := ask(t.Context()); !errors.Is(err, s.err) {
			t.Errorf("a failure was answered %v", err)
		}
		if len(b.listing) != 0 {
			t.Errorf("%d turns were not given back", len(b.listing))
		}
	})
}

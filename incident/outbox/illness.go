package outbox

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"tocsin/incident"
)

// serious is how long the store may fail at something before a person should look.
const serious = 30 * time.Second

// illness keeps what the store fails at, so that a fault is logged when it begins, when it lasts and when it is over,
// and not at every attempt between.
type illness struct {
	mu   sync.Mutex
	list map[string]*fault // by what was asked of the store
}

// fault is one kind of question that the store fails at.
type fault struct {
	since time.Time
	told  bool // that it lasts
}

// note takes in how one question to the store went.
func (i *illness) note(log *slog.Logger, what string, err error, now time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	known := i.list[what]
	switch {
	case err == nil || errors.Is(err, incident.ErrFenced):
		if known != nil {
			log.Info("the store works again", "at", what, "after", now.Sub(known.since).String())
			delete(i.list, what)
		}
	case known == nil:
		if i.list == nil {
			i.list = map[string]*fault{}
		}
		i.list[what] = &fault{since: now}
		log.Warn("the store fails, it is asked again", "at", what, "err", err)
	case !known.told && now.Sub(known.since) >= serious:
		known.told = true
		log.Error("the store still fails", "at", what, "since", known.since, "err", err)
	}
}

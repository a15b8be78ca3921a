package outbox

import "sync"

// memory is what is kept of effects between their deliveries. All of it may be forgotten: what has been refused is counted
// by the store, and what is not known to be clean is looked for.
type memory struct {
	mu   sync.Mutex
	list map[int64]known // by effect
}

// known is what is remembered of one effect.
type known struct {
	refusals int // so far, as the store last said
	clean    int // up to this attempt, nothing of it has reached the outside
}

// mostKnown bounds the memory: what another replica has ended is never taken out of it.
const mostKnown = 10_000

// of returns what is remembered of an effect.
func (m *memory) of(id int64) known {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.list[id]
}

// keep changes what is remembered of an effect.
func (m *memory) keep(id int64, change func(*known)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.list == nil || len(m.list) >= mostKnown {
		m.list = map[int64]known{}
	}
	k := m.list[id]
	change(&k)
	m.list[id] = k
}

// forget drops what is remembered of an effect that is no longer open, or no longer ours.
func (m *memory) forget(id int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.list, id)
}

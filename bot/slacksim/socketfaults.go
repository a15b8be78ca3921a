package slacksim

import (
	"fmt"
	"regexp"
	"time"
)

// Sockets is how many connections are open and will hear what is sent: half-open ones and ones that were told to leave do
// not count.
func (w *Workspace) Sockets() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.open()
}

// open is Sockets for who holds the lock.
func (w *Workspace) open() int { return len(w.oldest(nil)) }

// AwaitSockets waits until so many connections are open, no more and no less. One that was cut, made deaf or told to leave
// does not count from that moment on, so that this waits for the one that comes in its place.
func (w *Workspace) AwaitSockets(n int) {
	w.t.Helper()
	w.waitFor(fmt.Sprintf("%d open connections", n), func() bool { return w.open() == n }, func() string {
		return fmt.Sprintf("%d of them", w.open())
	})
}

// oldest are the first so many connections that Sockets counts; without a number all of them. The caller holds the lock.
func (w *Workspace) oldest(n []int) []*link {
	var list []*link
	for _, l := range w.ready() {
		if !l.deaf {
			list = append(list, l)
		}
	}
	if len(n) > 0 {
		list = list[:min(n[0], len(list))]
	}
	return list
}

// AllowSockets sets how many connections the app may hold: Slack allows ten. One more hears too_many_websockets.
func (w *Workspace) AllowSockets(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.most = n
}

// CutSockets ends connections without a close frame, as a lost network does: the oldest n, or all. What was not acked on
// them is lost: a person reads dispatch_failed, an event comes again.
func (w *Workspace) CutSockets(n ...int) {
	w.eachLink(n, w.cut)
}

// Disconnect tells the app to leave: the oldest n connections, or all. The reasons that Slack has are "warning" (ten
// seconds from now: the connection stays open until the app or the story ends it), "refresh_requested" and "link_disabled"
// (closed as soon as the app agrees, or after three seconds). It leaves the switch of Socket alone.
func (w *Workspace) Disconnect(reason string, n ...int) {
	w.eachLink(n, func(l *link) { w.disconnect(l, reason) })
}

// HalfOpen makes connections go deaf and dumb while their TCP stays open, as behind a router that forgot them: the oldest
// n, or all. Deliveries still have their turn on them, and time out, until the app gives the connection up.
func (w *Workspace) HalfOpen(n ...int) {
	w.eachLink(n, func(l *link) {
		l.deaf = true
		w.changed()
	})
}

func (w *Workspace) eachLink(n []int, do func(*link)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.oldest(n) {
		do(l)
	}
}

// LoseAcks lets the next n acks arrive for nothing: each is read, and its connection cut before it counts.
func (w *Workspace) LoseAcks(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lose = n
}

// Pings sets the pause between two pings, in real time; 0 means that none are sent any more.
func (w *Workspace) Pings(pause time.Duration) {
	select {
	case w.pings <- pause:
	case <-w.ctx.Done():
	}
}

// namedEnvelope finds the id even in what is no JSON.
var namedEnvelope = regexp.MustCompile(`"envelope_id"\s*:\s*"([^"]+)"`)

// SendEnvelope sends a text to one connection as it is, and tells whether the app acked the envelope_id in it within three
// seconds.
func (w *Workspace) SendEnvelope(raw string) (acked bool) {
	id := ""
	if hit := namedEnvelope.FindStringSubmatch(raw); hit != nil {
		id = hit[1]
	}
	return w.handOver(w.ctx, id, []byte(raw), true).good()
}

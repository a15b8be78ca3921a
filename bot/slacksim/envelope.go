package slacksim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/gorilla/websocket"
)

var (
	errNoLink = errors.New("no connection is open")
	errCut    = errors.New("the connection ended before the ack")
)

// receipt waits for the ack of one envelope. The workspace's lock guards it.
type receipt struct {
	on      *link
	answers bool       // the ack may carry a payload
	done    chan reply // takes the one answer that counts
	acked   bool
	over    bool // nobody waits any more
}

// sendSocket brings a delivery to the app over one of its connections.
func (w *Workspace) sendSocket(ctx context.Context, p parcel) reply {
	id := envelopeID()
	return w.handOver(ctx, id, p.envelope(id), p.answers)
}

// envelopeID is new for every attempt, as Slack's is.
func envelopeID() string {
	s := random()
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// envelope is the parcel as a websocket carries it: a command's form becomes an object of the same fields.
func (p parcel) envelope(id string) []byte {
	e := Object{"envelope_id": id, "type": p.kind, "accepts_response_payload": p.answers}
	switch p.kind {
	case aCommand:
		fields := Object{}
		for name := range p.form {
			fields[name] = p.form.Get(name)
		}
		e["payload"] = fields
	case anEvent:
		e["retry_attempt"], e["retry_reason"] = p.attempt, ""
		if p.attempt > 0 {
			e["retry_reason"] = "timeout" // the only word that Slack has been seen to use here
		}
		fallthrough
	default:
		e["payload"] = json.RawMessage(p.payload)
	}
	return encode(e)
}

// handOver sends an envelope to one connection and waits for the ack there, three seconds at most.
func (w *Workspace) handOver(ctx context.Context, id string, text []byte, answers bool) reply {
	ctx, cancel := context.WithTimeout(ctx, w.client.Timeout)
	defer cancel()
	r := &receipt{answers: answers, done: make(chan reply, 1)}
	w.mu.Lock()
	if r.on = w.nextLink(); r.on != nil {
		w.receipts[id] = r
		w.push(r.on, websocket.TextMessage, text)
	}
	w.mu.Unlock()
	if r.on == nil {
		return reply{err: errNoLink}
	}
	var err error
	select {
	case got := <-r.done:
		return got
	case <-r.on.gone:
		err = errCut
	case <-ctx.Done():
		err = ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	r.over = true
	if r.acked { // at the last moment
		return <-r.done
	}
	return reply{err: err}
}

// nextLink is the connection whose turn it is; nil when there is none. The caller holds the lock.
func (w *Workspace) nextLink() *link {
	ready := w.ready()
	if len(ready) == 0 {
		return nil
	}
	w.turn++
	return ready[w.turn%len(ready)]
}

// ready are the connections that were not told to leave. Half-open ones are among them: nobody here knows yet that they
// are. The caller holds the lock.
func (w *Workspace) ready() []*link {
	var list []*link
	for _, l := range w.links {
		if !l.leaving {
			list = append(list, l)
		}
	}
	return list
}

// hear takes one message of the app, which can only be an ack.
func (w *Workspace) hear(l *link, kind int, text []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if l.closed {
		return
	}
	var ack struct {
		ID      string          `json:"envelope_id"`
		Payload json.RawMessage `json:"payload"`
	}
	text = bytes.TrimSpace(text) // an encoder's line break is not counted
	switch err := json.Unmarshal(text, &ack); {
	case len(text) >= maxAck:
		w.complainLocked("ack", "too_large", nil)
		w.goodbye(l, websocket.CloseMessageTooBig)
	case err != nil || ack.ID == "" || kind != websocket.TextMessage:
		w.complainLocked("ack", "malformed", string(text))
	default:
		w.count(l, ack.ID, ack.Payload)
	}
}

// count makes an ack the answer to its envelope, if it still can be. The caller holds the lock.
func (w *Workspace) count(l *link, id string, payload json.RawMessage) {
	r := w.receipts[id]
	switch {
	case r == nil:
		w.complainLocked("ack", "unknown_envelope", id)
		return
	case r.acked:
		w.complainLocked("ack", "acked_twice", id)
		return
	case r.over || r.on.closed: // too late, and nobody's fault
		return
	case r.on != l:
		w.complainLocked("ack", "wrong_connection", id)
		return
	case w.lose > 0:
		w.lose--
		w.cut(l)
		return
	}
	if string(payload) == "null" {
		payload = nil
	}
	if payload != nil && !r.answers {
		w.complainLocked("ack", "payload_not_accepted", string(payload))
		payload = nil
	}
	r.acked = true
	r.done <- reply{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}, body: payload}
}

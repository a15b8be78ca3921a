package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"runtime/debug"
)

// envelope is one message of Socket Mode, as far as we read it.
type envelope struct {
	ID         string          `json:"envelope_id"`
	Type       string          `json:"type"`
	Reason     string          `json:"reason"` // of a disconnect
	Takes      bool            `json:"accepts_response_payload"`
	Payload    json.RawMessage `json:"payload"`
	Connection struct {
		App string `json:"app_id"`
	} `json:"connection_info"`
}

// acknowledgement is the answer to an envelope.
type acknowledgement struct {
	ID      string          `json:"envelope_id"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// maxAnswer is below the 20,480 bytes at which Slack drops an acknowledgement, and leaves room for the rest of it.
const maxAnswer = 20000

var envelopeID = regexp.MustCompile(`"envelope_id"\s*:\s*"([^"\\]{1,200})"`)

// openEnvelope reads a message. What cannot be read is of no type; its id is found all the same, so that it can be
// acknowledged: it would be no better the next time.
func openEnvelope(raw []byte) envelope {
	var e envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		e = envelope{ID: e.ID}
	}
	if found := envelopeID.FindSubmatch(raw); e.ID == "" && found != nil {
		e.ID = string(found[1])
	}
	return e
}

// enveloped is what an envelope holds; false for a kind that we do not know.
func (b *Bot) enveloped(e envelope) (request, bool) {
	switch e.Type {
	case "slash_commands":
		return b.command(readSocketCommand(e.Payload)), true
	case "interactive":
		return b.interaction(e.Payload), true
	case "events_api":
		return b.event(e.Payload), true
	}
	return request{}, false
}

// take takes one message.
func (c *connection) take(raw []byte) {
	defer c.survive("")
	e := openEnvelope(raw)
	switch {
	case e.Type == "disconnect":
		c.dismissed(e.Reason)
		return
	case e.ID == "": // a greeting, or nothing that could be acknowledged
		return
	}
	c.mu.Lock()
	c.heard = c.bot.Now()
	c.mu.Unlock()
	r, known := c.bot.enveloped(e)
	if !known {
		c.bot.Meter.Refused("unknown envelope")
		c.bot.Log.Warn("acknowledged an envelope of a kind that we do not know", "type", e.Type)
		c.aside(func() { c.acknowledge(e, r, nil) })
		return
	}
	// The time runs from now: a request that has waited for too long is not begun.
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	taken := c.crew.add(r.line, func() {
		defer cancel()
		c.work(ctx, e, r)
	})
	if !taken {
		cancel()
		c.turnAway(e, r)
	}
}

// dismissed notes that Slack asks us to go. Until there is another connection this one is kept, unless nothing comes over it
// any more.
func (c *connection) dismissed(reason string) {
	select {
	case c.told <- &disconnected{reason}:
	default: // we are on our way
	}
	if reason == reasonDisabled {
		go c.close()
	}
}

// survive keeps a panic from ending the program. It is to be deferred.
func (c *connection) survive(key string) {
	if broken := recover(); broken != nil {
		c.bot.Log.Error("request failed", "request", key, "panic", fmt.Sprint(broken), "stack", string(debug.Stack()))
	}
}

// work acts on a request, and answers it.
func (c *connection) work(ctx context.Context, e envelope, r request) {
	defer c.survive(r.key)
	if ctx.Err() != nil {
		c.turnAway(e, r)
		return
	}
	answer, err := c.bot.serve(ctx, r)
	c.answer(e, r, answer, err)
}

// turnAway answers a request that was not even begun.
func (c *connection) turnAway(e envelope, r request) {
	c.bot.count(r, errBusy)
	c.bot.Log.Warn("turned a request away: we are stopping, or too many are under way", "request", r.key, "kind", r.kind)
	c.aside(func() { c.answer(e, r, nil, errBusy) })
}

// answer acknowledges what was recorded, and what it is no use to deliver again. Of what could not be recorded a person
// must hear at once: whoever typed a command reads it, and for a press or a form Slack says so where nobody
// acknowledges. An event that is not acknowledged is delivered again.
func (c *connection) answer(e envelope, r request, answer []byte, err error) {
	if err != nil && len(answer) == 0 && r.kind == kindCommand {
		answer = say(notTaken(err)).message()
	}
	again := err != nil && !errors.Is(err, errMalformed) && !errors.Is(err, errForeign)
	if again && len(answer) == 0 {
		return
	}
	c.acknowledge(e, r, answer)
}

// notTaken is what a person reads whose command came to nothing without words of its own.
func notTaken(err error) markup {
	switch {
	case errors.Is(err, errForeign):
		return "This command belongs to another Slack app than this Tocsin: the settings of the two are mixed up. Nothing was recorded."
	case errors.Is(err, errMalformed):
		return "Slack sent this command in a way that Tocsin cannot read. Nothing was recorded."
	case errors.Is(err, errBusy):
		return "Tocsin cannot take this just now: it is stopping, or has too much to do. Nothing was recorded: please try again."
	}
	return "Something broke on our side. Nothing was recorded: please try again."
}

// acknowledge tells Slack that an envelope has been dealt with. An answer that cannot go along, or does not arrive, goes to
// the request's own address for answers, where it has one.
func (c *connection) acknowledge(e envelope, r request, answer []byte) {
	ack := acknowledgement{ID: e.ID}
	fits := e.Takes && len(answer) < maxAnswer
	if fits {
		ack.Payload = answer
	}
	err := c.send(ack)
	if err != nil {
		c.bot.Log.Warn("Slack could not be told that a request is dealt with, and may send it again", "request", r.key, "err", network(err))
	}
	switch {
	case len(answer) == 0, fits && err == nil:
	case r.reply != "":
		c.bot.replies.sendBody(r.reply, answer)
	case !fits:
		c.bot.Log.Warn("an answer is larger than Slack takes", "request", r.key, "bytes", len(answer))
	}
}

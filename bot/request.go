package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"runtime/debug"
	"time"

	"tocsin/incident"
)

// request is what Slack sent, whichever way it came: read, and not acted on yet.
type request struct {
	kind  string    // command, interaction or event
	key   string    // what it is known by, the same when it is delivered again
	line  string    // requests of one line are worked off in the order in which they came
	reply string    // where its person can be answered beside the answer itself; "" where nowhere
	came  time.Time // when it began to come in
	do    func(context.Context) ([]byte, error)
}

// Kinds of requests, as they are counted and logged.
const (
	kindCommand     = "command"
	kindInteraction = "interaction"
	kindEvent       = "event"
)

var (
	// errUnavailable says that nothing was recorded, so that Slack delivers again or tells the person.
	errUnavailable = errors.New("not recorded")
	// errBusy says the same, of a request that was not even begun.
	errBusy = fmt.Errorf("%w: stopping, or too much to do", errUnavailable)
	// errMalformed says that it would be no better the next time.
	errMalformed = errors.New("malformed request")
	// errForeign says that a request is Slack's, and meant for somebody else.
	errForeign = errors.New("a request for another app or workspace")
)

// serve acts on a request, and counts it. An answer beside an error is for a person's eyes: it tells them of the error.
func (b *Bot) serve(ctx context.Context, r request) (answer []byte, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			b.Log.Error("request failed", "request", r.key, "panic", fmt.Sprint(broken), "stack", string(debug.Stack()))
			answer, err = nil, errUnavailable
		}
		b.count(r, err)
	}()
	return r.do(ctx)
}

// count counts a request, and writes down how long it took: not its words.
func (b *Bot) count(r request, err error) {
	took := b.Now().Sub(r.came)
	switch {
	case errors.Is(err, errMalformed):
		b.Meter.Refused("malformed")
	case errors.Is(err, errForeign):
		b.Meter.Refused("foreign")
	default:
		b.Meter.Answered(r.kind, took, err == nil)
		b.Log.Debug("answered", "request", r.key, "kind", r.kind, "took", took, "recorded", err == nil)
		return
	}
	b.Log.Warn("refused a request", "request", r.key, "kind", r.kind, "err", err)
}

// key is what a command is known by: the trigger that Slack gave out with it.
func (in slashCommand) key() string { return incident.KeyCommand + in.Trigger }

// command makes a request of a slash command.
func (b *Bot) command(in slashCommand) request {
	r := request{kind: kindCommand, key: in.key(), line: "person:" + in.User, reply: in.Reply}
	return b.known(r, in.App, in.User == "" || in.Trigger == "", func(ctx context.Context) ([]byte, error) {
		a, err := b.Command(ctx, in)
		return a.message(), err
	})
}

// interaction makes a request of a press, a choice, a form or a shortcut.
func (b *Bot) interaction(payload []byte) request {
	in, err := readInteraction(payload)
	r := request{kind: kindInteraction, key: in.key(), line: "person:" + in.User.ID, reply: in.Reply}
	return b.known(r, in.App, err != nil, func(ctx context.Context) ([]byte, error) { return b.Interaction(ctx, in) })
}

// event makes a request of something that happened in the workspace.
func (b *Bot) event(body []byte) request {
	e, err := readEvent(body)
	r := request{kind: kindEvent, key: e.key(), line: "room:" + cmp.Or(e.channel(), text(e.Inner.User), e.ID)}
	return b.known(r, e.App, err != nil, func(ctx context.Context) ([]byte, error) { return b.Event(ctx, e) })
}

// known is a request that does what it should, unless it cannot be read, or is meant for another app.
func (b *Bot) known(r request, app string, unread bool, do func(context.Context) ([]byte, error)) request {
	ours := b.app.Load()
	r.came, r.do = b.Now(), do
	switch {
	case unread:
		r.do = func(context.Context) ([]byte, error) { return nil, errMalformed }
	case ours != nil && app != "" && app != *ours:
		r.do = func(context.Context) ([]byte, error) { return nil, errForeign }
	}
	return r
}

// readCommand reads a slash command as HTTP brings it.
func readCommand(form url.Values) slashCommand {
	return slashCommand{
		App: form.Get("api_app_id"), Team: form.Get("team_id"), User: form.Get("user_id"), UserName: form.Get("user_name"),
		Channel: form.Get("channel_id"), ChannelName: form.Get("channel_name"),
		Text: form.Get("text"), Trigger: form.Get("trigger_id"), Reply: form.Get("response_url"),
	}
}

// readSocketCommand reads a slash command as Socket Mode brings it. What cannot be read has no user.
func readSocketCommand(payload []byte) slashCommand {
	var in slashCommand
	if json.Unmarshal(payload, &in) != nil || unambiguous(payload) != nil {
		return slashCommand{Reply: in.Reply}
	}
	return in
}

// unrecorded is what Slack is told beside an answer that explains err: a refusal of what was asked is an answer like any
// other, and anything else means that nothing was recorded.
func unrecorded(err error) error {
	if code := incident.CodeOf(err); err != nil && (code == "" || code == incident.Unavailable) {
		return errUnavailable
	}
	return nil
}

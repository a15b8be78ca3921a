package slacksim

import "context"

// SendArgs is a slash command to send with an id of the caller's choice, for clients that repeat themselves.
type SendArgs struct {
	Person, Channel string // names
	Text            string // the whole line, "/incident …"
	TriggerID       string // empty: a new one
}

// ActionArgs is a click to send with an id of the caller's choice.
type ActionArgs struct {
	Person, Channel   string // names
	TS, Block, Action string // of the message; Block may be empty
	View              string // instead of Channel and TS
	Chosen            any    // of a menu
	Value             string // of a button, when it is not the element's
	TriggerID         string // empty: a new one
}

// EventArgs is an event to deliver once.
type EventArgs struct {
	Context context.Context // nil: until the workspace closes
	ID      string          // empty: a new one
	Event   Object          // the inner event
	Retry   int             // X-Slack-Retry-Num
}

func (a EventArgs) context(w *Workspace) context.Context {
	if a.Context != nil {
		return a.Context
	}
	return w.ctx
}

// SendCommand sends a slash command as runs from the composer do, and gives back the app's raw answer. Status 0 means
// that there was none.
func (w *Workspace) SendCommand(ctx context.Context, a SendArgs) (status int, body string, err error) {
	user, room, err := w.resolve(a.Person, a.Channel)
	if err != nil {
		return 0, "", err
	}
	_, failure, r := w.runCommand(ctx, command{user: user, channel: room, text: a.Text, trigger: a.TriggerID})
	return r.result(failure)
}

// SendAction sends a click and gives back the app's raw answer.
func (w *Workspace) SendAction(ctx context.Context, a ActionArgs) (status int, body string, err error) {
	user, room, err := w.resolve(a.Person, a.Channel)
	if err != nil {
		return 0, "", err
	}
	failure, r := w.act(ctx, action{
		user: user, channel: room, ts: a.TS, view: a.View, block: a.Block, id: a.Action, chosen: a.Chosen, value: a.Value, trigger: a.TriggerID,
	})
	return r.result(failure)
}

// result is a reply as the low-level calls give it back; a fault that kept the request from being sent is the error.
func (r reply) result(failure string) (int, string, error) {
	if r.err == nil && r.status == 0 && failure != "" {
		return 0, "", sentence(failure)
	}
	return r.status, string(r.body), r.err
}

// resolve finds the ids of a person and a channel; the channel may be empty.
func (w *Workspace) resolve(person, room string) (user, id string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.lookup(person)
	if p == nil {
		return "", "", sentence("nobody is called " + person)
	}
	if room == "" {
		return p.ID, "", nil
	}
	if c := w.roomFor(p.ID, room); c != nil {
		return p.ID, c.id, nil
	}
	return "", "", sentence("there is no channel " + room)
}

// roomFor finds a channel by "#name", "name" or id; "@app" is the person's direct messages with the app. The caller
// holds the lock.
func (w *Workspace) roomFor(user, name string) *channel {
	if len(name) > 1 && name[0] == '@' {
		return w.direct(user)
	}
	if c := w.channels[name]; c != nil {
		return c
	}
	return w.byName(name)
}

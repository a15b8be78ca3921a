package slacksim

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
)

// action is one thing that a person does to an element: in a message (channel and ts) or in a view.
type action struct {
	user        string
	channel, ts string
	view        string
	block, id   string // block_id, may be empty; action_id
	chosen      any    // what was selected; nil for a button
	value       string // of a button, when it is not the element's
	trigger     string // empty: a new one
}

// act sends block_actions, and says what went wrong in the person's words, or "".
func (w *Workspace) act(ctx context.Context, a action) (string, reply) {
	w.mu.Lock()
	payload, fault := w.blockActions(a)
	w.mu.Unlock()
	if fault != "" || payload == nil {
		return fault, reply{}
	}
	r := w.sendPayload(ctx, payload)
	if f := r.failure(); f != "" {
		return "That did not work: " + f, r
	}
	return "", r
}

// blockActions makes the payload, and keeps what was selected. A nil payload without a fault means that the app is not
// asked: an input without dispatch_action. The caller holds the lock.
func (w *Workspace) blockActions(a action) (Object, string) {
	blocks, state, base, fault := w.surfaceOf(a)
	if fault != "" {
		return nil, fault
	}
	p, ok := find(blocks, a.block, a.id)
	if !ok {
		return nil, "This is no longer there."
	}
	block := str(p.block["block_id"])
	act, err := describe(p, a)
	if err != nil {
		return nil, err.Error()
	}
	if hasState(p.el) {
		chosen, _ := choose(p.el, a.chosen)
		state(block, a.id, chosen)
	}
	if p.block["type"] == "input" && p.block["dispatch_action"] != true {
		return nil, ""
	}
	act["action_ts"] = formatTS(w.now().UnixMicro())
	base["actions"] = []any{act}
	base["trigger_id"] = w.newTrigger(a.trigger, a.user, a.view)
	if v := w.views[a.view]; v != nil {
		base["view"] = w.viewJSON(v)
	}
	return base, ""
}

// describe is the action as the payload names it.
func describe(p placed, a action) (Object, error) {
	act := Object{"type": p.el["type"], "action_id": p.el["action_id"], "block_id": p.block["block_id"]}
	for _, field := range []string{"text", "value", "style", "placeholder", "confirm"} {
		if v, ok := p.el[field]; ok {
			act[field] = v
		}
	}
	if p.el["type"] == "button" {
		if a.value != "" {
			act["value"] = a.value
		}
		return act, nil
	}
	state, err := choose(p.el, a.chosen)
	maps.Copy(act, state)
	return act, err
}

// surfaceOf finds what is acted on: its blocks, where its selections are kept, and the payload without the action.
func (w *Workspace) surfaceOf(a action) ([]any, func(block, id string, s Object), Object, string) {
	base := w.payload("block_actions", a.user)
	if a.view != "" {
		v := w.views[a.view]
		if v == nil || v.user != a.user {
			return nil, nil, nil, "This view is no longer open."
		}
		base["container"] = Object{"type": "view", "view_id": v.id}
		return arr(v.body["blocks"]), v.keep, base, ""
	}
	c := w.channels[a.channel]
	if c == nil || !w.sees(a.user, c) {
		return nil, nil, nil, "This channel is not yours."
	}
	m := c.byTS[a.ts]
	if m == nil || m.only != "" && m.only != a.user {
		return nil, nil, nil, "This message is no longer there."
	}
	container := Object{"type": "message", "message_ts": m.ts, "channel_id": c.id, "is_ephemeral": m.only != ""}
	if m.thread != "" {
		container["thread_ts"] = m.thread
	}
	base["container"], base["channel"] = container, Object{"id": c.id, "name": outsideName(c)}
	base["response_url"] = w.newHook(&hook{user: a.user, channel: c.id, source: m.ts, thread: m.thread})
	if m.only == "" {
		base["message"] = w.messageJSON(c, m, true)
	}
	values := messageState(m.blocks)
	base["state"] = Object{"values": values}
	return m.blocks, func(block, id string, s Object) { obj(values[block])[id] = s }, base, ""
}

// keep holds what a person chose or typed in a view.
func (v *view) keep(block, id string, s Object) {
	if v.state[block] == nil {
		v.state[block] = map[string]Object{}
	}
	v.state[block][id] = s
}

// messageState is state.values of a message in which nobody chose anything yet.
func messageState(blocks []any) Object {
	values := Object{}
	for _, p := range elementsOf(blocks) {
		if !hasState(p.el) {
			continue
		}
		block := str(p.block["block_id"])
		if values[block] == nil {
			values[block] = Object{}
		}
		obj(values[block])[str(p.el["action_id"])] = initial(p.el)
	}
	return values
}

// payload is what all interactions have. The caller holds the lock.
func (w *Workspace) payload(kind, user string) Object {
	p := w.people[user]
	home := w.team.id
	if p.Stranger {
		home = w.team.other
	}
	return Object{
		"type": kind, "team": Object{"id": w.team.id, "domain": w.team.domain}, "api_app_id": w.team.app, "token": "verification-token-is-not-used",
		"user":       Object{"id": user, "username": p.handle(), "name": p.handle(), "team_id": home},
		"enterprise": nil, "is_enterprise_install": false,
	}
}

// runShortcut sends a shortcut: on a message when the manifest says so. It returns what the person reads when it fails.
func (w *Workspace) runShortcut(ctx context.Context, user, name string, c *channel, m *message) (failure string) {
	s, ok := w.grant.shortcut(name)
	if !ok {
		return fmt.Sprintf("There is no shortcut %q.", name)
	}
	if s.Type == "message" && (c == nil || m == nil) {
		return "This shortcut needs a message."
	}
	w.mu.Lock()
	payload := w.payload("shortcut", user)
	payload["callback_id"], payload["action_ts"] = s.Callback, formatTS(w.now().UnixMicro())
	payload["trigger_id"] = w.newTrigger("", user, "")
	if s.Type == "message" {
		maps.Copy(payload, Object{
			"type": "message_action", "message_ts": m.ts, "message": w.messageJSON(c, m, true), "channel": Object{"id": c.id, "name": outsideName(c)},
			"response_url": w.newHook(&hook{user: user, channel: c.id, thread: m.thread}),
		})
	}
	w.mu.Unlock()
	if f := w.sendPayload(ctx, payload).failure(); f != "" {
		return "That did not work: " + f
	}
	return ""
}

// submitted is what came of a view_submission.
type submitted struct {
	errors map[string]string // by block_id
	closed bool              // this view is no longer open
	fault  string            // in the person's words
}

// submit sends a view_submission and does what the app answers.
func (w *Workspace) submit(ctx context.Context, user, viewID string) submitted {
	w.mu.Lock()
	v := w.views[viewID]
	if v == nil || v.user != user || v.kind != "modal" {
		w.mu.Unlock()
		return submitted{fault: "This view is no longer open."}
	}
	if v.errors = v.clientErrors(); v.errors != nil {
		w.touch(screenEvent{Type: "view", user: user})
		w.mu.Unlock()
		return submitted{errors: v.errors}
	}
	payload := w.payload("view_submission", user)
	payload["view"], payload["trigger_id"], payload["response_urls"] = w.viewJSON(v), w.newTrigger("", user, v.id), []any{}
	w.mu.Unlock()
	r := w.sendPayload(ctx, payload)
	if r.failure() != "" {
		return submitted{fault: "We had some trouble connecting. Try again?"}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	out, err := w.answerSubmission(v, r.body)
	if err != nil {
		w.complainLocked("view_submission", "answer refused", err.Error())
		return submitted{fault: "We had some trouble connecting. Try again?"}
	}
	return out
}

// clientErrors are the faults that Slack's client finds before it asks the app; nil when there are none.
func (v *view) clientErrors() map[string]string {
	var found map[string]string
	for _, p := range elementsOf(arr(v.body["blocks"])) {
		block := str(p.block["block_id"])
		if p.block["type"] != "input" {
			continue
		}
		if text := refusal(p.block, p.el, v.state[block][str(p.el["action_id"])]); text != "" {
			if found == nil {
				found = map[string]string{}
			}
			found[block] = text
		}
	}
	return found
}

// answerSubmission does what the app said: nothing closes the view, response_action decides else. The caller holds the
// lock.
func (w *Workspace) answerSubmission(v *view, body []byte) (submitted, error) {
	answer := Object{}
	if text := strings.TrimSpace(string(body)); text != "" {
		if err := json.Unmarshal([]byte(text), &answer); err != nil {
			return submitted{}, err
		}
	}
	switch kind := answer["response_action"]; kind {
	case nil:
		w.dismiss(v)
		return submitted{closed: true}, nil
	case "clear":
		w.clear(v.user)
		return submitted{closed: true}, nil
	case "errors":
		return w.showErrors(v, obj(answer["errors"]))
	case "update", "push":
		next, err := w.checkView(answer["view"], "modal", v.id)
		if err != nil {
			return submitted{}, err
		}
		if kind == "update" {
			w.replace(v, next)
			return submitted{}, nil
		}
		if len(w.stacks[v.user]) >= 3 {
			return submitted{}, refuse("push_limit_reached")
		}
		w.show(v.user, next, true)
		return submitted{}, nil
	default:
		return submitted{}, fmt.Errorf("unknown response_action %v", kind)
	}
}

// dismiss closes one view wherever it stands in the stack. The caller holds the lock.
func (w *Workspace) dismiss(v *view) {
	stack := w.stacks[v.user]
	if len(stack) > 0 && stack[len(stack)-1] == v {
		w.pop(v.user)
	}
}

// showErrors shows what the app refused; its keys must be block_ids of input blocks.
func (w *Workspace) showErrors(v *view, errs Object) (submitted, error) {
	inputs := map[string]bool{}
	for _, b := range arr(v.body["blocks"]) {
		if obj(b)["type"] == "input" {
			inputs[str(obj(b)["block_id"])] = true
		}
	}
	found := map[string]string{}
	for block, text := range errs {
		if !inputs[block] || str(text) == "" {
			return submitted{}, fmt.Errorf("errors: %q is no input block, or has no text", block)
		}
		found[block] = str(text)
	}
	if len(found) == 0 {
		return submitted{}, fmt.Errorf("errors: there are none")
	}
	v.errors = found
	w.touch(screenEvent{Type: "view", user: v.user})
	return submitted{errors: found}, nil
}

// closeView closes a person's view, and tells the app if it asked for that.
func (w *Workspace) closeView(ctx context.Context, user, viewID string) {
	w.mu.Lock()
	v := w.views[viewID]
	if v == nil || v.user != user || v.kind != "modal" {
		w.mu.Unlock()
		return
	}
	payload := w.payload("view_closed", user)
	all := v.body["clear_on_close"] == true
	payload["view"], payload["is_cleared"] = w.viewJSON(v), all
	if all {
		w.clear(user)
	} else {
		w.dismiss(v)
	}
	w.mu.Unlock()
	if v.body["notify_on_close"] == true {
		w.sendPayload(ctx, payload)
	}
}

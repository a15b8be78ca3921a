package slacksim

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// view is a modal or the Home tab of one person.
type view struct {
	id, hash, user string
	kind           string // modal or home
	body           Object // blocks, title, submit, close, private_metadata, callback_id, external_id …
	root, previous string
	state          map[string]map[string]Object // by block_id and action_id: what the person's client holds
	errors         map[string]string            // by block_id, shown beside the inputs
}

// trigger is the right to open one modal within three seconds.
type trigger struct {
	user string
	sent time.Time // real clock
	used bool
	view string // the view that was acted in, for views.push
}

const triggerLife = 3 * time.Second

// newTrigger makes a trigger id, or registers the given one. The caller holds the lock.
func (w *Workspace) newTrigger(id, user, view string) string {
	if id == "" {
		id = strings.Join([]string{w.mint("")[1:], w.mint("")[1:], random()}, ".")
	}
	if w.triggers[id] == nil {
		w.triggers[id] = &trigger{user: user, view: view}
	}
	return id
}

// arm starts the three seconds of a trigger, when the request that carries it is sent. The caller holds the lock.
func (w *Workspace) arm(id string) {
	if t := w.triggers[id]; t != nil && t.sent.IsZero() {
		t.sent = w.clock()
	}
}

// spend uses a trigger up.
func (r *request) spend() (*trigger, error) {
	id := r.str("trigger_id")
	if id == "" {
		id = r.str("interactivity_pointer")
	}
	t := r.triggers[id]
	switch {
	case t == nil:
		return nil, refuse("invalid_trigger_id")
	case t.used:
		return nil, refuse("exchanged_trigger_id")
	case r.clock().Sub(t.sent) > triggerLife:
		return nil, refuse("expired_trigger_id")
	}
	t.used = true
	return t, nil
}

var viewFields = shape{fields: map[string]rule{
	"title": plain(24), "submit": plain(24), "close": plain(24), "private_metadata": length(3000), "callback_id": length(255), "external_id": length(255),
	"clear_on_close": boolean, "notify_on_close": boolean, "submit_disabled": boolean, "blocks": anything,
}, need: []string{"blocks"}}

// checkView refuses a view that Slack would refuse. self is the id of the view that it replaces. The caller holds the lock.
func (w *Workspace) checkView(v any, kind, self string) (Object, error) {
	body := obj(v)
	if body == nil || str(body["type"]) != kind {
		return nil, invalid("invalid_arguments", "view must be an object of type "+kind+" [json-pointer:/view/type]")
	}
	if raw, _ := json.Marshal(body); len(raw) > 250_000 {
		return nil, refuse("view_too_large")
	}
	on := onHome
	c := &checker{}
	if kind == "modal" {
		on = onModal
		if _, ok := body["title"]; !ok {
			c.bad("/view", "missing required field: title")
		}
		if _, ok := body["submit"]; !ok && slices.ContainsFunc(arr(body["blocks"]), func(b any) bool { return obj(b)["type"] == "input" }) {
			c.bad("/view/submit", "required when there is an input block")
		}
	}
	c.fill("/view", body, viewFields)
	if c.faults != nil {
		return nil, invalid("invalid_arguments", c.faults...)
	}
	if _, err := w.checkBlocks(body["blocks"], on); err != nil {
		return nil, err
	}
	for _, other := range w.views {
		if x := str(body["external_id"]); x != "" && other.id != self && str(other.body["external_id"]) == x {
			return nil, refuse("duplicate_external_id")
		}
	}
	return body, nil
}

// show puts a new modal on top of a person's stack. The caller holds the lock.
func (w *Workspace) show(user string, body Object, onTop bool) *view {
	v := &view{id: w.mint("V"), hash: w.viewHash(), user: user, kind: "modal", body: body}
	v.root = v.id
	if stack := w.stacks[user]; onTop && len(stack) > 0 {
		v.root, v.previous = stack[0].id, stack[len(stack)-1].id
	} else {
		w.clear(user)
	}
	v.adopt(body)
	w.views[v.id] = v
	w.stacks[user] = append(w.stacks[user], v)
	w.touch(screenEvent{Type: "view", user: user})
	return v
}

// adopt takes new content; what was typed into an element with the same ids and kind stays.
func (v *view) adopt(body Object) {
	old := v.state
	v.body, v.state, v.errors = body, map[string]map[string]Object{}, nil
	for _, p := range elementsOf(arr(body["blocks"])) {
		if !hasState(p.el) {
			continue
		}
		block, action := str(p.block["block_id"]), str(p.el["action_id"])
		state := initial(p.el)
		if kept := old[block][action]; kept != nil && kept["type"] == state["type"] {
			state = kept
		}
		if v.state[block] == nil {
			v.state[block] = map[string]Object{}
		}
		v.state[block][action] = state
	}
}

// clear closes a person's whole stack. The caller holds the lock.
func (w *Workspace) clear(user string) {
	for _, v := range w.stacks[user] {
		delete(w.views, v.id)
	}
	delete(w.stacks, user)
	w.touch(screenEvent{Type: "view", user: user})
}

// pop closes the top view of a person. The caller holds the lock.
func (w *Workspace) pop(user string) {
	stack := w.stacks[user]
	if len(stack) <= 1 {
		w.clear(user)
		return
	}
	delete(w.views, stack[len(stack)-1].id)
	w.stacks[user] = stack[:len(stack)-1]
	w.touch(screenEvent{Type: "view", user: user})
}

func viewsOpen(r *request) (Object, error) {
	t, err := r.spend()
	if err != nil {
		return nil, err
	}
	body, err := r.checkView(r.args["view"], "modal", "")
	if err != nil {
		return nil, err
	}
	return Object{"view": r.viewJSON(r.show(t.user, body, false))}, nil
}

func viewsPush(r *request) (Object, error) {
	t, err := r.spend()
	if err != nil {
		return nil, err
	}
	if r.views[t.view] == nil {
		return nil, refuse("not_found")
	}
	if len(r.stacks[t.user]) >= 3 {
		return nil, refuse("push_limit_reached")
	}
	body, err := r.checkView(r.args["view"], "modal", "")
	if err != nil {
		return nil, err
	}
	return Object{"view": r.viewJSON(r.show(t.user, body, true))}, nil
}

func viewsUpdate(r *request) (Object, error) {
	v := r.views[r.str("view_id")]
	if x := r.str("external_id"); v == nil && x != "" {
		for _, other := range r.views {
			if other.body["external_id"] == x {
				v = other
			}
		}
	}
	switch {
	case v == nil || v.kind != "modal":
		return nil, refuse("not_found")
	case r.str("hash") != "" && r.str("hash") != v.hash:
		return nil, refuse("hash_conflict")
	}
	body, err := r.checkView(r.args["view"], "modal", v.id)
	if err != nil {
		return nil, err
	}
	r.replace(v, body)
	return Object{"view": r.viewJSON(v)}, nil
}

// replace gives a view new content. The caller holds the lock.
func (w *Workspace) replace(v *view, body Object) {
	v.adopt(body)
	v.hash = w.viewHash()
	w.touch(screenEvent{Type: "view", user: v.user})
}

func viewsPublish(r *request) (Object, error) {
	user := r.str("user_id")
	v := r.homes[user]
	switch {
	case r.people[user] == nil:
		return nil, refuse("user_not_found")
	case !r.grant.Features.Home.Enabled:
		return nil, refuse("not_enabled")
	case v != nil && r.str("hash") != "" && r.str("hash") != v.hash:
		return nil, refuse("hash_conflict")
	}
	if v == nil {
		v = &view{id: r.mint("V"), user: user, kind: "home"}
		v.root = v.id
	}
	body, err := r.checkView(r.args["view"], "home", v.id)
	if err != nil {
		return nil, err
	}
	r.views[v.id], r.homes[user] = v, v
	r.replace(v, body)
	return Object{"view": r.viewJSON(v)}, nil
}

// viewJSON is a view as answers and interactions show it. The caller holds the lock.
func (w *Workspace) viewJSON(v *view) Object {
	o := Object{
		"id": v.id, "team_id": w.team.id, "type": v.kind, "private_metadata": "", "callback_id": "", "external_id": "", "clear_on_close": false,
		"notify_on_close": false, "title": nil, "submit": nil, "close": nil, "previous_view_id": nil,
	}
	maps.Copy(o, v.body)
	values := Object{}
	for block, actions := range v.state {
		inner := Object{}
		for action, state := range actions {
			inner[action] = state
		}
		values[block] = inner
	}
	maps.Copy(o, Object{
		"state": Object{"values": values}, "hash": v.hash, "root_view_id": v.root, "app_id": w.team.app,
		"app_installed_team_id": w.team.id, "bot_id": w.team.botID,
	})
	if v.previous != "" {
		o["previous_view_id"] = v.previous
	}
	return o
}

package slacksim

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// deed is one thing that a person does on the screen.
type deed struct {
	As       string                    `json:"as"`
	Do       string                    `json:"do"`
	Channel  string                    `json:"channel"`
	Thread   string                    `json:"thread"`
	TS       string                    `json:"ts"`
	Text     string                    `json:"text"`
	View     string                    `json:"view"`
	Block    string                    `json:"block_id"`
	Action   string                    `json:"action_id"`
	Value    string                    `json:"value"`
	Selected any                       `json:"selected"`
	Values   map[string]map[string]any `json:"values"`
	Callback string                    `json:"callback_id"`
	Name     string                    `json:"name"`
}

// deeds is the one list of what can be done on the screen; an error is a sentence to show.
var deeds = map[string]func(*Workspace, context.Context, deed) error{
	"post": doPost, "press": doAct, "select": doAct, "submit": doSubmit, "close": doClose, "shortcut": doShortcut, "react": doReact,
	"join": doJoin, "leave": doLeave, "archive": doArchive, "unarchive": doUnarchive, "read": doRead, "pin": doPin, "edit": doEdit, "delete": doDelete, "home": doHome,
}

func (w *Workspace) serveAct(rw http.ResponseWriter, r *http.Request) {
	var d deed
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind != "application/json" {
		http.Error(rw, "JSON only", http.StatusUnsupportedMediaType)
		return
	}
	if err := json.NewDecoder(http.MaxBytesReader(rw, r.Body, 1<<20)).Decode(&d); err != nil {
		http.Error(rw, "malformed", http.StatusBadRequest)
		return
	}
	err := w.do(r.Context(), d)
	answer := Object{"ok": err == nil}
	if err != nil {
		answer["error"] = err.Error()
	}
	write(rw, http.StatusOK, nil, answer)
}

// do runs a deed of a person who exists.
func (w *Workspace) do(ctx context.Context, d deed) error {
	w.mu.Lock()
	p := w.people[d.As]
	w.mu.Unlock()
	run, ok := deeds[d.Do]
	switch {
	case p == nil:
		return sentence("Nobody here has that id.")
	case !ok:
		return sentence("The screen cannot do this: " + d.Do)
	}
	return run(w, ctx, d)
}

// sentence is nil for "".
func sentence(s string) error {
	if s == "" {
		return nil
	}
	return errors.New(s)
}

// inChannel runs f under the lock on a channel that the person may see, and on the message of ts if one is named.
func (w *Workspace) inChannel(d deed, f func(*channel, *message) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.channels[d.Channel]
	if c == nil || !w.sees(d.As, c) {
		return sentence("There is no such channel for you.")
	}
	m := c.byTS[d.TS]
	if d.TS != "" && (m == nil || m.only != "" && m.only != d.As) {
		return sentence("This message is no longer there.")
	}
	return f(c, m)
}

func doPost(w *Workspace, ctx context.Context, d deed) error {
	if strings.HasPrefix(d.Text, "/") {
		if d.Thread != "" {
			return sentence("Slash commands cannot be used in threads.")
		}
		_, failure, _ := w.runCommand(ctx, command{user: d.As, channel: d.Channel, text: d.Text})
		return sentence(failure)
	}
	_, err := w.say(d)
	return err
}

// say posts a person's message.
func (w *Workspace) say(d deed) (m *message, err error) {
	err = w.inChannel(d, func(c *channel, _ *message) error {
		switch {
		case c.archived:
			return sentence("This channel is archived.")
		case !c.members[d.As]:
			return sentence("Join #" + c.name + " first.")
		case strings.TrimSpace(d.Text) == "":
			return sentence("There is nothing to send.")
		}
		m = w.append(c, &message{user: d.As, text: w.typed(d.Text, true), thread: d.Thread})
		w.read[d.As+c.id] = m.ts
		return nil
	})
	return m, err
}

func doAct(w *Workspace, ctx context.Context, d deed) error {
	failure, _ := w.act(ctx, action{
		user: d.As, channel: d.Channel, ts: d.TS, view: d.View, block: d.Block, id: d.Action, chosen: d.Selected, value: d.Value,
	})
	return sentence(failure)
}

func doSubmit(w *Workspace, ctx context.Context, d deed) error {
	w.mu.Lock()
	if v := w.views[d.View]; v != nil && v.user == d.As {
		for block, actions := range d.Values {
			for id, value := range actions {
				p, ok := find(arr(v.body["blocks"]), block, id)
				if !ok || !hasState(p.el) {
					continue
				}
				state, err := choose(p.el, value)
				if err != nil {
					w.mu.Unlock()
					return err
				}
				v.keep(block, id, state)
			}
		}
	}
	w.mu.Unlock()
	return sentence(w.submit(ctx, d.As, d.View).fault)
}

func doClose(w *Workspace, ctx context.Context, d deed) error {
	w.closeView(ctx, d.As, d.View)
	return nil
}

func doShortcut(w *Workspace, ctx context.Context, d deed) error {
	var c *channel
	var m *message
	if d.Channel != "" {
		if err := w.inChannel(d, func(found *channel, at *message) error { c, m = found, at; return nil }); err != nil {
			return err
		}
	}
	failure := w.runShortcut(ctx, d.As, d.Callback, c, m)
	return sentence(failure)
}

func doReact(w *Workspace, _ context.Context, d deed) error {
	return w.inChannel(d, func(c *channel, m *message) error {
		if m == nil || m.only != "" || !emojiName.MatchString(d.Name) {
			return sentence("You cannot react to this.")
		}
		w.react(c, m, d.Name, d.As)
		return nil
	})
}

func doJoin(w *Workspace, _ context.Context, d deed) error {
	return w.inChannel(d, func(c *channel, _ *message) error {
		if c.archived {
			return sentence("This channel is archived.")
		}
		w.addMember(c, d.As, "")
		return nil
	})
}

func doLeave(w *Workspace, _ context.Context, d deed) error {
	return w.inChannel(d, func(c *channel, _ *message) error {
		if c.im || c.name == "general" {
			return sentence("You cannot leave this channel.")
		}
		w.dropMember(c, d.As)
		return nil
	})
}

func doArchive(w *Workspace, _ context.Context, d deed) error { return w.turnArchived(d, true) }

func doUnarchive(w *Workspace, _ context.Context, d deed) error { return w.turnArchived(d, false) }

func (w *Workspace) turnArchived(d deed, to bool) error {
	return w.inChannel(d, func(c *channel, _ *message) error {
		if c.im || c.name == "general" || c.archived == to {
			return sentence("You cannot do that with this channel.")
		}
		w.setArchived(c, to, d.As)
		return nil
	})
}

func doRead(w *Workspace, _ context.Context, d deed) error {
	return w.inChannel(d, func(c *channel, _ *message) error {
		if n := len(c.messages); n > 0 && w.read[d.As+c.id] != c.messages[n-1].ts {
			w.read[d.As+c.id] = c.messages[n-1].ts
			w.touch(screenEvent{Type: "state", user: d.As})
		}
		return nil
	})
}

func doPin(w *Workspace, _ context.Context, d deed) error {
	return w.inChannel(d, func(c *channel, m *message) error {
		if m == nil || m.only != "" || m.subtype != "" {
			return sentence("You cannot pin this.")
		}
		w.pin(c, m, d.As)
		return nil
	})
}

// ownMessage is a message that the person wrote.
func (w *Workspace) ownMessage(d deed, f func(*channel, *message)) error {
	return w.inChannel(d, func(c *channel, m *message) error {
		if m == nil || m.user != d.As || m.byApp || m.subtype != "" {
			return sentence("You can only change your own messages.")
		}
		f(c, m)
		return nil
	})
}

func doEdit(w *Workspace, _ context.Context, d deed) error {
	return w.ownMessage(d, func(c *channel, m *message) {
		w.edit(c, m, func(m *message) { m.text = w.typed(d.Text, true) })
	})
}

func doDelete(w *Workspace, _ context.Context, d deed) error {
	return w.ownMessage(d, func(c *channel, m *message) { w.remove(c, m) })
}

// doHome opens the Home tab: the app hears app_home_opened and publishes what stands there.
func doHome(w *Workspace, _ context.Context, d deed) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	event := Object{"user": d.As, "channel": w.direct(d.As).id, "tab": "home"}
	if v := w.homes[d.As]; v != nil {
		event["view"] = w.viewJSON(v)
	}
	w.emit("app_home_opened", event)
	return nil
}

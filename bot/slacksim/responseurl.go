package slacksim

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"
)

// A response_url lives for half an hour and takes five posts.
const (
	hookUses = 5
	hookLife = 30 * time.Minute
)

// hook is one response_url.
type hook struct {
	user, channel string
	source        string // ts of the message that was acted on; empty for a command
	thread        string
	uses          int
	born          time.Time // scenario clock
}

// newHook makes a response_url. The caller holds the lock.
func (w *Workspace) newHook(h *hook) string {
	secret := random()
	h.born = w.now()
	w.hooks[secret] = h
	return w.base + "/response/" + w.team.id + "/" + secret
}

// serveHook answers a post to a response_url. Faults and Calls know it as the method "response_url".
func (w *Workspace) serveHook(rw http.ResponseWriter, r *http.Request) {
	args := Object{}
	err := json.NewDecoder(http.MaxBytesReader(rw, r.Body, 4<<20)).Decode(&args)
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		err = errors.New("not JSON")
	}
	call := w.begin("response_url", args)
	w.withFault(rw, r, call, func() (int, Object, http.Header) {
		if err != nil {
			err = refuse("invalid_payload")
		} else {
			err = w.useHook(r.PathValue("secret"), args)
		}
		status, body, header := w.conclude("response_url", nil, err)
		if err != nil {
			status = http.StatusBadRequest
			if code := body["error"]; code == "used_url" || code == "expired_url" || code == "no_such_url" {
				status = http.StatusNotFound
			}
		}
		return status, body, header
	})
}

// useHook posts, replaces or deletes by a response_url.
func (w *Workspace) useHook(secret string, args Object) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	h := w.hooks[secret]
	switch {
	case h == nil:
		return refuse("no_such_url")
	case h.uses >= hookUses:
		return refuse("used_url")
	case w.now().Sub(h.born) > hookLife:
		return refuse("expired_url")
	}
	room := w.channels[h.channel]
	if room.archived {
		return refuse("is_archived")
	}
	source := room.byTS[h.source]
	switch {
	case truthy(args["delete_original"]):
		if len(args) > 1 {
			return invalid("invalid_arguments", "delete_original must stand alone")
		}
		if source == nil {
			return refuse("message_not_found")
		}
		w.remove(room, source)
	case truthy(args["replace_original"]):
		if source == nil {
			return refuse("message_not_found")
		}
		if err := w.replaceMessage(room, source, args); err != nil {
			return err
		}
	default:
		if _, err := w.respond(room, args, &message{only: h.user, thread: h.thread}); err != nil {
			return err
		}
	}
	h.uses++
	return nil
}

func truthy(v any) bool { return v == true || v == "true" }

// replaceMessage gives a message new content; what the answer does not name goes. The caller holds the lock.
func (w *Workspace) replaceMessage(room *channel, source *message, args Object) error {
	if kind := args["response_type"]; kind != nil && (kind == "in_channel") != (source.only == "") {
		return invalid("invalid_arguments", "response_type: a message cannot change between ephemeral and in_channel")
	}
	next := &message{}
	if err := w.content(args, next); err != nil {
		return err
	}
	w.edit(room, source, func(m *message) { m.text, m.blocks, m.attached = next.text, next.blocks, next.attached })
	return nil
}

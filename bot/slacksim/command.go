package slacksim

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// command is one slash command as a person typed it.
type command struct {
	user, channel string // ids
	text          string // the whole line
	trigger       string // empty: a new one
}

// runCommand sends a slash command and shows what the app answered. failure is what the person reads instead, when the
// command went wrong.
func (w *Workspace) runCommand(ctx context.Context, c command) (shown *message, failure string, r reply) {
	name, rest, _ := strings.Cut(c.text, " ")
	path, escape, ok := w.grant.commandPath(name)
	if !ok {
		return nil, name + " is not a valid command.", reply{}
	}
	w.mu.Lock()
	room := w.channels[c.channel]
	if room == nil || !room.members[c.user] {
		w.mu.Unlock()
		return nil, "You are not in this channel.", reply{}
	}
	if room.archived {
		w.mu.Unlock()
		return nil, "This channel is archived.", reply{}
	}
	// Nothing here says in which thread: Slack runs no commands in threads.
	h := w.newHook(&hook{user: c.user, channel: c.channel})
	c.trigger = w.newTrigger(c.trigger, c.user, "")
	form := url.Values{
		"token": {"verification-token-is-not-used"}, "team_id": {w.team.id}, "team_domain": {w.team.domain}, "channel_id": {room.id},
		"channel_name": {outsideName(room)}, "user_id": {c.user}, "user_name": {w.people[c.user].handle()}, "command": {name},
		"text": {w.typed(strings.TrimSpace(rest), escape)}, "response_url": {h}, "trigger_id": {c.trigger}, "api_app_id": {w.team.app}, "is_enterprise_install": {"false"},
	}
	w.arm(c.trigger)
	w.mu.Unlock()
	r = w.sendCommand(ctx, path, form)
	if f := r.failure(); f != "" {
		return nil, fmt.Sprintf("%s failed with the error %q", name, f), r
	}
	shown, err := w.showAnswer(room, c, r)
	if err != nil {
		w.complain(name, "answer refused", err.Error())
		return nil, fmt.Sprintf("%s failed with the error %q", name, "dispatch_failed"), r
	}
	return shown, "", r
}

// outsideName is the name of a channel as commands carry it: private ones and direct messages are not named.
func outsideName(c *channel) string {
	switch c.kind() {
	case "dm":
		return "directmessage"
	case "private":
		return "privategroup"
	}
	return c.name
}

// showAnswer shows the body of the app's answer to a command; nothing for an empty one.
func (w *Workspace) showAnswer(room *channel, c command, r reply) (*message, error) {
	body := strings.TrimSpace(string(r.body))
	if body == "" {
		return nil, nil
	}
	args := Object{"text": body}
	if strings.HasPrefix(r.header.Get("Content-Type"), "application/json") {
		args = Object{}
		if err := json.Unmarshal([]byte(body), &args); err != nil {
			return nil, err
		}
	}
	if len(args) == 0 {
		return nil, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if args["response_type"] == "in_channel" {
		w.append(room, &message{user: c.user, text: w.typed(c.text, true)})
	}
	return w.respond(room, args, &message{only: c.user})
}

// responseFields is what an answer to a command, or a post to a response_url, may hold.
var responseFields = []string{
	"response_type", "text", "blocks", "attachments", "replace_original", "delete_original", "thread_ts", "mrkdwn", "metadata", "unfurl_links",
	"unfurl_media", "parse", "link_names",
}

// respond posts an answer: for m.only alone, unless its response_type is in_channel. The caller holds the lock.
func (w *Workspace) respond(room *channel, args Object, m *message) (*message, error) {
	for name := range args {
		if !slices.Contains(responseFields, name) {
			return nil, invalid("invalid_arguments", "unknown argument: "+name)
		}
	}
	switch kind := args["response_type"]; kind {
	case "in_channel":
		m.only = ""
	case nil, "", "ephemeral":
	default:
		return nil, invalid("invalid_arguments", fmt.Sprintf("response_type: %v", kind))
	}
	m.user, m.byApp = w.team.bot, true
	if m.thread == "" {
		m.thread = str(args["thread_ts"])
	}
	if err := w.content(args, m); err != nil {
		return nil, err
	}
	return w.append(room, m), nil
}

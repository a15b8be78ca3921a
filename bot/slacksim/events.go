package slacksim

import (
	"encoding/json"
	"maps"
	"strings"
	"time"
)

// delivery is one event on its way to the app.
type delivery struct {
	id      string
	body    []byte
	attempt int // 0 is the first
	reason  string
}

// emit sends an event to the app, if the manifest subscribes to it. The caller holds the lock.
func (w *Workspace) emit(kind string, event Object) { w.emitAs(kind, kind, event) }

// emitIn is emit for what happens in a channel: only a bot that is in it hears of it.
func (w *Workspace) emitIn(c *channel, kind string, event Object) {
	if !c.members[w.team.bot] {
		return
	}
	scope := "channels:read"
	if c.private {
		scope = "groups:read"
	}
	if strings.HasPrefix(kind, "member_") && !w.grant.has(scope) {
		return
	}
	w.emit(kind, event)
}

// emitAs queues an event whose subscription has another name than its type (message.channels).
func (w *Workspace) emitAs(subscription, kind string, event Object) {
	if w.dropping || !w.grant.hears(subscription) {
		return
	}
	full := Object{"type": kind, "event_ts": formatTS(w.now().UnixMicro())}
	maps.Copy(full, event)
	w.queueEvent(w.mint("Ev"), full)
}

// DropEvents lets the app miss what happens from now on, as Slack does with an app to which it has delivered 30,000 events within
// an hour: it says so once, and nothing of it is delivered later. false ends it.
func (w *Workspace) DropEvents(drop bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dropping = drop
	if !drop {
		return
	}
	body, _ := json.Marshal(Object{
		"token": "verification-token-is-not-used", "type": "app_rate_limited", "team_id": w.team.id, "api_app_id": w.team.app,
		"minute_rate_limited": w.now().Truncate(time.Minute).Unix(),
	})
	w.queue = append(w.queue, &delivery{id: w.mint("Ev"), body: body})
	w.changed()
}

// queueEvent wraps an event and queues its first attempt. The caller holds the lock.
func (w *Workspace) queueEvent(id string, event Object) {
	w.queue = append(w.queue, &delivery{id: id, body: w.callback(id, event)})
	w.changed()
}

// callback is an event as the app gets it.
func (w *Workspace) callback(id string, event Object) []byte {
	body, _ := json.Marshal(Object{
		"token": "verification-token-is-not-used", "team_id": w.team.id, "api_app_id": w.team.app, "type": "event_callback", "event": event,
		"event_id": id, "event_time": w.now().Unix(), "is_ext_shared_channel": false, "event_context": "4-" + id,
		"authorizations": []any{Object{"enterprise_id": nil, "team_id": w.team.id, "user_id": w.team.bot, "is_bot": true, "is_enterprise_install": false}},
	})
	return body
}

// subscriptionFor is the event that messages of a channel need.
func subscriptionFor(c *channel) string {
	return map[string]string{"public": "message.channels", "private": "message.groups", "dm": "message.im"}[c.kind()]
}

// emitMessage tells the app about a new message, and about a mention of it. The caller holds the lock.
func (w *Workspace) emitMessage(c *channel, m *message) {
	if !c.members[w.team.bot] || !w.grant.hears(subscriptionFor(c)) && !w.grant.hears("app_mention") {
		return
	}
	event := w.messageJSON(c, m, true)
	maps.Copy(event, Object{"channel": c.id, "channel_type": channelType(c), "event_ts": m.ts})
	w.emitAs(subscriptionFor(c), "message", event)
	if !m.byApp && m.subtype == "" && strings.Contains(m.text, "<@"+w.team.bot+">") {
		mention := maps.Clone(event)
		delete(mention, "channel_type")
		mention["type"] = "app_mention"
		w.emit("app_mention", mention)
	}
}

// emitChange tells the app about an edited or deleted message. The caller holds the lock.
func (w *Workspace) emitChange(c *channel, subtype string, change Object) {
	if !c.members[w.team.bot] {
		return
	}
	ts := w.stamp()
	event := Object{"subtype": subtype, "channel": c.id, "channel_type": channelType(c), "ts": ts, "event_ts": ts, "hidden": true}
	maps.Copy(event, change)
	w.emitAs(subscriptionFor(c), "message", event)
}

func channelType(c *channel) string {
	return map[string]string{"public": "channel", "private": "group", "dm": "im"}[c.kind()]
}

// deliverEvents sends queued events, one after the other, until the workspace closes.
func (w *Workspace) deliverEvents() {
	for {
		var d *delivery
		err := w.await(w.ctx, func() bool {
			if len(w.queue) == 0 {
				return false
			}
			d, w.queue = w.queue[0], w.queue[1:]
			w.busy++
			return true
		})
		if err != nil {
			return
		}
		w.attempt(d)
		w.mu.Lock()
		w.busy--
		w.changed()
		w.mu.Unlock()
	}
}

// attempt sends an event once, and sets the timer of the next attempt if it was not taken.
func (w *Workspace) attempt(d *delivery) {
	r := w.sendEvent(w.ctx, d)
	if r.good() || r.err == nil && r.header.Get("X-Slack-No-Retry") == "1" || d.attempt >= len(w.redeliver) {
		return
	}
	next := &delivery{d.id, d.body, d.attempt + 1, r.reason()}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.after(w.redeliver[d.attempt], func() {
		w.queue = append(w.queue, next)
		w.changed()
	})
}

// timer is something due on the scenario's clock.
type timer struct {
	at  time.Time
	run func() // under the lock
}

// after sets a timer. The caller holds the lock.
func (w *Workspace) after(d time.Duration, run func()) {
	if d <= 0 {
		run()
		return
	}
	w.timers = append(w.timers, timer{w.now().Add(d), run})
}

// fire runs what is due. The caller holds the lock.
func (w *Workspace) fire() {
	now := w.now()
	var later, due []timer
	for _, t := range w.timers {
		if t.at.After(now) {
			later = append(later, t)
		} else {
			due = append(due, t)
		}
	}
	w.timers = later
	for _, t := range due {
		t.run()
	}
}

// runTimers looks at the scenario's clock ten times a second; a clock made by New is moved by Pass alone.
func (w *Workspace) runTimers() {
	if w.movable != nil {
		return
	}
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-w.ctx.Done():
			return
		case <-ticker.C:
			w.mu.Lock()
			w.fire()
			w.mu.Unlock()
		}
	}
}

// SendEvent delivers an event once with an id of the caller's choice, and gives back what the app answered.
func (w *Workspace) SendEvent(a EventArgs) (status int, body string, err error) {
	w.mu.Lock()
	if a.ID == "" {
		a.ID = w.mint("Ev")
	}
	d := &delivery{id: a.ID, body: w.callback(a.ID, a.Event), attempt: a.Retry, reason: "http_timeout"}
	w.mu.Unlock()
	r := w.sendEvent(a.context(w), d)
	return r.status, string(r.body), r.err
}

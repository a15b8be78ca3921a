package slacksim

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// reply is what the app answered to one delivery. status 0 means that no answer came: err says why.
type reply struct {
	status int
	header http.Header
	body   []byte
	err    error
}

// good tells whether the app took the delivery.
func (r reply) good() bool { return r.err == nil && r.status >= 200 && r.status < 300 }

// reason is Slack's name for what went wrong, as retries carry it.
func (r reply) reason() string {
	var timeout interface{ Timeout() bool }
	switch {
	case r.err == nil:
		return "http_error"
	case errors.As(r.err, &timeout) && timeout.Timeout():
		return "http_timeout"
	case errors.Is(r.err, errRedirects):
		return "too_many_redirects"
	}
	return "connection_failed"
}

// failure is what the person reads when a command or a click went wrong; "" when nothing did.
func (r reply) failure() string {
	switch {
	case r.good():
		return ""
	case r.err != nil && r.reason() == "http_timeout":
		return "operation_timeout"
	}
	return "dispatch_failed"
}

var errRedirects = errors.New("too many redirects")

// newClient delivers as Slack does: three seconds, at most two redirects.
func newClient() *http.Client {
	return &http.Client{
		Timeout:   apiTimeout,
		Transport: &http.Transport{MaxIdleConnsPerHost: 256, IdleConnTimeout: 30 * time.Second},
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) > 2 {
				return errRedirects
			}
			return nil
		},
	}
}

// Sign is Slack's signature v0 over a raw body, for the given time.
func (w *Workspace) Sign(body []byte, at time.Time) (timestamp, signature string) {
	timestamp = strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(w.secret))
	mac.Write([]byte("v0:" + timestamp + ":"))
	mac.Write(body)
	return timestamp, "v0=" + hex.EncodeToString(mac.Sum(nil))
}

// What an app is told, by the names that Socket Mode has for it.
const (
	aCommand      = "slash_commands"
	anInteraction = "interactive"
	anEvent       = "events_api"
)

// parcel is one delivery, before HTTP or a websocket carries it.
type parcel struct {
	kind    string     // aCommand, anInteraction or anEvent
	path    string     // where HTTP brings it
	form    url.Values // of a command
	payload []byte     // of the others: JSON
	answers bool       // an ack over a websocket may carry a payload
	attempt int        // of an event; 0 is the first
	reason  string     // why there is another attempt, as HTTP says it
}

// send brings one delivery to the app, the way that the workspace's switch says. The caller must not hold the lock.
func (w *Workspace) send(ctx context.Context, p parcel) reply {
	w.mu.Lock()
	app, socket := w.app, w.socket
	w.mu.Unlock()
	switch {
	case socket:
		return w.sendSocket(ctx, p)
	case app == "":
		return reply{err: errors.New("no app is connected")}
	}
	return w.sendHTTP(ctx, app, p)
}

// sendHTTP posts one signed request.
func (w *Workspace) sendHTTP(ctx context.Context, app string, p parcel) reply {
	body, header := p.request()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, app+p.path, bytes.NewReader(body))
	if err != nil {
		return reply{err: err}
	}
	at, signature := w.Sign(body, w.clock())
	req.Header.Set("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
	req.Header.Set("X-Slack-Request-Timestamp", at)
	req.Header.Set("X-Slack-Signature", signature)
	maps.Copy(req.Header, header)
	resp, err := w.client.Do(req)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return reply{status: resp.StatusCode, header: resp.Header, body: got, err: err}
}

// request is the parcel as HTTP carries it: events as JSON, the others as a form.
func (p parcel) request() ([]byte, http.Header) {
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	switch p.kind {
	case aCommand:
		return []byte(p.form.Encode()), header
	case anInteraction:
		return []byte(url.Values{"payload": {string(p.payload)}}.Encode()), header
	}
	header.Set("Content-Type", "application/json")
	if p.attempt > 0 {
		header.Set("X-Slack-Retry-Num", strconv.Itoa(p.attempt))
		header.Set("X-Slack-Retry-Reason", p.reason)
	}
	return p.payload, header
}

// sendCommand sends a slash command.
func (w *Workspace) sendCommand(ctx context.Context, path string, form url.Values) reply {
	return w.send(ctx, parcel{kind: aCommand, path: path, form: form, answers: true})
}

// sendPayload sends an interaction. Only the submission of a view can be answered with more than an ack.
func (w *Workspace) sendPayload(ctx context.Context, payload Object) reply {
	w.mu.Lock()
	text, _ := json.Marshal(payload) // under the lock: it may hold live blocks
	w.arm(str(payload["trigger_id"]))
	w.mu.Unlock()
	answers := payload["type"] == "view_submission"
	return w.send(ctx, parcel{kind: anInteraction, path: w.grant.interactionPath(), payload: text, answers: answers})
}

// sendEvent sends an event, for the first time or again.
func (w *Workspace) sendEvent(ctx context.Context, d *delivery) reply {
	return w.send(ctx, parcel{kind: anEvent, path: w.grant.eventPath(), payload: d.body, attempt: d.attempt, reason: d.reason})
}

package bot

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

const (
	// maxBody is far above anything that Slack sends (views are at most 250 kB), and small enough to be held many times.
	maxBody = 1 << 20
	// answerLimit is how long Slack waits for an answer; past it, the person has been told that we failed.
	answerLimit = 2500 * time.Millisecond
)

// Handler takes Slack's signed requests: commands, interactions and events.
func (b *Bot) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /slack/commands", b.signed("command", formType, b.serveCommand))
	mux.Handle("POST /slack/interactions", b.signed("interaction", formType, b.serveInteraction))
	mux.Handle("POST /slack/events", b.signed("event", "application/json", b.serveEvent))
	return mux
}

const formType = "application/x-www-form-urlencoded"

// receiver handles a request that is known to be Slack's, and returns the body to answer with.
type receiver func(ctx context.Context, body []byte) ([]byte, error)

// errUnavailable is answered with 503, so that Slack delivers again.
var errUnavailable = errors.New("not recorded")

// errMalformed is answered with 400.
var errMalformed = errors.New("malformed request")

// signed lets only requests through whose signature over the raw bytes is Slack's, before anything is parsed.
func (b *Bot) signed(kind, contentType string, next receiver) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := b.Now()
		if got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || got != contentType {
			b.Meter.Refused("content type")
			http.Error(w, "expected "+contentType, http.StatusUnsupportedMediaType)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			b.Meter.Refused("body")
			http.Error(w, "the body is too large or did not arrive", http.StatusRequestEntityTooLarge)
			return
		}
		if !b.genuine(r.Header, body) {
			b.Meter.Refused("signature")
			b.Log.Warn("refused a request whose signature is not Slack's", "path", r.URL.Path, "bytes", len(body))
			http.Error(w, "bad signature", http.StatusUnauthorized)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), answerLimit)
		defer cancel()
		answer, err := next(ctx, body)
		respond(w, answer, err)
		b.answered(kind, began, err)
	})
}

// answered counts a request that was let in.
func (b *Bot) answered(kind string, began time.Time, err error) {
	if errors.Is(err, errMalformed) {
		b.Meter.Refused("malformed")
		return
	}
	b.Meter.Answered(kind, b.Now().Sub(began), err == nil)
}

func respond(w http.ResponseWriter, answer []byte, err error) {
	switch {
	case errors.Is(err, errMalformed):
		http.Error(w, "this request cannot be read", http.StatusBadRequest)
	case err != nil:
		http.Error(w, "not recorded, please deliver again", http.StatusServiceUnavailable)
	case len(answer) > 0:
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write(answer) // the other side has gone: it will deliver again, and get the same answer
	default:
		w.WriteHeader(http.StatusOK)
	}
}

// genuine checks the signature with each secret that is valid just now. The verifier's own error would tell the right
// signature in older versions: it is dropped here, and never logged.
func (b *Bot) genuine(header http.Header, body []byte) bool {
	if len(header.Values("X-Slack-Signature")) != 1 || len(header.Values("X-Slack-Request-Timestamp")) != 1 {
		return false
	}
	for _, secret := range strings.Split(b.SigningSecret(), ",") {
		if secret = strings.TrimSpace(secret); secret == "" {
			continue
		}
		verifier, err := slack.NewSecretsVerifier(header, secret)
		if err != nil {
			return false
		}
		if _, err := verifier.Write(body); err == nil && verifier.Ensure() == nil {
			return true
		}
	}
	return false
}

// serveCommand reads a slash command. Slack's check of our certificate (ssl_check) is none.
func (b *Bot) serveCommand(ctx context.Context, body []byte) ([]byte, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errMalformed
	}
	if form.Get("ssl_check") == "1" {
		return nil, nil
	}
	command := slashCommand{
		Team: form.Get("team_id"), User: form.Get("user_id"), UserName: form.Get("user_name"),
		Channel: form.Get("channel_id"), ChannelName: form.Get("channel_name"),
		Text: form.Get("text"), Trigger: form.Get("trigger_id"),
	}
	if command.User == "" || command.Trigger == "" {
		return nil, errMalformed
	}
	return b.Command(ctx, command).message(), nil
}

func (b *Bot) serveInteraction(ctx context.Context, body []byte) ([]byte, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errMalformed
	}
	in, err := readInteraction([]byte(form.Get("payload")))
	if err != nil {
		return nil, errMalformed
	}
	return b.Interaction(ctx, in)
}

func (b *Bot) serveEvent(ctx context.Context, body []byte) ([]byte, error) {
	e, err := readEvent(body)
	if err != nil {
		return nil, errMalformed
	}
	return b.Event(ctx, e)
}

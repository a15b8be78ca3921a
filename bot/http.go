package bot

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
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
	mux.Handle("POST /slack/commands", b.signed(formType, b.readCommand))
	mux.Handle("POST /slack/interactions", b.signed(formType, b.readInteraction))
	mux.Handle("POST /slack/events", b.signed("application/json", b.readEvent))
	return mux
}

const formType = "application/x-www-form-urlencoded"

// reader makes of a body what it asks for; nil means that there is nothing to do.
type reader func(body []byte) *request

// MendOfSignature is what to do where Slack's requests are refused for their signature.
const MendOfSignature = "if Slack says dispatch_failed, copy the Signing Secret (Basic Information, App Credentials) anew into SLACK_SIGNING_SECRET, " +
	"send SIGHUP, and let no proxy change bodies; if not, somebody else calls the address"

// mendOfTime is what to do where they are refused for their time.
const mendOfTime = "set the clock of this machine, and keep it right: timedatectl set-ntp true; if it is right, somebody sends again what Slack sent once"

// signed lets only requests through whose signature over the raw bytes is Slack's, before anything is parsed.
func (b *Bot) signed(contentType string, read reader) http.Handler {
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
		if err := b.genuine(r.Header, body); err != nil {
			b.forged(r, len(body), err)
			http.Error(w, "bad signature", http.StatusUnauthorized)
			return
		}
		asked := read(body)
		if asked == nil {
			return
		}
		asked.came = began
		ctx, cancel := context.WithTimeout(r.Context(), answerLimit)
		defer cancel()
		answer, err := b.serve(ctx, *asked)
		respond(w, answer, err)
	})
}

func respond(w http.ResponseWriter, answer []byte, err error) {
	switch {
	case errors.Is(err, errMalformed):
		http.Error(w, "this request cannot be read", http.StatusBadRequest)
	case errors.Is(err, errForeign):
		http.Error(w, "this request is for another app or workspace", http.StatusBadRequest)
	case len(answer) > 0:
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write(answer) // the other side has gone: it will deliver again, and get the same answer
	case err != nil:
		http.Error(w, "not recorded, please deliver again", http.StatusServiceUnavailable)
	default:
		w.WriteHeader(http.StatusOK)
	}
}

var (
	errForged = errors.New("not signed by Slack")
	errStale  = errors.New("signed by Slack, at another time than ours")
)

// forged counts and logs a request that is not let in. Which of both it is depends on the secret: who does not know that cannot
// make us look for a wrong clock.
func (b *Bot) forged(r *http.Request, bytes int, why error) {
	if errors.Is(why, errStale) {
		b.Meter.Refused("time")
		b.Log.Warn("refused a request of Slack's for its time", "path", r.URL.Path, "signed", r.Header.Get("X-Slack-Request-Timestamp"), "mend", mendOfTime)
		return
	}
	b.Meter.Refused("signature")
	b.Log.Warn("refused a request whose signature is not Slack's", "path", r.URL.Path, "bytes", bytes, "mend", MendOfSignature)
}

// genuine checks the signature with each secret that is valid just now. The verifier's own error would tell the right
// signature in older versions: it is dropped here, and never logged.
func (b *Bot) genuine(header http.Header, body []byte) error {
	if len(header.Values("X-Slack-Signature")) != 1 || len(header.Values("X-Slack-Request-Timestamp")) != 1 {
		return errForged
	}
	for _, secret := range strings.Split(b.SigningSecret(), ",") {
		if secret = strings.TrimSpace(secret); secret == "" {
			continue
		}
		verifier, err := slack.NewSecretsVerifier(header, secret)
		if errors.Is(err, slack.ErrExpiredTimestamp) && signedWith(secret, header, body) {
			return errStale
		}
		if err != nil {
			continue
		}
		if _, err := verifier.Write(body); err == nil && verifier.Ensure() == nil {
			return nil
		}
	}
	return errForged
}

// signedWith tells whether a request carries Slack's signature, whenever that was made. The verifier does not say so of one that
// is too old; nothing is let in by this.
func signedWith(secret string, header http.Header, body []byte) bool {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:%s", header.Get("X-Slack-Request-Timestamp"), body)
	return hmac.Equal([]byte("v0="+hex.EncodeToString(mac.Sum(nil))), []byte(header.Get("X-Slack-Signature")))
}

// readCommand reads a slash command. Slack's check of our certificate (ssl_check) is none.
func (b *Bot) readCommand(body []byte) *request {
	form, err := url.ParseQuery(string(body))
	switch {
	case err != nil:
		return new(b.command(slashCommand{}))
	case form.Get("ssl_check") == "1":
		return nil
	}
	return new(b.command(readCommand(form)))
}

func (b *Bot) readInteraction(body []byte) *request {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return new(b.interaction(nil))
	}
	return new(b.interaction([]byte(form.Get("payload"))))
}

func (b *Bot) readEvent(body []byte) *request { return new(b.event(body)) }

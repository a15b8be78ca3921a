package pagerduty

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/PagerDuty/go-pagerduty"

	"tocsin/incident"
)

// Destination is what the outbox calls PagerDuty.
const Destination = "pagerduty"

// Codes of PagerDuty's errors. Source: developer.pagerduty.com, REST API, errors.
const (
	codeResolved     = 1001 // the incident is resolved already
	codeAcknowledged = 1002 // it is acknowledged already
	codeNotFound     = 2100
)

// Refusal is a request that PagerDuty answered and did not do. Nothing but the request, or something that it needs, can be
// changed about that. Its text holds neither key nor address.
type Refusal struct {
	What   string // "POST /incidents"
	Status int    // 0: not sent, because it could not have been meant
	Code   int    // of PagerDuty's error; 0: it gave none
	Words  string // PagerDuty's
}

func (r *Refusal) Error() string {
	words := r.Words
	switch r.Status {
	case http.StatusPaymentRequired:
		words = "PagerDuty's plan does not have this: " + words
	case http.StatusForbidden:
		words = "the API key may not do this: it needs full access. " + words
	}
	if r.Status == 0 {
		return r.What + ": " + words
	}
	return strings.TrimRight(fmt.Sprintf("%s: status %d: %s", r.What, r.Status, words), ": ")
}

// Missing tells whether PagerDuty does not know what was asked about.
func Missing(err error) bool {
	var r *Refusal
	return errors.As(err, &r) && (r.Status == http.StatusNotFound || r.Code == codeNotFound)
}

// Unpaid tells whether the account's plan lacks what was asked for.
func Unpaid(err error) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Status == http.StatusPaymentRequired
}

// judge turns an error of a call into what the outbox shall do about it: wait for PagerDuty (incident.Setback), or count it
// against the effect (Refusal). It goes by what the wire saw.
func (c *Client) judge(ctx context.Context, what string, o *outcome, err error) error {
	var setback *incident.Setback
	var refusal *Refusal
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refusal):
		return refusal
	case errors.As(o.err, &setback):
		return &incident.Setback{Down: setback.Down, After: setback.After, Clean: setback.Clean, Err: fmt.Errorf("%s: %w", what, setback.Err)}
	case o.status == 0 || ctx.Err() != nil && o.status/100 == 2:
		return &incident.Setback{Down: true, Clean: !o.sent || unreached(o.err), Err: fmt.Errorf("%s: %s", what, c.network(ctx, o.err))}
	case o.status/100 == 2:
		return &incident.Setback{Down: true, Err: fmt.Errorf("%s: the answer cannot be read", what)}
	case o.status == http.StatusTooManyRequests:
		return &incident.Setback{Down: true, After: o.wait, Err: fmt.Errorf("%s: rate limited", what)}
	case o.status == http.StatusUnauthorized:
		return &incident.Setback{Down: true, Err: fmt.Errorf("%s: %w", what, errKey)}
	case o.status/100 == 3, o.status == http.StatusRequestTimeout, o.status >= 500:
		return &incident.Setback{Down: true, Err: fmt.Errorf("%s: status %d", what, o.status)}
	}
	return c.refusal(what, o.status, err)
}

var errKey = errors.New("PagerDuty does not accept the API key")

// Rejected tells whether PagerDuty does not accept our key: nothing works until somebody gives us another one.
func Rejected(err error) bool { return errors.Is(err, errKey) }

// refusal is what PagerDuty said, without what we must not tell.
func (c *Client) refusal(what string, status int, err error) *Refusal {
	r := &Refusal{What: what, Status: status, Words: http.StatusText(status)}
	var theirs pagerduty.APIError
	if errors.As(err, &theirs) && theirs.APIError.Valid {
		said := theirs.APIError.ErrorObject
		r.Code, r.Words = said.Code, c.clean(strings.Join(append([]string{said.Message}, said.Errors...), ": "))
	}
	return r
}

const longestWords = 300

// clean makes words of PagerDuty's one line without secrets.
func (c *Client) clean(words string) string {
	for _, secret := range []string{c.o.Token, c.o.RoutingKey} {
		if secret != "" {
			words = strings.ReplaceAll(words, secret, "***")
		}
	}
	words = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, words)
	return clip(strings.ToValidUTF8(words, "�"), longestWords)
}

// clip cuts a text to so many characters, and shows that it did.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most-1]) + "…"
}

// unreached tells whether a connection was never made.
func unreached(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// network says what is wrong with a connection, without the address that was asked.
func (c *Client) network(ctx context.Context, err error) string {
	var at *url.Error
	if errors.As(err, &at) {
		err = at.Err
	}
	var timeout net.Error
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	case ctx.Err() != nil, errors.Is(err, context.Canceled):
		return "we are stopping"
	case err == nil:
		return "no answer"
	}
	return c.clean(err.Error())
}

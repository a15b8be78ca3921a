package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// Destination is what the outbox calls Slack.
const Destination = "slack"

// down lists Slack's error codes which say that Slack, or our access to it, is out of order: nothing is wrong with
// the one call. Source: the common errors at the end of each page of Slack's method reference.
var down = map[string]bool{
	"internal_error": true, "fatal_error": true, "service_unavailable": true, "request_timeout": true, "team_added_to_org": true,
	"org_login_required": true, "accesslimited": true, "ekm_access_denied": true, "enterprise_is_restricted": true,
	"invalid_auth": true, "not_authed": true, "account_inactive": true, "token_revoked": true, "token_expired": true,
}

// busy lists the codes that mean "slower".
var busy = map[string]bool{"ratelimited": true, "rate_limited": true, "message_limit_exceeded": true}

// callError is a call that Slack refused: nothing but the call, or something that it needs, can be changed about that.
type callError struct {
	text string
	err  error // Slack's own, for refusedWith
}

func (e *callError) Error() string { return e.text }
func (e *callError) Unwrap() error { return e.err }

// fault turns an error of a call to Slack into what the outbox shall do about it: wait for Slack, go slower, or count it
// against the effect. Its text names the method and Slack's code, and never holds an address or a token. An error that it
// made already stays as it is.
func fault(method string, err error) error {
	var setback *incident.Setback
	var call *callError
	var limited *slack.RateLimitedError
	var status slack.StatusCodeError
	var refused slack.SlackErrorResponse
	switch {
	case err == nil:
		return nil
	case errors.As(err, &setback), errors.As(err, &call):
		return err
	case errors.As(err, &limited):
		return &incident.Setback{Err: fmt.Errorf("%s: rate limited", method), After: limited.RetryAfter}
	case errors.As(err, &status) && status.Code == http.StatusTooManyRequests:
		return &incident.Setback{Err: fmt.Errorf("%s: rate limited", method), After: time.Second}
	case errors.As(err, &status) && status.Code < 500 && status.Code != http.StatusRequestTimeout:
		return &callError{fmt.Sprintf("%s: status %d", method, status.Code), err}
	case errors.As(err, &status):
		return &incident.Setback{Down: true, Err: fmt.Errorf("%s: status %d", method, status.Code)}
	case errors.As(err, &refused) && busy[refused.Err]:
		return &incident.Setback{Err: fmt.Errorf("%s: %s", method, refused.Err), After: time.Second}
	case errors.As(err, &refused) && down[refused.Err]:
		return &incident.Setback{Down: true, Err: &callError{method + ": " + refused.Err, refused}}
	case errors.As(err, &refused):
		return &callError{fmt.Sprintf("%s: %s", method, explained(method, refused)), refused}
	}
	return &incident.Setback{Down: true, Err: fmt.Errorf("%s: %s", method, network(err))}
}

// explained adds to Slack's code what a person needs to mend it.
func explained(method string, refused slack.SlackErrorResponse) string {
	words := refused.Err
	if refused.Needed != "" {
		words += ": the app needs the scope " + refused.Needed
	}
	if messages := refused.ResponseMetadata.Messages; len(messages) > 0 {
		words += ": " + strings.Join(messages, "; ")
	}
	if method == "conversations.info" { // whose words are about the channel of the policy, for doctor
		method = anyMethod
	}
	if mend := MendOf(method, refused.Err); mend.Do != "" {
		words += " (" + mend.Wrong + ": " + mend.Do + ")"
	}
	return words
}

// network says what is wrong with a connection or an answer, without the address that was asked.
func network(err error) string {
	var at *url.Error
	if errors.As(err, &at) {
		err = at.Err
	}
	var timeout net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	case errors.Is(err, context.Canceled):
		return "we are stopping"
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return "the answer is no JSON"
	}
	return err.Error()
}

// Rejected tells whether Slack does not accept our token: nothing works until somebody gives us another one.
func Rejected(err error) bool {
	return refusedWith(err, "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired")
}

// refusal tells whether Slack refused a call, and would do so again.
func refusal(err error) bool {
	var call *callError
	var setback *incident.Setback
	return errors.As(err, &call) && !errors.As(err, &setback)
}

// refusedWith tells whether Slack refused a call with one of these codes.
func refusedWith(err error, codes ...string) bool {
	var refused slack.SlackErrorResponse
	return errors.As(err, &refused) && slices.Contains(codes, refused.Err)
}

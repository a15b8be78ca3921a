package bot

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// mends are the codes that only a person can do something about, from apps.connections.open or as the reason of a
// disconnect, with what to do.
var mends = map[string]string{
	"invalid_auth":           "Slack does not accept SLACK_APP_TOKEN. Copy it anew from Basic Information, App-Level Tokens, of your Slack app.",
	"not_authed":             "Slack does not accept SLACK_APP_TOKEN. Copy it anew from Basic Information, App-Level Tokens, of your Slack app.",
	"token_revoked":          "SLACK_APP_TOKEN has been revoked. Make a new one under Basic Information, App-Level Tokens, of your Slack app.",
	"token_expired":          "SLACK_APP_TOKEN has expired. Make a new one under Basic Information, App-Level Tokens, of your Slack app.",
	"account_inactive":       "SLACK_APP_TOKEN belongs to an app or a workspace that is gone. Install the app again, and make a new token under Basic Information, App-Level Tokens.",
	"missing_scope":          "SLACK_APP_TOKEN lacks the scope connections:write. Make a new one with it under Basic Information, App-Level Tokens, of your Slack app.",
	"not_allowed_token_type": "SLACK_APP_TOKEN is no app-level token. Take the one that begins with xapp-, from Basic Information, App-Level Tokens, of your Slack app.",
	reasonDisabled:           "Socket Mode is switched off for your Slack app. Switch it on under Settings, Socket Mode, or unset SLACK_APP_TOKEN and let Slack reach you over HTTP.",
}

// Reasons of a disconnect.
const (
	reasonDisabled = "link_disabled"
	reasonTooMany  = "too_many_websockets"
)

// disconnected is what Slack says before it ends a connection.
type disconnected struct{ reason string }

func (e *disconnected) Error() string {
	if e.reason == reasonTooMany {
		return "Slack allows ten connections of one app at a time, and there are more (too_many_websockets)"
	}
	return "Slack asks us to connect anew: " + e.reason
}

// mixedUp says that the two tokens are not of one app: what comes in could not be answered.
type mixedUp struct{ socket, bot string }

func (e *mixedUp) Error() string {
	return fmt.Sprintf("SLACK_APP_TOKEN is of the Slack app %s, and SLACK_BOT_TOKEN of %s. Take both from one app.", e.socket, e.bot)
}

// illness is why there is no connection.
type illness struct {
	words  string        // one sentence
	person bool          // nothing but a person can mend it
	after  time.Duration // how long Slack wants us to wait; 0: it did not say
}

const (
	firstRest   = time.Second
	longestRest = time.Minute
	restSpread  = 0.2 // so that those who failed together do not come back together
)

// diagnose tells what is wrong, without a word of where the connection would have led: whoever has that address can speak
// for us.
func diagnose(err error) illness {
	var refused slack.SlackErrorResponse
	var told *disconnected
	var mixed *mixedUp
	var setback *incident.Setback
	code := ""
	switch {
	case errors.As(err, &mixed):
		return illness{words: mixed.Error(), person: true}
	case errors.As(err, &refused):
		code = refused.Err
	case errors.As(err, &told):
		code = told.reason
	}
	if mend, known := mends[code]; known {
		return illness{words: mend, person: true}
	}
	found := illness{words: fmt.Sprintf("Slack cannot be reached over Socket Mode (%s); it is tried again, and nothing needs to be done.", err)}
	if errors.As(err, &setback) {
		found.after = setback.After
	}
	return found
}

// rest is how long to wait after so many failures before this one: 1 s · 2ⁿ, at most a minute, ± 20 %; longer where Slack
// asks for it, and a minute where nothing but a person can mend it, so that it heals by itself once they have.
func (i illness) rest(failures int) time.Duration {
	rest := longestRest
	if !i.person && failures < 6 { // 2⁶ s is above a minute
		rest = firstRest << max(failures, 0)
	}
	rest = time.Duration(float64(rest) * (1 - restSpread + 2*restSpread*rand.Float64()))
	return max(rest, min(i.after, longestPatience))
}

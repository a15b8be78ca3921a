package bot

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// Reasons of a disconnect, and of no connection.
const (
	reasonDisabled   = "link_disabled"
	reasonTooMany    = "too_many_websockets"
	reasonNotEnabled = "socket_mode_not_enabled"
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
	if mend, known := mends[OpensSocket][code]; known {
		return illness{words: mend.String(), person: true}
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

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"
	"go.yaml.in/yaml/v3"

	"tocsin"
	"tocsin/bot"
)

// greeting is what Slack said when we asked who we are.
type greeting struct {
	*slack.AuthTestResponse
	err   error
	skew  time.Duration // how far Slack's clock is ahead of ours
	timed bool          // whether Slack told the time
}

// askWho asks Slack who we are. What it answers holds our scopes and the time too.
func (d *doctor) askWho(ctx context.Context) greeting {
	if d.settings.BotToken == "" || d.wrong.about("SLACK_BOT_TOKEN") || d.wrong.about("SLACK_API_URL") {
		return greeting{err: errNotTried}
	}
	began := d.now()
	answer, err := d.slack.AuthTestContext(ctx)
	middle := began.Add(d.now().Sub(began) / 2)
	g := greeting{AuthTestResponse: answer, err: err}
	if answer != nil {
		told, unread := http.ParseTime(answer.Header.Get("Date"))
		g.skew, g.timed = told.Sub(middle), unread == nil
	}
	return g
}

var errNotTried = errors.New("not tried before the settings are right")

// refusedBySlack turns an error of a call into a finding, without the address that was called.
func (d *doctor) refusedBySlack(method string, err error) []finding {
	var code slack.SlackErrorResponse
	var limited *slack.RateLimitedError
	var call *url.Error
	var status slack.StatusCodeError
	switch {
	case errors.As(err, &status) && d.settings.SlackURL != slack.APIURL:
		return isBroken("unset SLACK_API_URL, or set it to where Slack's methods are, with a slash at its end", "what answers at SLACK_API_URL is not Slack: %s to %s", status.Status, method)
	case errors.As(err, &status):
		return isBroken("ask again in a while, look at https://slack-status.com, and at the proxy where there is one", "Slack fails: %s to %s", status.Status, method)
	case errors.As(err, &code):
		mend := cmp.Or(bot.MendOf(method, code.Err).Do, "see what it means at https://docs.slack.dev/reference/methods/"+method)
		return isBroken(d.inItsPlace(mend), "Slack refuses %s: %s", method, code.Err)
	case errors.As(err, &limited):
		return isDoubtful(bot.MendOf(method, "ratelimited").Do, "Slack asks to wait before %s", method)
	case errors.As(err, &call):
		err = call.Err
	}
	return isBroken("look at the network, its proxy, and SLACK_API_URL", "Slack cannot be reached for %s: %v", method, err)
}

// lookAtSlack tells who we are in Slack.
func (d *doctor) lookAtSlack(context.Context) []finding {
	switch g := d.greet(); {
	case errors.Is(g.err, errNotTried):
		return isOff("%v", g.err)
	case g.err != nil:
		return d.refusedBySlack("auth.test", g.err)
	case g.BotID == "":
		return isBroken("take the bot token (xoxb-) under OAuth & Permissions", "the token is not a bot's")
	default:
		return isFine("we are @%s in %s (%s)", g.User, g.Team, g.TeamID)
	}
}

// scopes compares what Slack granted with what the manifest asks for. The answer to every call names the former.
func (d *doctor) scopes() (granted, needed []string, told bool) {
	var manifest struct {
		OAuth struct {
			Scopes struct{ Bot []string }
		} `yaml:"oauth_config"`
	}
	if err := yaml.Unmarshal(tocsin.Manifest, &manifest); err != nil {
		return nil, nil, false
	}
	g := d.greet()
	if g.err != nil || g.Header.Get("X-OAuth-Scopes") == "" {
		return nil, nil, false
	}
	for scope := range strings.SplitSeq(g.Header.Get("X-OAuth-Scopes"), ",") {
		granted = append(granted, strings.TrimSpace(scope))
	}
	return granted, manifest.OAuth.Scopes.Bot, true
}

func (d *doctor) lookAtScopes(context.Context) []finding {
	granted, needed, told := d.scopes()
	if !told {
		return isOff("Slack has not told us")
	}
	var found []finding
	if missing := lacking(needed, granted); len(missing) > 0 {
		found = isBroken(bot.MendOf("", "missing_scope").Do, "missing: %s", strings.Join(missing, ", "))
	}
	if spare := lacking(granted, append(needed, "identify")); len(spare) > 0 { // Slack gives the last one to everybody
		found = append(found, isDoubtful("take them out of the app, and install it again", "granted, and not needed: %s", strings.Join(spare, ", "))...)
	}
	if found == nil {
		return isFine("all %d that are needed, and no more", len(needed))
	}
	return found
}

// lacking is what stands in one list and not in the other.
func lacking(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(other, s) })
}

// What was signed more than five minutes ago, or from now, is refused. Long before that, times on the timeline are wrong.
const (
	skewFault = time.Minute
	skewWarn  = 5 * time.Second
)

func (d *doctor) lookAtClock(context.Context) []finding {
	g := d.greet()
	if !g.timed {
		return isOff("Slack has not told us the time")
	}
	const mend = "set the clock of this machine, and keep it right: timedatectl set-ntp true"
	apart, direction := g.skew.Round(time.Second), "behind"
	if apart < 0 {
		apart, direction = -apart, "ahead of"
	}
	switch {
	case apart > skewFault:
		return isBroken(mend, "this machine is %s %s Slack: from five minutes on, its requests are refused as forged", apart, direction)
	case apart > skewWarn:
		return isDoubtful(mend, "this machine is %s %s Slack", apart, direction)
	}
	return isFine("within %s of Slack's", max(apart, time.Second))
}

// lookAtSocket asks for a connection, and tries the way there. It does not take the connection: Slack would send us
// what the program that runs is waiting for.
func (d *doctor) lookAtSocket(ctx context.Context) []finding {
	if d.wrong.about("SLACK_APP_TOKEN") || d.wrong.about("SLACK_API_URL") {
		return isOff("%v", errNotTried)
	}
	if d.settings.AppToken == "" {
		return isOff("SLACK_APP_TOKEN is not set, so Socket Mode is not used")
	}
	ours, bots := appOf(string(d.settings.AppToken)), d.app(ctx)
	if ours != "" && bots != "" && ours != bots {
		return isBroken("take both tokens from one app", "SLACK_APP_TOKEN is of the Slack app %s, and SLACK_BOT_TOKEN of %s", ours, bots)
	}
	if open := d.alive().sockets; open > 0 { // then Slack need not be asked, which allows few openings a minute
		return isFine("the Tocsin that runs has %d connections open", open)
	}
	if d.greet().err != nil { // nor before the rest is right, after which somebody asks again
		return isOff("not tried before auth.test works: Slack allows few openings a minute")
	}
	_, address, err := d.slack.StartSocketModeContext(ctx)
	switch {
	case d.settings.SigningSecret != "" && codeOf(err) == "socket_mode_not_enabled":
		return isDoubtful("take SLACK_APP_TOKEN away; or, to stay with Socket Mode, paste tocsin manifest under App Manifest", "the app is switched to signed HTTP")
	case err != nil:
		return d.refusedBySlack(bot.OpensSocket, err)
	}
	host, err := reach(ctx, address)
	if err != nil {
		return isBroken("let this machine call "+host+", port 443, also through its proxy", "Slack opens Socket Mode, and %s cannot be reached: %v", host, err)
	}
	return isFine("our app token opens it, and %s can be reached; this used one of the few openings that Slack allows a minute", host)
}

// codeOf is what Slack refuses a call with; "" where it does not.
func codeOf(err error) string {
	var code slack.SlackErrorResponse
	_ = errors.As(err, &code)
	return code.Err
}

// app is the id of the Slack app that our bot token belongs to; "" where Slack does not tell.
func (d *doctor) app(ctx context.Context) string {
	g := d.greet()
	if g.err != nil {
		return ""
	}
	found, err := d.slack.GetBotInfoContext(ctx, slack.GetBotInfoParameters{Bot: g.BotID})
	if err != nil {
		return ""
	}
	return found.AppID
}

// appOf is the id of the app that stands in its token, xapp-1-A0123456789-…; "" where none does.
func appOf(token string) string {
	parts := strings.Split(token, "-")
	if len(parts) < 4 || !strings.HasPrefix(parts[2], "A") {
		return ""
	}
	return parts[2]
}

// reach tries the way to a websocket's host, without its path: that opens the connection for whoever knows it.
func reach(ctx context.Context, address string) (host string, err error) {
	at, err := url.Parse(address)
	if err != nil {
		return "the address", errors.New("it is none") // the parser's own error would tell it
	}
	plain := url.URL{Scheme: "https", Host: at.Host, Path: "/"}
	if at.Scheme == "ws" {
		plain.Scheme = "http"
	}
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, plain.String(), nil)
	if err != nil {
		return at.Host, errors.New("it is no address")
	}
	answer, err := (&http.Client{Timeout: oneCall}).Do(ask)
	if err != nil {
		var call *url.Error
		if errors.As(err, &call) {
			err = call.Err
		}
		return at.Host, err
	}
	return at.Host, answer.Body.Close()
}

// lookAtAnnouncements asks Slack about the channel for announcements. A private one's name is told to nobody.
func (d *doctor) lookAtAnnouncements(ctx context.Context) []finding {
	switch {
	case d.unread != nil:
		return isOff("the policy cannot be read")
	case d.policy.Announce == "":
		return isOff("none is set (announce: in tocsin.yml), so each is made where its incident was declared")
	case d.greet().err != nil:
		return isOff("Slack could not be asked")
	}
	channel, err := d.slack.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: d.policy.Announce})
	if err != nil {
		found := d.refusedBySlack("conversations.info", err)
		found[0].Finding += " (announce: " + d.policy.Announce + ")"
		return found
	}
	name := fmt.Sprintf("#%s (%s)", channel.Name, channel.ID)
	if channel.IsPrivate {
		name = fmt.Sprintf("the private channel %s", channel.ID)
	}
	granted, _, _ := d.scopes()
	switch {
	case channel.IsArchived:
		return isBroken("unarchive it, or name another one under announce: in "+d.settings.policyFile(), "%s is archived", name)
	case !channel.IsMember && (channel.IsPrivate || !slices.Contains(granted, "chat:write.public")):
		return isBroken("type /invite @"+d.greet().User+" in it", "we are not in %s", name)
	}
	return isFine("%s", name)
}

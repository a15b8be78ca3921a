package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"time"

	"tocsin/bot"
	"tocsin/incident"
)

// reader reads settings and policy as they stand now, and all that is wrong with them.
type reader func() (settings, *incident.Policy, error)

// reloads reads secrets and policy anew at each signal, until ctx ends.
func (p *program) reloads(ctx context.Context, signals <-chan os.Signal, read reader) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-signals:
			p.reload(ctx, read)
		}
	}
}

// reload takes secrets and policy as they stand now, all or nothing: where anything is wrong, what held before holds on.
// Nothing that is under way notices: each request, call and connection asks for the secrets of its moment.
func (p *program) reload(ctx context.Context, read reader) {
	was := p.live.Load()
	s, policy, err := read()
	var fixed []string
	if err == nil {
		fixed = s.keep(was.settings)
		err = p.try(ctx, was.settings, s)
	}
	if err != nil {
		if ctx.Err() == nil {
			p.log.Error("settings and policy were read anew and are not taken, the old ones hold", "err", oneSentence(err))
		}
		return
	}
	if len(fixed) > 0 {
		p.log.Warn("these settings have changed, and hold after a restart only", "settings", strings.Join(fixed, ", "))
	}
	p.use(s, policy)
	p.hurry(s.AppToken != was.settings.AppToken)
	p.recordPolicy(ctx, "SIGHUP")
	changed := "changed"
	if policy.Hash == was.policy.Hash {
		changed = "unchanged"
	}
	if policy.Hash == "" && was.policy.Hash != "" {
		p.log.Warn("there is no policy file any more: the defaults hold now", "was", policyName(was.policy))
	}
	p.log.Info("settings and policy were read anew and hold", "policy", policyName(policy), "policy_is", changed, "secrets_are", s.secretsSince(was.settings))
}

// secretsSince says whether secrets are others than they were.
func (s *settings) secretsSince(was settings) string {
	if s.BotToken == was.BotToken && s.AppToken == was.AppToken && s.SigningSecret == was.SigningSecret {
		return "unchanged"
	}
	return "changed"
}

// keep puts back what only a restart can change, and names it: all but secrets, and whether there is a secret at all,
// which decides by which ways Slack reaches us.
func (s *settings) keep(was settings) (fixed []string) {
	now, before := reflect.ValueOf(s).Elem(), reflect.ValueOf(was)
	for n := range now.NumField() {
		field := now.Type().Field(n)
		changed := !now.Field(n).Equal(before.Field(n))
		isSecret := field.Type == reflect.TypeFor[secret]()
		if changed && (!isSecret || now.Field(n).IsZero() != before.Field(n).IsZero()) {
			fixed = append(fixed, field.Tag.Get("env"))
			now.Field(n).Set(before.Field(n))
		}
	}
	return fixed
}

// tryLimit is how long Slack may take to say what it makes of a new token.
const tryLimit = 5 * time.Second

// try asks Slack whether it accepts a new bot token, and for whom it is: another workspace is another Tocsin's, and another
// app has a user and rooms of its own, which are learned once. That Slack does not answer is no reason to keep the old one.
func (p *program) try(ctx context.Context, was, now settings) error {
	if now.BotToken == was.BotToken {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, tryLimit)
	defer cancel()
	found, err := p.client(now).AuthTestContext(ctx)
	if bot.Rejected(err) {
		return errors.New("SLACK_BOT_TOKEN: Slack does not accept the new one")
	}
	if err != nil {
		p.log.Warn("Slack cannot be asked about the new SLACK_BOT_TOKEN, it is taken unseen", "err", slackFault(err))
		return nil
	}
	workspace, user, err := p.bot.Whoami(ctx)
	switch {
	case err != nil: // nothing has been learned yet that could be wrong
		return nil
	case found.TeamID != workspace:
		return fmt.Errorf("SLACK_BOT_TOKEN: the new one is of the workspace %s (%s), and this database of %s: give each workspace a Tocsin of its own", found.Team, found.TeamID, workspace)
	case found.UserID != user:
		return errors.New("SLACK_BOT_TOKEN: the new one is of another app: start Tocsin again to change to it")
	}
	return nil
}

// hurry makes those try again who may have waited for this: the probe of the token, and connections that Slack refused or
// that were made with an app token of before.
func (p *program) hurry(connectAnew bool) {
	if p.ops != nil {
		p.ops.slack.hurry()
	}
	if p.socket != nil && (connectAnew || p.socket.Status().Wrong != "") {
		p.socket.Reload()
	}
}

// oneSentence puts faults that stand on lines of their own on one.
func oneSentence(err error) string {
	text := strings.ReplaceAll(err.Error(), "\n"+allSettings, "") // it is said at start, where somebody reads it
	return strings.ReplaceAll(strings.TrimPrefix(text, "settings:\n"), "\n", "; ")
}

// recordPolicy writes down which policy holds from now on and why, unless that is the one that was written down last: of
// several replicas that take it at the same time, one does. That it cannot be written is no reason not to work.
func (p *program) recordPolicy(ctx context.Context, why string) {
	now := policyName(p.live.Load().policy)
	last, err := p.store.Latest(ctx, 0, incident.EventPolicy)
	was := cmp.Or(last.To, policyName(incident.Defaults()))
	if err == nil && was == now {
		return
	}
	if err == nil {
		r := incident.Request{Key: fmt.Sprintf("policy:%d:%s", last.ID, now), At: p.now()}
		_, err = p.store.Change(ctx, r, func(tx incident.Tx) ([]byte, error) {
			tx.System().ChangePolicy(was, now, why, incident.Stamp{By: incident.System, At: r.At, Request: r.Key})
			return nil, nil
		})
	}
	if err != nil && ctx.Err() == nil {
		p.log.Warn("which policy holds could not be recorded", "err", err)
	}
}

// policyName is how a policy is called in the record: by its file's hash.
func policyName(policy *incident.Policy) string {
	if policy.Hash == "" {
		return "defaults"
	}
	return policy.Hash
}

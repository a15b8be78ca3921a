package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"tocsin/bot"
	"tocsin/incident"
	"tocsin/store"
)

// unready lists why no work should be sent to this process; nothing else than this makes it unready.
//
// That Slack cannot be reached is not among it, over Socket Mode neither: nothing mends it but Slack, all replicas would leave
// their balancer at once, and whatever else they take would be lost with what Slack sends when it is back. Only who has never
// been reached by Slack since they started is not ready: nobody knows yet whether their own network is to blame.
func (o *ops) unready() (reasons []string) {
	if o.stopping.Load() {
		return []string{"stopping: it takes no more"}
	}
	if err := o.database.err(); err != nil {
		reasons = append(reasons, "database: "+err.Error())
	}
	if err := o.slack.err(); errors.Is(err, errRefused) || errors.Is(err, errNotYet) || errors.Is(err, errHangs) {
		reasons = append(reasons, "slack: "+err.Error())
	}
	if err := o.inside.err(); err != nil {
		return append(reasons, "program: "+err.Error())
	}
	if socket := o.state.Load().socket; !o.http && deaf(socket) {
		reasons = append(reasons, "socket mode: "+wrong(socket))
	}
	return reasons
}

// deaf tells whether Slack does not reach us over Socket Mode, and will not by itself as far as we know.
func deaf(s *bot.Status) bool { return s == nil || s.Open == 0 && (s.Hurt || s.Heard.IsZero()) }

// degraded lists, in sentences, all that does not work as it should.
func (o *ops) degraded() (list []string) {
	for _, p := range o.probes() {
		if err := p.err(); err != nil {
			list = append(list, p.name+": "+err.Error())
		}
	}
	now := o.state.Load()
	for _, c := range now.circuits {
		if c.Open {
			list = append(list, fmt.Sprintf("outbox: %s does not answer since %s, what it is owed waits: %s", c.Destination, c.Since.UTC().Format(time.RFC3339), c.Err))
		}
	}
	if now.socket != nil && now.socket.Wrong != "" {
		list = append(list, fmt.Sprintf("socket mode: %d connections are open: %s", now.socket.Open, wrong(now.socket)))
	}
	if now.damage != "" {
		list = append(list, "database: "+now.damage)
	}
	var given int64
	for at, n := range o.effects(o.stats.Load()) {
		if at.state == store.Buried {
			given += n
		}
	}
	if given > 0 {
		list = append(list, fmt.Sprintf("outbox: effects that were given up: %d; tocsin effects lists them", given))
	}
	return list
}

// hopeless tells whether a restart would help: a look at ourselves that should take seconds has hung for minutes.
//
// A database that was deleted or replaced under us is no such case: what the old file holds is gone for good when we let go
// of it, so a person has to look first.
func (o *ops) hopeless() bool {
	for _, p := range o.probes() {
		if time.Since(p.seen.Load().at) > wedged {
			return true
		}
	}
	return false
}

// wrong is why Slack does not reach us over Socket Mode.
func wrong(s *bot.Status) string {
	if s == nil {
		return "is off, and signed requests are not taken either"
	}
	return cmp.Or(strings.TrimSuffix(s.Wrong, "."), "no connection is open")
}

// place is where an effect stands.
type place struct {
	lane  incident.Lane
	state store.EffectState
}

// effects counts what is owed in every place where something may stand: what is not there is 0, so that nobody takes a
// metric that is missing for a good one.
func (o *ops) effects(stats *store.Stats) map[place]int64 {
	count := map[place]int64{}
	for _, lane := range o.lanes {
		for _, state := range []store.EffectState{store.Waiting, store.Leased, store.Buried} {
			count[place{lane, state}] = 0
		}
	}
	for _, l := range stats.Lanes {
		count[place{l.Lane, l.State}] = l.Count
	}
	return count
}

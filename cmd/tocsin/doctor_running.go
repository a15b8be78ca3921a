package main

import (
	"cmp"
	"context"
	"errors"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"tocsin/bot"
)

// running is what the Tocsin that runs here says of itself.
type running struct {
	err     error
	said    string // at /readyz
	well    bool
	sockets int       // open connections of Socket Mode
	forged  int       // requests that it refused for their signature
	began   time.Time // zero: it does not say
}

// justStarted is the age up to which a program may not be ready yet, with nothing wrong.
const justStarted = 10 * time.Second

// askRunning asks the program that runs, if one does.
func (d *doctor) askRunning(ctx context.Context) running {
	if d.settings.OpsAddr == off || d.wrong.about("TOCSIN_OPS_ADDR") {
		return running{err: errNotTried}
	}
	var r running
	if r.said, r.well, r.err = askOps(ctx, d.settings.OpsAddr, "/readyz"); r.err != nil {
		return r
	}
	numbers, _, err := askOps(ctx, d.settings.OpsAddr, "/metrics")
	if err != nil {
		return r // what it says of itself is enough
	}
	r.sockets = int(gauge(numbers, "tocsin_sockets_open"))
	r.forged = int(gauge(numbers, `tocsin_requests_refused_total{reason="signature"}`))
	if at := gauge(numbers, "process_start_time_seconds"); at > 0 {
		r.began = time.UnixMilli(int64(at * 1000))
	}
	return r
}

// gauge reads one number out of what Prometheus reads; 0 where it is not there.
func gauge(numbers, name string) float64 {
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(numbers)
	if found == nil {
		return 0
	}
	value, _ := strconv.ParseFloat(found[1], 64) // 0 as well
	return value
}

// lookAtRunning tells what the program that runs says.
func (d *doctor) lookAtRunning(ctx context.Context) []finding {
	if d.settings.OpsAddr == off {
		return isOff("TOCSIN_OPS_ADDR is off, so nobody can ask")
	}
	if d.wrong.about("TOCSIN_OPS_ADDR") {
		return isOff("TOCSIN_OPS_ADDR is wrong")
	}
	at, r := reachable(d.settings.OpsAddr), d.alive()
	switch {
	case errors.Is(r.err, errStranger):
		return isBroken("set TOCSIN_OPS_ADDR to another address, for example 127.0.0.1:9099", "something else answers at %s", at)
	case errors.Is(r.err, errNobody):
		if err := free(ctx, d.settings.OpsAddr); err != nil {
			return isBroken("end what listens there, which may be a Tocsin that hangs; or set TOCSIN_OPS_ADDR to another address", "no Tocsin answers at %s, and: %s", at, err)
		}
		return isOff("no Tocsin answers at %s: none runs here, or with another TOCSIN_OPS_ADDR", at)
	case r.err != nil:
		return isBroken("set TOCSIN_OPS_ADDR to where the Tocsin that runs answers", "%s", oneLine(r.err.Error()))
	case r.well:
		return isFine("the Tocsin at %s is ready", at)
	}
	_, reasons, _ := strings.Cut(r.said, "\n") // the first line says that it is not
	if d.now().Sub(r.began) < justStarted && !strings.Contains(reasons, errRefused.Error()) {
		return isDoubtful("ask again in ten seconds", "the Tocsin at %s has just started, and is not ready yet: %s", at, oneLine(reasons))
	}
	var found []finding
	for reason := range strings.Lines(cmp.Or(reasons, r.said)) {
		found = append(found, isBroken("see its log, and the other findings", "the Tocsin at %s is not ready: %s", at, oneLine(reason))...)
	}
	return found
}

// free says what is in the way of listening at an address, and lets go of it at once.
func free(ctx context.Context, address string) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return errors.New(untaken(address, err))
	}
	return l.Close()
}

// lookAtHTTP can only say what is wanted: nobody can see from here whether Slack reaches us.
func (d *doctor) lookAtHTTP(ctx context.Context) []finding {
	const outside = "the addresses in the app's manifest must lead there (tocsin manifest --url)"
	switch {
	case d.settings.SigningSecret == "":
		return isOff("SLACK_SIGNING_SECRET is not set, so Slack's requests are not taken over HTTP")
	case d.wrong.about("TOCSIN_ADDR"):
		return isOff("TOCSIN_ADDR is wrong")
	case d.alive().forged > 0:
		return isDoubtful(d.mendOf(settingFault{"SLACK_SIGNING_SECRET", flaw{mend: bot.MendOfSignature}}), "requests that the Tocsin that runs has refused for their signature since it started: %d", d.alive().forged)
	case d.alive().err == nil:
		return isFine("the Tocsin that runs listens at %s; %s", d.settings.Addr, outside)
	}
	if err := free(ctx, d.settings.Addr); err != nil && d.settings.OpsAddr == off {
		return isDoubtful("if that is no Tocsin, stop it, or set TOCSIN_ADDR to another address", "%s", err)
	} else if err != nil {
		return isBroken("stop what listens there, or set TOCSIN_ADDR to a free address of this machine", "%s", err)
	}
	return isFine("Tocsin will listen at %s; %s", d.settings.Addr, outside)
}

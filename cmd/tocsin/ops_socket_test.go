package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"tocsin/bot"
	"tocsin/bot/slacksim"
)

// TestNoSocketIsNoReasonToLeave: the connections of Socket Mode are lost and cannot be made anew because Slack does not answer.
// That mends itself, so it is degraded and ready. Where Slack refuses the app token only a person can mend it.
func TestNoSocketIsNoReasonToLeave(t *testing.T) {
	h := newHouse(t, watched)
	w := h.Workspace
	h.stop()
	h.start(watched, inSocketMode(w), func(o *options) { o.settings.SigningSecret = "" })
	h.log.announce("Socket Mode does not work")
	h.ready("ready")
	h.Faults(failing(bot.OpensSocket, 0, slacksim.Fault{Kind: slacksim.Status, Status: 503}))
	h.CutSockets()
	until(t, "degraded, and ready", func() (bool, string) {
		report, _ := h.report()
		return report.Ready && strings.Contains(strings.Join(report.Degraded, "\n"), "socket mode: 0 connections are open: Slack cannot be reached"), fmt.Sprint(report)
	})
	h.Faults(failing(bot.OpensSocket, 0, slacksim.Fault{Kind: slacksim.SlackError, Error: "invalid_auth"}))
	h.program.socket.Reload()
	h.ready("socket mode: ")
	h.Faults(nil)
	h.program.socket.Reload()
	h.ready("ready")

	h.stop()
	h.Faults(failing(bot.OpensSocket, 0, slacksim.Fault{Kind: slacksim.Status, Status: 503}))
	o := demoOptions(w, newDatabase(t))
	inSocketMode(w)(&o)
	watched(&o)
	o.settings.SigningSecret, o.now, o.log = "", h.Clock(), slog.New(h.log)
	p, err := newProgram(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	h.program = p
	done := make(chan error, 1)
	go func() { done <- p.run(ctx) }()
	h.ready("socket mode: Slack cannot be reached")
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

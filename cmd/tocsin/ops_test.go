package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"

	"tocsin/bot/slacksim"
)

// watched is a program that looks at itself often, and answers operators.
func watched(o *options) {
	o.settings.OpsAddr, o.pulse = "127.0.0.1:0", 50*time.Millisecond
}

// operator asks the program how it is. It keeps no connections, so that nothing but the program decides how long that takes.
var operator = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}

// how asks for one of /healthz, /readyz and /metrics; status 0 says that nobody answered.
func (h *house) how(path string) (status int, body string) {
	h.t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, h.program.ops.url()+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	response, err := operator.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(raw)
}

// until asks again and again, until the answer is as wanted.
func until(t *testing.T, what string, ask func() (done bool, saw string)) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		done, saw := ask()
		if done {
			return
		}
		select {
		case <-again.C:
		case <-late.C:
			t.Fatalf("never %s; the last answer was: %s", what, saw)
		}
	}
}

// ready waits until the program calls itself ready, or until it says why not.
func (h *house) ready(want string) {
	h.t.Helper()
	until(h.t, "/readyz says "+want, func() (bool, string) {
		status, body := h.how("/readyz")
		return (status == http.StatusOK) == (want == "ready") && strings.Contains(body, want), body
	})
}

// report is what /healthz says.
func (h *house) report() (report healthReport, status int) {
	h.t.Helper()
	status, body := h.how("/healthz")
	if err := json.Unmarshal([]byte(body), &report); err != nil {
		h.t.Fatalf("/healthz: %v: %s", err, body)
	}
	return report, status
}

// metric is the value of one line of /metrics, "" where there is no such line.
func (h *house) metric(line string) string {
	h.t.Helper()
	_, body := h.how("/metrics")
	for l := range strings.Lines(body) {
		if value, ok := strings.CutPrefix(l, line+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// TestF90AskedWhileAllHangs: the database is locked, Slack hangs, the outbox is stuck on both. Whoever asks gets an answer at
// once, and it is true.
func TestF90AskedWhileAllHangs(t *testing.T) {
	h := newHouse(t, watched)
	h.ready("ready")
	h.Faults(func(slacksim.Call) *slacksim.Fault { return &slacksim.Fault{Kind: slacksim.Hang} })
	h.command("Ada", "#general", declareCheckout, "1.1.1") // the outbox waits for a room
	const nothing = "a server that does nothing"           // it shows how long this machine takes to answer anybody
	idle := httptest.NewServer(http.NotFoundHandler())
	defer idle.Close()
	letGo := h.occupy()
	took := map[string][]time.Duration{}
	var red time.Time // since when
	until(t, "unready for as long as a locked database is waited for, and longer", func() (bool, string) {
		began := time.Now()
		get(t, idle.URL)
		took[nothing] = append(took[nothing], time.Since(began))
		var last string
		for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
			began := time.Now()
			status, body := h.how(path)
			took[path] = append(took[path], time.Since(began))
			switch {
			case path == "/readyz" && status == http.StatusServiceUnavailable && strings.Contains(body, "database: "):
				if red.IsZero() {
					red = time.Now()
				}
			case path != "/readyz" && status != http.StatusOK:
				t.Fatalf("%s: answered with %d %s", path, status, body)
			}
			last = body
		}
		return !red.IsZero() && time.Since(red) > 5*time.Second, last
	})
	report, _ := h.report()
	if report.Status != "degraded" || report.Ready || !strings.Contains(strings.Join(report.Degraded, "\n"), "database: ") {
		t.Errorf("/healthz says %+v", report)
	}
	letGo()
	h.Faults(nil)
	h.ready("ready")
	h.recover(recovery)
	h.alone("#inc-1-checkout-is-down")
	slices.Sort(took[nothing])
	floor := took[nothing][len(took[nothing])/2]
	for path, list := range took {
		slices.Sort(list)
		median, second := list[len(list)/2], list[len(list)-2]
		fmt.Printf("asked while all hangs: %s asked=%d median=%s longest but one=%s\n", path, len(list), median.Round(time.Microsecond), second.Round(time.Microsecond))
		if median-floor > 50*time.Millisecond || second > time.Second { // one answer may be late because this machine is: what hangs is late by seconds
			t.Errorf("%s: median %s (%s of %s), longest but one %s", path, median, floor, nothing, second)
		}
	}
}

// TestF30UnreadyWhileTheTokenIsRefused: one error when it begins, one line when it is over, and unready between.
func TestF30UnreadyWhileTheTokenIsRefused(t *testing.T) {
	h := newHouse(t, watched)
	h.log.announce("Slack does not accept SLACK_BOT_TOKEN")
	h.ready("ready")
	h.Faults(failing("auth.test", 0, slacksim.Fault{Kind: slacksim.SlackError, Error: "invalid_auth"}))
	h.ready("slack: SLACK_BOT_TOKEN is refused")
	calls := h.called("auth.test", nil)
	until(t, "asked again and again", func() (bool, string) { return h.called("auth.test", nil) > calls+3, "" })
	if n := strings.Count(h.log.all(), "ERROR Slack does not accept"); n != 1 {
		t.Errorf("it is logged %d times", n)
	}
	if report, status := h.report(); status != http.StatusOK || report.Ready {
		t.Errorf("%d %+v: a restart would not help", status, report)
	}
	h.Faults(nil)
	h.ready("ready")
	if n := strings.Count(h.log.all(), "INFO Slack accepts SLACK_BOT_TOKEN again"); n != 1 {
		t.Errorf("that it is over is logged %d times", n)
	}
}

// TestSlackThatIsDownIsNoReasonToLeave: what people ask is still taken, and said to be degraded.
func TestSlackThatIsDownIsNoReasonToLeave(t *testing.T) {
	h := newHouse(t, watched)
	h.Faults(func(slacksim.Call) *slacksim.Fault { return &slacksim.Fault{Kind: slacksim.Status, Status: 503} })
	until(t, "degraded", func() (bool, string) {
		report, status := h.report()
		return strings.Contains(strings.Join(report.Degraded, "\n"), "slack: ") && status == http.StatusOK, fmt.Sprint(report)
	})
	h.ready("ready")
	h.command("Ada", "#general", declareCheckout, "1.1.1")
	until(t, "the circuit is told", func() (bool, string) {
		report, _ := h.report()
		return strings.Contains(strings.Join(report.Degraded, "\n"), "outbox: slack does not answer"), fmt.Sprint(report)
	})
	if got := h.metric(`tocsin_circuit_open{destination="slack"}`); got != "1" {
		t.Errorf("the circuit is %q", got)
	}
	h.Faults(nil)
	h.recover(recovery)
	h.alone("#inc-1-checkout-is-down")
	until(t, "the circuit is closed", func() (bool, string) {
		got := h.metric(`tocsin_circuit_open{destination="slack"}`)
		return got == "0", got
	})
}

// TestForgeriesNeverMakeItUnready: whoever can reach the address could otherwise take it out of service.
func TestForgeriesNeverMakeItUnready(t *testing.T) {
	h := newHouse(t, watched)
	h.ready("ready")
	for range 50 {
		if status, _ := h.post("/slack/commands", h.declaration("1.1.1"), signed("a wrong secret", fmt.Sprint(time.Now().Unix()), nil)); status != http.StatusUnauthorized {
			t.Fatalf("answered with %d", status)
		}
		if status, body := h.how("/readyz"); status != http.StatusOK {
			t.Fatalf("unready: %s", body)
		}
	}
	if got := h.metric(`tocsin_requests_refused_total{reason="signature"}`); got != "50" {
		t.Errorf("%q refused", got)
	}
	h.Quiet()
}

// TestF75MetricsNameNobody: what people wrote, who they are and where stands in no metric, and in no word on health.
func TestF75MetricsNameNobody(t *testing.T) {
	h := newHouse(t, watched)
	h.log.announce("given up")
	h.Announce("not_in_channel")
	ada := h.Person("Ada")
	incidents := h.ChannelID("incidents")
	h.Faults(func(c slacksim.Call) *slacksim.Fault {
		if c.Method == "chat.postMessage" && c.Args["channel"] == incidents {
			return &slacksim.Fault{Kind: slacksim.SlackError, Error: "restricted_action"}
		}
		return nil
	})
	h.command("Ada", "#general", "/incident declare sev1 canaryword is down --service canaryservice --private", "1.1.1")
	h.command("Ada", "#general", "/incident declare sev2 canarytwo is down", "1.1.2")
	h.recover(time.Hour)
	until(t, "given up", func() (bool, string) {
		got := h.metric(`tocsin_effects{lane="announce",state="buried"}`)
		return got == "1", got
	})
	var said strings.Builder
	for _, path := range []string{"/metrics", "/healthz", "/readyz"} {
		_, body := h.how(path)
		said.WriteString(body)
	}
	for _, word := range []string{"canary", "Ada", ada.ID(), "inc-1", "INC-1", h.ChannelID("general"), h.TeamID(), h.BotToken(), h.SigningSecret()} {
		if strings.Contains(said.String(), word) {
			t.Errorf("%q is told:\n%s", word, said.String())
		}
	}
	if got := h.metric(`tocsin_answer_seconds_count{kind="command"}`); got != "2" {
		t.Errorf("%s commands were answered", got)
	}
	if report, _ := h.report(); !slices.Contains(report.Degraded, "outbox: effects that were given up: 1; tocsin effects lists them") {
		t.Errorf("degraded: %q", report.Degraded)
	}
}

// TestAProbeThatHangs is not joined by others, and what it last saw counts for nothing after a while.
func TestAProbeThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var looks atomic.Int32
		hung := make(chan struct{})
		p := newProbe("database", 5*time.Second, 3*time.Second, func(context.Context) error {
			if looks.Add(1) == 3 {
				<-hung // whatever its context says
			}
			return nil
		})
		if p.err() == nil {
			t.Error("fine, and nobody has looked")
		}
		ctx, cancel := context.WithCancel(t.Context())
		go p.run(ctx)
		time.Sleep(22 * time.Second) // the second look was at 5 s, the third hangs from 10 s on
		if err := p.err(); err != nil {
			t.Error(err)
		}
		time.Sleep(2 * time.Second)
		if err := p.err(); err == nil || err.Error() != "was last seen 19s ago: it hangs" {
			t.Error(err)
		}
		if n := looks.Load(); n != 3 {
			t.Errorf("%d looks", n)
		}
		close(hung)
		synctest.Wait()
		if err := p.err(); err != nil {
			t.Error(err)
		}
		cancel()
	})
}

// TestARefusedTokenIsToldOnceAnHour, whoever hears of it and however often.
func TestARefusedTokenIsToldOnceAnHour(t *testing.T) {
	log, now := &watchedLog{}, time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	a := &access{log: slog.New(log), now: func() time.Time { return now }}
	for range 3 * 60 * 3 { // three hours, every 20 seconds
		a.note(slack.SlackErrorResponse{Err: "token_revoked"})
		a.note(context.DeadlineExceeded)
		now = now.Add(20 * time.Second)
	}
	a.note(nil)
	a.note(nil)
	a.note(slack.SlackErrorResponse{Err: "ratelimited"})
	if len(log.errors) != 3 || len(log.lines) != 4 || !strings.Contains(log.lines[3], "again after=3h0m0s") {
		t.Errorf("logged:\n%s", log.all())
	}
}

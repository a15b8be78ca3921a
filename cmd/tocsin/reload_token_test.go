package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"tocsin"
	"tocsin/bot/slacksim"
)

// turnstile stands between the program and Slack, and lets calls through that show one of some tokens, under the
// workspace's own.
type turnstile struct {
	mu   sync.Mutex
	good map[string]string // token → the workspace that auth.test says it is of; "" is the real one
	seen []string          // tokens, call by call
}

func newTurnstile(t *testing.T, h *slacksim.Workspace) (g *turnstile, api string) {
	t.Helper()
	target, err := url.Parse(strings.TrimSuffix(h.APIURL(), "/api/"))
	if err != nil {
		t.Fatal(err)
	}
	g = &turnstile{}
	slack := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		token := someToken.FindString(r.Header.Get("Authorization") + string(raw))
		switch team, good := g.pass(token); {
		case !good:
			_, _ = io.WriteString(w, `{"ok":false,"error":"invalid_auth"}`)
		case team != "" && strings.HasSuffix(r.URL.Path, "/auth.test"):
			_, _ = fmt.Fprintf(w, `{"ok":true,"team":%[1]q,"team_id":%[1]q,"user_id":"U1","bot_id":"B1","url":"https://x.slack.com/"}`, team)
		default:
			real := h.BotToken()
			if strings.HasPrefix(token, "xapp-") {
				real = h.AppToken()
			}
			raw = someToken.ReplaceAll(raw, []byte(real))
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
			if r.Header.Get("Authorization") != "" {
				r.Header.Set("Authorization", "Bearer "+real)
			}
			slack.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return g, server.URL + "/api/"
}

var someToken = regexp.MustCompile(`(xoxb|xapp)-[a-z0-9-]+`)

func (g *turnstile) pass(token string) (team string, good bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen = append(g.seen, token)
	team, good = g.good[token]
	return team, good
}

// allow says which tokens are good from now on.
func (g *turnstile) allow(good map[string]string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.good, g.seen = good, nil
}

// shown are the tokens of the calls since then, each once.
func (g *turnstile) shown() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(g.seen)))
}

// times counts the calls with a token since then.
func (g *turnstile) times(token string) (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, seen := range g.seen {
		if seen == token {
			n++
		}
	}
	return n
}

// newTurnstileHouse starts the program behind a turnstile that lets xoxb-old and xapp-old through.
func newTurnstileHouse(t *testing.T, changes ...func(*desk)) (*house, *desk, *turnstile) {
	t.Helper()
	w := slacksim.New(t, slacksim.Options{Manifest: tocsin.Manifest})
	d := newDesk(t, w)
	g, api := newTurnstile(t, w)
	g.allow(map[string]string{"xoxb-old": "", "xapp-old": ""})
	d.environment["SLACK_API_URL"] = api
	d.put("SLACK_BOT_TOKEN_FILE", "bot", "xoxb-old")
	for _, change := range changes {
		change(d)
	}
	return newHouseIn(t, w, d.furnish), d, g
}

// TestReloadRotatesTheBotToken: calls use the new one from then on, also what was owed before, and nothing is done twice.
func TestReloadRotatesTheBotToken(t *testing.T) {
	h, d, g := newTurnstileHouse(t)
	h.ready("ready")
	h.log.announce("Slack does not accept SLACK_BOT_TOKEN")
	g.allow(map[string]string{"xoxb-new": ""}) // the old one was revoked
	h.ready("slack: SLACK_BOT_TOKEN is refused")
	h.command("Ada", "#general", declareCheckout, "1.1.1")
	h.quieten(t)
	d.put("SLACK_BOT_TOKEN_FILE", "bot", "xoxb-new")
	h.reload(d)
	h.ready("ready")                           // so the look that was under way with the old one is over
	g.allow(map[string]string{"xoxb-new": ""}) // and counts what is shown from now on
	h.recover(recovery)
	h.alone("#inc-1-checkout-is-down")
	if got := g.shown(); !slices.Equal(got, []string{"xoxb-new"}) {
		t.Errorf("shown since then: %q", got)
	}
	if log := h.log.all(); strings.Contains(log, "xoxb") || !strings.Contains(log, "read anew and hold") {
		t.Errorf("logged:\n%s", log)
	}
}

// TestReloadRotatesTheAppToken: the connections are made anew with the new one, one after the other, and people notice
// nothing. Where the old one was revoked before, the program is unready until then.
func TestReloadRotatesTheAppToken(t *testing.T) {
	h, d, g := newTurnstileHouse(t, func(d *desk) {
		d.put("SLACK_APP_TOKEN_FILE", "app", "xapp-old")
		delete(d.environment, "SLACK_SIGNING_SECRET_FILE")
	})
	h.log.announce("Slack does not accept SLACK_APP_TOKEN") // see below
	h.ready("ready")
	until(t, "two sockets", func() (bool, string) {
		got := h.metric("tocsin_sockets_open")
		return got == "2", got
	})
	g.allow(map[string]string{"xoxb-old": "", "xapp-old": "", "xapp-new": ""})
	stop, lost := make(chan struct{}), []string{}
	var crowd sync.WaitGroup
	crowd.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			if got := h.command("Ada", "#general", "/incident list", fmt.Sprint("crowd.", n)); got == "" {
				lost = append(lost, fmt.Sprint("crowd.", n))
			}
		}
	})
	d.put("SLACK_APP_TOKEN_FILE", "app", "xapp-new")
	h.reload(d)
	until(t, "both opened anew", func() (bool, string) { // greeted, not only asked for: one under way would outlive what is revoked
		n := strings.Count(h.log.all(), "a Socket Mode connection is open")
		return n == 4, fmt.Sprint(n)
	})
	if n := g.times("xapp-new"); n != 2 {
		t.Errorf("%d connections were asked for with the new token", n)
	}
	close(stop) // what Slack sends over the old ones at the moment when we leave them is beyond us
	crowd.Wait()
	h.AwaitSockets(2)
	if len(lost) > 0 {
		t.Errorf("lost: %q", lost)
	}
	g.allow(map[string]string{"xoxb-old": ""}) // revoked
	h.CutSockets()
	h.ready("socket mode: ")
	d.put("SLACK_APP_TOKEN_FILE", "app", "xapp-third")
	g.allow(map[string]string{"xoxb-old": "", "xapp-third": ""})
	h.reload(d)
	h.ready("ready")
	h.command("Ada", "#general", declareCheckout, "1.1.1")
	h.recover(recovery)
	h.alone("#inc-1-checkout-is-down")
	if log := strings.ReplaceAll(h.log.all(), "(xapp-)", ""); strings.Contains(log, "xapp") || strings.Contains(log, "xoxb") {
		t.Errorf("logged:\n%s", log)
	}
}

// TestReloadKeepsATokenThatWorks where the new one does not, or belongs to somebody else; and all else that has changed with
// it is not taken either.
func TestReloadKeepsATokenThatWorks(t *testing.T) {
	h, d, g := newTurnstileHouse(t)
	h.log.announce("are not taken, the old ones hold")
	g.allow(map[string]string{"xoxb-old": "", "xoxb-theirs": "T0THEIRS", "xoxb-another-app": h.TeamID()})
	before := h.program.live.Load()
	for token, want := range map[string]string{
		"xoxb-typo":        "SLACK_BOT_TOKEN: Slack does not accept the new one",
		"xoxb-theirs":      "is of the workspace T0THEIRS",
		"xoxb-another-app": "is of another app: start Tocsin again",
		"xapp-1":           "SLACK_BOT_TOKEN: holds an app-level token, which belongs into SLACK_APP_TOKEN",
		"":                 "SLACK_BOT_TOKEN: ",
	} {
		d.put("SLACK_BOT_TOKEN_FILE", "bot", token)
		d.put("SLACK_SIGNING_SECRET_FILE", "signing", "0123456789abcdef0123456789abcdef")
		d.put("TOCSIN_POLICY", "tocsin.yml", "channel: fire-{number}\n")
		h.reload(d)
		if now := h.program.live.Load(); now != before {
			t.Errorf("%q is taken: %+v", token, now)
		}
		if last := h.log.last(); !strings.Contains(last, want) || strings.Contains(last, "\n") {
			t.Errorf("%q: logged %q", token, last)
		}
	}
	if n := strings.Count(h.log.all(), "ERROR "); n != 5 {
		t.Errorf("%d errors were logged", n)
	}
	h.command("Ada", "#general", declareCheckout, "1.1.1")
	h.recover(recovery)
	h.alone("#inc-1-checkout-is-down")
}

// TestReloadTakesATokenUnseenWhileSlackIsDown: nobody can say that the old one still works.
func TestReloadTakesATokenUnseenWhileSlackIsDown(t *testing.T) {
	h, d, g := newTurnstileHouse(t)
	g.allow(map[string]string{"xoxb-new": "", "xoxb-old": ""})
	h.Faults(func(slacksim.Call) *slacksim.Fault { return &slacksim.Fault{Kind: slacksim.Status, Status: 503} })
	d.put("SLACK_BOT_TOKEN_FILE", "bot", "xoxb-new")
	h.reload(d)
	h.Faults(nil)
	if got := h.program.live.Load().settings.BotToken; got != "xoxb-new" {
		t.Error("the old one is kept")
	}
}

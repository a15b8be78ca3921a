package bot

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
)

// until waits for something that another goroutine brings about.
func until(t *testing.T, what string, reached func() bool) {
	t.Helper()
	look, late := time.NewTicker(2*time.Millisecond), time.After(10*time.Second)
	defer look.Stop()
	for !reached() {
		select {
		case <-look.C:
		case <-late:
			t.Fatalf("never: %s", what)
		}
	}
}

const askNothing = `{"envelope_id":"E1","type":"interactive","payload":{"type":"view_closed","user":{"id":"U1"},"view":{"id":"V1"}}}`

// pump answers pings, and returns how the other end took its leave.
func pump(conn *websocket.Conn) <-chan error {
	left := make(chan error, 1)
	go func() {
		for {
			if _, _, err := conn.ReadMessage(); err != nil {
				left <- err
				return
			}
		}
	}()
	return left
}

// TestSocketHoldsTwoConnections: both are served, and told goodbye to at the end.
func TestSocketHoldsTwoConnections(t *testing.T) {
	t.Parallel()
	end := newSlackEnd(t)
	s, stop := end.run(time.Minute)
	one, two := end.next(), end.next()
	for _, conn := range []*websocket.Conn{one, two} {
		if ack := acked(t, conn, askNothing); ack.ID != "E1" {
			t.Errorf("acknowledged %q", ack.ID)
		}
		_ = conn.SetReadDeadline(time.Time{})
	}
	until(t, "both greeted", func() bool { return s.Status().Wrong == "" })
	if got := s.Status(); got.Open != 2 || time.Since(got.Heard) > time.Minute {
		t.Errorf("%+v", got)
	}
	goodbyes := []<-chan error{pump(one), pump(two)}
	stop()
	for _, left := range goodbyes {
		if err := <-left; !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
			t.Errorf("it left with %v", err)
		}
	}
	if got := s.Status(); got.Open != 0 {
		t.Errorf("%+v", got)
	}
}

// TestSocketIsReplacedBeforeItGoes: while Slack still uses the old connection, it is answered there.
func TestSocketIsReplacedBeforeItGoes(t *testing.T) {
	t.Parallel()
	for _, reason := range []string{"warning", "refresh_requested", "of_next_year"} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			end := newSlackEnd(t)
			s, _ := end.run(time.Minute)
			old, _ := end.next(), end.next()
			if err := old.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"type":"disconnect","reason":%q}`, reason)); err != nil {
				t.Fatal(err)
			}
			fresh := end.next()
			until(t, "three at a time", func() bool { return s.Status().Open == 3 })
			for _, conn := range []*websocket.Conn{old, fresh} {
				if ack := acked(t, conn, askNothing); ack.ID != "E1" {
					t.Errorf("acknowledged %q", ack.ID)
				}
				_ = conn.SetReadDeadline(time.Time{})
			}
			if err := <-pump(old); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
				t.Errorf("the old one left with %v", err)
			}
			until(t, "two at a time", func() bool { return s.Status().Open == 2 })
		})
	}
}

// TestSocketFindsADeadConnection: the other end neither reads nor says a word, and the TCP connection stays as it is. One
// that only says nothing is no dead one.
func TestSocketFindsADeadConnection(t *testing.T) {
	t.Parallel()
	end := newSlackEnd(t)
	const beat = time.Second / 2 // a machine that is busy answers within two of them
	begun := time.Now()
	s, _ := end.run(beat)
	_, quiet := end.next(), end.next() // the first one never reads
	asked := make(chan struct{}, 1000)
	pong := quiet.PingHandler()
	quiet.SetPingHandler(func(data string) error { asked <- struct{}{}; return pong(data) })
	left := pump(quiet)
	pump(end.next())
	if took := time.Since(begun); took < beat*5/2 {
		t.Errorf("replaced after %s", took)
	}
	until(t, "two again", func() bool { return s.Status().Open == 2 })
	for range 5 { // time enough to lose the quiet one, were it taken for dead
		select {
		case <-asked:
		case err := <-left:
			t.Fatalf("the quiet one is given up: %v", err)
		}
	}
	if found := end.log.having("nothing was heard"); len(found) != 1 {
		t.Errorf("taken for dead: %q", found)
	}
}

// TestSocketComesBack: cut, both at once.
func TestSocketComesBack(t *testing.T) {
	t.Parallel()
	end := newSlackEnd(t)
	s, _ := end.run(time.Minute)
	for range 2 {
		_ = end.next().NetConn().Close()
	}
	end.next()
	end.next()
	until(t, "two again", func() bool { return s.Status().Open == 2 && s.Status().Wrong == "" })
}

// TestSocketWaitsForAPerson is the table of what only a person can mend: it is said once, with what to do, tried again
// slowly, and at once when the settings have been read anew. Nothing ends it.
func TestSocketWaitsForAPerson(t *testing.T) {
	t.Parallel()
	for code, words := range map[string]string{
		"invalid_auth": "does not accept SLACK_APP_TOKEN", "not_authed": "make an app-level token", "account_inactive": "install the app again",
		"token_revoked": "make an app-level token", "token_expired": "make an app-level token", "missing_scope": "connections:write",
		"not_allowed_token_type": "is no app-level token", "socket_mode_not_enabled": "switch it on",
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			end := newSlackEnd(t)
			for range seats {
				end.answers <- fmt.Sprintf(`{"ok":false,"error":%q}`, code)
			}
			s, _ := end.run(time.Minute)
			until(t, "both refused", func() bool { return len(end.answers) == 0 && strings.Contains(s.Status().Wrong, words) })
			end.healed(s, words)
		})
	}
	t.Run("link_disabled", func(t *testing.T) {
		t.Parallel()
		end := newSlackEnd(t)
		s, _ := end.run(time.Minute)
		conns := []*websocket.Conn{end.next(), end.next()}
		until(t, "two", func() bool { return s.Status().Open == 2 && s.Status().Wrong == "" })
		for _, conn := range conns {
			if err := conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"disconnect","reason":"link_disabled"}`)); err != nil {
				t.Fatal(err)
			}
			<-pump(conn)
		}
		until(t, "both gone", func() bool { return s.Status().Open == 0 && s.Status().Wrong != "" })
		end.healed(s, "switch it on")
	})
	t.Run("two apps", func(t *testing.T) {
		t.Parallel()
		end := newSlackEnd(t)
		end.greeting = strings.Replace(hello, "A0OURS", "A0OTHER", 1)
		s, _ := end.run(time.Minute)
		end.next() // the first one is believed
		ours := "A0OURS"
		s.bot.app.Store(&ours)
		s.Reload()
		end.next()
		until(t, "found out", func() bool { return strings.Contains(s.Status().Wrong, "Take both from one app") })
	})
}

// healed looks at what was said, and that it works again at once after Reload.
func (end *slackEnd) healed(s *Socket, words string) {
	end.t.Helper()
	if got := s.Status(); got.Open != 0 || !strings.Contains(got.Wrong, words) {
		end.t.Errorf("%+v", got)
	}
	until(end.t, "said", func() bool { return len(end.log.having("ERROR")) > 0 }) // what is wrong shows right before it is logged
	select {
	case <-end.arrived:
		end.t.Error("tried again at once")
	case <-time.After(1500 * time.Millisecond): // longer than the first pause after what passes by itself
	}
	if found := end.log.having("ERROR"); len(found) != 1 || !strings.Contains(found[0], words) {
		end.t.Errorf("logged: %q", found)
	}
	s.Reload()
	end.next()
	end.next()
	until(end.t, "well again", func() bool { return s.Status().Open == 2 && s.Status().Wrong == "" })
	until(end.t, "said to be well", func() bool { return len(end.log.having("works again")) == 1 })
}

// TestSocketTriesAgain is the table of what passes: it is tried again by itself, and no address or token is told of it.
func TestSocketTriesAgain(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"internal_error": `{"ok":false,"error":"internal_error"}`,
		"unknown":        `{"ok":false,"error":"a_code_that_nobody_knows"}`,
		"no JSON":        `<html>do-not-tell</html>`,
		"no address":     `{"ok":true}`,
		"nobody there":   `{"ok":true,"url":"ws://127.0.0.1:1/link/?ticket=do-not-tell"}`,
		"no address, 2":  `{"ok":true,"url":"://do-not-tell"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			end := newSlackEnd(t)
			for range seats {
				end.answers <- answer
			}
			s, _ := end.run(time.Minute)
			end.next()
			end.next()
			until(t, "two", func() bool { return s.Status().Open == 2 && s.Status().Wrong == "" })
			if found := end.log.having("ERROR"); len(found) > 0 {
				t.Errorf("logged: %q", found)
			}
			if found := append(end.log.having("do-not-tell"), end.log.having("xapp-")...); len(found) > 0 {
				t.Errorf("logged: %q", found)
			}
		})
	}
	t.Run("too many", func(t *testing.T) {
		t.Parallel()
		end := newSlackEnd(t)
		end.greeting = `{"type":"disconnect","reason":"too_many_websockets"}`
		s, _ := end.run(time.Minute)
		end.next()
		until(t, "told", func() bool { return strings.Contains(s.Status().Wrong, "ten connections") })
		end.next() // and again
	})
}

// TestRest: 1 s · 2ⁿ up to a minute, ± 20 %; longer where Slack asks for it, and a minute where a person is needed.
func TestRest(t *testing.T) {
	limited := fault("apps.connections.open", &slack.RateLimitedError{RetryAfter: 90 * time.Second})
	for name, c := range map[string]struct {
		err      error
		failures int
		want     time.Duration
	}{
		"first":        {errors.New("cut"), 0, time.Second},
		"third":        {errors.New("cut"), 2, 4 * time.Second},
		"sixth":        {errors.New("cut"), 5, 32 * time.Second},
		"seventh":      {errors.New("cut"), 6, time.Minute},
		"hundredth":    {errors.New("cut"), 100, time.Minute},
		"a person":     {&disconnected{reasonDisabled}, 0, time.Minute},
		"too many":     {&disconnected{reasonTooMany}, 1, 2 * time.Second},
		"Retry-After":  {limited, 0, 90 * time.Second / 1},
		"server error": {fault("apps.connections.open", slack.StatusCodeError{Code: http.StatusBadGateway}), 0, time.Second},
	} {
		low, high := time.Hour, time.Duration(0)
		for range 1000 {
			rest := diagnose(c.err).rest(c.failures)
			low, high = min(low, rest), max(high, rest)
		}
		least, most := c.want*8/10, c.want*12/10
		if errors.Is(c.err, limited) {
			least, most = c.want, c.want
		}
		if low < least || high > most || !errors.Is(c.err, limited) && (low > c.want*85/100 || high < c.want*115/100) {
			t.Errorf("%s: from %s to %s, want %s ± 20 %%", name, low, high, c.want)
		}
	}
}

package slacksim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
)

// The example of Slack's own page about signatures.
func TestSignatureVector(t *testing.T) {
	w := &Workspace{secret: "8f742231b10e8888abcd99yyyzzz85a5"}
	body := "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA" +
		"&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN" +
		"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	at, signature := w.Sign([]byte(body), time.Unix(1531420618, 0))
	if at != "1531420618" || signature != "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503" {
		t.Errorf("%s %s", at, signature)
	}
}

func TestCommandForm(t *testing.T) {
	a := start(t, Options{})
	ada := a.w.Person("Ada")
	for _, c := range []struct{ channel, line, name, text string }{
		{"#general", "/incident declare a < b @grace", "general", "declare a &lt; b <@" + a.w.Person("Grace").ID() + ">"},
		{"#exec", "/incident", "privategroup", ""},
		{"@Bell", "/raw @grace & co", "directmessage", "@grace &amp; co"},
	} {
		ada.Type(c.channel, c.line)
		d := a.next(func(d delivered) bool { return d.path == "/slack/commands" })
		if d.form.Get("text") != c.text || d.form.Get("channel_name") != c.name || d.form.Get("user_id") != ada.ID() || d.form.Get("team_id") != a.w.TeamID() {
			t.Errorf("%s: %v", c.line, d.form)
		}
	}
	if got := ada.Type("#general", "/nothing here").Err; got == nil {
		t.Error("an unknown command runs")
	}
}

func TestCommandFailures(t *testing.T) {
	a := start(t, Options{})
	a.w.Announce("/incident")
	ada := a.w.Person("Ada")
	for _, c := range []struct {
		status     int
		kind, body string
		want       string
	}{
		{500, "", "", "dispatch_failed"},
		{404, "", "", "dispatch_failed"},
		{200, "application/json", "{", "dispatch_failed"},
		{200, "application/json", `{"text":"x","colour":"red"}`, "dispatch_failed"},
		{200, "application/json", `{"blocks":[{"type":"sparkle"}]}`, "dispatch_failed"},
	} {
		a.answer = func(delivered) (int, string, string) { return c.status, c.kind, c.body }
		if err := ada.Type("#general", "/incident").Err; err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	a.answer = func(delivered) (int, string, string) {
		return 200, "application/json", `{"response_type":"in_channel","text":"all see this"}`
	}
	if got := ada.Type("#general", "/incident"); got.Ephemeral || !got.Has("all see this") {
		t.Errorf("in_channel: %+v", got)
	}
	if list := fmt.Sprint(a.w.Channel("general").Messages()); !strings.Contains(list, "Ada: /incident") {
		t.Errorf("in_channel does not show the command: %s", list)
	}
	a.server.Close()
	if err := ada.Type("#general", "/incident").Err; err == nil || !strings.Contains(err.Error(), "dispatch_failed") {
		t.Errorf("app down: %v", err)
	}
}

func TestTimeout(t *testing.T) {
	a := start(t, Options{})
	a.w.client.Timeout = 20 * time.Millisecond // Slack's three seconds, shortened
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	a.answer = func(delivered) (int, string, string) { <-release; return 200, "", "" }
	err := a.w.Person("Ada").Type("#general", "/incident").Err
	if err == nil || err.Error() != `/incident failed with the error "operation_timeout"` {
		t.Error(err)
	}
}

func TestRedelivery(t *testing.T) {
	for _, c := range []struct {
		name     string
		noRetry  bool
		attempts int
		failing  int // how many attempts the app refuses
	}{
		{"taken at once", false, 1, 0}, {"taken at the third", false, 3, 2}, {"never taken", false, 4, 9}, {"asked for no more", true, 1, 9},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := start(t, Options{})
			made := a.made("room")
			n := 0
			a.server.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				d := delivered{header: r.Header.Clone()}
				_ = json.Unmarshal(body, &d.event)
				if d.inner()["type"] == "message" {
					if n++; n <= c.failing {
						if c.noRetry {
							rw.Header().Set("X-Slack-No-Retry", "1")
						}
						rw.WriteHeader(500)
					}
					a.got <- d
				}
			})
			a.call("chat.postMessage", map[string]string{"channel": made, "text": "x"})
			var ids []string
			for i := range c.attempts {
				d := a.next(event("message"))
				ids = append(ids, str(d.event["event_id"]))
				if got := d.header.Get("X-Slack-Retry-Num"); i > 0 && got != fmt.Sprint(i) || i == 0 && got != "" {
					t.Errorf("attempt %d: retry number %q", i, got)
				}
				if i > 0 && d.header.Get("X-Slack-Retry-Reason") != "http_error" {
					t.Errorf("attempt %d: reason %q", i, d.header.Get("X-Slack-Retry-Reason"))
				}
				if err := a.w.Idle(t.Context()); err != nil {
					t.Fatal(err)
				}
				if i >= 1 { // the first retry is immediate
					a.w.Pass(5 * time.Minute)
				}
			}
			a.w.Pass(time.Hour)
			_ = a.w.Idle(t.Context())
			if len(a.got) != 0 {
				t.Errorf("%d attempts too many", len(a.got))
			}
			for _, id := range ids {
				if id != ids[0] {
					t.Errorf("event ids differ: %v", ids)
				}
			}
		})
	}
}

// On a clock of its own, as in a demo, nobody calls Pass: retries come by themselves.
func TestRedeliveryByItself(t *testing.T) {
	a := start(t, Options{Now: time.Now, Redeliver: []time.Duration{time.Millisecond}})
	room := a.made("room")
	a.answer = func(d delivered) (int, string, string) { return 500, "", "" }
	a.call("chat.postMessage", map[string]string{"channel": room, "text": "x"})
	for _, retry := range []string{"", "1"} {
		if d := a.next(event("message")); d.header.Get("X-Slack-Retry-Num") != retry {
			t.Errorf("retry number %q, want %q", d.header.Get("X-Slack-Retry-Num"), retry)
		}
	}
}

// Every event that the workspace sends is one that the real client can read.
func TestEventShapes(t *testing.T) {
	a := start(t, Options{})
	room := a.made("room")
	a.call("conversations.invite", map[string]string{"channel": room, "users": a.w.Person("Ada").ID()})
	c := a.w.Channel("room")
	ada := a.w.Person("Ada")
	post := ada.Say("#room", "hello @bell & others")
	ada.React(post, ":eyes:")
	ada.Edit(post, "goodbye")
	ada.Delete(post)
	ada.do(deed{Do: "home"})
	a.call("conversations.rename", map[string]string{"channel": c.ID(), "name": "hall"})
	a.w.Add(Profile{Name: "one", Guest: true})
	if err := a.w.UpdateProfile("one", func(p *Profile) { p.TZ = "Asia/Kathmandu" }); err != nil {
		t.Fatal(err)
	}
	if err := a.w.Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, d := range a.all {
		text, _ := json.Marshal(d.event)
		e, err := slackevents.ParseEvent(text, slackevents.OptionNoVerifyToken())
		if err != nil {
			t.Errorf("%v: %s", err, text)
			continue
		}
		kind := e.InnerEvent.Type
		if sub := str(d.inner()["subtype"]); sub != "" {
			kind += "/" + sub
		}
		seen[kind]++
	}
	for _, kind := range []string{
		"member_joined_channel", "message", "message/channel_join", "app_mention", "reaction_added", "message/message_changed", "message/message_deleted",
		"app_home_opened", "channel_rename", "team_join", "user_change", "message/channel_name",
	} {
		if seen[kind] == 0 {
			t.Errorf("no %s; there were %v", kind, seen)
		}
	}
	if seen["pin_added"] != 0 || seen["channel_created"] != 0 {
		t.Errorf("events that the manifest does not name: %v", seen)
	}
}

func TestTriggers(t *testing.T) {
	a := start(t, Options{})
	machine, late := time.Now, time.Duration(0)
	a.w.clock = func() time.Time { return machine().Add(late) }
	a.w.Announce("expired_trigger_id", "exchanged_trigger_id", "push_limit_reached", "hash_conflict", "not_found")
	var view slack.ModalViewRequest
	if err := json.Unmarshal([]byte(formView), &view); err != nil {
		t.Fatal(err)
	}
	open := func(trigger string) string {
		_, err := a.api.OpenViewContext(t.Context(), trigger, view)
		var refusal slack.SlackErrorResponse
		if errors.As(err, &refusal) {
			return refusal.Err
		}
		return fmt.Sprint(err)
	}
	ada := a.w.Person("Ada")
	trigger := func() string {
		ada.Type("#general", "/incident")
		return a.next(func(d delivered) bool { return d.form.Get("trigger_id") != "" }).form.Get("trigger_id")
	}
	id := trigger()
	if got := open(id); got != "<nil>" {
		t.Errorf("first use: %s", got)
	}
	if got := open(id); got != "exchanged_trigger_id" {
		t.Errorf("second use: %s", got)
	}
	id = trigger()
	late = 3*time.Second + time.Millisecond
	if got := open(id); got != "expired_trigger_id" {
		t.Errorf("late use: %s", got)
	}
	m := ada.Modal()
	m.p.w.mu.Lock()
	hash := m.v.hash
	m.p.w.mu.Unlock()
	m.Fill("Title", "typed")
	if _, err := a.api.UpdateViewContext(t.Context(), view, "", hash, m.ID()); err != nil {
		t.Error(err)
	}
	if got := a.w.views[m.ID()].state["t"]["v"]["value"]; got != "typed" {
		t.Errorf("an update lost what was typed: %v", got)
	}
	if _, err := a.api.UpdateViewContext(t.Context(), view, "", hash, m.ID()); err == nil || err.Error() != "hash_conflict" {
		t.Errorf("stale hash: %v", err)
	}
	m.Close()
	if d := a.next(func(d delivered) bool { return d.payload["type"] == "view_closed" }); d.payload["is_cleared"] != false {
		t.Errorf("view_closed: %v", d.payload)
	}
}

func TestResponseURL(t *testing.T) {
	a := start(t, Options{})
	a.w.Announce("used_url", "expired_url", "message_not_found", "invalid_arguments")
	ada := a.w.Person("Ada")
	post := func(url, body string) int {
		resp, err := http.Post(url, "application/json", bytes.NewReader([]byte(body)))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	hook := func() string {
		ada.Type("#general", "/incident")
		return a.next(func(d delivered) bool { return d.form.Get("response_url") != "" }).form.Get("response_url")
	}
	url := hook()
	if post(url, `{"replace_original":true,"text":"x"}`) != 404 && post(url, `{"replace_original":true,"text":"x"}`) != 400 {
		t.Error("a command has an original")
	}
	if post(url, `{"text":"x","colour":"red"}`) != 400 {
		t.Error("an unknown field is taken")
	}
	for i := range hookUses {
		if got := post(url, fmt.Sprintf(`{"text":"answer %d"}`, i)); got != 200 {
			t.Errorf("use %d: %d", i, got)
		}
	}
	ada.ExpectEphemeral("answer 4")
	if post(url, `{"text":"x"}`) != 404 {
		t.Error("a sixth use")
	}
	url = hook()
	a.w.Pass(hookLife + time.Second)
	if post(url, `{"text":"x"}`) != 404 {
		t.Error("a use after half an hour")
	}
	a.answers(func(d delivered) (string, string) {
		if d.payload["type"] == "block_actions" {
			if got := post(str(d.payload["response_url"]), `{"replace_original":true,"text":"done"}`); got != 200 {
				t.Errorf("replace: %d", got)
			}
			if obj(d.payload["container"])["is_ephemeral"] != true || d.payload["message"] != nil {
				t.Errorf("container: %v", d.payload)
			}
			return "", ""
		}
		return "application/json", `{"blocks":[{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"List"},"value":"l"}]}]}`
	})
	menu := ada.Type("#general", "/incident").Expect("[List]")
	ada.Press(menu, "List").Expect("done")
	if n := len(a.w.Calls()); n < 9 {
		t.Errorf("%d calls are remembered", n)
	}
}

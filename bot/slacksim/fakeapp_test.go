package slacksim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"
)

const testManifest = `
_metadata: {major_version: 1}
display_information: {name: Bell, background_color: "#aa0000"}
features:
  app_home: {home_tab_enabled: true}
  bot_user: {display_name: Bell}
  slash_commands:
    - {command: /incident, description: Declare, usage_hint: "declare", should_escape: true}
    - {command: /raw, description: Raw}
  shortcuts:
    - {name: Declare an incident, type: message, callback_id: declare_message}
    - {name: Declare now, type: global, callback_id: declare_global}
oauth_config:
  scopes:
    bot: [commands, "chat:write", "chat:write.public", "channels:manage", "groups:write", "channels:read", "groups:read", "im:read", "im:write",
          "channels:history", "groups:history", "pins:write", "pins:read", "bookmarks:write", "bookmarks:read", "users:read", "users:read.email",
          "reactions:read", "reactions:write", "app_mentions:read", "usergroups:read", "team:read", "channels:join"]
settings:
  event_subscriptions:
    bot_events: [app_home_opened, app_mention, reaction_added, member_joined_channel, message.channels, message.groups, channel_rename, user_change, team_join]
  interactivity: {is_enabled: true}
`

// delivered is one request that the fake app took.
type delivered struct {
	path    string
	form    url.Values     // of a command
	payload map[string]any // of an interaction
	event   map[string]any // of an event, the envelope
	header  http.Header
}

func (d delivered) inner() map[string]any { return obj(d.event["event"]) }

// fakeApp is an app that verifies signatures with the real client library and answers as the test says.
type fakeApp struct {
	t      *testing.T
	w      *Workspace
	api    *slack.Client
	server *httptest.Server
	answer func(delivered) (status int, kind, body string)
	got    chan delivered

	mu  sync.Mutex
	all []delivered
}

// start opens a workspace with the fake app connected to it.
func start(t *testing.T, o Options) *fakeApp {
	t.Helper()
	if o.Manifest == nil {
		o.Manifest = []byte(testManifest)
	}
	a := &fakeApp{t: t, got: make(chan delivered, 1000), answer: func(delivered) (int, string, string) { return 200, "", "" }}
	a.server = httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(a.server.Close)
	a.w = New(t, o)
	a.w.Connect(a.server.URL)
	a.api = slack.New(a.w.BotToken(), slack.OptionAPIURL(a.w.APIURL()))
	return a
}

func (a *fakeApp) serve(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	v, err := slack.NewSecretsVerifier(r.Header, a.w.SigningSecret())
	if err == nil {
		_, _ = v.Write(body)
		err = v.Ensure()
	}
	if err != nil {
		a.t.Errorf("signature: %v", err)
		rw.WriteHeader(http.StatusUnauthorized)
		return
	}
	d := delivered{path: r.URL.Path, header: r.Header.Clone()}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		_ = json.Unmarshal(body, &d.event)
	} else {
		d.form, _ = url.ParseQuery(string(body))
		_ = json.Unmarshal([]byte(d.form.Get("payload")), &d.payload)
	}
	a.mu.Lock()
	a.all = append(a.all, d)
	answer := a.answer
	a.mu.Unlock()
	status, kind, text := answer(d)
	if kind != "" {
		rw.Header().Set("Content-Type", kind)
	}
	rw.WriteHeader(status)
	_, _ = io.WriteString(rw, text)
	a.got <- d
}

// answers says how the app answers what it is asked, events apart.
func (a *fakeApp) answers(f func(d delivered) (string, string)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answer = func(d delivered) (int, string, string) {
		if d.event != nil {
			return 200, "", ""
		}
		kind, body := f(d)
		return 200, kind, body
	}
}

// next waits for the next request that is wanted.
func (a *fakeApp) next(wanted func(delivered) bool) delivered {
	a.t.Helper()
	timeout := time.After(5 * time.Second)
	for {
		select {
		case d := <-a.got:
			if wanted(d) {
				return d
			}
		case <-timeout:
			a.t.Fatal("the app was not asked")
		}
	}
}

func event(kind string) func(delivered) bool {
	return func(d delivered) bool { return d.inner()["type"] == kind }
}

// calls is a plain call of the Web API, past every client library.
func (a *fakeApp) call(method string, args map[string]string) map[string]any {
	a.t.Helper()
	form := url.Values{"token": {a.w.BotToken()}}
	for k, v := range args {
		form.Set(k, v)
	}
	return a.post(method, form)
}

func (a *fakeApp) post(method string, form url.Values) map[string]any {
	a.t.Helper()
	resp, err := http.PostForm(a.w.APIURL()+method, form)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		a.t.Fatal(err)
	}
	return out
}

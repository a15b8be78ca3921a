package slacksim

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestConnectionsOpen(t *testing.T) {
	a := startSocket(t, Options{})
	a.w.Announce("not_authed", "invalid_auth", "not_allowed_token_type", "socket_mode_not_enabled", "ratelimited")
	for _, c := range []struct{ header, form, want string }{
		{"", "", "not_authed"},
		{"xapp-1-wrong", "", "invalid_auth"},
		{a.w.BotToken(), "", "not_allowed_token_type"},
		{"", a.w.AppToken(), "invalid_auth"}, // the header is the only place
	} {
		if got := a.open(c.header, c.form)["error"]; got != c.want {
			t.Errorf("%v: %v", c, got)
		}
	}
	req, _ := http.NewRequest("POST", a.w.APIURL()+"auth.test", nil)
	req.Header.Set("Authorization", "Bearer "+a.w.AppToken())
	req.Header.Set("Content-Type", "application/json") // and nothing in it
	if resp, err := http.DefaultClient.Do(req); err != nil {
		t.Error(err)
	} else {
		var out map[string]any
		_ = json.NewDecoder(resp.Body).Decode(&out)
		resp.Body.Close()
		if out["error"] != "not_allowed_token_type" {
			t.Errorf("an app-level token is good for auth.test: %v", out)
		}
	}
	for range mostLinks {
		if out := a.open(a.w.AppToken(), ""); !strings.HasPrefix(str(out["url"]), "ws://") || !strings.HasPrefix(a.w.AppToken(), "xapp-") {
			t.Errorf("open: %v", out)
		}
	}
	if out := a.open(a.w.AppToken(), ""); out["error"] != "ratelimited" {
		t.Errorf("one too many: %v", out)
	}
	a.w.Pass(time.Minute)
	a.w.Socket(false)
	if out := a.open(a.w.AppToken(), ""); out["error"] != "socket_mode_not_enabled" {
		t.Errorf("switched off: %v", out)
	}
}

func TestTicket(t *testing.T) {
	a := startSocket(t, Options{})
	a.w.Announce("invalid_ticket")
	machine, late := time.Now, time.Duration(0)
	a.w.mu.Lock()
	a.w.clock = func() time.Time { return machine().Add(late) }
	a.w.mu.Unlock()
	refused := func(what, url string) {
		if _, resp, err := websocket.DefaultDialer.Dial(url, nil); err == nil || resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %v", what, err)
		}
	}
	used := str(a.open(a.w.AppToken(), "")["url"])
	a.dialTo(used, nil)
	refused("used twice", used)
	old := str(a.open(a.w.AppToken(), "")["url"])
	a.w.mu.Lock()
	late = ticketLife + time.Second
	a.w.mu.Unlock()
	refused("too old", old)
	refused("made up", strings.Replace(used, "ticket=", "ticket=x", 1))
}

// outline is the keys of an object, and of the objects in it, with the kinds of the rest.
func outline(v any) any {
	switch x := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range x {
			if k != "payload" {
				out[k] = outline(e)
			}
		}
		return out
	case string:
		return "text"
	case float64:
		return "number"
	}
	return v
}

// What is sent has the shape of what Slack was seen to send.
func TestSocketShapes(t *testing.T) {
	dir := os.Getenv("TOCSIN_SAMPLES")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "samples")
	}
	if _, err := os.Stat(filepath.Join(dir, "slack", "socket_hello.json")); err != nil {
		t.Skipf("SKIPPED, NOT CHECKED: there are no samples in %s; name their folder in TOCSIN_SAMPLES", dir)
	}
	a := startSocket(t, Options{})
	l := a.dial()
	ada := a.w.Person("Ada")
	got := map[string]any{"hello": l.first}
	ada.Type("#general", "/incident declare x")
	got["slash_commands"] = l.next()
	_, _, _ = a.w.SendEvent(EventArgs{Event: Object{"type": "app_mention"}})
	got["events_api"] = l.next()
	ada.Shortcut("declare_global", nil)
	got["interactive"] = l.next()
	for _, reason := range []string{"warning", "refresh_requested"} {
		a.w.Disconnect(reason)
		got["disconnect_"+reason] = l.next()
	}
	l = a.dial()
	a.w.Socket(false)
	got["disconnect_link_disabled"] = l.next()
	for name, m := range got {
		raw, err := os.ReadFile(filepath.Join(dir, "slack", "socket_"+name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var sample map[string]any
		if err := json.Unmarshal(raw, &sample); err != nil {
			t.Fatal(err)
		}
		ours, _ := json.Marshal(outline(m))
		theirs, _ := json.Marshal(outline(sample))
		if string(ours) != string(theirs) {
			t.Errorf("%s: %s, Slack's is %s", name, ours, theirs)
		}
		for field := range obj(sample["payload"]) {
			if _, ok := obj(obj(m)["payload"])[field]; !ok && name != "interactive" {
				t.Errorf("%s: no field %s in the payload", name, field)
			}
		}
	}
}

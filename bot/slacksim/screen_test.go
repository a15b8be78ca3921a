package slacksim

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// page is one person at the screen.
type page struct {
	t  *testing.T
	w  *Workspace
	as string
}

func (p page) get(path string) map[string]any {
	p.t.Helper()
	resp, err := http.Get(p.w.URL() + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	out := map[string]any{"status": resp.StatusCode}
	_ = json.NewDecoder(resp.Body).Decode(&out)
	return out
}

func (p page) state() map[string]any { return p.get("screen/state?as=" + p.as) }

func (p page) messages(channel string) []any {
	return arr(p.get("screen/messages?as=" + p.as + "&channel=" + channel)["messages"])
}

// act does something and returns the toast, if there is one.
func (p page) act(d map[string]any) string {
	p.t.Helper()
	d["as"] = p.as
	body, _ := json.Marshal(d)
	resp, err := http.Post(p.w.URL()+"screen/act", "application/json", strings.NewReader(string(body)))
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	var out map[string]any
	_ = json.NewDecoder(resp.Body).Decode(&out)
	if out["ok"] != true && str(out["error"]) == "" {
		p.t.Errorf("%v: %d %v", d, resp.StatusCode, out)
	}
	return str(out["error"])
}

func TestScreen(t *testing.T) {
	a := start(t, Options{Tour: []TourStep{{Title: "Ring", Try: "/incident"}}})
	ada := page{t, a.w, a.w.Person("Ada").ID()}
	gus := page{t, a.w, a.w.Person("Gus").ID()}
	exec := a.channelID("exec")
	state := ada.state()
	if len(arr(state["people"])) != 6 || len(arr(state["commands"])) != 2 || len(arr(state["shortcuts"])) != 2 || len(arr(state["tour"])) != 1 || state["view"] != nil {
		t.Errorf("state: %v", state)
	}
	sees := func(p page, id string) bool {
		for _, c := range arr(p.state()["channels"]) {
			if obj(c)["id"] == id {
				return true
			}
		}
		return false
	}
	if !sees(ada, exec) || sees(gus, exec) || sees(gus, a.channelID("random")) {
		t.Error("channels that are not theirs")
	}
	if got := gus.get("screen/messages?as=" + gus.as + "&channel=" + exec); got["status"] != 404 {
		t.Errorf("a private channel: %v", got)
	}
}

func TestScreenDeeds(t *testing.T) {
	a := start(t, Options{})
	ada, gus := page{t, a.w, a.w.Person("Ada").ID()}, page{t, a.w, a.w.Person("Gus").ID()}
	general, exec := a.channelID("general"), a.channelID("exec")
	for _, c := range []struct {
		p    page
		d    map[string]any
		want string
	}{
		{ada, map[string]any{"do": "post", "channel": general, "text": "hello <@grace> & @grace"}, ""},
		{gus, map[string]any{"do": "post", "channel": exec, "text": "x"}, "no such channel"},
		{ada, map[string]any{"do": "post", "channel": general, "text": "/incident", "thread": "1.1"}, "threads"},
		{ada, map[string]any{"do": "post", "channel": general, "text": "/other"}, "not a valid command"},
		{ada, map[string]any{"do": "post", "channel": general, "text": "  "}, "nothing"},
		{gus, map[string]any{"do": "post", "channel": exec, "text": "/incident"}, "not in this channel"},
		{gus, map[string]any{"do": "join", "channel": a.channelID("random")}, "no such channel"},
		{ada, map[string]any{"do": "leave", "channel": general}, "cannot leave"},
		{ada, map[string]any{"do": "fly"}, "cannot do"},
		{page{t, a.w, "U0NOBODY000"}, map[string]any{"do": "home"}, "Nobody"},
	} {
		if got := c.p.act(c.d); (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%v: %q, want %q", c.d, got, c.want)
		}
	}
	last := ada.messages(general)
	m := obj(last[len(last)-1])
	if m["text"] != "hello &lt;@grace&gt; &amp; <@"+a.w.Person("Grace").ID()+">" || m["by_app"] != false {
		t.Errorf("message: %v", m)
	}
	ts := str(m["ts"])
	ada.act(map[string]any{"do": "react", "channel": general, "ts": ts, "name": "eyes"})
	ada.act(map[string]any{"do": "pin", "channel": general, "ts": ts})
	ada.act(map[string]any{"do": "edit", "channel": general, "ts": ts, "text": "changed"})
	last = ada.messages(general)
	m = obj(last[len(last)-1])
	if m["pinned"] != true || m["edited"] != true || m["text"] != "changed" || obj(arr(m["reactions"])[0])["name"] != "eyes" {
		t.Errorf("message: %v", m)
	}
	if got := gus.act(map[string]any{"do": "delete", "channel": general, "ts": ts}); !strings.Contains(got, "your own") {
		t.Errorf("deleting another's message: %q", got)
	}
}

func TestScreenModal(t *testing.T) {
	a := start(t, Options{})
	opener(t, a, func(d delivered) string {
		values := obj(obj(obj(d.payload["view"])["state"])["values"])
		if obj(obj(values["t"])["v"])["value"] == "no" {
			return `{"response_action":"errors","errors":{"t":"not that"}}`
		}
		return ""
	})
	ada := page{t, a.w, a.w.Person("Ada").ID()}
	ada.act(map[string]any{"do": "post", "channel": a.channelID("general"), "text": "/incident"})
	view := obj(ada.state()["view"])
	submit := func(title string) string {
		return ada.act(map[string]any{"do": "submit", "view": view["id"], "values": map[string]any{
			"t": map[string]any{"v": title}, "s": map[string]any{"v": "1"}, "p": map[string]any{"v": []string{ada.as}}, "c": map[string]any{"v": []string{"p", "d"}},
		}})
	}
	if got := submit("no"); got != "" {
		t.Error(got)
	}
	if got := obj(obj(ada.state()["view"])["errors"])["t"]; got != "not that" {
		t.Errorf("errors: %v", got)
	}
	if got := submit("yes"); got != "" || ada.state()["view"] != nil {
		t.Errorf("the view is still open: %q", got)
	}
	if got := submit("again"); !strings.Contains(got, "no longer open") {
		t.Errorf("a closed view: %q", got)
	}
}

func TestScreenIsGuarded(t *testing.T) {
	a := start(t, Options{})
	send := func(change func(*http.Request)) int {
		req, _ := http.NewRequest("POST", a.w.URL()+"screen/act", strings.NewReader(`{"as":"x","do":"home"}`))
		req.Header.Set("Content-Type", "application/json")
		change(req)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	if got := send(func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }); got != 403 {
		t.Errorf("another site: %d", got)
	}
	if got := send(func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }); got != 403 {
		t.Errorf("another origin: %d", got)
	}
	if got := send(func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }); got != 415 {
		t.Errorf("a form of another kind: %d", got)
	}
	resp, err := http.Get(a.w.URL())
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 || !strings.HasPrefix(resp.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("the page: %d %v", resp.StatusCode, resp.Header)
	}
}

func TestScreenEvents(t *testing.T) {
	a := start(t, Options{})
	req, _ := http.NewRequestWithContext(t.Context(), "GET", a.w.URL()+"screen/events?as="+a.w.Person("Gus").ID(), nil)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewReader(resp.Body)
	if hello, _ := lines.ReadString('\n'); !strings.HasPrefix(hello, ":") {
		t.Errorf("no hello: %q", hello)
	}
	a.w.Person("Ada").Say("#exec", "secret") // not for a guest's page
	a.w.Person("Ada").Say("#general", "for all")
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		var e map[string]any
		_ = json.Unmarshal([]byte(data), &e)
		if e["channel"] == a.channelID("exec") {
			t.Fatal("a page hears of a channel that it may not see")
		}
		if e["type"] == "messages" && e["channel"] == a.channelID("general") {
			break
		}
	}
}

func TestHome(t *testing.T) {
	a := start(t, Options{})
	a.mu.Lock()
	a.answer = func(d delivered) (int, string, string) {
		if d.inner()["type"] == "app_home_opened" {
			form := url.Values{"token": {a.w.BotToken()}, "user_id": {str(d.inner()["user"])}, "view": {
				`{"type":"home","blocks":[{"type":"actions","elements":[{"type":"button","action_id":"n","text":{"type":"plain_text","text":"New"}}]}]}`,
			}}
			resp, err := http.PostForm(a.w.APIURL()+"views.publish", form)
			if err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		}
		return 200, "", ""
	}
	a.mu.Unlock()
	ada := a.w.Person("Ada")
	a.w.mu.Lock()
	state := a.w.stateFor(ada.id)
	a.w.mu.Unlock()
	if state["home"] != nil || obj(state["app"])["home"] != true { // or nobody could open it for the first time
		t.Errorf("before it was published the screen says home: %v, app: %v", state["home"], state["app"])
	}
	home := ada.OpenHome().Expect("[New]")
	ada.Press(home, "New")
	d := a.next(func(d delivered) bool { return d.payload["type"] == "block_actions" })
	if obj(d.payload["container"])["type"] != "view" || obj(d.payload["view"])["type"] != "home" || d.payload["response_url"] != nil {
		t.Errorf("payload: %v", d.payload)
	}
	if !strings.Contains(a.w.World(), "home of Ada") {
		t.Error("the photograph lacks the Home tab")
	}
}

package slacksim

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// quietStart is start without limits, complaints expected.
func quietStart(t *testing.T) *fakeApp {
	t.Helper()
	a := start(t, Options{})
	a.w.Limits(0)
	t.Cleanup(func() { a.w.mu.Lock(); a.w.complaints = nil; a.w.mu.Unlock() }) // runs before the workspace's own check
	return a
}

func (a *fakeApp) channelID(name string) string {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	return a.w.byName(name).id
}

// made creates a channel of the bot and returns its id.
func (a *fakeApp) made(name string) string {
	a.t.Helper()
	out := a.call("conversations.create", map[string]string{"name": name})
	if out["ok"] != true {
		a.t.Fatalf("create %s: %v", name, out)
	}
	return str(obj(out["channel"])["id"])
}

// refusalCase is a call and the error that it must meet; "" is none.
type refusalCase struct{ method, args, want string }

// refusalsOfRooms name channels and people as $name.
var refusalsOfRooms = []refusalCase{
	{"conversations.create", "name=b&is_private=perhaps", "invalid_arguments"},
	{"conversations.create", "name=b&colour=red", "invalid_arguments"},
	{"conversations.info", "channel=$exec", "channel_not_found"},
	{"conversations.info", "channel=$general", ""},
	{"conversations.setTopic", "channel=$general&topic=x", "not_in_channel"},
	{"conversations.setTopic", "channel=$mine&topic=" + strings.Repeat("x", 251), "too_long"},
	{"conversations.setTopic", "channel=$mine&topic=" + strings.Repeat("x", 250), ""},
	{"conversations.setTopic", "channel=$mine&topic=", ""},
	{"conversations.setTopic", "channel=$gone&topic=x", "is_archived"},
	{"conversations.history", "channel=$general", "not_in_channel"},
	{"conversations.history", "channel=$mine", ""},
	{"conversations.history", "channel=$mine&limit=1000", "invalid_limit"},
	{"conversations.archive", "channel=$gone", "already_archived"},
	{"conversations.invite", "channel=$mine&users=$ada", ""},
	{"conversations.invite", "channel=$mine&users=$ada", "already_in_channel"},
	{"conversations.invite", "channel=$mine&users=$bot", "cant_invite_self"},
	{"conversations.invite", "channel=$mine&users=U0NOBODY000", "user_not_found"},
	{"conversations.invite", "channel=$mine&users=" + strings.Repeat("U0NOBODY000,", 101), "invalid_arguments"},
	{"conversations.invite", "channel=$general&users=$ada", "not_in_channel"},
	{"conversations.kick", "channel=$mine&user=$gus", "not_in_channel"},
	{"conversations.rename", "channel=$mine&name=general", "name_taken"},
}

func TestRefusals(t *testing.T) {
	a := quietStart(t)
	mine, general, exec := a.made("mine"), a.channelID("general"), a.channelID("exec")
	gone := a.made("gone")
	a.call("conversations.archive", map[string]string{"channel": gone})
	ts := str(a.call("chat.postMessage", map[string]string{"channel": mine, "text": "x"})["ts"])
	a.call("pins.add", map[string]string{"channel": mine, "timestamp": ts})
	a.call("reactions.add", map[string]string{"channel": mine, "timestamp": ts, "name": "eyes"})
	ada := a.w.Person("Ada").ID()
	names := strings.NewReplacer("$general", general, "$exec", exec, "$mine", mine, "$gone", gone, "$ada", ada, "$bot", a.w.BotUser(), "$gus", a.w.Person("Gus").ID())
	section := func(text string) string { return `[{"type":"section","text":{"type":"mrkdwn","text":"` + text + `"}}]` }
	for i, c := range append(slices.Clone(refusalsOfRooms), []refusalCase{
		{"chat.explode", "", "unknown_method"},
		{"conversations.create", "name=Upper", "invalid_name_specials"},
		{"conversations.create", "name=a.b", "invalid_name_specials"},
		{"conversations.create", "name=--", "invalid_name_punctuation"},
		{"conversations.create", "name=" + strings.Repeat("a", 81), "invalid_name_maxlength"},
		{"conversations.create", "name=" + strings.Repeat("a", 80), ""},
		{"conversations.create", "", "invalid_arguments"},
		{"conversations.create", "name=mine", "name_taken"},
		{"conversations.create", "name=gone", "name_taken"},
		{"conversations.create", "name=exec", "name_taken"},
		{"chat.postMessage", "channel=" + general + "&text=x", ""}, // chat:write.public
		{"chat.postMessage", "channel=" + exec + "&text=x", "channel_not_found"},
		{"chat.postMessage", "channel=" + gone + "&text=x", "is_archived"},
		{"chat.postMessage", "channel=" + mine, "no_text"},
		{"chat.postMessage", "channel=" + mine + "&text=x&thread_ts=1.000001", "thread_not_found"},
		{"chat.postMessage", "channel=" + mine + "&text=x&metadata={}", "metadata_must_have_event_type_and_payload"},
		{"chat.postMessage", "channel=" + mine + "&text=x&blocks=[", "invalid_arguments"},
		{"chat.postMessage", "channel=" + mine + "&blocks=" + section("x"), ""},
		{"chat.postMessage", "channel=" + mine + "&blocks=" + section(""), "invalid_blocks"},
		{"chat.postMessage", "channel=" + mine + "&text=x&username=Eve", "missing_scope"},
		{"chat.postEphemeral", "channel=" + mine + "&user=" + ada + "&text=x", ""},
		{"chat.postEphemeral", "channel=" + mine + "&user=" + a.w.Person("Gus").ID() + "&text=x", "user_not_in_channel"},
		{"chat.update", "channel=" + mine + "&ts=" + ts + "&text=" + strings.Repeat("x", 4001), "msg_too_long"},
		{"chat.update", "channel=" + mine + "&ts=" + ts + "&text=" + strings.Repeat("x", 4000), ""},
		{"chat.update", "channel=" + mine + "&ts=1.000001&text=x", "message_not_found"},
		{"pins.add", "channel=" + mine + "&timestamp=" + ts, "already_pinned"},
		{"pins.add", "channel=" + mine + "&timestamp=1.000001", "message_not_found"},
		{"reactions.add", "channel=" + mine + "&timestamp=" + ts + "&name=eyes", "already_reacted"},
		{"bookmarks.add", "channel_id=" + mine + "&title=t&type=link&link=javascript:x", "invalid_link"},
		{"bookmarks.add", "channel_id=" + mine + "&title=t&type=link&link=https://x.example", ""},
		{"bookmarks.add", "channel_id=" + mine + "&title=t&type=link&link=https://x.example", ""}, // no dedupe
		{"users.info", "user=U0NOBODY000", "user_not_found"},
		{"views.open", `trigger_id=1.2.3&view={"type":"modal"}`, "invalid_trigger_id"},
		{"views.publish", `user_id=` + ada + `&view={"type":"modal"}`, "invalid_arguments"},
		{"views.publish", `user_id=` + ada + `&view={"type":"home","blocks":[]}`, ""},
	}...) {
		form, err := url.ParseQuery(names.Replace(c.args))
		if err != nil {
			t.Fatal(err)
		}
		form.Set("token", a.w.BotToken())
		out := a.post(c.method, form)
		if got := str(out["error"]); got != c.want || (c.want == "") != (out["ok"] == true) {
			t.Errorf("%d %s %.60s: %v, want %q", i, c.method, c.args, out, c.want)
		}
	}
}

func TestInviteForce(t *testing.T) {
	a := quietStart(t)
	mine := a.made("mine")
	ada := a.w.Person("Ada").ID()
	users := ada + ",U0NOBODY000"
	if out := a.call("conversations.invite", map[string]string{"channel": mine, "users": users}); out["error"] != "user_not_found" {
		t.Errorf("without force: %v", out)
	}
	out := a.call("conversations.invite", map[string]string{"channel": mine, "users": users, "force": "true"})
	if out["ok"] != true || len(arr(out["errors"])) != 1 {
		t.Errorf("with force: %v", out)
	}
	if got := fmt.Sprint(a.w.Channel("mine").Members()); got != "[Ada Bell]" {
		t.Errorf("members: %s", got)
	}
}

func TestToken(t *testing.T) {
	a := quietStart(t)
	for token, want := range map[string]string{"": "not_authed", "xoxb-wrong": "invalid_auth"} {
		if out := a.post("auth.test", url.Values{"token": {token}}); out["error"] != want {
			t.Errorf("token %q: %v", token, out)
		}
	}
	for _, c := range a.w.Calls() {
		if _, ok := c.Args["token"]; ok {
			t.Error("the token stands in Calls")
		}
	}
}

func TestScopes(t *testing.T) {
	few := strings.NewReplacer(`"chat:write.public", `, "", `"groups:write", `, "", `"pins:write", `, "", `"groups:history", `, "", "message.groups, ", "").Replace(testManifest)
	a := start(t, Options{Manifest: []byte(few)})
	a.w.Announce("missing_scope", "not_in_channel")
	mine := a.made("mine")
	for _, c := range []struct {
		method string
		args   map[string]string
		want   string
	}{
		{"pins.add", map[string]string{"channel": mine, "timestamp": "1"}, "pins:write"},
		{"conversations.create", map[string]string{"name": "hidden", "is_private": "true"}, "groups:write"},
	} {
		if out := a.call(c.method, c.args); out["error"] != "missing_scope" || out["needed"] != c.want || !strings.Contains(str(out["provided"]), "chat:write") {
			t.Errorf("%s: %v", c.method, out)
		}
	}
	if out := a.call("chat.postMessage", map[string]string{"channel": a.channelID("general"), "text": "x"}); out["error"] != "not_in_channel" {
		t.Errorf("without chat:write.public: %v", out)
	}
}

func TestManifestFaults(t *testing.T) {
	for _, swap := range [][2]string{
		{`"pins:read"`, `"pins:raed"`}, {"app_mention,", "app_mentions,"}, {"reactions:read", "reactions:write"}, {"type: global", "type: big"}, {"/incident", "incident"},
	} {
		text := strings.Replace(testManifest, swap[0], swap[1], 1)
		if _, err := Open(Options{Manifest: []byte(text), Now: time.Now, Clock: time.Now}); err == nil {
			t.Errorf("%s is accepted", swap[1])
		}
	}
	if _, err := Open(Options{Manifest: []byte(testManifest)}); err == nil {
		t.Error("a workspace without clocks is accepted")
	}
}

func TestRateLimits(t *testing.T) {
	a := start(t, Options{})
	a.w.Announce("ratelimited", "already_pinned")
	for i := range 20 {
		a.made(fmt.Sprintf("c%d", i))
	}
	form := url.Values{"token": {a.w.BotToken()}, "name": {"late"}}
	resp, err := http.PostForm(a.w.APIURL()+"conversations.create", form)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 429 || resp.Header.Get("Retry-After") != "60" {
		t.Errorf("21st in a minute: %d, Retry-After %q", resp.StatusCode, resp.Header.Get("Retry-After"))
	}
	if out := a.call("auth.test", nil); out["ok"] != true {
		t.Errorf("another method is limited too: %v", out)
	}
	post := map[string]string{"channel": a.channelID("c0"), "text": "x"}
	for i := range postBurst {
		if out := a.call("chat.postMessage", post); out["ok"] != true {
			t.Errorf("post %d: %v", i, out)
		}
	}
	if out := a.call("chat.postMessage", post); out["error"] != "ratelimited" {
		t.Errorf("post beyond the burst: %v", out)
	}
	post["channel"] = a.channelID("c1")
	if out := a.call("chat.postMessage", post); out["ok"] != true {
		t.Errorf("another channel is limited too: %v", out)
	}
	a.w.Pass(time.Minute)
	a.made("late")
	a.w.Limits(0)
	for i := range 30 {
		a.made(fmt.Sprintf("free%d", i))
	}
}

func TestUpdate(t *testing.T) {
	a := quietStart(t)
	mine := a.made("mine")
	blocks := `[{"type":"header","text":{"type":"plain_text","text":"Head"}}]`
	out := a.call("chat.postMessage", map[string]string{
		"channel": mine, "text": strings.Repeat("é", 40001), "blocks": blocks, "metadata": `{"event_type":"e","event_payload":{"id":"7"}}`,
	})
	ts := str(out["ts"])
	if n := units(str(obj(out["message"])["text"])); n != 40000 {
		t.Errorf("posted text has %d characters", n)
	}
	post := a.w.Channel("mine").Expect("Head")
	a.call("chat.update", map[string]string{"channel": mine, "ts": ts, "text": "plain"})
	if post.Text() != "plain" {
		t.Errorf("text without blocks keeps the blocks: %s", post.Text())
	}
	history := func(all string) map[string]any {
		out := a.call("conversations.history", map[string]string{"channel": mine, "include_all_metadata": all, "limit": "1"})
		return obj(arr(out["messages"])[0])
	}
	if m := history("true"); obj(m["metadata"])["event_type"] != "e" || m["bot_id"] == nil || m["app_id"] != a.w.AppID() || m["user"] != a.w.BotUser() {
		t.Errorf("history: %v", m)
	}
	if m := history("false"); m["metadata"] != nil {
		t.Errorf("metadata without being asked for: %v", m)
	}
}

func TestPages(t *testing.T) {
	a := quietStart(t)
	mine := a.made("mine")
	var last string
	for i := range 7 {
		last = str(a.call("chat.postMessage", map[string]string{"channel": mine, "text": fmt.Sprint("m", i)})["ts"])
	}
	a.call("chat.postMessage", map[string]string{"channel": mine, "text": "reply", "thread_ts": last})
	var seen []string
	for cursor := "-"; cursor != ""; {
		out := a.call("conversations.history", map[string]string{"channel": mine, "limit": "3", "cursor": strings.Trim(cursor, "-")})
		for _, m := range arr(out["messages"]) {
			seen = append(seen, str(obj(m)["text"]))
		}
		cursor = str(obj(out["response_metadata"])["next_cursor"])
	}
	if got := strings.Join(seen, " "); got != "m6 m5 m4 m3 m2 m1 m0" {
		t.Errorf("history: %s", got)
	}
	out := a.call("conversations.replies", map[string]string{"channel": mine, "ts": last})
	if list := arr(out["messages"]); len(list) != 2 || obj(list[0])["reply_count"] != 1.0 || obj(list[1])["text"] != "reply" {
		t.Errorf("replies: %v", out)
	}
	users := a.call("users.list", map[string]string{"limit": "4"})
	if len(arr(users["members"])) != 4 || obj(users["response_metadata"])["next_cursor"] == "" {
		t.Errorf("users: %v", users)
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"tocsin/bot"
	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// outcomes is what must come of each real payload of Slack's that we have. Their apps and workspaces are not ours, and their
// people are strangers: the ids are put in place where they are refused for that alone, and where a sample is to do something,
// so are the names that an app gives to its own buttons and forms.
var outcomes = map[string]func(t *testing.T, raw []byte){
	"slash_command.form":            taken{kind: "command", key: "398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"}.check,
	"slash_command_enterprise.form": taken{kind: "command", key: "13345224609.738474920.8088930838d88f008e0"}.check,
	"socket_slash_commands.json":    taken{kind: "command", key: "111.222.xxx"}.check,

	"block_actions_view.json":               taken{kind: "action", key: "987196394372.3485157640.efe5ca926abc9dadb0371534fff4326e"}.check,
	"block_actions_message_with_state.json": taken{kind: "action", key: "111.222.xxx"}.check,
	"block_actions_with_confirm.json":       taken{kind: "action", key: "123123.123123.abcabc"}.check,
	"block_actions_org_wide.json":           taken{kind: "action", key: "111.222.xxx"}.check,
	"block_actions_in_thread.json":          taken{kind: "action", key: "111.222.xxx", adapt: pressesCommander, effect: adaLeads}.check,
	"socket_interactive.json":               taken{kind: "action", key: "111.222.xxx", adapt: pressesCommander, effect: adaLeads}.check,

	"shortcut_global.json":             taken{kind: "action", key: "123.123.123"}.check,
	"shortcut_message.json":            taken{kind: "shortcut", key: "123.123.xxx", adapt: declares, effect: keeps(" test")}.check,
	"shortcut_message_with_files.json": taken{kind: "shortcut", key: "111.222.xxx", adapt: declares, effect: keeps("Here is the uploaded file")}.check,

	"view_submission.json":                          taken{kind: "view", key: "V123:1583638467.cd05659d", adapt: declares, effect: opensARoom}.check,
	"view_submission_state_values_empty_array.json": taken{kind: "view", key: "V1:1.a", adapt: declares}.check, // and is told what is missing
	"view_closed_org_wide.json":                     taken{kind: "action", key: ""}.check,

	"event_app_mention.json":                taken{kind: "event", key: "EvV1KV8BM3"}.check,
	"event_app_mention_shared_channel.json": taken{kind: "event", key: "Ev01FC50TXB6"}.check,
	"event_message.json":                    taken{kind: "event", key: "EvV1KA7U3A"}.check,
	"event_reaction_added.json":             taken{kind: "event", key: "Ev123ABC456"}.check,
	"event_app_rate_limited.json":           taken{kind: "event", key: "", also: "Slack drops events"}.check,
	"event_inner_app_home_opened.json":      taken{kind: "event", key: "Ev0SAMPLE", adapt: adaOpensHome, effect: adaIsAtHome}.check,
	"event_inner_channel_archive.json":      taken{kind: "event", key: "Ev0SAMPLE"}.check,
	"event_inner_reaction_added.json":       taken{kind: "event", key: "Ev0SAMPLE"}.check,
	"event_inner_member_joined_channel.json": taken{
		kind: "event", key: "Ev0SAMPLE", adapt: graceJoins, effect: graceIsSeen,
	}.check,
	"socket_events_api.json": taken{kind: "event", key: "Ev01ERKCFKK9"}.check,

	"socket_hello.json":                        said{}.check,
	"socket_disconnect_warning.json":           said{again: true}.check,
	"socket_disconnect_refresh_requested.json": said{again: true}.check,
	"socket_disconnect_link_disabled.json":     said{wrong: "Socket Mode is switched off"}.check,

	"api_error_invite_partial.json": answersInvite,
	"api_error_canvas_edit.json":    answersInvite,
	"signing_vector.json":           tooOldToBelieve,
}

// TestEverySample handles every sample as its row says. A sample without a row fails it, and so does a row without a sample.
func TestEverySample(t *testing.T) {
	inOnePass(t, "each sample comes over both transports")
	folder := samples(t)
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		check, known := outcomes[file.Name()]
		if !known {
			t.Errorf("%s: say in the table what must come of it", file.Name())
			continue
		}
		raw, err := os.ReadFile(filepath.Join(folder, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		t.Run(file.Name(), func(t *testing.T) {
			t.Parallel()
			check(t, raw)
		})
	}
	if len(files) != len(outcomes) {
		t.Errorf("%d files and %d rows", len(files), len(outcomes))
	}
}

// taken is what must come of a request: it is answered, once, under its key, without an error; and nobody hears of one that
// has no effect.
type taken struct {
	kind, key string
	also      string // what else is logged
	adapt     func(*house, map[string]any)
	effect    func(*testing.T, *house)
}

// check delivers a request over both transports.
func (w taken) check(t *testing.T, raw []byte) {
	for name, change := range map[string]furnish{"HTTP": overHTTP, "socket": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			world := slacksim.New(t, slacksimOptions)
			if change == nil {
				change = inSocketMode(world)
			}
			h := newHouseIn(t, world, change)
			h.Announce("views.open") // with a trigger that Slack has never given out
			document := h.ours(path.Base(path.Dir(t.Name())), raw)
			if w.adapt != nil {
				w.adapt(h, document)
			}
			before := len(h.log.all())
			if name == "HTTP" {
				h.deliver(t, w.kind, document)
			} else if !h.SendEnvelope(string(enveloped(t, w.kind, document))) {
				t.Error("not acknowledged")
			}
			log := h.log.all()[before:]
			if line := fmt.Sprintf("answered request=%s:%s kind=", w.kind, w.key); strings.Count(log, line) != 1 || !strings.Contains(log, "recorded=true") || !strings.Contains(log, w.also) {
				t.Errorf("no %q and %q in\n%s", line, w.also, log)
			}
			if w.effect != nil {
				h.recover(recovery)
				w.effect(t, h)
				return
			}
			h.Quiet()
		})
	}
}

// ours is a sample with our app and our workspace in it: of an envelope its payload, and an inner event within an event.
func (h *house) ours(name string, raw []byte) map[string]any {
	h.t.Helper()
	document := map[string]any{}
	if strings.HasSuffix(name, ".form") {
		form, err := url.ParseQuery(strings.TrimSpace(string(raw)))
		if err != nil {
			h.t.Fatal(err)
		}
		for field := range form {
			document[field] = form.Get(field)
		}
	} else if err := json.Unmarshal(raw, &document); err != nil {
		h.t.Fatal(err)
	}
	if payload, enveloped := document["payload"].(map[string]any); enveloped {
		document = payload
	}
	if strings.HasPrefix(name, "event_inner_") {
		document = map[string]any{"type": "event_callback", "team_id": "", "event_id": "Ev0SAMPLE", "event": document}
	}
	for field, id := range map[string]string{"team_id": h.TeamID(), "api_app_id": h.AppID()} {
		if _, there := document[field]; there {
			document[field] = id
		}
	}
	for _, field := range []string{"team", "user"} {
		if within, there := document[field].(map[string]any); there {
			within[map[string]string{"team": "id", "user": "team_id"}[field]] = h.TeamID()
		}
	}
	return document
}

// deliver sends a request over HTTP.
func (h *house) deliver(t *testing.T, kind string, document map[string]any) {
	t.Helper()
	raw, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	status, answer := 0, ""
	switch kind {
	case "command":
		form := url.Values{}
		for field, value := range document {
			form.Set(field, value.(string))
		}
		status, answer = h.post("/slack/commands", []byte(form.Encode()), nil)
	case "event":
		status, answer = h.post("/slack/events", raw, http.Header{"Content-Type": {"application/json"}})
	default:
		status, answer = h.post("/slack/interactions", []byte(url.Values{"payload": {string(raw)}}.Encode()), nil)
	}
	if status != http.StatusOK {
		t.Errorf("answered with %d %s", status, answer)
	}
}

// enveloped is a request as Socket Mode brings it.
func enveloped(t *testing.T, kind string, document map[string]any) []byte {
	t.Helper()
	envelope := map[string]any{"envelope_id": "xxx-11-222-yyy-zzz", "type": "interactive", "payload": document, "accepts_response_payload": false}
	switch kind {
	case "command":
		envelope["type"], envelope["accepts_response_payload"] = "slash_commands", true
	case "event":
		envelope["type"] = "events_api"
	case "view":
		envelope["accepts_response_payload"] = true
	}
	raw, err := json.Marshal(envelope)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// pressesCommander makes a press one of ours, on an incident that there is.
func pressesCommander(h *house, document map[string]any) {
	h.command("Grace", "#general", declareCheckout, "one")
	h.recover(recovery)
	document["user"].(map[string]any)["id"] = h.Person("Ada").ID()
	pressed := document["actions"].([]any)[0].(map[string]any)
	pressed["action_id"], pressed["value"] = "do:commander", "commander INC-1 me"
}

func adaLeads(t *testing.T, h *house) {
	i, err := h.program.store.Incident(t.Context(), 1)
	if err != nil || i.Roles[incident.Commander].Handle != h.Person("Ada").ID() {
		t.Errorf("%+v %v", i, err)
	}
}

// declares makes a form or a shortcut one of ours.
func declares(h *house, document map[string]any) {
	document["user"].(map[string]any)["id"] = h.Person("Ada").ID()
	if _, shortcut := document["callback_id"]; shortcut {
		document["callback_id"] = "declare"
		return
	}
	form := document["view"].(map[string]any)
	form["callback_id"], form["private_metadata"] = "declare", ""
	if values, given := form["state"].(map[string]any)["values"].(map[string]any); given {
		values["title"] = map[string]any{"value": map[string]any{"type": "plain_text_input", "value": "checkout is down"}}
	}
}

// keeps looks for the words of a message in the draft that a person gets where the form did not open.
func keeps(words string) func(*testing.T, *house) {
	return func(t *testing.T, h *house) {
		if n := h.directs("Ada", words); n != 1 {
			t.Errorf("the words came back %d times", n)
		}
	}
}

func opensARoom(t *testing.T, h *house) { h.alone(crashRoom) }

// graceJoins makes the joined channel the room of a private incident.
func graceJoins(h *house, document map[string]any) {
	h.command("Ada", "#general", "/incident declare --private a key has leaked", "one")
	h.recover(recovery)
	event := document["event"].(map[string]any)
	event["user"], event["channel"] = h.Person("Grace").ID(), h.Channel("#inc-1-a-key-has-leaked").ID()
}

func graceIsSeen(t *testing.T, h *house) {
	if !h.seen() {
		t.Error("nobody has seen her come in")
	}
}

// said is what must come of a word about the connection itself: the connections are two as before, or nobody can mend
// that but a person.
type said struct {
	again bool   // after one was made anew
	wrong string // what is wrong then
}

func (w said) check(t *testing.T, raw []byte) {
	h := newSocketHouse(t)
	if w.wrong != "" {
		h.log.announce(w.wrong)
	}
	opened := h.called("apps.connections.open", nil)
	if h.SendEnvelope(string(raw)) { // waits for three seconds, in vain
		t.Error("there is nothing to acknowledge")
	}
	if again := h.called("apps.connections.open", nil) > opened; again != w.again {
		t.Errorf("made anew: %v, want %v", again, w.again)
	}
	if w.wrong != "" {
		h.awaitStatus(t, func(s bot.Status) bool { return strings.Contains(s.Wrong, w.wrong) && s.Open == 1 })
		h.program.socket.Reload()
	}
	h.AwaitSockets(2)
	if answer := h.command("Ada", "#general", "/incident list", "list"); !strings.Contains(answer, "No open incidents") {
		t.Errorf("answered %q", answer)
	}
}

// answersInvite has Slack answer our first invitation so: it is made again, and the room lives.
func answersInvite(t *testing.T, raw []byte) {
	world := slacksim.New(t, slacksimOptions)
	first := true
	h := newHouseIn(t, world, between(t, world, func(r *http.Response) error {
		if path.Base(r.Request.URL.Path) == "conversations.invite" && first {
			first = false
			answers(r, string(raw))
		}
		return nil
	}))
	h.Announce("already_in_channel")
	h.command("Ada", "#general", declareCheckout, "one")
	h.recover(recovery)
	if first {
		t.Error("nobody was invited")
	}
	h.Channel(crashRoom).Expect("Take command")
	h.alone(crashRoom)
}

// tooOldToBelieve sends Slack's own example of a signature: it is right, and years old. That the same secret is right for
// what is signed today shows that nothing but its age is wrong.
func tooOldToBelieve(t *testing.T, raw []byte) {
	var vector struct {
		Secret    string `json:"signing_secret"`
		Timestamp string `json:"timestamp"`
		Body      string `json:"body"`
		Signature string `json:"signature"`
	}
	if err := json.Unmarshal(raw, &vector); err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, overHTTP, func(o *options) { o.settings.SigningSecret = secret(vector.Secret) })
	for _, c := range []struct {
		signed time.Time
		want   int
	}{{time.Time{}, http.StatusUnauthorized}, {time.Now(), http.StatusOK}} {
		header := http.Header{"X-Slack-Request-Timestamp": {vector.Timestamp}, "X-Slack-Signature": {vector.Signature}}
		if !c.signed.IsZero() {
			header = signed(vector.Secret, strconv.FormatInt(c.signed.Unix(), 10), []byte(vector.Body))
		}
		if status, answer := h.post("/slack/commands", []byte(vector.Body), header); status != c.want {
			t.Errorf("answered with %d %s, want %d", status, answer, c.want)
		}
	}
}

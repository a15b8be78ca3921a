package slacksim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// hush keeps every ack back.
func hush(map[string]any) any { return noAck{} }

// What stands in the payload of an ack counts as the body of an HTTP answer does.
func TestAckPayloads(t *testing.T) {
	a := startSocket(t, Options{})
	a.w.Announce("/incident")
	var answer any
	a.answering(func(map[string]any) any { return answer })
	ada := a.w.Person("Ada")
	for _, c := range []struct {
		payload    any
		text, fail string
	}{
		{map[string]any{"text": "for you alone"}, "for you alone", ""},
		{nil, "", ""},
		{map[string]any{}, "", ""},
		{map[string]any{"text": "x", "colour": "red"}, "", "dispatch_failed"},
		{"words alone", "", "dispatch_failed"},
	} {
		answer = c.payload
		got := ada.Type("#general", "/incident")
		if got.Text != c.text || !got.Ephemeral && c.text != "" || c.fail == "" && got.Err != nil || !strings.Contains(fmt.Sprint(got.Err), c.fail) {
			t.Errorf("%v: %+v", c.payload, got)
		}
	}
	answer = map[string]any{"response_type": "in_channel", "text": "all see this"}
	if got := ada.Type("#general", "/incident"); got.Ephemeral || !got.Has("all see this") {
		t.Errorf("in_channel: %+v", got)
	}
	status, body, err := a.w.SendCommand(t.Context(), SendArgs{Person: "Ada", Channel: "#general", Text: "/incident"})
	if status != 200 || body != `{"response_type":"in_channel","text":"all see this"}` || err != nil {
		t.Errorf("raw: %d %s %v", status, body, err)
	}
}

func TestSubmissionOverSocket(t *testing.T) {
	a := startSocket(t, Options{})
	var answer any
	a.answering(func(m map[string]any) any {
		p := obj(m["payload"])
		switch p["type"] {
		case "view_submission":
			if m["accepts_response_payload"] != true {
				t.Error("a submission cannot be answered")
			}
			return answer
		case "shortcut":
			body := fmt.Sprintf(`{"trigger_id":%q,"view":%s}`, p["trigger_id"], formView)
			req, _ := http.NewRequest("POST", a.w.APIURL()+"views.open", strings.NewReader(body))
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Authorization", "Bearer "+a.w.BotToken())
			if resp, err := http.DefaultClient.Do(req); err != nil {
				t.Error(err)
			} else {
				resp.Body.Close()
			}
		}
		if m["accepts_response_payload"] != false {
			t.Errorf("an answer to this is expected: %v", m)
		}
		return nil
	})
	ada := a.w.Person("Ada")
	ada.Shortcut("declare_global", nil)
	m := ada.Modal().Fill("Title", "checkout")
	answer = map[string]any{"response_action": "errors", "errors": map[string]string{"t": "too vague"}}
	if got := m.Submit(); got.Errors["Title"] != "too vague" {
		t.Errorf("errors: %+v", got)
	}
	answer = nil
	if got := m.Submit(); !got.Closed {
		t.Errorf("a plain ack: %+v", got)
	}
}

// A retry is a new envelope with the same event, as late as over HTTP, on whichever connection has its turn.
func TestRedeliveryOverSocket(t *testing.T) {
	a := startSocket(t, Options{})
	a.w.client.Timeout = 20 * time.Millisecond // Slack's three seconds, shortened
	wires := []*wire{a.answering(hush), a.answering(hush)}
	a.w.mu.Lock()
	a.w.queueEvent("Ev1", Object{"type": "app_mention"})
	a.w.mu.Unlock()
	ids, turns := map[any]bool{}, map[int]bool{}
	for attempt := range 4 {
		if attempt > 1 {
			a.w.Pass([]time.Duration{0, 0, time.Minute, 5 * time.Minute}[attempt])
		}
		var m map[string]any
		select {
		case m = <-wires[0].in:
			turns[0] = true
		case m = <-wires[1].in:
			turns[1] = true
		case <-time.After(5 * time.Second):
			t.Fatalf("attempt %d does not come", attempt)
		}
		reason := map[bool]string{false: "", true: "timeout"}[attempt > 0]
		if m["retry_attempt"] != float64(attempt) || m["retry_reason"] != reason || obj(m["payload"])["event_id"] != "Ev1" || m["accepts_response_payload"] != false {
			t.Errorf("attempt %d: %v", attempt, m)
		}
		ids[m["envelope_id"]] = true
		if err := a.w.Idle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	a.w.Pass(24 * time.Hour)
	if err := a.w.Idle(t.Context()); err != nil || len(wires[0].in)+len(wires[1].in) != 0 {
		t.Errorf("a fifth attempt (%v)", err)
	}
	if len(ids) != 4 || len(turns) != 2 {
		t.Errorf("%d envelopes on %d connections", len(ids), len(turns))
	}
}

func TestTurns(t *testing.T) {
	a := startSocket(t, Options{})
	one, two := a.dial(), a.dial()
	if one.first["num_connections"] != 1.0 || two.first["num_connections"] != 2.0 || obj(two.first["connection_info"])["app_id"] != a.w.AppID() {
		t.Errorf("hello: %v %v", one.first, two.first)
	}
	for range 4 {
		a.w.Person("Ada").Type("#general", "/incident")
	}
	for range 2 { // half of them each
		one.next()
		two.next()
	}
}

// Without a connection, or without an ack, the person reads what they read over HTTP.
func TestNobodyAnswersOverSocket(t *testing.T) {
	a := startSocket(t, Options{})
	ada := a.w.Person("Ada")
	if err := ada.Type("#general", "/incident").Err; err == nil || err.Error() != `/incident failed with the error "dispatch_failed"` {
		t.Errorf("no connection: %v", err)
	}
	a.w.mu.Lock()
	a.w.queueEvent("Ev1", Object{"type": "app_mention"})
	a.w.mu.Unlock()
	if err := a.w.Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	l := a.answering(func(m map[string]any) any {
		if m["type"] == anEvent {
			return nil
		}
		return noAck{}
	})
	a.w.Pass(time.Minute)
	if m := l.next(); m["retry_attempt"] != 2.0 {
		t.Errorf("what came while nobody listened: %v", m)
	}
	a.w.client.Timeout = 20 * time.Millisecond
	if err := ada.Type("#general", "/incident").Err; err == nil || err.Error() != `/incident failed with the error "operation_timeout"` {
		t.Errorf("no ack: %v", err)
	}
	late := str(l.next()["envelope_id"])
	l.ack(late, nil) // nobody waits for it any more: no complaint
	if err := ada.Shortcut("declare_global", nil).Err; err == nil || !strings.Contains(err.Error(), "operation_timeout") {
		t.Errorf("an interaction without an ack: %v", err)
	}
}

func TestAckSize(t *testing.T) {
	a := startSocket(t, Options{})
	a.w.Announce("too_large")
	size := 0
	l := a.answering(func(m map[string]any) any {
		empty, _ := json.Marshal(map[string]any{"envelope_id": m["envelope_id"], "payload": map[string]any{"text": ""}})
		return map[string]any{"text": strings.Repeat("x", size-len(empty))}
	})
	ada := a.w.Person("Ada")
	size = maxAck - 1
	if got := ada.Type("#general", "/incident"); got.Err != nil || len(got.Text) < size/2 {
		t.Errorf("%d bytes: %v", size, got.Err)
	}
	size = maxAck
	if err := ada.Type("#general", "/incident").Err; err == nil || !strings.Contains(err.Error(), "dispatch_failed") {
		t.Errorf("%d bytes: %v", size, err)
	}
	if err := l.end(); !websocket.IsCloseError(err, websocket.CloseMessageTooBig) {
		t.Errorf("closed with %v", err)
	}
}

// An ack that Slack could make nothing of is a complaint.
func TestBadAcks(t *testing.T) {
	a := startSocket(t, Options{})
	ada := a.w.Person("Ada")
	one := a.answering(hush)
	two := a.answering(hush)
	var done []string
	for range 2 { // each has its turn
		asked := make(chan struct{})
		go func() { ada.Type("#general", "/incident"); close(asked) }()
		var from, other *wire
		var m map[string]any
		select {
		case m = <-one.in:
			from, other = one, two
		case m = <-two.in:
			from, other = two, one
		}
		id := str(m["envelope_id"])
		other.ack(id, nil)
		a.awaitComplaint("ack: wrong_connection")
		from.ack(id, nil)
		<-asked
		done = append(done, id)
	}
	one.ack(done[0], nil)
	a.awaitComplaint("ack: acked_twice")
	one.ack("made-up", nil)
	a.awaitComplaint("ack: unknown_envelope")
	one.say("hello")
	a.awaitComplaint("ack: malformed")
	one.say(map[string]any{"payload": "x"})
	a.awaitComplaint("ack: malformed")
	one.answer, two.answer = func(map[string]any) any { return Object{"text": "x"} }, func(map[string]any) any { return Object{"text": "x"} }
	if err := ada.Shortcut("declare_global", nil).Err; err != nil {
		t.Errorf("a payload where none belongs keeps the ack from counting: %v", err)
	}
	a.awaitComplaint("ack: payload_not_accepted")
}

// awaitComplaint waits for a complaint and takes it away.
func (a *socketApp) awaitComplaint(words string) {
	a.t.Helper()
	a.w.waitFor("a complaint "+words, func() bool {
		i := slices.IndexFunc(a.w.complaints, func(c string) bool { return strings.Contains(c, words) })
		if i >= 0 {
			a.w.complaints = slices.Delete(a.w.complaints, i, i+1)
		}
		return i >= 0
	}, func() string { return fmt.Sprint(a.w.complaints) })
}

// The switch is Slack's: one transport at a time, and what happens above it is the same.
func TestSwitch(t *testing.T) {
	a := start(t, Options{})
	ada := a.w.Person("Ada")
	s := &socketApp{t, a.w}
	a.w.Socket(true)
	l := s.answering(func(map[string]any) any { return Object{"text": "over the socket"} })
	ticket := str(s.open(a.w.AppToken(), "")["url"])
	a.answers(func(delivered) (string, string) { return "", "over HTTP" })
	ada.Type("#general", "/incident").Expect("over the socket")
	a.w.Socket(false)
	if err := l.end(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) || a.w.Sockets() != 0 {
		t.Errorf("switched off: %v, %d are open", err, a.w.Sockets())
	}
	if late := s.dialTo(ticket, nil); late.first["reason"] != "link_disabled" {
		t.Errorf("a ticket from before: %v", late.first)
	}
	ada.Type("#general", "/incident").Expect("over HTTP")
	status, _, err := a.w.SendEvent(EventArgs{ID: "Ev1", Event: Object{"type": "app_mention"}, Retry: 2})
	if d := a.next(event("app_mention")); status != 200 || err != nil || d.header.Get("X-Slack-Retry-Reason") != "http_timeout" {
		t.Errorf("%d %v %v", status, err, d.header)
	}
}

// A manifest may turn Socket Mode on by itself, and then needs no addresses.
func TestManifestTurnsSocketOn(t *testing.T) {
	text := bytes.Replace([]byte(testManifest), []byte("settings:\n"), []byte("settings:\n  socket_mode_enabled: true\n"), 1)
	w := New(t, Options{Manifest: text})
	a := &socketApp{t, w}
	a.dial()
	if err := w.Person("Ada").Type("#general", "/incident").Err; err != nil {
		t.Error(err)
	}
}

// What joins a channel in a story joins it for the app as well.
func TestJoinIsHeard(t *testing.T) {
	a := start(t, Options{})
	a.made("room")
	gus := a.w.Person("Gus")
	a.w.Join(gus, "#room")
	if d := a.next(event("member_joined_channel")); d.inner()["user"] != gus.ID() || d.inner()["channel"] != a.w.ChannelID("room") {
		t.Errorf("%v", d.event)
	}
}

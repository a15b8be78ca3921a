package slacksim

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestTooManySockets(t *testing.T) {
	a := startSocket(t, Options{})
	a.w.Limits(0)
	for range mostLinks {
		a.dial()
	}
	l := a.dial()
	if l.first["type"] != "disconnect" || l.first["reason"] != "too_many_websockets" || a.w.Sockets() != mostLinks {
		t.Errorf("the eleventh: %v, %d are open", l.first, a.w.Sockets())
	}
	l.end()
	a.w.CutSockets(1)
	a.w.AllowSockets(mostLinks - 1)
	if l := a.dial(); l.first["reason"] != "too_many_websockets" {
		t.Errorf("one more than is allowed: %v", l.first)
	}
	a.w.AllowSockets(mostLinks)
	if l := a.dial(); l.first["type"] != "hello" {
		t.Errorf("in the place of one that is gone: %v", l.first)
	}
}

func TestDisconnect(t *testing.T) {
	a := startSocket(t, Options{})
	old, other := a.dial(), a.dial()
	a.w.Disconnect("warning", 1)
	if m := old.next(); m["type"] != "disconnect" || m["reason"] != "warning" || a.w.Sockets() != 2 {
		t.Errorf("warning: %v, %d are open", m, a.w.Sockets())
	}
	for range 2 {
		a.w.Person("Ada").Type("#general", "/incident")
	}
	if m := old.next(); m["type"] != aCommand {
		t.Errorf("after a warning: %v", m)
	}
	a.w.Disconnect("refresh_requested", 1)
	if m := old.next(); m["reason"] != "refresh_requested" {
		t.Errorf("refresh: %v", m)
	}
	if err := old.end(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("closed with %v", err)
	}
	a.w.AwaitSockets(1)
	other.next()
	a.w.Disconnect("link_disabled")
	if m := other.next(); m["reason"] != "link_disabled" {
		t.Errorf("switched off: %v", m)
	}
	other.end()
	if l := a.dial(); l.first["type"] != "hello" {
		t.Errorf("the switch was moved: %v", l.first)
	}
}

// An app that was told to leave may still ack what it has.
func TestAckWhileLeaving(t *testing.T) {
	a := startSocket(t, Options{})
	l := a.answering(func(m map[string]any) any {
		a.w.Disconnect("refresh_requested")
		return nil
	})
	if err := a.w.Person("Ada").Type("#general", "/incident").Err; err != nil {
		t.Error(err)
	}
	l.end()
}

func TestCut(t *testing.T) {
	a := startSocket(t, Options{})
	cut := func(m map[string]any) any {
		if m["type"] == anEvent {
			return nil
		}
		a.w.CutSockets()
		return noAck{}
	}
	l := a.answering(cut)
	if err := a.w.Person("Ada").Type("#general", "/incident").Err; err == nil || !strings.Contains(err.Error(), "dispatch_failed") {
		t.Errorf("cut in the middle: %v", err)
	}
	if err := l.end(); websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway) {
		t.Errorf("a goodbye was said: %v", err)
	}
	one, two := a.dial(), a.dial()
	a.w.CutSockets(1)
	one.end()
	a.w.AwaitSockets(1)
	two.ack(str(l.next()["envelope_id"]), nil) // too late, on another connection: nobody's fault
	if err := a.w.Person("Ada").Type("#general", "/incident").Err; err != nil {
		t.Errorf("the other one: %v", err)
	}
	two.next()
}

// An event whose ack was lost on the way comes again at once.
func TestLoseAcks(t *testing.T) {
	a := startSocket(t, Options{})
	one, two := a.dial(), a.dial()
	a.w.LoseAcks(1)
	a.w.mu.Lock()
	a.w.queueEvent("Ev1", Object{"type": "app_mention"})
	a.w.mu.Unlock()
	seen := []float64{}
	for len(seen) < 2 {
		select {
		case m := <-one.in:
			seen = append(seen, m["retry_attempt"].(float64))
		case m := <-two.in:
			seen = append(seen, m["retry_attempt"].(float64))
		case <-time.After(5 * time.Second):
			t.Fatal("it does not come again")
		}
	}
	slices.Sort(seen) // whichever connection is read first
	if err := a.w.Idle(t.Context()); err != nil || seen[0] != 0 || seen[1] != 1 || a.w.Sockets() != 1 || len(a.w.timers) != 0 {
		t.Errorf("attempts %v, %d are open, %d wait (%v)", seen, a.w.Sockets(), len(a.w.timers), err)
	}
}

func TestHalfOpen(t *testing.T) {
	a := startSocket(t, Options{})
	a.w.client.Timeout = time.Second / 2 // Slack's three seconds, shortened; the one that is well needs far less
	deaf, well := a.dial(), a.dial()
	a.w.HalfOpen(1)
	a.w.AwaitSockets(1)
	a.w.Pings(time.Millisecond)
	failed := 0
	for range 4 {
		if err := a.w.Person("Ada").Type("#general", "/incident").Err; err != nil && strings.Contains(err.Error(), "operation_timeout") {
			failed++
		}
	}
	if failed != 2 {
		t.Errorf("%d of four deliveries had their turn on the deaf one", failed)
	}
	<-well.pinged
	for len(well.pinged) > 0 {
		<-well.pinged
	}
	deaf.mu.Lock()
	_ = deaf.conn.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""))
	deaf.mu.Unlock()
	for range 20 { // pings on the other one, time enough for an answer here
		select {
		case err := <-deaf.closed:
			t.Fatalf("it answers a goodbye: %v", err)
		case m := <-deaf.in:
			t.Fatalf("something comes through: %v", m)
		case <-deaf.pinged:
			t.Fatal("it pings")
		case <-well.pinged:
		}
	}
	deaf.conn.Close()
	a.w.waitFor("the deaf one to be forgotten", func() bool { return len(a.w.links) == 1 }, func() string { return "" })
}

func TestPings(t *testing.T) {
	a := startSocket(t, Options{})
	l := a.dial()
	a.w.Pings(time.Millisecond)
	for range 3 {
		if text := <-l.pinged; text == "" {
			t.Error("an empty ping")
		}
	}
	a.w.Pings(0)
	ada := a.w.Person("Ada")
	ada.Type("#general", "/incident") // comes after every ping that was sent
	l.next()
	for len(l.pinged) > 0 {
		<-l.pinged
	}
	ada.Type("#general", "/incident")
	l.next()
	if len(l.pinged) != 0 {
		t.Error("pings go on")
	}
}

func TestSendEnvelope(t *testing.T) {
	a := startSocket(t, Options{})
	asSlack := a.w.client.Timeout
	l := a.dial()
	if !a.w.SendEnvelope(`{"envelope_id":"one","type":"events_api","payload":{"event":[]}}`) {
		t.Error("acked, but not seen")
	}
	l.next()
	l.answer = hush
	a.w.client.Timeout = 20 * time.Millisecond // where no ack comes
	if a.w.SendEnvelope(`{"envelope_id" : "two", "type":"new_kind"}`) {
		t.Error("not acked, but seen")
	}
	l.next()
	a.w.client.Timeout = asSlack
	go func() { l.next(); l.ack("three", nil) }()
	if !a.w.SendEnvelope(`{"envelope_id":"three","type`) {
		t.Error("what is no JSON was acked, but not seen")
	}
	a.w.client.Timeout = 20 * time.Millisecond
	if a.w.SendEnvelope("no id") {
		t.Error("without an id there is nothing to ack")
	}
	a.w.CutSockets()
	if a.w.SendEnvelope(`{"envelope_id":"four"}`) {
		t.Error("nobody is there")
	}
}

// Opening a connection fails as every call can.
func TestOpeningFails(t *testing.T) {
	a := startSocket(t, Options{})
	fault := &Fault{Kind: SlackError, Error: "missing_scope"}
	a.w.Faults(func(c Call) *Fault {
		if c.Method != opening {
			return nil
		}
		return fault
	})
	if out := a.open(a.w.AppToken(), ""); out["error"] != "missing_scope" {
		t.Errorf("%v", out)
	}
	fault = &Fault{Kind: HTML}
	req, _ := http.NewRequest("POST", a.w.APIURL()+opening, nil)
	req.Header.Set("Authorization", "Bearer "+a.w.AppToken())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 || !strings.HasPrefix(string(body), "<!doctype html>") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	for _, c := range a.w.Calls() {
		for name, v := range c.Args {
			if strings.Contains(str(v), a.w.AppToken()) {
				t.Errorf("%s remembers the token in %s", c.Method, name)
			}
		}
	}
}

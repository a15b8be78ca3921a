package slacksim

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// socketApp is an app on websockets, without any Slack library.
type socketApp struct {
	t *testing.T
	w *Workspace
}

// startSocket opens a workspace in Socket Mode with nobody connected to it.
func startSocket(t *testing.T, o Options) *socketApp {
	t.Helper()
	if o.Manifest == nil {
		o.Manifest = []byte(testManifest)
	}
	o.Socket = true
	a := &socketApp{t, New(t, o)}
	a.w.Pings(0)
	return a
}

// open is apps.connections.open with a token in the header, or in the form.
func (a *socketApp) open(header, form string) map[string]any {
	a.t.Helper()
	req, _ := http.NewRequest("POST", a.w.APIURL()+"apps.connections.open", strings.NewReader("token="+form))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if header != "" {
		req.Header.Set("Authorization", "Bearer "+header)
	}
	resp, err := http.DefaultClient.Do(req)
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

// wire is one connection of the app.
type wire struct {
	t      *testing.T
	conn   *websocket.Conn
	first  map[string]any
	in     chan map[string]any
	closed chan error // why the connection ended
	pinged chan string
	answer func(map[string]any) any // the payload of the ack; noAck for none

	mu sync.Mutex // for who writes
}

// noAck is an answer that does not come.
type noAck struct{}

// dial connects, takes the first message and acks what comes then with no more than the id.
func (a *socketApp) dial() *wire {
	a.t.Helper()
	return a.dialTo(str(a.open(a.w.AppToken(), "")["url"]), func(map[string]any) any { return nil })
}

// answering is dial with payloads for the acks.
func (a *socketApp) answering(answer func(map[string]any) any) *wire {
	a.t.Helper()
	return a.dialTo(str(a.open(a.w.AppToken(), "")["url"]), answer)
}

func (a *socketApp) dialTo(url string, answer func(map[string]any) any) *wire {
	a.t.Helper()
	conn, _, err := websocket.DefaultDialer.Dial(url, http.Header{"Origin": {"https://elsewhere.example"}})
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { conn.Close() })
	l := &wire{t: a.t, conn: conn, in: make(chan map[string]any, 1000), closed: make(chan error, 1), pinged: make(chan string, 1000), answer: answer}
	ping := conn.PingHandler()
	conn.SetPingHandler(func(text string) error {
		l.pinged <- text
		return ping(text)
	})
	if err := conn.ReadJSON(&l.first); err != nil {
		a.t.Fatal(err)
	}
	go l.run()
	return l
}

func (l *wire) run() {
	for {
		_, text, err := l.conn.ReadMessage()
		if err != nil {
			l.conn.Close()
			l.closed <- err
			return
		}
		var m map[string]any
		_ = json.Unmarshal(text, &m)
		if id := str(m["envelope_id"]); id != "" {
			l.ack(id, l.answer(m))
		}
		l.in <- m
	}
}

func (l *wire) ack(id string, payload any) {
	if payload == (noAck{}) {
		return
	}
	m := map[string]any{"envelope_id": id}
	if payload != nil {
		m["payload"] = payload
	}
	l.say(m)
}

// say writes a message.
func (l *wire) say(m any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.conn.WriteJSON(m) // one that is cut off cannot write
}

// next waits for the next message.
func (l *wire) next() map[string]any {
	l.t.Helper()
	select {
	case m := <-l.in:
		return m
	case <-time.After(5 * time.Second):
		l.t.Fatal("nothing came")
		return nil
	}
}

// end waits until the connection has ended, and says why.
func (l *wire) end() error {
	l.t.Helper()
	select {
	case err := <-l.closed:
		return err
	case <-time.After(5 * time.Second):
		l.t.Fatal("the connection is still open")
		return nil
	}
}

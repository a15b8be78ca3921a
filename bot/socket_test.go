package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"

	"tocsin/incident"
)

// slackEnd is Slack's end of Socket Mode, with nothing behind it: what it sends is raw text, as the test says.
type slackEnd struct {
	t        *testing.T
	server   *httptest.Server
	answers  chan string // what apps.connections.open answers; with none, a way in
	greeting string      // "": it says nothing
	arrived  chan *websocket.Conn
	log      *lockedLog
}

const hello = `{"type":"hello","num_connections":1,"connection_info":{"app_id":"A0OURS"},"debug_info":{"approximate_connection_time":18060}}`

func newSlackEnd(t *testing.T) *slackEnd {
	t.Helper()
	end := &slackEnd{t: t, greeting: hello, answers: make(chan string, 100), arrived: make(chan *websocket.Conn, 100), log: &lockedLog{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/apps.connections.open", func(w http.ResponseWriter, _ *http.Request) {
		answer := fmt.Sprintf(`{"ok":true,"url":"ws%s/link/?ticket=do-not-tell"}`, strings.TrimPrefix(end.server.URL, "http"))
		select {
		case answer = <-end.answers:
		default:
		}
		_, _ = w.Write([]byte(answer))
	})
	mux.HandleFunc("/link/", func(w http.ResponseWriter, r *http.Request) {
		conn, err := new(websocket.Upgrader).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		if end.greeting != "" {
			_ = conn.WriteMessage(websocket.TextMessage, []byte(end.greeting))
		}
		end.arrived <- conn
	})
	end.server = httptest.NewServer(mux)
	t.Cleanup(end.server.Close)
	return end
}

// run runs a socket against this end until the test ends.
func (end *slackEnd) run(pulse time.Duration) (s *Socket, stop func()) {
	end.t.Helper()
	b, err := New(Options{
		Slack: func() *slack.Client {
			return slack.New("", slack.OptionAPIURL(end.server.URL+"/"), slack.OptionAppLevelToken("xapp-secret"))
		},
		SlackURL: end.server.URL + "/", Policy: incident.Defaults, Now: time.Now, Log: slog.New(end.log),
	})
	if err != nil {
		end.t.Fatal(err)
	}
	b.team.Store(&team{id: "T0OURS"})
	s = NewSocket(b)
	s.Pulse = pulse
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			end.t.Error(err)
		}
	})
	end.t.Cleanup(stop)
	return s, stop
}

// next is the next connection that comes in.
func (end *slackEnd) next() *websocket.Conn {
	end.t.Helper()
	select {
	case conn := <-end.arrived:
		end.t.Cleanup(func() { _ = conn.Close() })
		return conn
	case <-time.After(10 * time.Second):
		end.t.Fatal("nobody connects")
		return nil
	}
}

// acked sends an envelope, and returns the acknowledgement that comes back.
func acked(t *testing.T, conn *websocket.Conn, raw string) acknowledgement {
	t.Helper()
	if err := conn.WriteMessage(websocket.TextMessage, []byte(raw)); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(3 * time.Second))
	_, answer, err := conn.ReadMessage()
	if err != nil {
		t.Fatalf("%.80s: %v", raw, err)
	}
	var ack acknowledgement
	if err := json.Unmarshal(answer, &ack); err != nil {
		t.Fatal(err)
	}
	return ack
}

// lockedLog keeps what was logged.
type lockedLog struct {
	mu    sync.Mutex
	lines []string
}

func (*lockedLog) Enabled(context.Context, slog.Level) bool { return true }
func (l *lockedLog) WithAttrs([]slog.Attr) slog.Handler     { return l }
func (l *lockedLog) WithGroup(string) slog.Handler          { return l }
func (l *lockedLog) Handle(_ context.Context, r slog.Record) error {
	line := r.Level.String() + " " + r.Message
	r.Attrs(func(a slog.Attr) bool { line += " " + a.String(); return true })
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	return nil
}

// having lists the lines with some words.
func (l *lockedLog) having(words string) (found []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.lines {
		if strings.Contains(line, words) {
			found = append(found, line)
		}
	}
	return found
}

// TestSocketAcknowledgesWhatNobodyCanRead: it would be no better the next time.
func TestSocketAcknowledgesWhatNobodyCanRead(t *testing.T) {
	end := newSlackEnd(t)
	_, _ = end.run(time.Minute)
	conn := end.next()
	for name, raw := range map[string]string{
		"no JSON":                  `{"envelope_id":"E1","type":"events_api","payload":{"event":`,
		"another kind of envelope": `{"envelope_id":"E1","type":"carrier_pigeon","payload":{}}`,
		"no type":                  `{"envelope_id":"E1"}`,
		"types that are none":      `{"envelope_id":"E1","type":7,"payload":[]}`,
		"nested too deeply":        `{"envelope_id":"E1","type":"events_api","payload":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`,
		"no payload":               `{"envelope_id":"E1","type":"interactive"}`,
		"empty payload":            `{"envelope_id":"E1","type":"interactive","payload":null}`,
		"an event without an id":   `{"envelope_id":"E1","type":"events_api","payload":{"type":"event_callback","team_id":"T0OURS"}}`,
		"an unknown event":         `{"envelope_id":"E1","type":"events_api","payload":{"type":"event_callback","team_id":"T0OURS","event_id":"Ev1","event":{"type":"of_next_year","user":[1]}}}`,
		"another workspace":        `{"envelope_id":"E1","type":"events_api","payload":{"type":"event_callback","team_id":"T0OTHER","event_id":"Ev1","event":{"type":"team_join"}}}`,
		"another app":              `{"envelope_id":"E1","type":"events_api","payload":{"type":"event_callback","team_id":"T0OURS","api_app_id":"A0OTHER","event_id":"Ev1","event":{"type":"team_join"}}}`,
		"values as a list":         `{"envelope_id":"E1","type":"interactive","payload":{"type":"view_closed","user":{"id":"U1"},"view":{"id":"V1","state":{"values":[]}}}}`,
		"somebody twice":           `{"envelope_id":"E1","type":"interactive","payload":{"type":"block_actions","trigger_id":"1","user":{"id":"U1"},"USER":{"id":"U2"}}}`,
	} {
		if ack := acked(t, conn, raw); ack.ID != "E1" || ack.Payload != nil {
			t.Errorf("%s: acknowledged with %+v", name, ack)
		}
	}
	for name, raw := range map[string]string{
		"no user":     `{"envelope_id":"E2","type":"slash_commands","accepts_response_payload":true,"payload":{"trigger_id":"1"}}`,
		"a list":      `{"envelope_id":"E2","type":"slash_commands","accepts_response_payload":true,"payload":[]}`,
		"another app": `{"envelope_id":"E2","type":"slash_commands","accepts_response_payload":true,"payload":{"api_app_id":"A0OTHER","trigger_id":"1","user_id":"U1","text":"help"}}`,
	} {
		if ack := acked(t, conn, raw); ack.ID != "E2" || !strings.Contains(string(ack.Payload), "Nothing was recorded") {
			t.Errorf("a command, %s: acknowledged with %s", name, ack.Payload)
		}
	}
	if found := end.log.having("ERROR"); len(found) > 0 {
		t.Error(found)
	}
}

// TestSocketSurvivesAPanic: there is no store behind this bot. A command is answered with what its person must know, and
// what is redelivered or shown by Slack is not acknowledged.
func TestSocketSurvivesAPanic(t *testing.T) {
	end := newSlackEnd(t)
	_, _ = end.run(time.Minute)
	conn := end.next()
	for _, unanswered := range []string{
		`{"envelope_id":"E1","type":"events_api","payload":{"type":"event_callback","team_id":"T0OURS","event_id":"Ev1","event":{"type":"team_join","user":{"id":"U1"}}}}`,
		`{"envelope_id":"E2","type":"interactive","payload":{"type":"view_submission","user":{"id":"U1"},"view":{"id":"V1","hash":"1","callback_id":"declare"}}}`,
	} {
		if err := conn.WriteMessage(websocket.TextMessage, []byte(unanswered)); err != nil {
			t.Fatal(err)
		}
	}
	ack := acked(t, conn, `{"envelope_id":"E3","type":"slash_commands","accepts_response_payload":true,"payload":{"trigger_id":"1","user_id":"U1","text":"help"}}`)
	if ack.ID != "E3" || !strings.Contains(string(ack.Payload), "Nothing was recorded") {
		t.Errorf("acknowledged with %+v %s", ack.ID, ack.Payload)
	}
	until(t, "three panics logged", func() bool { return len(end.log.having("panic")) == 3 }) // side by side with the answer
}

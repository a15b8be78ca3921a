package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
)

// odd are documents that a decoder must survive; ADA and GUS stand for a member and a guest.
var odd = map[string]string{
	"nothing":            ``,
	"null":               `null`,
	"a list":             `[]`,
	"a number":           `1e400`,
	"NaN":                `NaN`,
	"not closed":         `{"type":"block_actions","user":{"id":"ADA"`,
	"trailing data":      `{"type":"block_actions","user":{"id":"ADA"}} {"type":"view_submission"}`,
	"trailing brace":     `{"type":"block_actions","user":{"id":"ADA"}}}`,
	"deep lists":         strings.Repeat("[", 100000),
	"deep objects":       strings.Repeat(`{"view":`, 30000),
	"deep and closed":    `{"type":"view_submission","user":{"id":"ADA"},"view":` + strings.Repeat(`{"a":`, 50000) + `1` + strings.Repeat(`}`, 50000) + `}`,
	"types: user":        `{"type":"block_actions","user":"ADA"}`,
	"types: all numbers": `{"type":1,"user":2,"view":3,"actions":4,"channel":5,"trigger_id":6,"event":7,"event_id":8,"team_id":9}`,
	"types: all lists":   `{"type":[],"user":[],"view":[],"actions":{},"channel":[],"trigger_id":[],"event":[],"event_id":[],"team_id":[]}`,
	"types: all null":    `{"type":null,"user":null,"view":null,"actions":null,"channel":null,"trigger_id":null,"event":null,"event_id":null}`,
	"actions: null in":   `{"type":"block_actions","user":{"id":"ADA"},"actions":[null]}`,
	"actions: numbers":   `{"type":"block_actions","user":{"id":"ADA"},"actions":[{"action_id":"do:list","value":7}]}`,
	"values: a list":     `{"type":"view_submission","user":{"id":"ADA"},"view":{"callback_id":"declare","state":{"values":[]}}}`,
	"values: odd":        `{"type":"view_submission","user":{"id":"ADA"},"view":{"callback_id":"declare","state":{"values":{"title":{"value":[1]}}}}}`,
	"values: null":       `{"type":"view_submission","user":{"id":"ADA"},"view":{"callback_id":"words:note","state":{"values":null}}}`,
	"a verb of no table": `{"type":"view_submission","user":{"id":"ADA"},"view":{"callback_id":"words:frobnicate","private_metadata":"INC-1"}}`,
	"metadata no JSON":   `{"type":"view_submission","user":{"id":"ADA"},"view":{"callback_id":"declare","private_metadata":"{{{"}}`,
	"no user":            `{"type":"block_actions","user":{}}`,
	"lone surrogates":    `{"type":"block_actions","user":{"id":"\ud800\udfff\udfff"},"trigger_id":"\ud800"}`,
	"no UTF-8":           "{\"type\":\"block_actions\",\"user\":{\"id\":\"\xff\xfe\"}}",
	"zero byte":          `{"type":"block_actions","user":{"id":"a\u0000b"},"trigger_id":"\u0000"}`,
	"reply elsewhere":    `{"type":"block_actions","user":{"id":"ADA"},"response_url":"http://169.254.169.254/","trigger_id":"1","actions":[{"action_id":"do:list","value":"list"}]}`,
	"event: odd user":    `{"type":"event_callback","team_id":"TEAM","event_id":"Ev1","event":{"type":"user_change","user":[1,2]}}`,
	"event: odd channel": `{"type":"event_callback","team_id":"TEAM","event_id":"Ev2","event":{"type":"member_joined_channel","user":{"a":1},"channel":{"b":2}}}`,
	"event: no event":    `{"type":"event_callback","team_id":"TEAM","event_id":"Ev3"}`,
	"event: unknown":     `{"type":"event_callback","team_id":"TEAM","event_id":"Ev4","event":{"type":"a_kind_of_next_year","user":null}}`,
	"event: time":        `{"type":"event_callback","team_id":"TEAM","event_id":"Ev5","event_time":-9223372036854775808,"event":{"type":"team_join","user":{"id":"U0NEW000001"}}}`,
}

// spoken fills in who is who.
func (h *house) spoken(document string) string {
	return strings.NewReplacer("ADA", h.Person("Ada").ID(), "GUS", h.Person("Gus").ID(), "TEAM", h.TeamID()).Replace(document)
}

// TestF65OddDocuments sends each to each decoder. A panic would cut the connection.
func TestF65OddDocuments(t *testing.T) {
	h := newHouse(t)
	for name, document := range odd {
		document = h.spoken(document)
		for path, kind := range slackPaths {
			body := document
			if path == "/slack/interactions" {
				body = url.Values{"payload": {document}}.Encode()
			}
			status, answer := h.post(path, []byte(body), http.Header{"Content-Type": {kind}})
			if status != http.StatusOK && status != http.StatusBadRequest {
				t.Errorf("%s on %s: answered with %d %s", name, path, status, answer)
			}
		}
	}
	for _, form := range []string{
		"%zz", "payload", "payload=%00", "a=b;c=d", strings.Repeat("a&", 400000), "user_id=U1&user_id=U2&trigger_id=1&text=list",
		"user_id=%ff&trigger_id=%fe&text=%fd", "payload={}&payload={}", "ssl_check=1", "user_id=U1&trigger_id=1&text=" + strings.Repeat("x", 40000),
	} {
		for _, path := range []string{"/slack/commands", "/slack/interactions"} {
			if status, answer := h.post(path, []byte(form), nil); status != http.StatusOK && status != http.StatusBadRequest {
				t.Errorf("%.40q on %s: answered with %d %s", form, path, status, answer)
			}
		}
	}
	if log := h.log.all(); strings.Contains(log, "panic") {
		t.Error(log)
	}
	h.quieten(t)
	if got := h.rooms("#inc-"); len(got) > 0 {
		t.Errorf("rooms: %q", got)
	}
}

// TestF65NoOtherIdentity: a guest does not become a member by a second user in the same document.
func TestF65NoOtherIdentity(t *testing.T) {
	h := newHouse(t)
	form := `"trigger_id":"1","type":"view_submission","view":{"id":"V1","hash":"1","callback_id":"declare","state":{"values":{"title":{"value":{"value":"mine"}}}}}`
	for _, second := range []string{
		`"message":{"user":{"id":"ADA"}}`, `"view.user":{"id":"ADA"}`, `"user_id":"ADA"`, `"authorizations":[{"user_id":"ADA"}]`, `"USER":{"ID":"ADA"}`, `"uſer":{"id":"ADA"}`, `"user":{"id":"ADA"}`,
	} {
		body := url.Values{"payload": {h.spoken(`{"user":{"id":"GUS"},` + form + `,` + second + `}`)}}.Encode()
		if _, answer := h.post("/slack/interactions", []byte(body), nil); strings.Contains(answer, "declared") {
			t.Errorf("%s: answered %s", second, answer)
		}
	}
	h.quieten(t)
	if got := h.rooms("#inc-"); len(got) > 0 {
		t.Errorf("rooms: %q", got)
	}
}

// handlerOnly is a program that takes requests and delivers nothing.
func handlerOnly(f *testing.F) *house {
	f.Helper()
	w := slacksim.New(f, slacksimOptions)
	w.Announce("views.open")
	o := demoOptions(w, filepath.Join(f.TempDir(), "tocsin.db"))
	o.now, o.log = w.Clock(), slog.New(slog.DiscardHandler)
	p, err := newProgram(f.Context(), o)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = p.close() })
	if err := p.bot.Refresh(f.Context()); err != nil {
		f.Fatal(err)
	}
	return &house{Workspace: w, program: p}
}

// fuzzed feeds one path with bodies that are signed: whatever Slack signs, the answer is 200, 400, or 503 for what was
// not recorded.
func fuzzed(f *testing.F, path string, wrap func(string) string) {
	w := handlerOnly(f)
	for _, document := range odd {
		if len(document) < 10000 {
			f.Add(w.spoken(document))
		}
	}
	if files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "samples", "slack", "*")); err == nil {
		for _, file := range files {
			if raw, err := os.ReadFile(file); err == nil {
				f.Add(string(raw))
			}
		}
	}
	handler := w.program.bot.Handler()
	f.Fuzz(func(t *testing.T, document string) {
		body := wrap(document)
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
		at, signature := w.Sign([]byte(body), time.Now())
		request.Header.Set("X-Slack-Request-Timestamp", at)
		request.Header.Set("X-Slack-Signature", signature)
		request.Header.Set("Content-Type", slackPaths[path])
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		switch answer.Code {
		case http.StatusOK, http.StatusBadRequest, http.StatusServiceUnavailable, http.StatusRequestEntityTooLarge:
		default:
			t.Errorf("answered with %d %s", answer.Code, answer.Body)
		}
	})
}

func FuzzCommand(f *testing.F) { fuzzed(f, "/slack/commands", func(s string) string { return s }) }

func FuzzInteraction(f *testing.F) {
	fuzzed(f, "/slack/interactions", func(s string) string { return url.Values{"payload": {s}}.Encode() })
}

func FuzzEvent(f *testing.F) { fuzzed(f, "/slack/events", func(s string) string { return s }) }

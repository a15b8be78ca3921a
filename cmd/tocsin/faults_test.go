package main

import (
	"bytes"
	"context"
	"io"
	"log"
	"math"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"tocsin"
	"tocsin/bot/slacksim"
)

// The tests named TestF… are the numbered faults that Tocsin must survive, one by one, where the crash table shows them in
// a crowd.

const declareCheckout = "/incident declare sev2 checkout is down --service checkout"

// command sends a line under an id of the test's choice, and returns what the person was answered; "" when no answer came.
func (h *house) command(who, where, text, trigger string) string {
	h.t.Helper()
	status, body, err := h.SendCommand(context.Background(), slacksim.SendArgs{Person: who, Channel: where, Text: text, TriggerID: trigger})
	if err == nil && status != http.StatusOK {
		h.t.Errorf("%s: answered with %d", text, status)
	}
	return body
}

// dieAndStart kills the program as it stands now, and starts another one on what the disk held at this moment.
func (h *house) dieAndStart(changes ...furnish) {
	h.t.Helper()
	image, err := h.image()
	if err != nil {
		h.t.Fatal(err)
	}
	h.startOn(image, changes...)
}

// startOn kills the program, and starts another one on a disk as it was before.
func (h *house) startOn(image string, changes ...furnish) {
	h.t.Helper()
	h.unheard()
	h.Faults(func(slacksim.Call) *slacksim.Fault { return &slacksim.Fault{Kind: slacksim.LostBefore} })
	h.stop()
	h.Faults(nil)
	h.db = image
	h.start(changes...)
}

// unheard lets nothing that the program answers count any more, whichever way it is asked.
func (h *house) unheard() {
	h.Connect("")
	h.LoseAcks(math.MaxInt)
}

// recover lets time pass, second by second, until nothing is owed any more or the limit is reached.
func (h *house) recover(limit time.Duration) {
	h.t.Helper()
	for waited := time.Duration(0); waited < limit; waited += time.Second {
		h.quieten(h.t)
		if due, err := h.program.store.NextDue(h.t.Context()); err != nil || due.IsZero() {
			return
		}
		h.Pass(time.Second)
	}
	h.quieten(h.t)
}

// failing makes the first calls of a method go wrong, and all of them when n is 0.
func failing(method string, n int, fault slacksim.Fault) func(slacksim.Call) *slacksim.Fault {
	return func(c slacksim.Call) *slacksim.Fault {
		if c.Method == method && (n == 0 || c.NthOfMethod <= n) {
			return &fault
		}
		return nil
	}
}

// called counts the calls of a method for which the arguments are as wanted.
func (h *house) called(method string, wanted func(args map[string]any) bool) int {
	n := 0
	for _, c := range h.Calls() {
		if c.Method == method && (wanted == nil || wanted(c.Args)) {
			n++
		}
	}
	return n
}

// rooms are the names of all channels that begin with a prefix.
func (h *house) rooms(prefix string) []string {
	var found []string
	for line := range strings.SplitSeq(h.World(), "\n") {
		if name, _, ok := strings.Cut(line, " "); ok && strings.HasPrefix(name, prefix) {
			found = append(found, name)
		}
	}
	return found
}

// room is all that people see of one channel.
func (h *house) room(name string) string {
	for _, picture := range strings.Split(h.World(), "\n\n") {
		if strings.HasPrefix(picture, name+" ") {
			return picture
		}
	}
	return ""
}

// alone fails unless everything that was done was done once, and there is one room.
func (h *house) alone(room string) {
	h.t.Helper()
	if again := h.Duplicates(); len(again) > 0 {
		h.t.Errorf("done twice: %q", again)
	}
	if got := h.rooms("#inc-"); !slices.Equal(got, []string{room}) {
		h.t.Errorf("rooms: %q, want %q alone\n%s", got, room, h.callList())
	}
}

// directs counts the direct messages of a person that hold some words.
func (h *house) directs(who, words string) int {
	n := 0
	for _, message := range h.DirectMessages(h.Person(who)).Messages() {
		if strings.Contains(message, words) {
			n++
		}
	}
	return n
}

// post sends a raw request to the program, signed as Slack signs unless the header says otherwise.
func (h *house) post(path string, body []byte, header http.Header) (status int, answer string) {
	h.t.Helper()
	request, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.program.url()+path, bytes.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	at, signature := h.Sign(body, time.Now())
	request.Header.Set("X-Slack-Request-Timestamp", at)
	request.Header.Set("X-Slack-Signature", signature)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return response.StatusCode, string(raw)
}

// between puts something between the program and Slack, that changes what Slack answers.
func between(t *testing.T, w *slacksim.Workspace, change func(*http.Response) error) furnish {
	t.Helper()
	target, err := url.Parse(strings.TrimSuffix(w.APIURL(), "/api/"))
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse, proxy.ErrorLog = change, log.New(io.Discard, "", 0) // a lost call is no news here
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return func(o *options) { o.settings.SlackURL = server.URL + "/api/" }
}

// answers replaces the body of an answer.
func answers(r *http.Response, body string) {
	_ = r.Body.Close()
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	r.Header.Del("Content-Length")
}

// rewrite replaces words in the body of an answer.
func rewrite(r *http.Response, from, to string) error {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	answers(r, strings.ReplaceAll(string(raw), from, to))
	return nil
}

// slacksimOptions are those of a workspace as newHouse makes it.
var slacksimOptions = slacksim.Options{Manifest: tocsin.Manifest}

// slackAs is the bot's own access to Slack, for what the world shall look like before a test.
func (h *house) slackAs() *slack.Client {
	return slack.New(h.BotToken(), slack.OptionAPIURL(h.APIURL()))
}

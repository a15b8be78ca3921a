package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
)

// slackPaths is where requests are taken, with the type of body that each takes.
var slackPaths = map[string]string{
	"/slack/commands": "application/x-www-form-urlencoded", "/slack/interactions": "application/x-www-form-urlencoded",
	"/slack/events": "application/json",
}

// signed is a header with a signature of Slack's kind, made with any secret for any words of time.
func signed(secret, at string, body []byte) http.Header {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:%s", at, body)
	return http.Header{"X-Slack-Request-Timestamp": {at}, "X-Slack-Signature": {"v0=" + hex.EncodeToString(mac.Sum(nil))}}
}

// with replaces entries of a header.
func with(h http.Header, name string, values ...string) http.Header {
	h = h.Clone()
	if h == nil {
		h = http.Header{}
	}
	h[name] = values
	return h
}

// declaration is a command as Slack sends it.
func (h *house) declaration(trigger string) []byte {
	return []byte(url.Values{
		"team_id": {h.TeamID()}, "user_id": {h.Person("Ada").ID()}, "user_name": {"ada"}, "channel_id": {h.ChannelID("general")},
		"channel_name": {"general"}, "command": {"/incident"}, "text": {"declare forged"}, "trigger_id": {trigger},
	}.Encode())
}

// TestF62WhenItWasSigned: the signature is right, and its time is not.
func TestF62WhenItWasSigned(t *testing.T) {
	h := newHouse(t)
	body := h.declaration("1.1.1")
	now := time.Now().Unix()
	for name, at := range map[string]string{
		"5 min 1 s old": fmt.Sprint(now - 301), "an hour old": fmt.Sprint(now - 3600), "5 min in the future": fmt.Sprint(now + 310),
		"far future": "99999999999", "beyond 64 bits": "99999999999999999999", "negative": fmt.Sprint(-now), "zero": "0", "no number": "now",
		"fraction": fmt.Sprint(now) + ".5", "in milliseconds": fmt.Sprint(now * 1000), "empty": "", "with words": fmt.Sprint(now) + " or so",
	} {
		if status, _ := h.post("/slack/commands", body, signed(h.SigningSecret(), at, body)); status != http.StatusUnauthorized {
			t.Errorf("%s: answered with %d", name, status)
		}
	}
	if status, _ := h.post("/slack/commands", body, with(signed(h.SigningSecret(), fmt.Sprint(now), body), "X-Slack-Request-Timestamp")); status != http.StatusUnauthorized {
		t.Errorf("without a time: answered with %d", status)
	}
	for _, age := range []int64{-290, 0, 290} { // and so it is the time that was refused
		at := fmt.Sprint(time.Now().Unix() + age)
		if status, _ := h.post("/slack/commands", body, signed(h.SigningSecret(), at, body)); status != http.StatusOK {
			t.Errorf("signed %d s from now: answered with %d", age, status)
		}
	}
	h.recover(recovery)
	h.alone("#inc-1-forged")
}

// TestF63WhoSignedIt: nothing that Slack did not sign is taken, on any path, and nothing of it is logged.
func TestF63WhoSignedIt(t *testing.T) {
	h := newHouse(t)
	body := h.declaration("1.1.1")
	at := fmt.Sprint(time.Now().Unix())
	good := signed(h.SigningSecret(), at, body)
	right := good.Get("X-Slack-Signature")
	mac := strings.TrimPrefix(right, "v0=")
	for name, header := range map[string]http.Header{
		"another secret":    signed("not the secret at all", at, body),
		"empty secret":      signed("", at, body),
		"another body":      signed(h.SigningSecret(), at, append(bytes.Clone(body), ' ')),
		"re-encoded":        signed(h.SigningSecret(), at, bytes.ReplaceAll(body, []byte("+"), []byte("%20"))),
		"missing":           with(good, "X-Slack-Signature"),
		"empty":             with(good, "X-Slack-Signature", ""),
		"cut short":         with(good, "X-Slack-Signature", right[:40]),
		"one digit short":   with(good, "X-Slack-Signature", right[:len(right)-1]),
		"one digit more":    with(good, "X-Slack-Signature", right+"0"),
		"no version":        with(good, "X-Slack-Signature", mac),
		"another version":   with(good, "X-Slack-Signature", "v1="+mac),
		"no hex":            with(good, "X-Slack-Signature", "v0="+strings.Repeat("zz", 32)),
		"twice":             with(good, "X-Slack-Signature", right, right),
		"wrong, then right": with(good, "X-Slack-Signature", "v0="+strings.Repeat("00", 32), right),
		"right, then wrong": with(good, "X-Slack-Signature", right, "v0="+strings.Repeat("00", 32)),
		"two in one":        with(good, "X-Slack-Signature", right+","+right),
		"two times":         with(good, "X-Slack-Request-Timestamp", at, at),
	} {
		for path, kind := range slackPaths {
			status, answer := h.post(path, body, with(header, "Content-Type", kind))
			if status != http.StatusUnauthorized || strings.Contains(answer, mac) {
				t.Errorf("%s on %s: answered with %d %s", name, path, status, answer)
			}
		}
	}
	if log := h.log.all(); strings.Contains(log, mac) || strings.Contains(log, "forged") {
		t.Error("the right signature, or what was sent, stands in the log")
	}
	if status, _ := h.post("/slack/commands", body, good); status != http.StatusOK {
		t.Errorf("the right one is answered with %d", status)
	}
	h.recover(recovery)
	h.alone("#inc-1-forged")
}

// TestF63NoSecretNoStart: a program that could be spoken to by anybody does not start.
func TestF63NoSecretNoStart(t *testing.T) {
	for empty, want := range map[string]string{"": "so is SLACK_SIGNING_SECRET", ",": "SLACK_SIGNING_SECRET: holds nothing", " , ": "SLACK_SIGNING_SECRET: holds nothing"} {
		_, err := load(map[string]string{"SLACK_BOT_TOKEN": "xoxb-1-2-c", "SLACK_SIGNING_SECRET": empty})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", empty, err)
		}
	}
}

// TestF63RotatedSecret: while a secret is being rotated both are good, and a third is not.
func TestF63RotatedSecret(t *testing.T) {
	h := newHouse(t, func(o *options) { o.settings.SigningSecret = "the-old-one, " + o.settings.SigningSecret + "," })
	body, at := h.declaration("1.1.1"), fmt.Sprint(time.Now().Unix())
	for secret, want := range map[string]int{"the-old-one": 200, h.SigningSecret(): 200, "": 401, "the-third": 401, "the-old-one, " + h.SigningSecret() + ",": 401} {
		if status, _ := h.post("/slack/commands", body, signed(secret, at, body)); status != want {
			t.Errorf("secret %q: answered with %d", secret, status)
		}
	}
	h.recover(recovery)
	h.alone("#inc-1-forged")
}

// TestF64HowMuchIsRead: a body is read up to a megabyte, packed ones are not unpacked, and none is held in memory.
func TestF64HowMuchIsRead(t *testing.T) {
	h := newHouse(t)
	huge := bytes.Repeat([]byte("text=aaaaaaa&"), 8<<20) // 104 MB
	before := held()
	for path, kind := range slackPaths {
		if status := h.postHuge(path, huge, kind); status != http.StatusRequestEntityTooLarge && status != 0 {
			t.Errorf("100 MB on %s: answered with %d", path, status)
		}
		packed := http.Header{"Content-Type": {kind}, "Content-Encoding": {"gzip"}}
		if status, _ := h.post(path, []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"), packed); status != http.StatusUnsupportedMediaType && status != http.StatusBadRequest {
			t.Errorf("packed, on %s: answered with %d", path, status)
		}
		for _, other := range []string{"text/plain", "multipart/form-data; boundary=x", "application/xml", ""} {
			if status, _ := h.post(path, []byte("x=y"), http.Header{"Content-Type": {other}}); status != http.StatusUnsupportedMediaType {
				t.Errorf("%s on %s: answered with %d", other, path, status)
			}
		}
	}
	if grown := held() - before; grown > 10<<20 {
		t.Errorf("%d MB more are held", grown>>20)
	}
	runtime.KeepAlive(huge)
	h.Quiet()
}

// held is the memory in use, in bytes.
func held() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// postHuge sends a body that is more than is read; 0 when the program hung up before all of it was sent.
func (h *house) postHuge(path string, body []byte, kind string) int {
	request, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.program.url()+path, bytes.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	request.Header.Set("Content-Type", kind)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// TestSecretsAreSeenNowhere: tokens, signing secrets and response addresses stand in no log line, no answer, and nothing
// that is sent to Slack, whatever goes wrong.
func TestSecretsAreSeenNowhere(t *testing.T) {
	h := newHouse(t)
	h.log.announce("request failed")
	h.Announce("views.open", "not_in_channel", "already_in_channel", "already_pinned", "response_url")
	ada := h.Person("Ada")
	var said strings.Builder
	h.Faults(func(c slacksim.Call) *slacksim.Fault { // everything goes wrong now and then
		kinds := []slacksim.Fault{
			{Kind: slacksim.LostBefore},
			{Kind: slacksim.Status, Status: 500},
			{Kind: slacksim.SlackError, Error: "invalid_auth"},
			{Kind: slacksim.HalfBody},
			{Kind: slacksim.SlackError, Error: "missing_scope"},
			{Kind: slacksim.Status, Status: 403},
		}
		if c.N%2 == 0 {
			return nil
		}
		return &kinds[c.N/2%len(kinds)]
	})
	for n, line := range []string{declareCheckout, "/incident", "/incident declare", "/incident note INC-1", "/incident list", "/incident frobnicate", "/incident commander INC-1 me"} {
		said.WriteString(h.command("Ada", "#general", line, fmt.Sprint("secret.", n)))
		h.recover(recovery)
	}
	h.Faults(failing("response_url", 0, slacksim.Fault{Kind: slacksim.LostBefore}))
	h.recover(3 * time.Minute)
	ada.Press(ada.Type("#general", "/incident"), "Open incidents") // answered to a response address, which is lost
	h.quieten(t)
	for name, place := range map[string]string{"the log": h.log.all(), "an answer": said.String(), "a call": fmt.Sprint(h.Calls()), "the world": h.World()} {
		for what, canary := range map[string]string{"token": h.BotToken(), "signing secret": h.SigningSecret(), "response address": "/response/"} {
			if strings.Contains(place, canary) {
				t.Errorf("the %s stands in %s", what, name)
			}
		}
	}
	if !strings.Contains(h.log.all(), "answer not sent") {
		t.Error("the response address was not used, so this shows nothing")
	}
	for _, line := range []string{fmt.Sprint(h.program.live.Load().settings), fmt.Sprintf("%+v %#v", h.program.live.Load().settings, h.program.live.Load().settings)} {
		if strings.Contains(line, h.BotToken()) || strings.Contains(line, h.SigningSecret()) {
			t.Error("settings print their secrets")
		}
	}
}

// samples finds the folder of recorded requests: TOCSIN_SAMPLES, or beside the project.
func samples(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("TOCSIN_SAMPLES")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "samples")
	}
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("SKIPPED, NOT CHECKED: there are no samples in %s; name their folder in TOCSIN_SAMPLES", folder)
	}
	return filepath.Join(folder, "slack")
}

// TestSamples sends every recorded request that comes over HTTP, as it was and cut short at every length.
func TestSamples(t *testing.T) {
	h := newHouse(t)
	h.Announce("views.open", "users.info", "user_not_found")
	files, err := filepath.Glob(filepath.Join(samples(t), "*"))
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		path, body := requestOf(filepath.Base(file), raw)
		if path == "" {
			continue
		}
		sent++
		header := http.Header{"Content-Type": {slackPaths[path]}}
		if status, answer := h.post(path, body, header); status != http.StatusOK && status != http.StatusBadRequest {
			t.Errorf("%s: answered with %d %s", filepath.Base(file), status, answer)
		}
		for cut := 0; cut < len(body); cut += 97 {
			if status, answer := h.post(path, body[:cut], header); status != http.StatusOK && status != http.StatusBadRequest {
				t.Errorf("%s cut at %d: answered with %d %s", filepath.Base(file), cut, status, answer)
			}
		}
	}
	if log := h.log.all(); strings.Contains(log, "panic") {
		t.Error(log)
	}
	if sent < 20 {
		t.Errorf("only %d samples were sent", sent)
	}
}

// requestOf is where a sample goes and what its body is; "" for what does not come over HTTP.
func requestOf(name string, raw []byte) (path string, body []byte) {
	switch {
	case strings.HasSuffix(name, ".form"):
		return "/slack/commands", bytes.TrimSpace(raw)
	case strings.HasPrefix(name, "event_inner_"):
		return "/slack/events", fmt.Appendf(nil, `{"type":"event_callback","team_id":"T1","event_id":"Ev%s","event":%s}`, name, raw)
	case strings.HasPrefix(name, "event_"):
		return "/slack/events", raw
	case strings.HasPrefix(name, "block_actions"), strings.HasPrefix(name, "shortcut"), strings.HasPrefix(name, "view_"):
		return "/slack/interactions", []byte(url.Values{"payload": {string(raw)}}.Encode())
	}
	return "", nil
}

package pagerdutytest

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// browse reads the page.
func browse(t *testing.T, a *Account, path string) (string, http.Header) {
	t.Helper()
	resp, err := http.Get(a.URL() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK {
		t.Errorf("%s: %d", path, resp.StatusCode)
	}
	return string(raw), resp.Header
}

// press sends a form of the page, as a browser on that page does.
func press(t *testing.T, a *Account, origin string, fields ...string) (int, string) {
	t.Helper()
	form := url.Values{}
	for n := 0; n+1 < len(fields); n += 2 {
		form.Set(fields[n], fields[n+1])
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.URL()+"act", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", origin)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(raw)
}

// Everything that the page offers, without a script; and what came back is on it.
func TestPageWorks(t *testing.T) {
	a, p := start(t, Options{})
	here := strings.TrimSuffix(a.URL(), "/")
	do := func(fields ...string) string {
		t.Helper()
		status, body := press(t, a, here, append(fields, "as", "Grace Murray")...)
		a.Settle()
		if status != http.StatusOK {
			t.Errorf("%v: %d", fields, status)
		}
		return body
	}
	do("do", "trigger", "service", "checkout", "words", "p99 <b>is</b> up", "urgency", "low", "priority", "P2")
	i := a.Expect("p99")
	body, _ := browse(t, a, "?as=Grace+Murray")
	for _, want := range []string{"p99 &lt;b&gt;is&lt;/b&gt; up", "Acknowledge", "Escalate", "Resolve", "Ada Byron", "low urgency", "P2", "incident.triggered", "delivered", "202", `<option selected>Grace Murray`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, step := range []string{"acknowledge", "escalate", "resolve", "reopen"} {
		do("do", step, "incident", i.ID())
	}
	do("do", "annotate", "incident", i.ID(), "words", "looking")
	call(t, a, "POST", "/incidents/"+i.ID()+"/notes", `{"note":{"content":"the room is #inc-1"}}`)
	do("do", "ping")
	body, _ = browse(t, a, "")
	for _, want := range []string{"note, over the API: the room is #inc-1", "POST /incidents/{id}/notes", "201", "<b>Grace Murray</b> note: looking", "pagey.ping"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if got := p.kinds(); got != "triggered acknowledged escalated resolved reopened annotated annotated pagey.ping" && len(p.all()) != 8 {
		t.Error(got)
	}
	if status, body := press(t, a, here, "do", "resolve", "incident", "QNONE"); status != http.StatusUnprocessableEntity || !strings.Contains(body, "there is no such incident") {
		t.Error(status)
	}
}

// A page elsewhere cannot press its buttons, and nothing on it runs but its own script.
func TestPageIsGuarded(t *testing.T) {
	a, _ := start(t, Options{})
	if status, _ := press(t, a, "https://evil.example", "do", "trigger", "service", "checkout", "words", "x"); status != http.StatusForbidden || len(a.All()) != 0 {
		t.Error(status)
	}
	body, header := browse(t, a, "")
	if got := header.Get("Content-Security-Policy"); strings.Contains(got, "unsafe") || !strings.Contains(got, "default-src 'none'") {
		t.Error(got)
	}
	for _, bad := range []string{"<style", " style=", " onclick", "<script>", "javascript:"} {
		if strings.Contains(body, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	for file, kind := range map[string]string{"style.css": "text/css", "live.js": "text/javascript"} {
		if _, header := browse(t, a, file); !strings.HasPrefix(header.Get("Content-Type"), kind) {
			t.Error(file, header)
		}
	}
	for _, secret := range []string{a.Token(), a.Secret(), a.RoutingKey("")} {
		if strings.Contains(body, secret) {
			t.Error("the page shows a secret")
		}
	}
}

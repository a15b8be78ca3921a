package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestDemoOverSocketMode types into the demo's screen as a browser does, and is answered.
func TestDemoOverSocketMode(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, in := io.Pipe()
	d := &demo{listen: "127.0.0.1:0", socket: true, out: in, errOut: t.Output()}
	done := make(chan error, 1)
	go func() { done <- d.run(ctx) }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	_, url, _ := strings.Cut(strings.TrimSpace(line), "Tocsin rings in ")

	var screen struct {
		Me       string                      `json:"me"`
		Channels []struct{ ID, Name string } `json:"channels"`
	}
	if err := json.Unmarshal(fetched(t, http.MethodGet, url+"screen/state", nil), &screen); err != nil {
		t.Fatal(err)
	}
	general := ""
	for _, c := range screen.Channels {
		if c.Name == "general" {
			general = c.ID
		}
	}
	deed, err := json.Marshal(map[string]string{"as": screen.Me, "do": "post", "channel": general, "text": "/incident declare checkout is down"})
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); ; {
		fetched(t, http.MethodPost, url+"screen/act", deed) // whoever is quicker than the connections types again
		if strings.Contains(string(fetched(t, http.MethodGet, url+"screen/messages?channel="+general, nil)), "INC-1 declared") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nobody answers")
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// fetched is what the demo's screen answers.
func fetched(t *testing.T, method, url string, body []byte) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s %v", url, response.StatusCode, raw, err)
	}
	return raw
}

package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestDemo starts the demo as the command does, looks at its screen, and ends it.
func TestDemo(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	d := &demo{listen: "127.0.0.1:0", out: in, errOut: io.Discard}
	begun := time.Now()
	done := make(chan error, 1)
	go func() { done <- d.run(ctx) }()

	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	_, url, found := strings.Cut(strings.TrimSpace(line), "Tocsin rings in ")
	if !found {
		t.Fatalf("it says %q", line)
	}
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(page), "composer") {
		t.Errorf("the screen: %d %v", response.StatusCode, err)
	}
	took := time.Since(begun)
	t.Logf("demo: ready in %s", took.Round(time.Millisecond))
	if took > 3*time.Second {
		t.Errorf("the demo took %s to be ready, 3s are promised", took)
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("it did not end well: %v", err)
	}
}

// TestDemoSaysWhatToDoWhenItsAddressIsTaken starts it twice on one address.
func TestDemoSaysWhatToDoWhenItsAddressIsTaken(t *testing.T) {
	w := newHouse(t)
	address := strings.TrimSuffix(strings.TrimPrefix(w.URL(), "http://"), "/")
	err := (&demo{listen: address, out: io.Discard, errOut: io.Discard}).run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "--listen 127.0.0.1:0") {
		t.Errorf("got %v", err)
	}
}

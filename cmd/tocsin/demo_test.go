package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
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

// TestDemoKeepsItsDatabaseWhenAsked ends a demo with --keep and looks for the file that it named, and without for none.
func TestDemoKeepsItsDatabaseWhenAsked(t *testing.T) {
	for _, keep := range []bool{true, false} {
		t.Setenv("TMPDIR", t.TempDir())
		ctx, stop := context.WithCancel(t.Context())
		out, in := io.Pipe()
		d := &demo{listen: "127.0.0.1:0", keep: keep, out: in, errOut: io.Discard}
		done := make(chan error, 1)
		go func() { done <- d.run(ctx) }()
		lines := bufio.NewScanner(out)
		for range 2 {
			lines.Scan()
		}
		if keep {
			lines.Scan()
		}
		words, err := lines.Text(), lines.Err()
		stop()
		if err := errors.Join(err, <-done); err != nil {
			t.Fatal(err)
		}
		kept, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "tocsin-demo-*", "tocsin.db"))
		if err != nil || (len(kept) == 1) != keep || keep && !strings.Contains(words, kept[0]) {
			t.Errorf("keep=%v: %v %v, it said %q", keep, kept, err, words)
		}
	}
}

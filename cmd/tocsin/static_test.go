package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// nobody is the user of our image.
const nobody = 65532

// largest is how many bytes the static binary may have.
const largest = 25_000_000

// cell is an empty folder that the static binary takes for the whole machine: no library, no zone file, no user, no root.
type cell struct{ folder string }

func newCell(t *testing.T) *cell {
	t.Helper()
	if testing.Short() {
		t.Skip("needs the binary of make static")
	}
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED, nothing is tested here: only root may change the root folder of a program")
	}
	binary := os.Getenv("TOCSIN_STATIC")
	if binary == "" {
		binary = filepath.Join("..", "..", "bin", "tocsin-static")
	}
	raw, err := os.ReadFile(binary)
	if err != nil {
		t.Fatalf("there is no static binary: run make static, or name one in TOCSIN_STATIC: %v", err)
	}
	t.Logf("static binary: %.1f MB", float64(len(raw))/1e6)
	if len(raw) > largest {
		t.Errorf("it has %d bytes, %d are promised", len(raw), largest)
	}
	c := &cell{folder: t.TempDir()}
	if err := os.WriteFile(filepath.Join(c.folder, "tocsin"), raw, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(c.folder, "tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(filepath.Join(c.folder, "tmp"), nobody, nobody); err != nil {
		t.Fatal(err)
	}
	return c
}

// command is the binary in its cell, with nothing in its environment.
func (c *cell) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/tocsin", args...)
	cmd.Dir, cmd.Env = "/", []string{"TMPDIR=/tmp"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: c.folder, Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = patience
	return cmd
}

// TestStatic runs the binary of the image where there is nothing else, as the user of the image.
func TestStatic(t *testing.T) {
	c := newCell(t)
	for _, args := range []string{"help", "help settings", "manifest", "policy check --help", "version --json"} {
		said, err := c.command(t.Context(), strings.Fields(args)...).CombinedOutput()
		if err != nil || len(said) == 0 {
			t.Errorf("tocsin %s: %v: %s", args, err, said)
		}
		if args != "version --json" {
			continue
		}
		var b build
		if err := json.Unmarshal(said, &b); err != nil || b.Version == "" || b.Version == "(devel)" {
			t.Errorf("it does not know its version: %v: %s", err, said)
		}
		for _, tag := range []string{"sqlite_fts5", "sqlite_omit_load_extension", "netgo", "osusergo", "timetzdata"} {
			if !strings.Contains(b.Tags, tag) {
				t.Errorf("it was built without %s: %s", tag, b.Tags)
			}
		}
	}
	c.demo(t)
}

// demo declares an incident and notes something with a zone in it, so that Slack, SQLite and the zones have to work.
func (c *cell) demo(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	cmd := c.command(ctx, "demo", "--listen", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	line, _ := lines.ReadString('\n') // what it is tells all
	_, url, found := strings.Cut(strings.TrimSpace(line), "Tocsin rings in ")
	if found {
		s := screen{t: t, url: url}
		s.look("/", "composer")
		s.meet()
		s.post("/incident declare checkout is down")
		s.post("/incident note INC-1 yesterday 23:10 Europe/Berlin the deploy began")
		if said := s.look("/screen/messages?channel="+s.channel+"&as="+s.me, "INC-1", "the deploy began"); bytes.Contains(said, []byte("Europe/Berlin")) {
			t.Errorf("the zone was taken for a part of the note: %s", said)
		}
	} else {
		t.Errorf("it says %q", line)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	_, _ = io.Copy(io.Discard, lines)
	if err := cmd.Wait(); err != nil {
		t.Errorf("the demo did not end well: %v: %s", err, said.String())
	}
}

// screen is the demo's page, as a browser uses it.
type screen struct {
	t                *testing.T
	url, me, channel string
}

// meet finds out who looks, and where #general is.
func (s *screen) meet() {
	var state struct {
		Me       string
		Channels []struct{ ID, Name string }
	}
	if err := json.Unmarshal(s.look("/screen/state"), &state); err != nil {
		s.t.Fatal(err)
	}
	s.me = state.Me
	for _, c := range state.Channels {
		if c.Name == "general" {
			s.channel = c.ID
		}
	}
}

// look reads a page, in which words must stand.
func (s *screen) look(path string, words ...string) []byte {
	s.t.Helper()
	answer, err := (&http.Client{Timeout: 10 * time.Second}).Get(strings.TrimSuffix(s.url, "/") + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %s %v", path, answer.Status, err)
	}
	for _, word := range words {
		if !bytes.Contains(text, []byte(word)) {
			s.t.Errorf("%s does not say %q: %s", path, word, text)
		}
	}
	return text
}

func (s *screen) post(text string) {
	s.t.Helper()
	deed, err := json.Marshal(map[string]string{"as": s.me, "do": "post", "channel": s.channel, "text": text})
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := http.Post(strings.TrimSuffix(s.url, "/")+"/screen/act", "application/json", bytes.NewReader(deed))
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err != nil || !strings.Contains(string(said), `"ok":true`) {
		s.t.Fatal(fmt.Errorf("%s: %s %w", text, said, err))
	}
}

package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is the real binary, running beside the test. It says on stderr, in JSON, when it is ready.
type process struct {
	cmd     *exec.Cmd
	delayed bool          // by another one, or itself, that was stopped for a while
	ready   chan string   // gets the address where it takes requests
	ended   chan struct{} // closed when it has ended and all that it said was read; the fields below are good then
	err     error         // how it ended
	errors  []string      // what it logged at level ERROR
	said    []string      // what is no JSON: why it did not start
}

// patience is how long a binary may take to become ready, or to end, before the test gives up: far beyond what it
// needs, so that only a fault runs into it.
const patience = 30 * time.Second

// binary finds the program that `make build` makes: TOCSIN_BIN, or where the Makefile puts it.
func binary(t *testing.T) string {
	t.Helper()
	path := os.Getenv("TOCSIN_BIN")
	if path == "" {
		path = filepath.Join("..", "..", "bin", "tocsin")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("there is no binary to kill: run make build, or name one in TOCSIN_BIN: %v", err)
	}
	return path
}

// launch starts a command line with the given settings as its whole environment.
func launch(t *testing.T, line, settings []string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(line[0], line[1:]...), ready: make(chan string, 1), ended: make(chan struct{})}
	p.cmd.Env = settings
	p.cmd.Dir = t.TempDir() // with no tocsin.yml in it
	log, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.listen(log)
	t.Cleanup(func() { p.kill() })
	return p
}

// listen reads what the process says until it ends.
func (p *process) listen(log io.Reader) {
	defer close(p.ended)
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct{ Level, Msg, URL string }
		switch err := json.Unmarshal(lines.Bytes(), &line); {
		case err != nil:
			p.said = append(p.said, lines.Text())
		case line.Msg == "started":
			p.ready <- line.URL
		case line.Level == "ERROR":
			p.errors = append(p.errors, lines.Text())
		}
	}
	p.err = p.cmd.Wait()
}

// address waits until the process has started, and returns where.
func (p *process) address(t *testing.T) string {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case url := <-p.ready:
		return url
	case <-p.ended:
		t.Fatalf("the program did not start: %v\n%s", p.err, strings.Join(append(p.said, p.errors...), "\n"))
	case <-late.C:
		t.Fatalf("the program is not ready after %s", patience)
	}
	return ""
}

// kill is kill -9. It returns when the process is gone; one that is gone already is left alone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // an error says that it has ended
	<-p.ended
}

// killAfter kills the process in a while, unless it ends before.
func (p *process) killAfter(delay time.Duration) {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.ended:
	}
	p.kill()
}

// stop asks the process to end, as systemd and Kubernetes do, and returns how long that took. It must end well.
func (p *process) stop(t *testing.T) time.Duration {
	t.Helper()
	began := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatalf("the program has ended before it was told to: %v", err)
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-p.ended:
	case <-late.C:
		t.Fatalf("the program has not ended %s after SIGTERM", patience)
	}
	if p.err != nil {
		t.Errorf("after SIGTERM the program ended with %v, and must with 0\n%s", p.err, strings.Join(p.said, "\n"))
	}
	return time.Since(began)
}

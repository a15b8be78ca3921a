//go:build bench

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// subject is a program that is measured: ours, or a floor.
type subject struct {
	*process
	b   *bench
	url string
	db  string
}

const benchSecret = "0123456789abcdef0123456789abcdef"

// ours starts the real binary on a database beside a far side, and waits until it has read who there is.
func (b *bench) ours(db string, far *farSide) *subject {
	b.Helper()
	far.greets()
	s := b.launchOurs(db, far)
	select {
	case <-far.greeted:
	case <-time.After(patience):
		b.Fatal("the program has not asked who is in the workspace")
	}
	s.settle()
	return s
}

func (b *bench) launchOurs(db string, far *farSide) *subject {
	b.Helper()
	line, profile := []string{binary(b.T), "serve"}, b.profiling()
	if profile != nil {
		line = []string{os.Args[0]}
	}
	more := append(profile, strings.Fields(os.Getenv("BENCH_ENV"))...)
	p := launch(b.T, line, append(more,
		"SLACK_API_URL="+far.url(), "SLACK_BOT_TOKEN=xoxb-bench", "SLACK_SIGNING_SECRET="+benchSecret,
		"TOCSIN_DB="+db, "TOCSIN_ADDR=127.0.0.1:0", "TOCSIN_OPS_ADDR=127.0.0.1:0",
	))
	return &subject{process: p, b: b, url: p.address(b.T), db: db}
}

// floor starts this test's own binary as the floor program.
func (b *bench) floor(db string) *subject {
	b.Helper()
	p := launch(b.T, []string{os.Args[0]}, []string{"TOCSIN_BENCH_FLOOR=" + db})
	return &subject{process: p, b: b, url: p.address(b.T), db: db}
}

// newDB is the path of a database that is not there yet.
func (b *bench) newDB() string { return filepath.Join(b.TempDir(), "tocsin.db") }

// end ends the program, and fails where it called something an error.
func (s *subject) end() {
	if os.Getenv("BENCH_PROFILE") != "" {
		_ = s.cmd.Process.Signal(syscall.SIGTERM) // it writes its profile
		<-s.ended
	}
	s.kill()
	for _, line := range s.errors {
		s.b.Errorf("the program logged an error: %s", line)
	}
}

// settle waits until the program has nothing to do: it has read its database for damage, and delivered what it owed.
func (s *subject) settle() {
	s.b.Helper()
	const look = 200 * time.Millisecond
	ctx, cancel := context.WithTimeout(s.b.Context(), 10*time.Minute)
	defer cancel()
	for quiet, before := 0, s.ticks(); quiet < 2; {
		wait(ctx, look)
		if ctx.Err() != nil {
			s.b.Fatal("the program does not come to rest")
		}
		now := s.ticks()
		if quiet++; now-before > 1 {
			quiet = 0
		}
		before = now
	}
}

// ticks is the processor time that the program has taken, in hundredths of a second.
func (s *subject) ticks() int {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		s.b.Fatalf("the program has ended: %v", err)
	}
	_, after, _ := strings.Cut(string(raw), ") ") // the name may hold spaces
	fields := strings.Fields(after)
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return user + system
}

// memory is a figure of /proc/…/status in MiB: RssAnon, VmHWM.
func (s *subject) memory(name string) float64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.b.Fatalf("the program has ended: %v", err)
	}
	for line := range strings.Lines(string(raw)) {
		if rest, found := strings.CutPrefix(line, name+":"); found {
			n, _ := strconv.Atoi(strings.Fields(rest)[0])
			return float64(n) / 1024
		}
	}
	s.b.Fatalf("the kernel does not tell %s", name)
	return 0
}

func command(ctx context.Context, name string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	return string(out), err
}

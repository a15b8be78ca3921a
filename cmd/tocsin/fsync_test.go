package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tocsin/bot/slacksim"
)

// TestFsync lets the kernel say whether an answer means durable: for each changing request the program must have written
// that request's key to the write-ahead log, then have synced the log, and only then have answered.
func TestFsync(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: the sync test traces the real binary; make fsync runs it")
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("SKIPPED, NOT CHECKED: there is no strace here, so nobody has seen that an answer is preceded by a sync")
	}
	s := newStorm(t, 1)
	trace := filepath.Join(t.TempDir(), "trace")
	// -D keeps the program our child, -y names files, -s shows a page of the log whole.
	s.line = append([]string{strace, "-D", "-f", "-y", "-s", "4200", "-e", "trace=read,write,pwrite64,fsync,fdatasync", "-o", trace}, s.line...)
	p := s.open()
	answered := s.notes(300)
	p.stop(t)
	s.blame(p)

	seen := readTrace(t, trace)
	preceded := 0
	for _, id := range answered {
		if fault := seen.preceded(id); fault != "" {
			t.Errorf("%s: %s", id, fault)
			continue
		}
		preceded++
	}
	fmt.Printf("fsync: answers=%d preceded=%d (%d%%)\n", len(answered), preceded, 100*preceded/max(1, len(answered)))
	if len(answered) < 300 {
		t.Errorf("only %d answers", len(answered))
	}
}

// notes declares an incident, writes notes on it, one after the other by three people at a time, and returns the trigger
// ids of all that was answered.
func (s *storm) notes(most int) (ids []string) {
	s.t.Helper()
	type answer struct{ id, failure string }
	answers := make(chan answer, most)
	send := func(person, line string, n int) {
		id := fmt.Sprintf("fsync-%s-%d-x", strings.ToLower(person), n)
		status, body, err := s.w.SendCommand(context.Background(), slacksim.SendArgs{Person: person, Channel: "#general", Text: line, TriggerID: id})
		if said, _ := spoken(body); err != nil || status != 200 || !strings.HasPrefix(said, "Noted") && !declared.MatchString(said) {
			answers <- answer{id, fmt.Sprintf("%d %q %v", status, body, err)}
			return
		}
		answers <- answer{id: id}
	}
	send("Ada", "/incident declare checkout is down", 0)
	people := []string{"Grace", "Linus", "Margaret"}
	for _, person := range people {
		go func() {
			for n := range (most + len(people) - 1) / len(people) {
				send(person, "/incident note INC-1 we look at it", n)
			}
		}()
	}
	for range most {
		a := <-answers
		if a.failure != "" {
			s.t.Errorf("%s was answered %s", a.id, a.failure)
			continue
		}
		ids = append(ids, a.id)
	}
	return ids
}

// span is when something happened: the line of the trace where it began, and where it was over.
type span struct{ from, to int }

// traced is what matters of a trace, by line.
type traced struct {
	read    map[string]span   // by trigger id
	socket  map[string]string // that it came on
	logged  map[string]span   // key in the log, by trigger id
	syncs   []span            // of the log
	answers map[string][]span // by socket
}

var (
	call    = regexp.MustCompile(`^(\d+) +(\w+)\((\d+)<([^>]*)>(.*)$`)
	resumed = regexp.MustCompile(`^(\d+) +<\.\.\. (\w+) resumed>(.*)$`)
	trigger = regexp.MustCompile(`trigger_id=(fsync-[a-z]+-\d+-x)`)
	key     = regexp.MustCompile(`command:(fsync-[a-z]+-\d+-x)`)
)

// readTrace reads what strace wrote: a line for each call, or two where another thread came between.
func readTrace(t *testing.T, path string) *traced {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	seen := &traced{read: map[string]span{}, socket: map[string]string{}, logged: map[string]span{}, answers: map[string][]span{}}
	type begun struct {
		from       int
		file, rest string
	}
	open := map[string]begun{} // by thread
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for n := 0; lines.Scan(); n++ {
		if c := call.FindStringSubmatch(lines.Text()); c != nil {
			if strings.HasSuffix(c[5], "<unfinished ...>") {
				open[c[1]] = begun{n, c[4], c[5]}
			} else {
				seen.note(c[2], c[4], c[5], span{n, n})
			}
		} else if r := resumed.FindStringSubmatch(lines.Text()); r != nil {
			b := open[r[1]]
			seen.note(r[2], b.file, b.rest+r[3], span{b.from, n})
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return seen
}

// note keeps one call, if it matters.
func (s *traced) note(name, file, rest string, at span) {
	socket, log := strings.HasPrefix(file, "socket:"), strings.HasSuffix(file, "-wal")
	switch {
	case name == "read" && socket:
		if found := trigger.FindStringSubmatch(rest); found != nil {
			s.read[found[1]], s.socket[found[1]] = at, file
		}
	case name == "write" && socket && strings.Contains(rest, `"HTTP/1.1 200 OK`):
		s.answers[file] = append(s.answers[file], at)
	case name == "pwrite64" && log:
		for _, found := range key.FindAllStringSubmatch(rest, -1) {
			if _, known := s.logged[found[1]]; !known { // later ones write a page again that it stands on
				s.logged[found[1]] = at
			}
		}
	case strings.HasSuffix(name, "sync") && log && strings.HasSuffix(rest, "= 0"):
		s.syncs = append(s.syncs, at)
	}
}

// preceded checks the order for one request, and says what is wrong with it.
func (s *traced) preceded(id string) string {
	read, known := s.read[id]
	if !known {
		return "the trace shows no such request"
	}
	logged, known := s.logged[id]
	if !known || logged.from < read.to {
		return "its key was never written to the log"
	}
	for _, answer := range s.answers[s.socket[id]] {
		if answer.from < read.to {
			continue // to an earlier request on the same connection
		}
		for _, sync := range s.syncs {
			if sync.from > logged.to && sync.to < answer.from {
				return ""
			}
		}
		return fmt.Sprintf("answered in line %d of the trace, and no sync lies between that and line %d, where it was written", answer.from+1, logged.to+1)
	}
	return "the trace shows no answer"
}

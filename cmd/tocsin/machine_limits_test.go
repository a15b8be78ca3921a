package main

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"tocsin/bot/slacksim"
)

// body is what the process weighs.
type body struct{ rss, goroutines, files int } // rss in KiB

var (
	rssLine  = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)
	goesLine = regexp.MustCompile(`(?m)^go_goroutines (\d+)`)
)

// weigh weighs the process.
func (g *guarded) weigh(p *process) (b body) {
	g.t.Helper()
	proc := fmt.Sprintf("/proc/%d/", p.cmd.Process.Pid)
	status, err := os.ReadFile(proc + "status")
	if err != nil {
		g.t.Fatal(err)
	}
	files, err := os.ReadDir(proc + "fd")
	if err != nil {
		g.t.Fatal(err)
	}
	b.files = len(files)
	if found := rssLine.FindSubmatch(status); found != nil {
		b.rss, _ = strconv.Atoi(string(found[1]))
	}
	if _, metrics := get(g.t, g.ops+"/metrics"); metrics != "" {
		if found := goesLine.FindStringSubmatch(metrics); found != nil {
			b.goroutines, _ = strconv.Atoi(found[1])
		}
	}
	return b
}

// opened opens sockets that say nothing, as many as asked for or as the other side takes, and returns how to close them.
func opened(t *testing.T, url string, number int) (sockets int, shut func()) {
	t.Helper()
	var mu sync.Mutex
	var open []net.Conn
	var group sync.WaitGroup
	const hands = 32
	for range hands {
		group.Go(func() {
			for range number / hands {
				conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
				if err != nil {
					return
				}
				mu.Lock()
				open = append(open, conn)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return len(open), func() {
		for _, conn := range open {
			_ = conn.Close()
		}
	}
}

// TestF57gTenThousandSockets: who opens sockets and says nothing keeps nobody out, leaves nothing behind, and does not
// make the process larger than it may be.
func TestF57gTenThousandSockets(t *testing.T) {
	g := guard(t)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	number := min(10_000, int(limit.Max)-1000)
	const limited, most = "GOMEMLIMIT=128MiB", 192 << 10 // KiB, with what SQLite and the kernel hold for it
	g.settings = append(g.settings, limited)
	p := g.start()
	url := p.address(t)
	g.w.Connect(url)
	g.w.Person("Ada").Type("#general", declareCheckout)
	g.awaits(http.StatusOK, "ready")
	g.says("before", "Noted")
	before := g.weigh(p)
	for round := range 5 {
		sockets, shut := opened(t, url, number)
		g.w.Connect(url) // anew, behind all of them
		g.says(fmt.Sprint("during ", round), "Noted")
		during := g.weigh(p)
		shut()
		until(t, "rid of the sockets", func() (bool, string) {
			now := g.weigh(p)
			return now.files < before.files+20 && now.goroutines < before.goroutines+20, fmt.Sprintf("%+v", now)
		})
		fmt.Printf("sockets: round=%d opened=%d rss before=%d during=%d after=%d KiB, goroutines before=%d during=%d after=%d\n",
			round, sockets, before.rss, during.rss, g.weigh(p).rss, before.goroutines, during.goroutines, g.weigh(p).goroutines)
		if sockets < number*9/10 {
			t.Errorf("only %d of %d sockets could be opened", sockets, number)
		}
		if during.rss > most {
			t.Errorf("it weighs %d KiB, and was told not to go over %s", during.rss, limited)
		}
	}
	g.kept(p, "before", "during 0", "during 1", "during 2", "during 3", "during 4")
	g.blame(p)
}

// TestF57gMoreSocketsThanFiles: the process may open fewer files than somebody opens sockets. It lives, what it has recorded
// stays, and when the sockets are gone it works as before.
func TestF57gMoreSocketsThanFiles(t *testing.T) {
	g := guard(t)
	g.line = append([]string{"/bin/sh", "-c", `ulimit -n 128 && exec "$0" "$@"`}, g.line...)
	p := g.start()
	url := p.address(t)
	g.w.Connect(url)
	g.w.Person("Ada").Type("#general", declareCheckout)
	g.awaits(http.StatusOK, "ready")
	g.says("before", "Noted")
	before := g.weigh(p)
	_, shut := opened(t, url, 1024)
	g.w.Connect(url)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	status, said, err := g.w.SendCommand(ctx, slacksim.SendArgs{Person: "Ada", Channel: "#general", Text: "/incident note INC-1 during"})
	cancel()
	shut()
	g.awaits(http.StatusOK, "ready")
	g.says("then", "Noted")
	until(t, "rid of the sockets", func() (bool, string) {
		now := g.weigh(p)
		return now.goroutines < before.goroutines+20, fmt.Sprintf("%+v", now)
	})
	want := []string{"before", "during", "then"}
	if g.recorded(want[1]) == 0 { // who is not answered does not know
		want = []string{"before", "then"}
		if err == nil && status == http.StatusOK && strings.Contains(said, "Noted") {
			t.Errorf("answered %q, and not recorded", said)
		}
	}
	g.kept(p, want...)
	for _, line := range p.errors { // of requests whose sender has gone by the time when they are taken
		if !strings.Contains(line, "context canceled") {
			t.Errorf("the program logged an error: %s", line)
		}
	}
}

// recorded counts the notes that say something, while the program runs.
func (g *guarded) recorded(words string) (n int) {
	g.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+g.db+"?mode=ro")
	if err != nil {
		g.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.QueryRowContext(g.t.Context(), `SELECT count(*) FROM contents WHERE body LIKE '%' || ?1 || '%'`, words).Scan(&n); err != nil {
		g.t.Fatal(err)
	}
	return n
}

package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/incident"
	"tocsin/store/storetest"
)

// frozen is a server of databases that freezes when somebody says some words to it.
type frozen struct {
	behind string // the socket of a real one; "": it has never said anything
	words  string
	froze  func()
}

// listen returns the address at which it is reached.
func (f *frozen) listen(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	over, end := context.WithCancel(context.Background())
	t.Cleanup(func() { _ = l.Close(); end(); all.Wait() })
	var ice sync.RWMutex // once it is frozen, nothing passes
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			context.AfterFunc(over, func() { _ = conn.Close() })
			if f.behind == "" {
				f.froze()
				continue
			}
			server, err := net.Dial("unix", f.behind)
			if err != nil {
				t.Error(err)
				return
			}
			context.AfterFunc(over, func() { _ = server.Close() })
			all.Go(func() { f.carry(&ice, over, conn, server) })
			all.Go(func() { f.carry(&ice, over, server, conn) })
		}
	})
	return l.Addr().String()
}

func (f *frozen) carry(ice *sync.RWMutex, over context.Context, from io.Reader, to io.Writer) {
	part := make([]byte, 64<<10)
	for {
		n, err := from.Read(part)
		if err != nil {
			return
		}
		if bytes.Contains(part[:n], []byte(f.words)) && ice.TryLock() { // for good
			f.froze()
		}
		if !ice.TryRLock() {
			<-over.Done()
			return
		}
		_, err = to.Write(part[:n])
		ice.RUnlock()
		if err != nil {
			return
		}
	}
}

// TestStopWhileItStarts: a program that is told to stop before it has started ends well and in time, also where its database
// hangs, and says so.
func TestStopWhileItStarts(t *testing.T) {
	socket := func(t *testing.T) (path, database string) {
		at, err := url.Parse(storetest.Cluster(t).Database(t))
		if err != nil {
			t.Fatal(err)
		}
		return filepath.Join(at.Query().Get("host"), ".s.PGSQL.5432"), at.Path
	}
	for name, where := range map[string]func(t *testing.T, stop func()) string{
		"at once": func(t *testing.T, stop func()) string { stop(); return filepath.Join(t.TempDir(), "tocsin.db") },
		"nobody at the server": func(t *testing.T, stop func()) string {
			return "postgres://tocsin@" + (&frozen{froze: stop}).listen(t) + "/tocsin"
		},
		"the server freezes": func(t *testing.T, stop func()) string {
			path, database := socket(t)
			return "postgres://postgres@" + (&frozen{behind: path, words: "pg_try_advisory_xact_lock", froze: stop}).listen(t) + database + "?sslmode=disable"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it mostly waits
			var log watchedLog
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			told := make(chan time.Time, 1)
			o := options{settings: settings{OpsAddr: off}, policy: incident.Defaults(), log: slog.New(&log), now: time.Now}
			o.settings.DB = where(t, sync.OnceFunc(func() { told <- time.Now(); stop() }))
			if err := serve(ctx, o, nil); err != nil {
				t.Errorf("it ends with %v", err)
			}
			if took := time.Since(<-told); took > stopLimit {
				t.Errorf("it took %s to end, and may take %s", took, stopLimit)
			} else {
				t.Logf("it ended after %s", took.Round(time.Millisecond))
			}
			if got := log.all(); !strings.Contains(got, "INFO stopped before it had started") || len(log.unexpected()) != 0 {
				t.Errorf("it says %q", got)
			}
		})
	}
}

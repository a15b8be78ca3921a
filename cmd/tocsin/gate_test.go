package main

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tocsin/store/storetest"
)

// gate stands before a PostgreSQL database, and can be shut: then nobody gets through, and who is through is cut off.
type gate struct {
	t       *testing.T
	server  func() (net.Conn, error)
	address string // host:port
	where   string // the database, through the gate

	mu       sync.Mutex
	listener net.Listener
	through  []net.Conn
	all      sync.WaitGroup
}

// newGate makes a database behind an open gate.
func newGate(t *testing.T) *gate {
	t.Helper()
	behind := storetest.Cluster(t).Database(t)
	config, err := pgx.ParseConfig(behind)
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{t: t, address: "127.0.0.1:0", server: func() (net.Conn, error) {
		network, address := pgconn.NetworkAddress(config.Host, config.Port)
		return net.Dial(network, address)
	}}
	g.open()
	g.where = "postgres://postgres@" + g.address + "/" + config.Database + "?sslmode=disable"
	t.Cleanup(func() { g.shut(); g.all.Wait() })
	return g
}

func (g *gate) open() {
	g.t.Helper()
	l, err := net.Listen("tcp", g.address)
	if err != nil {
		g.t.Fatal(err)
	}
	g.listener, g.address = l, l.Addr().String()
	g.all.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			to, err := g.server()
			if err != nil {
				_ = from.Close()
				continue
			}
			g.mu.Lock()
			g.through = append(g.through, from, to)
			g.mu.Unlock()
			g.all.Go(func() { _, _ = io.Copy(to, from); _ = to.Close() })
			g.all.Go(func() { _, _ = io.Copy(from, to); _ = from.Close() })
		}
	})
}

func (g *gate) shut() {
	_ = g.listener.Close()
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, conn := range g.through {
		_ = conn.Close()
	}
	g.through = nil
}

// TestPostgresCannotBeReached: who asks for anything meanwhile reads what is wrong and whom to tell, and the log says what to
// do about it. When it is back, all goes on.
func TestPostgresCannotBeReached(t *testing.T) {
	g := newGate(t)
	h := newHouse(t, overHTTP, watched, func(o *options) { o.settings.DB, o.lease = g.where, houseLease })
	h.log.announce("PostgreSQL cannot be reached: see that it runs, and that host and port in its address are right")
	h.Person("Ada").Type("#general", declareCheckout)
	h.quieten(t)
	h.ready("ready")

	g.shut()
	h.ready("database: PostgreSQL cannot be reached")
	for _, text := range []string{"/incident declare sev1 all is down", "/incident note INC-1 it is us", "/incident list", "/incident timeline INC-1"} {
		if said := h.command("Ada", "#general", text, ""); !strings.Contains(said, unrecorded("PostgreSQL cannot be reached")) {
			t.Errorf("%s is answered %q", text, said)
		}
	}
	if strings.Contains(h.log.all(), "fault=") {
		t.Errorf("somebody was given the number of a fault:\n%s", h.log.all())
	}
	g.open()
	h.ready("ready")
	if said := h.command("Ada", "#general", "/incident note INC-1 it was the database", ""); !strings.Contains(said, "Noted") {
		t.Errorf("a note is answered %q", said)
	}
	h.recover(recovery)
}

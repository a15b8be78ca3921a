package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tocsin/bot/slacksim"
)

// stopsInTime ends the program as SIGTERM does, and fails the test if that takes longer than is promised.
func (h *house) stopsInTime() {
	h.t.Helper()
	began := time.Now()
	h.stop()
	took := time.Since(began)
	fmt.Printf("stop: %s took=%s\n", h.t.Name(), took.Round(time.Millisecond))
	if took > stopLimit {
		h.t.Errorf("it took %s to end, and may take %s", took, stopLimit)
	}
}

// TestStoppingIsTold: from the signal to the very end, so that a balancer sends no more.
func TestStoppingIsTold(t *testing.T) {
	t.Parallel() // it waits more than it works
	h := newHouse(t, watched)
	h.ready("ready")
	hangs := make(chan struct{}, 100)
	h.Faults(func(c slacksim.Call) *slacksim.Fault {
		if c.Method == "conversations.create" { // which the end waits for, and for no probe
			hangs <- struct{}{}
		}
		return &slacksim.Fault{Kind: slacksim.Hang}
	})
	h.command("Ada", "#general", declareCheckout, "1.1.1")
	<-hangs
	ended := make(chan struct{})
	go func() {
		h.stop()
		close(ended)
	}()
	h.ready("stopping")
	for heard := 0; ; heard++ {
		status, body := h.how("/readyz")
		if status == 0 {
			<-ended
			if heard < 10 {
				t.Errorf("it was told %d times only", heard)
			}
			break
		}
		if status != http.StatusServiceUnavailable || !strings.Contains(body, "stopping") {
			t.Fatalf("%d %s", status, body)
		}
	}
	h.Faults(nil)
	h.start(watched)
	h.recover(recovery)
	h.alone("#inc-1-checkout-is-down")
}

// TestStopWhileTheDatabaseHangs: another process holds the file, and a crowd waits for it.
func TestStopWhileTheDatabaseHangs(t *testing.T) {
	t.Parallel() // it waits more than it works
	h := newHouse(t, watched, overHTTP)
	h.log.announce("request failed")
	h.ready("ready")
	letGo := h.occupy()
	defer letGo()
	var crowd sync.WaitGroup
	var stopping atomic.Bool
	for n := range 150 {
		crowd.Go(func() {
			for k := 0; !stopping.Load(); k++ { // until all are there at the same time
				args := slacksim.SendArgs{Person: "Ada", Channel: "#general", Text: declareCheckout, TriggerID: fmt.Sprint(n, ".", k)}
				_, _, _ = h.SendCommand(context.Background(), args)
			}
		})
	}
	until(t, "a crowd waits", func() (bool, string) {
		got := h.metric("tocsin_requests_in_flight")
		return len(got) == 3, got
	})
	stopping.Store(true)
	h.stopsInTime()
	crowd.Wait()
}

// TestStopWhileARequestIsHalfSent: whoever sends slowly does not keep the program from ending.
func TestStopWhileARequestIsHalfSent(t *testing.T) {
	t.Parallel() // it waits more than it works
	h := newHouse(t, watched, overHTTP)
	h.ready("ready")
	var halves []net.Conn
	for _, half := range []string{
		"POST /slack/commands HTTP/1.1\r\nHost: x\r\n", // the header
		"POST /slack/commands HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ntext=", // the body
	} {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(h.program.url(), "http://"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte(half)); err != nil {
			t.Fatal(err)
		}
		halves = append(halves, conn)
	}
	until(t, "a half request is read", func() (bool, string) {
		got := h.metric("tocsin_requests_in_flight")
		return got == "1", got
	})
	h.stopsInTime()
	for _, conn := range halves {
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		if line, _ := bufio.NewReader(conn).ReadString('\n'); strings.Contains(line, "200") {
			t.Errorf("half a request is answered with %s", line)
		}
		_ = conn.Close()
	}
}

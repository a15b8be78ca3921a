package bot

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"tocsin/incident"
)

// TestStoppedWhileItConnects: a program that is stopped after it was asked whether a call may begin, and before the call is
// on the wire, must not make it when it goes on.
func TestStoppedWhileItConnects(t *testing.T) {
	f := newFar(t, 20)
	f.client.(*patience).client.Transport = &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		f.pass(time.Minute)
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}
	ctx := charged(t.Context(), charge{until: f.clock().Add(time.Second)})
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url+"/api/conversations.create", strings.NewReader("name=inc-1"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.client.Do(r) //nolint:bodyclose // there is none
	var setback *incident.Setback
	if !errors.As(fault("conversations.create", err), &setback) || setback.Down || f.calls != 0 {
		t.Errorf("it says %v after %d calls, want a plea for patience without a call", err, f.calls)
	}
}

//go:build bench

package main

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// shot is one signed request, made before it is measured, and how its answer begins when it was done.
type shot struct {
	raw  []byte
	want string
}

// shots numbers requests, so that no two have one trigger.
var shots atomic.Int64

// slash makes a signed slash command as Slack sends it.
func slash(person, channel, line, want string) shot {
	form := url.Values{
		"token": {"verification-token-is-not-used"}, "team_id": {"T0BENCH"}, "team_domain": {"bench"}, "channel_id": {channel},
		"channel_name": {"general"}, "user_id": {person}, "user_name": {strings.ToLower(person)}, "command": {"/incident"}, "text": {line},
		"response_url": {"https://hooks.slack.com/commands/T0BENCH/1/x"}, "api_app_id": {"A0BENCH"}, "is_enterprise_install": {"false"},
		"trigger_id": {fmt.Sprintf("%d.%d.bench", time.Now().UnixNano(), shots.Add(1))},
	}
	body := form.Encode()
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(benchSecret))
	mac.Write([]byte("v0:" + stamp + ":" + body))
	return shot{want: want, raw: fmt.Appendf(nil, "POST /slack/commands HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n"+
		"X-Slack-Request-Timestamp: %s\r\nX-Slack-Signature: v0=%s\r\n\r\n%s", len(body), stamp, hex.EncodeToString(mac.Sum(nil)), body)}
}

// line is one connection that is kept open.
type line struct {
	conn net.Conn
	in   *bufio.Reader
}

func (s *subject) dial() *line {
	s.b.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.b.Fatal(err)
	}
	s.b.Cleanup(func() { _ = conn.Close() })
	return &line{conn: conn, in: bufio.NewReader(conn)}
}

// send sends a request and reads the answer: how long that took, and what is wrong with it.
func (l *line) send(r shot) (time.Duration, error) {
	began := time.Now()
	if _, err := l.conn.Write(r.raw); err != nil {
		return 0, err
	}
	response, err := http.ReadResponse(l.in, nil)
	if err != nil {
		return 0, err
	}
	body, err := io.ReadAll(response.Body)
	took := time.Since(began)
	if err == nil && (response.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(r.want))) {
		err = fmt.Errorf("answered %d %s, which does not say %q", response.StatusCode, body, r.want)
	}
	return took, err
}

// volley sends many requests over many connections at once, each the next as soon as it has the answer to the last, and
// returns how long each took, and all of them together. Any answer but "done" ends the measurement.
func (s *subject) volley(connections, each int, next func(connection, n int) shot) (took []time.Duration, all time.Duration) {
	s.b.Helper()
	lines, loads := make([]*line, connections), make([][]shot, connections)
	for c := range connections {
		lines[c] = s.dial()
		for n := range each {
			loads[c] = append(loads[c], next(c, n))
		}
	}
	results, faults := make([][]time.Duration, connections), make([]error, connections)
	var group sync.WaitGroup
	start := time.Now()
	for c, l := range lines {
		group.Go(func() {
			for _, r := range loads[c] {
				d, err := l.send(r)
				if err != nil {
					faults[c] = err
					return
				}
				results[c] = append(results[c], d)
			}
		})
	}
	group.Wait()
	all = time.Since(start)
	if err := errors.Join(faults...); err != nil {
		s.b.Fatalf("over %d connections: %.2000s", connections, err)
	}
	for _, l := range lines {
		_ = l.conn.Close()
	}
	return slices.Concat(results...), all
}

// one sends a single request.
func (s *subject) one(l *line, r shot) time.Duration {
	s.b.Helper()
	took, err := l.send(r)
	if err != nil {
		s.b.Fatal(err)
	}
	return took
}

//go:build bench

package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// shot is one command, and how its answer begins when it was done.
type shot struct {
	form url.Values
	want string
}

// shots numbers requests, so that no two have one trigger.
var shots atomic.Int64

// slash makes a slash command as Slack sends it.
func slash(person, channel, line, want string) shot {
	return shot{want: want, form: url.Values{
		"token": {"verification-token-is-not-used"}, "team_id": {"T0BENCH"}, "team_domain": {"bench"}, "channel_id": {channel},
		"channel_name": {"general"}, "user_id": {person}, "user_name": {strings.ToLower(person)}, "command": {"/incident"}, "text": {line},
		"response_url": {"https://hooks.slack.com/commands/T0BENCH/1/x"}, "api_app_id": {"A0BENCH"}, "is_enterprise_install": {"false"},
		"trigger_id": {fmt.Sprintf("%d.%d.bench", time.Now().UnixNano(), shots.Add(1))},
	}}
}

// line is one connection that is kept open.
type line struct {
	client *http.Client
	url    string
}

func (s *subject) dial() *line {
	return &line{client: &http.Client{Transport: &http.Transport{}}, url: s.url + "/slack/commands"}
}

func (l *line) close() { l.client.CloseIdleConnections() }

// send signs a command, sends it and reads the answer: how long that took, and what is wrong with it.
func (l *line) send(r shot) (time.Duration, error) {
	began := time.Now()
	body := r.form.Encode()
	stamp := strconv.FormatInt(began.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(benchSecret))
	mac.Write([]byte("v0:" + stamp + ":" + body))
	request, err := http.NewRequest(http.MethodPost, l.url, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", formType)
	request.Header.Set("X-Slack-Request-Timestamp", stamp)
	request.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	response, err := l.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	took := time.Since(began)
	if err == nil && (response.StatusCode != http.StatusOK || !bytes.Contains(answer, []byte(r.want))) {
		err = fmt.Errorf("answered %d %s, which does not say %q", response.StatusCode, answer, r.want)
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
	for c, l := range lines { // so that all are connected
		group.Go(func() { _, faults[c] = l.send(next(c, each)) })
	}
	group.Wait()
	start := time.Now()
	for c, l := range lines {
		group.Go(func() {
			for _, r := range loads[c] {
				if faults[c] != nil {
					return
				}
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
		l.close()
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

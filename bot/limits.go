package bot

import (
	"io"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

// patience remembers which calls Slack has asked us to hold back, and until when, so that one refusal is enough for all
// effects that wait to make the same call. Slack counts by method, and messages by channel. It stands beneath the Slack
// client as its HTTP client.
type patience struct {
	client *http.Client
	now    func() time.Time

	mu    sync.Mutex
	until map[string]time.Time // by method, and channel for messages; guarded by mu
}

// longestPatience caps what a broken neighbour may ask for.
const longestPatience = 10 * time.Minute

// NewClient returns the HTTP client for the Slack client: it obeys Retry-After for each method and channel, and bounds
// each call.
func NewClient(limit time.Duration, now func() time.Time) interface {
	Do(*http.Request) (*http.Response, error)
} {
	return &patience{client: &http.Client{Timeout: limit}, now: now, until: map[string]time.Time{}}
}

// Do makes a call, or answers like Slack would where it has said that it will.
func (p *patience) Do(r *http.Request) (*http.Response, error) {
	key, err := bucket(r)
	if err != nil {
		return nil, err
	}
	if wait := p.wait(key); wait > 0 {
		return tooMany(r, wait), nil
	}
	response, err := p.client.Do(r)
	if err == nil && response.StatusCode == http.StatusTooManyRequests {
		response.Header.Set("Retry-After", strconv.Itoa(p.hold(key, response.Header))) // the client library reads numbers only
	}
	return response, err
}

// bucket is what Slack counts a call under.
func bucket(r *http.Request) (string, error) {
	method := path.Base(r.URL.Path)
	if method != "chat.postMessage" || r.GetBody == nil {
		return method, nil
	}
	body, err := r.GetBody()
	if err != nil {
		return "", err
	}
	defer body.Close()
	raw, err := io.ReadAll(body)
	if err != nil {
		return "", err
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return method, nil // no form: all channels share one
	}
	return method + " " + form.Get("channel"), nil
}

func (p *patience) wait(key string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	until, held := p.until[key]
	wait := until.Sub(p.now())
	if held && wait <= 0 {
		delete(p.until, key)
	}
	return wait
}

// hold keeps a call back for as long as Slack asked: at least a second, whatever stands in the header. It returns for how
// many seconds.
func (p *patience) hold(key string, header http.Header) int {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil {
		seconds = 1
	}
	seconds = min(max(seconds, 1), int(longestPatience/time.Second))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until[key] = p.now().Add(time.Duration(seconds) * time.Second)
	return seconds
}

// tooMany is the answer that Slack would give.
func tooMany(r *http.Request, wait time.Duration) *http.Response {
	seconds := int((wait + time.Second - 1) / time.Second)
	return &http.Response{
		Status: "429 Too Many Requests", StatusCode: http.StatusTooManyRequests, Proto: r.Proto,
		Header:  http.Header{"Retry-After": {strconv.Itoa(seconds)}},
		Body:    io.NopCloser(strings.NewReader(`{"ok":false,"error":"ratelimited"}`)),
		Request: r,
	}
}

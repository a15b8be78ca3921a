package bot

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// replies sends answers to response addresses, which Slack hands out with buttons and shortcuts. It is tried once: such
// an answer cannot be looked for, and all that it says can be asked for again.
type replies struct {
	client *http.Client
	host   string
	scheme string
	log    *slog.Logger
	slots  chan struct{}

	mu     sync.Mutex
	closed bool // guarded by mu: whoever waits must not be overtaken by one more
	under  sync.WaitGroup
}

// replyLimit is how long one answer may take to be sent. It bounds how long a stop waits for them.
const replyLimit = 3 * time.Second

// newReplies makes a sender that speaks only to the host that Slack gives out response addresses on: hooks.slack.com, or
// the host of the Web API itself where that is not Slack's own.
func newReplies(api string, log *slog.Logger) (*replies, error) {
	base, err := url.Parse(api)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("the address of Slack's Web API is %q, which is no address", api)
	}
	host := base.Host
	if strings.HasSuffix(host, "slack.com") || strings.HasSuffix(host, "slack-gov.com") {
		host = "hooks." + strings.TrimPrefix(host, "www.")
	}
	client := &http.Client{
		Timeout:       replyLimit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &replies{client: client, host: host, scheme: base.Scheme, log: log, slots: make(chan struct{}, 64)}, nil
}

// send tells an answer, without waiting for it to arrive.
func (r *replies) send(address string, a answer) { r.sendBody(address, a.message()) }

// sendBody is send for an answer that is a body already.
func (r *replies) sendBody(address string, body []byte) {
	if body == nil {
		return
	}
	target, err := url.Parse(address)
	if err != nil || target.Scheme != r.scheme || target.Host != r.host || target.User != nil {
		r.log.Warn("answer not sent: the response address is not Slack's")
		return
	}
	select {
	case r.slots <- struct{}{}:
	default:
		r.log.Warn("answer not sent: too many are on their way")
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		<-r.slots
		return
	}
	r.under.Go(func() {
		defer func() { <-r.slots }()
		r.post(address, body)
	})
}

// post never logs the address: whoever has it can speak in our name for half an hour.
func (r *replies) post(address string, body []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), replyLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		r.log.Warn("answer not sent: the response address cannot be read")
		return
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	response, err := r.client.Do(request)
	if err != nil {
		r.log.Warn("answer not sent: Slack could not be reached")
		return
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		r.log.Warn("answer not taken by Slack", "status", response.StatusCode)
	}
}

// wait returns when nothing is on its way any more.
func (r *replies) wait() { r.under.Wait() }

// close sends no more answers, and waits for those that are on their way.
func (r *replies) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.wait()
}

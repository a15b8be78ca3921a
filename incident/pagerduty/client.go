package pagerduty

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/PagerDuty/go-pagerduty"
)

// The US service; the EU service is at api.eu.pagerduty.com and events.eu.pagerduty.com.
const (
	USAPI    = "https://api.pagerduty.com"
	USEvents = "https://events.pagerduty.com"
)

// Options say as whom, and where, PagerDuty is asked. Now is required; it is the real clock, which paces requests.
type Options struct {
	Token      string // a key of the REST API
	From       string // the e-mail address of the user in whose name we act
	RoutingKey string // of the Events API; "" where it is not used
	API        string // base address; "" is the US service
	Events     string // base address; "" is the US service
	Now        func() time.Time
	Deadline   time.Duration     // of one call, with its repetitions; 0 is eight seconds
	Transport  http.RoundTripper // nil is a transport of its own
}

// Client asks PagerDuty. It may be used by many goroutines at once.
type Client struct {
	o      Options
	rest   *pagerduty.Client
	events *pagerduty.Client
}

// New makes a client; nothing is asked yet.
func New(o Options) *Client {
	o.API, o.Events = strings.TrimSuffix(firstOf(o.API, USAPI), "/"), strings.TrimSuffix(firstOf(o.Events, USEvents), "/")
	if o.Deadline == 0 {
		o.Deadline = 8 * time.Second
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	c := &Client{o: o}
	c.rest = pagerduty.NewClient(o.Token, pagerduty.WithAPIEndpoint(o.API))
	c.rest.HTTPClient = c.over(&wire{next: o.Transport, now: o.Now, pace: perMinute(960, 60), pause: 200 * time.Millisecond})
	c.events = pagerduty.NewClient("", pagerduty.WithV2EventsAPIEndpoint(o.Events))
	c.events.HTTPClient = c.over(&wire{next: o.Transport, now: o.Now, pace: perMinute(120, 20), pause: 200 * time.Millisecond})
	return c
}

// over is a client that follows no redirect: a key must not go where it was not meant for.
func (c *Client) over(w *wire) *http.Client {
	return &http.Client{Transport: w, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Close ends idle connections.
func (c *Client) Close() {
	if t, ok := c.o.Transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// call runs one call with its deadline, and judges what came of it.
func (c *Client) call(ctx context.Context, what string, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.o.Deadline)
	defer cancel()
	o := &outcome{}
	err := do(context.WithValue(ctx, outcomeKey{}, o))
	return c.judge(ctx, what, o, err)
}

// ask sends one request of our own, and reads the answer as an object. in may be nil.
func (c *Client) ask(ctx context.Context, method, path string, in any) (out map[string]any, err error) {
	plain, _, _ := strings.Cut(path, "?")
	err = c.call(ctx, method+" "+plain, func(ctx context.Context) error {
		out, err = c.send(ctx, method, path, in)
		return err
	})
	return out, err
}

func (c *Client) send(ctx context.Context, method, path string, in any) (map[string]any, error) {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.o.API+path, body)
	if err != nil {
		return nil, err
	}
	if method != http.MethodGet {
		req.Header.Set("From", c.o.From)
	}
	resp, err := c.rest.Do(req, true)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	switch {
	case resp.StatusCode/100 != 2: // whatever became of its body
		theirs := pagerduty.APIError{StatusCode: resp.StatusCode}
		_ = json.Unmarshal(raw, &theirs)
		return nil, theirs
	case err != nil:
		return nil, err
	case len(raw) == 0:
		return nil, nil
	}
	return decode(raw)
}

var anID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// checked refuses what is no id of PagerDuty's, before it becomes a part of an address.
func checked(what string, ids ...string) error {
	for _, id := range ids {
		if !anID.MatchString(id) {
			return &Refusal{What: what, Words: fmt.Sprintf("%q is no id", clip(id, 40))}
		}
	}
	return nil
}

const (
	pageSize = 100
	mostRows = 10_000 // offset and limit may reach that together
)

// paged reads a list page by page, up to what PagerDuty gives of one list; whole tells whether that was all.
func paged[E any](fetch func(offset uint) (part []E, more bool, err error)) (all []E, whole bool, err error) {
	for offset := uint(0); offset+pageSize <= mostRows; offset += pageSize {
		part, more, err := fetch(offset)
		if err != nil {
			return nil, false, err
		}
		all = append(all, part...)
		if !more {
			return all, true, nil
		}
	}
	return all, false, nil
}

// lists is paged for lists that fit, as all but incidents do.
func lists[E any](fetch func(offset uint) (part []E, more bool, err error)) ([]E, error) {
	all, _, err := paged(fetch)
	return all, err
}

// query adds where a page begins.
func query(v url.Values, offset uint) string {
	v.Set("limit", fmt.Sprint(pageSize))
	v.Set("offset", fmt.Sprint(offset))
	return "?" + v.Encode()
}

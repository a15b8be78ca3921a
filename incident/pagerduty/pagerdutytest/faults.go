package pagerdutytest

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// FaultKind is a way in which a request can go wrong.
type FaultKind int

// The ways. "Before" means that nothing happened, "after" that everything did.
const (
	Status     FaultKind = iota + 1 // before: answers Fault.Status
	Delay                           // waits Fault.Delay of real time, then works
	LostBefore                      // before: the connection is reset
	LostAfter                       // after: the connection is reset
	ErrorAfter                      // after: answers Fault.Status (500)
	Hang                            // before: no answer until the caller gives up
	HangAfter                       // after: no answer until the caller gives up
	HalfBody                        // after: half of the answer, then the connection is reset
	HTML                            // before: answers Fault.Status (200) with a page, as a proxy on the way does
)

// Fault is one thing to go wrong with one request. A status of 429 comes with PagerDuty's body, and with its headers where
// Reset is not zero: PagerDuty does both.
type Fault struct {
	Kind   FaultKind
	Status int
	Code   int // of the error in the body; 0: a plain text for a message, as some of PagerDuty's errors are
	Reset  time.Duration
	Delay  time.Duration
}

// Call is one request that a program made, without its key.
type Call struct {
	N           int    // 1-based over all
	Method      string // as it is routed: "PUT /incidents", "POST /incidents/{id}/notes", "enqueue"
	Path        string // with its query
	NthOfMethod int    // 1-based
	From        string // the header
	Body        string
	Status      int // of the answer; 0 while it runs, or where none was given
	Fault       FaultKind
}

// Faults sets what to ask before every request, by many goroutines at once; nil, or an answer of nil, means that nothing
// goes wrong.
func (a *Account) Faults(f func(Call) *Fault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fault = f
}

// Check sets a contract check over every request: an error is answered with 400 and stands in Complaints. The request's
// body can be read once more.
func (a *Account) Check(f func(*http.Request) error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.check = f
}

// Calls are all requests so far.
func (a *Account) Calls() []Call {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.calls)
}

// Announce says which refusals are expected, by method ("PUT /incidents") or by a word of their text, so that they are no
// complaint.
func (a *Account) Announce(what ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, one := range what {
		a.announced[one] = true
	}
}

// Complaints are what the program did wrong: requests refused that nobody announced, and webhooks that it refused for good.
// Faults made on request are none.
func (a *Account) Complaints() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.complaints)
}

// complain notes what was done wrong. The caller holds the lock.
func (a *Account) complain(what, why string) {
	if a.announced[what] || a.announced[why] {
		return
	}
	a.complaints = append(a.complaints, what+": "+why)
	a.changed()
}

// begin remembers a request and numbers it.
func (a *Account) begin(method string, r *http.Request, body []byte) (Call, func(Call) *Fault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.perMethod[method]++
	c := Call{N: len(a.calls) + 1, Method: method, Path: r.URL.RequestURI(), NthOfMethod: a.perMethod[method], From: r.Header.Get("From"), Body: a.masked(body)}
	a.calls = append(a.calls, c)
	a.changed()
	return c, a.fault
}

func (a *Account) end(n, status int, kind FaultKind) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls[n-1].Status, a.calls[n-1].Fault = status, kind
	a.changed()
}

// answer is what a request gets.
type answer struct {
	status int
	header http.Header
	body   any
}

func (an answer) write(rw http.ResponseWriter) {
	maps.Copy(rw.Header(), an.header)
	writeJSON(rw, an.status, an.body)
}

// withFault runs a request and answers it, unless something was to go wrong with it.
func (a *Account) withFault(rw http.ResponseWriter, r *http.Request, c Call, f *Fault, run func() answer) {
	if f == nil {
		an := run()
		a.end(c.N, an.status, 0)
		an.write(rw)
		return
	}
	a.end(c.N, f.Status, f.Kind)
	switch f.Kind {
	case Status:
		f.write(rw)
	case HTML:
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		rw.WriteHeader(max(f.Status, http.StatusOK))
		_, _ = rw.Write([]byte("<!doctype html><title>Sign in to the network</title><h1>Please sign in</h1>"))
	case LostBefore:
		reset(rw)
	case Hang:
		a.hang(rw, r)
	case Delay:
		a.pause(r, f.Delay)
		run().write(rw)
	default:
		f.after(rw, run(), func() { a.hang(rw, r) })
	}
}

// after plays a fault that comes when everything is done.
func (f *Fault) after(rw http.ResponseWriter, an answer, hang func()) {
	switch f.Kind {
	case HangAfter:
		hang()
	case ErrorAfter:
		(&Fault{Status: max(f.Status, 500), Code: 2000}).write(rw)
	case HalfBody:
		rw.Header().Set("Content-Type", "application/json; charset=utf-8")
		rw.WriteHeader(an.status)
		_, _ = rw.Write([]byte(`{"incident":{"id":"P`))
		_ = http.NewResponseController(rw).Flush()
		reset(rw)
	default:
		reset(rw)
	}
}

// write answers with the fault's status, in PagerDuty's forms.
func (f *Fault) write(rw http.ResponseWriter) {
	status := max(f.Status, 400)
	if f.Reset > 0 {
		limitHeaders(rw.Header(), 960, 0, f.Reset)
	}
	var body any = Object{"error": http.StatusText(status)}
	switch {
	case status == http.StatusTooManyRequests:
		body = tooMany
	case f.Code != 0:
		body = errorBody(f.Code, http.StatusText(status))
	}
	writeJSON(rw, status, body)
}

func limitHeaders(h http.Header, limit, remaining int, reset time.Duration) {
	h.Set("Ratelimit-Limit", strconv.Itoa(limit))
	h.Set("Ratelimit-Remaining", strconv.Itoa(remaining))
	h.Set("Ratelimit-Reset", fmt.Sprint(int((reset + time.Second - 1).Seconds())))
}

// reset cuts the connection so that the caller sees a reset and no answer.
func reset(rw http.ResponseWriter) {
	conn, _, err := http.NewResponseController(rw).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

func (a *Account) hang(rw http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-a.ctx.Done():
	}
	reset(rw)
}

func (a *Account) pause(r *http.Request, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	case <-a.ctx.Done():
	}
}

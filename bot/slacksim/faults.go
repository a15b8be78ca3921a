package slacksim

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// FaultKind is a way in which a call can go wrong.
type FaultKind int

// The ways. "Before" means that nothing happened, "after" that everything did.
const (
	Status     FaultKind = iota + 1 // before: answers Fault.Status (429 with RetryAfter)
	SlackError                      // before: answers ok:false with Fault.Error
	Delay                           // waits Fault.Delay of real time, then works
	LostBefore                      // before: the connection is reset
	LostAfter                       // after: the connection is reset
	ErrorAfter                      // after: answers Fault.Status, or ok:false with Fault.Error (internal_error)
	Hang                            // before: no answer until the caller gives up
	HangAfter                       // after: no answer until the caller gives up
	HalfBody                        // after: half of the answer, then the connection is reset
	HTML                            // before: answers Fault.Status (200) with a page, as a proxy on the way does
)

// Fault is one thing to go wrong with one call.
type Fault struct {
	Kind       FaultKind
	Status     int
	Error      string
	RetryAfter time.Duration // sent in whole seconds when it is not zero
	Delay      time.Duration
}

// Call is one call that the app made: of the Web API, or of a response_url (Method "response_url").
type Call struct {
	N           int // 1-based over all calls
	Method      string
	NthOfMethod int // 1-based
	Args        map[string]any
	Start, End  time.Time // real clock
	Outcome     string    // "ok", the error code, or the fault; empty while it runs
}

// Faults sets what to ask before every call, by many goroutines at once; nil, or an answer of nil, means that nothing goes
// wrong.
func (w *Workspace) Faults(f func(Call) *Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = f
}

// Check sets a contract check: an error makes the call fail with invalid_arguments and stands in Complaints.
func (w *Workspace) Check(f func(method string, args map[string]any) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.check = f
}

// Calls are all calls so far, without the token.
func (w *Workspace) Calls() []Call {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.calls)
}

// Announce says which errors or methods are expected to fail, so that they are no complaint.
func (w *Workspace) Announce(errorsOrMethods ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range errorsOrMethods {
		w.announced[e] = true
	}
}

// Complaints are what the app did wrong: calls refused with an error nobody announced, and answers that Slack would
// not have taken. Faults made on request are none.
func (w *Workspace) Complaints() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.complaints)
}

func (w *Workspace) complain(what, code string, detail any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.complainLocked(what, code, detail)
}

func (w *Workspace) complainLocked(what, code string, detail any) {
	if w.announced[code] || w.announced[what] {
		return
	}
	line := what + ": " + code
	if detail != nil {
		text, _ := json.Marshal(detail)
		line += " " + string(text)
	}
	w.complaints = append(w.complaints, line)
	w.changed()
}

// begin remembers a call and numbers it.
func (w *Workspace) begin(name string, args Object) Call {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.perMethod[name]++
	c := Call{N: len(w.calls) + 1, Method: name, NthOfMethod: w.perMethod[name], Args: maps.Clone(args), Start: w.clock()}
	w.calls = append(w.calls, c)
	w.changed()
	return c
}

func (w *Workspace) end(n int, outcome string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls[n-1].End, w.calls[n-1].Outcome = w.clock(), outcome
	w.changed()
}

// withFault runs a call and answers it, unless something was to go wrong with it.
func (w *Workspace) withFault(rw http.ResponseWriter, r *http.Request, c Call, run func() (int, Object, http.Header)) {
	w.mu.Lock()
	ask := w.fault
	w.mu.Unlock()
	var f *Fault
	if ask != nil {
		f = ask(c)
	}
	if f == nil {
		status, body, header := run()
		w.end(c.N, outcome(body))
		write(rw, status, header, body)
		return
	}
	w.end(c.N, w.misbehave(rw, r, f, run))
}

// misbehave plays the fault and says what it was.
func (w *Workspace) misbehave(rw http.ResponseWriter, r *http.Request, f *Fault, run func() (int, Object, http.Header)) string {
	switch f.Kind {
	case Status, SlackError:
		f.answer(rw)
	case HTML:
		f.page(rw)
	case LostBefore:
		reset(rw)
	case Hang:
		w.hang(rw, r)
	case Delay:
		w.pause(r, f.Delay)
		status, body, header := run()
		write(rw, status, header, body)
		return outcome(body)
	default:
		status, body, header := run()
		w.misbehaveAfter(rw, r, f, func() { write(rw, status, header, body) })
		return fmt.Sprintf("fault %d after %s", f.Kind, outcome(body))
	}
	return fmt.Sprintf("fault %d %s", f.Kind, f.Error)
}

func (w *Workspace) misbehaveAfter(rw http.ResponseWriter, r *http.Request, f *Fault, full func()) {
	switch f.Kind {
	case LostAfter:
		reset(rw)
	case HangAfter:
		w.hang(rw, r)
	case ErrorAfter:
		f.answer(rw)
	case HalfBody:
		rw.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = rw.Write([]byte(`{"ok":true,"channel":{"id":"C`))
		_ = http.NewResponseController(rw).Flush()
		reset(rw)
	default:
		full()
	}
}

func (f *Fault) answer(rw http.ResponseWriter) {
	header := http.Header{}
	if f.RetryAfter != 0 {
		header.Set("Retry-After", strconv.Itoa(int(f.RetryAfter.Seconds())))
	}
	if f.Status != 0 {
		maps.Copy(rw.Header(), header)
		http.Error(rw, http.StatusText(f.Status), f.Status)
		return
	}
	code := f.Error
	if code == "" {
		code = "internal_error"
	}
	write(rw, http.StatusOK, header, Object{"ok": false, "error": code})
}

func (f *Fault) page(rw http.ResponseWriter) {
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.WriteHeader(max(f.Status, http.StatusOK))
	_, _ = rw.Write([]byte("<!doctype html><title>Sign in to the network</title><h1>Please sign in</h1>"))
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

func (w *Workspace) hang(rw http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-w.ctx.Done():
	}
	reset(rw)
}

func (w *Workspace) pause(r *http.Request, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	case <-w.ctx.Done():
	}
}

func outcome(body Object) string {
	if body["ok"] == true {
		return "ok"
	}
	return str(body["error"])
}

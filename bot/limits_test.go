package bot

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/incident"
)

// far is a Slack that counts calls in a sliding minute, on a clock that only the test moves.
type far struct {
	t      *testing.T
	client interface {
		Do(*http.Request) (*http.Response, error)
		Held() time.Duration
	}
	url string

	mu    sync.Mutex
	now   time.Time
	most  int // calls a minute
	taken []time.Time
	calls int // that came through the wire
}

func newFar(t *testing.T, most int) *far {
	t.Helper()
	f := &far{t: t, now: time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC), most: most}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.url, f.client = server.URL, NewClient(time.Minute, f.clock)
	return f
}

func (f *far) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *far) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

func (f *far) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return // of a call that was broken off nothing comes: its head may be here before its body is asked for
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	for len(f.taken) > 0 && f.now.Sub(f.taken[0]) >= time.Minute {
		f.taken = f.taken[1:]
	}
	if len(f.taken) >= f.most {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	f.taken = append(f.taken, f.now)
	_, _ = io.WriteString(w, `{"ok":true}`)
}

// try makes one call and tells whether it was taken.
func (f *far) try(method string, c charge) bool {
	f.t.Helper()
	body := url.Values{"channel": {"C1"}}.Encode()
	r, err := http.NewRequestWithContext(charged(f.t.Context(), c), http.MethodPost, f.url+"/api/"+method, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	response, err := f.client.Do(r)
	if err != nil {
		f.t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// rush makes calls side by side until one is not taken, and returns how many were.
func (f *far) rush(method string, c charge) (taken int) {
	for f.try(method, c) {
		taken++
	}
	return taken
}

// TestOneRefusalIsEnough: while Slack asks for patience nothing goes over the wire, and after the first refusal the limit
// is known: it is used up in each minute, and never passed again.
func TestOneRefusalIsEnough(t *testing.T) {
	f := newFar(t, 50)
	if taken := f.rush("pins.add", charge{}); taken != 50 || f.calls != 51 {
		t.Fatalf("%d were taken of %d calls", taken, f.calls)
	}
	f.pass(time.Minute)
	for minute := 1; minute <= 5; minute++ {
		for range 60 {
			f.try("pins.add", charge{})
			f.pass(time.Second)
		}
		if want := 51 + 50*minute; f.calls != want {
			t.Errorf("after %d minutes %d calls, want %d", minute, f.calls, want)
		}
	}
	if other := f.client.Held(); other != 0 {
		t.Errorf("nobody waits for a pin, and people are told to for %s", other)
	}
}

// TestALearnedLimitIsForgotten: Slack may take more by now.
func TestALearnedLimitIsForgotten(t *testing.T) {
	f := newFar(t, 50)
	f.rush("pins.add", charge{})
	f.mu.Lock()
	f.most = 80
	f.mu.Unlock()
	f.pass(rememberedFor + time.Minute)
	if taken := f.rush("pins.add", charge{}); taken != 80 {
		t.Errorf("%d were taken, want all that Slack takes", taken)
	}
}

// TestALimitIsNeverLearnedTooLow: right after a start nothing is known of the calls of an earlier run.
func TestALimitIsNeverLearnedTooLow(t *testing.T) {
	f := newFar(t, 0)
	f.try("pins.add", charge{})
	f.mu.Lock()
	f.most = 20
	f.mu.Unlock()
	f.pass(7 * time.Second)
	if taken := f.rush("pins.add", charge{}); taken != 20 {
		t.Errorf("%d were taken", taken)
	}
}

// TestWhatHappensNowGoesBeforeABacklog: a backlog leaves one call in twenty to those who ring the bell.
func TestWhatHappensNowGoesBeforeABacklog(t *testing.T) {
	f := newFar(t, 20)
	f.rush("conversations.create", charge{})
	f.pass(time.Minute)
	if taken := f.rush("conversations.create", charge{old: true}); taken != 19 {
		t.Errorf("the backlog took %d", taken)
	}
	if !f.try("conversations.create", charge{}) || f.calls != 41 {
		t.Errorf("there was no room for what happens now, after %d calls", f.calls)
	}
	if f.try("conversations.create", charge{}) || f.client.Held() <= 0 {
		t.Error("there is no more, and people must be told so")
	}
}

// TestMessagesGoOneASecond: Slack counts them by channel.
func TestMessagesGoOneASecond(t *testing.T) {
	f := newFar(t, 5)
	f.rush("chat.postMessage", charge{})
	f.mu.Lock()
	f.most = 1000
	f.mu.Unlock()
	f.pass(7 * time.Second)
	for range 10 {
		if taken := f.rush("chat.postMessage", charge{}); taken != 1 {
			t.Fatalf("%d in one second", taken)
		}
		f.pass(time.Second)
	}
}

// TestTooLateIsNotSent: whoever was paused past the time for a call must not make it, whichever clock says so.
func TestTooLateIsNotSent(t *testing.T) {
	f := newFar(t, 20)
	until := f.clock().Add(10 * time.Second)
	f.pass(10*time.Second - time.Millisecond)
	if !f.try("pins.add", charge{until: until}) {
		t.Fatal("it was not too late yet")
	}
	f.pass(time.Millisecond)
	ctx := charged(context.Background(), charge{until: until})
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url+"/api/pins.add", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.client.Do(r) //nolint:bodyclose // there is none
	var setback *incident.Setback
	if !errors.As(fault("pins.add", err), &setback) || setback.Down || f.calls != 1 {
		t.Errorf("it says %v after %d calls, want a plea for patience without a call", err, f.calls)
	}
}

// TestASetClockHoldsNobody: a clock that goes back an hour must not hold calls back for an hour.
func TestASetClockHoldsNobody(t *testing.T) {
	for _, leap := range []time.Duration{-time.Hour, -50 * 365 * 24 * time.Hour, time.Hour} {
		f := newFar(t, 20)
		f.rush("pins.add", charge{})
		f.pass(leap)
		f.mu.Lock()
		f.taken = nil
		f.mu.Unlock()
		if !f.try("pins.add", charge{}) {
			t.Errorf("after a leap of %s it is held back", leap)
		}
	}
}

package bot

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/incident"
)

// roundTrips answers every request, and remembers where it went.
type roundTrips struct {
	mu    sync.Mutex
	hosts []string
}

func (r *roundTrips) RoundTrip(q *http.Request) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hosts = append(r.hosts, q.URL.Host)
	return &http.Response{
		StatusCode: http.StatusFound, Header: http.Header{"Location": {"http://169.254.169.254/latest/meta-data"}},
		Body: io.NopCloser(strings.NewReader("")), Request: q,
	}, nil
}

// TestF58AnswersGoToSlackAlone: whatever a request gives as the address of its answer, and wherever that leads on.
func TestF58AnswersGoToSlackAlone(t *testing.T) {
	var said bytes.Buffer
	r, err := newReplies("https://slack.com/api/", slog.New(slog.NewTextHandler(&said, nil)))
	if err != nil {
		t.Fatal(err)
	}
	asked := &roundTrips{}
	r.client.Transport = asked
	for _, address := range []string{
		"http://169.254.169.254/latest", "https://[::1]/x", "https://0x7f.1/x", "https://2130706433/x", "http://hooks.slack.com/x", "//hooks.slack.com/x",
		"https://hooks.slack.com@evil.example/x", "https://evil@hooks.slack.com/x", "https://hooks.slack.com.evil.example/x", "https://hooks.slack.com:8443/x",
		"https://evil.example/?hooks.slack.com", "https://evil.example/#hooks.slack.com", "file:///etc/passwd", "gopher://hooks.slack.com/x", "https://slack.com/x", "", "%%",
	} {
		r.send(address, say("secret words"))
	}
	r.wait()
	if len(asked.hosts) > 0 {
		t.Errorf("answers went to %q", asked.hosts)
	}
	r.send("https://hooks.slack.com/actions/T1/2/x", say("words"))
	r.close()
	if got := strings.Join(asked.hosts, " "); got != "hooks.slack.com" {
		t.Errorf("answers went to %q: to Slack once, and nowhere on", got)
	}
	if strings.Contains(said.String(), "evil") || strings.Contains(said.String(), "secret words") || strings.Contains(said.String(), "actions") {
		t.Errorf("the log tells an address or the words: %s", said.String())
	}
}

// TestF60WhenClocksChange: what is due at nine is due at nine by the clock of its zone, once, on days of 23 and 25 hours, in zones
// off the full hour, and at times which that day does not have.
func TestF60WhenClocksChange(t *testing.T) {
	for _, c := range []struct{ zone, now, text, want string }{
		{"Europe/Berlin", "2026-03-28 12:00", "x tomorrow 09:00", "2026-03-29 07:00"}, // the day has 23 hours
		{"Europe/Berlin", "2026-10-24 12:00", "x tomorrow 09:00", "2026-10-25 08:00"}, // 25
		{"Europe/Berlin", "2026-10-25 07:30", "x at 09:00", "2026-10-25 08:00"},       // still to come
		{"America/New_York", "2026-03-07 20:00", "x tomorrow 09:00", "2026-03-08 13:00"},
		{"America/New_York", "2026-10-31 20:00", "x tomorrow 09:00", "2026-11-01 14:00"},
		{"Australia/Lord_Howe", "2026-04-04 03:00", "x tomorrow 09:00", "2026-04-04 22:30"}, // by half an hour
		{"Asia/Kathmandu", "2026-03-28 12:00", "x tomorrow 09:00", "2026-03-29 03:15"},
		{"Asia/Kolkata", "2026-03-28 12:00", "x at 09:30", "2026-03-29 04:00"},
		{"Europe/Berlin", "2026-03-28 12:00", "x tomorrow 02:30", "2026-03-29 01:30"}, // there is no such time: an hour later
		{"Europe/Berlin", "2026-10-24 12:00", "x tomorrow 02:30", "2026-10-25 01:30"}, // there are two: the later one
		{"Europe/Berlin", "2026-03-28 12:00", "x in 1d", "2026-03-29 12:00"},          // 24 hours, whatever the clock says
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		now, err := time.Parse("2006-01-02 15:04", c.now)
		if err != nil {
			t.Fatal(err)
		}
		at, rest, found, err := futureTime(c.text, now, zone)
		if got := at.UTC().Format("2006-01-02 15:04"); err != nil || !found || rest != "x" || got != c.want {
			t.Errorf("%s in %s at %s: %s, want %s (%v)", c.text, c.zone, c.now, got, c.want, err)
		}
	}
}

// bombs are texts that are small to send and dear to read.
var bombs = map[string]string{
	"brackets": strings.Repeat("[", 1<<16), "quotes": strings.Repeat(">", 1<<16), "entities": strings.Repeat("&amp;", 1<<14), "open": strings.Repeat("<", 1<<16),
	"mentions": strings.Repeat("<@U1|", 1<<13), "ticks": strings.Repeat("`", 1<<16), "stars": strings.Repeat("*_~", 1<<14), "lines": strings.Repeat("\n", 1<<16),
	"script": strings.Repeat(`<img src=x onerror=alert(1)><https://javascript:x|y>`, 1<<10), "emoji": strings.Repeat("🔥\u200d", 1<<14),
	"marks": strings.Repeat("e\u0301\u0323", 1<<13), "no text": strings.Repeat("\xff", 1<<16), "quoted": strings.Repeat(`"`, 1<<16), "dashes": strings.Repeat("--x ", 1<<14),
}

// dearest is how long a bomb may take on a slow machine: where the time grows with the square of the size, it takes minutes.
const dearest = 5 * time.Second

// TestF67BombsAreRead in no time, and are words like any other.
func TestF67BombsAreRead(t *testing.T) {
	for name, bomb := range bombs {
		begin := time.Now()
		typed := readable(bomb, func(h string) string { return h })
		for _, b := range paragraphs(typed, 12000, "") {
			if text := fmt.Sprint(b); control.MatchString(text) && strings.Contains(text, "<https") {
				t.Errorf("%s leads somewhere: %.80s", name, text)
			}
		}
		if n := size(short(typed, 300)); n > 300 {
			t.Errorf("%s: %d characters", name, n)
		}
		if took := time.Since(begin); took > dearest {
			t.Errorf("%s took %s", name, took)
		}
	}
}

// TestF72BombsAreTyped: the reader of what is typed gives up with a short refusal, or takes the words as they are.
func TestF72BombsAreTyped(t *testing.T) {
	for name, bomb := range bombs {
		begin := time.Now()
		_, err := splitFlags(bomb, []string{"service"}, []string{"private"})
		if err != nil && len(err.Error()) > 300 {
			t.Errorf("%s: a refusal of %d characters", name, len(err.Error()))
		}
		_, _, _, past := pastTime(bomb, begin, time.UTC)
		_, _, _, future := futureTime(bomb, begin, time.UTC)
		for _, err := range []error{past, future} {
			if err != nil && (incident.CodeOf(err) != incident.Invalid || len(err.Error()) > 300) {
				t.Errorf("%s: %.300v", name, err)
			}
		}
		_ = Nearest(bomb, []string{"declare", "note"})
		if took := time.Since(begin); took > dearest {
			t.Errorf("%s took %s", name, took)
		}
	}
}

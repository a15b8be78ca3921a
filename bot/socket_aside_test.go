package bot

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
)

// TestSocketStopsWhereNobodyGreets: a server that lets us in and never says hello does not hold up the end.
func TestSocketStopsWhereNobodyGreets(t *testing.T) {
	t.Parallel()
	end := newSlackEnd(t)
	end.greeting = ""
	_, stop := end.run(time.Minute)
	end.next()
	end.next()
	begun := time.Now()
	stop()
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("it took %s to stop", took)
	}
}

// TestSocketReadsWhileAnAnswerIsStuck: what is acknowledged without being worked on waits for its turn to leave, and what
// comes behind it is read meanwhile.
func TestSocketReadsWhileAnAnswerIsStuck(t *testing.T) {
	t.Parallel()
	end := newSlackEnd(t)
	s, _ := end.run(time.Minute)
	conn := end.next()
	end.next()
	until(t, "two", func() bool { return s.Status().Open == 2 })
	for _, c := range s.open() { // an answer is on its way, and does not leave
		c.writing.Lock()
		defer c.writing.Unlock()
	}
	for n := range 3 {
		unknown := fmt.Sprintf(`{"envelope_id":"E%d","type":"of_tomorrow","payload":{}}`, n)
		if err := conn.WriteMessage(websocket.TextMessage, []byte(unknown)); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "all read", func() bool { return len(end.log.having("a kind that we do not know")) == 3 })
}

// TestSocketSaysHowLongItRests: for people, and of what it is that it waits for.
func TestSocketSaysHowLongItRests(t *testing.T) {
	t.Parallel()
	end := newSlackEnd(t)
	s, _ := end.run(time.Minute)
	end.next()
	end.next()
	until(t, "two", func() bool { return s.Status().Open == 2 })
	fresh := NewSocket(s.bot)
	limited := fault("apps.connections.open", &slack.RateLimitedError{RetryAfter: 58 * time.Second})
	fresh.ill(fresh.seats[0], limited, 0)
	fresh.ill(fresh.seats[0], errors.New("no route"), 0)
	s.ill(s.seats[0], errors.New("cut"), 0)
	for _, line := range []string{
		"WARN Slack lets us open a Socket Mode connection in 58s ", "WARN Slack cannot be reached over Socket Mode, trying again in ",
		"WARN a Socket Mode connection is lost, it is made anew in ",
	} {
		found := end.log.having(line)
		if len(found) != 1 || strings.Contains(found[0], "in=") || !strings.Contains(found[0], "s err=") {
			t.Errorf("%q: logged %q", line, found)
		}
	}
	until(t, "said of two connections", func() bool { return len(end.log.having("INFO a Socket Mode connection is open open=")) == 2 })
}

package bot

import (
	"fmt"
	"testing"
	"time"

	"github.com/gorilla/websocket"
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

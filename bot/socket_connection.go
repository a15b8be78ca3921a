package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// connection is one connection that Slack has greeted.
type connection struct {
	*Socket
	conn    *websocket.Conn
	writing sync.Mutex
	dead    *time.Timer   // fires when nothing was heard for too long
	told    chan error    // Slack asks us to go; holds one
	lost    chan struct{} // closed when nothing can be read any more
	cause   error         // why; to be read once lost is closed
	leave   sync.Once
	asides  chan func() // answers to what was not begun
}

const (
	// connectLimit is how long it may take until Slack greets us.
	connectLimit = 10 * time.Second
	// steadyAfter is how long a connection must last to count as one: what falls sooner is tried less and less often.
	steadyAfter = time.Minute
	// sendLimit is how long an answer may take to leave: past it nobody reads at the other end.
	sendLimit = 2 * time.Second
	// closeLimit is how long the other end may take to say goodbye too.
	closeLimit = time.Second
	// mostAsides is how many answers to what was not begun may wait to leave.
	mostAsides = 256
	// oneFrame holds every answer that Slack takes (see maxAnswer): an answer in two frames is dropped.
	oneFrame = 32 << 10
)

// connect opens a connection, and returns it once Slack has greeted us.
func (s *Socket) connect(ctx context.Context) (*connection, error) {
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	_, address, err := s.bot.Slack().StartSocketModeContext(ctx)
	if err != nil {
		return nil, fault(OpensSocket, err)
	}
	if strings.HasPrefix(s.bot.SlackURL, "https:") && !strings.HasPrefix(address, "wss:") {
		return nil, errors.New("the address that Slack named for Socket Mode is not encrypted")
	}
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: connectLimit, WriteBufferSize: oneFrame}
	conn, response, err := dialer.DialContext(ctx, address, nil)
	if response != nil && response.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("connect to Slack: status %d", response.StatusCode)
	}
	if err != nil {
		return nil, fmt.Errorf("connect to Slack: %s", network(err))
	}
	conn.SetReadLimit(maxBody)
	c := &connection{Socket: s, conn: conn, told: make(chan error, 1), lost: make(chan struct{}), asides: make(chan func(), mostAsides)}
	// Whatever blocks on the connection ends when it is closed, so a timer does what a deadline would.
	c.dead = time.AfterFunc(connectLimit, func() { _ = conn.Close() })
	if err := c.greeted(ctx); err != nil {
		c.dead.Stop()
		return nil, errors.Join(err, conn.Close())
	}
	s.mu.Lock()
	s.connections[c], s.heard = struct{}{}, s.bot.Now()
	open := len(s.connections)
	s.mu.Unlock()
	s.bot.Log.Info("a Socket Mode connection is open", "open", open)
	if s.Opened != nil {
		s.Opened()
	}
	go c.read()
	go c.beat()
	go c.answerAside()
	return c, nil
}

// greeted waits for Slack's hello until ctx ends, and checks whom it speaks to.
func (c *connection) greeted(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { _ = c.conn.Close() })()
	_, raw, err := c.conn.ReadMessage()
	if err != nil {
		return fmt.Errorf("wait for Slack's hello: %s", network(err))
	}
	first := openEnvelope(raw)
	if first.Type == "disconnect" {
		return &disconnected{first.Reason}
	}
	if first.Type != "hello" {
		return fmt.Errorf("wait for Slack's hello: it began with %.40q", first.Type)
	}
	app := first.Connection.App
	if ours := c.bot.app.Load(); ours != nil && app != "" && app != *ours {
		return &mixedUp{socket: app, bot: *ours}
	}
	if app != "" {
		c.bot.app.CompareAndSwap(nil, &app)
	}
	return nil
}

// read takes what comes until the connection is lost. It never waits for anything else, so that pings are answered
// whatever else is under way.
func (c *connection) read() {
	alive := func() { c.dead.Reset(c.Pulse * 5 / 2) }
	alive()
	pong := c.conn.PingHandler()
	c.conn.SetPingHandler(func(data string) error { alive(); return pong(data) })
	c.conn.SetPongHandler(func(string) error { alive(); return nil })
	for {
		_, raw, err := c.conn.ReadMessage()
		if err != nil {
			c.gone(err)
			return
		}
		alive()
		c.take(raw)
	}
}

// aside has something answered while the reading goes on: another answer that does not leave would hold it up. Where too many
// wait it is dropped, which is to Slack as if we had not been there: it says so to a person, and delivers an event again.
func (c *connection) aside(answer func()) {
	select {
	case c.asides <- answer:
	default:
	}
}

// answerAside works off what was put aside, until the connection is lost. What is left then is answered too: an answer that
// cannot leave this way may by another.
func (c *connection) answerAside() {
	for lost := false; ; {
		select {
		case answer := <-c.asides:
			c.safely(answer)
			continue
		default:
		}
		if lost {
			return
		}
		select {
		case answer := <-c.asides:
			c.safely(answer)
		case <-c.lost:
			lost = true
		}
	}
}

// safely gives an answer that must not end the program.
func (c *connection) safely(answer func()) {
	defer c.survive("")
	answer()
}

// gone notes that the connection is lost.
func (c *connection) gone(err error) {
	late := !c.dead.Stop()
	_ = c.conn.Close()
	c.cause = fmt.Errorf("a connection was lost: %s", network(err))
	if late {
		c.cause = errors.New("a connection was lost: nothing was heard for too long")
	}
	c.mu.Lock()
	delete(c.connections, c)
	c.mu.Unlock()
	close(c.lost)
}

// beat asks the other end, now and then, whether it is still there. That it is not shows in the silence.
func (c *connection) beat() {
	ticker := time.NewTicker(c.Pulse)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			_ = c.conn.WriteControl(websocket.PingMessage, nil, time.Time{})
		case <-c.lost:
			return
		}
	}
}

// wait returns when there should be another connection instead: because this one is lost, because Slack asks for it, or,
// without an error, because we are told to. Steady says that it has lasted.
func (c *connection) wait(ctx context.Context, wake <-chan struct{}) (steady bool, err error) {
	lasted := time.NewTimer(steadyAfter)
	defer lasted.Stop()
	for {
		select {
		case <-lasted.C:
			steady = true
		case <-c.lost:
			return steady, c.cause
		case err := <-c.told:
			return steady, err
		case <-wake:
			return steady, nil
		case <-ctx.Done():
			return steady, ctx.Err()
		}
	}
}

// retire closes a connection that has been replaced, once what has come over it is answered. It may be lost already, or
// nil.
func (c *connection) retire() {
	if c != nil {
		time.AfterFunc(answerLimit, c.close)
	}
}

// close takes leave as the protocol wants it, so that Slack sends nothing more this way.
func (c *connection) close() {
	c.leave.Do(func() {
		cut := time.AfterFunc(closeLimit, func() { _ = c.conn.Close() })
		defer cut.Stop()
		goodbye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
		_ = c.conn.WriteControl(websocket.CloseMessage, goodbye, time.Time{})
		<-c.lost
	})
}

// send sends one message, or says that it did not leave.
func (c *connection) send(message any) error {
	raw, err := json.Marshal(message)
	if err != nil {
		return err
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	stuck := time.AfterFunc(sendLimit, func() { _ = c.conn.Close() })
	defer stuck.Stop()
	return c.conn.WriteMessage(websocket.TextMessage, raw)
}

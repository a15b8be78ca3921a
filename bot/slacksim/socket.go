package slacksim

import (
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

const (
	opening    = "apps.connections.open"
	mostLinks  = 10               // that an app may hold
	ticketLife = 30 * time.Second // on the real clock; Slack gives no figure
	linkLife   = 18060            // seconds that hello promises; here a story ends a connection, and nothing else
	maxAck     = 20480            // bytes, from which on Slack refuses an ack
	pingPause  = 10 * time.Second // Slack gives no figure; clients give up after 30
	linkHost   = "applink-7"
)

// Socket is the switch for Socket Mode in the app's settings: on, everything goes over websockets and nothing by HTTP; off,
// it is the other way round, and connections that are open hear link_disabled.
func (w *Workspace) Socket(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.socket = on
	if !on {
		for _, l := range w.oldest(nil) {
			w.disconnect(l, "link_disabled")
		}
	}
	w.changed()
}

// connectionsOpen gives out the address of a websocket, good for one connection.
func connectionsOpen(r *request) (Object, error) {
	if !r.socket {
		return nil, refuse("socket_mode_not_enabled")
	}
	ticket := random()
	r.tickets[ticket] = r.clock()
	return Object{"url": "ws" + strings.TrimPrefix(r.base, "http") + "/link/?ticket=" + ticket + "&app_id=" + r.team.app}, nil
}

// link is one websocket of the app. The workspace's lock guards it.
type link struct {
	conn    *websocket.Conn
	out     chan frame
	gone    chan struct{} // closed when the connection is
	leaving bool          // the app was told to leave: it gets no more deliveries, its acks still count
	deaf    bool          // half-open: nothing comes through any more, either way
	closed  bool
}

// frame is what waits to be written, pings among it.
type frame struct {
	kind int
	text []byte
}

// Any origin may connect, as to Slack: the ticket is the secret.
var upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}

// serveLink takes a ticket for a websocket.
func (w *Workspace) serveLink(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	ticket := r.FormValue("ticket")
	born, ok := w.tickets[ticket]
	delete(w.tickets, ticket)
	if !ok || w.clock().Sub(born) > ticketLife {
		w.complainLocked("link", "invalid_ticket", nil)
		w.mu.Unlock()
		http.Error(rw, "this ticket was used, or is too old", http.StatusForbidden)
		return
	}
	w.mu.Unlock()
	if conn, err := upgrader.Upgrade(rw, r, nil); err == nil { // on an error it has answered
		w.welcome(conn, r.FormValue("debug_reconnects") == "true")
	}
}

// welcome says hello on a new connection, or that there are too many.
func (w *Workspace) welcome(conn *websocket.Conn, short bool) {
	l := &link{conn: conn, out: make(chan frame, 1024), gone: make(chan struct{})}
	conn.SetReadLimit(1 << 20)
	w.muffle(l)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx.Err() != nil {
		_ = conn.Close()
		return
	}
	full := len(w.ready()) >= w.most
	w.links = append(w.links, l)
	w.work.Go(l.write)
	w.work.Go(func() { w.listen(l) })
	switch {
	case !w.socket:
		w.disconnect(l, "link_disabled")
	case full:
		w.disconnect(l, "too_many_websockets")
	default:
		life := linkLife
		if short {
			life = 360
		}
		w.push(l, websocket.TextMessage, encode(Object{
			"type": "hello", "num_connections": w.open(), "connection_info": Object{"app_id": w.team.app},
			"debug_info": Object{"host": linkHost, "build_number": 1, "approximate_connection_time": life},
		}))
	}
	w.changed()
}

func encode(o Object) []byte {
	text, _ := json.Marshal(o)
	return text
}

// muffle keeps a half-open connection from answering pings and goodbyes.
func (w *Workspace) muffle(l *link) {
	ping, bye := l.conn.PingHandler(), l.conn.CloseHandler()
	l.conn.SetPingHandler(func(text string) error {
		if w.isDeaf(l) {
			return nil
		}
		return ping(text)
	})
	l.conn.SetCloseHandler(func(code int, text string) error {
		if w.isDeaf(l) {
			return nil
		}
		return bye(code, text)
	})
}

func (w *Workspace) isDeaf(l *link) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return l.deaf
}

// push queues something to be written. Who lets a thousand messages lie unread is cut off. The caller holds the lock.
func (w *Workspace) push(l *link, kind int, text []byte) {
	if l.deaf || l.closed {
		return
	}
	select {
	case l.out <- frame{kind, text}:
	default:
		w.cut(l)
	}
}

// write sends what is pushed until the connection ends. After a goodbye the app has three seconds to say its own.
func (l *link) write() {
	defer l.conn.Close()
	for {
		select {
		case f := <-l.out:
			if l.conn.WriteMessage(f.kind, f.text) != nil {
				return
			}
			if f.kind == websocket.CloseMessage {
				late := time.NewTimer(apiTimeout)
				defer late.Stop()
				select {
				case <-late.C:
				case <-l.gone:
				}
				return
			}
		case <-l.gone:
			return
		}
	}
}

// listen takes what the app says until the connection ends.
func (w *Workspace) listen(l *link) {
	for {
		kind, text, err := l.conn.ReadMessage()
		if w.isDeaf(l) {
			l.ignore()
			break
		}
		if err != nil {
			break
		}
		w.hear(l, kind, text)
	}
	_ = l.conn.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unlink(l)
}

// ignore holds a half-open connection until the app gives it up.
func (l *link) ignore() {
	buffer := make([]byte, 4096)
	for {
		if _, err := l.conn.NetConn().Read(buffer); err != nil {
			return
		}
	}
}

// disconnect tells the app to leave; after a warning it may stay for now. The caller holds the lock.
func (w *Workspace) disconnect(l *link, reason string) {
	w.push(l, websocket.TextMessage, encode(Object{"type": "disconnect", "reason": reason, "debug_info": Object{"host": linkHost}}))
	if reason != "warning" {
		w.goodbye(l, websocket.CloseNormalClosure)
	}
}

// goodbye closes a connection in the orderly way. The caller holds the lock.
func (w *Workspace) goodbye(l *link, code int) {
	l.leaving = true
	w.push(l, websocket.CloseMessage, websocket.FormatCloseMessage(code, ""))
	w.changed()
}

// cut ends a connection without a word. The caller holds the lock.
func (w *Workspace) cut(l *link) {
	if tcp, ok := l.conn.NetConn().(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = l.conn.Close()
	w.unlink(l)
}

// unlink forgets a connection. The caller holds the lock.
func (w *Workspace) unlink(l *link) {
	if l.closed {
		return
	}
	l.closed = true
	close(l.gone)
	kept := w.links[:0:0]
	for _, other := range w.links {
		if other != l {
			kept = append(kept, other)
		}
	}
	w.links = kept
	w.changed()
}

// stopLinks ends the workspace's work, and with it all connections.
func (w *Workspace) stopLinks() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stop()
	for _, l := range w.links {
		_ = l.conn.Close()
	}
}

// runPings pings every connection until the workspace closes.
func (w *Workspace) runPings() {
	pause := pingPause
	for {
		var due <-chan time.Time // nil while there are to be none
		if pause > 0 {
			due = time.After(pause)
		}
		select {
		case <-w.ctx.Done():
			return
		case pause = <-w.pings:
		case <-due:
			w.mu.Lock()
			for _, l := range w.links {
				w.push(l, websocket.PingMessage, []byte("Ping from "+linkHost))
			}
			w.mu.Unlock()
		}
	}
}

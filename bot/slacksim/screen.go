package slacksim

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"time"
)

//go:embed screen
var pages embed.FS

// screen is one open page.
type screen struct {
	user    string
	pending map[screenEvent]bool // what to fetch again; guarded by the workspace's lock
	ready   chan struct{}        // holds one token while something is pending
}

// screenEvent tells a page what to fetch again.
type screenEvent struct {
	Type    string `json:"type"` // state, messages or view
	Channel string `json:"channel,omitempty"`
	Thread  string `json:"thread"`
	user    string // whose page; empty: everybody who may see it
}

// touch tells pages and waiting stories that something changed. The caller holds the lock.
func (w *Workspace) touch(e screenEvent) {
	w.changed()
	for s := range w.screens {
		c := w.channels[e.Channel]
		if e.user != "" && e.user != s.user || c != nil && !w.sees(s.user, c) {
			continue
		}
		s.pending[screenEvent{Type: e.Type, Channel: e.Channel, Thread: e.Thread}] = true
		select {
		case s.ready <- struct{}{}:
		default:
		}
	}
}

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// routes are the Web API, the response_urls and the screen.
func (w *Workspace) routes() http.Handler {
	files, err := fs.Sub(pages, "screen")
	if err != nil {
		panic(err) // the folder is embedded
	}
	page := http.NewServeMux()
	page.Handle("GET /", http.FileServerFS(files))
	page.HandleFunc("GET /screen/state", w.serveState)
	page.HandleFunc("GET /screen/messages", w.serveMessages)
	page.HandleFunc("GET /screen/events", w.serveEvents)
	page.HandleFunc("POST /screen/act", w.serveAct)
	guarded := http.NewCrossOriginProtection().Handler(page)
	mux := http.NewServeMux()
	mux.HandleFunc("/api/", w.serveAPI)
	mux.HandleFunc("POST /response/{team}/{secret}", w.serveHook)
	mux.HandleFunc("GET /link/", w.serveLink)
	mux.HandleFunc("/", func(rw http.ResponseWriter, r *http.Request) {
		h := rw.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		guarded.ServeHTTP(rw, r)
	})
	return mux
}

// viewer is the person who looks; without one the first of the people.
func (w *Workspace) viewer(r *http.Request) string {
	if p := w.lookup(r.FormValue("as")); p != nil && r.FormValue("as") != "" {
		return p.ID
	}
	for _, id := range w.order {
		if !w.people[id].Bot {
			return id
		}
	}
	return ""
}

func (w *Workspace) serveState(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	text, err := json.Marshal(w.stateFor(w.viewer(r)))
	w.mu.Unlock()
	writeText(rw, text, err)
}

func writeText(rw http.ResponseWriter, text []byte, err error) {
	if err != nil {
		http.Error(rw, "cannot show this", http.StatusInternalServerError)
		return
	}
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = rw.Write(text)
}

// stateFor is the page without its messages. The caller holds the lock.
func (w *Workspace) stateFor(me string) Object {
	people, channels, commands := []any{}, []any{}, []any{}
	for _, id := range w.order {
		p := w.people[id]
		people = append(people, Object{
			"id": p.ID, "name": p.Name, "real_name": p.RealName, "title": p.Title, "tz": p.TZ, "guest": p.Guest, "bot": p.Bot, "stranger": p.Stranger, "color": w.colour(p.ID),
		})
	}
	if !w.people[me].Bot {
		w.direct(me)
	}
	for _, id := range w.rooms {
		if c := w.channels[id]; w.sees(me, c) {
			channels = append(channels, w.channelFor(me, c))
		}
	}
	for _, c := range w.grant.Features.Commands {
		commands = append(commands, Object{"command": c.Command, "description": c.Text, "usage_hint": c.Hint})
	}
	hue := w.grant.Display.Color
	if hue == "" {
		hue = w.colour(w.team.bot)
	}
	state := Object{
		"team": Object{"name": w.team.name, "domain": w.team.domain}, "app": Object{"name": w.nameOf(w.team.bot), "bot": w.team.bot, "color": hue, "home": w.grant.Features.Home.Enabled},
		"me": me, "people": people, "channels": channels, "commands": commands, "shortcuts": slices.Concat([]shortcut{}, w.grant.Features.Shortcuts),
		"tour": slices.Concat([]TourStep{}, w.tour), "view": nil, "home": nil,
	}
	if stack := w.stacks[me]; len(stack) > 0 {
		v := stack[len(stack)-1]
		shown := w.viewJSON(v)
		shown["errors"] = v.errors
		state["view"] = shown
	}
	if v := w.homes[me]; v != nil {
		state["home"] = w.viewJSON(v)
	}
	return state
}

func (w *Workspace) channelFor(me string, c *channel) Object {
	marks := []any{}
	for _, b := range c.bookmarks {
		marks = append(marks, Object{"id": b.id, "title": b.title, "link": b.link, "emoji": b.emoji})
	}
	unread, mentions, last := 0, 0, ""
	with := c.with
	if with == me {
		with = w.team.bot
	}
	seen := w.read[me+c.id]
	for _, m := range c.messages {
		if m.only != "" && m.only != me {
			continue
		}
		last = m.ts
		if m.user == me || seen != "" && !parseTS(m.ts).After(parseTS(seen)) || m.thread != "" && m.thread != m.ts {
			continue
		}
		unread++
		if c.im || strings.Contains(m.text, "<@"+me) || strings.Contains(m.text, "<!here") || strings.Contains(m.text, "<!channel") {
			mentions++
		}
	}
	return Object{
		"id": c.id, "name": c.name, "kind": c.kind(), "with": with, "archived": c.archived, "topic": c.topic.value, "purpose": c.purpose.value,
		"members": c.memberIDs(), "member": c.members[me], "unread": unread, "mentions": mentions, "bookmarks": marks, "pins": anys(c.pins), "last": last,
	}
}

func (w *Workspace) serveMessages(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	me, c := w.viewer(r), w.channels[r.FormValue("channel")]
	if c == nil || !w.sees(me, c) {
		w.mu.Unlock()
		http.Error(rw, "no such channel", http.StatusNotFound)
		return
	}
	text, err := json.Marshal(Object{"channel": c.id, "messages": w.messagesFor(me, c, r.FormValue("thread"))})
	w.mu.Unlock()
	writeText(rw, text, err)
}

// messagesFor are the last 500 messages of a channel, or a thread with its parent. The caller holds the lock.
func (w *Workspace) messagesFor(me string, c *channel, thread string) []any {
	all := []any{}
	for _, m := range c.messages {
		top := m.thread == "" || m.thread == m.ts
		if m.only != "" && m.only != me || thread == "" && !top && !m.broadcast || thread != "" && m.thread != thread && m.ts != thread {
			continue
		}
		o := w.messageJSON(c, m, false)
		if m.blocks == nil {
			delete(o, "blocks") // the page renders text by itself
		}
		o["edited"], o["ephemeral"], o["pinned"] = m.edited != "", m.only != "", slices.Contains(c.pins, m.ts)
		o["permalink"], o["by_app"], o["reactions"] = w.permalink(c, m), m.byApp, reactionsJSON(m)
		all = append(all, o)
	}
	return all[max(0, len(all)-500):]
}

// serveEvents is the stream of what to fetch again.
func (w *Workspace) serveEvents(rw http.ResponseWriter, r *http.Request) {
	s := &screen{pending: map[screenEvent]bool{}, ready: make(chan struct{}, 1)}
	w.mu.Lock()
	s.user = w.viewer(r)
	w.screens[s] = true
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		delete(w.screens, s)
		w.mu.Unlock()
	}()
	rw.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(rw)
	fmt.Fprint(rw, ": hello\n\n")
	_ = out.Flush()
	beat := time.NewTicker(15 * time.Second)
	defer beat.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-w.ctx.Done():
			return
		case <-beat.C:
			fmt.Fprint(rw, ": still here\n\n")
		case <-s.ready:
			for _, e := range w.drain(s) {
				text, _ := json.Marshal(e)
				fmt.Fprintf(rw, "data: %s\n\n", text)
			}
		}
		if out.Flush() != nil {
			return
		}
	}
}

func (w *Workspace) drain(s *screen) []screenEvent {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []screenEvent
	for e := range s.pending {
		list = append(list, e)
	}
	clear(s.pending)
	return list
}

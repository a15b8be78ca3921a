package slacksim

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Object is one JSON object as it went over the wire.
type Object = map[string]any

// Options say what kind of workspace to open. Manifest, Now and Clock are required by Open.
type Options struct {
	// Manifest is the app manifest (YAML or JSON); only what it grants works.
	Manifest []byte
	// Listen is the address to listen on; empty means a free port on 127.0.0.1.
	Listen string
	// App is the base URL of the app under test; Connect sets it later.
	App string
	// Socket is the switch for Socket Mode; the manifest's socket_mode_enabled turns it on too. Socket the method sets it later.
	Socket bool
	// Now is the scenario's clock.
	Now func() time.Time
	// Clock is the real clock: signatures and trigger ids age by it.
	Clock func() time.Time
	// People are the members; nil means DefaultPeople.
	People []Profile
	// Tour is shown beside the screen.
	Tour []TourStep
	// Redeliver are the pauses before an unanswered event is sent again; nil means Slack's 0, 1 and 5 minutes.
	Redeliver []time.Duration
}

// TourStep is one step of the guided tour on the screen.
type TourStep struct {
	Title   string `json:"title"`
	Text    string `json:"text"`              // mrkdwn
	Try     string `json:"try,omitempty"`     // what to type
	Channel string `json:"channel,omitempty"` // where, by name; a * at its end stands for anything
	As      string `json:"as,omitempty"`      // who, by name
	Press   string `json:"press,omitempty"`   // the label of a button that does it too
	Home    bool   `json:"home,omitempty"`    // in the place of a channel: the Home tab of the app
	Opens   string `json:"opens,omitempty"`   // a channel, named as above: when it is there, the step is done, whoever did it and how
}

// Workspace is one Slack workspace that listens on an address of its own.
type Workspace struct {
	now, clock func() time.Time
	movable    *storyClock // set by New when it made the clock
	redeliver  []time.Duration
	tour       []TourStep
	grant      *manifest
	token      string
	appToken   string
	secret     string
	base       string
	server     *http.Server
	client     *http.Client
	ctx        context.Context
	stop       context.CancelFunc
	work       sync.WaitGroup

	mu       sync.Mutex
	wake     chan struct{} // closed and replaced by changed
	app      string
	team     team
	people   map[string]*Profile // by id
	order    []string            // ids of people, in order of arrival
	channels map[string]*channel // by id
	rooms    []string            // ids of channels, in order of creation
	groups   []*group
	views    map[string]*view   // by id, open ones and homes
	stacks   map[string][]*view // open modals by person, top last
	homes    map[string]*view   // by person
	triggers map[string]*trigger
	hooks    map[string]*hook // response_url by its secret part
	minted   int64
	lastTS   int64 // microseconds, so that no two messages share a ts

	rates      rates
	fault      func(Call) *Fault
	check      func(method string, args map[string]any) error
	calls      []Call
	perMethod  map[string]int
	announced  map[string]bool
	complaints []string

	socket   bool // deliveries go over websockets
	dropping bool // events are dropped: too many came
	tickets  map[string]time.Time
	links    []*link // open websockets, the oldest first
	most     int     // of them
	turn     int     // counts deliveries, so that the links take turns
	receipts map[string]*receipt
	lose     int                // acks to lose
	pings    chan time.Duration // a new pause between pings

	queue   []*delivery // events waiting for their first attempt
	busy    int         // events being sent
	timers  []timer
	screens map[*screen]bool
	read    map[string]string // person + channel → last ts seen on the screen

	t      T // the test that New was given, else nil
	settle []func(context.Context) error
	passed []func(time.Time)
}

type team struct{ id, name, domain, app, bot, botID, other string }

// Open starts a workspace; it is listening when Open returns.
func Open(o Options) (*Workspace, error) { return openWith(o, nil) }

// openWith is Open with the clock that Pass moves, if there is one.
func openWith(o Options, movable *storyClock) (*Workspace, error) {
	if o.Now == nil || o.Clock == nil {
		return nil, errors.New("slacksim: Options.Now and Options.Clock are required")
	}
	grant, err := parseManifest(o.Manifest)
	if err != nil {
		return nil, fmt.Errorf("slacksim: manifest: %w", err)
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("slacksim: %w", err)
	}
	w := build(o, grant)
	w.movable = movable
	w.base = "http://" + l.Addr().String()
	w.Connect(o.App)
	w.server = &http.Server{Handler: w.routes(), ReadHeaderTimeout: 10 * time.Second}
	w.work.Go(func() { _ = w.server.Serve(l) })
	w.work.Go(w.deliverEvents)
	w.work.Go(w.runTimers)
	w.work.Go(w.runPings)
	return w, nil
}

// build makes the workspace and moves its people in.
func build(o Options, grant *manifest) *Workspace {
	ctx, stop := context.WithCancel(context.Background())
	w := &Workspace{
		now: o.Now, clock: o.Clock, redeliver: o.Redeliver, tour: o.Tour, grant: grant,
		token: "xoxb-" + random(), secret: random(), ctx: ctx, stop: stop,
		wake: make(chan struct{}), people: map[string]*Profile{}, channels: map[string]*channel{},
		views: map[string]*view{}, stacks: map[string][]*view{}, homes: map[string]*view{},
		triggers: map[string]*trigger{}, hooks: map[string]*hook{}, rates: newRates(), perMethod: map[string]int{},
		announced: map[string]bool{}, screens: map[*screen]bool{}, read: map[string]string{},
		client: newClient(), socket: o.Socket || grant.Settings.Socket, tickets: map[string]time.Time{}, most: mostLinks,
		receipts: map[string]*receipt{}, pings: make(chan time.Duration),
	}
	if w.redeliver == nil {
		w.redeliver = []time.Duration{0, time.Minute, 5 * time.Minute}
	}
	w.settleIn(o.People)
	w.appToken = "xapp-1-" + w.team.app + "-" + random()
	return w
}

// Close stops listening and delivering; it is safe to call twice.
func (w *Workspace) Close() error {
	w.stopLinks()
	err := w.server.Close()
	w.work.Wait()
	w.client.CloseIdleConnections()
	return err
}

// URL is the address of the screen.
func (w *Workspace) URL() string { return w.base + "/" }

// APIURL is what an app's API address is set to; it ends in "/api/".
func (w *Workspace) APIURL() string { return w.base + "/api/" }

// BotToken is the app's token, made at random by Open.
func (w *Workspace) BotToken() string { return w.token }

// AppToken is the app-level token that opens websockets, made at random by Open.
func (w *Workspace) AppToken() string { return w.appToken }

// SigningSecret is what deliveries are signed with, made at random by Open.
func (w *Workspace) SigningSecret() string { return w.secret }

// BotUser is the id of the app's bot user.
func (w *Workspace) BotUser() string { return w.team.bot }

// TeamID is the id of the workspace.
func (w *Workspace) TeamID() string { return w.team.id }

// AppID is the id of the app.
func (w *Workspace) AppID() string { return w.team.app }

// Connect says where the app listens for HTTP: scheme and host; the paths are the manifest's, or /slack/commands,
// /slack/interactions and /slack/events.
func (w *Workspace) Connect(app string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.client.CloseIdleConnections() // an app that stops would wait for them
	w.app = strings.TrimSuffix(app, "/")
	if u, err := url.Parse(app); err == nil && u.Host != "" {
		w.app = u.Scheme + "://" + u.Host
	}
}

// changed wakes everybody who waits for something to be seen. The caller holds the lock.
func (w *Workspace) changed() {
	close(w.wake)
	w.wake = make(chan struct{})
}

// await blocks until done, which runs under the lock, says so, or the context ends.
func (w *Workspace) await(ctx context.Context, done func() bool) error {
	for {
		w.mu.Lock()
		ok, wake := done(), w.wake
		w.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return ctx.Err()
		case <-w.ctx.Done():
			return w.ctx.Err()
		}
	}
}

// random is 128 bits nobody can guess, in hex.
func random() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return hex.EncodeToString(b)
}

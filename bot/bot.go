package bot

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// Records is what the bot needs of the store about incidents.
type Records interface {
	Change(context.Context, incident.Request, func(incident.Tx) ([]byte, error)) ([]byte, error)
	Incident(context.Context, incident.ID) (*incident.Incident, error)
	InRoom(ctx context.Context, channel string) (incident.ID, error)
	List(context.Context, incident.Filter) ([]*incident.Incident, error)
	Timeline(ctx context.Context, id incident.ID, before int64, limit int) ([]incident.Event, bool, error)
	Event(ctx context.Context, event int64) (incident.ID, incident.Event, error)
	Latest(context.Context, incident.ID, incident.EventKind) (incident.Event, error)
	Search(ctx context.Context, words string, before int64, limit int) ([]incident.Hit, error)
}

// Entries is what the bot needs of the store about single entries and what was recorded about them.
type Entries interface {
	Message(ctx context.Context, id incident.ID, message string) (incident.Event, error)
	Entry(ctx context.Context, id incident.ID, event int64) (incident.Entry, error)
	About(ctx context.Context, id incident.ID, since int64) ([]incident.Event, error)
}

// Reminders is what the bot needs of the store about what is due.
type Reminders interface {
	DueReminders(ctx context.Context, at time.Time, limit int) ([]incident.ID, error)
}

// People is what the bot needs of the store about people and who is in which room.
type People interface {
	Profile(ctx context.Context, handle string) (incident.Profile, error)
	SaveProfiles(context.Context, []incident.Profile) error
	Member(ctx context.Context, id incident.ID, handle string) (seen time.Time, err error)
	Private(context.Context, incident.ID) (bool, error)
	SetMembers(ctx context.Context, id incident.ID, handles []string, at time.Time) error
	PrivateRooms(ctx context.Context, limit int) ([]*incident.Incident, error)
}

// Overviews is what the bot needs of the store to show people where they stand.
type Overviews interface {
	OwnTasks(ctx context.Context, handle string, limit int) ([]incident.Assignment, error)
	Figures(ctx context.Context, since time.Time) ([]*incident.Incident, error)
}

// Store is all of these.
type Store interface {
	Records
	Entries
	Overviews
	People
	Reminders
}

// Options is what a bot is made of.
type Options struct {
	Store         Store
	Slack         func() *slack.Client // asked for each call, because tokens are rotated while the program runs
	SlackURL      string               // base address of the Web API, to tell which answer addresses are Slack's own
	SigningSecret func() string        // several with commas while one is being rotated
	Installation  string               // marks what this installation posted
	Policy        func() *incident.Policy
	Now           func() time.Time
	Log           *slog.Logger
	Meter         Meter // nil: nothing is counted
	Delay         Delay // nil: there is none
}

// Delay tells how long what is sent to Slack now has to wait: since when Slack takes nothing from us (zero: it does), and
// otherwise for how long it wants us to hold back.
type Delay func() (since time.Time, pause time.Duration)

// Meter counts what comes in. Its methods are quick and safe for concurrent use.
type Meter interface {
	// Answered counts one request of Slack that was answered: command, interaction or event, how long that took, and
	// whether it was recorded (else Slack was told so).
	Answered(kind string, took time.Duration, recorded bool)
	// Dropped counts a time for which Slack has said that it drops events.
	Dropped()
	// Refused counts one that was not let in, by one of a few fixed reasons.
	Refused(reason string)
}

// noMeter counts nothing.
type noMeter struct{}

func (noMeter) Answered(string, time.Duration, bool) {}
func (noMeter) Refused(string)                       {}
func (noMeter) Dropped()                             {}

// lists is how many lists are made side by side. Each holds some hundred incidents in memory, and two hundred people may
// ask at the same moment.
const lists = 4

// Bot answers Slack, over HTTP (Handler) and over Socket Mode (NewSocket), both at once where it must. It is safe for use
// by many goroutines.
type Bot struct {
	Options
	replies *replies
	team    atomic.Pointer[team]
	app     atomic.Pointer[string] // the Slack app that we are: learned from our own profile, and from Socket Mode's greeting
	listing chan struct{}          // holds one for each list that is being made
}

// team is who we are in the workspace. It is learned once from Slack, and never changes.
type team struct{ id, enterprise, bot, url string }

// New makes a bot. It speaks to nobody yet.
func New(o Options) (*Bot, error) {
	replies, err := newReplies(o.SlackURL, o.Log)
	if err != nil {
		return nil, err
	}
	if o.Meter == nil {
		o.Meter = noMeter{}
	}
	return &Bot{Options: o, replies: replies, listing: make(chan struct{}, lists)}, nil
}

// Wait returns when no answer is on its way to people any more.
func (b *Bot) Wait() { b.replies.wait() }

// Close waits for the answers that are on their way, and sends no more.
func (b *Bot) Close() { b.replies.close() }

// whoami learns who we are in Slack, once.
func (b *Bot) whoami(ctx context.Context) (*team, error) {
	if known := b.team.Load(); known != nil {
		return known, nil
	}
	found, err := b.Slack().AuthTestContext(ctx)
	if err != nil {
		return nil, fault("auth.test", err)
	}
	b.team.Store(&team{id: found.TeamID, enterprise: found.EnterpriseID, bot: found.UserID, url: found.URL})
	return b.team.Load(), nil
}

// Whoami is the workspace and the bot user that calls are made for, as Slack said once: both hold until the program ends.
func (b *Bot) Whoami(ctx context.Context) (workspace, user string, err error) {
	us, err := b.whoami(ctx)
	if err != nil {
		return "", "", err
	}
	return us.id, us.bot, nil
}

// call is one thing that a person asked for, whatever way it came.
type call struct {
	*Bot
	ctx      context.Context
	who      incident.Person
	standing incident.Standing
	home     string // time zone, IANA's name
	key      string // of the request; the same when it is delivered again
	at       time.Time
	channel  string // where it was asked; "" outside any
	public   bool   // whether that is a public channel, as far as the request tells
	trigger  string // opens a form, within three seconds
	sent     bool   // with a form, which closes where there is nothing to say
	source   string // permalink of the message it is about

	masked []string // kinds of secrets that stood in what the person wrote

	atHome    bool        // asked on the Home tab, which shows what came of it
	onTop     bool        // asked in a window, which stays below what is opened
	before    string      // what goes before the words of a form
	verbTyped command     // what was asked for
	typed     string      // what follows the verb, and the incident where it names one
	incident  incident.ID // the one it is about, once that is known
	inside    bool        // asked in the incident's own room
	recalled  bool        // it was looked whether the request was answered before
}

// stamp is who, when and under which request, for all that this call changes.
func (c *call) stamp() incident.Stamp {
	return incident.Stamp{By: c.who, At: c.at, Request: c.key}
}

// name is how people call somebody, by what the mirror knows.
func (c *call) name(handle string) string { return c.personName(c.ctx, handle) }

// personName is how people call somebody, by what the mirror knows; their handle where it knows nothing.
func (b *Bot) personName(ctx context.Context, handle string) string {
	profile, err := b.Store.Profile(ctx, handle)
	if err != nil || profile.Name == "" {
		return handle
	}
	return profile.Name
}

// zones keeps the time zones that people live in: reading one takes longer than all else that a note needs.
var zones sync.Map

// zone is the caller's own time zone, or UTC.
func (c *call) zone() *time.Location {
	if known, ok := zones.Load(c.home); ok {
		return known.(*time.Location)
	}
	zone, err := time.LoadLocation(c.home)
	if err != nil {
		return time.UTC
	}
	zones.Store(c.home, zone)
	return zone
}

// freshness is how old our knowledge of a room's members may be before it counts for nothing.
const freshness = 5 * time.Minute

// sees is visible for an incident of which nothing else is needed. Of nearly all it is enough that they are not private.
func (c *call) sees(id incident.ID, inside bool) (bool, error) {
	private, err := c.Store.Private(c.ctx, id)
	if err != nil {
		return false, err
	}
	if inside || !private && !c.standing.Outsider() {
		return true, nil
	}
	i, err := c.Store.Incident(c.ctx, id)
	if err != nil {
		return false, err
	}
	return c.visible(i, false)
}

// visible tells whether the caller may learn of an incident; inside says that they spoke in its room just now. Guests and
// people of other workspaces see no more than the rooms that they are in, as everywhere in Slack.
func (c *call) visible(i *incident.Incident, inside bool) (bool, error) {
	outsider := c.standing.Outsider()
	if inside || !i.Private && !outsider {
		return true, nil
	}
	seen, err := c.Store.Member(c.ctx, i.ID, c.who.Handle)
	if err != nil {
		return false, err
	}
	return c.stillIn(i, seen) || !outsider && c.waits(i), nil
}

// waits tells whether the caller may see a private incident because they are about to be invited to its room. Where Slack does not take
// the invitation, that ends as any other look at who is there: they may be nobody by now whom one would let in.
func (c *call) waits(i *incident.Incident) bool {
	opened, _ := strconv.ParseInt(i.Refs[refOpened], 10, 64) // "" where that was before we kept it: long ago
	stuck := i.Refs[incident.RefRoom] != "" && c.Now().Sub(time.Unix(opened, 0)) >= freshness
	return !stuck && i.VisibleTo(c.who.Handle, false)
}

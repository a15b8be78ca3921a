package incident

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Lane is a queue of effects, or one for each person. Within one incident and queue they are delivered in order; no queue waits
// for another.
type Lane string

// The lanes. A tracker and a pager follow with their adapters.
const (
	LaneRoom     Lane = "room"     // the room itself and its card
	LaneWords    Lane = "words"    // what is said in the room: a sick card must not hold it back
	LanePeople   Lane = "people"   // who is in the room
	LaneSigns    Lane = "signs"    // what hangs on the room's door
	LaneAnnounce Lane = "announce" // what those outside see
	LaneDirect   Lane = "direct"   // words to one person
	LaneNews     Lane = "news"     // updates to those who asked to hear of them: each has a queue of their own
	LaneOutside  Lane = "outside"  // words for customers
	LaneReads    Lane = "reads"    // what is read there, not written
	LaneHome     Lane = "home"     // the Home tabs of people: each has a queue of their own
)

// Lanes is all of them.
var Lanes = []Lane{
	LaneRoom, LaneWords, LanePeople, LaneSigns, LaneAnnounce, LaneDirect, LaneNews, LaneOutside, LaneReads, LaneHome,
}

// personal are the lanes with a queue for each person: what one of them does not take holds up nobody else. What goes there goes
// to many, so all else that is due goes first.
var personal = []Lane{LaneNews, LaneHome}

// Personal tells whether each person has a queue of their own in a lane.
func (l Lane) Personal() bool { return slices.Contains(personal, l) }

// EffectKind names something outside that is to be brought in step.
type EffectKind string

// The kinds of effects. Say, Tell, Catch, Amend, Thread, News, Customers and Leave are one-shots: their subject is an event. That
// of a task is its number, that of a Home tab whose it is, that of questions the lane that they were put in.
const (
	EffectRoom         EffectKind = "room"
	EffectCard         EffectKind = "card"
	EffectPin          EffectKind = "pin"
	EffectTopic        EffectKind = "topic"
	EffectInvite       EffectKind = "invite"
	EffectAnnouncement EffectKind = "announcement"
	EffectBookmarks    EffectKind = "bookmarks"
	EffectArchive      EffectKind = "archive"
	EffectLeave        EffectKind = "leave"     // the room that it had before it was closed off, or opened
	EffectCheck        EffectKind = "check"     // what stands outside
	EffectSay          EffectKind = "say"       // to the room
	EffectTell         EffectKind = "tell"      // to the person whom the event names
	EffectCatch        EffectKind = "catch"     // the words of a message that somebody picked
	EffectAmend        EffectKind = "amend"     // what was said of an entry whose words are others now, or none
	EffectTask         EffectKind = "task"      // its message in the room
	EffectHome         EffectKind = "home"      // of one person
	EffectQuestions    EffectKind = "questions" // that were put in one lane: those that are met say so
	EffectThread       EffectKind = "thread"    // an update, below the announcement
	EffectCustomers    EffectKind = "customers" // words for customers, in the channel that they read
	EffectNews         EffectKind = "news"      // an update, to one who asked to hear of them
)

// The refs that rules and the store look at; adapters keep others beside them.
const (
	RefRoom     = "slack.channel"      // id of the channel
	RefRoomName = "slack.channel.name" // the name that it really got, or the one before it did while there is none
	RefOrigin   = "slack.origin"       // channel where it was declared
	RefSource   = "slack.source"       // permalink of the message that it was declared from
	RefInvited  = "slack.invited"      // the room, and who was invited to it: people and groups
	RefCarried  = "slack.carried"      // incidents whose people are still to be invited to this one
	RefRoomless = "slack.roomless"     // set where its room was refused for good, until somebody has it mended
)

// Effect asks to bring one thing outside in step with an incident. It names the thing and carries no payload: whoever
// delivers it reads the present state.
type Effect struct {
	ID       int64
	Incident ID
	Lane     Lane
	Kind     EffectKind
	Subject  string // the event's id for a one-shot, and of news after a slash whom they go to; the number of a task; whose Home tab; else ""
	Request  string // that first asked for it, for logs: one id from what came in to what goes out; "" for what nobody asked
	Attempt  int    // of this delivery, from 1; above 1 the thing may exist already: look before doing it again
	Clean    bool   // nothing of the earlier attempts has reached the outside: there is nothing to look for

	Asked time.Time // when it was owed
	Until time.Time // no call may begin for it later: somebody else may be at it by then; zero: no such bound
}

// What a courier says of a delivery beside what it learned. None of it is kept.
const (
	RefRoomHidden = "tocsin.hidden" // the room that was opened is a private one
	RefInRoom     = "tocsin.inroom" // the room in which all of it is: where that is another by now, it counts for nothing
	RefNoRoom     = "tocsin.noroom" // there was no room, or that one, which is none any more: where another was asked for since, this belongs behind it
)

// Backlog is how long something must have been owed to count as left behind: what is owed now goes before it, and what was
// to be said goes into a summary. An outage that lasts as long is summed up.
const Backlog = 10 * time.Minute

// Event returns the id of the event that a one-shot is about, or 0.
func (e Effect) Event() int64 {
	event, _, _ := strings.Cut(e.Subject, "/")
	id, _ := strconv.ParseInt(event, 10, 64) // "" for what is no one-shot: 0
	return id
}

// Whom returns the handle of the person whom news go to, or "".
func (e Effect) Whom() string {
	_, handle, _ := strings.Cut(e.Subject, "/")
	return handle
}

// Queue is in which row of its lane the effect stands: the name of the lane, and of a personal one whose it is after a slash.
// Within one incident and queue effects are delivered in order.
func (e Effect) Queue() string {
	if !e.Lane.Personal() {
		return string(e.Lane)
	}
	return string(e.Lane) + "/" + cmp.Or(e.Whom(), e.Subject)
}

// LaneOf is the lane of a queue.
func LaneOf(queue string) Lane {
	lane, _, _ := strings.Cut(queue, "/")
	return Lane(lane)
}

// String names the effect for logs: "card of INC-7".
func (e Effect) String() string { return string(e.Kind) + " of " + e.Incident.String() }

// names are what people call the kinds.
var names = map[EffectKind]string{
	EffectPin: "pinning of the card", EffectArchive: "archiving of the room", EffectLeave: "farewell to the room before", EffectCheck: "look at what is missing", EffectInvite: "invitations",
	EffectSay: "message", EffectThread: "update below the announcement", EffectNews: "message to subscribers",
	EffectCustomers: "message to customers", EffectTell: "direct message", EffectTask: "message about a task", EffectHome: "Home tab",
	EffectCatch: "reading of a message", EffectAmend: "correction of a message", EffectQuestions: "mark on a question that is met",
}

// Name is what people call the kind.
func (k EffectKind) Name() string {
	if name, special := names[k]; special {
		return name
	}
	return string(k)
}

// Several tells whether the name of a kind stands for more than one thing: the invitations are late, the card is.
func Several(name string) bool {
	return name == EffectInvite.Name() || name == EffectBookmarks.Name()
}

// Waits names the kind of effect that must be finished first where one was owed earlier, in whichever lane; "" for none. So
// the room is made, and then everything in it side by side.
func (k EffectKind) Waits() EffectKind {
	switch k {
	case EffectRoom, EffectTell, EffectNews, EffectCustomers, EffectHome, EffectQuestions:
		return ""
	case EffectArchive: // which stands behind all words in its lane; afterwards nothing can be said, nor edited
		return EffectCard
	}
	return EffectRoom
}

// lanes says in which lane each kind travels.
var lanes = map[EffectKind]Lane{
	EffectRoom: LaneRoom, EffectCard: LaneRoom, EffectPin: LaneRoom, EffectArchive: LaneWords, EffectCheck: LaneRoom, EffectSay: LaneWords,
	EffectInvite: LanePeople, EffectLeave: LanePeople, EffectTopic: LaneSigns,
	EffectAnnouncement: LaneAnnounce, EffectBookmarks: LaneAnnounce, EffectThread: LaneAnnounce, EffectCustomers: LaneOutside,
	EffectTell: LaneDirect, EffectNews: LaneNews, EffectTask: LaneWords, EffectHome: LaneHome,
	EffectCatch: LaneReads, EffectAmend: LaneWords, // behind the words that it changes
	EffectQuestions: LaneWords, // or the lane that they were put in
}

// everything is what a new room needs, in the order of each lane.
var everything = []EffectKind{
	EffectRoom, EffectCard, EffectPin, EffectInvite, EffectTopic, EffectAnnouncement, EffectBookmarks,
}

// closingOff is a new room, as everything is, but for the announcement: it is taken back, which waits for no room. The room
// before is left when those in it have been invited to the new one.
var closingOff = []EffectKind{
	EffectAnnouncement, EffectRoom, EffectCard, EffectPin, EffectInvite, EffectLeave, EffectTopic, EffectBookmarks, EffectSay,
}

// Hangings is what hangs in the room of an incident, or shows where that is. A room that is not the first owes it anew.
func (i *Incident) Hangings() []Effect {
	e := Event{Kind: EventAccepted, Tasks: i.openNumbers()}
	return slices.DeleteFunc(e.Owes(i.ID), func(owed Effect) bool { return owed.Kind == EffectRoom })
}

// owes is the one table of which event owes what to the outside.
var owes = map[EventKind][]EffectKind{
	EventDeclared:       everything,
	EventBackfilled:     everything, // its room, where one was asked for, with what hangs in it
	EventMoment:         {},
	EventDistrusted:     {EffectTell},
	EventAccepted:       everything,
	EventDeclined:       {EffectTell},
	EventSeverity:       {EffectCard, EffectInvite, EffectTopic, EffectAnnouncement},
	EventTold:           {EffectTell},
	EventTitle:          {EffectCard, EffectTopic, EffectAnnouncement},
	EventService:        {EffectCard, EffectInvite, EffectBookmarks},
	EventStatus:         {EffectCard, EffectTopic, EffectAnnouncement},
	EventRole:           {EffectCard, EffectSay, EffectInvite, EffectTopic, EffectAnnouncement},
	EventSteppedDown:    {EffectCard, EffectSay, EffectTopic, EffectAnnouncement},
	EventJoined:         {},
	EventLeft:           {EffectTell, EffectSay}, // one of them has somebody to tell
	EventBriefed:        {EffectTell},
	EventNote:           {},
	EventUpdate:         {EffectCard, EffectSay, EffectAnnouncement, EffectThread},
	EventCustomersDraft: {EffectSay},
	EventCustomers:      {EffectCustomers},
	EventAccess:         {EffectSay},
	EventAdmitted:       {EffectInvite},
	EventPrivate:        closingOff,
	EventPublic:         append(slices.Clone(everything), EffectLeave, EffectSay),
	EventMisfit:         {EffectLeave},
	EventMitigated:      {EffectCard, EffectSay, EffectTopic, EffectAnnouncement},
	EventResolved:       {EffectCard, EffectSay, EffectTopic, EffectAnnouncement},
	EventClosed:         {EffectCard, EffectSay, EffectTopic, EffectAnnouncement},
	EventArchived:       {EffectQuestions, EffectArchive},
	EventMerged:         {EffectCard, EffectQuestions, EffectSay, EffectAnnouncement, EffectArchive}, // which brings the topic in step, last of all
	EventAbsorbed:       {EffectCard, EffectSay, EffectInvite, EffectAnnouncement},
	EventSeparated:      {EffectCard, EffectAnnouncement},
	EventReopened:       append(slices.Clone(everything), EffectSay),
	EventSimilar:        {EffectSay},
	EventLate:           {EffectTell},
	EventCaughtUp:       {EffectTell},
	EventBuried:         {EffectTell},
	EventReminded:       {EffectTell},
	EventCalled:         {EffectSay},
	EventSnoozed:        {},
	EventTask:           {EffectTask, EffectCard, EffectInvite},
	EventTaskTaken:      {EffectTask, EffectCard, EffectInvite},
	EventTaskDone:       {EffectTask, EffectCard},
	EventTaskDropped:    {EffectTask, EffectCard},
	EventTaskDue:        {EffectTell, EffectTask, EffectCard}, // both mark it as overdue
	EventMend:           {EffectCheck},
	EventMended:         everything,
	EventRetried:        {},
	EventPolicy:         nil,
	EventOutage:         {EffectSay},
	EventClock:          nil,
	EventGap:            nil,
	EventFilled:         nil,
	EventDraft:          {EffectTell},
	EventPicked:         {EffectCatch},
	EventCaught:         {},
	EventUncaught:       {},
	EventEdited:         {},
	EventDeleted:        {},
	EventCorrected:      {EffectCard, EffectAnnouncement, EffectAmend},
	EventStarred:        {},
	EventUnstarred:      {},
	EventMasked:         {EffectTell},
	EventRedacted:       {EffectCard, EffectAnnouncement, EffectAmend},
}

// oneShots are the kinds whose subject is the event that they tell of.
var oneShots = []EffectKind{EffectSay, EffectTell, EffectThread, EffectCustomers, EffectCatch, EffectAmend, EffectLeave}

// Owes lists the effects of an event that has been stored, in the order in which they are to be delivered.
func (e Event) Owes(id ID) []Effect {
	kinds := owes[e.Kind]
	effects := make([]Effect, 0, len(kinds))
	for _, kind := range kinds {
		effect := Effect{Incident: id, Lane: lanes[kind], Kind: kind}
		if slices.Contains(oneShots, kind) {
			effect.Subject = strconv.FormatInt(e.ID, 10)
		}
		switch kind {
		case EffectTask:
			effect.Subject = strings.TrimPrefix(e.To, taskTopics)
		case EffectQuestions:
			effect.Subject = string(effect.Lane)
		}
		effects = append(effects, effect)
	}
	if e.overdue() {
		for _, kind := range []EffectKind{EffectCard, EffectAnnouncement} {
			effects = append(effects, Effect{Incident: id, Lane: lanes[kind], Kind: kind})
		}
	}
	for _, lane := range e.Answers {
		if lane := Lane(lane); lane != lanes[EffectQuestions] || !slices.Contains(kinds, EffectQuestions) {
			effects = append(effects, Effect{Incident: id, Lane: lane, Kind: EffectQuestions, Subject: string(lane)})
		}
	}
	for _, number := range e.Tasks {
		effects = append(effects, Effect{Incident: id, Lane: lanes[EffectTask], Kind: EffectTask, Subject: number})
	}
	for _, handle := range e.Audience {
		subject := strconv.FormatInt(e.ID, 10) + "/" + handle
		effects = append(effects, Effect{Incident: id, Lane: lanes[EffectNews], Kind: EffectNews, Subject: subject})
	}
	return effects
}

// carries names what hangs on a thing of a kind, in the same lane behind it.
var carries = map[EffectKind]EffectKind{EffectCard: EffectPin, EffectAnnouncement: EffectBookmarks}

// Carries is the effect that brings in step what hangs on the thing of this one: a new card is to be pinned.
func (e Effect) Carries() (hanging Effect, some bool) {
	kind, some := carries[e.Kind]
	return Effect{Incident: e.Incident, Lane: lanes[kind], Kind: kind}, some
}

// Deadline is how long after it was owed an effect may take before somebody is told: short enough that a person
// can still do it by hand, long enough for a slow neighbour to answer.
const Deadline = 30 * time.Second

// Flight is how long a call of a program that has ended may still be on its way: whoever looks for what it did sooner than
// that may look too soon, and do it twice.
const Flight = 3 * time.Second

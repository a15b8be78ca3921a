// Package storetest is what every engine of the store must do, as tests.
package storetest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tocsin/incident"
	"tocsin/store"
)

// Run runs the suite, each test on a new, empty store that open makes and closes with the test.
func Run(t *testing.T, open func(*testing.T) *store.Store) {
	suites := []struct {
		name string
		test func(*house)
	}{
		{"request once", requestOnce},
		{"request raced", requestRaced},
		{"refusal keeps nothing", refusalKeepsNothing},
		{"round trip", roundTrip},
		{"one incident a change", oneIncidentAChange},
		{"every field", everyField},
		{"missing", missing},
		{"system", system},
		{"timeline pages", timelinePages},
		{"single events", singleEvents},
		{"messages", messages},
		{"entries about entries", entriesAbout},
		{"redaction", redaction},
		{"lists", lists},
		{"filters", filters},
		{"figures", figures},
		{"tasks", tasks},
		{"homes", homes},
		{"searches", searches},
		{"present words", presentWords},
		{"declared since", declaredSince},
		{"rooms", rooms},
		{"profiles", profiles},
		{"members", members},
		{"members in a change", membersInAChange},
		{"order of a lane", orderOfALane},
		{"waiting for the room", waitingForTheRoom},
		{"asked once until claimed", askedOnce},
		{"asked while it waits", askedWhileItWaits},
		{"a leased one absorbs nothing", leasedAbsorbsNothing},
		{"the most severe go first", mostSevereFirst},
		{"fences", fences},
		{"retry", retry},
		{"furnished", furnished},
		{"learned of a room that was left", learnedOfARoomThatWasLeft},
		{"called nothing any more", calledNothing},
		{"what hangs on another", whatHangsOnAnother},
		{"the archive is last", archiveIsLast},
		{"retry supersedes", retrySupersedes},
		{"bury", bury},
		{"bury what was asked for since", buryAskedSince},
		{"lapse", lapse},
		{"alarm", alarm},
		{"no alarm about alarms", noAlarmAboutAlarms},
		{"next due", nextDue},
		{"wake", wake},
		{"claims side by side", claimsSideBySide},
		{"stats", stats},
		{"open effects", openEffects},
		{"revive", revive},
		{"healthy", healthy},
		{"prune", prune},
		{"verify", verify},
	}
	for _, s := range suites {
		t.Run(s.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a deadlock fails, it does not hang
			defer cancel()
			s.test(&house{T: t, ctx: ctx, Store: open(t), now: start})
		})
	}
}

// start is when the stories begin. Times are whole milliseconds, as the store keeps them.
var start = time.Date(2026, 11, 20, 14, 5, 0, 123e6, time.UTC)

var (
	ada   = incident.Person{Handle: "U1", Name: "Ada"}
	grace = incident.Person{Handle: "U2", Name: "Grace"}
	lanes = incident.Lanes
)

// house is a store under test with a clock that stands still.
type house struct {
	*testing.T
	*store.Store
	ctx context.Context
	now time.Time
}

// ok fails the test on an error.
func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// equal compares, taking an empty list for none.
func (h *house) equal(got, want any) {
	h.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(incident.Ledger{})); diff != "" {
		h.Fatalf("-want +got\n%s", diff)
	}
}

// missing wants a refusal that says that there is no such thing.
func (h *house) missing(err error) {
	h.Helper()
	if incident.CodeOf(err) != incident.Missing {
		h.Fatalf("got %v, want a refusal of code %s", err, incident.Missing)
	}
}

func (h *house) stamp() incident.Stamp { return incident.Stamp{By: ada, At: h.now} }

// change runs a change without a key on one incident.
func (h *house) change(id incident.ID, do func(*incident.Incident) error) {
	h.Helper()
	_, err := h.Change(h.ctx, incident.Request{At: h.now}, func(t incident.Tx) ([]byte, error) {
		i, err := t.Incident(id)
		if err != nil {
			return nil, err
		}
		return nil, do(i)
	})
	h.ok(err)
}

// declare declares an incident with a title, and returns its number.
func (h *house) declare(title string, private bool) incident.ID {
	h.Helper()
	var id incident.ID
	_, err := h.Change(h.ctx, incident.Request{At: h.now}, func(t incident.Tx) ([]byte, error) {
		i, err := incident.Declare(incident.Declaration{Title: title, Private: private, Policy: incident.Defaults()}, h.stamp())
		if err != nil {
			return nil, err
		}
		err = t.Declare(i)
		id = i.ID
		return nil, err
	})
	h.ok(err)
	return id
}

// claim claims all that can be claimed now, for a minute.
func (h *house) claim(only ...incident.Lane) []incident.Effect {
	h.Helper()
	if len(only) == 0 {
		only = lanes
	}
	effects, err := h.Claim(h.ctx, incident.Claim{At: h.now, Lease: time.Minute, Limit: 100, Lanes: only})
	h.ok(err)
	return effects
}

// finish finishes effects; a room is learned to be called C and its number.
func (h *house) finish(effects ...incident.Effect) {
	h.Helper()
	for _, e := range effects {
		var learned incident.Refs
		if e.Kind == incident.EffectRoom {
			learned = incident.Refs{incident.RefRoom: "C" + e.Incident.String()}
		}
		h.ok(h.Finish(h.ctx, e, learned, h.now))
	}
}

// drain delivers everything that is owed.
func (h *house) drain() {
	h.Helper()
	for effects := h.claim(); len(effects) > 0; effects = h.claim() {
		h.finish(effects...)
	}
}

// the picks one effect of a kind out of a claim.
func (h *house) the(kind incident.EffectKind, effects []incident.Effect) incident.Effect {
	h.Helper()
	at := slices.IndexFunc(effects, func(e incident.Effect) bool { return e.Kind == kind })
	if at < 0 {
		h.Fatalf("no %s in %s", kind, kinds(effects))
	}
	return effects[at]
}

// claims wants the kinds of what can be claimed now, in any order, and returns it.
func (h *house) claims(want string) []incident.Effect {
	h.Helper()
	effects := h.claim()
	h.equal(kinds(effects), want)
	return effects
}

// kinds spells the kinds of effects, sorted.
func kinds(effects []incident.Effect) string {
	words := make([]string, len(effects))
	for n, e := range effects {
		words[n] = string(e.Kind)
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// told spells the kinds of an incident's events in order.
func (h *house) told(id incident.ID) string {
	h.Helper()
	events, _, err := h.Timeline(h.ctx, id, 0, 1000)
	h.ok(err)
	words := make([]string, len(events))
	for n, e := range events {
		words[n] = string(e.Kind)
	}
	return strings.Join(words, " ")
}

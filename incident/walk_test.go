package incident

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// state is what the events of an incident tell about it.
type state struct {
	Status                                            Status
	Severity                                          Severity
	Roles                                             map[Role]Person
	Acknowledged, Mitigated, Resolved, Closed, Update time.Time
	Tasks                                             []Task
	Started, Detected                                 time.Time
	DuplicateOf                                       ID
	Private                                           bool
	Title, Service                                    string
}

// fold rebuilds the state from the record alone.
func fold(events []Event) state {
	s := state{Roles: map[Role]Person{}}
	for _, e := range events {
		switch e.Kind {
		case EventDeclared:
			s.Status, s.Severity, s.Started, s.Detected, s.Title = Investigating, Severity(e.To), e.At, e.At, e.Text
		case EventBackfilled:
			s.Status, s.Severity, s.Title = Resolved, Severity(e.To), e.Text
		case EventTitle:
			s.Title = e.Text
		case EventService:
			s.Service = e.To
		case EventMoment:
			s.foldMoment(e)
		case EventSeverity:
			s.Severity = Severity(e.To)
		case EventRole:
			s.Roles[Role(e.To)] = e.Whom
			if Role(e.To) == Commander && s.Acknowledged.IsZero() {
				s.Acknowledged = e.At
			}
		case EventSteppedDown:
			delete(s.Roles, Role(e.To))
		case EventUpdate:
			s.Update = e.At
		case EventPrivate, EventPublic:
			s.Private = e.Kind == EventPrivate
		case EventMitigated:
			s.Mitigated = e.At
		case EventResolved:
			s.Resolved = e.At
			if s.Mitigated.IsZero() {
				s.Mitigated = e.At
			}
		case EventClosed:
			s.Closed = e.At
		case EventMerged:
			s.Closed = e.At
			s.DuplicateOf, _ = ParseID(e.Text)
		case EventReopened:
			s.DuplicateOf = 0
			s.Mitigated, s.Resolved, s.Closed = time.Time{}, time.Time{}, time.Time{}
		}
		s.Tasks = foldTask(s.Tasks, e)
		if e.Kind == EventRedacted {
			s.foldRedacted(events[e.Corrects-1])
		}
		switch e.Kind {
		case EventStatus, EventDistrusted, EventAccepted, EventDeclined, EventResolved, EventClosed, EventMerged, EventReopened:
			s.Status = Status(e.To)
		}
	}
	return s
}

// foldTask is what an event tells of the tasks.
func foldTask(tasks []Task, e Event) []Task {
	number, _ := strconv.Atoi(e.To)
	switch e.Kind {
	case EventTask:
		tasks = append(tasks, Task{Number: number, Title: e.Text, Owner: e.Whom, Due: e.due()})
	case EventTaskTaken:
		tasks[number-1].Owner = e.Whom
	case EventTaskDone:
		tasks[number-1].Done = e.At
	case EventTaskDropped:
		tasks[number-1].Dropped, tasks[number-1].Why = e.At, e.Text
	}
	return tasks
}

// foldMoment takes in a moment. They are recorded in their order, and what is not told apart is as the one beside it.
func (s *state) foldMoment(e Event) {
	switch Moment(e.To) {
	case MomentStarted:
		s.Started, s.Detected = e.Occurred, e.Occurred
	case MomentDetected:
		s.Detected = e.Occurred
	case MomentMitigated:
		s.Mitigated = e.Occurred
	case MomentResolved:
		s.Resolved = e.Occurred
		if s.Mitigated.IsZero() {
			s.Mitigated = e.Occurred
		}
	}
}

func stateOf(i *Incident) state {
	return state{
		i.Status, i.Severity, i.Roles, i.Acknowledged, i.Mitigated, i.Resolved, i.Closed, i.Updated,
		slices.Clone(i.Tasks), i.Started, i.Detected, i.DuplicateOf, i.Private, i.Title, i.Service,
	}
}

// convert changes for whom an incident is: its room is left, and whoever does it comes along.
func convert(t *rapid.T, i *Incident, s Stamp, do func(*Incident, []string, Stamp) error) error {
	room := rapid.SampledFrom([]string{"", "C1", "C2"}).Draw(t, "room")
	if i.Refs[RefRoom] = room; room == "" {
		delete(i.Refs, RefRoom)
	}
	err := do(i, []string{grace.Handle, System.Handle}, s)
	people := strings.Fields(i.Refs[RefPeople])
	switch {
	case err != nil && i.Refs[RefRoom] != room:
		t.Fatalf("a refusal took its room away")
	case err == nil && (i.Refs[RefRoom] != "" || room != "" && !i.HasLeft(room)):
		t.Fatalf("it still has the room that others know: %v", i.Refs)
	case err == nil && (!slices.Contains(people, s.By.Handle) || slices.Contains(people, System.Handle)):
		t.Fatalf("carried over: %q", people)
	case err == nil && !i.VisibleTo(s.By.Handle, false), err == nil && i.Private && i.VisibleTo("U9", false):
		t.Fatalf("seen by others than those who are carried over")
	}
	return err
}

// moves are all that can be done to an incident, drawn at random by the walk.
var moves = []func(*rapid.T, *Incident, Stamp) error{
	func(t *rapid.T, i *Incident, s Stamp) error {
		return i.SetSeverity(rapid.SampledFrom(append(Defaults().Severities, Defaults().Level(Unknown))).Draw(t, "level"), s)
	},
	func(t *rapid.T, i *Incident, s Stamp) error {
		return i.Retitle(rapid.SampledFrom([]string{"x", "payments hang", "  "}).Draw(t, "title"), s)
	},
	func(t *rapid.T, i *Incident, s Stamp) error {
		return i.MoveTo(rapid.SampledFrom([]string{"", "checkout", "payments", strings.Repeat("x", MaxService+1)}).Draw(t, "service"), s)
	},
	func(t *rapid.T, i *Incident, s Stamp) error {
		return i.SetStatus(rapid.SampledFrom([]Status{Triage, Investigating, Identified, Monitoring, Closed}).Draw(t, "status"), s)
	},
	func(t *rapid.T, i *Incident, s Stamp) error {
		role := rapid.SampledFrom([]Role{Commander, Communicator, Scribe}).Draw(t, "role")
		return i.Assign(role, rapid.SampledFrom([]Person{ada, grace, {}}).Draw(t, "person"), s)
	},
	func(t *rapid.T, i *Incident, s Stamp) error {
		role := rapid.SampledFrom([]Role{Commander, Scribe, "liaison"}).Draw(t, "role")
		return i.HandOver(role, rapid.SampledFrom([]Person{ada, grace}).Draw(t, "person"), "they know the cause", s)
	},
	func(t *rapid.T, i *Incident, s Stamp) error {
		role := rapid.SampledFrom([]Role{Commander, Scribe, "liaison"}).Draw(t, "role")
		return i.StepDown(role, Defaults().Level(i.Severity), s)
	},
	func(_ *rapid.T, i *Incident, s Stamp) error { return i.Note("a note", time.Time{}, s) },
	func(_ *rapid.T, i *Incident, s Stamp) error {
		return i.Update("an update", Defaults().Level(i.Severity), s)
	},
	func(_ *rapid.T, i *Incident, s Stamp) error { return i.Mitigate(s) },
	func(_ *rapid.T, i *Incident, s Stamp) error { return i.Resolve(s) },
	func(_ *rapid.T, i *Incident, s Stamp) error { return i.Close(Defaults(), s) },
	func(_ *rapid.T, i *Incident, s Stamp) error {
		return i.Reopen("it is back", Defaults().Level(i.Severity), s)
	},
	func(t *rapid.T, i *Incident, s Stamp) error {
		into := &Incident{
			ID: 99, Kind: i.Kind, Refs: Refs{}, Private: rapid.Bool().Draw(t, "private"), DuplicateOf: rapid.SampledFrom([]ID{0, 0, 5}).Draw(t, "of"),
			Status: rapid.SampledFrom([]Status{Investigating, Resolved, Closed, Triage}).Draw(t, "status"),
		}
		err := i.Merge(into, s)
		if (err == nil) != (into.Duplicates == 1 && len(into.Drain()) == 1) {
			t.Fatalf("both sides or none: %v", err)
		}
		return err
	},
	func(_ *rapid.T, i *Incident, s Stamp) error {
		return i.Separate(&Incident{ID: 99, Duplicates: 1}, "it is another", Defaults().Level(i.Severity), s)
	},
	func(_ *rapid.T, i *Incident, s Stamp) error { return i.Mend(s) },
	func(t *rapid.T, i *Incident, s Stamp) error { return convert(t, i, s, (*Incident).MakePrivate) },
	func(t *rapid.T, i *Incident, s Stamp) error { return convert(t, i, s, (*Incident).MakePublic) },
	func(_ *rapid.T, i *Incident, s Stamp) error { return i.Distrust(Guest, s) },
	func(_ *rapid.T, i *Incident, s Stamp) error { return i.Accept(Defaults().Level(i.Severity), s) },
	func(_ *rapid.T, i *Incident, s Stamp) error { return i.Decline("no incident", s) },
	func(t *rapid.T, i *Incident, s Stamp) error {
		due := rapid.SampledFrom([]time.Time{{}, s.At.Add(20 * time.Minute), s.At}).Draw(t, "due")
		_, err := i.GiveTask("a task", rapid.SampledFrom([]Person{ada, grace, {}}).Draw(t, "owner"), due, s)
		return err
	},
	func(t *rapid.T, i *Incident, s Stamp) error {
		return i.TakeTask(rapid.IntRange(0, 3).Draw(t, "task"), s)
	},
	func(t *rapid.T, i *Incident, s Stamp) error {
		return i.FinishTask(rapid.IntRange(1, 3).Draw(t, "task"), s)
	},
	func(t *rapid.T, i *Incident, s Stamp) error {
		return i.DropTask(rapid.IntRange(1, 3).Draw(t, "task"), "not needed", s)
	},
}

// TestTheRecordTellsTheState walks at random and compares the incident with the fold of its events.
func TestTheRecordTellsTheState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i, err := Declare(Declaration{Title: "x", Policy: Defaults()}, by(ada, 0))
		if rapid.Bool().Draw(t, "over already") {
			times := Times{MomentStarted: by(ada, -9).At, MomentResolved: by(ada, -1).At}
			if rapid.Bool().Draw(t, "all known") {
				times[MomentDetected], times[MomentMitigated] = by(ada, -8).At, by(ada, -2).At
			}
			i, err = Record(Declaration{Title: "x", Policy: Defaults()}, times, by(ada, 0))
		}
		if err != nil {
			t.Fatal(err)
		}
		record := number(nil, i.Drain())
		walked = record
		for n := range rapid.IntRange(1, 60).Draw(t, "steps") {
			before := stateOf(i)
			before.Roles = maps.Clone(i.Roles)
			err := rapid.SampledFrom(slices.Concat(moves, timelineMoves)).Draw(t, "move")(t, i, by(grace, n+1))
			events := i.Drain()
			switch {
			case err == nil && len(events) != 1:
				t.Fatalf("a change has exactly one event, this one has %v", kinds(events))
			case err != nil && (len(events) != 0 || !cmp.Equal(before, stateOf(i))):
				t.Fatalf("a refusal (%v) changed something: %v", err, cmp.Diff(before, stateOf(i)))
			case err != nil && CodeOf(err) == "":
				t.Fatalf("a refusal is for people: %v", err)
			}
			record = number(record, events)
			walked = record
			checkMessage(t, record)
			if diff := cmp.Diff(fold(record), stateOf(i)); diff != "" {
				t.Fatalf("the record tells another story (-record +row):\n%s", diff)
			}
			if i.Status.Open() && i.Status != Triage && (!i.Resolved.IsZero() || !i.Closed.IsZero()) {
				t.Fatalf("%s, and yet resolved at %s", i.Status, i.Resolved)
			}
			if !i.Status.Open() && !i.UpdateDue.IsZero() {
				t.Fatalf("%s, and yet an update is due", i.Status)
			}
			for _, task := range i.Tasks {
				_, asked := i.Reminders[TopicTask(task.Number)]
				over := i.Status == Closed || i.Status == Declined || i.Status == Triage
				if asked != (task.Open() && !task.Due.IsZero() && !over) {
					t.Fatalf("%s, and task %d is asked for: %t: %+v", i.Status, task.Number, asked, task)
				}
			}
			for n, e := range record {
				if e.Occurred.IsZero() || e.Occurred.After(e.At) {
					t.Fatalf("entry %d occurred at %s, recorded at %s: %s", n, e.Occurred, e.At, fmt.Sprint(e))
				}
			}
		}
	})
}

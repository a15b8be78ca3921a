package incident

import (
	"maps"
	"time"
)

// walks are what can be done, by verb, with the entries that it may write; the last ones are what nobody types.
var walks = map[string]struct {
	writes []EventKind
	do     func(w *world, i *Incident) error
	opens  bool // a new one
	free   bool // it refuses nothing, and may write nothing
}{
	"declare":      {writes: []EventKind{EventDeclared, EventTold, EventRole}, do: (*world).declare, opens: true, free: true},
	"drill":        {writes: []EventKind{EventDeclared}, do: func(w *world, _ *Incident) error { return w.begin(Declaration{Kind: Drill}) }, opens: true, free: true},
	"backfill":     {writes: []EventKind{EventBackfilled, EventMoment}, do: (*world).backfill, opens: true},
	"commander":    {writes: []EventKind{EventRole}, do: assign(Commander)},
	"communicator": {writes: []EventKind{EventRole}, do: assign(Communicator)},
	"investigator": {writes: []EventKind{EventRole}, do: assign(Investigator)},
	"mitigator":    {writes: []EventKind{EventRole}, do: assign(Mitigator)},
	"scribe":       {writes: []EventKind{EventRole}, do: assign(Scribe)},
	"handover": {writes: []EventKind{EventRole}, do: func(w *world, i *Incident) error {
		return i.HandOver(pick(w, Commander, Scribe, "liaison"), pick(w, people...), pick(w, "they know the cause", ""), w.now)
	}},
	"stepdown": {writes: []EventKind{EventSteppedDown}, do: func(w *world, i *Incident) error {
		return i.StepDown(pick(w, Commander, Scribe, "liaison"), w.policy.Level(i.Severity), w.now)
	}},
	"severity": {writes: []EventKind{EventSeverity, EventTold}, do: func(w *world, i *Incident) error {
		return i.SetSeverity(pick(w, append(w.policy.Severities, w.policy.Level(Unknown))...), w.now)
	}},
	"title": {writes: []EventKind{EventTitle}, do: func(w *world, i *Incident) error {
		return i.Retitle(pick(w, "checkout is down", "payments hang", ""), w.now)
	}},
	"service": {writes: []EventKind{EventService}, do: func(w *world, i *Incident) error {
		return i.MoveTo(pick(w, "checkout", "payments", ""), w.now)
	}},
	"status": {writes: []EventKind{EventStatus}, do: func(w *world, i *Incident) error {
		return i.SetStatus(pick(w, Triage, Investigating, Identified, Monitoring, Closed), w.now)
	}},
	"note": {writes: []EventKind{EventNote}, do: func(w *world, i *Incident) error {
		err := i.Note(pick(w, "a note", ""), pick(w, time.Time{}, w.now.At.Add(-time.Hour)), w.now)
		if err == nil {
			i.Stir(w.policy, w.now)
		}
		return err
	}},
	"update": {writes: []EventKind{EventUpdate}, do: func(w *world, i *Incident) error {
		return i.Update("an update", w.policy.Level(i.Severity), w.now)
	}},
	"customers": {writes: []EventKind{EventCustomers, EventCustomersDraft}, do: (*world).customers},
	"task":      {writes: []EventKind{EventTask, EventTaskTaken, EventTaskDone, EventTaskDropped}, do: (*world).task},
	"snooze": {writes: []EventKind{EventSnoozed}, do: func(w *world, i *Incident) error {
		return i.Snooze(pick(w, TopicUpdate, TopicCommander, TopicSeverity, TopicArchive, TopicSilence, TopicTask(1)), w.now.At.Add(pick(w, 15*time.Minute, 72*time.Hour)), w.now)
	}},
	"invite": {writes: []EventKind{EventAdmitted}, do: func(w *world, i *Incident) error { return i.Admit(pick(w, people...), w.now) }},
	"access": {writes: []EventKind{EventAccess}, do: func(w *world, i *Incident) error { i.AskAccess("I know the database", w.now); return nil }, free: true},
	"merge":  {writes: []EventKind{EventMerged, EventAbsorbed}, do: func(w *world, i *Incident) error { return i.Merge(w.other(), w.now) }},
	"private": {writes: []EventKind{EventPrivate}, do: func(w *world, i *Incident) error {
		return i.MakePrivate([]string{grace.Handle}, w.now)
	}},
	"public": {writes: []EventKind{EventPublic}, do: func(w *world, i *Incident) error {
		return i.MakePublic([]string{grace.Handle}, w.now)
	}},
	"mend": {writes: []EventKind{EventMend}, do: func(w *world, i *Incident) error { return i.Mend(w.now) }},
	"correct": {writes: []EventKind{EventCorrected}, do: func(w *world, i *Incident) error {
		return i.Correct(w.entry(i), pick(w, "better words", "a note", ""), w.now)
	}},
	"star":      {writes: []EventKind{EventStarred}, do: func(w *world, i *Incident) error { return i.Star(w.entry(i), w.now) }},
	"unstar":    {writes: []EventKind{EventUnstarred}, do: func(w *world, i *Incident) error { return i.Unstar(w.entry(i), w.now) }},
	"redact":    {writes: []EventKind{EventRedacted}, do: func(w *world, i *Incident) error { return i.Redact(w.entry(i), "it names a customer", w.now) }},
	"mitigated": {writes: []EventKind{EventMitigated}, do: func(w *world, i *Incident) error { return i.Mitigate(w.now) }},
	"resolve":   {writes: []EventKind{EventResolved}, do: func(w *world, i *Incident) error { return i.Resolve(w.now) }},
	"close":     {writes: []EventKind{EventClosed}, do: func(w *world, i *Incident) error { return i.Close(w.policy, w.now) }},
	"reopen":    {writes: []EventKind{EventReopened, EventSeparated}, do: (*world).reopen},
	"accept":    {writes: []EventKind{EventAccepted}, do: func(w *world, i *Incident) error { return i.Accept(w.policy.Level(i.Severity), w.now) }},
	"decline":   {writes: []EventKind{EventDeclined}, do: func(w *world, i *Incident) error { return i.Decline(pick(w, "no incident", ""), w.now) }},

	"(a guest)": {writes: []EventKind{EventDistrusted}, do: func(w *world, i *Incident) error { return i.Distrust(Guest, w.now) }},
	"(time)":    {writes: []EventKind{EventReminded, EventCalled, EventTaskDue, EventArchived}, do: (*world).pass, free: true},
	"(coming)": {writes: []EventKind{EventJoined, EventBriefed}, do: func(w *world, i *Incident) error {
		i.Arrive(pick(w, people...), w.now.At, i.Declared, w.now)
		return nil
	}, free: true},
	"(leaving)": {writes: []EventKind{EventLeft}, do: func(w *world, i *Incident) error {
		i.Depart(pick(w, people...), TheRoom, w.now.At, w.now)
		return nil
	}, free: true},
	"(alike)": {writes: []EventKind{EventSimilar}, do: func(w *world, i *Incident) error { i.Resemble(w.other(), w.now); return nil }, free: true},
	"(late)": {writes: []EventKind{EventLate, EventCaughtUp, EventBuried, EventRetried, EventMended}, do: func(w *world, i *Incident) error {
		pick(w,
			func() { i.Late("card", "no answer", w.now.At, w.now) }, func() { i.CaughtUp("card", w.now) }, func() { i.Bury("card", "refused", w.now) },
			func() { i.Retried("card", w.now) }, func() { i.Mended("card", w.now) })()
		return nil
	}, free: true},
}

func assign(role Role) func(*world, *Incident) error {
	return func(w *world, i *Incident) error { return i.Assign(role, pick(w, append(people, Person{})...), w.now) }
}

// other is any incident.
func (w *world) other() *Incident { return w.all[max(0, len(w.all)-1-w.dice.IntN(8))] }

// entry is any entry of an incident, as the timeline shows it.
func (w *world) entry(i *Incident) Entry {
	events := w.records[i.ID]
	return pick(w, Entries(events, events)...)
}

// begin declares an incident, and numbers it as the store would.
func (w *world) begin(d Declaration) error {
	d.Title, d.Policy = pick(w, "checkout is down", "search is slow"), w.policy
	i, err := Declare(d, w.now)
	if err != nil {
		return err
	}
	w.add(i)
	return nil
}

func (w *world) add(i *Incident) {
	i.ID = ID(len(w.all) + 1)
	i.Room = RoomName(w.policy.Channel, i.ID, i.Title)
	w.born[i.ID] = i.Private
	w.all = append(w.all, i)
}

func (w *world) declare(*Incident) error {
	return w.begin(Declaration{
		Private: w.dice.IntN(5) == 0, Leader: pick(w, Person{}, Person{}, ada),
		Severity: pick(w, append(w.policy.Severities, Level{}, w.policy.Level(Unknown))...),
	})
}

func (w *world) backfill(*Incident) error {
	times := Times{MomentStarted: w.now.At.Add(-9 * time.Hour), MomentResolved: w.now.At.Add(-pick[time.Duration](w, 10, 1, 1) * time.Hour)}
	if w.dice.IntN(2) == 0 {
		times[MomentDetected], times[MomentMitigated] = w.now.At.Add(-8*time.Hour), w.now.At.Add(-2*time.Hour)
	}
	i, err := Record(Declaration{Title: "x", Policy: w.policy}, times, w.now)
	if err == nil {
		w.add(i)
	}
	return err
}

// customers writes to them, or approves what was written last.
func (w *world) customers(i *Incident) error {
	if w.dice.IntN(2) == 0 {
		_, err := i.TellCustomers("payments are slow", w.policy, w.now)
		return err
	}
	var draft, posted Event
	for _, e := range w.records[i.ID] {
		switch e.Kind {
		case EventCustomersDraft:
			draft = e
		case EventCustomers:
			posted = e
		}
	}
	return i.ApproveCustomers(draft.ID, draft, posted, w.policy, w.now)
}

func (w *world) task(i *Incident) error {
	n := w.dice.IntN(4) + 1
	return pick(w,
		func() error {
			_, err := i.GiveTask("a task", pick(w, append(people, Person{})...), pick(w, time.Time{}, w.now.At.Add(20*time.Minute), w.now.At), w.now)
			return err
		},
		func() error { return i.TakeTask(n, w.now) }, func() error { return i.FinishTask(n, w.now) },
		func() error { return i.DropTask(n, pick(w, "not needed", ""), w.now) })()
}

// reopen is what the verb does: a duplicate becomes one of its own.
func (w *world) reopen(i *Incident) error {
	why := pick(w, "it is back", "")
	if i.DuplicateOf == 0 {
		return i.Reopen(why, w.policy.Level(i.Severity), w.now)
	}
	return i.Separate(w.all[i.DuplicateOf-1], why, w.policy.Level(i.Severity), w.now)
}

// pass lets time pass, and says what is due.
func (w *world) pass(i *Incident) error {
	w.now = Stamp{By: System, At: w.now.At.Add(time.Duration(w.dice.IntN(5)) * time.Hour)}
	before, asked := maps.Clone(i.Reminders), map[Topic]bool{}
	for topic := range before {
		asked[topic] = i.isDueBy(topic, dueAsked)
	}
	i.Remind(w.policy, w.now)
	for topic, r := range before {
		now, kept := i.Reminders[topic]
		if hours := i.waits(w.policy, topic); hours != nil && !works(hours, w.now.At) && (!kept || now.Step > r.Step) && (!asked[topic] || topic == TopicArchive) {
			w.Errorf("step %d: %s is said at %s, and could wait", w.steps, topic.Name(), w.now.At)
		}
	}
	i.Listen(w.policy, map[string]time.Time{pick(w, people...).Handle: w.now.At}, w.now)
	return nil
}

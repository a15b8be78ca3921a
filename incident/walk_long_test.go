package incident

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// longWalk is how many steps the long walk takes, and longSeed from which seed, so that every run is the same one.
const (
	longWalk = 10000
	longSeed = 20261121
)

// world is a few incidents, and people who do at random what can be typed. Time passes, and what is due is said.
type world struct {
	*testing.T
	dice    *rand.Rand
	policy  *Policy
	now     Stamp
	all     []*Incident
	records map[ID][]Event
	steps   int
	done    map[string]int // what was done, by verb
	refused map[string]int
	born    map[ID]bool // private
}

// people are those who act.
var people = []Person{ada, grace, {Handle: "U0LINUS", Name: "Linus"}, {Handle: "U0MARGARET", Name: "Margaret"}}

// strict is a policy that makes use of all that one can say.
func strict() *Policy {
	p := Defaults()
	p.Severities[0].Tell, p.Severities[0].Escalate, p.Severities[0].Invite = []string{ada.Handle}, []string{grace.Handle}, []string{"U0BOSS"}
	p.Severities[0].Gates, p.Severities[1].Gates = []Gate{GateCommander, GateUpdate}, []Gate{GateSeverity}
	p.Customers.Channel = "C0CUSTOMERS"
	p.Drills.Invite = []string{"U0COACH"}
	p.Hours = &Hours{Days: [7]bool{time.Monday: true, time.Wednesday: true, time.Saturday: true}, From: 20 * time.Hour, To: 10 * time.Hour, Zone: time.UTC}
	return p
}

// pick is one of some, at random.
func pick[V any](w *world, of ...V) V { return of[w.dice.IntN(len(of))] }

// TestTenThousandSteps walks through all that people can type, and through what time brings. After every step each incident
// that was touched has exactly the entries that the step may write, they tell its state, it is in no forbidden one, and all of
// it that is shown outside and has changed is owed.
func TestTenThousandSteps(t *testing.T) {
	w := &world{
		T: t, dice: rand.New(rand.NewPCG(longSeed, 0)), policy: strict(), records: map[ID][]Event{}, born: map[ID]bool{}, done: map[string]int{}, refused: map[string]int{},
	}
	verbs := make([]string, 0, len(walks))
	for verb := range walks {
		verbs = append(verbs, verb)
	}
	slices.Sort(verbs)
	w.now.At = noon
	for w.steps = 1; w.steps <= longWalk; w.steps++ {
		w.now = Stamp{By: pick(w, people...), At: w.now.At.Add(time.Duration(w.dice.IntN(600)) * time.Second), Request: fmt.Sprint(w.steps)}
		w.step(pick(w, verbs...))
	}
	t.Logf("seed=%d steps=%d incidents=%d done=%v", longSeed, longWalk, len(w.all), w.done)
	for _, verb := range verbs {
		if w.done[verb] == 0 || w.refused[verb] == 0 && !walks[verb].free {
			t.Errorf("%s was done %d times and refused %d times: that shows little", verb, w.done[verb], w.refused[verb])
		}
	}
}

// step does one thing to one incident, and looks at all that it may have touched.
func (w *world) step(verb string) {
	w.Helper()
	const spoken, around = 5, 8 // of whom people speak, and who may be touched by it
	if opens := walks[verb].opens; len(w.all) < 2 {
		verb = "declare"
	} else if opens && w.dice.IntN(4) > 0 { // what there is is to become old
		verb = "note"
	}
	near := slices.Clone(w.all[max(0, len(w.all)-around):])
	var i *Incident
	if len(near) > 0 {
		i = pick(w, near[max(0, len(near)-spoken):]...)
		if from := i.DuplicateOf; from != 0 && !slices.Contains(near, w.all[from-1]) {
			near = append(near, w.all[from-1])
		}
	}
	before, looks, were := map[ID]state{}, map[ID]map[EffectKind]string{}, len(w.all)
	for _, other := range near {
		before[other.ID], looks[other.ID] = stateOf(clone(other)), w.looks(other)
	}
	walk := walks[verb]
	err := walk.do(w, i)
	count := w.done
	if err != nil {
		count = w.refused
	}
	count[verb]++
	if err != nil && CodeOf(err) == "" {
		w.Fatalf("step %d: a refusal of %s is for people: %v", w.steps, verb, err)
	}
	for _, other := range append(near, w.all[were:]...) {
		events := other.Drain()
		if err != nil && (len(events) > 0 || !cmp.Equal(before[other.ID], stateOf(other))) {
			w.Fatalf("step %d: the refusal of %s (%v) changed %s: %v", w.steps, verb, err, other.ID, kinds(events))
		}
		for _, e := range events {
			if !slices.Contains(walk.writes, e.Kind) {
				w.Fatalf("step %d: %s wrote %q on %s", w.steps, verb, e, other.ID)
			}
		}
		if err == nil && other == i && len(events) == 0 && !walk.free && !walk.opens {
			w.Fatalf("step %d: %s changed %s and wrote nothing", w.steps, verb, other.ID)
		}
		w.look(other, events, looks[other.ID])
	}
}

// clone is an incident whose roles and tasks change apart.
func clone(i *Incident) *Incident {
	copied := &Incident{Status: i.Status, Severity: i.Severity, Roles: map[Role]Person{}}
	*copied = *i
	copied.Roles = map[Role]Person{}
	for role, p := range i.Roles {
		copied.Roles[role] = p
	}
	return copied
}

// look checks one incident after a step.
func (w *world) look(i *Incident, events []Event, looked map[EffectKind]string) {
	w.Helper()
	if len(events) == 0 {
		return
	}
	w.records[i.ID] = number(w.records[i.ID], events)
	record := w.records[i.ID]
	told := fold(record)
	if !slices.ContainsFunc(record, func(e Event) bool { return e.Kind == EventPrivate || e.Kind == EventPublic }) {
		told.Private = w.born[i.ID] // what an incident was declared as stands beside its record
	}
	if diff := cmp.Diff(told, stateOf(i)); diff != "" {
		w.Fatalf("step %d: the record of %s tells another story (-record +row):\n%s\n%v", w.steps, i.ID, diff, events)
	}
	for _, e := range events {
		if e.Occurred.IsZero() || e.Occurred.After(e.At) || strings.Contains(e.String(), "%!") {
			w.Fatalf("step %d: occurred at %s, recorded at %s: %s", w.steps, e.Occurred, e.At, e)
		}
	}
	for _, wrong := range forbidden(w, i) {
		w.Fatalf("step %d: %s is %s, and yet %s, after %v", w.steps, i.ID, i.Status, wrong, kinds(events))
	}
	owed := map[EffectKind]bool{}
	for _, e := range events {
		for _, effect := range e.Owes(i.ID) {
			owed[effect.Kind] = true
			owed[EffectTopic] = owed[EffectTopic] || effect.Kind == EffectArchive // which brings it in step
		}
	}
	for kind, now := range w.looks(i) {
		if looked != nil && now != looked[kind] && !owed[kind] && i.Status != Triage && i.Status != Declined {
			w.Fatalf("step %d: %v on %s changes what its %s shows, and does not owe it:\n%s\n%s", w.steps, kinds(events), i.ID, kind, looked[kind], now)
		}
	}
}

// looks is what the outside shows of an incident, as far as the rules know.
func (w *world) looks(i *Incident) map[EffectKind]string {
	lead, open := i.Roles[Commander].Name, i.Status.Open()
	topic := fmt.Sprint(i.Status, i.Severity, lead, open && !i.Mitigated.IsZero())
	stands := fmt.Sprint(topic, i.UpdateDue.Unix(), i.Updated.Unix(), i.DuplicateOf, i.Duplicates)
	looks := map[EffectKind]string{
		EffectTopic: topic, EffectAnnouncement: stands, EffectTask: fmt.Sprint(len(i.Tasks)), EffectInvite: "",
		EffectCard: fmt.Sprint(stands, i.Roles, i.openNumbers()),
	}
	for _, handle := range w.policy.Invited(i) {
		if !slices.Contains(strings.Fields(i.Refs["walk.invited"]), handle) {
			i.Refs["walk.invited"] += " " + handle // each is asked once
		}
	}
	looks[EffectInvite] = i.Refs["walk.invited"]
	for _, task := range i.Tasks {
		looks[EffectTask] += fmt.Sprint(" ", task.Title, task.Owner, task.Open())
	}
	return looks
}

// forbidden lists what must not be so.
func forbidden(w *world, i *Incident) (wrong []string) {
	worked := i.Status.Open() && i.Status != Triage
	level := w.policy.Level(i.Severity)
	duplicates := 0
	for _, other := range w.all {
		if other.DuplicateOf == i.ID {
			duplicates++
		}
	}
	kept := func(topic Topic) bool { _, kept := i.Reminders[topic]; return kept }
	for what, is := range map[string]bool{
		"it has a time of its end":                   worked && (!i.Resolved.IsZero() || !i.Closed.IsZero()),
		"an update is due":                           !worked && !i.UpdateDue.IsZero(),
		"nobody is reminded of the update":           kept(TopicUpdate) == i.UpdateDue.IsZero(),
		"nobody, or somebody, is asked to lead":      kept(TopicCommander) != (worked && level.LeadWithin > 0 && i.Roles[Commander].IsZero()),
		"nobody, or somebody, is asked how bad":      kept(TopicSeverity) != (worked && i.Severity == Unknown),
		"silence is listened for":                    kept(TopicSilence) && !worked,
		"its room is to be archived":                 kept(TopicArchive) && (i.Status != Closed || i.Private || i.DuplicateOf != 0),
		"it is a duplicate":                          i.DuplicateOf != 0 && i.Status != Closed,
		"it counts other duplicates than there are":  duplicates != i.Duplicates,
		"it is a duplicate of one of another kind":   i.DuplicateOf != 0 && w.all[i.DuplicateOf-1].Kind != i.Kind,
		"it was mitigated after it was resolved":     !i.Resolved.IsZero() && i.Mitigated.After(i.Resolved),
		"it was resolved after it was closed":        !i.Closed.IsZero() && i.Resolved.After(i.Closed),
		"it was acknowledged before it was declared": !i.Acknowledged.IsZero() && i.Acknowledged.Before(i.Declared),
		"somebody leads who is nobody":               slices.Contains(roleHandles(i), ""),
	} {
		if is {
			wrong = append(wrong, what)
		}
	}
	for _, task := range i.Tasks {
		if kept(TopicTask(task.Number)) != (task.Open() && !task.Due.IsZero() && (worked || i.Status == Resolved)) {
			wrong = append(wrong, fmt.Sprintf("task %d is, or is not, asked for", task.Number))
		}
	}
	return wrong
}

func roleHandles(i *Incident) (handles []string) {
	for _, p := range i.Roles {
		handles = append(handles, p.Handle)
	}
	return handles
}

// TestTheLongWalkKnowsAllVerbs compares what is walked with the one table of verbs.
func TestTheLongWalkKnowsAllVerbs(t *testing.T) {
	reads := []string{"list", "stats", "search", "help", "tasks", "show", "timeline"} // and change nothing
	beside := []string{"subscribe", "unsubscribe"}                                    // change nothing of an incident
	for _, verb := range Defaults().Verbs() {
		if _, walked := walks[verb]; !walked && !slices.Contains(reads, verb) && !slices.Contains(beside, verb) {
			t.Errorf("the long walk does not know %s: give it a row", verb)
		}
	}
}

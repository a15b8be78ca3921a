package incident

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	noon  = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	ada   = Person{Handle: "U0ADA", Name: "Ada"}
	grace = Person{Handle: "U0GRACE", Name: "Grace"}
)

func by(p Person, minutes int) Stamp {
	return Stamp{By: p, At: noon.Add(time.Duration(minutes) * time.Minute), Request: "test"}
}

func declared(t *testing.T) *Incident {
	t.Helper()
	i, err := Declare(Declaration{Title: "checkout is down", Policy: Defaults()}, by(ada, 0))
	if err != nil {
		t.Fatal(err)
	}
	i.ID = 7
	i.Drain()
	return i
}

func kinds(events []Event) []EventKind {
	var list []EventKind
	for _, e := range events {
		list = append(list, e.Kind)
	}
	return list
}

func TestDeclareNeedsOnlyATitle(t *testing.T) {
	i, err := Declare(Declaration{Title: "  checkout \n is   down ", Policy: Defaults()}, by(ada, 0))
	if err != nil {
		t.Fatal(err)
	}
	if i.Title != "checkout is down" || i.Severity != "sev3" || i.Status != Investigating || i.Kind != Real {
		t.Errorf("got %+v", i)
	}
	if want := noon.Add(4 * time.Hour); !i.UpdateDue.Equal(want) {
		t.Errorf("next update due %s, want %s", i.UpdateDue, want)
	}
	if diff := cmp.Diff([]EventKind{EventDeclared}, kinds(i.Drain())); diff != "" {
		t.Error(diff)
	}
	if len(i.Drain()) != 0 {
		t.Error("the ledger hands events out once")
	}
}

func TestDeclareRefuses(t *testing.T) {
	for name, d := range map[string]Declaration{
		"empty": {Title: " \n\t"},
		"long":  {Title: strings.Repeat("x", MaxTitle+1)},
		"essay": {Title: "x", Summary: strings.Repeat("x", MaxSummary+1)},
	} {
		d.Policy = Defaults()
		if _, err := Declare(d, by(ada, 0)); CodeOf(err) != Invalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestLifeOfAnIncident(t *testing.T) {
	i := declared(t)
	policy := Defaults()
	sev1, _ := policy.ParseSeverity("SEV1")
	steps := []struct {
		do   func() error
		want Code
		is   Status
	}{
		{func() error { return i.Close(Defaults(), by(ada, 1)) }, Conflict, Investigating},
		{func() error { return i.Assign(Commander, grace, by(ada, 2)) }, "", Investigating},
		{func() error { return i.Assign(Commander, grace, by(ada, 3)) }, Conflict, Investigating},
		{func() error { return i.Assign(Scribe, Person{}, by(ada, 3)) }, Invalid, Investigating},
		{func() error { return i.SetSeverity(sev1, by(grace, 4)) }, "", Investigating},
		{func() error { return i.SetSeverity(sev1, by(grace, 5)) }, Conflict, Investigating},
		{func() error { return i.SetStatus(Closed, by(grace, 6)) }, Invalid, Investigating},
		{func() error { return i.SetStatus(Identified, by(grace, 6)) }, "", Identified},
		{func() error { return i.SetStatus(Identified, by(grace, 6)) }, Conflict, Identified},
		{func() error { return i.Mitigate(by(grace, 7)) }, "", Identified},
		{func() error { return i.Mitigate(by(grace, 8)) }, Conflict, Identified},
		{func() error { return i.Reopen("why", sev1, by(grace, 8)) }, Conflict, Identified},
		{func() error { return i.Resolve(by(grace, 9)) }, "", Resolved},
		{func() error { return i.Resolve(by(grace, 9)) }, Conflict, Resolved},
		{func() error { return i.Assign(Scribe, ada, by(grace, 9)) }, "", Resolved},
		{func() error { return i.Note("learned", time.Time{}, by(grace, 9)) }, "", Resolved},
		{func() error { return i.Close(Defaults(), by(grace, 10)) }, "", Closed},
		{func() error { return i.Close(Defaults(), by(grace, 10)) }, Conflict, Closed},
		{func() error { return i.Reopen(" ", sev1, by(grace, 11)) }, Invalid, Closed},
		{func() error { return i.Reopen("it is back", sev1, by(grace, 11)) }, "", Investigating},
		{func() error { return i.Resolve(by(grace, 12)) }, "", Resolved},
		{func() error { return i.Decline("no", by(grace, 12)) }, Conflict, Resolved},
		{func() error { return i.Accept(Defaults().Default(), by(grace, 12)) }, Conflict, Resolved},
	}
	for n, step := range steps {
		if err := step.do(); CodeOf(err) != step.want || (err == nil) != (step.want == "") {
			t.Fatalf("step %d: got %v, want code %q", n, err, step.want)
		}
		if i.Status != step.is {
			t.Fatalf("step %d: status is %s, want %s", n, i.Status, step.is)
		}
	}
	if !i.Acknowledged.Equal(by(ada, 2).At) || !i.Mitigated.Equal(by(grace, 12).At) || !i.Closed.IsZero() {
		t.Errorf("moments: %+v", i)
	}
}

func TestARefusalOffersWhatMendsIt(t *testing.T) {
	i := declared(t)
	var refusal *Error
	if err := i.Close(Defaults(), by(ada, 1)); err == nil || !asError(err, &refusal) || len(refusal.Mends) != 1 || refusal.Mends[0] != "resolve" {
		t.Errorf("got %+v", refusal)
	}
	if len(i.Drain()) != 0 {
		t.Error("a refusal leaves no trace")
	}
}

func asError(err error, to **Error) bool { e, ok := err.(*Error); *to = e; return ok } //nolint:errorlint // the rules return it bare

func TestTriage(t *testing.T) {
	i := declared(t)
	if err := i.Distrust(Guest, by(System, 1)); err != nil || i.Status != Triage {
		t.Fatal(err, i.Status)
	}
	if e := i.Drain()[0]; e.Whom != ada || e.Owes(7)[0].Kind != EffectTell {
		t.Errorf("the declarer is told: %+v", e)
	}
	if err := i.Resolve(by(ada, 2)); CodeOf(err) != Conflict {
		t.Error("nothing moves in triage:", err)
	}
	if err := i.Update("x", Level{}, by(ada, 2)); CodeOf(err) != Conflict {
		t.Error("nothing moves in triage:", err)
	}
	if err := i.Accept(Defaults().Default(), by(grace, 3)); err != nil || i.Status != Investigating || i.UpdateDue.IsZero() || i.Reminders[TopicUpdate].Due != i.UpdateDue {
		t.Error(err, i.Status)
	}
	if diff := cmp.Diff(everything, kindsOf(i.Drain()[0].Owes(7))); diff != "" {
		t.Error("accepting owes the whole room:", diff)
	}
	i.Refs[RefRoom] = "C1"
	if err := i.Distrust(Guest, by(System, 4)); CodeOf(err) != Conflict {
		t.Error("what has a room is at work:", err)
	}
}

func kindsOf(effects []Effect) []EffectKind {
	var list []EffectKind
	for _, e := range effects {
		list = append(list, e.Kind)
	}
	return list
}

func TestUpdatesMoveTheDueTime(t *testing.T) {
	i := declared(t)
	policy := Defaults()
	sev1, sev4 := policy.Level("sev1"), policy.Level("sev4")
	if err := i.SetSeverity(sev1, by(ada, 10)); err != nil || !i.UpdateDue.Equal(by(ada, 30).At) {
		t.Errorf("a new cadence counts from the declaration: %v %s", err, i.UpdateDue)
	}
	if err := i.Update("rolling back", sev1, by(ada, 20)); err != nil || !i.UpdateDue.Equal(by(ada, 50).At) {
		t.Errorf("an update starts the cadence again: %v %s", err, i.UpdateDue)
	}
	if err := i.SetSeverity(sev4, by(ada, 25)); err != nil || !i.UpdateDue.IsZero() {
		t.Errorf("sev4 owes none: %v %s", err, i.UpdateDue)
	}
	if err := i.Resolve(by(ada, 60)); err != nil || !i.UpdateDue.IsZero() {
		t.Errorf("nothing is owed after the end: %v %s", err, i.UpdateDue)
	}
	if err := i.Update("all is well", sev1, by(ada, 61)); err != nil || !i.UpdateDue.IsZero() {
		t.Errorf("a last word owes no other: %v %s", err, i.UpdateDue)
	}
}

func TestNotes(t *testing.T) {
	i := declared(t)
	if err := i.Note("the deploy began", noon.Add(-time.Hour), by(ada, 1)); err != nil {
		t.Fatal(err)
	}
	if e := i.Drain()[0]; !e.Occurred.Equal(noon.Add(-time.Hour)) || !e.At.Equal(by(ada, 1).At) {
		t.Errorf("it keeps both times: %+v", e)
	}
	for _, err := range []error{
		i.Note("tomorrow", noon.Add(time.Hour), by(ada, 1)),
		i.Note("   ", time.Time{}, by(ada, 1)),
		i.Note(strings.Repeat("x", MaxText+1), time.Time{}, by(ada, 1)),
	} {
		if CodeOf(err) != Invalid {
			t.Errorf("got %v", err)
		}
	}
}

func TestEveryKindIsToldAndOwed(t *testing.T) {
	for kind := range owes {
		e := Event{ID: 3, Kind: kind, Stamp: by(ada, 0), Text: "text", To: "to", Whom: grace}
		if _, told := tellings[kind]; !told || !strings.HasPrefix(e.String(), "Ada ") {
			t.Errorf("%s has no telling: %q", kind, e)
		}
		for _, effect := range e.Owes(7) {
			if effect.Lane == "" {
				t.Errorf("%s travels in no lane", effect.Kind)
			}
			if oneShot := slices.Contains(oneShots, effect.Kind); oneShot != (effect.Event() == 3) {
				t.Errorf("%s has the subject %q", effect.Kind, effect.Subject)
			}
		}
	}
	if len(owes) != len(tellings) {
		t.Errorf("%d kinds are told, %d are owed", len(tellings), len(owes))
	}
	if got := (Event{Kind: "of tomorrow", Stamp: by(ada, 0), Text: "x"}).String(); got != "Ada of tomorrow x" {
		t.Errorf("history of a newer version stays readable: %q", got)
	}
}

func TestParseID(t *testing.T) {
	for in, want := range map[string]ID{"INC-7": 7, "inc-42": 42, "INC-0": 0, "INC--1": 0, "INC-": 0, "7": 0, "INC-7x": 0, "INC-99999999999999999999": 0} {
		if id, ok := ParseID(in); ok != (want > 0) || ok && id != want {
			t.Errorf("%q: %d %v", in, id, ok)
		}
	}
}

func TestSimilar(t *testing.T) {
	for _, tc := range []struct {
		a, b Incident
		want bool
	}{
		{Incident{Title: "checkout is down"}, Incident{Title: "Checkout down!"}, true},
		{Incident{Title: "checkout is down"}, Incident{Title: "search is down"}, false},
		{Incident{Title: "checkout is down"}, Incident{Title: "the checkout is down for everyone"}, true},
		{Incident{Title: "a", Service: "Pay"}, Incident{Title: "b", Service: "pay"}, true},
		{Incident{Title: "the"}, Incident{Title: "of"}, false},
	} {
		if got := SimilarTo(&tc.a)(&tc.b); got != tc.want {
			t.Errorf("%q and %q: %v", tc.a.Title, tc.b.Title, got)
		}
	}
}

func TestStandings(t *testing.T) {
	for standing, may := range map[Standing]bool{"": true, Member: true, Admin: true, Guest: false, Stranger: false, Bot: false, Gone: false} {
		if err := standing.MayDeclare(); (err == nil) != may {
			t.Errorf("%q: %v", standing, err)
		}
	}
}

func TestPrivateIsForMembers(t *testing.T) {
	i := declared(t)
	if !i.VisibleTo("anyone", false) {
		t.Error("a public one is everybody's")
	}
	i.Private = true
	if !i.VisibleTo(ada.Handle, false) || i.VisibleTo(grace.Handle, false) || !i.VisibleTo(grace.Handle, true) {
		t.Error("before there is a room, only its declarer and members see it")
	}
	i.Refs[RefRoom] = "C1"
	if i.VisibleTo(ada.Handle, false) {
		t.Error("whoever left the room does not see it any more, the declarer too")
	}
}

func TestInvited(t *testing.T) {
	p := Defaults()
	p.Severities[2].Invite = []string{"U0ONCALL", "U0ADA"}
	p.Services = []Service{{Name: "checkout", Owner: "U0OWNER", Invite: []string{"U0DEV"}}}
	i := declared(t)
	i.Service = "Checkout"
	i.Roles[Commander] = grace
	want := []string{"U0ADA", "U0GRACE", "U0OWNER", "U0DEV", "U0ONCALL"}
	if diff := cmp.Diff(want, p.Invited(i)); diff != "" {
		t.Error(diff)
	}
}

// TestReasonsHaveAnEnd: they are shown in messages, which have one.
func TestReasonsHaveAnEnd(t *testing.T) {
	long := strings.Repeat("x", MaxWhy+1)
	over, triage := declared(t), declared(t)
	if err := over.Resolve(by(ada, 1)); err != nil {
		t.Fatal(err)
	}
	triage.Status = Triage
	for what, err := range map[string]error{
		"reopen":  over.Reopen(long, Defaults().Default(), by(ada, 2)),
		"decline": triage.Decline(long, by(ada, 2)),
	} {
		if CodeOf(err) != Invalid || !strings.Contains(err.Error(), "500 characters") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestWhatIsAcceptedIsListenedTo: it may have had a commander before it was sent to triage.
func TestWhatIsAcceptedIsListenedTo(t *testing.T) {
	i := declared(t)
	if err := i.Assign(Commander, ada, by(ada, 1)); err != nil {
		t.Fatal(err)
	}
	if err := i.Distrust(Guest, by(System, 2)); err != nil {
		t.Fatal(err)
	}
	if err := i.Accept(Defaults().Default(), by(grace, 3)); err != nil {
		t.Fatal(err)
	}
	if due := i.Reminders[TopicSilence].Due; !due.Equal(by(ada, 3).At.Add(firstLook)) {
		t.Errorf("first looked at %s", due)
	}
}

// TestNoGroupsToAnExercise, nor to what is over: they are whole teams, of people who are on call.
func TestNoGroupsToAnExercise(t *testing.T) {
	p := Defaults()
	p.Severities[0].Groups = []string{"S0ONCALL"}
	p.Services = []Service{{Name: "checkout", Groups: []string{"S0CHECK"}}}
	for kind, want := range map[Kind]int{Real: 2, Drill: 0, Backfill: 0} {
		if got := p.InvitedGroups(&Incident{Kind: kind, Severity: "sev1", Service: "checkout"}); len(got) != want {
			t.Errorf("%s invites %v", kind, got)
		}
	}
}

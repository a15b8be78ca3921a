package incident

import (
	"testing"
	"time"
)

// TestRenamed: who got a role before it was known what they are called has it still, speaks to customers, and is asked once.
func TestRenamed(t *testing.T) {
	p := Defaults()
	p.Customers.Channel = "C1"
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	before, after := Person{Handle: "U1", Name: "U1"}, Person{Handle: "U1", Name: "Ada Lovelace"}
	i, err := Declare(Declaration{Title: "checkout is down", Policy: p, Leader: before}, Stamp{By: before, At: now})
	if err != nil {
		t.Fatal(err)
	}
	s := Stamp{By: after, At: now}
	if posted, err := i.TellCustomers("We are on it.", p, s); err != nil || !posted {
		t.Errorf("told: %v, %v", posted, err)
	}
	draft := Event{ID: 7, Kind: EventCustomersDraft, Stamp: s, To: string(i.Status), Text: "We are on it."}
	if err := i.ApproveCustomers(draft.ID, draft, Event{}, p, s); err != nil {
		t.Errorf("approved: %v", err)
	}
	if err := i.Assign(Communicator, after, s); err != nil {
		t.Fatal(err)
	}
	task, err := i.GiveTask("put it out", after, now.Add(time.Minute), s)
	if err != nil {
		t.Fatal(err)
	}
	for topic, ask := range map[string]func(step int) ([]Person, time.Duration){
		"an update": func(step int) ([]Person, time.Duration) { return i.updateMissing(p, step) },
		"a task":    func(step int) ([]Person, time.Duration) { return i.taskMissing(task.Number, step) },
	} {
		if _, again := ask(0); topic == "a task" && again != taskAgain {
			t.Errorf("the next who is asked for %s is asked after %s, and is the same", topic, again)
		}
		if whom, _ := ask(1); topic == "an update" && len(whom) > 0 {
			t.Errorf("%v is asked for %s twice", whom, topic)
		}
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

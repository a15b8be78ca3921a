package incident

import "testing"

// TestAPersonIsKnownByTheirHandle, whatever they were called when they took a role: before their profile is known, Slack tells
// a short name.
func TestAPersonIsKnownByTheirHandle(t *testing.T) {
	p := Defaults()
	p.Customers.Channel = "C0CUSTOMERS"
	i := declared(t)
	i.Declarer.Name, i.Roles[Commander] = "ada.l", Person{Handle: ada.Handle, Name: "ada.l"}
	if posted, err := i.TellCustomers("we are on it", p, by(ada, 1)); err != nil || !posted {
		t.Errorf("posted: %v; %v", posted, err)
	}
	i.Roles[Communicator] = Person{Handle: grace.Handle, Name: "g.hopper"}
	if _, err := i.TellCustomers("we are on it", p, by(grace, 1)); err != nil {
		t.Error(err)
	}
	draft := Event{ID: 12, Kind: EventCustomersDraft, To: string(i.Status), Text: "we are on it", Stamp: by(grace, 1)}
	if err := i.ApproveCustomers(12, draft, Event{}, p, by(ada, 2)); err != nil {
		t.Error(err)
	}
	i.Roles[Communicator] = ada // by her other name: asked once, and then the room is
	if whom, _ := i.updateMissing(p, 1); whom != nil {
		t.Errorf("asked twice: %v", whom)
	}
	if _, err := i.GiveTask("restart the queue", ada, by(ada, 9).At, by(ada, 3)); err != nil {
		t.Fatal(err)
	}
	if _, again := i.taskMissing(1, 0); again == patience {
		t.Error("of a task that she has, she is asked as the one who leads, too")
	}
	if e := (Event{Kind: EventRole, Stamp: by(ada, 1), To: "scribe", Whom: Person{Handle: ada.Handle, Name: "ada.l"}}); e.String() != "Ada took the role of scribe" {
		t.Error(e)
	}
}

// TestADraftIsOfItsTime: what was written while the cause was looked for is not what customers read when it is over.
func TestADraftIsOfItsTime(t *testing.T) {
	p := Defaults()
	p.Customers.Channel = "C0CUSTOMERS"
	i := declared(t)
	i.Roles[Commander] = ada
	draft := Event{ID: 12, Kind: EventCustomersDraft, To: string(i.Status), Text: "we are looking into it", Stamp: by(grace, 1)}
	if err := i.Resolve(by(ada, 2)); err != nil {
		t.Fatal(err)
	}
	if err := i.ApproveCustomers(12, draft, Event{}, p, by(ada, 3)); CodeOf(err) != Conflict {
		t.Errorf("got %v", err)
	}
}

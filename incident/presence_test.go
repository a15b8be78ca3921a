package incident

import (
	"testing"
	"time"
)

// TestListenTwice: two replicas that look at one moment tell of a silence once.
func TestListenTwice(t *testing.T) {
	i := declared(t)
	if err := i.Assign(Commander, grace, by(ada, 0)); err != nil {
		t.Fatal(err)
	}
	if err := i.SetSeverity(Defaults().Level("sev1"), by(ada, 0)); err != nil {
		t.Fatal(err)
	}
	i.Drain()
	now := by(System, 0)
	now.At = now.At.Add(time.Hour)
	for range 2 {
		i.Listen(Defaults(), map[string]time.Time{}, now)
	}
	if events := i.Drain(); len(events) != 1 || events[0].Kind != EventCalled || events[0].Text != "commander" {
		t.Errorf("got %v", events)
	}
	if !i.Reminders[TopicSilence].Due.Equal(now.At.Add(45 * time.Minute)) {
		t.Errorf("said again %s", i.Reminders[TopicSilence].Due)
	}
	now.At = now.At.Add(time.Hour)
	i.Listen(Defaults(), map[string]time.Time{grace.Handle: now.At.Add(-time.Minute)}, now)
	if r := i.Reminders[TopicSilence]; len(i.Drain()) != 0 || r.Step != 0 || !r.Due.Equal(now.At.Add(44*time.Minute)) {
		t.Errorf("who speaks ends a silence: %+v", r)
	}
}

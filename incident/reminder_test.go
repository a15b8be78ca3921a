package incident

import (
	"testing"
	"time"
)

// TestNothingIsArchivedAgainstThePolicy: what was closed under a policy that archives stays, once there is one that does not.
func TestNothingIsArchivedAgainstThePolicy(t *testing.T) {
	for name, warned := range map[string]bool{"before the warning": false, "after it": true} {
		i, p := declared(t), Defaults()
		i.Room = "inc-7"
		if err := i.Resolve(by(ada, 1)); err != nil {
			t.Fatal(err)
		}
		if err := i.Close(p, by(ada, 1)); err != nil {
			t.Fatal(err)
		}
		at := i.Reminders[TopicArchive].Due
		if warned {
			i.Remind(p, Stamp{By: System, At: at})
			at = i.Reminders[TopicArchive].Due
		}
		i.Drain()
		p.ArchiveAfter = 0 // never
		for range 2 {
			i.Remind(p, Stamp{By: System, At: at})
			at = at.Add(10 * time.Second)
		}
		if got := kinds(i.Drain()); len(got) > 0 || len(i.Reminders) > 0 {
			t.Errorf("%s: recorded %v, to come %v", name, got, i.Reminders)
		}
	}
}

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

// TestASeverityMovesNoReminderTooFar: the next update is counted from when the incident was taken up, and who has put it off is
// not asked before.
func TestASeverityMovesNoReminderTooFar(t *testing.T) {
	i, p := declared(t), Defaults()
	sev1, sev2, sev4 := p.Level("sev1"), p.Level("sev2"), p.Level("sev4")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	due := func(what string, minutes, reminded int) {
		t.Helper()
		if !i.UpdateDue.Equal(by(ada, minutes).At) || !i.Reminders[TopicUpdate].Due.Equal(by(ada, reminded).At) {
			t.Errorf("%s: due %s, reminded %s", what, i.UpdateDue, i.Reminders[TopicUpdate].Due)
		}
	}
	must(i.SetSeverity(sev1, by(ada, 10)))
	due("raised", 30, 30)
	must(i.Resolve(by(ada, 60)))
	must(i.Reopen("it is back", p.Level("sev3"), by(ada, 6000)))
	must(i.SetSeverity(sev2, by(ada, 6001)))
	due("raised after it was reopened", 6060, 6060)
	must(i.Snooze(TopicUpdate, by(ada, 6200).At, by(ada, 6010)))
	must(i.SetSeverity(sev1, by(ada, 6020)))
	due("raised after it was put off", 6030, 6200)
	must(i.Update("we look", sev1, by(ada, 6050)))
	must(i.SetSeverity(sev2, by(ada, 6060)))
	due("raised after an update", 6110, 6110)
	must(i.SetSeverity(sev4, by(ada, 6070)))
	if r, kept := i.Reminders[TopicUpdate]; kept {
		t.Errorf("no update is owed any more: %v", r)
	}
	must(i.SetSeverity(sev1, by(ada, 6071)))
	due("raised again", 6080, 6080)
	soon := sev2
	soon.Cadence = 20 * time.Minute // as was promised of this once
	must(i.SetSeverity(sev2, by(ada, 6072)))
	must(i.Update("more soon", soon, by(ada, 6080)))
	must(i.SetSeverity(sev1, by(ada, 6085)))
	due("raised after a promise", 6100, 6100)
}

package incident

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// remindedOf lists whom a look at an instant reminds.
func remindedOf(i *Incident, minute int) []string {
	i.Drain()
	i.Remind(Defaults(), by(System, minute))
	var whom []string
	for _, e := range i.Drain() {
		if e.Kind == EventTaskDue {
			whom = append(whom, e.Whom.Name)
		}
	}
	return whom
}

func TestATaskIsAskedFor(t *testing.T) {
	i := declared(t) // by Ada, who leads nothing yet
	task, err := i.GiveTask(" restart  the queue ", grace, by(ada, 20).At, by(ada, 5))
	if err != nil || task.Title != "restart the queue" || task.Number != 1 {
		t.Fatalf("%+v %v", task, err)
	}
	for _, step := range []struct {
		minute int
		want   []string
	}{
		{19, nil},
		{20, []string{"Grace"}},
		{29, nil},
		{30, []string{"Ada"}},
		{89, nil},
		{90, []string{"Grace"}},
	} {
		if got := remindedOf(i, step.minute); !slices.Equal(got, step.want) {
			t.Errorf("after %d minutes: %v, want %v", step.minute, got, step.want)
		}
	}
	if err := i.Resolve(by(ada, 100)); err != nil {
		t.Fatal(err)
	}
	if got := remindedOf(i, 150); !slices.Equal(got, []string{"Ada"}) {
		t.Errorf("a resolved one is still worked on: %v", got)
	}
	if err := i.Close(Defaults(), by(ada, 151)); err != nil {
		t.Fatal(err)
	}
	if got := remindedOf(i, 1500); got != nil {
		t.Errorf("nobody hears of what is closed: %v", got)
	}
	if err := i.Reopen("it is back", Defaults().Default(), by(ada, 1501)); err != nil {
		t.Fatal(err)
	}
	if got := remindedOf(i, 1502); !slices.Equal(got, []string{"Grace"}) {
		t.Errorf("and hears again once it is open: %v", got)
	}
	if err := i.FinishTask(1, by(grace, 1503)); err != nil {
		t.Fatal(err)
	}
	if got := remindedOf(i, 3000); got != nil {
		t.Errorf("it is done: %v", got)
	}
}

func TestTasksAreRefused(t *testing.T) {
	i := declared(t)
	give := func(title string, due time.Time) error {
		_, err := i.GiveTask(title, Person{}, due, by(ada, 1))
		return err
	}
	for want, err := range map[string]error{
		"Say what is to be done": give("  ", time.Time{}),
		"has 201 characters":     give(strings.Repeat("x", MaxTask+1), time.Time{}),
		"is over":                give("x", by(ada, 1).At),
		"within a year":          give("x", by(ada, 1).At.Add(2*farthestDue)),
		"has no task 1":          i.FinishTask(1, by(ada, 1)),
		"has no task 0":          i.TakeTask(0, by(ada, 1)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
	for range MaxTasks {
		if err := give("x", time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := give("x", time.Time{}); CodeOf(err) != Conflict {
		t.Errorf("got %v", err)
	}
	if err := i.DropTask(1, " ", by(ada, 1)); CodeOf(err) != Invalid {
		t.Errorf("got %v", err)
	}
	if err := i.TakeTask(1, by(ada, 1)); err != nil {
		t.Error(err)
	}
	if err := i.TakeTask(1, by(ada, 1)); CodeOf(err) != Conflict {
		t.Errorf("got %v", err)
	}
	if err := i.FinishTask(1, by(ada, 1)); err != nil {
		t.Error(err)
	}
	for _, err := range []error{i.FinishTask(1, by(ada, 2)), i.DropTask(1, "why", by(ada, 2)), i.TakeTask(1, by(grace, 2))} {
		if CodeOf(err) != Conflict || !strings.Contains(err.Error(), "done already") {
			t.Errorf("got %v", err)
		}
	}
	i.Status = Closed
	if err := give("x", time.Time{}); CodeOf(err) != Conflict {
		t.Errorf("got %v", err)
	}
	if err := i.FinishTask(2, by(ada, 3)); err != nil {
		t.Errorf("what is left can be done after the close: %v", err)
	}
}

func TestTheTaskThatIsDueFirstGoesFirst(t *testing.T) {
	i := declared(t)
	for n, due := range []time.Time{{}, by(ada, 40).At, {}, by(ada, 30).At} {
		if _, err := i.GiveTask(string(rune('a'+n)), ada, due, by(ada, 1)); err != nil {
			t.Fatal(err)
		}
	}
	var got string
	for _, task := range i.OpenTasks() {
		got += task.Title
	}
	if got != "dbac" {
		t.Errorf("got %s", got)
	}
}

// TestATaskIsAskedForByTurns: whoever takes it is the first to be asked again, and nobody is asked each hour for ever.
func TestATaskIsAskedForByTurns(t *testing.T) {
	i := declared(t)
	if _, err := i.GiveTask("restart the queue", grace, by(ada, 10).At, by(ada, 1)); err != nil {
		t.Fatal(err)
	}
	if got := remindedOf(i, 10); !slices.Equal(got, []string{"Grace"}) {
		t.Errorf("first: %v", got)
	}
	linus := Person{Handle: "U0LINUS", Name: "Linus"}
	if err := i.TakeTask(1, by(linus, 15)); err != nil {
		t.Fatal(err)
	}
	if got := remindedOf(i, 20); !slices.Equal(got, []string{"Linus"}) {
		t.Errorf("who took it: %v", got)
	}
	asked := 0
	for minute := 30; minute < 7*24*60; minute += 10 {
		asked += len(remindedOf(i, minute))
	}
	if asked < 7 || asked > 30 {
		t.Errorf("asked %d times in a week", asked)
	}
}

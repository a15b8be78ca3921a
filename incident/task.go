package incident

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Task is one thing that is to be done for an incident. Its number is its place among the tasks of the incident, from 1 on,
// and stays its own.
type Task struct {
	Number  int
	Title   string
	Owner   Person    // zero: nobody has taken it
	Due     time.Time // zero: it has no time
	Done    time.Time
	Dropped time.Time
	Why     string // it was dropped
}

// Open tells whether it is still to be done.
func (t Task) Open() bool { return t.Done.IsZero() && t.Dropped.IsZero() }

// Overdue tells whether it should have been done by an instant, and is not.
func (t Task) Overdue(at time.Time) bool { return t.Open() && !t.Due.IsZero() && !t.Due.After(at) }

// Assignment is a task with the incident that it belongs to.
type Assignment struct {
	Incident ID
	Task
}

// Lengths that a task's words may have, in characters, and how many tasks an incident may have: each has a message of its
// own in the room.
const (
	MaxTask  = 200
	MaxWhy   = 500
	MaxTasks = 100
)

// farthestDue is how far ahead a task may be due. What takes longer is no task of an incident.
const farthestDue = 366 * 24 * time.Hour

// GiveTask asks for something to be done, by somebody or whoever takes it, at a time or as soon as it can be.
func (i *Incident) GiveTask(title string, owner Person, due time.Time, s Stamp) (Task, error) {
	if err := i.mustBeWorkedOn("give out a task"); err != nil {
		return Task{}, err
	}
	title = strings.Join(strings.Fields(title), " ")
	switch n := utf8.RuneCountInString(title); {
	case n == 0:
		return Task{}, Refuse(Invalid, "Say what is to be done. For example: task restart the queue @ada in 15m.")
	case n > MaxTask:
		return Task{}, Refuse(Invalid, "That has %d characters, %d fit: say it shorter, and put the rest in a note.", n, MaxTask)
	case len(i.Tasks) >= MaxTasks:
		return Task{}, Refuse(Conflict, "%s has had %d tasks, and cannot have more. Write it down with a note.", i.ID, MaxTasks).Offer("note", "tasks")
	case !due.IsZero() && !due.After(s.At):
		return Task{}, Refuse(Invalid, "A task is due in the future: that time is over.")
	case due.Sub(s.At) > farthestDue:
		return Task{}, Refuse(Invalid, "A task of an incident is due within a year.")
	}
	task := Task{Number: len(i.Tasks) + 1, Title: title, Owner: owner, Due: due}
	i.Tasks = append(i.Tasks, task)
	i.remind(TopicTask(task.Number), due)
	e := Event{Kind: EventTask, Stamp: s, To: strconv.Itoa(task.Number), Text: title, Whom: owner}
	if !due.IsZero() {
		e.From = due.UTC().Format(time.RFC3339Nano)
	}
	i.record(e)
	return task, nil
}

// TakeTask makes whoever asks for it the owner of a task.
func (i *Incident) TakeTask(number int, s Stamp) error {
	if err := i.mustBeWorkedOn("take a task"); err != nil {
		return err
	}
	task, err := i.openTask(number)
	if err != nil {
		return err
	}
	if task.Owner.Handle == s.By.Handle {
		return Refuse(Conflict, "Task %d of %s is yours already.", number, i.ID).Offer(fmt.Sprintf("task done %d", number))
	}
	was := task.Owner
	task.Owner = s.By
	if r, kept := i.Reminders[TopicTask(number)]; kept { // it is theirs now, and they are asked first
		r.Step = 0
		i.Reminders[TopicTask(number)] = r
	}
	i.record(Event{Kind: EventTaskTaken, Stamp: s, From: was.Handle, To: strconv.Itoa(number), Text: task.Title, Whom: s.By})
	return nil
}

// FinishTask says that a task is done, which may be after the incident was closed.
func (i *Incident) FinishTask(number int, s Stamp) error {
	task, err := i.openTask(number)
	if err != nil {
		return err
	}
	task.Done = s.At
	i.remind(TopicTask(number), time.Time{})
	i.record(Event{Kind: EventTaskDone, Stamp: s, To: strconv.Itoa(number), Text: task.Title})
	return nil
}

// DropTask says why a task will not be done.
func (i *Incident) DropTask(number int, why string, s Stamp) error {
	task, err := i.openTask(number)
	if err != nil {
		return err
	}
	if why, err = cleanWhy(why, fmt.Sprintf("it need not be done: task drop %d <reason>", number)); err != nil {
		return err
	}
	task.Dropped, task.Why = s.At, why
	i.remind(TopicTask(number), time.Time{})
	i.record(Event{Kind: EventTaskDropped, Stamp: s, To: strconv.Itoa(number), Text: why})
	return nil
}

// redactTask takes words of a task out that an entry has put there, and returns its number, if there were any.
func (i *Incident) redactTask(e Event) (numbers []string) {
	number, err := strconv.Atoi(e.To)
	if _, known := i.Task(number); err != nil || !known {
		return nil
	}
	task := &i.Tasks[number-1]
	switch e.Kind {
	case EventTask, EventTaskTaken, EventTaskDone:
		task.Title = "(redacted)"
	case EventTaskDropped:
		task.Why = "(redacted)"
	default:
		return nil
	}
	return []string{e.To}
}

// Task is one task by its number.
func (i *Incident) Task(number int) (Task, bool) {
	if number < 1 || number > len(i.Tasks) {
		return Task{}, false
	}
	return i.Tasks[number-1], true
}

// OpenTasks are the tasks that are still to be done: the one that is due first goes first, those without a time last.
func (i *Incident) OpenTasks() []Task {
	open := slices.DeleteFunc(slices.Clone(i.Tasks), func(t Task) bool { return !t.Open() })
	slices.SortStableFunc(open, SoonestFirst)
	return open
}

// SoonestFirst orders tasks by when they are due, those without a time last.
func SoonestFirst(a, b Task) int {
	switch {
	case a.Due.IsZero() && b.Due.IsZero():
		return 0
	case a.Due.IsZero():
		return 1
	case b.Due.IsZero():
		return -1
	}
	return a.Due.Compare(b.Due)
}

// openNumbers are the numbers of the tasks that are still to be done.
func (i *Incident) openNumbers() (numbers []string) {
	for _, task := range i.OpenTasks() {
		numbers = append(numbers, strconv.Itoa(task.Number))
	}
	return numbers
}

func (i *Incident) openTask(number int) (*Task, error) {
	task, known := i.Task(number)
	switch {
	case !known:
		return nil, Refuse(Missing, "%s has no task %d. All of them: tasks.", i.ID, number).Offer("tasks")
	case !task.Done.IsZero():
		return nil, Refuse(Conflict, "Task %d of %s is done already.", number, i.ID).Offer("tasks")
	case !task.Dropped.IsZero():
		return nil, Refuse(Conflict, "Task %d of %s was dropped: %s", number, i.ID, task.Why).Offer("tasks")
	}
	return &i.Tasks[number-1], nil
}

// taskTopics is how the topics of tasks begin; the number of the task follows.
const taskTopics = "task/"

// TopicTask is the topic of a task that is due.
func TopicTask(number int) Topic { return Topic(taskTopics + strconv.Itoa(number)) }

// Task is the number of the task that a topic is about; ok is false for any other topic.
func (t Topic) Task() (number int, ok bool) {
	digits, ok := strings.CutPrefix(string(t), taskTopics)
	number, err := strconv.Atoi(digits)
	return number, ok && err == nil
}

// taskAgain is how long those who were asked for a task have before they are asked again: twice as long each time that they were
// asked so often.
const (
	taskAgain = time.Hour
	taskOften = 4
)

// taskMissing asks the owner of a task for it, then who leads, and so on by turns.
func (i *Incident) taskMissing(number, step int) (whom []Person, again time.Duration) {
	task, _ := i.Task(number)
	asked := distinct(task.Owner, i.responsible())
	if len(asked) == 0 {
		return nil, taskAgain
	}
	again = taskAgain << min(step/taskOften, doublings)
	if step+1 < len(asked) {
		again = patience
	}
	n := step % len(asked)
	return asked[n : n+1], again
}

// awaitTasks sets when somebody is reminded of each open task that has a time. What is closed is not asked about any more,
// and is again when it is reopened.
func (i *Incident) awaitTasks() {
	for _, task := range i.Tasks {
		topic := TopicTask(task.Number)
		_, kept := i.Reminders[topic]
		if waits := task.Open() && !task.Due.IsZero() && (i.Status.Open() && i.Status != Triage || i.Status == Resolved); waits != kept {
			due := task.Due
			if !waits {
				due = time.Time{}
			}
			i.remind(topic, due)
		}
	}
}

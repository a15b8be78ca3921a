package bot

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// taskFields are what the form of a task asks for beside what is to be done.
var taskFields = []field{
	{id: "due", label: "By when", choices: []string{"15m", "30m", "1h", "2h", "4h", "1d"}, after: "in", none: "As soon as it can be"},
	{id: "owner", label: "Who does it", person: true, none: "Whoever takes it"},
}

// taskVerbs are what can be done about a task that was given out: each is typed as "task done 2", and what follows the number
// are words about it.
var taskVerbs = map[string]struct {
	do   func(i *incident.Incident, number int, why string, s incident.Stamp) error
	done markup
}{
	"done": {func(i *incident.Incident, n int, _ string, s incident.Stamp) error { return i.FinishTask(n, s) }, "is done"},
	"take": {func(i *incident.Incident, n int, _ string, s incident.Stamp) error { return i.TakeTask(n, s) }, "is yours"},
	"drop": {func(i *incident.Incident, n int, why string, s incident.Stamp) error { return i.DropTask(n, why, s) }, "is dropped"},
}

// task gives out a task, "restart the queue @user in 15m", or changes one: "done 2", "take 2", "drop 2 why".
func (c *call) task(args string) (answer, error) {
	word, rest := cutWord(args)
	verb, known := taskVerbs[strings.ToLower(word)]
	digits, why := cutWord(rest)
	number, err := strconv.Atoi(strings.TrimPrefix(digits, "#"))
	_, alone := strconv.Atoi(strings.TrimPrefix(word, "#"))
	switch {
	case rest == "" && (known || alone == nil): // "done", or "2": which, or what of it
		return c.tasks("")
	case !known || err != nil: // "drop the cache" is a task
		return c.giveTask(args)
	}
	if strings.EqualFold(word, "drop") && why == "" {
		return c.openDropForm(number)
	}
	why = readable(why, c.name)
	return c.rule(func(i *incident.Incident) (answer, error) {
		if err := verb.do(i, number, why, c.stamp()); err != nil {
			return answer{}, err
		}
		task, _ := i.Task(number)
		return heard(markup(fmt.Sprintf("Task %d of %s ", number, i.ID)) + verb.done + ": " + short(task.Title, 300)), nil
	})
}

// giveTask reads who is to do it by when off the end of the words, in either order.
func (c *call) giveTask(args string) (answer, error) {
	due, text, timed, err := futureTime(args, c.at, c.zone())
	var owner incident.Person
	if at := strings.LastIndexByte(text, ' '); typedPerson.MatchString(text[at+1:]) {
		owner, _ = c.person(text[at+1:])
		text = text[:max(at, 0)]
	}
	if !timed { // it may stand before the person
		due, text, timed, err = futureTime(text, c.at, c.zone())
	}
	if err != nil {
		return answer{}, err
	}
	if err := c.mayHold(owner); err != nil {
		return answer{}, err
	}
	if !timed {
		due = time.Time{}
	}
	title := readable(text, c.name)
	return c.rule(func(i *incident.Incident) (answer, error) {
		task, err := i.GiveTask(title, owner, due, c.stamp())
		if err != nil {
			return answer{}, err
		}
		reply := markup(fmt.Sprintf("Task %d of %s: ", task.Number, i.ID)) + bold(short(task.Title, 600)) + forWhom(task)
		if timed {
			reply += ", due " + clock(due) + markup(" ("+due.In(c.zone()).Format("2 Jan 15:04 MST")+")")
		}
		return heard(reply + "."), nil
	})
}

func forWhom(t incident.Task) markup {
	if t.Owner.IsZero() {
		return ""
	}
	return ", for " + mention(t.Owner.Handle)
}

// openDropForm asks why a task need not be done.
func (c *call) openDropForm(number int) (answer, error) {
	c.before = fmt.Sprintf("drop %d ", number)
	return c.openForm(command{
		name: "task", room: true, args: c.before + "why", button: "Drop a task", form: cutRunes(fmt.Sprintf("Why need task %d not be done?", number), 100),
	})
}

// tasks lists the tasks of an incident: those that are open with a button each, then what became of the others.
func (c *call) tasks(string) (answer, error) {
	const shown, ended = 15, 8
	i, err := c.Store.Incident(c.ctx, c.incident)
	if err != nil {
		return answer{}, err
	}
	open := i.OpenTasks()
	head := markup(fmt.Sprintf("%d open tasks of %s", len(open), i.ID))
	if len(open) == 1 {
		head = markup("1 open task of " + i.ID.String())
	}
	blocks := []slack.Block{section(bold(head))}
	for _, task := range open[:min(shown, len(open))] {
		blocks = append(blocks, c.taskLine(incident.Assignment{Incident: i.ID, Task: task}, ""))
	}
	if more := len(open) - shown; more > 0 {
		blocks = append(blocks, contextLine(markup(fmt.Sprintf("and %d more", more))))
	}
	over := slices.DeleteFunc(slices.Clone(i.Tasks), incident.Task.Open)
	for _, task := range over[max(0, len(over)-ended):] {
		blocks = append(blocks, section(taskWords(task, c.at, inList)))
	}
	if len(i.Tasks) == 0 {
		blocks = append(blocks, contextLine("Give one out: `/incident task restart the queue @user in 15m`"))
	}
	if i.Status.Open() || i.Status == incident.Resolved {
		blocks = append(blocks, slack.NewActionBlock("", button("task", i.ID, "")))
	}
	return show(head, blocks...)
}

// taskLine is an open task with the button that is most likely wanted, and perhaps what it belongs to.
func (c *call) taskLine(a incident.Assignment, of markup) slack.Block {
	verb := "done"
	if a.Owner.IsZero() {
		verb = "take"
	}
	return slack.NewSectionBlock(mrkdwn(taskWords(a.Task, c.at, inList)+of), nil, slack.NewAccessory(taskButton(a.Incident, a.Task, verb)))
}

func taskButton(id incident.ID, task incident.Task, verb string) *slack.ButtonBlockElement {
	b := button("task", id, fmt.Sprintf("%s %d", verb, task.Number))
	b.ActionID, b.Text = "do:task:"+verb, plain(title(verb))
	if verb == "take" && !task.Owner.IsZero() {
		b.Text = plain("Take over")
	}
	return b
}

// How much of a task's words is shown in a list, and where it has the message for itself.
const (
	inList = 150
	alone  = 1000
)

// taskWords is a task in a line, as it stands at an instant.
func taskWords(t incident.Task, at time.Time, limit int) markup {
	line := markup(fmt.Sprintf("*Task %d* ", t.Number)) + short(t.Title, limit)
	owner := markup("nobody has taken it yet")
	if !t.Owner.IsZero() {
		owner = mention(t.Owner.Handle)
	}
	switch {
	case !t.Done.IsZero():
		return ":white_check_mark: " + line + " · done " + clock(t.Done)
	case !t.Dropped.IsZero():
		return ":wastebasket: " + line + " · dropped " + clock(t.Dropped) + ": " + short(t.Why, limit)
	case t.Overdue(at):
		return ":warning: " + line + " · " + owner + " · " + bold("was due "+clock(t.Due))
	case !t.Due.IsZero():
		return ":white_large_square: " + line + " · " + owner + " · due " + clock(t.Due)
	}
	return ":white_large_square: " + line + " · " + owner
}

// openTasks is the card's line about what is still to be done, with the way to all of it; none where nothing is.
func openTasks(i *incident.Incident, at time.Time) []slack.Block {
	open := i.OpenTasks()
	if len(open) == 0 {
		return nil
	}
	line := markup(fmt.Sprintf("%d open", len(open)))
	var late []markup
	for _, task := range open {
		if task.Overdue(at) {
			late = append(late, markup(strconv.Itoa(task.Number)+" ")+short(task.Title, 80))
		}
	}
	if len(late) > 0 {
		line += ", :warning: overdue: " + join(late[:min(3, len(late))], "; ")
	}
	if more := len(late) - 3; more > 0 {
		line += markup(fmt.Sprintf(" and %d more", more))
	}
	return []slack.Block{slack.NewSectionBlock(mrkdwn(bold("Tasks")+" "+line), nil, slack.NewAccessory(button("tasks", i.ID, "")))}
}

// leftOpen names the tasks that a closed incident leaves behind.
func leftOpen(i *incident.Incident) markup {
	open := i.OpenTasks()
	if len(open) == 0 {
		return ""
	}
	names := make([]markup, min(5, len(open)))
	for n := range names {
		names[n] = markup(strconv.Itoa(open[n].Number)+" ") + short(open[n].Title, 100)
	}
	line := " Its open tasks stay: " + join(names, "; ")
	if more := len(open) - len(names); more > 0 {
		line += markup(fmt.Sprintf(" and %d more", more))
	}
	return line + "."
}

// refTask keeps the timestamp of the message about each task.
const refTask = "slack.task."

// postTask posts the message about a task, or edits it.
func (e *errand) postTask() (incident.Refs, error) {
	number, _ := strconv.Atoi(e.effect.Subject)
	task, known := e.i.Task(number)
	ref := refTask + e.effect.Subject
	ended := task.Done
	if ended.IsZero() {
		ended = task.Dropped
	}
	if e.roomID() == "" || !known || e.i.Refs[ref] == "" && !task.Open() && e.Now().Sub(ended) > incident.Backlog {
		return nil, nil // an outage kept it back until it was over: nobody needs to hear of it now
	}
	given := markup(fmt.Sprintf("Task %d of %s: ", number, e.i.ID)) + short(task.Title, 300)
	p := post{
		what: fmt.Sprintf("%s task %d", e.i.ID, number), channel: e.roomID(), since: e.i.Declared,
		text: given + forWhom(task), blocks: []slack.Block{section(taskWords(task, e.Now(), alone))}, stands: true,
	}
	if task.Open() {
		p.blocks = append(p.blocks, taskActions(e.i.ID, task))
	}
	ts, err := e.i.Refs[ref], error(nil)
	if ts != "" {
		ts, err = e.edit(p, ts)
	} else {
		ts, err = e.send(p)
	}
	if refusedWith(err, "is_archived") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return incident.Refs{ref: ts}, nil
}

// taskActions are the buttons of an open task.
func taskActions(id incident.ID, task incident.Task) slack.Block {
	return actions("act", primary(taskButton(id, task, "done")), taskButton(id, task, "take"), taskButton(id, task, "drop"))
}

// taskDue is what somebody hears of a task that is due; nil where it is done by now.
func (e *errand) taskDue(event incident.Event) *saying {
	number, _ := incident.Topic(event.To).Task()
	task, known := e.i.Task(number)
	if !known || !e.i.Missing(event) {
		return nil
	}
	words := ":bell: " + markup(fmt.Sprintf("Task %d of ", number)) + bold(esc(e.i.Name())) + " was due " + clock(task.Due) + ": " + short(task.Title, 600)
	if owner := task.Owner; owner.Handle != event.Whom.Handle && !owner.IsZero() {
		words += ", for " + esc(firstOf(owner.Name, owner.Handle))
	} else if owner.IsZero() {
		words += ". Nobody has taken it yet"
	}
	snooze := button("snooze", e.i.ID, event.To+" 15m")
	snooze.Text = plain("Remind me in 15 min")
	return &saying{text: words + ".", blocks: []slack.Block{
		section(words + "."), actions("act", primary(taskButton(e.i.ID, task, "done")), taskButton(e.i.ID, task, "take"), snooze),
	}}
}

// taskOf is the task whose message in the room has a timestamp.
func taskOf(i *incident.Incident, ts string) (number int, ok bool) {
	for name, value := range i.Refs {
		digits, ofTask := strings.CutPrefix(name, refTask)
		if ofTask && value == ts && ts != "" {
			number, err := strconv.Atoi(digits)
			return number, err == nil
		}
	}
	return 0, false
}

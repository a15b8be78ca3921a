package bot

import (
	"errors"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// offering adds verbs to a refusal that offers none.
func offering(err error, mends ...string) error {
	var refusal *incident.Error
	if errors.As(err, &refusal) && len(refusal.Mends) == 0 {
		return refusal.Offer(mends...)
	}
	return err
}

// mendLabels are what the buttons say that do more, or something else, than their verb alone.
var mendLabels = map[string]markup{
	"list all": "All incidents", "list mine": "Mine", "subscribe service": "It is", "task done": "Done",
}

// mendButton offers a verb in a refusal.
func mendButton(verb string, id incident.ID, args string) *slack.ButtonBlockElement {
	b := button(verb, id, args)
	first, rest := cutWord(args)
	switch label, special := mendLabels[verb+" "+first]; {
	case special && verb == "subscribe":
		b.Text = plain(label + " " + short(rest, 60))
	case special:
		b.Text = plain(label)
	case verb == "help" && first != "":
		b.Text = plain("Help on " + short(first, 60))
	}
	return b
}

// apart gives each of several buttons an id of its own, as Slack wants it.
func apart(elements []slack.BlockElement) {
	seen := map[string]bool{}
	for n, element := range elements {
		b, is := element.(*slack.ButtonBlockElement)
		if !is {
			continue
		}
		if seen[b.ActionID] {
			b.ActionID += ":" + strconv.Itoa(n)
		}
		seen[b.ActionID] = true
	}
}

// reAgain is what the button carries before a line that is to be put right.
const reAgain = "again "

// again offers to put right what could not be read, in a form that holds what was typed: nobody types it twice. In a form it stands
// there still.
func (c *call) again(refusal *incident.Error) []slack.BlockElement {
	v := c.verbTyped
	if refusal.Code != incident.Invalid || len(refusal.Mends) > 0 || c.sent || c.typed == "" || size(c.typed) > mostCarried || !v.writable() {
		return nil
	}
	line := v.name
	if v.room {
		line += " " + c.incident.String()
	}
	return []slack.BlockElement{slack.NewButtonBlockElement("do:again", reAgain+line+" "+c.typed, plain("Put it right"))}
}

// writable tells whether a form holds the words of a verb.
func (v command) writable() bool {
	return v.form != "" && v.name != "handover" || v.name == "declare" || v.name == "drill" || v.name == "backfill"
}

// openAgain opens the form of a line with what was typed in it.
func (c *call) openAgain(line string) (answer, error) {
	word, args := cutWord(c.mask(line))
	v, known := c.verb(word)
	if !known || !v.writable() {
		return c.unknownVerb(word, args)
	}
	var err error
	if v.room {
		if args, err = c.locate(args, false); err != nil {
			return answer{}, err
		}
	}
	if err := c.permitted(v.name); err != nil {
		return answer{}, err
	}
	title, summary := headed(readable(args, c.name))
	d := incident.Declaration{Title: title, Summary: summary}
	switch v.name {
	case "declare":
		return c.openDeclareForm(d, summary)
	case "drill":
		d.Kind = incident.Drill
		return c.openDeclareForm(d, summary)
	case "backfill":
		return c.openBackfillForm(past{Declaration: d})
	}
	if number, rest := cutWord(args); v.entry && entryAlone.MatchString(number) {
		c.before, args = number+" ", rest
	}
	v.fill = func(*call) (string, error) { return strings.TrimSpace(readable(args, c.name)), nil }
	return c.openForm(v)
}

// timeHint says of words that begin like a time, and were kept as words, how a time is typed; and of what is still to come, that a
// task keeps it in mind.
func (c *call) timeHint(args string, timed bool) (markup, []slack.BlockElement) {
	word, rest := cutWord(args)
	at, after := cutWord(rest)
	switch {
	case timed:
	case timeWord.MatchString(word) && rest != "":
		return "If that is when it was, begin with at: `/incident note at " + short(args, 200) + "`", []slack.BlockElement{mendButton("help", 0, "note")}
	case strings.EqualFold(word, "tomorrow") && timeWord.MatchString(at) && after != "" && size(args) < mostCarried:
		return "It is kept as words. To be reminded of it then, make it a task.", []slack.BlockElement{button("task", c.incident, after+" "+word+" "+at)}
	}
	return "", nil
}

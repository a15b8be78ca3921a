package bot

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// formBackfill is the callback id of the form for what is over. Beside the inputs of a declaration it has one a moment.
const formBackfill = "backfill"

// backfill records an incident that is over. What it must know and was not typed is asked for in a form.
func (c *call) backfill(args string) (answer, error) {
	valued := []string{"service"}
	for _, moment := range incident.Moments {
		valued = append(valued, string(moment))
	}
	f, err := splitFlags(args, valued, []string{"private", "room"})
	if err != nil {
		return answer{}, err
	}
	p := past{Declaration: incident.Declaration{Service: f.values["service"], Private: f.present["private"]}, room: f.present["room"], typed: f.values}
	p.Severity, p.Title, p.Summary = c.opening(f.words)
	for _, moment := range incident.Moments {
		if err := c.moment(&p, moment); err != nil {
			return answer{}, err
		}
	}
	if p.Title == "" || len(p.times.Missing()) > 0 {
		return c.openBackfillForm(p)
	}
	return c.record(p)
}

// past is what somebody says of an incident that is over.
type past struct {
	incident.Declaration
	times incident.Times
	typed map[string]string // the moments, as they were typed
	room  bool              // it is to have one
}

// moment reads one of the times as it was typed; "" is not known.
func (c *call) moment(p *past, moment incident.Moment) error {
	if p.times == nil {
		p.times = incident.Times{}
	}
	typed := strings.TrimSpace(p.typed[string(moment)])
	if typed == "" {
		return nil
	}
	if head, _ := cutWord(typed); !strings.EqualFold(head, "at") {
		typed = "at " + typed
	}
	at, rest, found, err := pastTime(typed, c.at, c.zone())
	if err == nil && (!found || rest != "") {
		err = incident.Refuse(incident.Invalid, "I cannot read the time %q. Write 2026-11-20 14:05, yesterday 23:10 CET, 14:05 or -20m.", echo(strings.TrimPrefix(typed, "at ")))
	}
	if err == nil {
		p.times[moment] = at
	}
	return err
}

// record records an incident that is over, and answers how its times were read.
func (c *call) record(p past) (answer, error) {
	policy := c.Policy()
	p.Policy = policy
	return c.change(func(tx incident.Tx) (answer, error) {
		i, err := incident.Record(p.Declaration, p.times, c.stamp())
		if err != nil {
			return answer{}, err
		}
		if err := tx.Declare(i); err != nil {
			return answer{}, err
		}
		next := markup(fmt.Sprintf("It has no room. Write what happened with `/incident note %s at 14:05 …`, and read all of it with `/incident timeline %s`", i.ID, i.ID))
		if p.room {
			i.Room = incident.RoomName(policy.Channel, i.ID, i.Title)
			next = markup(fmt.Sprintf("Opening #%s …", i.Room))
		}
		return say(markup(i.ID.String()+" is recorded: ") + bold(headline(i, 200)) + "\n" + c.readings(p.times) + "\n" + next), nil
	})
}

// readings are times as they were read, in the zone of who typed them.
func (c *call) readings(times incident.Times) markup {
	var lines []markup
	for _, moment := range incident.Moments {
		if at := times[moment]; !at.IsZero() {
			lines = append(lines, title(string(moment))+" "+clock(at)+markup(" ("+at.In(c.zone()).Format("2 Jan 15:04 MST")+")"))
		}
	}
	return join(lines, " · ")
}

// openBackfillForm asks for what an incident that is over must have, filled with what was typed.
func (c *call) openBackfillForm(p past) (answer, error) {
	metadata, err := c.origin()
	if err != nil {
		return answer{}, err
	}
	inputs := c.declareInputs(p.Declaration)
	view := form(formBackfill, "Record a past incident", "Record")
	view.PrivateMetadata = metadata
	view.Blocks.BlockSet = inputs[:4] // title, severity, service, summary
	for _, moment := range incident.Moments {
		input := slack.NewPlainTextInputBlockElement(plain("2026-11-20 14:05, yesterday 23:10 CET, -3h"), inputValue).WithMaxLength(60)
		input.InitialValue = cutRunes(p.typed[string(moment)], 60)
		needed := moment == incident.MomentStarted || moment == incident.MomentResolved
		view.Blocks.BlockSet = append(view.Blocks.BlockSet, slack.NewInputBlock(string(moment), plain(title(string(moment))), nil, input).WithOptional(!needed))
	}
	view.Blocks.BlockSet = append(view.Blocks.BlockSet, slack.NewInputBlock(inputOptions, plain("Options"), nil, backfillOptions(p)).WithOptional(true))
	if err := c.open(view); err != nil {
		c.Log.Warn("form not opened", "request", c.key, "err", fault("views.open", err))
		return answer{}, incident.Refuse(incident.Invalid, "Slack did not open the form. Type it instead: /incident backfill what was broken --started \"yesterday 23:10\" --resolved -2h").Offer("backfill")
	}
	return answer{Heard: true}, nil
}

func backfillOptions(p past) *slack.CheckboxGroupsBlockElement {
	private := slack.NewOptionBlockObject("private", plain("Private"), plain("Until it has a room, only you can see it."))
	room := slack.NewOptionBlockObject("room", plain("Room"), plain("A channel to talk about it."))
	boxes := slack.NewCheckboxGroupsBlockElement(inputValue, private, room)
	if p.Private {
		boxes.InitialOptions = append(boxes.InitialOptions, private)
	}
	if p.room {
		boxes.InitialOptions = append(boxes.InitialOptions, room)
	}
	return boxes
}

// submitBackfill takes the form for what is over. Each fault is shown below its field.
func (c *call) submitBackfill(v view) ([]byte, error) {
	d, faults := c.submitted(v)
	p := past{Declaration: d, room: v.ticked("room"), typed: map[string]string{}}
	for _, moment := range incident.Moments {
		p.typed[string(moment)] = v.value(string(moment))
		if err := c.moment(&p, moment); err != nil {
			faults[string(moment)] = err.Error()
		}
	}
	if moment, err := p.times.Misplaced(c.at); err != nil && len(faults) == 0 {
		faults[string(moment)] = err.Error()
	}
	if len(faults) > 0 {
		return formErrors(faults)
	}
	if err := c.permitted("backfill"); err != nil {
		return formDone(c.explain(err))
	}
	a, err := c.record(p)
	if err != nil {
		return c.formRefused(inputTitle, err)
	}
	return formDone(a)
}

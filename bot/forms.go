package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// Callback ids of our forms. The one for words carries its verb: "words:note".
const (
	formDeclare = "declare"
	formWords   = "words:"
)

// Block ids of the declare form; each holds one input, whose action id is "value".
const (
	inputTitle     = "title"
	inputSeverity  = "severity"
	inputService   = "service"
	inputSummary   = "summary"
	inputOptions   = "options"
	inputCommander = "commander"
	inputWords     = "words"
	inputValue     = "value"
)

// openLimit is how long opening a form may take: Slack waits three seconds for our answer, and forgets the trigger then.
const openLimit = 2 * time.Second

// open shows a form to the caller: on top of the one that they are in, which stays, where Slack lets us. It is the one outside call
// that a handler makes.
func (c *call) open(view slack.ModalViewRequest) error {
	ctx, cancel := context.WithTimeout(c.ctx, openLimit)
	defer cancel()
	if c.onTop {
		if _, err := c.Slack().PushViewContext(ctx, c.trigger, view); !refusedWith(err, "push_limit_reached") {
			return err
		}
	}
	_, err := c.Slack().OpenViewContext(ctx, c.trigger, view)
	return err
}

// openForm asks for the words that a verb needs.
func (c *call) openForm(v command) (answer, error) {
	input := slack.NewPlainTextInputBlockElement(nil, inputValue).WithMultiline(true).WithMaxLength(incident.MaxSummary)
	input.FocusOnLoad = !slices.ContainsFunc(v.more, func(f field) bool { return f.first }) // those come before it
	if v.fill != nil {
		words, err := v.fill(c)
		if err != nil {
			return answer{}, err
		}
		input.InitialValue = words
	}
	metadata, err := c.origin()
	if err != nil {
		return answer{}, err
	}
	view := form(formWords+v.name, v.label(), v.label())
	view.PrivateMetadata = metadata
	level := incident.Level{}
	if v.room {
		i, err := c.Store.Incident(c.ctx, c.incident)
		if err != nil {
			return answer{}, err
		}
		level = c.Policy().Level(i.Severity)
		about := headline(i, 300)
		if v.fill != nil { // what begins with words for others shows none of ours
			about = severityMark(i) + markup(" · "+i.ID.String())
		}
		view.Blocks.BlockSet = append(view.Blocks.BlockSet, contextLine(markup(strings.TrimSpace(string(about)+" "+c.before))))
	}
	first, then := []slack.Block{}, []slack.Block{}
	if v.form != "" {
		then = append(then, slack.NewInputBlock(inputWords, plain(markup(v.form)), hint(v.hint), input).WithOptional(v.wordless))
	}
	for _, f := range v.more {
		if f.asSeverity {
			f.none = asSeverity(level)
		}
		if block := f.block(c.Policy()); f.first {
			first = append(first, block)
		} else {
			then = append(then, block)
		}
	}
	view.Blocks.BlockSet = slices.Concat(view.Blocks.BlockSet, first, then)
	if err := c.open(view); err != nil {
		c.Log.Warn("form not opened", "request", c.key, "err", fault("views.open", err))
		return answer{}, incident.Refuse(incident.Invalid, "Slack did not open the form. Type it instead, or try again: /incident %s %s", v.name, v.args).Offer(strings.TrimSpace(v.name + " " + c.before))
	}
	return answer{Heard: true}, nil
}

// field is what a form asks for beside the words that its verb needs. It need not be filled in.
type field struct {
	id, label  string
	choices    []string // typed as --id choice before the words; none: more words, typed after "label: " on a line of their own
	after      string   // before a choice that is typed behind the words, instead of --id; "" for none
	person     bool     // somebody, typed as a mention behind all else
	none       string   // what stands there while nothing is chosen
	asSeverity bool     // what stands there is what the severity says
	first      bool     // typed as it is, before the words; and it has to be filled in
	roles      bool     // its choices are the roles of the policy
}

// refusedAt is the field below which a refusal stands.
func (v command) refusedAt() string {
	if v.form == "" && len(v.more) > 0 {
		return v.more[0].id
	}
	return inputWords
}

// asSeverity is how often updates are owed where nobody says otherwise: "30m, as for SEV1".
func asSeverity(level incident.Level) string {
	if level.Cadence == 0 {
		return "None is owed"
	}
	return cutRunes(roughly(level.Cadence)+", as for "+string(spokenSeverity(level.Name)), 75)
}

func (f field) block(policy *incident.Policy) *slack.InputBlock {
	var element slack.BlockElement
	switch {
	case f.person:
		element = slack.NewOptionsSelectBlockElement(slack.OptTypeUser, plain(markup(firstOf(f.none, "Choose somebody"))), inputValue)
	case f.roles:
		var options []*slack.OptionBlockObject
		for _, duty := range policy.Roles {
			options = append(options, option(string(duty.Role), short(duty.Name(), 75)))
		}
		element = slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain("Choose one"), inputValue, options...)
	case len(f.choices) == 0:
		element = slack.NewPlainTextInputBlockElement(nil, inputValue).WithMultiline(true).WithMaxLength(incident.MaxSummary)
	default:
		var options []*slack.OptionBlockObject
		for _, choice := range f.choices {
			options = append(options, option(choice, markup(choice)))
		}
		element = slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain(markup(firstOf(f.none, "As always"))), inputValue, options...)
	}
	return slack.NewInputBlock(f.id, plain(markup(f.label)), nil, element).WithOptional(!f.first)
}

// compose is what a filled-in form would be, had it been typed. Unlike a typed command, a form delivers text unescaped: it is
// escaped, so that one reader serves both.
func (v command) compose(sent view, words string) string {
	var flags, lines, behind string
	for _, f := range v.more {
		switch value := strings.TrimSpace(sent.value(f.id)); {
		case value == "":
		case f.first && f.person:
			flags += string(mention(value)) + " "
		case f.first:
			flags += value + " "
		case f.person:
			behind += " " + string(mention(value))
		case f.after != "":
			behind += " " + f.after + " " + value
		case len(f.choices) > 0:
			flags += "--" + f.id + " " + value + " "
		default:
			lines += "\n" + f.label + ": " + value
		}
	}
	return flags + string(escapeTyped(words+lines)) + behind
}

func hint(words string) *slack.TextBlockObject {
	if words == "" {
		return nil
	}
	return plain(markup(words))
}

// form is an empty modal.
func form(callback, title, submit string) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: callback,
		Title: plain(short(title, 24)), Submit: plain(short(submit, 24)), Close: plain("Cancel"),
	}
}

// openDeclareForm asks for everything that a declaration can hold, filled with what is known.
func (c *call) openDeclareForm(d incident.Declaration, summary string) (answer, error) {
	metadata, err := c.origin()
	if err != nil {
		return answer{}, err
	}
	d.Summary = summary
	view := form(formDeclare, "Declare an incident", "Declare")
	view.PrivateMetadata = metadata
	view.Blocks.BlockSet = c.declareInputs(d)
	if err := c.open(view); err != nil {
		c.Log.Warn("form not opened", "request", c.key, "err", fault("views.open", err))
		return c.keepDraft(summary)
	}
	return answer{Heard: true}, nil
}

// origin is where and when a form was opened, kept in the form itself: Slack gives it back as we wrote it.
type origin struct {
	Incident incident.ID `json:"incident,omitempty"`
	Channel  string      `json:"channel,omitempty"`
	Public   bool        `json:"public,omitempty"`
	Source   string      `json:"source,omitempty"`
	At       int64       `json:"at,omitempty"`     // Unix seconds
	Before   string      `json:"before,omitempty"` // goes before the words that the form asks for
}

func (c *call) origin() (string, error) {
	raw, err := json.Marshal(origin{Incident: c.incident, Channel: c.channel, Public: c.public, Source: c.source, At: c.at.Unix(), Before: c.before})
	return string(raw), err
}

// resume takes up a call where its form was opened. Having stood in a room then counts for as long as any other look at
// who is in it.
func (c *call) resume(metadata string) (from origin) {
	if json.Unmarshal([]byte(metadata), &from) != nil { // opened by an older version: from nowhere in particular
		return from
	}
	c.source, c.before = from.Source, from.Before
	if c.at.Sub(time.Unix(from.At, 0)) < freshness {
		c.channel, c.public = from.Channel, from.Public
	}
	return from
}

// keepDraft keeps what the form would have held, and sends it back to its author with a button that declares it. Where
// there was nothing to keep, it says what to type.
func (c *call) keepDraft(text string) (answer, error) {
	if text == "" {
		return answer{}, incident.Refuse(incident.Invalid, "Slack did not open the form. Type it instead: /incident declare what is broken")
	}
	text = c.mask(text)
	return c.change(func(tx incident.Tx) (answer, error) {
		tx.System().KeepDraft(text, c.stamp())
		return say("Slack did not open the form. Your words are kept, and come to you in a direct message."), nil
	})
}

// declareInputs are the fields of the form.
func (c *call) declareInputs(d incident.Declaration) []slack.Block {
	policy := c.Policy()
	title := slack.NewPlainTextInputBlockElement(plain("checkout is down"), inputValue).WithMaxLength(incident.MaxTitle)
	title.FocusOnLoad, title.InitialValue = true, d.Title
	service := slack.NewPlainTextInputBlockElement(plain("checkout"), inputValue).WithMaxLength(incident.MaxService)
	service.InitialValue = cutRunes(d.Service, incident.MaxService)
	summary := slack.NewPlainTextInputBlockElement(plain("What is seen, by whom, since when"), inputValue).WithMultiline(true).WithMaxLength(incident.MaxSummary)
	summary.InitialValue = d.Summary
	return []slack.Block{
		slack.NewInputBlock(inputTitle, plain("What is broken?"), nil, title),
		slack.NewInputBlock(inputSeverity, plain("How bad is it?"), nil, severities(policy, cmp.Or(d.Severity.Name, policy.Fallback))),
		slack.NewInputBlock(inputService, plain("Service"), nil, service).WithOptional(true),
		slack.NewInputBlock(inputSummary, plain("Summary"), nil, summary).WithOptional(true),
		slack.NewInputBlock(inputCommander, plain("Commander"), plain("Who leads. It can be given out later."), slack.NewOptionsSelectBlockElement(slack.OptTypeUser, plain("Nobody yet"), inputValue)).WithOptional(true),
		slack.NewInputBlock(inputOptions, plain("Options"), nil, declareOptions(d)).WithOptional(true),
	}
}

// severities is the choice of severities, each with what it means, and one of them chosen.
func severities(policy *incident.Policy, chosen incident.Severity) *slack.RadioButtonsBlockElement {
	var options []*slack.OptionBlockObject
	var initial *slack.OptionBlockObject
	for _, level := range append(slices.Clone(policy.Severities), policy.Level(incident.Unknown)) {
		var meaning *slack.TextBlockObject
		if level.Meaning != "" { // Slack refuses an empty one
			meaning = plain(short(level.Meaning, 75))
		}
		option := slack.NewOptionBlockObject(string(level.Name), plain(short(strings.ToUpper(string(level.Name)), 75)), meaning)
		options = append(options, option)
		if level.Name == chosen {
			initial = option
		}
	}
	radio := slack.NewRadioButtonsBlockElement(inputValue, options...)
	radio.InitialOption = initial
	return radio
}

func declareOptions(d incident.Declaration) *slack.CheckboxGroupsBlockElement {
	private := slack.NewOptionBlockObject("private", plain("Private"), plain("Only the people in its room learn of it."))
	drill := slack.NewOptionBlockObject("drill", plain("Drill"), plain("An exercise: marked as one everywhere."))
	boxes := slack.NewCheckboxGroupsBlockElement(inputValue, private, drill)
	if d.Private {
		boxes.InitialOptions = append(boxes.InitialOptions, private)
	}
	if d.Kind == incident.Drill {
		boxes.InitialOptions = append(boxes.InitialOptions, drill)
	}
	return boxes
}

// submitted reads the declare form. Faults come back by the field that they belong to.
func (c *call) submitted(v view) (incident.Declaration, map[string]string) {
	d := incident.Declaration{
		Title: v.value(inputTitle), Service: strings.TrimSpace(v.value(inputService)), Summary: v.value(inputSummary),
		Private: v.ticked("private"), Kind: incident.Real,
	}
	if v.ticked("drill") {
		d.Kind = incident.Drill
	}
	d.Severity, _ = c.Policy().ParseSeverity(v.value(inputSeverity))
	faults := map[string]string{}
	if strings.TrimSpace(d.Title) == "" {
		faults[inputTitle] = "Say what is broken in a few words."
	}
	if handle := v.value(inputCommander); handle != "" {
		d.Leader = incident.Person{Handle: handle, Name: c.name(handle)}
		if err := c.mayHold(d.Leader); err != nil {
			faults[inputCommander] = err.Error()
		}
	}
	return d, faults
}

// declareFrom opens the declare form about a message: its text and where it stands are filled in.
func (c *call) declareFrom(m posted) (answer, error) {
	if err := c.permitted("declare"); err != nil {
		return answer{}, err
	}
	text := readable(m.Text, c.name)
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	title, _ := headed(first)
	summary := cutRunes(text, incident.MaxSummary-400)
	if c.source != "" {
		summary = strings.TrimSpace(fmt.Sprintf("%s\n\n%s", summary, c.source))
	}
	return c.openDeclareForm(incident.Declaration{Title: title}, summary)
}

// cutRunes cuts to a number of characters, with an ellipsis where something is missing.
func cutRunes(s string, limit int) string {
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return s
}

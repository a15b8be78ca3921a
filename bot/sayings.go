package bot

import (
	"github.com/slack-go/slack"

	"tocsin/incident"
)

// saying is what is said of an event.
type saying struct {
	text   markup
	blocks []slack.Block
}

// paragraph is a saying of one paragraph.
func paragraph(m markup) *saying { return &saying{text: m, blocks: []slack.Block{section(m)}} }

// saying is what the room hears of an event; nil where there is nothing to say (any more).
func (e *errand) saying(event incident.Event) (*saying, error) {
	by := bold(esc(event.By.Name)) // by name: who acts need not be called
	switch event.Kind {
	case incident.EventRole:
		return e.sayRole(event)
	case incident.EventSteppedDown:
		return e.saySteppedDown(event), nil
	case incident.EventUpdate:
		return e.sayUpdate(event), nil
	case incident.EventMitigated:
		return paragraph(":adhesive_bandage: " + by + " marked " + markup(e.i.ID.String()) + " mitigated. When the fault is over: `/incident resolve`"), nil
	case incident.EventResolved:
		return paragraph(":white_check_mark: " + by + " resolved " + markup(e.i.ID.String()) + ". Thank you all. If it comes back: `/incident reopen why`"), nil
	case incident.EventClosed:
		return paragraph(":lock: " + by + " closed " + markup(e.i.ID.String()) + "." + leftOpen(e.i)), nil
	case incident.EventReopened:
		return paragraph(":rotating_light: " + by + " reopened " + markup(e.i.ID.String()) + ": " + short(event.Text, 2000)), nil
	case incident.EventSimilar:
		return e.saySimilar(event)
	case incident.EventCustomersDraft:
		return e.sayCustomersDraft(event), nil
	case incident.EventPrivate, incident.EventPublic:
		return e.sayConverted(event), nil
	case incident.EventAccess:
		return e.sayAccess(event), nil
	case incident.EventMerged:
		return e.sayMerged(event)
	case incident.EventAbsorbed:
		return e.sayAbsorbed(event)
	case incident.EventLeft:
		if !event.Whom.IsZero() {
			return nil, nil // who leads is told
		}
		return e.sayLeft(event)
	case incident.EventCalled:
		return e.reminding(event), nil
	}
	return nil, nil
}

// sayUpdate posts an update.
func (e *errand) sayUpdate(event incident.Event) *saying {
	head := ":mega: " + bold("Update") + " by " + esc(event.By.Name)
	blocks := append([]slack.Block{section(head)}, paragraphs(event.Text, 11000, wholeOf(e.i, event))...)
	return &saying{text: "Update on " + markup(e.i.ID.String()) + ": " + short(event.Text, 300), blocks: blocks}
}

// saySimilar tells the people of this incident that another looks like it, if that one may be spoken of.
func (e *errand) saySimilar(event incident.Event) (*saying, error) {
	id, ok := incident.ParseID(event.To)
	if !ok {
		return nil, nil
	}
	other, err := e.Store.Incident(e.ctx, id)
	if err != nil || other.Private || !other.Status.Open() || other.Status == incident.Triage {
		return nil, err
	}
	if believed, err := e.believed(other); err != nil || !believed {
		return nil, err
	}
	alike := paragraph(":eyes: " + mention(e.i.Declarer.Handle) + " " + bold(esc(other.Name())) + " looks like this one. It was declared " +
		clock(other.Declared) + " by " + mention(other.Declarer.Handle) + roomSuffix(other))
	if other.Private == e.i.Private {
		alike.blocks = append(alike.blocks, actions("act", mergeButton(e.i, other)))
	}
	return alike, nil
}

// audible tells whether who is to hear of an event by direct message may hear of the incident now. Who hears of words of their
// own is not asked. What did not get through is told of a public incident at once: it may be the room that says who declared it.
func (e *errand) audible(event incident.Event) (bool, error) {
	switch event.Kind {
	case incident.EventLate, incident.EventCaughtUp, incident.EventBuried:
		if !e.i.Private {
			return true, nil
		}
		if e.roomID() == "" {
			return e.i.VisibleTo(event.Whom.Handle, false), nil
		}
		seen, err := e.Store.Member(e.ctx, e.i.ID, event.Whom.Handle) // by the last look: that nobody can look may be what they are told
		return !seen.IsZero(), err
	case incident.EventReminded, incident.EventLeft, incident.EventTaskDue, incident.EventTold:
	default:
		return true, nil
	}
	return e.mayHear(event.Whom.Handle)
}

// telling is what one person hears of an event in a direct message.
func (e *errand) telling(event incident.Event) (*saying, error) {
	name := markup(e.i.ID.String())
	if audible, err := e.audible(event); err != nil || !audible {
		return nil, err
	}
	switch event.Kind {
	case incident.EventDraft:
		open := slack.NewButtonBlockElement("do:draft", "draft "+e.effect.Subject, plain("Declare with these words"))
		blocks := append([]slack.Block{section("Slack did not open the form. These are the words that it would have held:")}, paragraphs(event.Text, 12000, "")...)
		return &saying{text: "Your draft of an incident is kept", blocks: append(blocks, actions("act", open))}, nil
	case incident.EventDistrusted:
		return e.tellDistrusted(event)
	case incident.EventDeclined:
		return paragraph(bold(esc(event.By.Name)) + " declined " + name + ": " + short(event.Text, 2000)), nil
	case incident.EventLate: // after an outage it is over before it can be told, or the summary tells it: then it is not worth a message
		if told, err := e.summedUp(event); err != nil || told || e.i.Refs[incident.RefRoomless] != "" {
			return nil, err // what belongs into a room that there is not is no news
		}
		if over, err := e.caughtUp(event); err != nil || over {
			return nil, err
		}
		return paragraph(lateWords(name, event)), nil
	case incident.EventCaughtUp: // takes the place of the message that it was late
		if e.i.Refs[lateRef(event)] == "" {
			return nil, nil
		}
		return paragraph(caughtUpWords(name, event)), nil
	case incident.EventBuried:
		return e.tellBuried(event), nil
	case incident.EventReminded:
		return e.reminding(event), nil
	case incident.EventLeft:
		return e.sayLeft(event)
	case incident.EventMasked:
		return paragraph(":key: In what you wrote there was a secret: " + bold(esc(event.Text)) + ". Tocsin has not kept it, but Slack may still show it, and " +
			"whoever has read it can use it. Make a new one, and take the old one out of use."), nil
	case incident.EventTaskDue:
		return e.taskDue(event), nil
	case incident.EventTold:
		return e.tellSeverity(event)
	}
	return nil, nil
}

// tellSeverity tells somebody of the severity that an incident has got, unless it has another one by now or is over, or is
// none of their business.
func (e *errand) tellSeverity(event incident.Event) (*saying, error) {
	last, err := e.Store.Latest(e.ctx, e.i.ID, incident.EventSeverity)
	if err != nil || last.ID > event.ID || !e.i.Status.Open() || e.i.Status == incident.Triage {
		return nil, err
	}
	words := markup(":rotating_light: ") + bold(esc(event.By.Name)) + " declared " + bold(headline(e.i, 400))
	if event.From != "" {
		words = bold(headline(e.i, 400)) + markup("\n") + bold(esc(event.By.Name)) + " changed the severity from " +
			spokenSeverity(incident.Severity(event.From)) + " to " + bold(spokenSeverity(e.i.Severity))
	}
	return paragraph(words + " · commander " + holder(e.i, incident.Commander) + " · since " + clock(e.i.Started) + roomSuffix(e.i)), nil
}

// number is how one speaks of one thing, or of several.
type number struct{ is, was, it, capital, gets markup }

// numberOf is the number of what an event calls by its name.
func numberOf(event incident.Event) number {
	if incident.Several(event.To) {
		return number{"are", "were", "they", "They", "get"}
	}
	return number{"is", "was", "it", "It", "gets"}
}

func lateWords(name markup, event incident.Event) markup {
	n := numberOf(event)
	return ":hourglass: The " + esc(event.To) + " of " + name + " " + n.is + " late: " + short(event.Text, 500) + ". " +
		n.capital + " " + n.is + " tried again until " + n.it + " " + n.gets + " through."
}

func caughtUpWords(name markup, event incident.Event) markup {
	return ":white_check_mark: The " + esc(event.To) + " of " + name + " " + numberOf(event).was + " late, and got through " + clock(event.At) + "."
}

func buriedWords(name markup, event incident.Event) markup {
	n := numberOf(event)
	return ":warning: The " + esc(event.To) + " of " + name + " " + n.was + " refused again and again, so " + n.it + " " + n.is +
		" not tried any more: " + short(event.Text, 500)
}

// tellBuried tells what was given up, with the button that tries it again where that is all of what hangs in Slack.
func (e *errand) tellBuried(event incident.Event) *saying {
	line := paragraph(buriedWords(markup(e.i.ID.String()), event))
	if event.To == incident.EffectRoom.Name() {
		where := " Until then: `/incident show " + markup(e.i.ID.String()) + "`"
		if !e.i.Private {
			where += ", and people meet in the thread of the announcement"
		}
		line = paragraph(line.text + "." + where + ".")
	}
	if e.i.Status != incident.Triage && e.i.Status != incident.Declined {
		again := button("mend", e.i.ID, "")
		again.Text = plain("Try again")
		line.blocks = append(line.blocks, actions("act", again))
	}
	return line
}

// tellDistrusted tells a declarer who may not declare what becomes of their words.
func (e *errand) tellDistrusted(event incident.Event) (*saying, error) {
	refusal := incident.Standing(event.Text).MayDeclare()
	if refusal == nil {
		return nil, nil
	}
	name := e.i.ID.String()
	if e.i.Kind == incident.Backfill {
		return paragraph(esc(refusal.Error()) + "\n" + markup(name) + " was declined. Let one of them record it: " + short(e.i.Title, 600)), nil
	}
	if e.i.Private {
		return paragraph(esc(refusal.Error()) + "\nNobody else may see the private " + markup(name) + ", so it was declined. These were your words: " + short(e.i.Title, 600)), nil
	}
	return paragraph(esc(refusal.Error()) + "\n" + markup(name) + " waits in " + statusName(e.Policy(), e.i) + " until one of them types `/incident accept " + markup(name) + "`"), nil
}

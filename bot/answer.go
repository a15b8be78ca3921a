package bot

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// answer is what one person is told, and nobody else. It is kept with the request that it answers.
type answer struct {
	Text   markup          `json:"text"`
	Blocks json.RawMessage `json:"blocks,omitempty"`
	Heard  bool            `json:"heard,omitempty"` // the room hears of it anyway: a press of a button needs no words
}

// say makes an answer of one paragraph.
func say(m markup) answer { return answer{Text: m} }

// show makes an answer of blocks, with what screen readers and notifications say instead.
func show(text markup, blocks ...slack.Block) (answer, error) {
	raw, err := json.Marshal(slack.Blocks{BlockSet: blocks})
	return answer{Text: text, Blocks: raw}, err
}

// message is the answer as Slack takes it in a response to a command.
func (a answer) message() []byte {
	body := map[string]any{"response_type": "ephemeral", "text": a.Text}
	if a.Text == "" && a.Blocks == nil {
		return nil
	}
	if a.Blocks != nil {
		body["blocks"] = a.Blocks
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return nil // strings and valid JSON always marshal
	}
	return raw
}

// change runs do in one transaction, and keeps its answer under the request's key.
func (c *call) change(do func(incident.Tx) (answer, error)) (answer, error) {
	c.recalled = true
	raw, err := c.Store.Change(c.ctx, incident.Request{Key: c.key, At: c.at}, func(tx incident.Tx) ([]byte, error) {
		a, err := do(tx)
		if err != nil {
			return nil, err
		}
		if len(c.masked) > 0 {
			tx.System().Masked(c.masked, c.who, c.stamp())
		}
		if c.atHome {
			tx.System().ShowHome(c.who.Handle, c.stamp())
		}
		if wait := c.queued(); wait != "" && a.Text != "" {
			a.Text, a.Heard = a.Text+wait, false // there is nothing to be heard in the room yet
			if a.Blocks != nil {
				if a.Blocks, err = withBlock(a.Blocks, section(markup(strings.TrimSpace(string(wait))))); err != nil {
					return nil, err
				}
			}
		}
		return json.Marshal(a)
	})
	if err != nil {
		return answer{}, err
	}
	if len(raw) == 0 {
		return say("What was answered here has been redacted since."), nil
	}
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		return answer{}, fmt.Errorf("read the answer of %s: %w", c.key, err)
	}
	return a, nil
}

// withBlock adds one block to others.
func withBlock(blocks json.RawMessage, last slack.Block) (json.RawMessage, error) {
	var all []any
	if err := json.Unmarshal(blocks, &all); err != nil {
		return nil, err
	}
	return json.Marshal(append(all, last))
}

// briefly is how long Slack may want us to hold back without a word about it.
const briefly = 3 * time.Second

// queued says that others will see later what a person has just done, where that is so.
func (c *call) queued() markup {
	if c.Delay == nil {
		return ""
	}
	switch since, pause := c.Delay(); {
	case !since.IsZero():
		return "\n:hourglass: Recorded. Slack has not taken our calls since " + clock(since) + ": what others see there follows by itself when it does."
	case pause > briefly:
		return markup(fmt.Sprintf("\n:hourglass: Recorded. Slack asks us to slow down: what others see there follows by itself, in about %s.", pause.Round(time.Second)))
	}
	return ""
}

// explain turns an error into an answer: a refusal is shown as it is, with the buttons that mend it; anything else is
// ours, and is told without a word of what it was. What those who run Tocsin have to mend is logged.
func (c *call) explain(err error) answer {
	var refusal *incident.Error
	if errors.As(err, &refusal) {
		if refusal.Code == incident.Unavailable {
			c.failed("request failed", err, "request", c.key)
		}
		return c.refusal(refusal)
	}
	id := faultID()
	c.failed("request failed", err, "fault", id, "request", c.key)
	return say(markup(fmt.Sprintf("Something broke on our side, logged as %s. Nothing was recorded: please try again.", id)))
}

// failed logs why nothing came of what was asked. That whoever asked has hung up before it was begun is no fault.
func (b *Bot) failed(words string, err error, facts ...any) {
	if errors.Is(err, context.Canceled) {
		b.Log.Info("whoever asked has hung up, and nothing was recorded", facts...)
		return
	}
	b.Log.Error(words, append(facts, "err", err)...)
}

func (c *call) refusal(refusal *incident.Error) answer {
	text := onTheirClock(esc(refusal.In(c.Policy())), refusal.At)
	buttons := c.again(refusal)
	for _, mend := range refusal.Mends {
		switch verb, args := cutWord(mend); {
		case verb == "severity": // one of them has to be chosen
			buttons = append(buttons, severityButtons(c.Policy(), c.incident)...)
		case verb == "status":
			buttons = append(buttons, statusMenu(c.Policy(), &incident.Incident{ID: c.incident}))
		case verb == "service" && args != "":
			buttons = append(buttons, serviceButton(c.incident, args))
		case verb == "stepdown": // from one of several
			b := button(verb, c.incident, args)
			b.ActionID += ":" + args
			b.Text = plain(short(b.Text.Text+" as "+c.Policy().Duty(incident.Role(args)).Name(), 75))
			buttons = append(buttons, b)
		default:
			buttons = append(buttons, mendButton(verb, c.incident, args))
		}
	}
	if len(buttons) == 0 {
		return say(text)
	}
	apart(buttons)
	a, err := show(text, section(text), slack.NewActionBlock("", buttons...))
	if err != nil {
		return say(text)
	}
	return a
}

// faultID names one fault of ours, short enough to be read out.
func faultID() string {
	var raw [3]byte
	_, _ = rand.Read(raw[:]) // crypto/rand never fails: it ends the program instead
	return hex.EncodeToString(raw[:])
}

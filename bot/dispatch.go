package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// sender is who a request says that it comes from: Slack's word, because the request is signed.
type sender struct{ user, name, team string }

// begin makes a call of a request, with what we know of the person behind it.
func (b *Bot) begin(ctx context.Context, from sender, key string) (*call, error) {
	profile, err := b.Store.Profile(ctx, from.user)
	if err != nil {
		return nil, err
	}
	c := &call{
		Bot: b, ctx: ctx, key: key, at: b.Now().UTC().Truncate(time.Millisecond),
		who: incident.Person{Handle: from.user, Name: firstOf(profile.Name, from.name, from.user)}, standing: profile.Standing, home: profile.Zone,
	}
	if us := b.team.Load(); us != nil && !us.knows(from) {
		c.standing = incident.Stranger
	}
	return c, nil
}

// knows tells whether somebody is of our workspace. Of people of other workspaces of our organisation Slack tells the
// organisation only where it is asked about them: there, what we know of each of them decides.
func (t *team) knows(s sender) bool {
	return s.team == "" || s.team == t.id || t.enterprise != ""
}

// Command answers one line typed after /incident. An error means that nothing was recorded, and the answer says so.
func (b *Bot) Command(ctx context.Context, in slashCommand) (answer, error) {
	key := in.key()
	c, err := b.begin(ctx, sender{in.User, in.UserName, in.Team}, key)
	if err != nil {
		return (&call{Bot: b, ctx: ctx, key: key}).explain(err), unrecorded(err)
	}
	c.channel, c.trigger, c.public = in.Channel, in.Trigger, publicName(in.ChannelName)
	a, err := c.try(in.Text)
	if err != nil {
		a = c.explain(err)
	}
	return a, unrecorded(err)
}

// publicName tells from what a command says of its channel whether that may be a public one: Slack spells the others
// with these words instead of a name.
func publicName(name string) bool {
	return name != "" && name != "directmessage" && name != "privategroup" && !strings.HasPrefix(name, "mpdm-")
}

// Interaction answers a press, a choice, a form or a shortcut, and returns the body for Slack. An error means that
// nothing was recorded, and that Slack must say so where the body does not.
func (b *Bot) Interaction(ctx context.Context, in interaction) ([]byte, error) {
	switch in.Type {
	case "block_actions":
		return nil, b.press(ctx, in)
	case "view_submission":
		return b.submit(ctx, in)
	case "message_action":
		return nil, b.messageShortcut(ctx, in)
	}
	return nil, nil // a kind that we never asked for: acknowledged, so that the person sees no error
}

// press runs what a button stands for, as if it had been typed.
func (b *Bot) press(ctx context.Context, in interaction) error {
	if len(in.Actions) == 0 || !strings.HasPrefix(in.Actions[0].ID, "do:") {
		return nil // a link, which Slack reports too
	}
	c, err := b.begin(ctx, in.sender(), in.key())
	if err != nil {
		return err
	}
	c.channel, c.trigger, c.public = in.Channel.ID, in.Trigger, publicName(in.Channel.Name)
	c.atHome, c.onTop = in.View.Type == string(slack.VTHomeTab), in.View.Type == string(slack.VTModal)
	line := in.Actions[0].line()
	if draft, ok := strings.CutPrefix(line, "draft "); ok {
		c.reply(in.Reply, c.openDraft(draft))
		return nil
	}
	var a answer
	if typed, ok := strings.CutPrefix(line, reAgain); ok {
		a, err = c.openAgain(typed)
	} else {
		a, err = c.try(line)
	}
	if err != nil {
		a = c.explain(err)
	}
	if in.View.ID != "" {
		c.showAnswer(a)
	} else {
		c.reply(in.Reply, a)
	}
	return unrecorded(err) // a reply may be lost on its way; Slack marks the button then
}

// openDraft opens the form with words that were kept when it could not be opened.
func (c *call) openDraft(number string) answer {
	var id int64
	if _, err := fmt.Sscan(number, &id); err != nil {
		return c.explain(incident.Refuse(incident.Missing, "There is no such draft."))
	}
	_, e, err := c.Store.Event(c.ctx, id)
	switch {
	case err != nil && incident.CodeOf(err) != incident.Missing:
		return c.explain(err)
	case err != nil || e.Kind != incident.EventDraft || e.Whom.Handle != c.who.Handle:
		return c.explain(incident.Refuse(incident.Missing, "There is no such draft."))
	}
	a, err := c.openDeclareForm(incident.Declaration{}, e.Text)
	if err != nil {
		return c.explain(err)
	}
	return a
}

// reply tells the person who pressed a button, unless they are in the room, which sees of itself what came of it.
func (c *call) reply(address string, a answer) {
	if !a.Heard || !c.inside {
		c.replies.send(address, a)
	}
}

// submit takes a form.
func (b *Bot) submit(ctx context.Context, in interaction) ([]byte, error) {
	c, err := b.begin(ctx, in.sender(), in.key())
	if err != nil {
		return nil, err
	}
	c.trigger, c.sent = in.Trigger, true
	c.maskForm(in.View)
	from := c.resume(in.View.Metadata)
	if verb, ok := strings.CutPrefix(in.View.Callback, formWords); ok {
		return c.submitWords(verb, from.Incident, in.View)
	}
	switch in.View.Callback {
	case formDeclare:
		return c.submitDeclare(in.View)
	case formBackfill:
		return c.submitBackfill(in.View)
	}
	return nil, nil
}

// submitDeclare takes the form of a declaration.
func (c *call) submitDeclare(v view) ([]byte, error) {
	d, faults := c.submitted(v)
	if len(faults) > 0 {
		return formErrors(faults)
	}
	if err := c.permitted(bells[d.Kind]); err != nil {
		return formDone(c.explain(err))
	}
	a, err := c.ring(d)
	if err != nil {
		return c.formRefused(inputTitle, err)
	}
	return formDone(a)
}

// submitWords runs a verb with the words of its form.
func (c *call) submitWords(verb string, id incident.ID, v view) ([]byte, error) {
	words := strings.TrimSpace(v.value(inputWords))
	asked, _ := lookup(verb)
	if words == "" && !asked.wordless {
		return formErrors(map[string]string{inputWords: "There are no words in it."})
	}
	if asked.room {
		verb += " " + id.String()
	}
	a, err := c.try(verb + " " + c.before + asked.compose(v, words))
	switch {
	case err != nil:
		return c.formRefused(asked.refusedAt(), err)
	case a.Heard && (c.inside || a.Text == ""):
		return nil, nil // the form closes: the room hears of it
	}
	return formDone(a)
}

// formRefused shows a refusal below a field, so that what was typed is still there. One with buttons that mend it stands in a
// window of its own on top of the form, for a field has none. Its error says whether that is because nothing could be recorded.
func (c *call) formRefused(field string, err error) ([]byte, error) {
	a := c.explain(err)
	if a.Blocks != nil {
		body, broken := formAnswered("push", a)
		return body, cmp.Or(broken, unrecorded(err))
	}
	said := readable(string(a.Text), func(h string) string { return h })
	var refusal *incident.Error
	if errors.As(err, &refusal) { // a field shows no dates
		said = refusal.In(c.Policy())
	}
	body, broken := formErrors(map[string]string{field: said})
	return body, cmp.Or(broken, unrecorded(err))
}

func formErrors(faults map[string]string) ([]byte, error) {
	return json.Marshal(map[string]any{"response_action": "errors", "errors": faults})
}

// formDone replaces the form by its answer: a form has no other way to say something to one person.
func formDone(a answer) ([]byte, error) { return formAnswered("update", a) }

// formAnswered is a window with an answer, in the place of a form ("update") or on top of it ("push").
func formAnswered(how string, a answer) ([]byte, error) {
	window := map[string]any{"type": slack.VTModal, "title": plain("Tocsin"), "close": plain("Close"), "blocks": a.Blocks}
	if a.Blocks == nil {
		window["blocks"] = []slack.Block{section(a.Text)}
	}
	return json.Marshal(map[string]any{"response_action": how, "view": window})
}

// messageShortcut does something about a message: it opens the declare form, or keeps it on the timeline.
func (b *Bot) messageShortcut(ctx context.Context, in interaction) error {
	do, known := shortcuts[in.Callback]
	if !known {
		return nil
	}
	c, err := b.begin(ctx, in.sender(), in.key())
	if err != nil {
		return err
	}
	c.channel, c.trigger, c.public = in.Channel.ID, in.Trigger, publicName(in.Channel.Name)
	if in.Team.Domain != "" {
		c.source = permalink("https://"+in.Team.Domain+".slack.com", in.Channel.ID, in.Message)
	}
	a, err := do(c, in.Message)
	if err != nil {
		a = c.explain(err)
	}
	c.reply(in.Reply, a)
	return unrecorded(err)
}

// shortcuts are what can be done about a message, by callback id.
var shortcuts = map[string]func(*call, posted) (answer, error){
	formDeclare: (*call).declareFrom,
	"catch":     (*call).catch,
}

// permalink is the address of a message, which Slack makes of these parts; asking for it would be a call.
func permalink(workspace, channel string, m posted) string {
	if channel == "" || m.TS == "" {
		return ""
	}
	address := strings.TrimSuffix(workspace, "/") + "/archives/" + channel + "/p" + strings.ReplaceAll(m.TS, ".", "")
	if m.Thread != "" && m.Thread != m.TS {
		address += "?thread_ts=" + m.Thread + "&cid=" + channel
	}
	return address
}

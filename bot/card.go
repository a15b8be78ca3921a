package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// marks are what makes a severity seen at a glance, most severe first; the last stands for all beyond.
var marks = []markup{":red_circle:", ":large_orange_circle:", ":large_yellow_circle:", ":large_blue_circle:", ":white_circle:"}

// severityMark is the mark and the name: "🔴 SEV1". An exercise says so first, everywhere.
func severityMark(i *incident.Incident) markup {
	return drillMark(i) + spokenSeverity(i.Severity)
}

// spokenSeverity is a severity as it is called in capitals.
func spokenSeverity(s incident.Severity) markup {
	if s == incident.Unknown {
		return "SEVERITY UNKNOWN"
	}
	return esc(strings.ToUpper(string(s)))
}

func drillMark(i *incident.Incident) markup {
	if i.Kind == incident.Drill {
		return ":test_tube: EXERCISE · "
	}
	return ""
}

func dot(policy *incident.Policy, i *incident.Incident) markup {
	if !i.Status.Open() {
		return ":large_green_circle:"
	}
	return marks[min(policy.Level(i.Severity).Rank, len(marks)-1)]
}

// headline is the incident in one line, for a card's head and for notifications.
func headline(i *incident.Incident, limit int) markup {
	head := severityMark(i) + markup(" · "+i.ID.String()+" · ")
	return head + short(i.Title, limit-size(head))
}

// card is the message that tells, at any moment, how the incident stands; pinned in its room, edited in place.
func (b *Bot) card(i *incident.Incident, last incident.Event, elsewhere ...markup) []slack.Block {
	policy := b.Policy()
	blocks := []slack.Block{slack.NewHeaderBlock(plain(headline(i, 140)))}
	blocks = append(blocks, slack.NewSectionBlock(nil, cardFields(policy, i, b.Now()), nil))
	blocks = append(blocks, openTasks(i, b.Now())...)
	if last.Text != "" {
		blocks = append(blocks, section(bold("Last update")+" "+clock(last.At)+" by "+esc(last.By.Name)))
		blocks = append(blocks, paragraphs(last.Text, glance, wholeOf(i, last))...)
	} else if i.Summary != "" {
		blocks = append(blocks, paragraphs(i.Summary, 3*maxSection, "")...) // all 3,000 characters, though many be escaped
	}
	if links := b.links(i, elsewhere); links != "" {
		blocks = append(blocks, contextLine(links))
	}
	return append(blocks, b.cardActions(policy, i)...)
}

// cardFields are the facts of the card, two a row.
func cardFields(policy *incident.Policy, i *incident.Incident, now time.Time) []*slack.TextBlockObject {
	field := func(name, value markup) *slack.TextBlockObject { return mrkdwn(bold(name) + "\n" + value) }
	fields := []*slack.TextBlockObject{
		field("Status", dot(policy, i)+" "+statusLine(policy, i)),
		field(title(policy.Duty(incident.Commander).Name()), holder(i, incident.Commander)),
		field("Since", clock(i.Started)),
		field("Next update", nextUpdate(i, now)),
	}
	for _, duty := range policy.Roles {
		if duty.Role != incident.Commander && !i.Roles[duty.Role].IsZero() && len(fields) < 8 {
			fields = append(fields, field(title(duty.Name()), holder(i, duty.Role)))
		}
	}
	if i.Service != "" {
		fields = append(fields, field("Service", short(i.Service, 200)))
	}
	return append(fields, field("Declared by", esc(i.Declarer.Name)))
}

// glance is how much of an update the card and the announcement show: they tell how things stand, and the room has the rest.
const glance = 700

// wholeOf is what to type to read an entry whole.
func wholeOf(i *incident.Incident, e incident.Event) markup {
	return markup(fmt.Sprintf("`/incident timeline %s #%d`", i.ID, e.ID))
}

// statusName is what people call the status.
func statusName(policy *incident.Policy, i *incident.Incident) markup {
	return esc(policy.Rung(i.Status).Name())
}

func mitigatedSuffix(i *incident.Incident) markup {
	if i.Status.Open() && !i.Mitigated.IsZero() {
		return ", mitigated " + clock(i.Mitigated)
	}
	return ""
}

func statusLine(policy *incident.Policy, i *incident.Incident) markup {
	line := statusName(policy, i) + mitigatedSuffix(i)
	if i.Private {
		line += " · :lock: private"
	}
	return line
}

func holder(i *incident.Incident, role incident.Role) markup {
	if p := i.Roles[role]; !p.IsZero() {
		return mention(p.Handle)
	}
	return "_nobody yet_"
}

// nextUpdate is when the next update is due, or since when it is overdue.
func nextUpdate(i *incident.Incident, now time.Time) markup {
	switch {
	case i.UpdateDue.IsZero():
		return "none is due"
	case !i.UpdateDue.After(now):
		return ":warning: " + bold("overdue since") + " " + clock(i.UpdateDue)
	}
	return "due " + clock(i.UpdateDue)
}

// title is a word with a capital.
func title(word string) markup {
	first, size := utf8.DecodeRuneInString(word)
	return esc(string(unicode.ToUpper(first)) + word[size:])
}

// links leads to what belongs to the incident elsewhere.
func (b *Bot) links(i *incident.Incident, elsewhere []markup) markup {
	parts := slices.DeleteFunc(slices.Clone(elsewhere), func(m markup) bool { return m == "" })
	if source := i.Refs[incident.RefSource]; source != "" {
		parts = append(parts, link(source, "Where it was reported"))
	}
	for _, l := range b.Policy().Service(i.Service).Links {
		parts = append(parts, link(l.URL, l.Title))
	}
	return join(parts, " · ")
}

// cardActions are the buttons that fit the incident's present status.
func (b *Bot) cardActions(policy *incident.Policy, i *incident.Incident) []slack.Block {
	switch {
	case i.Status == incident.Triage:
		return []slack.Block{actions("act", primary(button("accept", i.ID, "")), button("decline", i.ID, ""))}
	case i.Status == incident.Resolved:
		end := button("close", i.ID, "") // in a window there is another one beside it that closes that
		end.Text = plain(markup("Close " + i.ID.String()))
		end = confirmed(primary(end), "Close "+i.ID.String()+"?", "The work on it is over, too.")
		return []slack.Block{actions("act", end, button("note", i.ID, ""), button("timeline", i.ID, ""), button("reopen", i.ID, ""), moreButton(i.ID))}
	case !i.Status.Open():
		return []slack.Block{actions("act", button("timeline", i.ID, ""), button("reopen", i.ID, ""), moreButton(i.ID))}
	}
	var row []slack.BlockElement
	if i.Roles[incident.Commander].IsZero() { // who takes it from somebody does so from the menu, and not by a slip
		row = append(row, primary(button("commander", i.ID, "me")))
	}
	row = append(row, button("update", i.ID, ""), button("note", i.ID, ""), button("task", i.ID, ""), button("timeline", i.ID, ""))
	if i.Mitigated.IsZero() {
		row = append(row, button("mitigated", i.ID, ""))
	}
	row = append(row, confirmed(button("resolve", i.ID, ""), "Resolve "+i.ID.String()+"?", "The fault is over, and no more updates are owed."))
	return []slack.Block{
		actions("act", row...),
		actions(chooser(i), severityMenu(policy, i), statusMenu(policy, i), roleMenu(policy, i), moreButton(i.ID)),
	}
}

// chooser is the id of the menus of a card, another one for each state: a menu whose message is edited under the same id keeps what
// somebody chose, and does nothing when they choose it again.
// Source: docs.slack.dev/reference/block-kit/blocks/actions-block, "If a message is updated, use a new block_id".
func chooser(i *incident.Incident) string {
	sum := sha256.Sum256(fmt.Append(nil, i.Severity, i.Status, i.Roles)) // maps are printed in the order of their keys
	return "choose:" + hex.EncodeToString(sum[:8])
}

func actions(id string, elements ...slack.BlockElement) *slack.ActionBlock {
	return slack.NewActionBlock(id, elements...)
}

func primary(b *slack.ButtonBlockElement) *slack.ButtonBlockElement {
	return b.WithStyle(slack.StylePrimary)
}

func confirmed(b *slack.ButtonBlockElement, title, text string) *slack.ButtonBlockElement {
	return b.WithConfirm(slack.NewConfirmationBlockObject(plain(markup(title)), plain(markup(text)), b.Text, plain("Cancel")))
}

// menuOf is a select whose options are lines that could be typed after /incident.
func menuOf(action string, placeholder markup, options ...*slack.OptionBlockObject) *slack.SelectBlockElement {
	return slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain(placeholder), "do:"+action, options...)
}

func option(line string, text markup) *slack.OptionBlockObject {
	return slack.NewOptionBlockObject(line, plain(text), nil)
}

func severityMenu(policy *incident.Policy, i *incident.Incident) *slack.SelectBlockElement {
	var options []*slack.OptionBlockObject
	for _, level := range append(slices.Clone(policy.Severities), policy.Level(incident.Unknown)) {
		line := fmt.Sprintf("severity %s %s", i.ID, level.Name)
		options = append(options, option(line, short(strings.ToUpper(string(level.Name))+": "+level.Meaning, 75)))
	}
	return menuOf("severity", "Severity", options...)
}

func statusMenu(policy *incident.Policy, i *incident.Incident) *slack.SelectBlockElement {
	var options []*slack.OptionBlockObject
	for _, rung := range policy.SettableRungs() {
		one := option(fmt.Sprintf("status %s %s", i.ID, rung.Status), title(rung.Name()))
		if rung.Meaning != "" {
			one.Description = plain(short(rung.Meaning, 75))
		}
		options = append(options, one)
	}
	return menuOf("status", "Status", options...)
}

func roleMenu(policy *incident.Policy, i *incident.Incident) *slack.SelectBlockElement {
	var options []*slack.OptionBlockObject
	for _, duty := range policy.Roles {
		options = append(options, option(fmt.Sprintf("%s %s me", duty.Role, i.ID), short("I am the "+duty.Name(), 75)))
	}
	options = append(options, option("handover "+i.ID.String(), "Give out a role…"))
	return menuOf("role", "Take a role", options...)
}

// announcement is what those outside the room see: one message, edited in place.
func (b *Bot) announcement(i *incident.Incident, last incident.Event, kin markup) []slack.Block {
	policy := b.Policy()
	blocks := []slack.Block{
		section(dot(policy, i) + " " + bold(headline(i, 400)) + "\n" + title(policy.Rung(i.Status).Name()) + mitigatedSuffix(i) + " · " + esc(policy.Duty(incident.Commander).Name()) + " " + holder(i, incident.Commander) + " · since " + clock(i.Started) + roomSuffix(i)),
	}
	if last.Text != "" {
		blocks = append(blocks, section(bold("Update")+" "+clock(last.At)))
		blocks = append(blocks, paragraphs(last.Text, glance, wholeOf(i, last))...)
	}
	if !i.UpdateDue.IsZero() {
		blocks = append(blocks, contextLine("Next update "+nextUpdate(i, b.Now())))
	}
	if kin != "" {
		blocks = append(blocks, contextLine(kin))
	}
	return blocks
}

// topic is the line at the head of the room. Slack takes 250 characters, and formats none.
func topic(policy *incident.Policy, i *incident.Incident) markup {
	line := severityMark(i) + " · " + statusName(policy, i)
	if i.Status.Open() && !i.Mitigated.IsZero() {
		line += " (mitigated)"
	}
	if lead := i.Roles[incident.Commander]; !lead.IsZero() {
		line += " · " + esc(policy.Duty(incident.Commander).Name()) + " " + short(lead.Name, 60)
	}
	return line + " · " + short(i.Title, 240-size(line))
}

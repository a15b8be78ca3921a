package bot

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// pageSize is how many entries a page of the timeline has: what fits on a screen, and far below Slack's 50 blocks.
const pageSize = 15

// chapters are the kinds of entries that can be asked for by a word.
var chapters = map[string][]incident.EventKind{
	"notes":     {incident.EventNote},
	"updates":   {incident.EventUpdate},
	"customers": {incident.EventCustomersDraft, incident.EventCustomers},
	"caught":    {incident.EventCaught, incident.EventUncaught, incident.EventEdited, incident.EventDeleted},
	"tasks":     {incident.EventTask, incident.EventTaskTaken, incident.EventTaskDone, incident.EventTaskDropped, incident.EventTaskDue},
	"roles":     {incident.EventRole, incident.EventSteppedDown, incident.EventJoined, incident.EventLeft},
	"people":    {incident.EventAccess, incident.EventAdmitted, incident.EventBriefed, incident.EventTold},
	"severity":  {incident.EventSeverity, incident.EventTold},
	"status": {
		incident.EventDeclared, incident.EventBackfilled, incident.EventMoment, incident.EventDistrusted, incident.EventAccepted, incident.EventDeclined,
		incident.EventTitle, incident.EventService, incident.EventStatus, incident.EventMitigated, incident.EventResolved, incident.EventClosed, incident.EventArchived, incident.EventReopened,
		incident.EventMerged, incident.EventAbsorbed, incident.EventSeparated, incident.EventPrivate, incident.EventPublic,
	},
	"reminders":   {incident.EventReminded, incident.EventCalled, incident.EventSnoozed, incident.EventTaskDue},
	"corrections": {incident.EventCorrected, incident.EventRedacted},
}

// excerpt is which entries of a timeline somebody wants to see.
type excerpt struct {
	kinds   []incident.EventKind // none: all but marks
	by      string               // handle of who did it, or said it; "": anybody
	starred bool
	before  int64  // entries below this one; 0: from the newest
	typed   string // the words that ask for it, without the page
}

// timeline shows a page of entries, newest last: all of them, or those that words ask for; "#12" shows one entry whole,
// "before 12" an earlier page.
func (c *call) timeline(args string) (answer, error) {
	word, rest := cutWord(args)
	if strings.HasPrefix(word, "#") {
		return c.whole(word, rest)
	}
	x, err := c.excerpt(args)
	if err != nil {
		return answer{}, err
	}
	i, err := c.Store.Incident(c.ctx, c.incident)
	if err != nil {
		return answer{}, err
	}
	entries, more, err := c.page(x)
	if err != nil {
		return answer{}, err
	}
	head := markup("Timeline of " + c.incident.String())
	if x.typed != "" {
		head += ": " + short(readable(x.typed, c.name), 100)
	}
	blocks := []slack.Block{slack.NewSectionBlock(mrkdwn(bold(head)), nil, slack.NewAccessory(c.timelineMenu()))}
	if more {
		earlier := button("timeline", c.incident, strings.TrimSpace(fmt.Sprintf("%s before %d", x.typed, entries[0].ID)))
		earlier.Text = plain("Earlier entries")
		blocks = append(blocks, slack.NewActionBlock("", earlier))
	}
	slices.SortStableFunc(entries, func(a, b incident.Entry) int { return a.Occurred.Compare(b.Occurred) })
	blocks = append(blocks, c.lines(i, entries)...)
	if len(entries) == 0 {
		blocks = append(blocks, section("Nothing there."))
	}
	blocks = append(blocks, slack.NewActionBlock("", button("note", c.incident, "")))
	return show(head, blocks...)
}

// lines are entries with the days between them, where they are of several or not of today: in the reader's own zone.
func (c *call) lines(i *incident.Incident, entries []incident.Entry) (blocks []slack.Block) {
	offers := c.redacts(i)
	dayOf := func(t time.Time) string { return t.In(c.zone()).Format("Monday 2 January 2006") }
	today := dayOf(c.at)
	dated := slices.ContainsFunc(entries, func(e incident.Entry) bool { return dayOf(e.Occurred) != today })
	last := ""
	for _, e := range entries {
		if day := dayOf(e.Occurred); dated && day != last {
			blocks = append(blocks, contextLine(bold(markup(day))))
			last = day
		}
		blocks = append(blocks, slack.NewSectionBlock(mrkdwn(entryLine(c.Policy(), e)), nil, c.entryMenu(e, offers(e))))
	}
	return blocks
}

// timelineMenu shows less of the timeline, or all of it.
func (c *call) timelineMenu() slack.BlockElement {
	line := "timeline " + c.incident.String()
	options := []*slack.OptionBlockObject{option(line, "Everything"), option(line+" starred", "Starred"), option(line+" me", "By me")}
	for _, name := range chapterNames() {
		options = append(options, option(line+" "+name, title(name)))
	}
	return menuOf("timeline:only", "Show only", options...)
}

// excerpt reads what somebody wants to see: words for kinds, "starred", a person, and "before 12".
func (c *call) excerpt(args string) (x excerpt, err error) {
	for word, rest := cutWord(args); word != ""; word, rest = cutWord(rest) {
		lower := strings.ToLower(word)
		kinds, known := chapters[lower]
		if !known {
			kinds, known = chapters[lower+"s"] // "note"
		}
		switch {
		case known:
			x.kinds = append(x.kinds, kinds...)
		case lower == "starred":
			x.starred = true
		case lower == "before":
			word, rest = cutWord(rest)
			x.before, _ = strconv.ParseInt(strings.TrimPrefix(word, "#"), 10, 64) // anything else is the newest page
			continue
		case strings.HasPrefix(word, "<@") || lower == "me":
			person, err := c.person(word)
			if err != nil {
				return x, err
			}
			x.by = person.Handle
		default:
			return x, incident.Refuse(incident.Invalid, "I cannot read %q. The timeline shows starred, %s, a person (@user or me), one entry (#12), or takes a note: timeline add what happened.",
				echo(readable(word, c.name)), strings.Join(chapterNames(), ", ")).Offer("timeline")
		}
		x.typed = strings.TrimSpace(x.typed + " " + word)
	}
	return x, nil
}

func chapterNames() []string {
	names := make([]string, 0, len(chapters))
	for name := range chapters {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// page finds the newest entries of an excerpt, and tells whether there are older ones.
func (c *call) page(x excerpt) (page []incident.Entry, more bool, err error) {
	var stars []incident.Event
	if x.starred {
		if stars, err = c.Store.About(c.ctx, c.incident, 0); err != nil {
			return nil, false, err
		}
	}
	const atOnce = 200
	before, size := x.before, pageSize+1
	for more = true; more && len(page) <= pageSize; size = atOnce {
		var events []incident.Event
		if events, more, err = c.Store.Timeline(c.ctx, c.incident, before, size); err != nil || len(events) == 0 {
			break
		}
		before = events[0].ID
		entries := incident.Entries(events, stars)
		page = append(slices.DeleteFunc(entries, func(e incident.Entry) bool { return !x.shows(e) }), page...)
	}
	if err != nil || len(page) == 0 {
		return nil, false, err
	}
	if len(page) > pageSize {
		page, more = page[len(page)-pageSize:], true
	}
	about, err := c.Store.About(c.ctx, c.incident, page[0].ID)
	events := make([]incident.Event, len(page))
	for n, e := range page {
		events[n] = e.Event
	}
	if err == nil {
		events, err = c.concealed(events)
	}
	return incident.Entries(events, about), more, err
}

// shows tells whether an entry is one of the excerpt.
func (x excerpt) shows(e incident.Entry) bool {
	switch {
	case len(x.kinds) > 0 && !slices.Contains(x.kinds, e.Kind), len(x.kinds) == 0 && e.Mark():
		return false
	case x.by != "" && x.by != e.By.Handle && (e.Kind != incident.EventCaught || x.by != e.Whom.Handle):
		return false
	}
	return !x.starred || e.Starred
}

// onTheirClock has everybody read an instant that is named in words as their own clock shows it.
func onTheirClock(words markup, at time.Time) markup {
	if at.IsZero() {
		return words
	}
	return markup(strings.Replace(string(words), string(esc(incident.Instant(at))), string(clock(at)), 1))
}

// entryLine is one entry: when it happened, who, what, and its number; how it was set right, where it was; and when it was
// recorded, where that was later.
func entryLine(policy *incident.Policy, e incident.Entry) markup {
	const longest, beside = 500, 150 // so that a page of them stays below what Slack takes for a message
	line := clock(e.Occurred) + "  "
	if e.Starred {
		line += ":star: "
	}
	if e.Redacted {
		line += redactedLine(e)
	} else {
		text := sentence(policy, e.Event)
		line += bold(short(e.By.Name, 60)) + " "
		if line += onTheirClock(short(text, longest), e.When()); size(esc(text)) > longest {
			line += markup(fmt.Sprintf(" _whole: `/incident timeline #%d`_", e.ID))
		}
	}
	if fix := e.Correction; fix.ID != 0 {
		line += "\n:pencil2: _corrected by " + short(fix.By.Name, 60) + " (#" + markup(strconv.FormatInt(fix.ID, 10)) + ")_: " + short(fix.Text, beside)
	}
	line += markup(fmt.Sprintf("  `#%d`", e.ID))
	if e.Link != "" {
		line += " " + link(e.Link, "jump")
	}
	if e.At.Sub(e.Occurred).Minutes() >= 1 {
		line += " _(noted " + clock(e.At) + ")_"
	}
	return line
}

// sentence is what happened, in one sentence without its author, with statuses as the policy calls them now.
func sentence(policy *incident.Policy, e incident.Event) string {
	switch e.Kind {
	case incident.EventStatus:
		e.From = policy.Rung(incident.Status(e.From)).Name()
		e.To = policy.Rung(incident.Status(e.To)).Name()
	case incident.EventDistrusted:
		e.To = policy.Rung(incident.Status(e.To)).Name()
	}
	return strings.TrimPrefix(e.String(), e.By.Name+" ")
}

// redactedLine is what is shown of an entry whose words are gone.
func redactedLine(e incident.Entry) markup {
	line := "_" + esc(string(e.Kind)) + ", redacted"
	if e.Redaction.ID != 0 {
		line += " by " + short(e.Redaction.By.Name, 60) + ": " + short(e.Redaction.Text, 200)
	}
	return line + "_"
}

// entryAlone is the number of an entry, and nothing else.
var entryAlone = regexp.MustCompile(`^#?[0-9]{1,18}$`)

// entryNumber reads the number of an entry: "#12".
func entryNumber(word string) (int64, error) {
	if !entryAlone.MatchString(word) {
		return 0, incident.Refuse(incident.Invalid, "An entry is named by its number, which the timeline shows at its end: #12.").Offer("timeline")
	}
	return strconv.ParseInt(strings.TrimPrefix(word, "#"), 10, 64)
}

// whole shows one entry, in parts where it is longer than one message takes, with what can be done about it.
func (c *call) whole(number, part string) (answer, error) {
	const partSize = 2000
	id, err := entryNumber(number)
	if err != nil {
		return answer{}, err
	}
	i, err := c.Store.Incident(c.ctx, c.incident)
	if err != nil {
		return answer{}, err
	}
	e, err := c.Store.Entry(c.ctx, c.incident, id)
	if incident.CodeOf(err) == incident.Missing {
		return answer{}, incident.Refuse(incident.Missing, "%s", err.Error()).Offer("timeline")
	}
	if err != nil {
		return answer{}, err
	}
	if e.Event, err = conceal(e.Event, func(id incident.ID) (bool, error) { return c.sees(id, false) }); err != nil {
		return answer{}, err
	}
	text := []rune(e.Text)
	n, _ := strconv.Atoi(part) // anything else is the first part
	parts := max(1, (len(text)+partSize-1)/partSize)
	n = min(max(n, 1), parts)
	end := min(len(text), n*partSize)
	head := clock(e.Occurred) + "  " + bold(esc(e.By.Name)) + markup(fmt.Sprintf(" · %s · #%d", e.Kind, e.ID)) + partOf(n, parts)
	if e.Redacted {
		head = clock(e.Occurred) + "  " + redactedLine(e)
	}
	blocks := []slack.Block{section(head)}
	blocks = append(blocks, paragraphs(string(text[(n-1)*partSize:end]), 12000, "")...)
	if fix := e.Correction; fix.ID != 0 {
		blocks = append(blocks, section(":pencil2: "+bold("Corrected")+" "+clock(fix.At)+" by "+esc(fix.By.Name)+markup(fmt.Sprintf(" (#%d):", fix.ID))))
		blocks = append(blocks, paragraphs(fix.Text, maxSection, markup(fmt.Sprintf("`/incident timeline #%d`", fix.ID)))...)
	}
	return show("One entry of the timeline", append(blocks, c.entryButtons(i, e, partButton(i.ID, e, n, parts)...))...)
}

// partButton leads to the part of an entry after this one, if there is one.
func partButton(id incident.ID, e incident.Entry, n, parts int) []slack.BlockElement {
	if n >= parts {
		return nil
	}
	next := button("timeline", id, fmt.Sprintf("#%d %d", e.ID, n+1))
	next.Text = plain("Next part")
	return []slack.BlockElement{next}
}

func partOf(n, parts int) markup {
	if parts == 1 {
		return ""
	}
	return markup(fmt.Sprintf(" · part %d of %d", n, parts))
}

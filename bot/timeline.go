package bot

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// pageSize is how many entries a page of the timeline has: what fits on a screen, and far below Slack's 50 blocks.
const pageSize = 15

// timeline shows a page of entries, newest last; "#12" shows one entry whole, "before 12" an earlier page.
func (c *call) timeline(args string) (answer, error) {
	word, rest := cutWord(args)
	if entry, ok := strings.CutPrefix(word, "#"); ok {
		return c.entry(entry, rest)
	}
	before := int64(0)
	if word == "before" {
		before, _ = strconv.ParseInt(rest, 10, 64) // anything else is the newest page
	}
	events, more, err := c.Store.Timeline(c.ctx, c.incident, before, pageSize)
	if err != nil {
		return answer{}, err
	}
	head := markup("Timeline of " + c.incident.String())
	blocks := []slack.Block{section(bold(head))}
	if more {
		blocks = append(blocks, slack.NewActionBlock("", c.earlier(events[0].ID)))
	}
	slices.SortStableFunc(events, func(a, b incident.Event) int { return a.Occurred.Compare(b.Occurred) })
	for _, e := range events {
		blocks = append(blocks, section(entryLine(e)))
	}
	if len(events) == 0 {
		blocks = append(blocks, section("Nothing earlier."))
	}
	return show(head, blocks...)
}

func (c *call) earlier(before int64) *slack.ButtonBlockElement {
	b := button("timeline", c.incident, fmt.Sprintf("before %d", before))
	b.Text = plain("Earlier entries")
	return b
}

// entryLine is one entry: when it happened, who, what; and when it was recorded, where that was later.
func entryLine(e incident.Event) markup {
	const longest = 500 // so that a page of them stays below what Slack takes for a message
	line := clock(e.Occurred) + "  " + bold(short(e.By.Name, 60)) + " "
	text := strings.TrimPrefix(e.String(), e.By.Name+" ")
	if line += short(text, longest); size(esc(text)) > longest {
		line += markup(fmt.Sprintf(" _whole: `/incident timeline #%d`_", e.ID))
	}
	if e.At.Sub(e.Occurred).Minutes() >= 1 {
		line += " _(noted " + clock(e.At) + ")_"
	}
	return line
}

// entry shows one entry whole, in parts where it is longer than one message takes.
func (c *call) entry(number, part string) (answer, error) {
	const partSize = 2000
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return answer{}, incident.Refuse(incident.Invalid, "An entry is named by its number: /incident timeline #12.")
	}
	owner, e, err := c.Store.Event(c.ctx, id)
	if incident.CodeOf(err) == incident.Missing || err == nil && owner != c.incident { // in the same words for both
		return answer{}, incident.Refuse(incident.Missing, "%s has no entry #%d.", c.incident, id).Offer("timeline")
	}
	if err != nil {
		return answer{}, err
	}
	text := []rune(e.Text)
	n, _ := strconv.Atoi(part) // anything else is the first part
	parts := max(1, (len(text)+partSize-1)/partSize)
	n = min(max(n, 1), parts)
	end := min(len(text), n*partSize)
	blocks := []slack.Block{section(clock(e.Occurred) + "  " + bold(esc(e.By.Name)) + markup(fmt.Sprintf(" · %s", e.Kind)) + partOf(n, parts))}
	blocks = append(blocks, paragraphs(string(text[(n-1)*partSize:end]), 12000, "")...)
	if n < parts {
		next := button("timeline", c.incident, fmt.Sprintf("#%d %d", id, n+1))
		next.Text = plain("Next part")
		blocks = append(blocks, slack.NewActionBlock("", next))
	}
	return show("One entry of the timeline", blocks...)
}

func partOf(n, parts int) markup {
	if parts == 1 {
		return ""
	}
	return markup(fmt.Sprintf(" · part %d of %d", n, parts))
}

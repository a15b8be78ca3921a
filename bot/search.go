package bot

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// A page of what was found, and how much is looked through for it at most: what somebody may not read does not count, and
// nobody may tell from the time how much there is of it. Mostly the first look fills the page; what fails that is read in larger ones.
const (
	hitsShown  = 10
	hitsLooked = 500
	hitsFirst  = hitsShown + 2
	hitsAtOnce = 50
)

// search lists entries that hold all the words, by the incident, of those that the caller may know of; "before 12" goes on where an
// earlier page ended.
func (c *call) search(args string) (answer, error) {
	before := int64(0)
	if word, rest := cutWord(args); word == "before" {
		number, after := cutWord(rest)
		if n, err := strconv.ParseInt(number, 10, 64); err == nil && n > 0 {
			before, args = n, after
		}
	}
	words := readable(args, c.name)
	if len(incident.Words(words)) == 0 {
		return answer{}, incident.Refuse(incident.Invalid, "Say which words to look for, for example: search queue backlog.").Offer("search")
	}
	found, last, err := c.find(words, before)
	if err != nil {
		return answer{}, err
	}
	if len(found) == 0 { // the same words whether there is nothing, or too much that the caller may not see
		return say("Nothing that you may see holds all of: " + short(words, 200)), nil
	}
	head := "Found: " + short(words, 200)
	blocks := []slack.Block{section(bold(head))}
	for _, row := range found {
		blocks = append(blocks, row.blocks()...)
	}
	if last != 0 {
		older := button("search", 0, fmt.Sprintf("before %d %s", last, cutRunes(words, 1000)))
		older.Text = plain("Older ones")
		blocks = append(blocks, slack.NewActionBlock("", older))
	}
	return show(head, blocks...)
}

// foundIn is an incident, and the lines of what was found in it.
type foundIn struct {
	i     *incident.Incident
	lines []markup
	weak  bool // there is but one, which says that it looks like another
}

// take takes in an entry, and says how many lines that makes more. That the incident looks like another, which is found itself, says
// less of it than any other entry.
func (f *foundIn) take(policy *incident.Policy, e incident.Event) int {
	line, weak := foundLine(policy, f.i, e), e.Kind == incident.EventSimilar
	switch {
	case len(f.lines) == 0:
		f.lines, f.weak = []markup{line}, weak
		return 1
	case weak:
	case f.weak:
		f.lines, f.weak = []markup{line}, false
	default:
		f.lines = append(f.lines, line)
		return 1
	}
	return 0
}

// blocks are the incident, with the way to it, and below it what was found.
func (f *foundIn) blocks() []slack.Block {
	blocks := sections(append([]markup{bold(short(f.i.Name(), 200))}, f.lines...))
	if first, is := blocks[0].(*slack.SectionBlock); is {
		first.Accessory = slack.NewAccessory(button("show", f.i.ID, ""))
	}
	return blocks
}

// find looks for entries that the caller may read. Last is the entry before which the next page begins; 0: there is none.
func (c *call) find(words string, before int64) (found []*foundIn, last int64, err error) {
	rows, shown := map[incident.ID]*foundIn{}, 0
	known := map[incident.ID]*incident.Incident{} // nil: not for the caller
	for looked, many := 0, hitsFirst; looked < hitsLooked; many = hitsAtOnce {
		hits, err := c.Store.Search(c.ctx, words, before, many)
		if err != nil {
			return nil, 0, err
		}
		for _, hit := range hits {
			before = hit.Event.ID
			i, err := c.readableOne(known, hit.Incident)
			if err != nil {
				return nil, 0, err
			}
			if i == nil {
				continue
			}
			event, err := conceal(hit.Event, func(id incident.ID) (bool, error) { other, err := c.readableOne(known, id); return other != nil, err })
			if err != nil {
				return nil, 0, err
			}
			if strings.TrimSpace(event.Text) == "" {
				continue
			}
			if rows[i.ID] == nil {
				rows[i.ID] = &foundIn{i: i}
				found = append(found, rows[i.ID])
			}
			if shown += rows[i.ID].take(c.Policy(), event); shown == hitsShown {
				return found, before, nil
			}
		}
		looked += len(hits)
		if len(hits) < many {
			return found, 0, nil
		}
	}
	return found, 0, nil // a button would say that there is more, of which the caller may see nothing
}

// readableOne is an incident, nil where the caller may not know of it.
func (c *call) readableOne(known map[incident.ID]*incident.Incident, id incident.ID) (*incident.Incident, error) {
	if i, looked := known[id]; looked {
		return i, nil
	}
	i, err := c.Store.Incident(c.ctx, id)
	if err != nil {
		return nil, err
	}
	seen, err := c.visible(i, false)
	if err != nil {
		return nil, err
	}
	if !seen {
		i = nil
	}
	known[id] = i
	return i, nil
}

// foundLine is one entry that was found in an incident, and where the whole of it is.
func foundLine(policy *incident.Policy, i *incident.Incident, e incident.Event) markup {
	const longest = 300
	text := sentence(policy, e)
	return clock(e.Occurred) + " · " + bold(short(e.By.Name, 60)) + " " + onTheirClock(short(text, longest), e.When()) + " " + wholeOf(i, e)
}

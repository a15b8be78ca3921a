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

// search lists entries that hold all the words, of the incidents that the caller may know of; "before 12" goes on where an
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
		return answer{}, incident.Refuse(incident.Invalid, "Say which words to look for, for example: search queue backlog.")
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
	blocks = append(blocks, found...)
	if last != 0 {
		older := button("search", 0, fmt.Sprintf("before %d %s", last, cutRunes(words, 1000)))
		older.Text = plain("Older ones")
		blocks = append(blocks, slack.NewActionBlock("", older))
	}
	return show(head, blocks...)
}

// find looks for entries that the caller may read. Last is the entry before which the next page begins; 0: there is none.
func (c *call) find(words string, before int64) (found []slack.Block, last int64, err error) {
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
			found = append(found, section(foundLine(c.Policy(), i, event)))
			if len(found) == hitsShown {
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

// foundLine is one entry that was found, and where the whole of it is.
func foundLine(policy *incident.Policy, i *incident.Incident, e incident.Event) markup {
	const longest = 300
	text := sentence(policy, e)
	return bold(short(i.Name(), 200)) + " · " + clock(e.Occurred) + " · " + bold(short(e.By.Name, 60)) + " " + short(text, longest) + " " + wholeOf(i, e)
}

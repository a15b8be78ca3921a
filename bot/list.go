package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

const (
	pageOfList = 20   // incidents that a list shows at once
	mostListed = 1000 // incidents that one list looks at: who may see few of them asks for more
	chunkRead  = 100
)

// list shows incidents that the person may see. Open ones come with the most severe first, all of them with the newest first.
func (c *call) list(args string) (answer, error) {
	f, err := c.filter(args)
	if err != nil {
		return answer{}, offering(err, "list", "list all", "list mine")
	}
	done, err := c.inTurn()
	if err != nil {
		return answer{}, err
	}
	defer done()
	seen, last, err := c.pick(f, pageOfList)
	if err != nil {
		return answer{}, err
	}
	kind := markup("")
	if f.OpenOnly {
		kind = "open "
	}
	switch {
	case len(seen) > 0 || last != 0:
	case c.standing.Outsider():
		return say("No " + kind + "incidents that you can see: guests see those whose room they are in."), nil
	case args == "":
		return say("No open incidents. All quiet. :tada:"), nil
	default:
		return say("No " + kind + "incidents like that."), nil
	}
	head := markup(fmt.Sprintf("%d %sincidents", len(seen), kind))
	if len(seen) == 1 {
		head = "1 " + kind + "incident"
	}
	if last != 0 {
		head += ", and more"
	}
	blocks := []slack.Block{section(bold(head))}
	for _, i := range seen {
		blocks = append(blocks, homeLine(i, dot(c.Policy(), i)+" "+listed(c.Policy(), i)))
	}
	if last != 0 {
		blocks = append(blocks, slack.NewActionBlock("", nextPage(args, last)))
	}
	return show(head, blocks...)
}

// inTurn waits until so few read many incidents that there is room for one more, who says when they are done.
func (c *call) inTurn() (done func(), err error) {
	select {
	case c.listing <- struct{}{}:
		return func() { <-c.listing }, nil
	case <-c.ctx.Done():
		return nil, c.ctx.Err()
	}
}

// nextPage is the button for what a list did not show yet.
func nextPage(args string, last incident.ID) *slack.ButtonBlockElement {
	if at := strings.Index(args, "before INC-"); at >= 0 {
		args = args[:at]
	}
	b := button("list", 0, strings.TrimSpace(args+" before "+last.String()))
	b.Text = plain("More")
	return b
}

// wanted is what is to be listed. How far incidents have come is looked at one by one: nearly all are closed, so that for the
// others few are looked through, and all lists are bounded.
type wanted struct {
	incident.Filter
	status incident.Status // "": any
}

// filter reads what is to be listed.
func (c *call) filter(args string) (f wanted, err error) {
	f.OpenOnly = true
	words := strings.Fields(args)
	for n := 0; n < len(words); n++ {
		word, value := strings.ToLower(words[n]), ""
		if takesValue := word == "service" || word == "since" || word == "before"; takesValue {
			if n++; n == len(words) {
				return f, incident.Refuse(incident.Invalid, "What comes after %s? For example: list all service checkout since 7d.", word).Offer("list", "list all", "list mine")
			}
			typed, used := flagValue(words[n:])
			value, n = unquoted(typed), n+used-1
		}
		switch word {
		case "open":
		case "all":
			f.OpenOnly = false
		case "mine":
			f.Of = c.who.Handle
		case "service":
			f.Service = readable(value, c.name)
		case "since":
			if f.Since, err = c.since(value); err != nil {
				return f, err
			}
		case "before":
			f.Before, _ = incident.ParseID(value) // anything else is the first page
		default:
			if err := c.filterBy(words[n], &f); err != nil {
				return f, err
			}
		}
	}
	f.OpenOnly = f.OpenOnly && (f.status == "" || f.status.Open())
	f.SevereFirst = f.OpenOnly
	return f, nil
}

// filterWords are what a list can be asked for beside severities and statuses.
var filterWords = []string{"open", "all", "mine", "service", "since"}

// filterBy reads a severity or a status.
func (c *call) filterBy(word string, f *wanted) error {
	policy := c.Policy()
	if level, known := policy.ParseSeverity(word); known {
		f.Severity = level.Name
		return nil
	}
	if rung, known := policy.ParseStatus(word); known {
		f.status = rung.Status
		return nil
	}
	known := append(slices.Clone(filterWords), policy.StatusWords()...)
	for _, level := range policy.Severities {
		known = append(known, string(level.Name))
	}
	meant := ""
	if near := Nearest(strings.ToLower(word), known); near != "" {
		meant = " Did you mean " + near + "?"
	}
	return incident.Refuse(incident.Invalid, "I cannot read %q.%s For example: list all sev1 service checkout since 7d, list monitoring, or list mine.", echo(readable(word, c.name)), meant).Offer("list", "list all", "list mine")
}

// since reads "7d", a day, or one by its name.
func (c *call) since(word string) (time.Time, error) {
	for back, name := range []string{"today", "yesterday"} {
		if strings.EqualFold(word, name) {
			y, m, d := c.at.In(c.zone()).AddDate(0, 0, -back).Date()
			return time.Date(y, m, d, 0, 0, 0, 0, c.zone()), nil
		}
	}
	if dayWord.MatchString(word) {
		day, err := time.ParseInLocation(time.DateOnly, word, c.zone())
		if err != nil {
			return day, incident.Refuse(incident.Invalid, "There is no day %s. Days are written 2026-11-20.", word)
		}
		return day, nil
	}
	if !ahead.MatchString(word) {
		return time.Time{}, incident.Refuse(incident.Invalid, "I cannot read %q. Say how far back, 7d or 12h, or a day, yesterday or 2026-11-20.", echo(word))
	}
	d, err := elapsed(word)
	return c.at.Add(-d), err
}

// pick reads incidents until so many are found that the person may see. last is the one behind which there may be more, or 0.
func (c *call) pick(f wanted, most int) (seen []*incident.Incident, last incident.ID, err error) {
	f.Limit = min(most+4, chunkRead) // mostly enough: few are hidden from anybody
	for looked := 0; looked < mostListed; f.Limit = chunkRead {
		some, err := c.Store.List(c.ctx, f.Filter)
		if err != nil {
			return nil, 0, err
		}
		for _, i := range some {
			if f.status != "" && i.Status != f.status {
				f.Before = i.ID
				continue
			}
			room := i.Refs[incident.RefRoom]
			visible, err := c.visible(i, room != "" && room == c.channel)
			switch {
			case err != nil:
				return nil, 0, err
			case visible && len(seen) == most:
				return seen, f.Before, nil
			case visible:
				seen = append(seen, i)
			}
			f.Before = i.ID
		}
		if looked += len(some); len(some) < f.Limit {
			return seen, 0, nil
		}
	}
	return seen, f.Before, nil
}

// listed is one incident in a line.
func listed(policy *incident.Policy, i *incident.Incident) markup {
	lead := markup("nobody leads")
	if i.Kind == incident.Backfill {
		lead = "recorded afterwards"
	}
	if p := i.Roles[incident.Commander]; !p.IsZero() {
		lead = "led by " + short(p.Name, 60)
	}
	status := statusName(policy, i)
	if i.Private {
		status += " · :lock: private"
	}
	return severityMark(i) + " " + bold(short(i.Name(), 200)) + " · " + status + " · " + lead + " · since " + clock(i.Started) + roomSuffix(i)
}

// show tells how an incident stands as its card does, to one person.
func (c *call) show(string) (answer, error) {
	i, err := c.Store.Incident(c.ctx, c.incident)
	if err != nil {
		return answer{}, err
	}
	last, err := c.lastUpdate(c.ctx, i.ID)
	if err != nil {
		return answer{}, err
	}
	kin, err := c.kin(i)
	if err != nil {
		return answer{}, err
	}
	blocks := c.card(i, last, c.announcementLink(i), kin)
	if room := i.Refs[incident.RefRoom]; room != "" && !c.inside {
		blocks = slices.Insert(blocks, 1, slack.Block(contextLine("Its room is "+channelLink(room))))
	}
	return show(headline(i, 400)+" · "+statusName(c.Policy(), i), blocks...)
}

// stats are the figures of real incidents in a line. Those that the person may not see are not in them.
func (c *call) stats(args string) (answer, error) {
	word := cmp.Or(strings.TrimSpace(args), "30d")
	since, err := c.since(word)
	if err != nil {
		return answer{}, offering(err, "stats 30d")
	}
	if c.at.Sub(since) > longestAgo {
		return answer{}, incident.Refuse(incident.Invalid, "Figures go back a year at most. For example: stats 365d.").Offer("stats 365d")
	}
	done, err := c.inTurn()
	if err != nil {
		return answer{}, err
	}
	defer done()
	all, err := c.Store.Figures(c.ctx, since)
	if err != nil {
		return answer{}, err
	}
	by := map[incident.Severity][]*incident.Incident{}
	var names []incident.Severity
	for _, i := range all {
		if i.Private {
			if seen, err := c.sees(i.ID, false); err != nil {
				return answer{}, err
			} else if !seen {
				continue
			}
		}
		if by[i.Severity] = append(by[i.Severity], i); len(by[i.Severity]) == 1 {
			names = append(names, i.Severity)
		}
	}
	if len(names) == 0 {
		return say("No incidents since " + clock(since) + "."), nil
	}
	slices.SortFunc(names, func(a, b incident.Severity) int {
		return cmp.Or(cmp.Compare(by[a][0].Rank, by[b][0].Rank), cmp.Compare(a, b))
	})
	var parts []markup
	for _, name := range names {
		part := markup(fmt.Sprintf("%d ", len(by[name]))) + bold(spokenSeverity(name))
		if took, resolved := medianToResolve(by[name]); resolved > 0 {
			part += markup(fmt.Sprintf(", %d of %d resolved, median %s", resolved, len(by[name]), roughly(took)))
		}
		parts = append(parts, part)
	}
	return say("Since " + clock(since) + ": " + join(parts, " · ") + ". Exercises and what was recorded afterwards do not count."), nil
}

// medianToResolve is the time within which half of the resolved ones were, and how many those are.
func medianToResolve(incidents []*incident.Incident) (took time.Duration, resolved int) {
	var times []time.Duration
	for _, i := range incidents {
		if !i.Resolved.IsZero() && !i.Started.IsZero() {
			times = append(times, i.Resolved.Sub(i.Started))
		}
	}
	if len(times) == 0 {
		return 0, 0
	}
	slices.Sort(times)
	half := len(times) / 2
	if len(times)%2 == 0 {
		return (times[half-1] + times[half]) / 2, len(times)
	}
	return times[half], len(times)
}

// roughly tells a duration in the two units that matter: "3d 4h", "1h 20m", "5m".
func roughly(d time.Duration) string {
	minutes := int(d.Round(time.Minute) / time.Minute)
	days, hours, minutes := minutes/(24*60), minutes/60%24, minutes%60
	switch {
	case days > 0:
		return fmt.Sprintf("%dd %dh", days, hours)
	case hours > 0 && minutes == 0:
		return fmt.Sprintf("%dh", hours)
	case hours > 0:
		return fmt.Sprintf("%dh %dm", hours, minutes)
	}
	return fmt.Sprintf("%dm", minutes)
}

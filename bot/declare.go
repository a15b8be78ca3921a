package bot

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"tocsin/incident"
)

// What counts as perhaps the same trouble: the newest open incidents of the last hour. Nobody is helped by being sent to
// the thirtieth, and every declaration waits for the one before it while that compares.
const (
	lookAlike      = time.Hour
	mostLookAlikes = 25
)

// declare rings the bell. With nothing else typed it opens the form.
func (c *call) declare(args string) (answer, error) {
	return c.declareAs(incident.Real, args)
}

// drill rings it for an exercise.
func (c *call) drill(args string) (answer, error) {
	return c.declareAs(incident.Drill, args)
}

func (c *call) declareAs(kind incident.Kind, args string) (answer, error) {
	f, err := splitFlags(args, []string{"service"}, []string{"private", "drill"})
	if err != nil {
		return answer{}, err
	}
	d := incident.Declaration{Kind: kind, Service: f.values["service"], Private: f.present["private"]}
	if f.present["drill"] {
		d.Kind = incident.Drill
	}
	if err := c.permitted(bells[d.Kind]); err != nil {
		return answer{}, err
	}
	d.Severity, d.Title, d.Summary = c.opening(f.words)
	if d.Title == "" {
		return c.openDeclareForm(d, "")
	}
	return c.ring(d)
}

// bells are the verbs that ring for each kind, however it was asked for: who may ring one may not ring the other for that.
var bells = map[incident.Kind]string{incident.Real: "declare", incident.Drill: "drill"}

// opening reads the words of a declaration: a severity, if they begin with one, and the title.
func (c *call) opening(words []string) (level incident.Level, head, summary string) {
	if named, used := readSeverity(c.Policy(), words); used > 0 {
		level, words = named, words[used:]
		if len(words) > 0 && strings.Trim(words[0], aroundSeverity) == "" { // "sev1 - payments are slow"
			words = words[1:]
		}
	}
	head, summary = headed(readable(strings.Join(words, " "), c.name))
	return level, head, summary
}

// aroundSeverity is what people write around a severity in a hurry: "SEV1:", "[sev1]", "sev1,".
const aroundSeverity = ":,.;!-–—()[]*"

// readSeverity reads a severity off the start of words, as "SEV1:", "sev-1" or "sev 1", and says how many words it took.
func readSeverity(policy *incident.Policy, words []string) (level incident.Level, used int) {
	if len(words) == 0 {
		return level, 0
	}
	trim := func(n int) string { return strings.Trim(words[n], aroundSeverity) }
	spellings := []string{trim(0), strings.ReplaceAll(trim(0), "-", "")}
	if len(words) > 1 {
		spellings = append(spellings, trim(0)+trim(1))
	}
	for n, spelling := range spellings {
		if level, ok := policy.ParseSeverity(spelling); ok {
			return level, 1 + n/2
		}
	}
	return level, 0
}

// headed makes a title of what was typed. What is too long for one is cut at a word, and kept whole as the summary: nobody
// who rings the bell is sent back for style.
func headed(text string) (title, summary string) {
	text = strings.Join(strings.Fields(text), " ")
	runes := []rune(text)
	if len(runes) <= incident.MaxTitle {
		return text, ""
	}
	title = string(runes[:incident.MaxTitle-1])
	if at := strings.LastIndexByte(title, ' '); at > len(title)/2 {
		title = title[:at]
	}
	return title + "…", cutRunes(text, incident.MaxSummary)
}

// ring declares an incident and answers.
func (c *call) ring(d incident.Declaration) (answer, error) {
	policy := c.Policy()
	d.Policy = policy
	var rung *incident.Incident // nil: it was recorded before, and this is the same answer
	reply, err := c.change(func(tx incident.Tx) (answer, error) {
		i, err := incident.Declare(d, c.stamp())
		if err != nil {
			return answer{}, err
		}
		if err := tx.Declare(i); err != nil {
			return answer{}, err
		}
		i.Room = incident.RoomName(policy.Channel, i.ID, i.Title)
		c.remember(i)
		alike, err := c.lookAlike(tx, i)
		if err != nil {
			return answer{}, err
		}
		// It stays at "Opening …": what a command's response_url sends with replace_original replaces nothing (slackapi/bolt-js#2287,
		// slackapi/bolt-python#1268), chat.update takes no ephemeral message, and a second one would be one too many.
		reply := markup(fmt.Sprintf("%s declared%s. Opening #%s …", i.ID, asKind[i.Kind], i.Room)) + strangeService(policy, i.Service) + c.strangeSeverity(i)
		if alike != nil {
			reply += "\nIt looks like " + bold(esc(alike.Name())) + ", declared " + clock(alike.Declared) + " by " + esc(alike.Declarer.Name) + roomSuffix(alike)
		}
		rung = i
		if near := nearService(policy, i.Service); near != "" {
			return offer(reply, serviceButton(i.ID, near))
		}
		return say(reply), nil
	})
	if err == nil && rung != nil { // no word of the title: the log is read by more people than may be in the room
		c.Log.Info(rung.ID.String()+" declared", "severity", string(rung.Severity), "kind", string(rung.Kind), "private", rung.Private, "request", c.key)
	}
	return reply, err
}

// asKind is what is said of a declaration beside its number.
var asKind = map[incident.Kind]string{incident.Drill: " as an exercise"}

// strangeService notes a service that the policy does not know, where it knows any: its owner hears nothing.
func strangeService(policy *incident.Policy, name string) markup {
	called := func(s incident.Service) bool { return strings.EqualFold(s.Name, name) }
	if name == "" || len(policy.Services) == 0 || slices.ContainsFunc(policy.Services, called) {
		return ""
	}
	note := "\nThere is no service " + bold(short(name, 100)) + " in the policy, so nobody is invited for it."
	if near := nearService(policy, name); near != "" {
		note += " Did you mean " + bold(esc(near)) + "?"
	}
	return note
}

// likeSeverity is a word that looks like a severity.
var likeSeverity = regexp.MustCompile(`(?i)^(?:sev|severity|prio|p|s)-?[0-9]{1,2}$`)

// strangeSeverity notes a title that begins with a severity that the policy does not know.
func (c *call) strangeSeverity(i *incident.Incident) markup {
	word, _ := cutWord(i.Title)
	word = strings.Trim(word, aroundSeverity)
	if _, known := c.Policy().ParseSeverity(word); known || !likeSeverity.MatchString(word) {
		return ""
	}
	return "\nThere is no severity " + bold(esc(word)) + ", so it is " + bold(esc(strings.ToUpper(string(i.Severity)))) + " until `/incident severity` changes it."
}

// remember keeps where the incident was declared, and the message that it was declared from.
func (c *call) remember(i *incident.Incident) {
	if c.channel != "" && c.public {
		i.Refs[incident.RefOrigin] = c.channel
	}
	if c.source != "" {
		i.Refs[incident.RefSource] = c.source
	}
}

// lookAlike finds an open incident that seems to be the same trouble, and tells the people of both, but never of a
// private one.
func (c *call) lookAlike(tx incident.Tx, i *incident.Incident) (*incident.Incident, error) {
	recent, err := tx.DeclaredSince(c.at.Add(-lookAlike), mostLookAlikes+1) // and the new one
	if err != nil {
		return nil, err
	}
	similar := incident.SimilarTo(i)
	for _, candidate := range recent {
		if candidate.ID == i.ID || candidate.Private || candidate.Kind != i.Kind || !similar(candidate) {
			continue
		}
		other, err := tx.Incident(candidate.ID)
		if err != nil {
			return nil, err
		}
		i.Resemble(other, c.stamp())
		if !i.Private {
			other.Resemble(i, c.stamp())
		}
		return other, nil
	}
	return nil, nil
}

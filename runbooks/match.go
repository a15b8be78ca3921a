package runbooks

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/sahilm/fuzzy"
)

// A Query is what runbooks are looked for.
type Query struct {
	Service    string   // as the policy calls it; leave it empty where it is none of these
	Alert      string   // what the alert says
	Tags       []string // of the incident or of the alert
	Severity   string   // "" or none of Severities where nobody knows yet
	Severities []string // all there are, most severe first; without them a severity fits only itself
}

// A Match is a runbook that fits, and why, as the end of a sentence: "its service checkout".
type Match struct {
	Runbook *Runbook
	Reason  string
	score   int
}

// How much each reason counts: an alert's own text says most, a tag least.
const (
	forAlert   = 1000 // and how much of it the pattern says
	forService = 400
	forTag     = 50
	otherAlert = -200 // the runbook names alerts, and this is none of them
)

// Match picks the runbooks that fit, best first. One fits by an alert pattern, by its service or by a tag; what names another
// service, or only worse severities, does not fit.
func (b *Book) Match(q Query) (found []Match) {
	alert := fold(q.Alert)
	service := strings.ToLower(q.Service)
	tags := make([]string, len(q.Tags))
	for n, tag := range q.Tags {
		tags[n] = strings.ToLower(tag)
	}
	for _, r := range b.now.Load().runbooks {
		if service != "" && len(r.Services) > 0 && !slices.Contains(r.folded.services, service) || !severeEnough(r.Severity, q) {
			continue
		}
		if m := r.fit(service, alert, tags); m.score > 0 {
			found = append(found, m)
		}
	}
	slices.SortStableFunc(found, func(a, b Match) int {
		return cmp.Or(b.score-a.score, len(a.Runbook.Services)-len(b.Runbook.Services), strings.Compare(a.Runbook.Path, b.Runbook.Path))
	})
	return found
}

// fit says how well one fits, and why.
func (r *Runbook) fit(service, alert string, tags []string) Match {
	m := Match{Runbook: r}
	var reasons []string
	if best := r.bestPattern(alert); best >= 0 {
		m.score += forAlert + min(r.Alerts[best].weight, forService-forTag)
		reasons = append(reasons, "its alert pattern "+r.Alerts[best].String())
	}
	if at := slices.Index(r.folded.services, service); service != "" && at >= 0 {
		m.score += forService
		reasons = append(reasons, "its service "+r.Services[at])
		if alert != "" && len(r.Alerts) > 0 && m.score < forAlert {
			m.score += otherAlert
		}
	}
	for n, tag := range r.folded.tags {
		if slices.Contains(tags, tag) {
			m.score += forTag
			reasons = append(reasons, "its tag "+r.Tags[n])
		}
	}
	m.Reason = list(reasons)
	return m
}

// bestPattern is the pattern that says most of an alert, or -1.
func (r *Runbook) bestPattern(alert string) int {
	best := -1
	for n, p := range r.Alerts {
		if alert != "" && (best < 0 || p.weight > r.Alerts[best].weight) && p.match(alert) {
			best = n
		}
	}
	return best
}

// severeEnough tells whether an incident is as severe as a runbook wants. Nobody is kept from a runbook by what is not known.
func severeEnough(wanted string, q Query) bool {
	fold := func(s string) func(string) bool {
		return func(other string) bool { return strings.EqualFold(s, other) }
	}
	if wanted == "" || q.Severity == "" || strings.EqualFold(wanted, q.Severity) {
		return true
	}
	if len(q.Severities) == 0 {
		return false
	}
	is, least := slices.IndexFunc(q.Severities, fold(q.Severity)), slices.IndexFunc(q.Severities, fold(wanted))
	return is < 0 || least < 0 || is <= least
}

// list puts words in a row: a, b and c.
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// foldedFront is what is searched, in small letters.
type foldedFront struct {
	services, tags []string
	words          []string // what Find looks at: the title first
}

func foldFront(name string, f Front) foldedFront {
	lower := func(list []string) []string {
		out := make([]string, len(list))
		for n, s := range list {
			out[n] = strings.ToLower(s)
		}
		return out
	}
	file := strings.TrimSuffix(strings.ToLower(path.Base(name)), ".md")
	folded := foldedFront{services: lower(f.Services), tags: lower(f.Tags)}
	folded.words = slices.Concat([]string{strings.ToLower(f.Title), file}, folded.services, folded.tags)
	return folded
}

// maxWords is how many words are looked for.
const maxWords = 10

// Find looks for words in titles, names of files, services and tags, best first: all of the words have to be in it, with
// letters left out at most.
func (b *Book) Find(words string) []Match {
	wanted := strings.Fields(strings.ToLower(clean(words)))
	wanted = wanted[:min(len(wanted), maxWords)]
	var found []Match
	for _, r := range b.now.Load().runbooks {
		m := Match{Runbook: r, Reason: "its title, services and tags"}
		for _, word := range wanted {
			score := r.likeness(word)
			if score == 0 {
				m.score = 0
				break
			}
			m.score += score
		}
		if m.score > 0 {
			m.Reason = fmt.Sprintf("the words %s", quote(strings.Join(wanted, " ")))
			found = append(found, m)
		}
	}
	slices.SortStableFunc(found, func(a, b Match) int {
		return cmp.Or(b.score-a.score, strings.Compare(a.Runbook.Title, b.Runbook.Title), strings.Compare(a.Runbook.Path, b.Runbook.Path))
	})
	return found
}

// How well a word stands in another one.
const (
	isWord, beginsWord, inWords, likeWord = 100, 60, 40, 10
	likeTitle                             = 1 // more where it is in the title
)

// likeness is how well a word is in what a runbook says of itself; 0 for not at all.
func (r *Runbook) likeness(word string) (best int) {
	for n, text := range r.folded.words {
		score := 0
		for _, has := range strings.FieldsFunc(text, func(c rune) bool { return !inWord(c) }) {
			switch {
			case has == word:
				score = max(score, isWord)
			case strings.HasPrefix(has, word):
				score = max(score, beginsWord)
			case len(word) >= 3 && (letters(word, has) || nearest(word, []string{has}) != ""):
				score = max(score, likeWord)
			}
		}
		if score < inWords && strings.Contains(text, word) {
			score = inWords
		}
		if n == 0 && score > 0 {
			score += likeTitle
		}
		best = max(best, score)
	}
	return best
}

// letters tells whether a word has all the letters of what was typed, in their order and not far apart.
func letters(typed, word string) bool {
	at := fuzzy.Find(typed, []string{word})
	if len(at) == 0 {
		return false
	}
	places := at[0].MatchedIndexes
	return places[0] == 0 && places[len(places)-1]-places[0] < 2*len(typed)
}

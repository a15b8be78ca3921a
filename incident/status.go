package incident

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Status is how far an incident has come. It is the word of the record; people read what the policy calls it.
type Status string

// The ladder: triage → investigating → identified → monitoring → resolved → closed, or triage → declined.
const (
	Triage        Status = "triage"
	Investigating Status = "investigating"
	Identified    Status = "identified"
	Monitoring    Status = "monitoring"
	Resolved      Status = "resolved"
	Closed        Status = "closed"
	Declined      Status = "declined"
)

// Open tells whether people still have to do something about the fault itself.
func (s Status) Open() bool { return s != Resolved && s != Closed && s != Declined }

// settable are the statuses that people move an open incident between.
var settable = []Status{Investigating, Identified, Monitoring}

// Rung is a status of the ladder with what a team calls it and means by it.
type Rung struct {
	Status  Status
	Called  string // what people call it; "" is its word
	Meaning string
}

// Name is what people call the status.
func (r Rung) Name() string { return cmp.Or(r.Called, string(r.Status)) }

// Typed is its name as one word, as people can type it: with hyphens for spaces.
func (r Rung) Typed() string { return oneWord(r.Name()) }

// oneWord is a name in small letters with hyphens for spaces.
func oneWord(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), "-")) }

// Rung returns what the policy says of a status. One that it does not know (from a newer version) keeps its word.
func (p *Policy) Rung(status Status) Rung {
	for _, rung := range p.Statuses {
		if rung.Status == status {
			return rung
		}
	}
	return Rung{Status: status}
}

// ParseStatus reads a status as people type it, in any case: its word, or its name, with hyphens or spaces. ok is false for what
// is none.
func (p *Policy) ParseStatus(words string) (rung Rung, ok bool) {
	typed := oneWord(words)
	at := slices.IndexFunc(p.Statuses, func(r Rung) bool { return typed == string(r.Status) || typed == r.Typed() })
	if at < 0 {
		return Rung{}, false
	}
	return p.Statuses[at], true
}

// MustStatus is ParseStatus of those that people move an incident between, with a refusal that lists them and names the one that
// was perhaps meant.
func (p *Policy) MustStatus(words string) (Rung, error) {
	rung, known := p.ParseStatus(words)
	if known && slices.Contains(settable, rung.Status) {
		return rung, nil
	}
	refusal := Refuse(Invalid, "The status can be %s; for the end use resolve and close.", p.Settable()).Offer("status")
	if near := Nearest(oneWord(words), p.statusWords(settable)); near != "" && !known && words != "" {
		rung, _ = p.ParseStatus(near)
		refusal.Message = fmt.Sprintf("There is no status %q. Did you mean %s? %s", words, rung.Name(), refusal.Message)
	}
	return Rung{}, refusal
}

// Settable lists in words, as the policy calls them, the statuses that people move an open incident between.
func (p *Policy) Settable() string {
	names := make([]string, len(settable))
	for n, status := range settable {
		names[n] = p.Rung(status).Name()
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// SettableRungs are the statuses that people move an open incident between, in the order of the ladder.
func (p *Policy) SettableRungs() []Rung {
	rungs := make([]Rung, len(settable))
	for n, status := range settable {
		rungs[n] = p.Rung(status)
	}
	return rungs
}

// StatusWords lists all that people can type for a status: its word, and its name.
func (p *Policy) StatusWords() (words []string) {
	all := make([]Status, len(p.Statuses))
	for n, rung := range p.Statuses {
		all[n] = rung.Status
	}
	return p.statusWords(all)
}

func (p *Policy) statusWords(statuses []Status) (words []string) {
	for _, status := range statuses {
		rung := p.Rung(status)
		if words = append(words, string(status)); rung.Called != "" {
			words = append(words, rung.Typed())
		}
	}
	return words
}

// ladder is what the statuses mean where a policy says nothing else.
var ladder = []Rung{
	{Status: Triage, Meaning: "Nobody has said yet whether it is an incident."},
	{Status: Investigating, Meaning: "The cause is being looked for."},
	{Status: Identified, Meaning: "The cause is known, and is being mended."},
	{Status: Monitoring, Meaning: "It is mended, and is watched that it stays so."},
	{Status: Resolved, Meaning: "The fault is over."},
	{Status: Closed, Meaning: "The work on it is over, too."},
	{Status: Declined, Meaning: "It was no incident. It stays in the record."},
}

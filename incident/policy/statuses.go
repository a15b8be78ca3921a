package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tocsin/incident"
)

// maxStatus is how long the name of a status may be: it stands beside much else in a line.
const maxStatus = 30

// statuses lets a team call and describe the statuses in its own words. Which there are is no policy.
func (f file) statuses(p *incident.Policy) error {
	var faults []error
	seen := map[string]bool{}
	for n, s := range f.Statuses {
		where := fmt.Sprintf("statuses[%d]", n)
		at := slices.IndexFunc(p.Statuses, func(r incident.Rung) bool { return string(r.Status) == s.Status })
		if at < 0 || seen[s.Status] {
			faults = append(faults, noStatus(where+".status", s.Status, p, at >= 0))
			continue
		}
		seen[s.Status] = true
		if utf8.RuneCountInString(s.Meaning) > maxWords {
			faults = append(faults, fmt.Errorf("%s.meaning: is longer than %d characters", where, maxWords))
		}
		if s.Name == "" && s.Meaning == "" {
			faults = append(faults, fmt.Errorf("%s: says nothing of %s: give it a name, or a meaning, or take it out", where, s.Status))
		}
		if err := goodName(s.Name); err != nil {
			faults = append(faults, fmt.Errorf("%s.name: %w", where, err))
			continue
		}
		p.Statuses[at].Called = s.Name
		if s.Meaning != "" {
			p.Statuses[at].Meaning = s.Meaning
		}
	}
	return errors.Join(append(faults, statusesApart(p))...)
}

// noStatus says what is wrong with a status that is none, or that was named before.
func noStatus(where, word string, p *incident.Policy, twice bool) error {
	if twice {
		return fmt.Errorf("%s: %s stands there already: say all of it in one place", where, word)
	}
	var words []string
	for _, rung := range p.Statuses {
		words = append(words, string(rung.Status))
	}
	if near := incident.Nearest(strings.ToLower(word), words); near != "" {
		return fmt.Errorf("%s: there is no status %q: did you mean %s?", where, word, near)
	}
	return fmt.Errorf("%s: there is no status %q; there are %s", where, word, strings.Join(words, ", "))
}

// goodName refuses a name that does not fit in a line, or that nobody could type.
func goodName(name string) error {
	switch {
	case utf8.RuneCountInString(name) > maxStatus:
		return fmt.Errorf("is longer than %d characters", maxStatus)
	case strings.Join(strings.Fields(name), " ") != name || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fmt.Errorf("%q must be words in one line with single spaces between them", name)
	case name != "" && !strings.ContainsFunc(name, unicode.IsLetter):
		return fmt.Errorf("%q has no letter in it", name)
	}
	return nil
}

// others are the words of a list that stand for something else than a status, and the moment that is none.
var others = []string{"open", "all", "mine", "service", "since", "before", "mitigated"}

// statusesApart refuses statuses that could be taken for each other, for a severity, or for another word of a list.
func statusesApart(p *incident.Policy) error {
	var faults []error
	for _, rung := range p.Statuses {
		name := rung.Typed()
		_, severity := p.ParseSeverity(name)
		for _, typed := range []string{string(rung.Status), name} {
			if same, _ := p.ParseStatus(typed); same.Status != rung.Status {
				faults = append(faults, fmt.Errorf("statuses: %q and %q (%s) would be taken for each other: call one of them something else", rung.Status, same.Status, typed))
				break
			}
		}
		switch {
		case rung.Called == "":
		case severity:
			faults = append(faults, fmt.Errorf("statuses: %q is a severity, so no status can be called so: choose another name", name))
		case slices.Contains(others, name):
			faults = append(faults, fmt.Errorf("statuses: %q means something else already, so no status can be called so: choose another name", name))
		}
	}
	return errors.Join(faults...)
}

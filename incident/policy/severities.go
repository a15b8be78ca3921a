package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tocsin/incident"
)

func (f file) severities(p *incident.Policy) error {
	var faults []error
	if f.Severities != nil {
		p.Severities = nil
	}
	seen := map[string]bool{}
	for n, s := range f.Severities {
		where := fmt.Sprintf("severities[%d]", n)
		if !word.MatchString(s.Name) || seen[s.Name] {
			faults = append(faults, fmt.Errorf("%s.name: %q must be a word of its own in small letters, for example sev1", where, s.Name))
		}
		if s.UpdateEvery != 0 && (s.UpdateEvery < time.Minute || s.UpdateEvery > 7*24*time.Hour) {
			faults = append(faults, fmt.Errorf("%s.update_every: %s must be between 1m and 168h", where, s.UpdateEvery))
		}
		if s.LeadWithin != 0 && (s.LeadWithin < time.Minute || s.LeadWithin > 24*time.Hour) {
			faults = append(faults, fmt.Errorf("%s.lead_within: %s must be between 1m and 24h", where, s.LeadWithin))
		}
		if s.SilentFor != 0 && (s.SilentFor < 15*time.Minute || s.SilentFor > 24*time.Hour) {
			faults = append(faults, fmt.Errorf("%s.silent_for: %s must be between 15m and 24h", where, s.SilentFor))
		}
		if utf8.RuneCountInString(s.Meaning) > maxWords {
			faults = append(faults, fmt.Errorf("%s.meaning: is longer than %d characters", where, maxWords))
		}
		if s.Name == string(incident.Unknown) {
			faults = append(faults, fmt.Errorf("%s.name: unknown is there already, for as long as nobody can say how bad it is: choose another word", where))
		}
		seen[s.Name] = true
		faults = append(faults, people(where+".invite", s.Invite), groups(where+".groups", s.Groups), people(where+".escalate", s.Escalate), people(where+".tell", s.Tell))
		gates, err := gatesOf(where+".gates", s.Gates)
		patient, impatience := f.patient(where+".reminders", s.Reminders)
		faults = append(faults, err, impatience)
		p.Severities = append(p.Severities, incident.Level{
			Name: incident.Severity(s.Name), Meaning: s.Meaning, Cadence: s.UpdateEvery, Rank: n, Invite: s.Invite, Groups: s.Groups, Tell: s.Tell,
			Gates: gates, LeadWithin: s.LeadWithin, Escalate: s.Escalate, SilentFor: s.SilentFor, Patient: patient,
		})
	}
	if f.Severities != nil && len(f.Severities) == 0 || len(f.Severities) > maxSeverities {
		faults = append(faults, fmt.Errorf("severities: list between 1 and %d, most severe first", maxSeverities))
	}
	switch {
	case f.DefaultSeverity != "":
		p.Fallback = incident.Severity(f.DefaultSeverity)
	case len(p.Severities) > 0 && f.Severities != nil:
		p.Fallback = p.Severities[len(p.Severities)-1].Name // the least severe, of a list of their own
	}
	if _, known := p.ParseSeverity(string(p.Fallback)); !known || p.Fallback == incident.Unknown {
		faults = append(faults, fmt.Errorf("default_severity: %q is none of the severities", p.Fallback))
	}
	return errors.Join(faults...)
}

// gatesOf reads what must be there before an incident is closed.
func gatesOf(where string, names []string) (gates []incident.Gate, err error) {
	for _, name := range names {
		if !slices.Contains(incident.Gates(), name) {
			err = errors.Join(err, fmt.Errorf("%s: there is no gate %q; there are %s", where, name, strings.Join(incident.Gates(), ", ")))
			continue
		}
		gates = append(gates, incident.Gate(name))
	}
	return gates, err
}

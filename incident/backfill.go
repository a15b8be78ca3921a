package incident

import (
	"strings"
	"time"
)

// Moment names one of the times that an incident is measured by.
type Moment string

// The moments of an incident that is over.
const (
	MomentStarted   Moment = "started"
	MomentDetected  Moment = "detected"
	MomentMitigated Moment = "mitigated"
	MomentResolved  Moment = "resolved"
)

// Moments are all of them, in the order in which they come.
var Moments = []Moment{MomentStarted, MomentDetected, MomentMitigated, MomentResolved}

// Times are the moments of an incident, as far as they are known.
type Times map[Moment]time.Time

// Missing lists the moments without which nothing can be measured.
func (t Times) Missing() (missing []Moment) {
	for _, moment := range []Moment{MomentStarted, MomentResolved} {
		if t[moment].IsZero() {
			missing = append(missing, moment)
		}
	}
	return missing
}

// Misplaced is the first moment that comes before one that it must come after, or is still to come, and says why; "" where
// all stand in order.
func (t Times) Misplaced(now time.Time) (Moment, error) {
	last := MomentStarted
	for _, moment := range Moments {
		switch at := t[moment]; {
		case at.IsZero():
			continue
		case at.After(now):
			return moment, Refuse(Invalid, "The time when it was %s is still to come: what is not over yet is declared.", moment)
		case at.Before(t[last]):
			return moment, Refuse(Invalid, "It cannot have been %s before it was %s. The order is: started, detected, mitigated, resolved.", moment, last)
		}
		last = moment
	}
	return "", nil
}

// Record makes an incident that is over already, resolved from its first moment. When it was detected and mitigated need not be
// known: then it was as it started, and as it was resolved.
func Record(d Declaration, times Times, s Stamp) (*Incident, error) {
	d.Kind = Backfill
	i, level, err := begin(d, s)
	if err != nil {
		return nil, err
	}
	if missing := times.Missing(); len(missing) > 0 {
		words := make([]string, len(missing))
		for n, moment := range missing {
			words[n] = string(moment)
		}
		return nil, Refuse(Invalid, "Say when it was %s. For example: --started \"yesterday 23:10\" --resolved -2h.", strings.Join(words, " and "))
	}
	if _, err := times.Misplaced(s.At); err != nil {
		return nil, err
	}
	i.Status = Resolved
	i.Started, i.Detected = times[MomentStarted], later(times[MomentStarted], times[MomentDetected])
	i.Resolved, i.Mitigated = times[MomentResolved], times[MomentResolved]
	if at := times[MomentMitigated]; !at.IsZero() {
		i.Mitigated = at
	}
	i.record(Event{Kind: EventBackfilled, Stamp: s, To: string(level.Name), Text: i.Title})
	for _, moment := range Moments {
		if at := times[moment]; !at.IsZero() {
			i.record(Event{Kind: EventMoment, Stamp: s, Occurred: at, To: string(moment)})
		}
	}
	return i, nil
}

package bot

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"tocsin/incident"
)

// shortZones are abbreviations that the zone database does not hold, with the offset that people mean, in hours.
var shortZones = map[string]int{
	"PST": -8, "PDT": -7, "MDT": -6, "CDT": -5, "EDT": -4, "BST": 1, "CEST": 2, "EEST": 3, "JST": 9, "AEST": 10, "AEDT": 11,
}

var (
	backward = regexp.MustCompile(`^-(?:\d+(?:d|h|min|m))+$`)
	timeWord = regexp.MustCompile(`^\d{1,2}:\d{2}$`)
	dayWord  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
)

// pastTime reads a time at the start of text, as people type when something happened: "at 14:05 …", "-20m …",
// "yesterday 23:10 CET …", "2026-11-20 14:05 …". found is false where the text does not begin with a time. What is read
// is always past: a clock time that is still to come today was yesterday's.
func pastTime(text string, now time.Time, zone *time.Location) (at time.Time, rest string, found bool, err error) {
	word, rest := cutWord(text)
	if countsBack(word) {
		d, err := elapsed(word[1:])
		return now.Add(-d), rest, true, err
	}
	explicit := strings.EqualFold(word, "at")
	if explicit {
		if word, rest = cutWord(rest); !strings.ContainsAny(word, "0123456789") && !strings.EqualFold(word, "yesterday") && !strings.EqualFold(word, "today") {
			return at, text, false, nil // "at least half of them fail" is a sentence
		}
		if countsBack(word) {
			d, err := elapsed(word[1:])
			return now.Add(-d), rest, true, err
		}
	}
	var date time.Time
	dayKnown, back := true, 0
	switch {
	case strings.EqualFold(word, "yesterday"):
		back = 1
	case strings.EqualFold(word, "today"):
	case dayWord.MatchString(word):
		if date, err = time.Parse(time.DateOnly, word); err != nil {
			return at, text, true, incident.Refuse(incident.Invalid, "There is no day %s. Days are written 2026-11-20.", word)
		}
	default:
		dayKnown = false
	}
	if dayKnown {
		word, rest = cutWord(rest)
	}
	if !timeWord.MatchString(word) {
		if explicit {
			return at, text, true, incident.Refuse(incident.Invalid, "I cannot read the time %q. Write at 14:05, -20m, or yesterday 23:10 CET.", echo(word))
		}
		return at, text, false, nil
	}
	if !explicit && !dayKnown {
		return at, text, false, nil // "14:05 is when it broke" is a sentence
	}
	if named, after, ok := zoneWord(rest); ok {
		zone, rest = named, after
	}
	day := now.In(zone).AddDate(0, 0, -back) // yesterday is the day before today in the zone that is meant
	if !date.IsZero() {
		day = date
	}
	at, err = clockOn(day, word, zone)
	if err == nil && !dayKnown && at.After(now) {
		at = at.AddDate(0, 0, -1)
	}
	return at, rest, true, err
}

func countsBack(word string) bool { return backward.MatchString(word) }

// clockOn is a clock time on a day in a zone.
func clockOn(day time.Time, word string, zone *time.Location) (time.Time, error) {
	read, err := time.Parse("15:04", word)
	if err != nil {
		return time.Time{}, incident.Refuse(incident.Invalid, "There is no time %s. Hours go from 00 to 23, minutes from 00 to 59.", word)
	}
	y, m, d := day.Date()
	return time.Date(y, m, d, read.Hour(), read.Minute(), 0, 0, zone), nil
}

// zoneWord reads a zone at the start of text: "UTC", "CET", "PST", "Europe/Berlin". Only what looks like a zone is one,
// so that a note may go on with any word.
func zoneWord(text string) (*time.Location, string, bool) {
	word, rest := cutWord(text)
	if hours, known := shortZones[word]; known {
		return time.FixedZone(word, hours*60*60), rest, true
	}
	if word != "UTC" && word != "GMT" && word != "CET" && word != "EET" && word != "WET" && word != "EST" && word != "MST" && !strings.Contains(word, "/") {
		return nil, text, false
	}
	zone, err := time.LoadLocation(word)
	return zone, rest, err == nil
}

// longestAgo is how far people may count back; who means more writes the day.
const longestAgo = 366 * 24 * time.Hour

// elapsed reads "1d2h30m". Days are 24 hours: people who count back mean how long ago it was.
func elapsed(word string) (time.Duration, error) {
	units := map[byte]time.Duration{'d': 24 * time.Hour, 'h': time.Hour, 'm': time.Minute}
	var sum time.Duration
	for word = strings.ReplaceAll(word, "min", "m"); word != ""; {
		at := strings.IndexAny(word, "dhm")
		n, err := strconv.Atoi(word[:at])
		unit := units[word[at]]
		if err != nil || n > int(longestAgo/unit) || sum > longestAgo {
			return 0, incident.Refuse(incident.Invalid, "That is more than a year ago. Write the day: 2026-11-20 14:05.")
		}
		sum += time.Duration(n) * unit
		word = word[at+1:]
	}
	return sum, nil
}

// ahead is how long from now, as people type it after "in".
var ahead = regexp.MustCompile(`^(?:\d+(?:d|h|min|m))+$`)

// futureTime reads a time at the end of text, as people type by when something is due: "… in 15m", "… at 16:30",
// "… tomorrow 09:00 CET", "… 2026-11-20 14:05". found is false where the text does not end with a time. A clock time that is
// over today is tomorrow's. Whoever reads one shows what was read.
func futureTime(text string, now time.Time, zone *time.Location) (at time.Time, rest string, found bool, err error) {
	words := strings.Fields(text)
	last := func() string { // the last word that is left, in small letters
		if len(words) == 0 {
			return ""
		}
		return strings.ToLower(words[len(words)-1])
	}
	cut := func() { words = words[:len(words)-1] }
	left := func() string { return strings.Join(words, " ") }
	if word := last(); ahead.MatchString(word) {
		if cut(); last() != "in" {
			return at, text, false, nil
		}
		cut()
		d, err := elapsed(word)
		return now.Add(d), left(), true, err
	}
	if len(words) > 1 && timeWord.MatchString(words[len(words)-2]) {
		if named, after, ok := zoneWord(words[len(words)-1]); ok && after == "" {
			zone = named
			cut()
		}
	}
	word := last()
	if !timeWord.MatchString(word) {
		return at, text, false, nil
	}
	cut()
	explicit := last() == "at"
	if explicit {
		cut()
	}
	day := now.In(zone)
	switch name := last(); {
	case name == "tomorrow":
		day = day.AddDate(0, 0, 1)
	case name == "today":
	case dayWord.MatchString(name):
		if day, err = time.Parse(time.DateOnly, name); err != nil {
			return at, text, true, incident.Refuse(incident.Invalid, "There is no day %s. Days are written 2026-11-20.", name)
		}
	case explicit:
		at, err = clockOn(day, word, zone)
		if err == nil && !at.After(now) {
			at, err = clockOn(day.AddDate(0, 0, 1), word, zone)
		}
		return at, left(), true, err
	default:
		return at, text, false, nil // "compare it with 14:05" is a sentence
	}
	cut()
	at, err = clockOn(day, word, zone)
	return at, left(), true, err
}

package policy

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"tocsin/incident"
)

// workingHours is when people are asked for what is not urgent, as they write it.
type workingHours struct {
	Days string `yaml:"days"` // mon-fri, or mon,wed,sat
	From string `yaml:"from"` // 09:00
	To   string `yaml:"to"`   // 18:00; 06:00 where hours end on the day after
	Zone string `yaml:"zone"` // Europe/Berlin
}

// What a severity may say of its reminders.
const (
	always  = "always"
	inHours = "hours"
)

func (f file) hours(p *incident.Policy) error {
	if f.Hours == (workingHours{}) {
		return nil
	}
	days, wrongDays := daysOf(f.Hours.Days)
	from, wrongFrom := clockOf("from", f.Hours.From)
	to, wrongTo := clockOf("to", f.Hours.To)
	zone, wrongZone := zoneOf(f.Hours.Zone)
	if err := errors.Join(wrongDays, wrongFrom, wrongTo, wrongZone); err != nil {
		return err
	}
	if from == to || from == 24*time.Hour {
		return fmt.Errorf("hours: from %s to %s is no time of a day: for all of it say from 00:00 to 24:00", f.Hours.From, f.Hours.To)
	}
	p.Hours = &incident.Hours{Days: days, From: from, To: to, Zone: zone}
	return nil
}

// daysOf reads "mon-fri" or "mon,wed,fri-sun"; left out, people work from Monday to Friday.
func daysOf(text string) (days [7]bool, err error) {
	if text == "" {
		text = "mon-fri"
	}
	for part := range strings.SplitSeq(text, ",") {
		first, last, ranged := strings.Cut(part, "-")
		if !ranged {
			last = first
		}
		from, err := dayOf(first)
		if err != nil {
			return days, err
		}
		to, err := dayOf(last)
		if err != nil {
			return days, err
		}
		for day := from; ; day = (day + 1) % 7 {
			if days[day] = true; day == to {
				break
			}
		}
	}
	return days, nil
}

func dayOf(word string) (time.Weekday, error) {
	word = strings.TrimSpace(word)
	if day, ok := incident.ParseDay(word); ok {
		return day, nil
	}
	var names []string
	for day := range time.Saturday + 1 {
		names = append(names, strings.ToLower(day.String()), strings.ToLower(day.String()[:3]))
	}
	if near := incident.Nearest(strings.ToLower(word), names); near != "" {
		return 0, fmt.Errorf("hours.days: there is no day %q: did you mean %s?", word, near)
	}
	return 0, fmt.Errorf("hours.days: there is no day %q: write them as mon-fri, or as mon,wed,sat", word)
}

var hourAndMinute = regexp.MustCompile(`^([01]?[0-9]|2[0-4]):([0-5][0-9])$`)

// clockOf reads a time of the day, to 24:00.
func clockOf(key, text string) (time.Duration, error) {
	parts := hourAndMinute.FindStringSubmatch(text)
	if text == "" {
		return 0, fmt.Errorf("hours.%s: must be there, too, for example 09:00", key)
	}
	if parts == nil {
		return 0, fmt.Errorf("hours.%s: must be a time of the day, for example 09:00, and is %q", key, text)
	}
	hour, _ := strconv.Atoi(parts[1])
	minute, _ := strconv.Atoi(parts[2])
	clock := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
	if clock > 24*time.Hour {
		return 0, fmt.Errorf("hours.%s: a day ends at 24:00, and it is %q", key, text)
	}
	return clock, nil
}

// zoneOf reads a zone by its name, and none that depends on where Tocsin runs.
func zoneOf(name string) (*time.Location, error) {
	if name == "" {
		return nil, errors.New("hours.zone: must be there, too: whose clock is it, for example Europe/Berlin")
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, fmt.Errorf("hours.zone: there is no zone %q; they are called like Europe/Berlin, America/New_York or UTC", name)
	}
	return zone, nil
}

// patient reads whether the reminders of a severity wait for the hours, which there must be then.
func (f file) patient(where, word string) (bool, error) {
	switch {
	case word == "" || word == always:
		return false, nil
	case word != inHours:
		meant := ""
		if near := incident.Nearest(strings.ToLower(word), []string{always, inHours}); near != "" {
			meant = fmt.Sprintf(": did you mean %s?", near)
		}
		return false, fmt.Errorf("%s: must be %s or %s, and is %q%s", where, always, inHours, word, meant)
	case f.Hours == (workingHours{}):
		return false, fmt.Errorf("%s: there are no hours to wait for: say in hours: when you work", where)
	}
	return true, nil
}

package incident

import (
	"fmt"
	"strings"
	"time"
)

// Hours are when a team works, by the clock on its wall: what is not urgent waits for them. A nil Hours has no end: it is always
// working time.
type Hours struct {
	Days     [7]bool       // by time.Weekday; at least one
	From, To time.Duration // since midnight, To at most 24h; where To is not after From, hours end on the day after the one they begin on
	Zone     *time.Location
}

const wholeDay = 24 * time.Hour

// Next is the first instant at or after t that is working time. So the working day after that of t begins at the Next of the
// midnight that follows.
//
// Between two changes of the zone's offset the wall clock runs as time does. So it is looked for in one such span after the
// other, and what a change skips or repeats is working time where the wall clock says so.
func (h *Hours) Next(t time.Time) time.Time {
	if h == nil {
		return t
	}
	for at := t; ; {
		local := at.In(h.Zone)
		_, end := local.ZoneBounds()
		if !end.IsZero() && !end.After(at) { // package time ends leap years a day too early; nothing changes on that day
			end = at.Truncate(wholeDay).Add(wholeDay)
		}
		next := at.Add(h.wait(local))
		if end.IsZero() || next.Before(end) {
			return next.In(t.Location())
		}
		at = end
	}
}

// wait is how long the wall clock has to run from an instant on until it shows working time.
func (h *Hours) wait(local time.Time) time.Duration {
	hour, minute, second := local.Clock()
	clock := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second + time.Duration(local.Nanosecond())
	day := int(local.Weekday())
	length := h.To - h.From
	if length <= 0 {
		length += wholeDay
	}
	for ahead := -1; ahead <= 7; ahead++ { // yesterday's may not be over yet
		opens := time.Duration(ahead)*wholeDay + h.From - clock
		if h.Days[(day+ahead+7)%7] && opens+length > 0 {
			return max(opens, 0)
		}
	}
	return 0 // who works on no day at all waits for none
}

// shortDays are the days as a policy names them, by time.Weekday.
var shortDays = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// String tells them as a policy has them: "mon-fri 09:00-18:00 Europe/Berlin".
func (h *Hours) String() string {
	if h == nil {
		return "always"
	}
	var parts []string
	for n := 0; n < len(shortDays); {
		first := n
		for n < len(shortDays) && h.Days[(n+1)%7] { // from Monday on
			n++
		}
		switch n - first {
		case 0:
			n++
			continue
		case 1:
			parts = append(parts, shortDays[(first+1)%7])
		default:
			parts = append(parts, shortDays[(first+1)%7]+"-"+shortDays[n%7])
		}
	}
	clock := func(d time.Duration) string { return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60) }
	return strings.Join(parts, ",") + " " + clock(h.From) + "-" + clock(h.To) + " " + h.Zone.String()
}

// ParseDay reads a day as a policy names it, "mon" or "Monday". ok is false for what is none.
func ParseDay(word string) (day time.Weekday, ok bool) {
	for n, short := range shortDays {
		if strings.EqualFold(word, short) || strings.EqualFold(word, time.Weekday(n).String()) {
			return time.Weekday(n), true
		}
	}
	return 0, false
}

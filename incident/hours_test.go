package incident

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// hoursOf are hours in a zone, on the days of a mask.
func hoursOf(t interface{ Fatal(...any) }, zone string, days int, from, to time.Duration) *Hours {
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	h := &Hours{From: from, To: to, Zone: location}
	for day := range h.Days {
		h.Days[day] = days>>day&1 == 1
	}
	return h
}

const monToFri = 0b0111110

// works says by the wall clock alone whether it is working time.
func works(h *Hours, at time.Time) bool {
	local := at.In(h.Zone)
	hour, minute, second := local.Clock()
	clock := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second + time.Duration(local.Nanosecond())
	today, yesterday := h.Days[local.Weekday()], h.Days[(local.Weekday()+6)%7]
	if h.From < h.To {
		return today && clock >= h.From && clock < h.To
	}
	return today && clock >= h.From || yesterday && clock < h.To
}

// TestHoursNext: it is working time then, never before t, and at no minute between; and nothing comes after it that is earlier.
func TestHoursNext(t *testing.T) {
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Beirut", "Africa/Casablanca", "Pacific/Apia", "Asia/Kathmandu"}
	rapid.Check(t, func(t *rapid.T) {
		minutes := rapid.IntRange(0, 24*60-1)
		from, to := minutes.Draw(t, "from"), rapid.IntRange(0, 24*60).Draw(t, "to")
		h := hoursOf(t, rapid.SampledFrom(zones).Draw(t, "zone"), rapid.IntRange(1, 127).Draw(t, "days"), time.Duration(from)*time.Minute, time.Duration(to)*time.Minute)
		if from == to {
			return
		}
		began := time.Date(rapid.IntRange(2005, 2040).Draw(t, "year"), 1, 1, 0, 0, 0, 0, time.UTC)
		at := began.Add(time.Duration(rapid.Int64Range(0, int64(365*wholeDay)).Draw(t, "at")))
		if _, change := at.In(h.Zone).ZoneBounds(); !change.IsZero() && rapid.Bool().Draw(t, "at a change") {
			at = change.Add(time.Duration(rapid.Int64Range(-int64(30*time.Hour), int64(30*time.Hour)).Draw(t, "beside it")))
		}
		next := h.Next(at)
		switch {
		case next.Before(at), !works(h, next):
			t.Fatalf("%s: from %s on it is %s", h, at.In(h.Zone), next.In(h.Zone))
		case works(h, at) && !next.Equal(at):
			t.Fatalf("%s: %s is working time, and not %s", h, at.In(h.Zone), next.In(h.Zone))
		case !h.Next(next).Equal(next):
			t.Fatalf("%s: %s is no working time by itself", h, next.In(h.Zone))
		}
		for between := at; between.Before(next); between = between.Truncate(time.Minute).Add(time.Minute) {
			if works(h, between) {
				t.Fatalf("%s: from %s on it is %s, but %s is", h, at.In(h.Zone), next.In(h.Zone), between.In(h.Zone))
			}
		}
		if before := next.Add(-time.Nanosecond); before.After(at) && works(h, before) {
			t.Fatalf("%s: %s is too late by a moment", h, next.In(h.Zone))
		}
	})
}

// TestHoursOnDays that are known.
func TestHoursOnDays(t *testing.T) {
	berlin := hoursOf(t, "Europe/Berlin", monToFri, 9*time.Hour, 18*time.Hour)
	night := hoursOf(t, "Europe/Berlin", monToFri, 22*time.Hour, 6*time.Hour)
	small := hoursOf(t, "Europe/Berlin", 127, 2*time.Hour+30*time.Minute, 3*time.Hour)
	for name, tc := range map[string]struct {
		hours    *Hours
		at, want string
	}{
		"no hours":                      {nil, "2026-03-14T03:00:00Z", "2026-03-14T03:00:00Z"},
		"within them":                   {berlin, "2026-03-10T09:00:00Z", "2026-03-10T09:00:00Z"},
		"at their end":                  {berlin, "2026-03-10T17:00:00Z", "2026-03-11T08:00:00Z"},
		"before them":                   {berlin, "2026-03-10T07:59:59Z", "2026-03-10T08:00:00Z"},
		"over a weekend":                {berlin, "2026-03-13T17:00:00Z", "2026-03-16T08:00:00Z"},
		"over one on which summer came": {berlin, "2026-03-27T17:00:00Z", "2026-03-30T07:00:00Z"},
		"over one on which it went":     {berlin, "2026-10-23T16:00:00Z", "2026-10-26T08:00:00Z"},
		"the shift of Friday":           {night, "2026-03-14T04:59:00Z", "2026-03-14T04:59:00Z"},
		"after the shift of Friday":     {night, "2026-03-14T05:00:00Z", "2026-03-16T21:00:00Z"},
		"what a change skips":           {small, "2026-03-28T23:00:00Z", "2026-03-30T00:30:00Z"},
		"what a change repeats":         {small, "2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z"},
		"and its second time":           {small, "2026-10-25T01:10:00Z", "2026-10-25T01:30:00Z"},
		"a day that never was":          {hoursOf(t, "Pacific/Apia", 1<<time.Friday, 9*time.Hour, 17*time.Hour), "2011-12-30T05:00:00Z", "2012-01-05T19:00:00Z"},
		"from midnight where it is one": {hoursOf(t, "Asia/Beirut", 1, 0, wholeDay), "2024-03-30T12:00:00Z", "2024-03-30T22:00:00Z"},
		"on the last day of leap years": {berlin, "2040-12-31T18:00:00Z", "2041-01-01T08:00:00Z"}, // so far ahead that no table of changes reaches
		"every day, all day":            {hoursOf(t, "Europe/Berlin", 127, 0, wholeDay), "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"},
	} {
		at, err := time.Parse(time.RFC3339, tc.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := tc.hours.Next(at).Format(time.RFC3339); got != tc.want {
			t.Errorf("%s: got %s, want %s", name, got, tc.want)
		}
	}
}

// TestHoursCountDays: whoever counts working days goes from each to the Next of the midnight after it.
func TestHoursCountDays(t *testing.T) {
	for name, tc := range map[string]struct {
		zone string
		want string
	}{
		"over a weekend and the change to summer": {"Europe/Berlin", "2026-04-01 09:00 CEST"},
		"over a weekend": {"Asia/Kolkata", "2026-04-01 09:00 IST"},
	} {
		h := hoursOf(t, tc.zone, monToFri, 9*time.Hour, 18*time.Hour)
		at := time.Date(2026, 3, 25, 15, 0, 0, 0, h.Zone) // a Wednesday
		for range 5 {
			year, month, day := at.In(h.Zone).Date()
			at = h.Next(time.Date(year, month, day+1, 0, 0, 0, 0, h.Zone))
		}
		if got := at.Format("2006-01-02 15:04 MST"); got != tc.want {
			t.Errorf("%s: got %s, want %s", name, got, tc.want)
		}
	}
}

// TestHoursAreSpoken as a policy has them.
func TestHoursAreSpoken(t *testing.T) {
	for want, h := range map[string]*Hours{
		"always":                              nil,
		"mon-fri 09:00-18:00 Europe/Berlin":   hoursOf(t, "Europe/Berlin", monToFri, 9*time.Hour, 18*time.Hour),
		"mon-sun 00:00-24:00 UTC":             hoursOf(t, "UTC", 127, 0, wholeDay),
		"mon,wed,fri-sun 22:30-06:00 Etc/GMT": hoursOf(t, "Etc/GMT", 0b1101011, 22*time.Hour+30*time.Minute, 6*time.Hour),
	} {
		if h.String() != want {
			t.Errorf("got %q, want %q", h, want)
		}
	}
}

// office is the policy of a team that works from Monday to Friday, 9 to 18 in Berlin.
func office(t *testing.T) *Policy {
	t.Helper()
	p := Defaults()
	p.Hours = hoursOf(t, "Europe/Berlin", monToFri, 9*time.Hour, 18*time.Hour)
	return p
}

// friday is an evening after work, and monday the next working time.
var (
	friday = time.Date(2026, 3, 13, 17, 30, 0, 0, time.UTC)
	monday = time.Date(2026, 3, 16, 8, 0, 0, 0, time.UTC)
)

// TestWhatCanWaitIsSaidInWorkingHours: of each topic, by the severity; and nothing waits where there are no hours.
func TestWhatCanWaitIsSaidInWorkingHours(t *testing.T) {
	for name, tc := range map[string]struct {
		severity Severity
		topic    Topic
		hours    bool
		waits    bool
	}{
		"update of a sev3":       {"sev3", TopicUpdate, true, true},
		"update of a sev2":       {"sev2", TopicUpdate, true, false},
		"update without hours":   {"sev3", TopicUpdate, false, false},
		"a task of a sev4":       {"sev4", TopicTask(1), true, true},
		"a task of a sev1":       {"sev1", TopicTask(1), true, false},
		"how bad it is":          {Unknown, TopicSeverity, true, true},
		"nobody leads a sev2":    {"sev2", TopicCommander, true, false},
		"nobody leads a patient": {"sev3", TopicCommander, true, false},
	} {
		i, p := declared(t), office(t)
		if !tc.hours {
			p.Hours = nil
		}
		i.Severity = tc.severity
		if _, err := i.GiveTask("restart it", ada, friday, by(ada, 1)); err != nil {
			t.Fatal(err)
		}
		i.Reminders = map[Topic]Reminder{tc.topic: {Due: friday}}
		i.Drain()
		i.Remind(p, Stamp{By: System, At: friday})
		said := len(i.Drain()) > 0
		if due := i.Reminders[tc.topic].Due; said == tc.waits || tc.waits && !due.Equal(monday) {
			t.Errorf("%s: said %v, due %s", name, said, due)
		}
		i.Remind(p, Stamp{By: System, At: monday})
		if said := len(i.Drain()) > 0; !said {
			t.Errorf("%s: it is said in the end", name)
		}
	}
}

// TestWhoeverPutsItOffHearsOfItThen, outside working hours too; and what is said again waits as it did at first.
func TestWhoeverPutsItOffHearsOfItThen(t *testing.T) {
	i, p := declared(t), office(t)
	i.Severity = "sev3"
	i.Reminders = map[Topic]Reminder{TopicUpdate: {Due: friday.Add(-time.Hour)}}
	until := friday.Add(15 * time.Minute)
	if err := i.Snooze(TopicUpdate, until, Stamp{By: ada, At: friday.Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	i.Drain()
	i.Remind(p, Stamp{By: System, At: until})
	if said := i.Drain(); len(said) != 1 {
		t.Errorf("they asked to hear of it: %v", said)
	}
	if due := i.Reminders[TopicUpdate].Due; !due.Equal(monday) {
		t.Errorf("it is said again on %s", due)
	}
}

// TestARaisedSeverityDoesNotWait: what waited for Monday is said at once.
func TestARaisedSeverityDoesNotWait(t *testing.T) {
	for to, at := range map[Severity]time.Time{"sev1": friday.Add(time.Hour), "sev4": monday} {
		i, p := declared(t), office(t)
		i.Severity = "sev3"
		if _, err := i.GiveTask("restart it", ada, friday, by(ada, 1)); err != nil {
			t.Fatal(err)
		}
		i.Remind(p, Stamp{By: System, At: friday})
		if err := i.SetSeverity(p.Level(to), Stamp{By: ada, At: friday.Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		if due := i.Reminders[TopicTask(1)].Due; !due.Equal(at) {
			t.Errorf("of a %s the task is asked for on %s", to, due)
		}
	}
}

// TestARoomIsArchivedInWorkingHours, warned in them before; who wrote while it waited is heard.
func TestARoomIsArchivedInWorkingHours(t *testing.T) {
	begin := func() (*Incident, *Policy) {
		i, p := declared(t), office(t)
		i.Room = "inc-7"
		closed := Stamp{By: ada, At: friday.Add(-48 * time.Hour)}
		if err := i.Resolve(closed); err != nil {
			t.Fatal(err)
		}
		if err := i.Close(p, closed); err != nil {
			t.Fatal(err)
		}
		i.Drain()
		return i, p
	}
	at := func(i *Incident, p *Policy, when time.Time) []EventKind {
		i.Remind(p, Stamp{By: System, At: when})
		return kinds(i.Drain())
	}
	i, p := begin()
	if said := at(i, p, friday); len(said) > 0 || !i.Reminders[TopicArchive].Due.Equal(monday) {
		t.Errorf("on Friday evening: %v, to come %v", said, i.Reminders)
	}
	if since := i.RestsSince(p); !since.Equal(friday.Add(-48 * time.Hour)) {
		t.Errorf("it rests since it was closed, and not since %s", since)
	}
	if said := at(i, p, monday); len(said) != 1 || said[0] != EventCalled {
		t.Errorf("on Monday: %v", said)
	}
	if said := at(i, p, monday.Add(24*time.Hour)); len(said) != 1 || said[0] != EventArchived {
		t.Errorf("on Tuesday: %v", said)
	}

	i, p = begin() // somebody writes on Saturday
	at(i, p, friday)
	i.Overhear(p, friday.Add(12*time.Hour))
	if due := i.Reminders[TopicArchive].Due; !due.Equal(friday.Add(60 * time.Hour)) {
		t.Errorf("it is counted anew from what was written: %s", due)
	}

	i, p = begin() // warned on Friday at noon, under hours that came later
	warned := friday.Add(-5 * time.Hour)
	i.Reminders[TopicArchive] = Reminder{Due: warned}
	if said := at(i, p, warned); len(said) != 1 || !i.Reminders[TopicArchive].Due.Equal(monday) {
		t.Errorf("%v, to come %v", said, i.Reminders)
	}
	if since := i.RestsSince(p); !since.Equal(warned) {
		t.Errorf("nobody must have written since %s", since)
	}
	i.Overhear(p, warned.Add(time.Hour))
	if r := i.Reminders[TopicArchive]; r.Step != 0 || !i.RestsSince(p).Equal(warned.Add(time.Hour)) {
		t.Errorf("somebody wrote after the warning: %v", r)
	}
}

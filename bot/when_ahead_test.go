package bot

import (
	"testing"
	"time"

	"tocsin/incident"
)

func TestFutureTime(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 28, 16, 0, 0, 0, time.UTC) // the day before summer time begins in Europe
	for text, want := range map[string]struct{ at, rest string }{
		"restart the queue in 15m":          {"2026-03-28 16:15", "restart the queue"},
		"restart in 1d2h30min":              {"2026-03-29 18:30", "restart"},
		"restart IN 15m":                    {"2026-03-28 16:15", "restart"},
		"restart at 16:30":                  {"2026-03-28 16:30", "restart"},
		"restart at 09:00":                  {"2026-03-29 08:00", "restart"}, // it is over today; and summer by then
		"restart at 16:00":                  {"2026-03-29 15:00", "restart"},
		"restart tomorrow 09:00":            {"2026-03-29 08:00", "restart"},
		"restart tomorrow at 09:00":         {"2026-03-29 08:00", "restart"},
		"restart Tomorrow 09:00 CET":        {"2026-03-29 07:00", "restart"}, // as it is called there, which is summer time by then
		"restart at 09:00 UTC":              {"2026-03-29 09:00", "restart"},
		"restart at 18:00 America/New_York": {"2026-03-28 22:00", "restart"},
		"restart 2026-11-20 14:05":          {"2026-11-20 14:05", "restart"},
		"restart today 09:00":               {"2026-03-28 09:00", "restart"}, // over: the rule refuses it
		"compare it with 14:05":             {"", "compare it with 14:05"},
		"look into it":                      {"", "look into it"},
		"15m":                               {"", "15m"},
		"in 15m":                            {"2026-03-28 16:15", ""},
		"wait 15m":                          {"", "wait 15m"},
		"":                                  {"", ""},
		"read https://example.com/a/b":      {"", "read https://example.com/a/b"},
	} {
		at, rest, found, err := futureTime(text, now, london)
		got := ""
		if found {
			got = at.UTC().Format("2006-01-02 15:04")
		}
		if err != nil || got != want.at || rest != want.rest {
			t.Errorf("%q: %s %q %v, want %s %q", text, got, rest, err, want.at, want.rest)
		}
	}
	for _, text := range []string{"x at 25:00", "x tomorrow 10:99", "x 2026-02-30 10:00", "x in 9999d"} {
		if _, _, found, err := futureTime(text, now, london); !found || incident.CodeOf(err) != incident.Invalid {
			t.Errorf("%q: %v %v", text, found, err)
		}
	}
}

func TestMedianToResolve(t *testing.T) {
	took := func(minutes ...int) (all []*incident.Incident) {
		for _, m := range minutes {
			i := &incident.Incident{Started: time.Unix(1000, 0)}
			if m > 0 {
				i.Resolved = i.Started.Add(time.Duration(m) * time.Minute)
			}
			all = append(all, i)
		}
		return all
	}
	for want, given := range map[string][]*incident.Incident{
		"none": took(0, 0), "5m": took(90, 5, 0, 1), "1h 20m": took(100, 60), "2d 3h": took(51 * 60),
	} {
		got := "none"
		if d, resolved := medianToResolve(given); resolved > 0 {
			got = roughly(d)
		}
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

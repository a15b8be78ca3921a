package pagerduty

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Entry is one line of an incident's log at PagerDuty: what happened while nobody told us.
type Entry struct {
	ID    string
	Type  string // "trigger", "acknowledge", "annotate", "status_update" …, without PagerDuty's "_log_entry"
	At    time.Time
	Agent Ref
	Words string // of a note or a status update; else what PagerDuty says of it
}

// Log is an incident's log since a time, the oldest first; zero is from the start.
func (c *Client) Log(ctx context.Context, id string, since time.Time) ([]Entry, error) {
	if err := checked("GET /incidents/{id}/log_entries", id); err != nil {
		return nil, err
	}
	list, err := lists(func(offset uint) ([]Entry, bool, error) {
		v := url.Values{}
		if !since.IsZero() {
			v.Set("since", since.UTC().Format(time.RFC3339))
		}
		out, err := c.ask(ctx, http.MethodGet, "/incidents/"+id+"/log_entries"+query(v, offset), nil)
		var list []Entry
		for _, one := range items(out["log_entries"]) {
			list = append(list, entryOf(object(one)))
		}
		return list, out["more"] == true, err
	})
	slices.SortStableFunc(list, func(x, y Entry) int { return x.At.Compare(y.At) })
	return list, err
}

func entryOf(o map[string]any) Entry {
	e := Entry{ID: text(o["id"]), Type: strings.TrimSuffix(text(o["type"]), "_log_entry"), At: moment(o["created_at"]), Agent: ref(o["agent"])}
	e.Words = firstOf(text(o["message"]), text(object(o["channel"])["summary"]), text(o["summary"]))
	return e
}

// Alert is what a monitor said: the alerts of an incident are why it was triggered.
type Alert struct {
	ID, Key, Summary, Severity string
	Status                     Status
	Created                    time.Time
	Details                    string // as text; from outside, so to be escaped
}

// Alerts are the alerts of an incident.
func (c *Client) Alerts(ctx context.Context, id string) ([]Alert, error) {
	if err := checked("GET /incidents/{id}/alerts", id); err != nil {
		return nil, err
	}
	return lists(func(offset uint) ([]Alert, bool, error) {
		out, err := c.ask(ctx, http.MethodGet, "/incidents/"+id+"/alerts"+query(url.Values{}, offset), nil)
		var list []Alert
		for _, one := range items(out["alerts"]) {
			o := object(one)
			list = append(list, Alert{
				ID: text(o["id"]), Key: text(o["alert_key"]), Summary: text(o["summary"]), Severity: text(o["severity"]), Status: Status(text(o["status"])),
				Created: moment(o["created_at"]), Details: told(object(o["body"])["details"]),
			})
		}
		return list, out["more"] == true, err
	})
}

// told is details as text: PagerDuty has them as a string, as an object, or not at all.
func told(details any) string {
	fields := object(details)
	if fields == nil {
		return clip(plain(details), longestDetails)
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		lines = append(lines, name+": "+plain(fields[name]))
	}
	return clip(strings.Join(lines, "\n"), longestDetails)
}

// plain is a value as one would write it: a text without quotes, all else as JSON.
func plain(v any) string {
	if s := text(v); s != "" || v == nil || v == "" {
		return s
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(raw)
}

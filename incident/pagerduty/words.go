package pagerduty

import (
	"context"
	"net/http"
	"time"

	"github.com/PagerDuty/go-pagerduty"
)

// Note writes a note on an incident. Repeating it shows: look with Noted before.
func (c *Client) Note(ctx context.Context, id, words string) error {
	if err := checked("POST /incidents/{id}/notes", id); err != nil {
		return err
	}
	_, err := c.ask(ctx, http.MethodPost, "/incidents/"+id+"/notes", map[string]any{"note": map[string]any{"content": clip(words, longestNote)}})
	return err
}

// Noted tells whether a note on an incident holds a marker of ours.
func (c *Client) Noted(ctx context.Context, id, marker string) (bool, error) {
	if err := checked("GET /incidents/{id}/notes", id); err != nil {
		return false, err
	}
	var notes []pagerduty.IncidentNote
	err := c.call(ctx, "GET /incidents/"+id+"/notes", func(ctx context.Context) (err error) {
		notes, err = c.rest.ListIncidentNotesWithContext(ctx, id)
		return err
	})
	var list []string
	for _, n := range notes {
		list = append(list, n.Content)
	}
	return marked(list, marker), err
}

// Publish publishes a status update to those who follow an incident. Repeating it shows: look with Published before.
func (c *Client) Publish(ctx context.Context, id, words string) error {
	if err := checked("POST /incidents/{id}/status_updates", id); err != nil {
		return err
	}
	return c.call(ctx, "POST /incidents/"+id+"/status_updates", func(ctx context.Context) error {
		_, err := c.rest.CreateIncidentStatusUpdate(ctx, id, c.o.From, clip(words, longestNote))
		return err
	})
}

// Published tells whether a status update of an incident holds a marker of ours. PagerDuty lists them in the log only.
func (c *Client) Published(ctx context.Context, id, marker string) (bool, error) {
	log, err := c.Log(ctx, id, time.Time{})
	var list []string
	for _, e := range log {
		if e.Type == "status_update" {
			list = append(list, e.Words)
		}
	}
	return marked(list, marker), err
}

// Action is what an event of the Events API asks for.
type Action string

// The actions.
const (
	Trigger Action = "trigger"
	Ack     Action = "acknowledge"
	Settle  Action = "resolve"
)

// Event is an event of the Events API. While an alert with the key is open, a second trigger is the same alert; after it is
// resolved, a trigger makes a new one.
type Event struct {
	Action   Action
	Key      string
	Summary  string // this and what follows: of a trigger
	Source   string
	Severity string // critical, error, warning, info
	Link     string
	Details  map[string]string
}

// longestKey is how long a key of an event may be.
const longestKey = 255

// Enqueue hands an event over: PagerDuty has accepted it, and will process it.
func (c *Client) Enqueue(ctx context.Context, e Event) error {
	if e.Key == "" || len(e.Key) > longestKey {
		return &Refusal{What: "POST /v2/enqueue", Words: "it needs a key of up to 255 characters, so that it is not made twice"}
	}
	event := &pagerduty.V2Event{RoutingKey: c.o.RoutingKey, Action: string(e.Action), DedupKey: e.Key}
	if e.Action == Trigger {
		event.Client, event.ClientURL = "Tocsin", e.Link
		event.Payload = &pagerduty.V2Payload{Summary: clip(e.Summary, longestTitle), Source: firstOf(e.Source, "tocsin"), Severity: firstOf(e.Severity, "critical")}
		if len(e.Details) > 0 {
			event.Payload.Details = e.Details
		}
	}
	return c.call(ctx, "POST /v2/enqueue", func(ctx context.Context) error {
		_, err := c.events.ManageEventWithContext(ctx, event)
		return err
	})
}

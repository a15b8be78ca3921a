package store

import (
	"strings"

	"tocsin/incident"
	"tocsin/store/db"
)

// Subscribe has somebody hear the updates of an incident, or of all of a service. Twice is once.
func (t *Tx) Subscribe(handle string, to incident.Subject) error {
	return t.fail("subscribe", t.q.Subscribe(t.ctx, db.SubscribeParams{IncidentID: int64(to.Incident), Service: strings.ToLower(to.Service), Handle: handle}))
}

// Unsubscribe ends a subscription, and tells whether there was one.
func (t *Tx) Unsubscribe(handle string, from incident.Subject) (bool, error) {
	n, err := t.q.Unsubscribe(t.ctx, db.UnsubscribeParams{IncidentID: int64(from.Incident), Service: strings.ToLower(from.Service), Handle: handle})
	return n > 0, t.fail("unsubscribe", err)
}

// Subscribers lists the handles of those who hear the updates of an incident, each once.
func (t *Tx) Subscribers(i *incident.Incident) ([]string, error) {
	service := strings.ToLower(i.Service)
	if i.Kind != incident.Real { // the service is not broken
		service = ""
	}
	handles, err := t.q.Subscribers(t.ctx, db.SubscribersParams{IncidentID: int64(i.ID), Service: service})
	return handles, t.fail("find who hears of "+i.ID.String(), err)
}

// Told lists the handles of those who were to hear of an event by subscription, each once, whether they would hear of another.
func (t *Tx) Told(id incident.ID, event int64) (handles []string, err error) {
	subjects, err := t.q.Told(t.ctx, int64(id))
	for _, subject := range subjects {
		if e := (incident.Effect{Subject: subject}); e.Event() == event {
			handles = append(handles, e.Whom())
		}
	}
	return handles, t.fail("find who has heard of "+id.String(), err)
}

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

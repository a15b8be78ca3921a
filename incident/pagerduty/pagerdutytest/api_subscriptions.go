package pagerdutytest

import (
	"net/http"
	"net/url"
	"slices"
)

func (q *request) subscribed() (*subscription, error) {
	for _, s := range q.subs {
		if s.id == q.id {
			return s, nil
		}
	}
	return nil, errNotFound
}

func (q *request) listSubscriptions() (int, any, error) {
	var list []*subscription
	for _, s := range q.subs {
		if kind := q.query.Get("filter_type"); kind == "" || s.filter["type"] == kind+"_reference" {
			list = append(list, s)
		}
	}
	return page(q, "webhook_subscriptions", list, func(s *subscription) any { return s.full(q.now(), nil) })
}

// createSubscription is the only answer that holds the secret.
func (q *request) createSubscription() (int, any, error) {
	o := obj(q.body["webhook_subscription"])
	way := obj(o["delivery_method"])
	if u, err := url.Parse(str(way["url"])); err != nil || u.Host == "" {
		return 0, nil, invalid("delivery_method.url must be an address")
	}
	if err := q.events(texts(o["events"])); err != nil {
		return 0, nil, err
	}
	s := q.subscribe(str(way["url"]))
	s.headers = map[string]string{}
	for _, h := range arr(way["custom_headers"]) {
		s.headers[str(obj(h)["name"])] = str(obj(h)["value"])
	}
	s.events, s.filter, s.description, s.active = texts(o["events"]), obj(o["filter"]), str(o["description"]), o["active"] != false
	return http.StatusCreated, Object{"webhook_subscription": s.full(q.now(), s.secrets[0])}, nil
}

func (q *request) events(list []string) error {
	for _, e := range list {
		if !slices.Contains(EventTypes, e) {
			return invalid("unknown event: " + e)
		}
	}
	return nil
}

func (q *request) showSubscription() (int, any, error) {
	s, err := q.subscribed()
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, Object{"webhook_subscription": s.full(q.now(), nil)}, nil
}

func (q *request) updateSubscription() (int, any, error) {
	s, err := q.subscribed()
	if err != nil {
		return 0, nil, err
	}
	o := obj(q.body["webhook_subscription"])
	if o["events"] != nil {
		if err := q.events(texts(o["events"])); err != nil {
			return 0, nil, err
		}
		s.events = texts(o["events"])
	}
	if filter := obj(o["filter"]); filter != nil {
		s.filter = filter
	}
	if words, ok := o["description"].(string); ok {
		s.description = words
	}
	if on, ok := o["active"].(bool); ok {
		s.active = on
	}
	return http.StatusOK, Object{"webhook_subscription": s.full(q.now(), nil)}, nil
}

func (q *request) deleteSubscription() (int, any, error) {
	s, err := q.subscribed()
	if err != nil {
		return 0, nil, err
	}
	q.subs = slices.DeleteFunc(q.subs, func(other *subscription) bool { return other == s })
	return http.StatusNoContent, nil, nil
}

func (q *request) pingSubscription() (int, any, error) {
	s, err := q.subscribed()
	if err != nil {
		return 0, nil, err
	}
	q.ping(s)
	return http.StatusAccepted, nil, nil
}

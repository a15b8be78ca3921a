package pagerduty

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/PagerDuty/go-pagerduty"
)

// Person is a user of PagerDuty's. Phone is empty where they have given none, or where it was not asked for.
type Person struct {
	Ref
	Email, Phone string
}

// People are the users, with their phone numbers.
func (c *Client) People(ctx context.Context) ([]Person, error) { return c.people(ctx, "") }

func (c *Client) people(ctx context.Context, words string) ([]Person, error) {
	return lists(func(offset uint) (list []Person, more bool, err error) {
		err = c.call(ctx, "GET /users", func(ctx context.Context) error {
			got, err := c.rest.ListUsersWithContext(ctx, pagerduty.ListUsersOptions{
				Limit: pageSize, Offset: offset, Query: words, Includes: []string{"contact_methods"},
			})
			if err != nil {
				return err
			}
			more = got.More
			for _, u := range got.Users {
				list = append(list, personOf(u))
			}
			return nil
		})
		return list, more, err
	})
}

func personOf(u pagerduty.User) Person {
	p := Person{Ref: Ref{u.ID, firstOf(u.Name, u.Summary), u.HTMLURL}, Email: u.Email}
	for _, m := range u.ContactMethods {
		if m.Type == "phone_contact_method" && m.Address != "" && p.Phone == "" {
			p.Phone = m.Address
			if m.CountryCode != 0 {
				p.Phone = fmt.Sprintf("+%d %s", m.CountryCode, m.Address)
			}
		}
	}
	return p
}

// Sender is the user From. A refusal that Missing knows says that PagerDuty has no such user.
func (c *Client) Sender(ctx context.Context) (Person, error) {
	list, err := c.people(ctx, c.o.From)
	if err != nil {
		return Person{}, err
	}
	for _, p := range list {
		if strings.EqualFold(p.Email, c.o.From) {
			return p, nil
		}
	}
	return Person{}, &Refusal{What: "GET /users", Status: http.StatusNotFound, Words: "no user has the e-mail address " + c.o.From}
}

// OnCall is somebody who is on call on one level of a policy. Level 1 is called first. Until is zero for those who always are.
type OnCall struct {
	Person      Person
	Policy      Ref
	Schedule    Ref
	Level       int
	From, Until time.Time
}

// OnCalls are those who are on call now, with e-mail addresses and phone numbers.
func (c *Client) OnCalls(ctx context.Context) ([]OnCall, error) {
	list, err := lists(func(offset uint) (list []OnCall, more bool, err error) {
		err = c.call(ctx, "GET /oncalls", func(ctx context.Context) error {
			got, err := c.rest.ListOnCallsWithContext(ctx, pagerduty.ListOnCallOptions{Limit: pageSize, Offset: offset})
			if err != nil {
				return err
			}
			more = got.More
			for _, o := range got.OnCalls {
				list = append(list, OnCall{
					Person: personOf(o.User), Policy: refOf(o.EscalationPolicy.APIObject), Schedule: refOf(o.Schedule.APIObject),
					Level: int(o.EscalationLevel), From: moment(o.Start), Until: moment(o.End),
				})
			}
			return nil
		})
		return list, more, err
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	people, err := c.People(ctx)
	if err != nil {
		return nil, err
	}
	known := map[string]Person{}
	for _, p := range people {
		known[p.ID] = p
	}
	for n := range list {
		if p, ok := known[list[n].Person.ID]; ok {
			list[n].Person = p
		}
	}
	return list, nil
}

func refOf(o pagerduty.APIObject) Ref { return Ref{o.ID, o.Summary, o.HTMLURL} }

// Service is a service with its escalation policy.
type Service struct {
	Ref
	Status string // active, warning, critical, maintenance, disabled
	Policy Ref
}

// Services are all services.
func (c *Client) Services(ctx context.Context) ([]Service, error) {
	return lists(func(offset uint) (list []Service, more bool, err error) {
		err = c.call(ctx, "GET /services", func(ctx context.Context) error {
			got, err := c.rest.ListServicesWithContext(ctx, pagerduty.ListServiceOptions{Limit: pageSize, Offset: offset})
			if err != nil {
				return err
			}
			more = got.More
			for _, s := range got.Services {
				list = append(list, Service{Ref{s.ID, firstOf(s.Name, s.Summary), s.HTMLURL}, s.Status, refOf(s.EscalationPolicy.APIObject)})
			}
			return nil
		})
		return list, more, err
	})
}

// Policies are the escalation policies.
func (c *Client) Policies(ctx context.Context) ([]Ref, error) {
	return lists(func(offset uint) (list []Ref, more bool, err error) {
		err = c.call(ctx, "GET /escalation_policies", func(ctx context.Context) error {
			got, err := c.rest.ListEscalationPoliciesWithContext(ctx, pagerduty.ListEscalationPoliciesOptions{Limit: pageSize, Offset: offset})
			if err != nil {
				return err
			}
			more = got.More
			for _, p := range got.EscalationPolicies {
				list = append(list, Ref{p.ID, firstOf(p.Name, p.Summary), p.HTMLURL})
			}
			return nil
		})
		return list, more, err
	})
}

// Priorities are the priorities, the most urgent first.
func (c *Client) Priorities(ctx context.Context) ([]Ref, error) {
	return lists(func(offset uint) (list []Ref, more bool, err error) {
		err = c.call(ctx, "GET /priorities", func(ctx context.Context) error {
			got, err := c.rest.ListPrioritiesWithContext(ctx, pagerduty.ListPrioritiesOptions{Limit: pageSize, Offset: offset})
			if err != nil {
				return err
			}
			more = got.More
			for _, p := range got.Priorities {
				list = append(list, Ref{p.ID, firstOf(p.Name, p.Summary), p.HTMLURL})
			}
			return nil
		})
		return list, more, err
	})
}

// Abilities are what the account's plan has: "coordinated_responding" is what AskToHelp needs.
func (c *Client) Abilities(ctx context.Context) (list []string, err error) {
	err = c.call(ctx, "GET /abilities", func(ctx context.Context) error {
		got, err := c.rest.ListAbilitiesWithContext(ctx)
		if err == nil {
			list = got.Abilities
		}
		return err
	})
	return list, err
}

// Subscription is a webhook subscription: where PagerDuty delivers which events. Scope is "account", "service" or "team",
// and ScopeID which.
type Subscription struct {
	ID, URL, Description string
	Events               []string
	Scope, ScopeID       string
	Active               bool
	Disabled             bool // for a day, because three deliveries in a row were refused
}

// Subscriptions are the webhook subscriptions, of whatever address.
func (c *Client) Subscriptions(ctx context.Context) ([]Subscription, error) {
	return lists(func(offset uint) ([]Subscription, bool, error) {
		out, err := c.ask(ctx, http.MethodGet, "/webhook_subscriptions"+query(url.Values{}, offset), nil)
		var list []Subscription
		for _, one := range items(out["webhook_subscriptions"]) {
			o := object(one)
			way, scope := object(o["delivery_method"]), object(o["filter"])
			s := Subscription{
				ID: text(o["id"]), URL: text(way["url"]), Description: text(o["description"]), Active: o["active"] == true,
				Disabled: way["temporarily_disabled"] == true, Scope: strings.TrimSuffix(text(scope["type"]), "_reference"), ScopeID: text(scope["id"]),
			}
			for _, e := range items(o["events"]) {
				s.Events = append(s.Events, text(e))
			}
			list = append(list, s)
		}
		return list, out["more"] == true, err
	})
}

// PingSubscription asks PagerDuty for a test delivery.
func (c *Client) PingSubscription(ctx context.Context, id string) error {
	if err := checked("POST /webhook_subscriptions/{id}/ping", id); err != nil {
		return err
	}
	_, err := c.ask(ctx, http.MethodPost, "/webhook_subscriptions/"+id+"/ping", nil)
	return err
}

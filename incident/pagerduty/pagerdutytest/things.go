package pagerdutytest

import (
	"fmt"
	"strings"
)

// Person is somebody who can be on call. Email defaults to the name at harbour.example.
type Person struct{ Name, Email, Phone string }

// Policy is an escalation policy: who is called, level by level.
type Policy struct {
	Name   string
	Levels [][]string // names of people
}

// Service is what can be broken. Policy names its escalation policy; "" is the first.
type Service struct{ Name, Policy string }

// DefaultPeople are the people of an account when Options name nobody; the same as in the simulated Slack workspace.
func DefaultPeople() []Person {
	return []Person{
		{Name: "Ada Byron", Email: "ada@harbour.example", Phone: "+49 30 5550 101"},
		{Name: "Grace Murray", Email: "grace@harbour.example", Phone: "+1 212 555 0102"},
		{Name: "Linus Virtanen", Email: "linus@harbour.example", Phone: "+358 9 5550 103"},
		{Name: "Tocsin", Email: "tocsin@harbour.example"},
	}
}

// DefaultPolicies are the escalation policies when Options have none.
func DefaultPolicies() []Policy {
	return []Policy{
		{"Checkout on call", [][]string{{"Ada Byron"}, {"Grace Murray"}}},
		{"Platform on call", [][]string{{"Linus Virtanen"}, {"Grace Murray"}}},
	}
}

// DefaultServices are the services when Options have none.
func DefaultServices() []Service {
	return []Service{{"checkout", "Checkout on call"}, {"database", "Platform on call"}, {"search", "Platform on call"}}
}

// thing is what a reference can name.
type thing struct {
	id, kind, name string // kind: user, service, escalation_policy, schedule, team, priority
	path           string // where its page is
}

type user struct {
	thing
	email, phone string
}

type policy struct {
	thing
	levels    [][]*user
	schedules []*thing // one for each level
}

type service struct {
	thing
	policy *policy
	key    string // of the Events API
	status string
}

const (
	apiHost = "https://api.pagerduty.com/"
	webHost = "https://harbour.pagerduty.com/"
)

// ref is a reference to a thing; of nothing it is null.
func (t *thing) ref() any {
	if t == nil {
		return nil
	}
	return Object{"id": t.id, "type": t.kind + "_reference", "summary": t.name, "self": t.self(), "html_url": t.page()}
}

func (t *thing) self() string {
	plural := t.kind + "s"
	if strings.HasSuffix(t.kind, "y") {
		plural = strings.TrimSuffix(t.kind, "y") + "ies"
	}
	return apiHost + plural + "/" + t.id
}

func (t *thing) page() string {
	if t.path != "" {
		return webHost + t.path
	}
	return webHost + strings.TrimPrefix(t.self(), apiHost)
}

// full is the thing itself, with more fields.
func (t *thing) full(more Object) Object {
	o := Object{"id": t.id, "type": t.kind, "summary": t.name, "self": t.self(), "html_url": t.page(), "name": t.name}
	for name, value := range more {
		o[name] = value
	}
	return o
}

func (a *Account) newThing(kind, name string) thing { return thing{a.mint("P"), kind, name, ""} }

// furnish makes what the account has.
func (a *Account) furnish(o Options) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if o.People == nil {
		o.People = DefaultPeople()
	}
	if o.Policies == nil {
		o.Policies = DefaultPolicies()
	}
	if o.Services == nil {
		o.Services = DefaultServices()
	}
	team := a.newThing("team", "Engineering")
	a.team = &team
	for n := range 5 {
		p := a.newThing("priority", fmt.Sprint("P", n+1))
		p.path = "account/incident_priorities"
		a.priorities = append(a.priorities, &p)
	}
	for _, p := range o.People {
		if p.Email == "" {
			p.Email = strings.ToLower(strings.Fields(p.Name + " nobody")[0]) + "@harbour.example"
		}
		a.users = append(a.users, &user{a.newThing("user", p.Name), p.Email, p.Phone})
	}
	for _, p := range o.Policies {
		if err := a.addPolicy(p); err != nil {
			return err
		}
	}
	for _, s := range o.Services {
		if err := a.addService(s); err != nil {
			return err
		}
	}
	return nil
}

func (a *Account) addPolicy(p Policy) error {
	made := &policy{thing: a.newThing("escalation_policy", p.Name)}
	for n, names := range p.Levels {
		var level []*user
		for _, name := range names {
			u := a.userNamed(name)
			if u == nil {
				return fmt.Errorf("policy %s names %s, whom nobody knows", p.Name, name)
			}
			level = append(level, u)
		}
		made.levels = append(made.levels, level)
		schedule := a.newThing("schedule", fmt.Sprintf("%s, level %d", p.Name, n+1))
		made.schedules = append(made.schedules, &schedule)
	}
	if len(made.levels) == 0 {
		return fmt.Errorf("policy %s calls nobody", p.Name)
	}
	a.policies = append(a.policies, made)
	return nil
}

func (a *Account) addService(s Service) error {
	for _, p := range a.policies {
		if s.Policy == "" || p.name == s.Policy {
			made := &service{thing: a.newThing("service", s.Name), policy: p, key: random(), status: "active"}
			made.path = "service-directory/" + made.id
			a.services = append(a.services, made)
			return nil
		}
	}
	return fmt.Errorf("service %s has a policy that does not exist: %s", s.Name, s.Policy)
}

// userNamed finds somebody by id, e-mail, name, or first name. The caller holds the lock, as in all that follow.
func (a *Account) userNamed(who string) *user {
	for _, u := range a.users {
		first, _, _ := strings.Cut(u.name, " ")
		if u.id == who || strings.EqualFold(u.email, who) || u.name == who || first == who {
			return u
		}
	}
	return nil
}

func (a *Account) policyNamed(which string) *policy {
	for _, p := range a.policies {
		if p.id == which || p.name == which {
			return p
		}
	}
	return nil
}

func (a *Account) serviceNamed(which string) *service {
	for _, s := range a.services {
		if s.id == which || s.name == which {
			return s
		}
	}
	return nil
}

func (a *Account) priorityNamed(which string) *thing {
	for _, p := range a.priorities {
		if p.id == which || p.name == which {
			return p
		}
	}
	return nil
}

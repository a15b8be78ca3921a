package pagerdutytest

import (
	"fmt"
	"slices"
	"strings"
)

// Incident is an incident in a story. Who acts is named by name, first name or e-mail; "" is PagerDuty itself.
type Incident struct {
	a *Account
	i *incident
}

// act does something under the lock, in somebody's name.
func (i *Incident) act(by string, do func(actor) error) *Incident {
	i.a.mu.Lock()
	defer i.a.mu.Unlock()
	i.a.must(do(actor{who: i.a.somebody(by)}))
	return i
}

// Acknowledge says that somebody works on it.
func (i *Incident) Acknowledge(by string) *Incident {
	return i.act(by, func(by actor) error { return i.a.acknowledge(i.i, by) })
}

// Unacknowledge takes that back, as PagerDuty does after a time.
func (i *Incident) Unacknowledge(by string) *Incident {
	return i.act(by, func(by actor) error { return i.a.unacknowledge(i.i, by) })
}

// Resolve ends it.
func (i *Incident) Resolve(by string) *Incident {
	return i.act(by, func(by actor) error { return i.a.resolve(i.i, by) })
}

// Reopen takes the end back.
func (i *Incident) Reopen(by string) *Incident {
	return i.act(by, func(by actor) error { return i.a.reopen(i.i, by) })
}

// Reassign gives it to others.
func (i *Incident) Reassign(by string, to ...string) *Incident {
	return i.act(by, func(by actor) error { return i.a.reassign(i.i, by, i.a.usersNamed(to)) })
}

// Escalate calls the next level.
func (i *Incident) Escalate(by string) *Incident {
	return i.act(by, func(by actor) error { return i.a.escalate(i.i, by) })
}

// Delegate gives it to another escalation policy.
func (i *Incident) Delegate(by, policy string) *Incident {
	return i.act(by, func(by actor) error {
		p := i.a.policyNamed(policy)
		if p == nil {
			return fmt.Errorf("there is no policy %s", policy)
		}
		return i.a.delegate(i.i, by, p)
	})
}

// Annotate adds a note.
func (i *Incident) Annotate(by, words string) *Incident {
	return i.act(by, func(by actor) error { _, err := i.a.annotate(i.i, by, words); return err })
}

// SetPriority sets "P1" to "P5", or none with "".
func (i *Incident) SetPriority(by, to string) *Incident {
	return i.act(by, func(by actor) error { return i.a.setPriority(i.i, by, i.a.priorityNamed(to)) })
}

// AddResponder asks somebody to help.
func (i *Incident) AddResponder(by, who, message string) *Incident {
	return i.act(by, func(by actor) error {
		i.a.ask(i.i, by, &responder{user: i.a.somebody(who), message: message})
		return nil
	})
}

// Reply is the answer of somebody who was asked to help.
func (i *Incident) Reply(who string, joins bool) *Incident {
	return i.act(who, func(by actor) error { return i.a.replied(i.i, by.who, joins) })
}

// StatusUpdate publishes a status update.
func (i *Incident) StatusUpdate(by, words string) *Incident {
	return i.act(by, func(by actor) error { i.a.publish(i.i, by, words); return nil })
}

// Merge resolves it into another one.
func (i *Incident) Merge(by string, into *Incident) *Incident {
	return i.act(by, func(by actor) error { return i.a.merge(i.i, into.i, by) })
}

// AssignRole gives somebody a role.
func (i *Incident) AssignRole(by, who, role string) *Incident {
	return i.act(by, func(by actor) error {
		one := Object{
			"assignee": i.a.somebody(who).ref(), "id": i.a.mintUUID(), "incident": i.i.ref(), "old_assignee": nil,
			"role": Object{"id": "P" + strings.ToUpper(role), "summary": role, "type": "role_reference"}, "status": "active", "type": "role_assignment_reference",
		}
		i.a.tell("incident.role.assigned", i.i, by.happening(Object{"type": "incident_role_assignment", "incident_role_assignments": []any{one}}))
		return nil
	})
}

// SetField sets a custom field.
func (i *Incident) SetField(by, name, value string) *Incident {
	return i.act(by, func(by actor) error {
		field := Object{
			"data_type": "string", "field_type": "single_value", "id": "PFIELD1", "name": name, "namespace": "incidents", "type": "field_value", "value": value,
		}
		i.a.tell("incident.custom_field_values.updated", i.i, by.happening(Object{
			"incident": i.i.ref(), "custom_fields": []any{field}, "changed_custom_fields": []any{field}, "type": "incident_field_values",
		}))
		return nil
	})
}

// read reads something under the lock.
func read[V any](i *Incident, get func(*incident) V) V {
	i.a.mu.Lock()
	defer i.a.mu.Unlock()
	return get(i.i)
}

// ID is PagerDuty's id of it.
func (i *Incident) ID() string { return i.i.id }

// Number is what people call it.
func (i *Incident) Number() int { return i.i.number }

// Key is its incident key.
func (i *Incident) Key() string { return i.i.key }

// Title is what it says.
func (i *Incident) Title() string { return read(i, func(o *incident) string { return o.title }) }

// Status is "triggered", "acknowledged" or "resolved".
func (i *Incident) Status() string { return read(i, func(o *incident) string { return o.status }) }

// Priority is the name of its priority, or "".
func (i *Incident) Priority() string {
	return read(i, func(o *incident) string {
		if o.priority == nil {
			return ""
		}
		return o.priority.name
	})
}

// Assignees are the names of those who are called.
func (i *Incident) Assignees() []string {
	return read(i, func(o *incident) []string { return names(o.called()) })
}

// Notes are what its notes say, the oldest first.
func (i *Incident) Notes() []string {
	return read(i, func(o *incident) []string { return words(o.notes) })
}

// Updates are what its status updates say, the oldest first.
func (i *Incident) Updates() []string {
	return read(i, func(o *incident) []string { return words(o.updates) })
}

// Responders are those who were asked to help, with what they said: "Ada Byron: pending".
func (i *Incident) Responders() []string {
	return read(i, func(o *incident) []string {
		var list []string
		for _, r := range o.responders {
			name := ""
			if r.user != nil {
				name = r.user.name
			} else {
				name = r.policy.name
			}
			list = append(list, name+": "+r.state)
		}
		return list
	})
}

// ExpectStatus waits until it is so.
func (i *Incident) ExpectStatus(status string) *Incident {
	i.a.t.Helper()
	i.a.waitFor(fmt.Sprintf("#%d to be %s", i.i.number, status), func() bool { return i.i.status == status }, i.a.world)
	return i
}

// ExpectNote waits for a note or a status update with all the words.
func (i *Incident) ExpectNote(parts ...string) *Incident {
	i.a.t.Helper()
	i.a.waitFor(fmt.Sprintf("a note with %q on #%d", parts, i.i.number), func() bool {
		has := func(text string) bool { return hasAll(text, parts) }
		return slices.ContainsFunc(words(i.i.notes), has) || slices.ContainsFunc(words(i.i.updates), has)
	}, i.a.world)
	return i
}

func names(list []*user) []string {
	var out []string
	for _, u := range list {
		out = append(out, u.name)
	}
	return out
}

func words(list []*note) []string {
	var out []string
	for _, n := range list {
		out = append(out, n.words)
	}
	return out
}

// World is everything that people could see of the incidents, as stable text: without ids and times, so that two runs that
// look the same give the same.
func (a *Account) World() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.world()
}

// world is World for those who hold the lock.
func (a *Account) world() string {
	var b strings.Builder
	for _, i := range a.incidents {
		fmt.Fprintf(&b, "#%d %s: %s, %s, %s", i.number, i.service.name, i.title, i.status, i.urgency)
		if i.priority != nil {
			fmt.Fprintf(&b, ", %s", i.priority.name)
		}
		fmt.Fprintf(&b, ", assigned to %s\n", strings.Join(names(i.called()), ", "))
		for _, n := range i.notes {
			fmt.Fprintf(&b, "  note by %s: %s\n", actor{who: n.by}.name(), n.words)
		}
		for _, n := range i.updates {
			fmt.Fprintf(&b, "  status update by %s: %s\n", actor{who: n.by}.name(), n.words)
		}
		for _, r := range i.responders {
			fmt.Fprintf(&b, "  asked to help: %s, %s\n", r.message, r.state)
		}
	}
	return b.String()
}

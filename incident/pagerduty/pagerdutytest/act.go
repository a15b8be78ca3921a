package pagerdutytest

import (
	"errors"
	"fmt"
	"strings"
)

// actor is who does something: somebody on the page, or a program in their name.
type actor struct {
	who    *user // nil: PagerDuty itself
	viaAPI bool
}

// agent is the actor as events have it.
func (by actor) agent() any { return by.who.ref() }

// client is the program that the actor used, as events have it.
func (by actor) client() any {
	if by.viaAPI || by.who == nil {
		return nil
	}
	return Object{"name": "PagerDuty"}
}

func (by actor) happening(data Object) happening { return happening{by.agent(), by.client(), data} }

func (by actor) name() string {
	if by.who == nil {
		return "PagerDuty"
	}
	return by.who.name
}

// refusal is an error with PagerDuty's code for it.
type refusal struct {
	code int
	text string
}

func (r *refusal) Error() string { return r.text }

var (
	errResolved = &refusal{1001, "Incident Already Resolved"}
	errAcked    = &refusal{1002, "Incident Already Acknowledged"}
	errGone     = &refusal{2100, "Not Found"}
)

// turn changes the status of an incident and tells of it; all that follow want the lock held.
func (a *Account) turn(i *incident, by actor, to, kind, event string) {
	i.status, i.changed, i.changedBy = to, a.now(), by.agent()
	a.note(i, by.agent(), kind, fmt.Sprintf("%s by %s", strings.ToUpper(to[:1])+to[1:], by.name()), "")
	a.tell(event, i, by.happening(nil))
}

func (a *Account) acknowledge(i *incident, by actor) error {
	switch i.status {
	case "resolved":
		return errResolved
	case "acknowledged":
		return errAcked
	}
	a.turn(i, by, "acknowledged", "acknowledge_log_entry", "incident.acknowledged")
	return nil
}

func (a *Account) unacknowledge(i *incident, by actor) error {
	if i.status != "acknowledged" {
		return errors.New("only an acknowledged incident can be taken back")
	}
	a.turn(i, by, "triggered", "unacknowledge_log_entry", "incident.unacknowledged")
	return nil
}

func (a *Account) resolve(i *incident, by actor) error {
	if i.status == "resolved" {
		return errResolved
	}
	i.resolved = a.now()
	for _, al := range i.alerts {
		al.status = "resolved"
	}
	a.turn(i, by, "resolved", "resolve_log_entry", "incident.resolved")
	return nil
}

func (a *Account) reopen(i *incident, by actor) error {
	if i.open() {
		return errors.New("it is open")
	}
	i.resolved, i.reopened, i.mergedInto, i.assignees = timeless, a.now(), nil, i.policy.levels[0]
	a.turn(i, by, "triggered", "reopen_log_entry", "incident.reopened")
	return nil
}

func (a *Account) reassign(i *incident, by actor, to []*user) error {
	if !i.open() {
		return errResolved
	}
	if len(to) == 0 {
		return errors.New("nobody to reassign to")
	}
	i.assignees, i.changed = to, a.now()
	a.note(i, by.agent(), "assign_log_entry", "Reassigned by "+by.name(), "")
	a.tell("incident.reassigned", i, by.happening(nil))
	return nil
}

func (a *Account) escalate(i *incident, by actor) error {
	if !i.open() {
		return errResolved
	}
	if i.level+1 >= len(i.policy.levels) {
		return errors.New("it is on the last level already")
	}
	i.level++
	i.assignees, i.status, i.changed = i.policy.levels[i.level], "triggered", a.now()
	a.note(i, by.agent(), "escalate_log_entry", "Escalated by "+by.name(), "")
	a.tell("incident.escalated", i, by.happening(nil))
	return nil
}

func (a *Account) delegate(i *incident, by actor, to *policy) error {
	if !i.open() {
		return errResolved
	}
	i.policy, i.level, i.assignees, i.changed = to, 0, to.levels[0], a.now()
	a.note(i, by.agent(), "delegate_log_entry", "Delegated by "+by.name(), "")
	a.tell("incident.delegated", i, by.happening(nil))
	return nil
}

func (a *Account) setPriority(i *incident, by actor, to *thing) error {
	i.priority = to
	a.note(i, by.agent(), "priority_change_log_entry", "Priority changed by "+by.name(), "")
	a.tell("incident.priority_updated", i, by.happening(nil))
	return nil
}

// longest is where PagerDuty begins to trim the words of a delivery.
const longest = 25_000

func trimmed(words string) (string, bool) {
	if len(words) <= longest {
		return words, false
	}
	return strings.ToValidUTF8(words[:longest], ""), true
}

func (a *Account) annotate(i *incident, by actor, words string) (*note, error) {
	if len(i.notes) >= 2000 {
		return nil, errors.New("an incident has 2000 notes at most")
	}
	n := &note{a.mint("P"), words, by.who, a.now(), by.viaAPI}
	i.notes = append(i.notes, n)
	a.note(i, by.agent(), "annotate_log_entry", "Note added by "+by.name(), words)
	short, cut := trimmed(words)
	a.tell("incident.annotated", i, by.happening(Object{"incident": i.ref(), "id": n.id, "content": short, "trimmed": cut, "type": "incident_note"}))
	return n, nil
}

func (a *Account) publish(i *incident, by actor, words string) *note {
	n := &note{a.mint("P"), words, by.who, a.now(), by.viaAPI}
	i.updates = append(i.updates, n)
	a.note(i, by.agent(), "status_update_log_entry", "Status update added by "+by.name(), words)
	short, cut := trimmed(words)
	a.tell("incident.status_update_published", i, by.happening(Object{
		"incident": i.ref(), "id": n.id, "message": short, "trimmed": cut, "type": "incident_status_update",
	}))
	return n
}

func (a *Account) ask(i *incident, by actor, r *responder) {
	r.state = "pending"
	i.responders = append(i.responders, r)
	a.note(i, by.agent(), "responder_request_log_entry", "Responder requested by "+by.name(), r.message)
	a.tell("incident.responder.added", i, by.happening(i.asResponder(r)))
}

func (a *Account) replied(i *incident, who *user, joined bool) error {
	for _, r := range i.responders {
		if r.user != who && (r.policy == nil || r.policy.levels[0][0] != who) {
			continue
		}
		r.state = "declined"
		if joined {
			r.state = "joined"
		}
		a.tell("incident.responder.replied", i, actor{who: who}.happening(i.asResponder(r)))
		return nil
	}
	return fmt.Errorf("%s was not asked", who.name)
}

func (i *incident) asResponder(r *responder) Object {
	o := Object{"incident": i.ref(), "user": r.user.ref(), "escalation_policy": i.policy.ref(), "message": r.message, "state": r.state, "type": "incident_responder"}
	if r.policy != nil {
		o["escalation_policy"] = r.policy.ref()
	}
	return o
}

// merge resolves an incident into another, which keeps its alerts.
func (a *Account) merge(from, into *incident, by actor) error {
	switch {
	case from == into:
		return errors.New("an incident cannot be merged into itself")
	case !from.open() || !into.open():
		return errResolved
	}
	into.alerts = append(into.alerts, from.alerts...)
	from.alerts, from.mergedInto = nil, into
	return a.resolve(from, by)
}

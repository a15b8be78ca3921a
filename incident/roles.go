package incident

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Role names a part that somebody plays in an incident.
type Role string

// The roles that the rules themselves know of. A policy may call them as it likes, say what they do, and add its own.
const (
	Commander    Role = "commander"
	Communicator Role = "communicator"
	Investigator Role = "investigator"
	Mitigator    Role = "mitigator"
	Scribe       Role = "scribe"
)

// Duty is a role with what its holder is called and does.
type Duty struct {
	Role   Role
	Called string // what people call the role; "" is its key
	Does   string // in the second person, said to whoever takes it: "You lead: …"
}

// Name is what people call the role.
func (d Duty) Name() string { return cmp.Or(d.Called, string(d.Role)) }

// Duty returns what the policy says of a role. One that it does not know (from an older policy) keeps its key.
func (p *Policy) Duty(role Role) Duty {
	for _, duty := range p.Roles {
		if duty.Role == role {
			return duty
		}
	}
	return Duty{Role: role}
}

// ParseRole reads a role as people type it, in any case: by its key, or by its name with hyphens for spaces.
func (p *Policy) ParseRole(word string) (duty Duty, ok bool) {
	at := slices.IndexFunc(p.Roles, func(d Duty) bool {
		return strings.EqualFold(string(d.Role), word) || strings.EqualFold(strings.ReplaceAll(d.Called, " ", "-"), word)
	})
	if at < 0 {
		return Duty{}, false
	}
	return p.Roles[at], true
}

// MustRole is ParseRole with a refusal that lists what there is.
func (p *Policy) MustRole(word string) (Duty, error) {
	if duty, ok := p.ParseRole(word); ok {
		return duty, nil
	}
	names := make([]string, len(p.Roles))
	for n, duty := range p.Roles {
		names[n] = string(duty.Role)
	}
	return Duty{}, Refuse(Invalid, "There is no role %q. Choose one of: %s.", word, strings.Join(names, ", ")).Offer("help")
}

// RolesOf lists the roles that somebody has, sorted.
func (i *Incident) RolesOf(handle string) []Role {
	var roles []Role
	for role, p := range i.Roles {
		if p.Handle == handle {
			roles = append(roles, role)
		}
	}
	slices.Sort(roles)
	return roles
}

// Assign gives a role to a person, taking it from whoever had it.
func (i *Incident) Assign(r Role, p Person, s Stamp) error { return i.HandOver(r, p, "", s) }

// HandOver is Assign with a note for the new holder: how things stand, and what they should know.
func (i *Incident) HandOver(r Role, p Person, note string, s Stamp) error {
	if err := i.mustBeWorkedOn("give out roles"); err != nil {
		return err
	}
	if p.IsZero() {
		return Refuse(Invalid, "Name the person who takes the role, for example: %s @ada, or %s me.", r, r).Offer("handover")
	}
	if note = strings.TrimSpace(note); note != "" {
		var err error
		if note, err = cleanText(note, ""); err != nil {
			return err
		}
	}
	was := i.Roles[r]
	if was.Handle == p.Handle {
		return Refuse(Conflict, "%s is %s already.", p.Name, r)
	}
	i.Roles[r] = p
	i.listen(s)
	if r == Commander {
		i.remind(TopicCommander, time.Time{})
		if i.Acknowledged.IsZero() {
			i.Acknowledged = s.At // somebody leads: from now on it is in hands
		}
	}
	i.record(Event{Kind: EventRole, Stamp: s, From: was.Handle, To: string(r), Text: note, Whom: p})
	return nil
}

// StepDown takes a role from whoever has it, so that nobody has it. Where nobody leads now, that is noticed anew.
func (i *Incident) StepDown(r Role, level Level, s Stamp) error {
	if err := i.mustBeOpen("give up roles"); err != nil {
		return err
	}
	was := i.Roles[r]
	if was.IsZero() {
		return &Error{Code: Conflict, Message: i.ID.String() + " has no " + string(r) + ", so nobody can step down.", Mends: []string{string(r) + " me"}}
	}
	delete(i.Roles, r)
	if r == Commander {
		i.seekLeader(level, s)
	}
	i.record(Event{Kind: EventSteppedDown, Stamp: s, From: was.Handle, To: string(r), Whom: was})
	return nil
}

package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"tocsin/incident"
)

// roles lets a team call and describe the roles in its own words, and add more.
func (f file) roles(p *incident.Policy) error {
	var faults []error
	builtin := roleNames(p)
	for n, r := range f.Roles {
		where := fmt.Sprintf("roles[%d]", n)
		at := slices.IndexFunc(p.Roles, func(d incident.Duty) bool { return string(d.Role) == r.Role })
		switch {
		case !word.MatchString(r.Role):
			faults = append(faults, fmt.Errorf("%s.role: %q must be a word in small letters, for example liaison", where, r.Role))
			continue
		case at < 0 && r.Does == "":
			faults = append(faults, fmt.Errorf("%s.role: there is no role %q; there are %s. For one of your own say what it does, too", where, r.Role, builtin))
			continue
		case at < 0:
			p.Roles = append(p.Roles, incident.Duty{Role: incident.Role(r.Role)})
			at = len(p.Roles) - 1
		}
		if utf8.RuneCountInString(r.Does) > maxWords {
			faults = append(faults, fmt.Errorf("%s.does: is longer than %d characters", where, maxWords))
		}
		if utf8.RuneCountInString(r.Called) > maxCalled {
			faults = append(faults, fmt.Errorf("%s.called: is longer than %d characters", where, maxCalled))
		}
		if r.Does != "" {
			p.Roles[at].Does = r.Does
		}
		p.Roles[at].Called = r.Called
	}
	return errors.Join(append(faults, rolesApart(p))...)
}

// rolesApart refuses roles that could be taken for each other.
func rolesApart(p *incident.Policy) error {
	if len(p.Roles) > maxRoles {
		return fmt.Errorf("roles: there are more than %d, with the five that are always there", maxRoles)
	}
	for n, duty := range p.Roles {
		for _, name := range []string{string(duty.Role), strings.ReplaceAll(duty.Name(), " ", "-")} {
			if slices.ContainsFunc(incident.Permits, func(permit incident.Permit) bool { return strings.EqualFold(permit.Verb, name) }) {
				return fmt.Errorf("roles: %q is a verb of its own, so no role can be called so: choose another name", strings.ToLower(name))
			}
			if same, _ := p.ParseRole(name); same.Role != duty.Role {
				return fmt.Errorf("roles: %q and %q (%s) would be taken for each other: call one of them something else", p.Roles[n].Role, same.Role, name)
			}
		}
	}
	return nil
}

func roleNames(p *incident.Policy) string {
	names := make([]string, len(p.Roles))
	for n, duty := range p.Roles {
		names[n] = string(duty.Role)
	}
	return strings.Join(names, ", ")
}

// maxSeverities is how many the form can offer: Slack takes ten choices, and one of them is unknown.
const maxSeverities = 9

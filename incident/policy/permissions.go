package policy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tocsin/incident"
)

// permissions says who may do what, where that differs from what holds without a file.
func (f file) permissions(p *incident.Policy) error {
	faults := []error{people("admins", f.Admins)}
	p.Admins = f.Admins
	for _, verb := range slices.Sorted(maps.Keys(f.Permissions)) {
		grant := incident.Grant(f.Permissions[verb])
		switch {
		case !slices.Contains(p.Verbs(), verb):
			faults = append(faults, fmt.Errorf("permissions: there is no verb %q; there are %s", verb, strings.Join(p.Verbs(), ", ")))
		case !slices.Contains(incident.Grants, grant):
			faults = append(faults, fmt.Errorf("permissions.%s: %q must be one of %s", verb, grant, grants(incident.Grants)))
		case !p.Permit(verb).About && grant != incident.Anyone && grant != incident.Admins:
			faults = append(faults, fmt.Errorf("permissions.%s: it is about no incident, so it can be left to anyone or admin only", verb))
		}
		if p.Permissions == nil {
			p.Permissions = map[string]incident.Grant{}
		}
		p.Permissions[verb] = grant
	}
	return errors.Join(faults...)
}

func grants(list []incident.Grant) string {
	words := make([]string, len(list))
	for n, grant := range list {
		words[n] = string(grant)
	}
	return strings.Join(words, ", ")
}

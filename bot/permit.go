package bot

import (
	"strings"
	"time"

	"tocsin/incident"
)

// permitted refuses what the caller may not do by the policy. Whoever asks has made sure that they may learn of the incident
// that it is about.
func (c *call) permitted(verb string) error {
	policy := c.Policy()
	permit := policy.Permit(verb)
	if permit.Standing != nil {
		if err := permit.Standing(c.standing); err != nil {
			return err
		}
	}
	if permit.Grant == incident.Anyone || policy.IsAdmin(c.who.Handle, c.standing) {
		return nil
	}
	i := &incident.Incident{}
	member := false
	if c.incident != 0 {
		var err error
		if i, err = c.Store.Incident(c.ctx, c.incident); err != nil {
			return err
		}
		if member, err = c.inRoom(i); err != nil {
			return err
		}
	}
	if permit.Grant.Allows(i, c.who.Handle, member) {
		return nil
	}
	refusal := permit.Grant.Refuse(verb, i)
	if permit.Grant == incident.Admins && !c.standing.Outsider() {
		refusal.Message += c.adminNames()
	}
	return refusal
}

// adminNames are those whom the policy names as admins; beside them there are those of the workspace.
func (c *call) adminNames() string {
	var names []string
	for _, handle := range c.Policy().Admins {
		names = append(names, c.name(handle))
	}
	if len(names) == 0 {
		return ""
	}
	return " The policy names " + strings.Join(names[:min(10, len(names))], ", ") + "."
}

// inRoom tells whether the caller is in the incident's room.
func (c *call) inRoom(i *incident.Incident) (bool, error) {
	if c.inside {
		return true, nil
	}
	seen, err := c.Store.Member(c.ctx, i.ID, c.who.Handle)
	return c.stillIn(i, seen), err
}

// stillIn tells whether somebody is in the incident's room who was last seen there at an instant. Who is in a public one is known
// from events alone, and stays true until one says otherwise: no secret hangs on it.
func (c *call) stillIn(i *incident.Incident, seen time.Time) bool {
	return !seen.IsZero() && (!i.Private || c.Now().Sub(seen) < freshness)
}

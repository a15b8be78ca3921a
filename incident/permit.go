package incident

import "slices"

// Grant is who may do something, of those who may learn of the incident that it is about.
type Grant string

// The grants, from the widest to the narrowest. Admins may do everything.
const (
	Anyone  Grant = "anyone" // whoever sees the incident
	InRoom  Grant = "member" // who is in its room
	Holders Grant = "holder" // who has a role in it; while nobody has one, who is in its room
	Admins  Grant = "admin"  // admins and owners of the workspace, and those whom the policy names
)

// Grants is all of them.
var Grants = []Grant{Anyone, InRoom, Holders, Admins}

// Permit says who may do what a verb does.
type Permit struct {
	Verb     string
	Grant    Grant
	About    bool                 // it is about one incident; else it can be granted to anyone or to admins only
	Standing func(Standing) error // beside the grant, what one must be in the workspace; nil: that one sees it is enough
}

// Permits is the one table of who may do what, where a policy says nothing else. Among members there are no ranks: at night
// whoever is awake must be able to act, and each act stands in the timeline with its author.
//
// The verbs of the roles are the policy's, and anyone's.
var Permits = []Permit{
	{Verb: "declare", Grant: Anyone, Standing: Standing.MayDeclare},
	{Verb: "drill", Grant: Anyone, Standing: Standing.MayDeclare},
	{Verb: "backfill", Grant: Anyone, Standing: Standing.MayDeclare},
	{Verb: "list", Grant: Anyone},
	{Verb: "stats", Grant: Anyone, Standing: Standing.MayCount},
	{Verb: "search", Grant: Anyone},
	{Verb: "access", Grant: Anyone, Standing: Standing.MayAsk},
	{Verb: "subscribe", Grant: Anyone},
	{Verb: "unsubscribe", Grant: Anyone},
	{Verb: "help", Grant: Anyone},
	{Verb: "handover", Grant: Anyone, About: true},
	{Verb: "stepdown", Grant: Anyone, About: true},
	{Verb: "severity", Grant: Anyone, About: true},
	{Verb: "status", Grant: Anyone, About: true},
	{Verb: "title", Grant: Anyone, About: true},
	{Verb: "service", Grant: Anyone, About: true},
	{Verb: "note", Grant: Anyone, About: true},
	{Verb: "update", Grant: Anyone, About: true},
	{Verb: "task", Grant: Anyone, About: true},
	{Verb: "tasks", Grant: Anyone, About: true},
	{Verb: "show", Grant: Anyone, About: true},
	{Verb: "snooze", Grant: Anyone, About: true},
	{Verb: "customers", Grant: Anyone, About: true},
	{Verb: "invite", Grant: InRoom, About: true},
	{Verb: "private", Grant: Anyone, About: true, Standing: Standing.MayConvert},
	{Verb: "public", Grant: InRoom, About: true, Standing: Standing.MayConvert},
	{Verb: "merge", Grant: Anyone},
	{Verb: "mend", Grant: Anyone, About: true},
	{Verb: "timeline", Grant: Anyone, About: true},
	{Verb: "correct", Grant: Anyone, About: true},
	{Verb: "star", Grant: Anyone, About: true},
	{Verb: "unstar", Grant: Anyone, About: true},
	{Verb: "redact", Grant: Admins, About: true, Standing: Standing.MayRedact},
	{Verb: "mitigated", Grant: Anyone, About: true},
	{Verb: "resolve", Grant: Anyone, About: true},
	{Verb: "close", Grant: Anyone, About: true},
	{Verb: "reopen", Grant: Anyone, About: true},
	{Verb: "accept", Grant: Anyone, About: true, Standing: Standing.MayJudge},
	{Verb: "decline", Grant: Anyone, About: true, Standing: Standing.MayJudge},
}

// Permit is who may do what a verb does, as the policy has it. A verb that nobody has thought of is for admins.
func (p *Policy) Permit(verb string) Permit {
	permit := Permit{Verb: verb, Grant: Admins, About: true}
	if at := slices.IndexFunc(Permits, func(known Permit) bool { return known.Verb == verb }); at >= 0 {
		permit = Permits[at]
	} else if slices.ContainsFunc(p.Roles, func(d Duty) bool { return string(d.Role) == verb }) {
		permit.Grant = Anyone
	}
	if granted, said := p.Permissions[verb]; said {
		permit.Grant = granted
	}
	return permit
}

// Verbs lists all that can be permitted: the table, and the roles of the policy.
func (p *Policy) Verbs() []string {
	var verbs []string
	for _, permit := range Permits {
		verbs = append(verbs, permit.Verb)
	}
	for _, duty := range p.Roles {
		verbs = append(verbs, string(duty.Role))
	}
	return verbs
}

// IsAdmin tells whether somebody may do everything.
func (p *Policy) IsAdmin(handle string, standing Standing) bool {
	return standing == Admin || !standing.Outsider() && slices.Contains(p.Admins, handle)
}

// Allows tells whether a grant covers somebody by their part in an incident: member says whether they are in its room.
func (g Grant) Allows(i *Incident, handle string, member bool) bool {
	switch g {
	case Anyone:
		return true
	case InRoom:
		return member
	case Holders:
		return len(i.RolesOf(handle)) > 0 || len(i.Roles) == 0 && member
	}
	return false
}

// Refuse is what somebody reads whom the grant does not cover.
func (g Grant) Refuse(verb string, i *Incident) *Error {
	switch g {
	case InRoom:
		return Refuse(Forbidden, "The policy leaves %s to those who are in the room of %s: join it, and try again.", verb, i.ID)
	case Holders:
		refusal := Refuse(Forbidden, "The policy leaves %s to those who have a role in %s: take one, or ask one of them.", verb, i.ID)
		for _, role := range []Role{Commander, Communicator, Investigator, Mitigator, Scribe} {
			if i.Roles[role].IsZero() { // one of them will do
				return refusal.Offer(string(role) + " me")
			}
		}
		return refusal
	}
	return Refuse(Forbidden, "The policy leaves %s to admins: ask one of them.", verb)
}

package incident

import (
	"slices"
	"strings"
	"time"
)

// Severity names how bad an incident is, as the policy spells it: "sev1".
type Severity string

// Unknown is the severity of an incident of which nobody can say yet how bad it is. It is treated like the policy's default.
const Unknown Severity = "unknown"

// Level is what a team means by a severity.
type Level struct {
	Name    Severity
	Meaning string
	Cadence time.Duration // how often stakeholders hear an update; 0: none is owed
	Rank    int           // 0 is the most severe
	Invite  []string      // handles of those who are always invited
	Tell    []string      // handles of those who hear of it when an incident gets it
	Groups  []string      // ids of groups of people who are

	Gates      []Gate        // what must be there before it is closed, beside that it is resolved
	LeadWithin time.Duration // how long nobody may lead before the room is asked; 0: as long as it likes
	SilentFor  time.Duration // how long nothing may be heard from who has a role before somebody is told; 0: as long as they like
	Escalate   []string      // handles of those who hear of it when still nobody does
	Patient    bool          // what is missing of it waits for working hours, where the policy has some
}

// Link is something to have at hand in the room: a dashboard, a status page.
type Link struct{ Title, URL string }

// Service is a part of the product that can break.
type Service struct {
	Name   string
	Owner  string // handle of who answers for it, invited to its incidents
	Invite []string
	Groups []string // ids of groups of people who are invited too
	Links  []Link
}

// Drills is who hears of an exercise, beside those who take part in it.
type Drills struct {
	Announce string   // id of a channel; "" is nowhere
	Invite   []string // handles
}

// Policy is what a team has decided: the values that the rules take. The zero Policy is useless; start from Defaults.
type Policy struct {
	Severities []Level // most severe first
	Fallback   Severity
	Statuses   []Rung // of all, in the order of the ladder
	Roles      []Duty
	Services   []Service
	Channel    string // pattern of room names: {number} and {title} stand for the incident's
	Announce   string // id of the channel for announcements; "" is where the incident was declared
	Reaction   string // that catches a message of a room when somebody puts it there: "pushpin"
	Customers  Customers
	Drills     Drills
	Hours      *Hours // when people are asked for what is not urgent; nil: at any time

	ArchiveAfter time.Duration    // how long after it was closed the room is archived; 0: never
	Admins       []string         // handles of those who may do everything, beside the admins of the workspace
	Permissions  map[string]Grant // who may do what, where it differs from Permits; by verb
	Hash         string           // of the file's bytes; "" for the defaults
}

// Defaults is a policy that works for a team that has not written one.
func Defaults() *Policy {
	return &Policy{
		Severities: []Level{
			{Name: "sev1", Meaning: "Customers cannot use the product, or data is at risk.", Cadence: 30 * time.Minute, Rank: 0, LeadWithin: 5 * time.Minute, SilentFor: 45 * time.Minute},
			{Name: "sev2", Meaning: "An important part is broken or very slow for many.", Cadence: time.Hour, Rank: 1, LeadWithin: 5 * time.Minute, SilentFor: 45 * time.Minute},
			{Name: "sev3", Meaning: "A part is degraded, or few are affected; there is a way around.", Cadence: 4 * time.Hour, Rank: 2, Patient: true},
			{Name: "sev4", Meaning: "A small fault that still wants a coordinated answer.", Rank: 3, Patient: true},
		},
		Fallback: "sev3",
		Statuses: slices.Clone(ladder),
		Roles: []Duty{
			{Role: Commander, Does: "You lead: keep the overview, give out tasks, decide. Leave the debugging to others."},
			{Role: Communicator, Does: "You speak to everybody outside: post updates on time, answer questions, keep the room free of them."},
			{Role: Investigator, Does: "You look for the cause, and say in the room what you find and what you have ruled out."},
			{Role: Mitigator, Does: "You make it stop hurting: roll back, fail over, switch off. Say what you do before you do it."},
			{Role: Scribe, Does: "You write down what happens and when, with notes: /incident note."},
		},
		Channel:  "inc-{number}-{title}",
		Reaction: "pushpin",
		Customers: Customers{Approve: true, Templates: map[Status]string{
			Investigating: "We are looking into a problem that some customers see. We will tell you more {next}.",
			Identified:    "We have found the cause of the problem that some customers see, and are mending it. We will tell you more {next}.",
			Monitoring:    "The problem is mended, and we are watching that it stays so. We will tell you more {next}.",
			Resolved:      "The problem is over. We are sorry for the trouble.",
			Closed:        "The problem is over. We are sorry for the trouble.",
		}},
		ArchiveAfter: 72 * time.Hour,
	}
}

// Default is the level of an incident whose declarer did not name one.
func (p *Policy) Default() Level { return p.Level(p.Fallback) }

// Level returns what the policy says of a severity. One that it does not know (from an older policy) keeps its name,
// and owes no updates.
func (p *Policy) Level(name Severity) Level {
	if name == Unknown && p.Fallback != Unknown {
		level := p.Default()
		level.Name, level.Meaning = Unknown, "Nobody can say yet how bad it is."
		return level
	}
	for _, level := range p.Severities {
		if level.Name == name {
			return level
		}
	}
	return Level{Name: name, Rank: len(p.Severities)}
}

// ParseSeverity reads a severity as people type it, in any case. ok is false for a word that is none.
func (p *Policy) ParseSeverity(word string) (level Level, ok bool) {
	if strings.EqualFold(word, string(Unknown)) {
		return p.Level(Unknown), true
	}
	at := slices.IndexFunc(p.Severities, func(l Level) bool { return strings.EqualFold(string(l.Name), word) })
	if at < 0 {
		return Level{}, false
	}
	return p.Severities[at], true
}

// MustSeverity is ParseSeverity with a refusal that lists what there is.
func (p *Policy) MustSeverity(word string) (Level, error) {
	if level, ok := p.ParseSeverity(word); ok {
		return level, nil
	}
	names := make([]string, len(p.Severities))
	for n, level := range p.Severities {
		names[n] = string(level.Name)
	}
	return Level{}, Refuse(Invalid, "There is no severity %q. Choose one of: %s, or %s.", word, strings.Join(names, ", "), Unknown).Offer("severity")
}

// Service returns what the policy says of a service; one that it does not name is a service all the same.
func (p *Policy) Service(name string) Service {
	for _, service := range p.Services {
		if strings.EqualFold(service.Name, name) {
			return service
		}
	}
	return Service{Name: name}
}

// Invited lists the handles of all who belong in an incident's room, each once: declarer, roles, those who were let in, tasks,
// service, severity. To an exercise only its own list is invited, with who has a role or a task; to what is over already, only
// who has one.
func (p *Policy) Invited(i *Incident) []string {
	handles := []string{i.Declarer.Handle}
	for _, duty := range p.Roles {
		handles = append(handles, i.Roles[duty.Role].Handle)
	}
	handles = append(handles, i.Admitted()...)
	for _, task := range i.OpenTasks() {
		handles = append(handles, task.Owner.Handle)
	}
	switch i.Kind {
	case Real:
		service := p.Service(i.Service)
		handles = append(handles, service.Owner)
		handles = append(handles, service.Invite...)
		handles = append(handles, p.Level(i.Severity).Invite...)
	case Drill:
		handles = append(handles, p.Drills.Invite...)
	case Backfill:
	}

	unique := handles[:0]
	for _, handle := range handles {
		if handle != "" && handle != System.Handle && !slices.Contains(unique, handle) {
			unique = append(unique, handle)
		}
	}
	return unique
}

// InvitedGroups lists the groups of people who belong in an incident's room, each once: of its service and its severity. To an
// exercise, and to what is over already, no group is called.
func (p *Policy) InvitedGroups(i *Incident) []string {
	if i.Kind != Real {
		return nil
	}
	groups := slices.Concat(p.Service(i.Service).Groups, p.Level(i.Severity).Groups)
	slices.Sort(groups)
	return slices.Compact(groups)
}

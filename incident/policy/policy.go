// Package policy reads tocsin.yml, in which a team says what its severities, roles and services are, into the values
// that the rules of package incident take.
//
// What the file leaves out keeps its default, list by list. The file is read strictly: an unknown key is an error, because a
// misspelt one that is silently ignored is noticed on the worst day.
package policy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"tocsin/incident"
)

// file is tocsin.yml as people write it.
type file struct {
	Severities []struct {
		Name        string        `yaml:"name"`
		Meaning     string        `yaml:"meaning"`
		UpdateEvery time.Duration `yaml:"update_every"` // "30m"; left out: no updates are owed
		LeadWithin  time.Duration `yaml:"lead_within"`  // "5m"; left out: nobody has to lead
		Escalate    []string      `yaml:"escalate"`     // Slack user ids
		SilentFor   time.Duration `yaml:"silent_for"`   // "45m"; left out: who has a role may be silent
		Invite      []string      `yaml:"invite"`       // Slack user ids
		Groups      []string      `yaml:"groups"`       // Slack user group ids
	} `yaml:"severities"` // most severe first
	DefaultSeverity string `yaml:"default_severity"`
	Roles           []struct {
		Role   string `yaml:"role"`   // commander and the other four, or one of the team's own
		Called string `yaml:"called"` // what people call it
		Does   string `yaml:"does"`
	} `yaml:"roles"`
	Services []struct {
		Name   string   `yaml:"name"`
		Owner  string   `yaml:"owner"`
		Invite []string `yaml:"invite"`
		Groups []string `yaml:"groups"`
		Links  []struct {
			Title string `yaml:"title"`
			URL   string `yaml:"url"`
		} `yaml:"links"`
	} `yaml:"services"`
	Admins      []string          `yaml:"admins"`      // Slack user ids
	Permissions map[string]string `yaml:"permissions"` // verb: anyone, member, holder or admin
	Channel     string            `yaml:"channel"`     // pattern: inc-{number}-{title}
	Announce    string            `yaml:"announce"`    // Slack channel id
}

// Read reads a policy, and reports everything that is wrong with it at once. Each fault names its place in the file.
func Read(raw []byte) (*incident.Policy, error) {
	f, err := decode(raw)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	sum := sha256.Sum256(raw)
	p := incident.Defaults()
	p.Hash = hex.EncodeToString(sum[:])
	faults := errors.Join(f.severities(p), f.roles(p), f.services(p), f.permissions(p), f.channels(p))
	if faults != nil {
		return nil, fmt.Errorf("policy: %w", faults)
	}
	return p, nil
}

// decode reads the file strictly. An empty one is all defaults.
func decode(raw []byte) (f file, err error) {
	var document, another yaml.Node
	whole := yaml.NewDecoder(bytes.NewReader(raw))
	switch err := whole.Decode(&document); {
	case errors.Is(err, io.EOF):
		return f, nil
	case err != nil:
		return f, fmt.Errorf("this is no YAML: %s. Look there for a tab, a quote that is not closed, or a wrong indentation",
			strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := fit(top, &document, reflect.TypeFor[file]()); err != nil {
		return f, err
	}
	if !errors.Is(whole.Decode(&another), io.EOF) {
		return f, errors.New("the file has a second document after ---, which nobody would read: take the line away")
	}
	strict := yaml.NewDecoder(bytes.NewReader(raw))
	strict.KnownFields(true)
	if err := strict.Decode(&f); err != nil {
		return f, fmt.Errorf("the file cannot be read: %w", err)
	}
	return f, nil
}

var (
	word    = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,29}$`)
	user    = regexp.MustCompile(`^[UW][A-Z0-9]{2,20}$`)
	group   = regexp.MustCompile(`^S[A-Z0-9]{2,20}$`)
	channel = regexp.MustCompile(`^[CG][A-Z0-9]{2,20}$`)
)

func (f file) severities(p *incident.Policy) error {
	var faults []error
	if f.Severities != nil {
		p.Severities = nil
	}
	seen := map[string]bool{}
	for n, s := range f.Severities {
		where := fmt.Sprintf("severities[%d]", n)
		if !word.MatchString(s.Name) || seen[s.Name] {
			faults = append(faults, fmt.Errorf("%s.name: %q must be a word of its own in small letters, for example sev1", where, s.Name))
		}
		if s.UpdateEvery != 0 && (s.UpdateEvery < time.Minute || s.UpdateEvery > 7*24*time.Hour) {
			faults = append(faults, fmt.Errorf("%s.update_every: %s must be between 1m and 168h", where, s.UpdateEvery))
		}
		if s.LeadWithin != 0 && (s.LeadWithin < time.Minute || s.LeadWithin > 24*time.Hour) {
			faults = append(faults, fmt.Errorf("%s.lead_within: %s must be between 1m and 24h", where, s.LeadWithin))
		}
		if s.SilentFor != 0 && (s.SilentFor < 15*time.Minute || s.SilentFor > 24*time.Hour) {
			faults = append(faults, fmt.Errorf("%s.silent_for: %s must be between 15m and 24h", where, s.SilentFor))
		}
		if utf8.RuneCountInString(s.Meaning) > maxWords {
			faults = append(faults, fmt.Errorf("%s.meaning: is longer than %d characters", where, maxWords))
		}
		seen[s.Name] = true
		faults = append(faults, people(where+".invite", s.Invite), people(where+".escalate", s.Escalate), groups(where+".groups", s.Groups))
		p.Severities = append(p.Severities, incident.Level{
			Name: incident.Severity(s.Name), Meaning: s.Meaning, Cadence: s.UpdateEvery, Rank: n, Invite: s.Invite, Groups: s.Groups,
			LeadWithin: s.LeadWithin, Escalate: s.Escalate, SilentFor: s.SilentFor,
		})
	}
	if f.Severities != nil && len(f.Severities) == 0 || len(f.Severities) > 10 {
		faults = append(faults, fmt.Errorf("severities: list between 1 and 10, most severe first"))
	}
	switch {
	case f.DefaultSeverity != "":
		p.Fallback = incident.Severity(f.DefaultSeverity)
	case len(p.Severities) > 0 && f.Severities != nil:
		p.Fallback = p.Severities[len(p.Severities)-1].Name // the least severe, of a list of their own
	}
	if _, known := p.ParseSeverity(string(p.Fallback)); !known {
		faults = append(faults, fmt.Errorf("default_severity: %q is none of the severities", p.Fallback))
	}
	return errors.Join(faults...)
}

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
			faults = append(faults, fmt.Errorf("%s.role: there is no role %q; there are %s. For one of your own, say what it does:", where, r.Role, builtin))
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

// Lengths that fit into Slack's messages beside everything else.
const (
	maxWords  = 500 // of a sentence
	maxLinks  = 8   // of a service
	maxTitle  = 60  // of a link
	maxCalled = 30  // of the name of a role
	maxRoles  = 15
	maxURL    = 500
)

func (f file) services(p *incident.Policy) error {
	var faults []error
	seen := map[string]bool{}
	for n, s := range f.Services {
		where := fmt.Sprintf("services[%d]", n)
		if folded := strings.ToLower(s.Name); s.Name != "" && seen[folded] {
			faults = append(faults, fmt.Errorf("%s.name: there is a service %q already: give each a name of its own", where, s.Name))
		} else {
			seen[folded] = true
		}
		if s.Name == "" || utf8.RuneCountInString(s.Name) > incident.MaxService {
			faults = append(faults, fmt.Errorf("%s.name: must have 1 to %d characters", where, incident.MaxService))
		}
		if len(s.Links) > maxLinks {
			faults = append(faults, fmt.Errorf("%s.links: there are more than %d", where, maxLinks))
		}
		if s.Owner != "" {
			faults = append(faults, people(where+".owner", []string{s.Owner}))
		}
		faults = append(faults, people(where+".invite", s.Invite), groups(where+".groups", s.Groups))
		service := incident.Service{Name: s.Name, Owner: s.Owner, Invite: s.Invite, Groups: s.Groups}
		for _, l := range s.Links {
			if at, err := url.Parse(l.URL); err != nil || at.Scheme != "https" && at.Scheme != "http" || at.Host == "" || len(l.URL) > maxURL {
				faults = append(faults, fmt.Errorf("%s.links: each needs an http or https url of at most %d characters", where, maxURL))
			}
			if l.Title == "" || utf8.RuneCountInString(l.Title) > maxTitle {
				faults = append(faults, fmt.Errorf("%s.links: each needs a title of at most %d characters", where, maxTitle))
			}
			service.Links = append(service.Links, incident.Link{Title: l.Title, URL: l.URL})
		}
		p.Services = append(p.Services, service)
	}
	return errors.Join(faults...)
}

// What a pattern of rooms' names may hold beside what Slack allows in a name.
var (
	placeholders = strings.NewReplacer("{number}", "", "{title}", "")
	roomName     = regexp.MustCompile(`^[\p{Ll}\p{Lo}\p{M}\p{N}_-]*$`)
)

func (f file) channels(p *incident.Policy) error {
	var faults error
	if f.Channel != "" {
		p.Channel = f.Channel
	}
	if !roomName.MatchString(placeholders.Replace(p.Channel)) {
		faults = fmt.Errorf("channel: %q must be of small letters, digits, - and _, with {number} and {title} in it, for example inc-{number}-{title}", f.Channel)
	}
	p.Announce = f.Announce
	if f.Announce != "" && !channel.MatchString(f.Announce) {
		return errors.Join(faults, fmt.Errorf("announce: %q is no channel id; Slack shows it at the end of the channel's details, for example C0123456789", f.Announce))
	}
	return faults
}

func people(where string, handles []string) error {
	for _, handle := range handles {
		if !user.MatchString(handle) {
			return fmt.Errorf("%s: %q is no member id; Slack shows it in a person's profile, under ⋮, for example U0123456789", where, handle)
		}
	}
	return nil
}

func groups(where string, ids []string) error {
	for _, id := range ids {
		if !group.MatchString(id) {
			return fmt.Errorf("%s: %q is no user group's id; it stands at the end of the group's address in Slack, for example S0123456789", where, id)
		}
	}
	return nil
}

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
		Invite      []string      `yaml:"invite"`       // Slack user ids
	} `yaml:"severities"` // most severe first
	DefaultSeverity string `yaml:"default_severity"`
	Roles           []struct {
		Role string `yaml:"role"`
		Does string `yaml:"does"`
	} `yaml:"roles"`
	Services []struct {
		Name   string   `yaml:"name"`
		Owner  string   `yaml:"owner"`
		Invite []string `yaml:"invite"`
		Links  []struct {
			Title string `yaml:"title"`
			URL   string `yaml:"url"`
		} `yaml:"links"`
	} `yaml:"services"`
	Channel  string `yaml:"channel"`  // pattern: inc-{number}-{title}
	Announce string `yaml:"announce"` // Slack channel id
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
	faults := errors.Join(f.severities(p), f.roles(p), f.services(p), f.channels(p))
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
		if utf8.RuneCountInString(s.Meaning) > maxWords {
			faults = append(faults, fmt.Errorf("%s.meaning: is longer than %d characters", where, maxWords))
		}
		seen[s.Name] = true
		faults = append(faults, people(where+".invite", s.Invite))
		p.Severities = append(p.Severities, incident.Level{
			Name: incident.Severity(s.Name), Meaning: s.Meaning, Cadence: s.UpdateEvery, Rank: n, Invite: s.Invite,
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

// roles lets a team describe the roles in its own words.
func (f file) roles(p *incident.Policy) error {
	var faults []error
	for n, r := range f.Roles {
		at := -1
		for m, duty := range p.Roles {
			if string(duty.Role) == r.Role {
				at = m
			}
		}
		if at < 0 {
			faults = append(faults, fmt.Errorf("roles[%d].role: there is no role %q; there are %s", n, r.Role, roleNames(p)))
			continue
		}
		if utf8.RuneCountInString(r.Does) > maxWords {
			faults = append(faults, fmt.Errorf("roles[%d].does: is longer than %d characters", n, maxWords))
		}
		p.Roles[at].Does = r.Does
	}
	return errors.Join(faults...)
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
	maxWords = 500 // of a sentence
	maxLinks = 8   // of a service
	maxTitle = 60  // of a link
	maxURL   = 500
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
		faults = append(faults, people(where+".invite", s.Invite))
		service := incident.Service{Name: s.Name, Owner: s.Owner, Invite: s.Invite}
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

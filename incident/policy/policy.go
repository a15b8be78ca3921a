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
		LeadWithin  time.Duration `yaml:"lead_within"`  // "5m"; left out: nobody has to lead
		Escalate    []string      `yaml:"escalate"`     // Slack user ids
		SilentFor   time.Duration `yaml:"silent_for"`   // "45m"; left out: who has a role may be silent
		Invite      []string      `yaml:"invite"`       // Slack user ids
		Tell        []string      `yaml:"tell"`
		Gates       []string      `yaml:"gates"`
		Groups      []string      `yaml:"groups"`    // Slack user group ids
		Reminders   string        `yaml:"reminders"` // "hours": what is missing of it waits for them; left out: "always"
	} `yaml:"severities"` // most severe first
	DefaultSeverity string `yaml:"default_severity"`
	Statuses        []struct {
		Status  string `yaml:"status"` // one of the ladder
		Name    string `yaml:"name"`   // what people call it
		Meaning string `yaml:"meaning"`
	} `yaml:"statuses"`
	Roles []struct {
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
	Reaction    string            `yaml:"reaction"`    // pushpin
	Customers   struct {
		Channel   string `yaml:"channel"` // Slack channel id
		Approve   string `yaml:"approve"` // "yes" or "no": whether the commander must agree
		Templates []struct {
			Status string `yaml:"status"`
			Text   string `yaml:"text"`
		} `yaml:"templates"`
	} `yaml:"customers"`
	ArchiveAfter string       `yaml:"archive_after"` // "72h", or "never"
	Hours        workingHours `yaml:"hours"`         // left out: at any time
	Drills       struct {
		Announce string   `yaml:"announce"` // left out: nowhere
		Invite   []string `yaml:"invite"`
	} `yaml:"drills"`
}

// Read reads a policy, and reports everything that is wrong with it at once. Each fault names its place in the file.
func Read(raw []byte) (*incident.Policy, error) {
	f, err := decode(raw)
	sum := sha256.Sum256(raw)
	p := incident.Defaults()
	p.Hash = hex.EncodeToString(sum[:])
	faults := errors.Join(err, f.severities(p), f.statuses(p), f.roles(p), f.services(p), f.permissions(p), f.channels(p), f.reaction(p), f.customers(p), f.hours(p))
	if faults != nil {
		return nil, fmt.Errorf("policy: %w", faults)
	}
	return p, nil
}

// decode reads the file strictly. An empty one is all defaults; of one with faults there is what has none.
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
		return sound(document.Content[0]), err
	}
	if !errors.Is(whole.Decode(&another), io.EOF) {
		return f, errors.New("the file has a second document after ---, which nobody would read: take the line away")
	}
	strict := yaml.NewDecoder(bytes.NewReader(raw))
	strict.KnownFields(true)
	if err := strict.Decode(&f); err != nil {
		return file{}, fmt.Errorf("the file cannot be read: %w", err)
	}
	return f, nil
}

// sound reads those parts of a file that have the right shape, so that the values in them are checked too.
func sound(whole *yaml.Node) (f file) {
	right := prune(top, whole, reflect.TypeFor[file]())
	if right == nil || right.Decode(&f) != nil {
		return file{}
	}
	for _, s := range f.Severities {
		if s.Name == "" { // which one that is nobody can read yet
			f.DefaultSeverity = ""
		}
	}
	if len(f.Severities) == 0 {
		f.DefaultSeverity = ""
	}
	if misshapen(whole, "hours") { // they are there, and nobody can read them yet
		f.Hours = workingHours{}
		for n := range f.Severities {
			f.Severities[n].Reminders = ""
		}
	}
	return f
}

// misshapen tells whether a key at the top has not the shape that it must have.
func misshapen(whole *yaml.Node, name string) bool {
	for at := 0; whole.Kind == yaml.MappingNode && at+1 < len(whole.Content); at += 2 {
		if key := whole.Content[at]; key.Value == name {
			return fitKey(top, key, whole.Content[at+1], reflect.TypeFor[file]()) != nil
		}
	}
	return false
}

// prune is a node without what has the wrong shape in it; nil where nothing is left. A list with an item that is none of its kind
// goes whole, so that the places of the others stay what they are.
func prune(where string, n *yaml.Node, t reflect.Type) *yaml.Node {
	if fit(where, n, t) == nil {
		return n
	}
	if n.Kind == yaml.AliasNode || t.Kind() != reflect.Struct && t.Kind() != reflect.Slice {
		return nil
	}
	left := *n
	left.Content = nil
	for at, child := range n.Content {
		switch {
		case n.Kind == yaml.SequenceNode && t.Kind() == reflect.Slice:
			item := prune(where, child, t.Elem())
			if item == nil {
				return nil
			}
			left.Content = append(left.Content, item)
		case n.Kind == yaml.MappingNode && t.Kind() == reflect.Struct && at%2 == 1:
			left.Content = append(left.Content, pruneKey(where, n.Content[at-1], child, t)...)
		}
	}
	if len(left.Content) == 0 {
		return nil
	}
	return &left
}

// pruneKey is a key and what is left of its value, or nothing.
func pruneKey(where string, key, value *yaml.Node, t reflect.Type) []*yaml.Node {
	if fitKey(where, key, value, t) == nil {
		return []*yaml.Node{key, value}
	}
	for field := range t.Fields() {
		if field.Tag.Get("yaml") != key.Value {
			continue
		}
		if left := prune(where, value, field.Type); left != nil {
			return []*yaml.Node{key, left}
		}
	}
	return nil
}

var (
	word    = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,29}$`)
	user    = regexp.MustCompile(`^[UW][A-Z0-9]{2,20}$`)
	group   = regexp.MustCompile(`^S[A-Z0-9]{2,20}$`)
	channel = regexp.MustCompile(`^[CG][A-Z0-9]{2,20}$`)
)

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
	p.Drills = incident.Drills{Announce: f.Drills.Announce, Invite: f.Drills.Invite}
	switch after, err := time.ParseDuration(f.ArchiveAfter); {
	case f.ArchiveAfter == "":
	case f.ArchiveAfter == "never":
		p.ArchiveAfter = 0
	case err != nil || after < time.Hour:
		faults = errors.Join(faults, fmt.Errorf("archive_after: must be a duration of 1h or more, for example 72h, or never, and is %q", f.ArchiveAfter))
	default:
		p.ArchiveAfter = after
	}
	return errors.Join(faults, channelID("announce", f.Announce), channelID("drills.announce", f.Drills.Announce), people("drills.invite", f.Drills.Invite))
}

// channelID refuses what is no channel, but for nothing at all.
func channelID(where, id string) error {
	if id == "" || channel.MatchString(id) {
		return nil
	}
	return fmt.Errorf("%s: %q is no channel id; Slack shows it at the end of the channel's details, for example C0123456789", where, id)
}

// customers reads what a draft for customers begins with, and who must agree.
func (f file) customers(p *incident.Policy) error {
	var faults []error
	if p.Customers.Channel = f.Customers.Channel; p.Customers.Channel != "" && !channel.MatchString(p.Customers.Channel) {
		faults = append(faults, fmt.Errorf("customers.channel: %q is no channel id; Slack shows it at the end of the channel's details, for example C0123456789", p.Customers.Channel))
	}
	switch f.Customers.Approve {
	case "", "yes", "true":
	case "no", "false":
		p.Customers.Approve = false
	default:
		faults = append(faults, fmt.Errorf("customers.approve: must be yes or no, and is %q", f.Customers.Approve))
	}
	for n, t := range f.Customers.Templates {
		where := fmt.Sprintf("customers.templates[%d]", n)
		rung, _ := p.ParseStatus(t.Status)
		if _, known := p.Customers.Templates[rung.Status]; !known {
			faults = append(faults, fmt.Errorf("%s.status: there is no status %q; there are investigating, identified, monitoring, resolved, closed", where, t.Status))
			continue
		}
		if n := utf8.RuneCountInString(t.Text); n == 0 || n > incident.MaxSummary {
			faults = append(faults, fmt.Errorf("%s.text: must have 1 to %d characters", where, incident.MaxSummary))
		}
		p.Customers.Templates[rung.Status] = t.Text
	}
	return errors.Join(faults...)
}

// emoji is how Slack spells one, without its colons and its skin.
var emoji = regexp.MustCompile(`^[a-z0-9_+'-]{1,100}$`)

func (f file) reaction(p *incident.Policy) error {
	name := strings.Trim(f.Reaction, ":")
	switch {
	case f.Reaction == "":
		return nil
	case !emoji.MatchString(name):
		return fmt.Errorf("reaction: %q is no name of an emoji; Slack shows it when the pointer rests on it, for example pushpin", f.Reaction)
	}
	p.Reaction = name
	return nil
}

func people(where string, handles []string) error {
	var faults []error
	for _, handle := range handles {
		if !user.MatchString(handle) {
			faults = append(faults, fmt.Errorf("%s: %q is no member id; Slack shows it in a person's profile, under ⋮, for example U0123456789", where, handle))
		}
	}
	return errors.Join(faults...)
}

func groups(where string, ids []string) error {
	var faults []error
	for _, id := range ids {
		if !group.MatchString(id) {
			faults = append(faults, fmt.Errorf("%s: %q is no user group's id; it stands at the end of the group's address in Slack, for example S0123456789", where, id))
		}
	}
	return errors.Join(faults...)
}

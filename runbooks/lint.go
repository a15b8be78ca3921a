package runbooks

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
)

// A Finding is what is wrong with a runbook, where, and what to do about it.
type Finding struct {
	Path    string `json:"path"` // in the folder
	Line    int    `json:"line"`
	Level   Level  `json:"level"`
	Message string `json:"message"`
}

// String is the finding as compilers write theirs, so that editors and CI find the place.
func (f Finding) String() string {
	if f.Level == Warning {
		return fmt.Sprintf("%s:%d: warning: %s", f.Path, f.Line, f.Message)
	}
	return fmt.Sprintf("%s:%d: %s", f.Path, f.Line, f.Message)
}

// Level is how bad a finding is.
type Level string

// An Error makes a runbook useless or misleading for somebody. A Warning is what nobody is kept up by.
const (
	Error   Level = "error"
	Warning Level = "warning"
)

// Known is what a team has, which runbooks are held against.
type Known struct {
	Services   []string // none: not looked at
	Severities []string // the same
	Now        time.Time
	Within     time.Duration // how long ago one may have been tested; 0: 180 days
}

// usually is how long a test of a runbook says something.
const usually = 180 * 24 * time.Hour

// Check finds what is wrong with runbooks, in the order of paths and lines: first of all, what could not be taken at all.
func Check(b *Book, k Known) []Finding {
	found := b.Faults()
	all := b.Runbooks()
	files := newSite(b)
	defer files.close()
	titles := map[string]*Runbook{}
	for _, r := range all {
		l := &lint{r: r, d: r.Document()}
		l.front(k)
		l.tested(k)
		l.steps()
		l.links(files)
		title := strings.ToLower(r.Title)
		if same := titles[title]; same != nil && title != "" {
			l.add(Error, r.line("title"), "%s is called so, too: give each a title that tells them apart", same.Path)
		} else {
			titles[title] = r
		}
		found = append(found, l.found...)
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), a.Line-b.Line)
	})
	return found
}

// lint is what is found in one runbook.
type lint struct {
	r     *Runbook
	d     *Document
	found []Finding
}

func (l *lint) add(level Level, line int, format string, args ...any) {
	l.found = append(l.found, Finding{Path: l.r.Path, Line: line, Level: level, Message: fmt.Sprintf(format, args...)})
}

// front looks at the front matter.
func (l *lint) front(k Known) {
	r := l.r
	if r.Title == "" {
		l.add(Error, r.line("title"), "the title is empty: say in a few words when this is the right runbook")
	}
	if r.Owner == "" {
		l.add(Error, r.line("owner"), "there is no owner: name the team or the person who keeps it true, for example owner: team-payments")
	}
	if r.Escalation == "" {
		l.add(Error, r.line("escalation"), "there is no escalation: say who to call when it does not help")
	}
	switch to, err := url.Parse(r.Dashboard); {
	case r.Dashboard == "":
		l.add(Warning, r.line("dashboard"), "there is no dashboard: give the address where one sees whether it is better")
	case err != nil || to.Host == "" || to.Scheme != "https" && to.Scheme != "http":
		l.add(Error, r.line("dashboard"), "%s is no address: it must begin with https:// or http://", quote(r.Dashboard))
	}
	for n, service := range r.Services {
		if len(k.Services) > 0 {
			l.known("service", service, fmt.Sprintf("services[%d]", n), k.Services)
		}
	}
	if r.Severity != "" && len(k.Severities) > 0 {
		l.known("severity", r.Severity, "severity", k.Severities)
	}
	for n, p := range r.Alerts {
		if why := p.never(); why != "" {
			l.add(Error, r.line(fmt.Sprintf("alerts[%d]", n)), "no alert can ever fit %s: %s", quote(p.String()), why)
		}
	}
	if len(r.Services)+len(r.Alerts)+len(r.Tags) == 0 {
		l.add(Warning, 1, "it is found only by who looks for it: name the services, alerts or tags that it is for")
	}
}

// known tells of a name that nobody else uses.
func (l *lint) known(what, name, key string, all []string) {
	if slices.ContainsFunc(all, func(s string) bool { return strings.EqualFold(s, name) }) {
		return
	}
	if near := nearest(name, all); near != "" {
		l.add(Error, l.r.line(key), "there is no %s %s in the policy: did you mean %s?", what, quote(name), near)
		return
	}
	shown, more := all, ""
	if len(all) > 10 {
		shown, more = all[:10], " and others"
	}
	l.add(Error, l.r.line(key), "there is no %s %s in the policy; there are %s%s", what, quote(name), strings.Join(shown, ", "), more)
}

// tested looks at when somebody last followed it.
func (l *lint) tested(k Known) {
	within := cmp.Or(k.Within, usually)
	line := l.r.line("last_tested")
	switch tested := l.r.LastTested; {
	case tested.IsZero():
		l.add(Warning, line, "nobody has tested it: follow it in a drill, then write last_tested: %s", k.Now.Format(day))
	case tested.After(k.Now.Add(24 * time.Hour)): // whoever wrote it may live further east
		l.add(Error, line, "last_tested is %s, which is yet to come", tested.Format(day))
	case k.Now.Sub(tested) > within+24*time.Hour:
		l.add(Warning, line, "it was tested %d days ago, more than %d: follow it in a drill, then write last_tested: %s",
			int(k.Now.Sub(tested).Hours()/24), int(within.Hours()/24), k.Now.Format(day))
	}
}

// steps looks at what there is to do.
func (l *lint) steps() {
	if l.d.Plain != "" {
		l.add(Error, l.r.first, "some of it is shown as plain text, because %s: make it shorter", l.d.Plain)
	}
	if len(l.d.Steps) == 0 {
		l.add(Error, l.r.first, "there are no steps: write what to do as a task list, each line beginning with - [ ]")
	}
	for _, s := range l.d.Steps {
		if strings.TrimSpace(Words(s.Text)) == "" {
			l.add(Error, s.Line, "step %d has no words: say what to do, or take it away", s.Number)
		}
		if strings.ContainsFunc(s.Command, hidden) {
			l.add(Error, s.Line, "the command of step %d holds characters that nobody sees: type it anew", s.Number)
		}
	}
}

// hidden tells of a character that makes a command look like another one.
func hidden(r rune) bool {
	return r == '\ufffd' || unicode.Is(unicode.Cf, r) || unicode.IsSpace(r) && r != ' ' && r != '\n' && r != '\t'
}

// links follows those that stay in the repository.
func (l *lint) links(files *site) {
	for _, at := range l.d.relative {
		if why := files.follow(l.r, l.d, at.link); why != "" {
			l.add(Error, at.line, "the link to %s is dead: %s", quote(at.link), why)
		}
	}
}

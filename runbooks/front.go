package runbooks

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Front is what stands between the two --- at the top of a runbook: the one list of its keys.
type Front struct {
	Title      string    `yaml:"title" help:"what it is called; the only key that must be there"`
	Services   []string  `yaml:"services" help:"what it is for, as tocsin.yml calls it; left out: for any service"`
	Alerts     []Pattern `yaml:"alerts" help:"patterns of the alerts that it answers: disk*full, or a regular expression between slashes"`
	Tags       []string  `yaml:"tags" help:"words to find it by, and to fit it to what is tagged alike"`
	Severity   string    `yaml:"severity" help:"it is for this severity and worse; left out: for any"`
	Owner      string    `yaml:"owner" help:"the team or the person who keeps it true"`
	Dashboard  string    `yaml:"dashboard" help:"an address, http or https: where to see whether it is better"`
	Escalation string    `yaml:"escalation" help:"who to call when it does not help"`
	LastTested time.Time `yaml:"last_tested" help:"the day when somebody last followed it: 2026-05-31"`
}

// Bounds of the front matter.
const (
	maxFront = 32 << 10 // bytes
	maxValue = 200      // characters of a value
	maxList  = 50       // values of a key
	maxURL   = 1000
)

// day is how last_tested is written.
const day = "2006-01-02"

// flaw is what is wrong in a line of a file.
type flaw struct {
	line    int
	message string
}

func (f *flaw) Error() string { return f.message }

func wrong(line int, format string, args ...any) error {
	return &flaw{line, fmt.Sprintf(format, args...)}
}

// head is a front matter, and where its keys stand.
type head struct {
	Front
	lines map[string]int // of each key that is there; of a list also "alerts[0]"
}

// example is what is shown to whoever has none.
const example = "begin the file with a line ---, then title: and a few words, then another line ---"

// split takes a file apart, and says with which line the body begins.
func split(text string) (front, body string, first int, err error) {
	rest, begins := strings.CutPrefix(text, "---\n")
	if !begins {
		return "", "", 0, wrong(1, "there is no front matter: %s", example)
	}
	first = 2
	for line := range strings.Lines(rest) {
		first++
		if mark := strings.TrimRight(line, " \t\n"); mark == "---" || mark == "..." {
			return front, rest[len(front)+len(line):], first, nil
		}
		if front = rest[:len(front)+len(line)]; len(front) > maxFront {
			return "", "", 0, wrong(1, "the front matter has more than %d bytes: end it with a line ---", maxFront)
		}
	}
	return "", "", 0, wrong(1, "the front matter does not end: put a line --- behind it")
}

// readFront reads a front matter strictly, and reports everything that is wrong with it, each with its line in the file.
func readFront(text string) (h head, err error) {
	h.lines = map[string]int{}
	var document, another yaml.Node
	decoder := yaml.NewDecoder(strings.NewReader(text))
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return h, wrong(1, "the front matter is empty: give the runbook a title, for example title: Queue is full")
	case err != nil:
		return h, noYAML(err)
	}
	if !errors.Is(decoder.Decode(&another), io.EOF) {
		return h, wrong(1, "the front matter is more than one document: take the line that begins with --- or ... out of it")
	}
	top := document.Content[0]
	if top.Kind != yaml.MappingNode {
		return h, wrong(top.Line+1, "the front matter must have a key and a value a line, for example title: Queue is full")
	}
	var faults []error
	for at := 0; at < len(top.Content); at += 2 {
		faults = append(faults, h.key(top.Content[at], top.Content[at+1]))
	}
	if h.Title == "" && h.lines["title"] == 0 {
		faults = append(faults, wrong(1, "there is no title: say in a few words when this is the right runbook"))
	}
	return h, errors.Join(faults...)
}

// noYAML puts the parser's words into ours, with the line of the file: the parser does not see the first one.
func noYAML(err error) error {
	said, line := strings.TrimPrefix(err.Error(), "yaml: "), 1 // it names every line but the first
	if n, _ := fmt.Sscanf(said, "line %d:", &line); n == 1 {
		_, said, _ = strings.Cut(said, ": ")
	}
	return wrong(line+1, "this is no YAML: %s. Look there for a tab, a quote that is not closed, or a value with a colon or a star, which needs quotes", said)
}

// key reads one key.
func (h *head) key(key, value *yaml.Node) error {
	line := key.Line + 1
	fields := reflect.ValueOf(&h.Front).Elem()
	var names []string
	for field, to := range fields.Fields() {
		name := field.Tag.Get("yaml")
		names = append(names, name)
		if name != key.Value || key.Kind != yaml.ScalarNode {
			continue
		}
		if h.lines[name] != 0 {
			return wrong(line, "%s is there already, in line %d: take one of them away", name, h.lines[name])
		}
		h.lines[name] = line
		if value.Tag == "!!null" && value.Kind == yaml.ScalarNode {
			return nil // left empty is left out
		}
		return h.value(name, value, to.Addr().Interface())
	}
	if near := nearest(key.Value, names); near != "" {
		return wrong(line, "there is no key %s: did you mean %s?", quote(key.Value), near)
	}
	return wrong(line, "there is no key %s; there are %s", quote(key.Value), strings.Join(names, ", "))
}

// value reads the value of a key into its field.
func (h *head) value(name string, n *yaml.Node, to any) error {
	switch to := to.(type) {
	case *string:
		return one(name, n, to)
	case *time.Time:
		var written string
		if err := one(name, n, &written); err != nil {
			return err
		}
		tested, err := time.Parse(day, written)
		if err != nil {
			return wrong(n.Line+1, "%s must be a day, for example 2026-05-31, and is %s", name, quote(written))
		}
		*to = tested
		return nil
	case *[]string:
		return h.list(name, n, func(s string, _ int) error { *to = append(*to, s); return nil })
	case *[]Pattern:
		return h.list(name, n, func(s string, line int) error {
			p, err := Compile(s)
			if err != nil {
				return wrong(line, "alerts: %v", err)
			}
			*to = append(*to, p)
			return nil
		})
	}
	return nil
}

// list reads a list, or a single value as a list of one.
func (h *head) list(name string, n *yaml.Node, add func(s string, line int) error) error {
	values := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		values = n.Content
	}
	if len(values) > maxList {
		return wrong(n.Line+1, "%s has more than %d values: make several runbooks of it", name, maxList)
	}
	var faults []error
	for at, value := range values {
		where := fmt.Sprintf("%s[%d]", name, at)
		h.lines[where] = value.Line + 1
		var s string
		err := one(where, value, &s)
		if err == nil && s == "" {
			err = wrong(value.Line+1, "%s is empty: fill it in, or take it away", where)
		}
		if err == nil {
			err = add(s, value.Line+1)
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// one reads a value that is text.
func one(name string, n *yaml.Node, to *string) error {
	if n.Kind != yaml.ScalarNode {
		return wrong(n.Line+1, "%s must be text in one line; put quotes around what begins with *, &, [ or {", name)
	}
	most := maxValue
	if name == "dashboard" {
		most = maxURL
	}
	s := strings.TrimSpace(n.Value)
	if strings.ContainsAny(s, "\n\t") {
		return wrong(n.Line+1, "%s must be in one line, without tabs", name)
	}
	if utf8.RuneCountInString(s) > most {
		return wrong(n.Line+1, "%s is longer than %d characters", name, most)
	}
	*to = s
	return nil
}

// quote shows what somebody wrote, as far as it fits.
func quote(s string) string {
	if utf8.RuneCountInString(s) > 40 {
		s = string([]rune(s)[:40]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

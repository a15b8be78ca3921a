package policy

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"tocsin/incident"
)

// fit names everything in a file that has not the shape of what it is read into, with its place and its line. The YAML
// library does so too, but it speaks of Go's types.
func fit(where string, n *yaml.Node, t reflect.Type) error {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	complain := func(format string, args ...any) error {
		return fmt.Errorf("%s (line %d): %s", where, n.Line, fmt.Sprintf(format, args...))
	}
	switch {
	case n.Kind == yaml.DocumentNode:
		return fit(where, n.Content[0], t)
	case n.Tag == "!!null": // left out
		return nil
	case t == reflect.TypeFor[time.Duration]():
		if _, err := time.ParseDuration(n.Value); err != nil {
			return complain("must be a duration, for example 30m or 2h, and is %s", show(n))
		}
	case t.Kind() == reflect.String && n.Kind != yaml.ScalarNode:
		return complain("must be text, and is %s", show(n))
	case t.Kind() == reflect.Slice && n.Kind != yaml.SequenceNode:
		return complain("must be a list, each item on a line of its own after a dash, and is %s", show(n))
	case t.Kind() == reflect.Map && n.Kind != yaml.MappingNode:
		return complain("must have a key and a value a line, and is %s", show(n))
	case t.Kind() == reflect.Struct && n.Kind != yaml.MappingNode:
		return complain("must have keys (%s), and is %s", keys(t), show(n))
	}
	return fitContent(where, n, t)
}

// fitContent goes through what a list or a mapping holds.
func fitContent(where string, n *yaml.Node, t reflect.Type) error {
	var faults []error
	for at, child := range n.Content {
		switch {
		case n.Kind == yaml.SequenceNode:
			faults = append(faults, fit(fmt.Sprintf("%s[%d]", where, at), child, t.Elem()))
		case t.Kind() == reflect.Map && at%2 == 1: // any key is one
			faults = append(faults, fit(where+"."+n.Content[at-1].Value, child, t.Elem()))
		case at%2 == 1: // the value of the key before it
			faults = append(faults, fitKey(where, n.Content[at-1], child, t))
		}
	}
	return errors.Join(faults...)
}

func fitKey(where string, key, value *yaml.Node, t reflect.Type) error {
	if key.Tag == "!!merge" { // "<<: *other": the library looks into that
		return nil
	}
	for field := range t.Fields() {
		if field.Tag.Get("yaml") == key.Value {
			return fit(strings.TrimPrefix(where+"."+key.Value, top+"."), value, field.Type)
		}
	}
	if near := incident.Nearest(key.Value, names(t)); near != "" {
		return fmt.Errorf("%s (line %d): there is no key %q: did you mean %s?", where, key.Line, key.Value, near)
	}
	return fmt.Errorf("%s (line %d): there is no key %q; there are %s", where, key.Line, key.Value, keys(t))
}

// top is how the whole is called where something in it has no better name.
const top = "the file"

// names are the keys that a mapping may have, in the order of the documentation.
func names(t reflect.Type) (all []string) {
	for field := range t.Fields() {
		all = append(all, field.Tag.Get("yaml"))
	}
	return all
}

// keys are the names in one line.
func keys(t reflect.Type) string { return strings.Join(names(t), ", ") }

// show is a value as people see it in their file.
func show(n *yaml.Node) string {
	switch n.Kind {
	case yaml.SequenceNode:
		return "a list"
	case yaml.MappingNode:
		return "a mapping with keys"
	}
	return fmt.Sprintf("%q", n.Value)
}

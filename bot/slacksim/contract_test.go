package slacksim

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// contracts is the folder of Slack's own schemas; without one the test skips.
func contracts(t *testing.T) string {
	dir := os.Getenv("TOCSIN_CONTRACTS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "contracts")
	}
	if _, err := os.Stat(filepath.Join(dir, "slack", "blockkit.schema.json")); err != nil {
		t.Skip("no contracts in " + dir)
	}
	return filepath.Join(dir, "slack")
}

// What this workspace shows must be allowed by Slack's own types: every field that a shape here knows is one there, and
// the other way round for the kinds that both know.
func TestShapesAgreeWithContract(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(contracts(t), "blockkit.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Definitions map[string]map[string]any `json:"definitions"`
	}
	if err := json.Unmarshal(raw, &schema); err != nil {
		t.Fatal(err)
	}
	theirs := map[string]map[string]bool{} // type → fields
	var collect func(def map[string]any)
	collect = func(def map[string]any) {
		for _, one := range arr(def["anyOf"]) {
			collect(obj(one))
		}
		props := obj(def["properties"])
		kind := str(obj(props["type"])["const"])
		if kind == "" {
			return
		}
		if theirs[kind] == nil {
			theirs[kind] = map[string]bool{}
		}
		for field := range props {
			theirs[kind][field] = true
		}
	}
	for _, def := range schema.Definitions {
		collect(def)
	}
	for name, shapes := range map[string]map[string]shape{"block": blockShapes, "element": elementShapes} {
		for kind, s := range shapes {
			for field := range s.fields {
				if !theirs[kind][field] && kind != "image" {
					t.Errorf("%s %s: Slack knows no field %s", name, kind, field)
				}
			}
			for field := range theirs[kind] {
				if _, ok := s.fields[field]; !ok && field != "type" && kind != "image" {
					t.Errorf("%s %s: Slack has a field %s", name, kind, field)
				}
			}
		}
	}
}

// The arguments that methods take here are the ones that Slack documents, as far as there is a schema.
func TestArgumentsAgreeWithContract(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(contracts(t), "*.args.schema.json"))
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".args.schema.json")
		m := methods[name]
		if m == nil {
			continue
		}
		compiled, err := jsonschema.NewCompiler().Compile(file)
		if err != nil {
			t.Logf("%s: %v", name, err)
			continue
		}
		theirs := map[string]bool{}
		properties(compiled, theirs, map[*jsonschema.Schema]bool{})
		for field := range strings.FieldsSeq(m.args) {
			field, _, _ = strings.Cut(strings.ReplaceAll(field, "!", ""), ":")
			if !theirs[field] {
				t.Errorf("%s: Slack knows no argument %s", name, field)
			}
		}
	}
}

// properties collects the names of all properties at the top of a schema.
func properties(s *jsonschema.Schema, into map[string]bool, seen map[*jsonschema.Schema]bool) {
	if s == nil || seen[s] {
		return
	}
	seen[s] = true
	for name := range s.Properties {
		into[name] = true
	}
	properties(s.Ref, into, seen)
	for _, list := range [][]*jsonschema.Schema{s.AllOf, s.AnyOf, s.OneOf} {
		for _, one := range list {
			properties(one, into, seen)
		}
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// contracts finds the folder of schemas that our requests are checked against: TOCSIN_CONTRACTS, or beside the project.
// Where there is neither, what is checked against them is skipped, loudly.
func contracts(t *testing.T, path ...string) string {
	t.Helper()
	folder := os.Getenv("TOCSIN_CONTRACTS")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "contracts")
	}
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("SKIPPED, NOT CHECKED: there are no contracts in %s; name their folder in TOCSIN_CONTRACTS", folder)
	}
	return filepath.Join(append([]string{folder}, path...)...)
}

// schemas compiles each schema once.
var schemas sync.Map

func schema(path string) (*jsonschema.Schema, error) {
	compile := sync.OnceValues(func() (*jsonschema.Schema, error) { return jsonschema.NewCompiler().Compile(path) })
	once, _ := schemas.LoadOrStore(path, compile)
	return once.(func() (*jsonschema.Schema, error))()
}

// slackContract checks the arguments of a call against Slack's schema, where there is one for the method. Without the
// folder of contracts nothing is checked here: TestManifestFitsItsSchema, which needs it too, skips and says so.
func slackContract(method string, args map[string]any) error {
	folder := os.Getenv("TOCSIN_CONTRACTS")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "contracts")
	}
	path := filepath.Join(folder, "slack", method+".args.schema.json")
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	s, err := schema(path)
	if err != nil {
		return err
	}
	args = maps.Clone(args)
	for name, value := range args {
		if list, ok := value.([]string); ok && name != "blocks" { // Slack's schemas know lists of ids as they are sent: with commas
			args[name] = strings.Join(list, ",")
		}
	}
	plain, err := roundTrip(args)
	if err != nil {
		return err
	}
	if err := s.Validate(plain); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return nil
}

// roundTrip makes of a value what a JSON decoder would, which is what the validator takes.
func roundTrip(value any) (any, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var plain any
	return plain, json.Unmarshal(raw, &plain)
}

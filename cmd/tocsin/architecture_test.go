package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// architecture is which package of ours may import which: the document of the house. Every package must stand in it.
// An adapter lives beneath the folder whose promise it keeps, every arrow points down, and no adapter knows another.
var architecture = map[string][]string{
	"tocsin":                 {},
	"tocsin/incident":        {},
	"tocsin/incident/outbox": {"tocsin/incident"},
	"tocsin/incident/policy": {"tocsin/incident"},
	// what PagerDuty says and is asked; its fake shares no code with it
	"tocsin/incident/pagerduty":               {"tocsin/incident"},
	"tocsin/incident/pagerduty/pagerdutytest": {},
	"tocsin/store":                            {"tocsin/incident", "tocsin/store/db"},
	"tocsin/store/db":                         {},
	"tocsin/store/storetest":                  {"tocsin/incident", "tocsin/store"},
	"tocsin/bot":                              {"tocsin/incident"},
	"tocsin/bot/slacksim":                     {},
	"tocsin/runbooks":                         {},
	"tocsin/cmd/tocsin":                       {"*"},
}

// goList is what `go list -json` says of a package, as far as it is needed here.
type goList struct {
	ImportPath                string
	Imports                   []string
	TestImports, XTestImports []string
}

func TestArchitecture(t *testing.T) {
	out, err := exec.Command("go", "list", "-json", "tocsin/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); {
		var p goList
		if err := decoder.Decode(&p); err != nil {
			t.Fatal(err)
		}
		found[p.ImportPath] = true
		may, known := architecture[p.ImportPath]
		if !known {
			t.Errorf("%s does not stand in the table: say what it may import", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			ours := imported == "tocsin" || strings.HasPrefix(imported, "tocsin/")
			if ours && !slices.Contains(may, imported) && !slices.Contains(may, "*") {
				t.Errorf("%s must not import %s", p.ImportPath, imported)
			}
		}
		if p.ImportPath == "tocsin/incident" {
			onlyStandard(t, p)
		}
		if p.ImportPath == "tocsin/bot/slacksim" || p.ImportPath == "tocsin/incident/pagerduty/pagerdutytest" {
			neverFlatters(t, p)
		}
	}
	for path := range architecture {
		if !found[path] {
			t.Errorf("%s stands in the table, and does not exist", path)
		}
	}
}

// onlyStandard keeps the core free of everything but the standard library, and of what waits or speaks.
func onlyStandard(t *testing.T, p goList) {
	for _, imported := range p.Imports {
		first, _, _ := strings.Cut(imported, "/")
		if strings.Contains(first, ".") || slices.Contains([]string{"context", "net", "os", "database"}, first) {
			t.Errorf("%s must not import %s", p.ImportPath, imported)
		}
	}
}

// neverFlatters keeps the far sides that we play from sharing mistakes with the libraries that they check.
func neverFlatters(t *testing.T, p goList) {
	for _, imported := range p.Imports {
		if strings.HasPrefix(imported, "github.com/slack-go/") || strings.HasPrefix(imported, "github.com/PagerDuty/") || imported == "testing" {
			t.Errorf("%s must not import %s", p.ImportPath, imported)
		}
	}
}

// TestOnlyCommandsReadTheClock finds time.Now( outside cmd: everywhere else, time comes in as an argument or a field.
func TestOnlyCommandsReadTheClock(t *testing.T) {
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, _ := filepath.Rel(root, path)
		if entry.IsDir() && (below == "cmd" || below == ".git" || below == "tools") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		return clockReadings(path, func(at token.Position) { t.Errorf("%s: time.Now() outside cmd", at) })
	})
	if err != nil {
		t.Fatal(err)
	}
}

func clockReadings(path string, report func(token.Position)) error {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, 0)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if f, ok := call.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Now" {
			if pkg, ok := f.X.(*ast.Ident); ok && pkg.Name == "time" {
				report(files.Position(call.Pos()))
			}
		}
		return true
	})
	return nil
}

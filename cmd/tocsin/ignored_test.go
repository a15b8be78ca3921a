package main

import (
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// asked match the names of files that our instructions have people make.
var asked = []*regexp.Regexp{
	regexp.MustCompile(`cat > (\S+)`), regexp.MustCompile(`' > (\w+)`), regexp.MustCompile(`\$PWD/([\w.]+)`),
	regexp.MustCompile(`--from-file=([\w.]+)`), regexp.MustCompile(`file: \./(\S+)`), regexp.MustCompile(`/etc/tocsin/(\w[\w.]*\w)`),
	regexp.MustCompile(`(config/tocsin\.yml)`), regexp.MustCompile("`(tocsin\\.\\w[\\w.-]*\\w)`"),
}

// filesOfPeople are those names, and those that Tocsin itself makes beside its database.
func filesOfPeople(t *testing.T) []string {
	t.Helper()
	names := map[string]bool{
		"tocsin.db": true, "tocsin.db-wal": true, "tocsin.db-shm": true, "tocsin.db.lock": true, "tocsin.db.moved": true,
		"tocsin.db.new": true, "tocsin.db.schema1": true, "tocsin.db.schema1.tmp": true, "tocsin-backup-12/tocsin.db": true,
		"slack_signing_secret": true,
	}
	read := func(name string) {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, pattern := range asked {
			for _, found := range pattern.FindAllStringSubmatch(string(raw), -1) {
				names[found[1]] = true
			}
		}
	}
	read("../../README.md")
	for _, folder := range []string{"../../docs", "../../deploy"} {
		err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && filepath.Ext(name) != ".png" {
				read(name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, ours := range []string{"tocsin.service", "tocsin.yaml", "tocsin.example.com"} { // which only look alike
		delete(names, ours)
	}
	return slices.Sorted(maps.Keys(names))
}

// TestSecretsAreNotPickedUp: whoever follows the instructions within a clone neither commits a secret or a database, nor
// builds an image with one in it.
func TestSecretsAreNotPickedUp(t *testing.T) {
	git := t.TempDir()
	rules, err := os.ReadFile("../../.gitignore")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(git, ".gitignore"), rules, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.CommandContext(t.Context(), "git", "init", "--quiet", git).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	names := filesOfPeople(t)
	if len(names) < 15 {
		t.Errorf("few names are found: %q", names)
	}
	for _, name := range names {
		for _, folder := range []string{"", "deploy", "deploy/kubernetes/sqlite"} {
			at := path.Join(folder, name)
			if strings.Contains(name, "/") && folder != "deploy" && !strings.HasPrefix(name, "tocsin-backup") {
				continue // what Compose reads lies beside its file
			}
			if err := exec.CommandContext(t.Context(), "git", "-C", git, "check-ignore", "--quiet", at).Run(); err != nil {
				t.Errorf("%s would be committed", at)
			}
			if !leftOut(deployed(t, "Dockerfile.dockerignore"), at) {
				t.Errorf("%s would be built into an image", at)
			}
		}
	}
}

// TestTheImageHasWhatIsBuiltIn: what the program holds of other files is there when its image is built.
func TestTheImageHasWhatIsBuiltIn(t *testing.T) {
	list := exec.CommandContext(t.Context(), "go", "list", "-f", `{{$dir := .Dir}}{{range .GoFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}{{range .EmbedFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}`, "./...")
	list.Dir = "../.."
	said, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	top, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	rules, count := deployed(t, "Dockerfile.dockerignore"), 0
	for line := range strings.Lines(string(said)) {
		name := strings.TrimPrefix(strings.TrimSpace(line), top+"/")
		if count++; leftOut(rules, name) {
			t.Errorf("an image would be built without %s", name)
		}
	}
	if count < 100 {
		t.Errorf("only %d files are found", count)
	}
}

// leftOut tells whether Docker leaves a file out, by rules that name a folder or, after !, a file at the top, or after **/ a file
// anywhere: the last that fits holds.
func leftOut(rules, name string) (out bool) {
	for rule := range strings.Lines(rules) {
		rule = strings.TrimSpace(rule)
		rule, back := strings.CutPrefix(rule, "!")
		anywhere, deep := strings.CutPrefix(rule, "**/")
		for part := range strings.SplitSeq(name, "/") {
			if fits, err := path.Match(anywhere, part); err == nil && fits && deep {
				out = !back
			}
		}
		if !deep && rule != "" && (name == rule || strings.HasPrefix(name, rule+"/")) {
			out = !back
		}
	}
	return out
}

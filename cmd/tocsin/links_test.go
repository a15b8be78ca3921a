package main

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"go.yaml.in/yaml/v3"

	"tocsin"
)

// pages are the documents of the project, by where they stand in it.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		paths, err := filepath.Glob(filepath.Join("..", "..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			found[strings.TrimPrefix(filepath.ToSlash(path), "../../")] = string(raw)
		}
	}
	return found
}

var (
	fenced = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	spans  = regexp.MustCompile("`[^`\n]*`")
	links  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	titles = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	markup = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)|[*_]`)
)

// anchors are the names that a page's titles get where it is shown: lower case, words joined by dashes, nothing else kept.
func anchors(page string) (names []string) {
	for _, title := range titles.FindAllStringSubmatch(fenced.ReplaceAllString(page, ""), -1) {
		plain := strings.ToLower(markup.ReplaceAllString(title[1], "$1"))
		names = append(names, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return r
			}
			return -1
		}, strings.ReplaceAll(plain, "`", "")))
	}
	return names
}

// TestLinks follows each link between our documents, to the page or file and to the title in it.
func TestLinks(t *testing.T) {
	all := pages(t)
	followed := 0
	for name, page := range all {
		for _, link := range links.FindAllStringSubmatch(spans.ReplaceAllString(fenced.ReplaceAllString(page, ""), "`"), -1) {
			at, err := url.Parse(link[1])
			if err != nil {
				t.Errorf("%s: %s is no link: %v", name, link[1], err)
				continue
			}
			if at.Scheme != "" {
				continue
			}
			followed++
			target := name
			if at.Path != "" {
				target = filepath.Join(filepath.Dir(name), at.Path)
			}
			if _, err := os.Stat(filepath.Join("..", "..", target)); err != nil {
				t.Errorf("%s links to %s, which is not there", name, link[1])
			}
			if at.Fragment != "" && !slices.Contains(anchors(all[target]), at.Fragment) {
				t.Errorf("%s links to %s; the titles there are %q", name, link[1], anchors(all[target]))
			}
		}
	}
	if len(all) < 8 || followed < 20 {
		t.Errorf("%d links in %d documents were followed, there should be more", followed, len(all))
	}
}

// TestEachScopeIsExplained compares the scopes in the security model with those of the manifest.
func TestEachScopeIsExplained(t *testing.T) {
	var manifest struct {
		OAuth struct {
			Scopes struct{ Bot []string }
		} `yaml:"oauth_config"`
	}
	if err := yaml.Unmarshal(tocsin.Manifest, &manifest); err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(pages(t)["docs/security.md"], "| scope | what for |\n|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var explained []string
	for row := range strings.SplitSeq(table, "\n") {
		cells := strings.Split(row, "|")
		if len(cells) != 4 || strings.TrimSpace(cells[2]) == "" {
			t.Fatalf("a row of scopes: %q", row)
		}
		explained = append(explained, strings.Trim(cells[1], " `"))
	}
	slices.Sort(manifest.OAuth.Scopes.Bot)
	if !slices.Equal(explained, manifest.OAuth.Scopes.Bot) {
		t.Errorf("explained are\n%s\nand asked for\n%s", strings.Join(explained, "\n"), strings.Join(manifest.OAuth.Scopes.Bot, "\n"))
	}
}

// TestSetUpTakesFiveSteps counts the steps in the README and in the long form of them.
func TestSetUpTakesFiveSteps(t *testing.T) {
	all := pages(t)
	for name, title := range map[string]string{"README.md": "## Run it for your team\n", "docs/setup.md": "## The five steps\n"} {
		_, section, found := strings.Cut(all[name], title)
		section, _, _ = strings.Cut(section, "\n## ")
		steps := regexp.MustCompile(`(?m)^\*{0,2}(\d+)\. `).FindAllStringSubmatch(section, -1)
		if !found || len(steps) == 0 || len(steps) > 5 {
			t.Errorf("%s: %d steps, at most five are promised", name, len(steps))
		}
		for n, command := range []string{"tocsin manifest", "xoxb-", "tocsin doctor", "tocsin serve", "/incident declare"} {
			if n >= len(steps) || !strings.Contains(section, command) {
				t.Errorf("%s: step %d does not name %s", name, n+1, command)
			}
		}
	}
}

// TestDocsNameWhatIs looks up each command that the documents tell people to type, and each setting.
func TestDocsNameWhatIs(t *testing.T) {
	typed := regexp.MustCompile("(?m)(?:`|^ *|&& )(?:bin/|\\./)?tocsin ([a-z]+)")
	set := regexp.MustCompile(`\b(?:TOCSIN|SLACK)_[A-Z_]*[A-Z]`)
	tree := root()
	tree.InitDefaultHelpCmd()
	var known []string
	for _, s := range new(settings).list() {
		known = append(known, s.Name)
		if s.InFile() {
			known = append(known, s.Name+"_FILE")
		}
	}
	for name, page := range pages(t) {
		if name == "CONTRIBUTING.md" { // which speaks of tests, too
			continue
		}
		for _, found := range typed.FindAllStringSubmatch(page, -1) {
			if cmd, _, err := tree.Find(found[1:]); err != nil || cmd == tree {
				t.Errorf("%s says tocsin %s, which is no command", name, found[1])
			}
		}
		for _, found := range set.FindAllString(page, -1) {
			if !slices.Contains(known, found) {
				t.Errorf("%s says %s, which is no setting", name, found)
			}
		}
	}
}

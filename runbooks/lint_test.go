package runbooks

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// good is a runbook in which there is nothing to find.
const good = `---
title: Good
services: [checkout]
alerts: [disk full]
severity: sev2
owner: team-shop
dashboard: https://grafana.example.com
escalation: "#shop"
last_tested: 2026-11-01
---
# When it is full

- [ ] Look at [the end](#the-end)

  ` + "```sh\n  df -h\n  ```" + `

## The end
`

var team = Known{Services: []string{"checkout", "search"}, Severities: []string{"sev1", "sev2"}, Now: now}

// TestCheck plants one fault at a time: it is found at its line, and nothing else is.
func TestCheck(t *testing.T) {
	for name, tc := range map[string]struct{ old, with, want string }{
		"nothing":             {"", "", ""},
		"no owner":            {"owner: team-shop\n", "", "x.md:1: there is no owner: name the team or the person"},
		"empty owner":         {"owner: team-shop", "owner:", "x.md:6: there is no owner"},
		"no escalation":       {`escalation: "#shop"`, `escalation: ""`, "x.md:8: there is no escalation"},
		"no dashboard":        {"dashboard: https://grafana.example.com\n", "", "x.md:1: warning: there is no dashboard"},
		"no address":          {"https://grafana", "grafana", `x.md:7: "grafana.example.com" is no address`},
		"script":              {"https://grafana.example.com", "javascript:alert(1)", "x.md:7: "},
		"empty title":         {"title: Good", "title: ''", "x.md:2: the title is empty"},
		"unknown service":     {"[checkout]", "[checkout, serach]", `x.md:3: there is no service "serach" in the policy: did you mean search?`},
		"strange service":     {"[checkout]", "[x]", `x.md:3: there is no service "x" in the policy; there are checkout, search`},
		"other capitals":      {"[checkout]", "[CheckOut]", ""},
		"unknown severity":    {"sev2", "sev7", `x.md:5: there is no severity "sev7" in the policy: did you mean sev1?`},
		"impossible pattern":  {"[disk full]", "[disk full, /a$b/]", `x.md:4: no alert can ever fit "/a$b/"`},
		"never tested":        {"last_tested: 2026-11-01\n", "", "x.md:1: warning: nobody has tested it: follow it in a drill, then write last_tested: 2026-11-21"},
		"tested long ago":     {"2026-11-01", "2026-01-01", "x.md:9: warning: it was tested 324 days ago, more than 180"},
		"tested today, east":  {"2026-11-01", "2026-11-22", ""},
		"tested tomorrow":     {"2026-11-01", "2026-11-23", "x.md:9: last_tested is 2026-11-23, which is yet to come"},
		"dead file":           {"(#the-end)", "(gone.md)", `x.md:13: the link to "gone.md" is dead: there is no such file`},
		"dead title":          {"(#the-end)", "(#the-ned)", `x.md:13: the link to "#the-ned" is dead: there is no such title: did you mean #the-end?`},
		"link to a file":      {"(#the-end)", "(sub/other.md#other)", ""},
		"dead title there":    {"(#the-end)", "(sub/other.md#othr)", "did you mean #other?"},
		"link to no runbook":  {"(#the-end)", "(pictures/a.png#x)", ""},
		"link to a folder":    {"(#the-end)", "(sub/)", ""},
		"link from the top":   {"(#the-end)", "(/x.md)", ""},
		"dead link from top":  {"(#the-end)", "(/y.md)", `x.md:13: the link to "/y.md" is dead`},
		"link outside":        {"(#the-end)", "(https://example.com/#x)", ""},
		"dead picture":        {"# When", "![a](b.png)\n# When", `x.md:11: the link to "b.png" is dead`},
		"no steps":            {"- [ ] Look", "- Look", "x.md:11: there are no steps"},
		"step without words":  {"## The end", "- [ ]\n\n## The end", "x.md:19: step 2 has no words"},
		"step of code only":   {"- [ ] Look at [the end](#the-end)", "- [ ] ", "step 1 has no words"},
		"hidden characters":   {"df -h", "df\u202e -h", "x.md:13: the command of step 1 holds characters that nobody sees"},
		"control characters":  {"df -h", "df\x1b[2J -h", "x.md:13: the command of step 1 holds characters"},
		"hard spaces":         {"df -h", "df\u00a0-h", "x.md:13: the command of step 1 holds characters"},
		"found by words only": {"services: [checkout]\nalerts: [disk full]\n", "", "x.md:1: warning: it is found only by who looks for it"},
		"too much":            {"# When", strings.Repeat("> ", 30) + "\n# When", "x.md:11: some of it is shown as plain text, because line 11 has more than 20 quotes"},
		"broken":              {"owner", "onwer", `x.md:6: there is no key "onwer"`},
		"same title":          {"title: Good", "title: oTHER", "x.md:2: sub/other.md is called so, too"},
	} {
		text := strings.Replace(good, tc.old, tc.with, 1)
		if tc.old != "" && text == good {
			t.Fatalf("%s: %q is not there", name, tc.old)
		}
		files := fstest.MapFS{
			"x.md": {Data: []byte(text)}, "pictures/a.png": {}, "sub/other.md": {Data: []byte(strings.NewReplacer("title: Good", "title: Other", "# When", "# Other\n# When").Replace(good))},
		}
		dir := t.TempDir()
		for path, file := range files {
			put(t, dir, path, string(file.Data), 0)
		}
		for kind, open := range map[string]func() (*Book, error){
			"on disk": func() (*Book, error) { return Open(dir) }, "not on disk": func() (*Book, error) { return Load(files) },
		} {
			b, err := open()
			if err != nil {
				t.Fatal(err)
			}
			found := Check(b, team)
			switch {
			case tc.want == "" && len(found) > 0, tc.want != "" && len(found) == 0:
				t.Errorf("%s, %s: %v", name, kind, found)
			case tc.want != "" && !strings.Contains(found[0].String(), tc.want) && !strings.Contains(found[len(found)-1].String(), tc.want):
				t.Errorf("%s, %s: %v, want %s", name, kind, found, tc.want)
			case len(found) > 1 && name != "too much" && name != "same title":
				t.Errorf("%s, %s: too much is found: %v", name, kind, found)
			}
		}
	}
}

// TestLinksStayInTheRepository: a link may leave the folder of runbooks, and not the repository.
func TestLinksStayInTheRepository(t *testing.T) {
	top := t.TempDir()
	put(t, top, "repo/.git/HEAD", "ref: refs/heads/main\n", 0)
	put(t, top, "repo/docs/a.md", "# A\n", 0)
	put(t, top, "secret.md", "# A\n", 0)
	if err := os.Symlink(filepath.Join(top, "secret.md"), filepath.Join(top, "repo", "docs", "link.md")); err != nil {
		t.Fatal(err)
	}
	for link, want := range map[string]string{
		"../docs/a.md#a": "", "/docs/a.md": "", "../docs/a.md#b": "no such title", "../../secret.md": "out of the repository",
		"../docs/link.md": "no such file", "/../secret.md": "out of the repository", "..%2f..%2fsecret.md": "out of the repository",
	} {
		put(t, top, "repo/runbooks/x.md", strings.Replace(good, "(#the-end)", "("+link+")", 1), 0)
		b, err := Open(filepath.Join(top, "repo", "runbooks"))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(Check(b, team)); want == "" && got != "[]" || !strings.Contains(got, want) {
			t.Errorf("%s: %s", link, got)
		}
	}
}

func TestCover(t *testing.T) {
	b := book(t, map[string]string{
		"a": "title: A\nservices: [Checkout]\nalerts: [disk full]\nowner: x\ndashboard: https://x\nlast_tested: 2026-11-01",
		"b": "title: B\nservices: [checkout, search]\nowner: y\nlast_tested: 2025-01-01",
		"c": "title: C\nalerts: [Disk Full]",
	})
	scope := Scope{Services: []string{"checkout", "search", "cart"}, Alerts: b.Patterns(), Within: 30 * 24 * time.Hour, Now: now}
	want := []Row{
		{KindService, "checkout", []string{"a.md", "b.md"}, []string{"x", "y"}, true, "2026-11-01", true},
		{KindService, "search", []string{"b.md"}, []string{"y"}, false, "2025-01-01", false},
		{KindService, "cart", []string{}, []string{}, false, "", false},
		{KindAlert, "Disk Full", []string{"a.md", "c.md"}, []string{"x"}, true, "2026-11-01", true},
	}
	if diff := cmp.Diff(want, Cover(b, scope)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	scope.Tested = map[string]time.Time{"b.md": now}
	if row := Cover(b, scope)[1]; row.Tested != "2026-11-21" || !row.Fresh {
		t.Errorf("followed in an incident: %+v", row)
	}
	if diff := cmp.Diff([]string{"Checkout", "search"}, b.Services()); diff != "" {
		t.Error(diff)
	}
}

// TestThePageListsEveryKey compares docs/runbooks.md with the one list of keys, and its example with what we ask of others.
func TestThePageListsEveryKey(t *testing.T) {
	raw, err := os.ReadFile("../docs/runbooks.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for field := range reflect.TypeFor[Front]().Fields() {
		fmt.Fprintf(&want, "| `%s` | %s |\n", field.Tag.Get("yaml"), field.Tag.Get("help"))
	}
	_, got, _ := strings.Cut(string(raw), "| key | what it is |\n|---|---|\n")
	if got, _, _ = strings.Cut(got, "\n\n"); got+"\n" != want.String() {
		t.Errorf("docs/runbooks.md should list:\n%s", want.String())
	}
	_, example, _ := strings.Cut(string(raw), "```markdown\n")
	example, _, _ = strings.Cut(example, "\n```\n\n##")
	b, err := Load(fstest.MapFS{"x.md": {Data: []byte(example)}})
	if err != nil {
		t.Fatal(err)
	}
	if found := Check(b, Known{Now: now}); len(found) > 0 || len(b.Runbooks()) != 1 || len(b.Runbooks()[0].Document().Steps) != 2 {
		t.Errorf("the example: %v", found)
	}
}

package runbooks

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// whole is a front matter with every key.
const whole = `---
title: Queue is full
services: [checkout, Billing]
alerts:
  - "queue*full"
  - /lag > \d+/
tags: queue
severity: sev2
owner: team-messaging
dashboard: https://grafana.example.com/d/q
escalation: "#messaging"
last_tested: 2026-05-31
---
# Body
`

func TestNew(t *testing.T) {
	for name, text := range map[string]string{
		"as it is": whole, "with Windows' line breaks": strings.ReplaceAll(whole, "\n", "\r\n"), "with a byte order mark": "\ufeff" + whole,
		"ended with dots": strings.Replace(whole, "---\n# Body", "...\n# Body", 1),
	} {
		r, err := New("queue.md", []byte(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := fmt.Sprintf("%q %q %q %q %q %q %q %q %s", r.Title, r.Services, r.Alerts, r.Tags, r.Severity, r.Owner, r.Dashboard, r.Escalation, r.LastTested.Format(time.DateOnly))
		want := `"Queue is full" ["checkout" "Billing"] ["queue*full" "/lag > \\d+/"] ["queue"] "sev2" "team-messaging" "https://grafana.example.com/d/q" "#messaging" 2026-05-31`
		if got != want {
			t.Errorf("%s: %s", name, got)
		}
		if d := r.Document(); len(d.Blocks) != 1 || d.Blocks[0].Line() != 14 {
			t.Errorf("%s: the body begins in line %d", name, d.Blocks[0].Line())
		}
	}
}

func TestFrontRefuses(t *testing.T) {
	front := func(text string) string { return "---\n" + text + "\n---\n" }
	for name, tc := range map[string]struct {
		text, want string
		line       int
	}{
		"nothing":         {"", "there is no front matter: begin the file with a line ---", 1},
		"no front matter": {"# Queue is full\n", "there is no front matter", 1},
		"no end":          {"---\ntitle: x\n", "does not end: put a line --- behind it", 1},
		"empty":           {"---\n---\n", "is empty: give the runbook a title", 1},
		"no title":        {front("owner: x"), "there is no title", 1},
		"unknown key":     {front("title: x\nonwer: y"), `there is no key "onwer": did you mean owner?`, 3},
		"strange key":     {front("title: x\n\ncolour: y"), `there is no key "colour"; there are title, services, alerts`, 4},
		"key twice":       {front("title: x\ntitle: y"), "title is there already, in line 2", 3},
		"list for text":   {front("title: [x]"), "title must be text in one line", 2},
		"mapping in list": {front("title: x\nservices:\n  - a: b"), "services[0] must be text", 4},
		"list in list":    {front("title: x\ntags: [[a]]"), "tags[0] must be text", 3},
		"empty in list":   {front("title: x\nservices: [a, '']"), "services[1] is empty", 3},
		"alias":           {front("title: &a x\nowner: *a"), "owner must be text in one line; put quotes", 3},
		"star unquoted":   {front("title: x\nalerts: [*disk]"), "", 0},
		"day":             {front("title: x\nlast_tested: May"), `last_tested must be a day, for example 2026-05-31, and is "May"`, 3},
		"no such day":     {front("title: x\nlast_tested: 2026-02-30"), "must be a day", 3},
		"pattern":         {front("title: x\nalerts:\n  - ok then\n  - /(/"), `alerts: "/(/" is no regular expression`, 5},
		"pattern for all": {front("title: x\nalerts: ['*']"), `"*" would fit every alert`, 3},
		"long value":      {front("title: " + strings.Repeat("x", 201)), "title is longer than 200 characters", 2},
		"many values":     {front("title: x\ntags: [" + strings.Repeat("a,", 51) + "]"), "tags has more than 50 values", 3},
		"several lines":   {front("title: |\n  a\n  b"), "title must be in one line", 2},
		"no mapping":      {front("- a"), "must have a key and a value a line", 2},
		"text":            {front("just words"), "must have a key and a value a line", 2},
		"tab":             {front("title: x\n\towner: y"), "this is no YAML", 3},
		"colon":           {front("title: a: b"), "which needs quotes", 2},
		"large":           {"---\ntitle: x\n" + strings.Repeat("# "+strings.Repeat("x", 100)+"\n", 400), "more than 32768 bytes", 1},
		"deep":            {front("title: " + strings.Repeat("[", 20_000)), "", 0},
		"bomb":            {front("a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\ntitle: *c"), "title must be text", 5},
		"large file":      {whole + strings.Repeat("x", MaxFile), "it has more than 1048576 bytes", 1},
	} {
		_, err := New("x.md", []byte(tc.text))
		if err == nil {
			t.Errorf("%s: it was taken", name)
			continue
		}
		found := findings(err)
		hit := false
		for _, f := range found {
			hit = hit || strings.Contains(f.Message, tc.want) && (tc.line == 0 || f.Line == tc.line)
		}
		if !hit {
			t.Errorf("%s: %+v, want %q in line %d", name, found, tc.want, tc.line)
		}
	}
	_, err := New("x.md", []byte(front("titel: x\nlast_tested: soon\nalerts: ['*']")))
	if found := findings(err); len(found) != 4 {
		t.Errorf("all faults are said at once: %+v", found)
	}
}

func TestPattern(t *testing.T) {
	for _, tc := range []struct {
		pattern  string
		fits     []string
		fits_not []string
	}{
		{"disk full", []string{"disk full", "[FIRING] Disk Full on db-1", "(disk full)"}, []string{"disk fuller", "mydisk full", "disk  full", ""}},
		{"disk*full", []string{"disk is nearly full", "disk full", "diskfull"}, []string{"full disk", "disk fuller"}},
		{"disk*", []string{"disks", "a disk"}, []string{"mydisk"}},
		{"*disk", []string{"mydisk", "a disk."}, []string{"disks"}},
		{"a*b*a", []string{"a b a", "axxbxxa", "a b aa a"}, []string{"a b", "b a a"}},
		{"a b*a b", []string{"a b a b"}, []string{"a b"}},
		{"HTTP 5??", []string{"http 502 again", "HTTP 5xx"}, []string{"http 50", "http 5021"}},
		{"Größe", []string{"GRÖSSE größe", "die GRÖßE"}, []string{"Größen"}},
		{"cpu_high", []string{"cpu_high"}, []string{"cpu_higher", "my_cpu_high"}},
		{"/lag > \\d+/", []string{"Lag > 5"}, []string{"lag > x"}},
		{"/^queue/i", []string{"Queue is full"}, []string{"the queue"}},
		{"/(?-i)UP/", []string{}, []string{"up", "UP"}}, // the text is in small letters
		{"/disk.*full|oom+/", []string{"DISK is full", "OOM"}, []string{"disk"}},
	} {
		p, err := Compile(tc.pattern)
		if err != nil {
			t.Fatalf("%s: %v", tc.pattern, err)
		}
		for _, text := range tc.fits {
			if !p.Match(text) {
				t.Errorf("%s does not fit %q", tc.pattern, text)
			}
		}
		for _, text := range tc.fits_not {
			if p.Match(text) {
				t.Errorf("%s fits %q", tc.pattern, text)
			}
		}
	}
	for _, bad := range []string{"*", "?*", "/", "//", "/a", "/a*/", "/.*/", "/a|/", "/(a{1000}){1000}/", "/\\/", "  "} {
		if _, err := Compile(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	for pattern, want := range map[string]bool{"/a^b/": true, "/a$b/": true, "/[^\\x00-\\x{10FFFF}]/": true, "/(a^b|c$d)/": true, "/^a$/": false, "/a^b|c/": false, "/a$/": false, "/x*^a/": false} {
		p, err := Compile(pattern)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
		} else if got := p.never() != ""; got != want {
			t.Errorf("%s can fit nothing: %t", pattern, got)
		}
	}
}

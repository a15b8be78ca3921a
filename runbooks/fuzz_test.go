package runbooks

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzParse looks for a text that takes long, makes a tree that cannot be shown, or gets a link or a character through that
// must not be there.
func FuzzParse(f *testing.F) {
	for _, text := range pieces {
		f.Add(strings.Repeat(text, 20))
		f.Add("- [ ] " + text + "\n\n  ```\n  " + text)
	}
	f.Add(good)
	f.Add("|a|b|\n|-|:-:|\n|`\\|`|\n\n> - [x] *a\n> 1. b_\n\n[a]: javascript:x\n\n[a] <b>&#27;</b> ![](x)")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 64<<10 {
			return
		}
		var d *Document
		if took := spent(t, func() { d = Parse(text) }); took > time.Second*slower {
			t.Errorf("it took %s", took)
		}
		sound(t, d)
	})
}

// sound looks whether a tree is one that everybody may show.
func sound(t *testing.T, d *Document) {
	lines := 0
	each(d.Blocks, func(b Block) {
		if b.Line() < 1 {
			t.Errorf("%T in line %d", b, b.Line())
		}
		lines = max(lines, b.Line())
		if table, is := b.(*Table); is {
			for _, row := range table.Rows {
				if len(row) != len(table.Head) || len(row) != len(table.Align) {
					t.Errorf("a table has %d, %d and %d columns", len(row), len(table.Head), len(table.Align))
				}
			}
		}
		if code, is := b.(*Code); is {
			proper(t, code.Text+code.Language)
		}
		for _, text := range texts(b) {
			for n, run := range text {
				proper(t, run.Text)
				if run.Link != target(run.Link) {
					t.Errorf("a link leads to %q", run.Link)
				}
				if run.Text == "" || n > 0 && sameLook(run, text[n-1]) {
					t.Errorf("runs could be one: %+v", text)
				}
			}
		}
	})
	for n, s := range d.Steps {
		if found, ok := d.Step(s.Key()); s.Number != n+1 || !ok || found != s {
			t.Errorf("step %d is %d, and its key leads elsewhere", n+1, s.Number)
		}
	}
}

func sameLook(a, b Run) bool {
	a.Text, b.Text = "", ""
	return a == b
}

func proper(t *testing.T, s string) {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }) {
		t.Errorf("it has a control character or no UTF-8: %q", s)
	}
}

// FuzzNew looks for a file that brings the reader down, or that it refuses without a line or in the words of a programmer.
func FuzzNew(f *testing.F) {
	for _, text := range []string{
		whole, good, "---\n---\n", "---\ntitle: &a [*a]\n---\n", "---\n? [a]\n: b\n---\n", "---\ntitle: !!int x\n---\n", "---\n<<: {title: x}\n---\n",
		"---\ntitle: x\nalerts: [/(a|b)+$/, 'a?*b', \"\\x00\"]\n---\n", "---\ntitle: x\nlast_tested: 2026-13-01\n---\n", "---\n--- a\n---\n", "\ufeff---\r\ntitle: x\r\n...\r\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Count(text, "\n") + 2
		r, err := New("x.md", []byte(text))
		if err != nil {
			for _, found := range findings(err) {
				if found.Line < 1 || found.Line > lines || found.Message == "" || strings.Contains(found.Message, "unmarshal") || !utf8.ValidString(found.Message) {
					t.Errorf("%q: %+v", text, found)
				}
			}
			return
		}
		for _, p := range r.Alerts {
			if again, err := Compile(p.String()); err != nil || again.String() != p.String() {
				t.Errorf("%s: %v", p, err)
			}
			p.Match(text)
			p.never()
		}
		proper(t, r.Title+r.Owner+r.Escalation+strings.Join(r.Tags, ""))
	})
}

// FuzzPattern compares patterns of words with what they mean, said as a regular expression.
func FuzzPattern(f *testing.F) {
	f.Add("a*b", "x a and b y")
	f.Add("disk ?ull*", "DISK full")
	f.Add("*é?", "é\xff")
	f.Fuzz(func(t *testing.T, pattern, alert string) {
		if strings.HasPrefix(pattern, "/") || len(pattern) > 40 || len(alert) > 200 || !ascii(pattern+alert) {
			return
		}
		p, err := Compile(pattern)
		if err != nil {
			return
		}
		if got, want := p.Match(alert), plainly(strings.ToLower(pattern), strings.ToLower(alert)); got != want {
			t.Errorf("%q fits %q: %t", pattern, alert, got)
		}
	})
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// plainly tries every place where a pattern could begin.
func plainly(pattern, alert string) bool {
	open := strings.HasPrefix(pattern, "*")
	for from := range len(alert) + 1 {
		if (open || edge(alert, from)) && fits(pattern, alert, from, map[[2]int]bool{}) {
			return true
		}
	}
	return false
}

func fits(pattern, alert string, at int, tried map[[2]int]bool) bool {
	if pattern == "" {
		return edge(alert, at)
	}
	key := [2]int{len(pattern), at}
	if tried[key] {
		return false
	}
	tried[key] = true
	if pattern[0] == '*' {
		return strings.Trim(pattern, "*") == "" || fits(pattern[1:], alert, at, tried) || at < len(alert) && fits(pattern, alert, at+1, tried)
	}
	return at < len(alert) && (pattern[0] == '?' || pattern[0] == alert[at]) && fits(pattern[1:], alert, at+1, tried)
}

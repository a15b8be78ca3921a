package runbooks

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// dump is a tree as text, a line a block.
func dump(d *Document) string {
	var b strings.Builder
	if d.Plain != "" {
		fmt.Fprintf(&b, "plain: %s\n", d.Plain)
	}
	dumpBlocks(&b, d.Blocks, "")
	b.WriteString("\nsteps\n")
	for _, s := range d.Steps {
		fmt.Fprintf(&b, "%d line %d depth %d in %q: %s; %d blocks; copy %q; key %s\n",
			s.Number, s.Line, s.Depth, s.Section, show(s.Text), len(s.Body), s.Command, s.Key())
	}
	return b.String()
}

func dumpBlocks(b *strings.Builder, blocks []Block, indent string) {
	for _, block := range blocks {
		fmt.Fprintf(b, "%3d %s", block.Line(), indent)
		switch x := block.(type) {
		case *Heading:
			fmt.Fprintf(b, "heading %d #%s: %s\n", x.Level, x.Anchor, show(x.Text))
		case *Paragraph:
			fmt.Fprintf(b, "paragraph: %s\n", show(x.Text))
		case *Code:
			fmt.Fprintf(b, "code %q: %q\n", x.Language, x.Text)
		case *Rule:
			fmt.Fprintf(b, "rule\n")
		case *Quote:
			fmt.Fprintf(b, "quote\n")
			dumpBlocks(b, x.Blocks, indent+"  ")
		case *Table:
			fmt.Fprintf(b, "table %q\n", x.Align)
			for _, row := range append([][][]Run{x.Head}, x.Rows...) {
				fmt.Fprintf(b, "    %s ", indent)
				for _, cell := range row {
					fmt.Fprintf(b, " | %s", show(cell))
				}
				b.WriteString("\n")
			}
		case *List:
			fmt.Fprintf(b, "list ordered=%t from %d\n", x.Ordered, x.Start)
			for _, item := range x.Items {
				what := "item"
				if item.Step != nil {
					what = fmt.Sprintf("step %d", item.Step.Number)
				}
				fmt.Fprintf(b, "    %s  %s\n", indent, what)
				dumpBlocks(b, item.Blocks, indent+"    ")
			}
		}
	}
}

func show(text []Run) string {
	var b strings.Builder
	for _, r := range text {
		fmt.Fprintf(&b, "%q", r.Text)
		for _, look := range []struct {
			on   bool
			mark string
		}{{r.Bold, "bold"}, {r.Italic, "italic"}, {r.Code, "code"}, {r.Strike, "strike"}, {r.Link != "", "→" + r.Link}} {
			if look.on {
				b.WriteString(" " + look.mark)
			}
		}
		b.WriteString(" ")
	}
	return strings.TrimSpace(b.String())
}

// TestTrees compares trees with those that were looked at: testdata/trees, and the examples.
func TestTrees(t *testing.T) {
	paths, err := filepath.Glob("testdata/trees/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatal(err)
	}
	for _, path := range append(paths, "database-failover.md") {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		d := Parse(string(raw))
		if r, err := New(path, raw); err == nil {
			d = r.Document()
		}
		golden := filepath.Join("testdata", "trees", strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))+".golden")
		got := dump(d)
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
			t.Errorf("%s: -want +got\n%s", path, diff)
		}
	}
}

// TestStepsSurviveEdits: a tick holds for the step that says the same, wherever it stands now, and for no other.
func TestStepsSurviveEdits(t *testing.T) {
	was := Parse("- [ ] Look at it\n- [ ] Stop it\n- [ ] Look at it\n")
	keys := []string{was.Steps[0].Key(), was.Steps[1].Key(), was.Steps[2].Key()}
	for name, tc := range map[string]struct {
		text string
		want [3]int // the number of each now; 0: gone
	}{
		"as it was":      {"- [ ] Look at it\n- [ ] Stop it\n- [ ] Look at it\n", [3]int{1, 2, 3}},
		"one before":     {"- [ ] New\n- [ ] Look at it\n- [ ] Stop it\n- [ ] Look at it\n", [3]int{2, 3, 4}},
		"in other signs": {"1. [x] **Look** at it!\n2. [ ] `stop`   it.\n3. [ ] look at IT\n", [3]int{1, 2, 3}},
		"one reworded":   {"- [ ] Look at it\n- [ ] Start it\n- [ ] Look at it\n", [3]int{1, 0, 3}},
		"all gone":       {"nothing\n", [3]int{}},
	} {
		d := Parse(tc.text)
		for n, key := range keys {
			got := 0
			if s, found := d.Step(key); found {
				got = s.Number
			}
			if got != tc.want[n] {
				t.Errorf("%s: %s is step %d now, not %d", name, key, got, tc.want[n])
			}
		}
	}
	for _, key := range []string{"", "x", "1", "1-", "-", "1-zz"} {
		if _, found := was.Step(key); found {
			t.Errorf("%q was found", key)
		}
	}
}

// TestLinksThatLead is which addresses may be shown as links.
func TestLinksThatLead(t *testing.T) {
	for raw, want := range map[string]string{
		"https://example.com/x": "https://example.com/x", "HTTP://example.com": "HTTP://example.com", "mailto:a@b.c": "mailto:a@b.c",
		"../x.md": "../x.md", "#here": "#here", "x%20y.md": "x%20y.md", "https://example.com/?a=1&amp;b": "https://example.com/?a=1&b",
		"javascript:alert(1)": "", "JaVaScRiPt:alert(1)": "", "java&#115;cript:alert(1)": "", "vbscript:x": "", "data:text/html,x": "",
		"file:///etc/passwd": "", "//evil.example.com": "", `\\evil.example.com`: "", "https:evil": "", "https:///x": "", "tel:1": "",
		"&#106;avascript:x": "", "java\nscript:x": "", "http://a b": "", "slack://x": "", "https://" + strings.Repeat("a", 3000): "", ":": "",
	} {
		if got := target(raw); got != want {
			t.Errorf("%q leads to %q, not %q", raw, got, want)
		}
	}
}

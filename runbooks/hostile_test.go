package runbooks

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

const mb = 1 << 20

// bound is how long a text may take.
const bound = 100 * time.Millisecond

// fill repeats a piece until there is a megabyte of it.
func fill(piece string) string { return strings.Repeat(piece, mb/len(piece)) }

// hostile are bodies that are made to take long.
func hostile() map[string]string {
	deep := &strings.Builder{}
	for n := 0; deep.Len() < mb-2100; n++ {
		fmt.Fprintf(deep, "%s- a\n", strings.Repeat("  ", n%1000))
	}
	stairs := &strings.Builder{}
	for n := 0; n < 1000; n++ {
		fmt.Fprintf(stairs, "%s- a\n", strings.Repeat("  ", n))
	}
	wide := strings.Repeat("|-", 20_000) + "|\n"
	backticks := &strings.Builder{}
	for n := 1; backticks.Len() < mb; n++ {
		backticks.WriteString("a" + strings.Repeat("`", n))
	}
	refs := &strings.Builder{}
	for n := 0; refs.Len() < mb; n++ {
		fmt.Fprintf(refs, "[%d]: x\n", n)
	}
	return map[string]string{
		"10,000 quotes in each other": strings.Repeat(">", 10_000) + " a",
		"quotes, a megabyte":          fill(">"),
		"quotes with spaces":          fill("> "),
		"quotes, lazy lines":          strings.Repeat(">", 64) + " a\n" + fill("a\n"),
		"quotes at the bound":         fill(strings.Repeat(">", 64) + " a\n"),
		"quotes at the bound, broken": fill(strings.Repeat(">", 64) + " a\n\n"),
		"bullets in each other":       fill("- "),
		"numbers in each other":       fill("1. "),
		"lists, stairs":               stairs.String(),
		"lists, stairs and text":      stairs.String() + fill("a\n"),
		"lists, stairs and blank":     stairs.String() + fill("\n") + "a",
		"lists, saws":                 deep.String(),
		"items":                       fill("- a\n"),
		"steps":                       fill("- [ ] a\n"),
		"brackets":                    fill("["),
		"brackets, both":              fill("[]"),
		"brackets, closing":           strings.Repeat("[", mb/2) + strings.Repeat("]", mb/2),
		"brackets, lines":             fill("[\n"),
		"brackets, paragraphs":        fill("[a\n\n"),
		"links":                       fill("[a](b) "),
		"links, open":                 fill("[a]("),
		"links, angled":               fill("[a](<b"),
		"images":                      fill("![a"),
		"references":                  refs.String(),
		"references, used":            "[a]: x\n\n" + fill("[a] "),
		"references, paragraphs":      "[a]: x\n\n" + fill("[a]\n\n"),
		"references, open title":      fill("[a]: x 'y\n"),
		"stars and words":             fill("*a_"),
		"stars and words, lines":      fill("*a_\n\n"),
		"stars":                       fill("*"),
		"stars, pairs":                fill("**a "),
		"paragraphs with stars":       fill(strings.Repeat("*a_", 20) + "\n\n"),
		"strikes":                     fill("~a~~"),
		"backticks, growing":          backticks.String(),
		"backticks":                   fill("` "),
		"fences":                      fill("```\n"),
		"tags":                        fill("<a "),
		"comments":                    fill("a <!-- "),
		"instructions":                fill("a <? "),
		"declarations":                fill("a <![CDATA["),
		"HTML blocks":                 fill("<div>\n\n"),
		"comments, blocks":            fill("<!--\n"),
		"entities":                    fill("&amp;"),
		"entities, open":              fill("&a"),
		"backslashes":                 fill(`\`),
		"addresses":                   fill("http://a.b "),
		"addresses, joined":           fill("http://a.b_"),
		"mail":                        fill("a@b"),
		"mail, dots":                  fill("a.b_c@"),
		"www":                         fill("www."),
		"wide table":                  wide + wide + fill("a\n"),
		"table, pipes":                "|a|\n|-|\n" + fill("|"),
		"table, rows":                 "|a|b|\n|-|-|\n" + fill("|a|b|\n"),
		"table, escaped pipes":        "|a|\n|-|\n" + fill("|`\\|`\n"),
		"tables":                      fill("|a|\n|-|\n\n"),
		"delimiters of tables":        fill("-|\n"),
		"titles":                      fill("# a\n"),
		"underlined titles":           fill("a\n=\n"),
		"underlines":                  fill("=\n"),
		"tabs":                        fill("\t"),
		"tabs and bullets":            fill("\t- a\n"),
		"quotes and tabs":             fill(">\t"),
		"one word":                    fill("a"),
		"spaces":                      fill(" "),
		"lines":                       fill("a\n"),
		"breaks":                      fill("a  \n"),
		"blank":                       fill("\n"),
		"no UTF-8":                    fill("\xff"),
		"NUL":                         fill("\x00"),
		"prose":                       fill(strings.Repeat("The *quick* brown fox [jumps](https://example.com) over `the` lazy dog. ", 12) + "\n\n"),
	}
}

// pieces are what text is made of that takes long, as much as a file can pay for, and a little of it in many paragraphs.
var pieces = []string{"[", "[]", "[a](b) ", "[a](", "[a](<b", "![a", "[a] ", "*a_", "*", "**a ", "~a~~", "` ", "<a ", "<!-- ", "<? ", "<![CDATA[", "&a", "\\", "http://a.b_", "a@b", "a.b_c@", "www.", "(", "a`b``c", "<a@", "|"}

// paid are texts that are read as Markdown whatever they cost.
func paid() map[string]string {
	all := map[string]string{"prose, 64 kB": strings.Repeat(strings.Repeat("The *quick* brown fox [jumps](https://example.com) over `the` lazy dog. ", 5)+"\n\n", 180)}
	for name, text := range hostile() {
		if lines := strings.SplitAfterN(text, "\n", maxLines); len(lines) == maxLines {
			all["10,000 lines: "+name] = strings.Join(lines[:maxLines-1], "")
		}
	}
	for _, piece := range pieces {
		each := float64(marked(piece)) + 0.01
		// n of them cost n² × marks × bytes, and n × marks × markCost
		half := float64(markCost) / float64(2*len(piece))
		all["[a]: x, and "+piece] = "[a]: x\n\n" + strings.Repeat(piece, min(mb/len(piece), int(math.Sqrt(half*half+maxWork/each/float64(len(piece)))-half)-10))
		const some = 40
		all["many of "+piece] = strings.Repeat(strings.Repeat(piece, some)+"\n\n",
			min(maxLines/2-1, int(maxWork/(some*each*float64(some*len(piece)+markCost)))-1, mb/(some*len(piece))))
	}
	return all
}

// marked counts what is charged for.
func marked(s string) (n int) {
	for _, c := range s {
		if strings.ContainsRune(marks, c) {
			n++
		}
	}
	return n + strings.Count(s, "www.")
}

// TestHostileText reads a megabyte of the worst that is known, and what costs as much as may be: each in less than a tenth of
// a second.
func TestHostileText(t *testing.T) {
	for name, text := range hostile() {
		inTime(t, name, text)
	}
	for name, text := range paid() {
		d := inTime(t, name, text)
		if d.Plain != "" && !strings.HasPrefix(name, "10,000") || d.Plain == "" && name == "10,000 lines: references" {
			t.Errorf("%s: plain text because %q", name, d.Plain)
		}
	}
}

// inTime reads a text, again where it took long.
func inTime(t *testing.T, name, text string) (d *Document) {
	t.Helper()
	var took time.Duration
	for range 3 {
		if took = spent(t, func() { d = Parse(text) }); took < bound*slower {
			break
		}
	}
	if took >= bound*slower {
		t.Errorf("%s took %s", name, took)
	}
	t.Logf("%-40s %8d bytes %7.1f ms  %s", name, len(text), float64(took.Microseconds())/1000, d.Plain)
	return d
}

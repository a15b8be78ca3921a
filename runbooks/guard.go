package runbooks

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// The parser is quadratic in places, takes no context and cannot be stopped, so what a file may cost is bounded before:
// what nests too deep is not parsed at all, and each piece of text is charged for what it may cost at worst. What the file
// cannot pay for is left as the text that it is.
const (
	maxLines   = 10_000
	maxNesting = 20         // of quotes and lists in each other
	maxWork    = 20_000_000 // of each mark in a piece of text, its bytes and what any mark costs, summed up
	markCost   = 1_500
	maxCells   = 20_000 // of tables, with those that are missing in a row
)

// markdown is CommonMark with GitHub's tables, task lists, strikes and bare links.
var markdown = parser.NewParser(
	parser.WithBlockParsers( // without that for HTML, which is text here
		util.Prioritized(parser.NewSetextHeadingParser(), 100),
		util.Prioritized(parser.NewThematicBreakParser(), 200),
		util.Prioritized(parser.NewListParser(), 300),
		util.Prioritized(parser.NewListItemParser(), 400),
		util.Prioritized(parser.NewCodeBlockParser(), 500),
		util.Prioritized(parser.NewATXHeadingParser(), 600),
		util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
		util.Prioritized(parser.NewBlockquoteParser(), 800),
		util.Prioritized(parser.NewParagraphParser(), 1000),
	),
	parser.WithInlineParsers(
		guardedInline(extension.NewTaskCheckBoxParser(), 0),
		guardedInline(parser.NewCodeSpanParser(), 100),
		guardedInline(parser.NewLinkParser(), 200),
		guardedInline(parser.NewAutoLinkParser(), 300),
		guardedInline(parser.NewEmphasisParser(), 500),
		guardedInline(extension.NewStrikethroughParser(), 500),
		guardedInline(extension.NewLinkifyParser(), 999),
	),
	parser.WithParagraphTransformers(
		util.Prioritized(guardedTable{extension.NewTableParagraphTransformer()}, 200),
		util.Prioritized(guardedReferences{parser.LinkReferenceParagraphTransformer}, 100),
	),
	parser.WithASTTransformers(util.Prioritized(extension.NewTableASTTransformer(), 0)),
)

// guard is what one file has left to spend.
type guard struct {
	work, cells int
	escaped     int      // pipes in cells so far, each of which is compared with each
	leaf        ast.Node // the piece of text that was charged last
	paid        bool
	refused     bool // something was left as text
}

var guardKey = parser.NewContextKey()

func guardOf(pc parser.Context) *guard { return pc.Get(guardKey).(*guard) }

// spend takes a cost from what is left, if there is as much.
func (g *guard) spend(left *int, cost int) bool {
	if cost > *left {
		g.refused = true
		return false
	}
	*left -= cost
	return true
}

// marks are the characters at which the parser may look at all that follows, or at all that was before.
const marks = "*_~[]()!<>`&@\\|:"

// affords tells whether a piece of text can be paid for. Each is charged once.
func (g *guard) affords(leaf ast.Node, source []byte) bool {
	if leaf == g.leaf {
		return g.paid
	}
	size, marked := 0, 0
	for _, line := range linesOf(leaf) {
		value := line.Value(source)
		size += len(value)
		marked += bytes.Count(value, []byte("www."))
		for _, c := range value {
			if strings.IndexByte(marks, c) >= 0 {
				marked++
			}
		}
	}
	g.leaf, g.paid = leaf, g.spend(&g.work, marked*(size+markCost))
	return g.paid
}

func linesOf(n ast.Node) []text.Segment { return n.Lines().Sliced(0, n.Lines().Len()) }

// inlineGuard lets a parser see only what was paid for.
type inlineGuard struct{ parser.InlineParser }

func guardedInline(p parser.InlineParser, priority int) util.PrioritizedValue {
	return util.Prioritized(inlineGuard{p}, priority)
}

func (g inlineGuard) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	if !guardOf(pc).affords(parent, block.Source()) {
		return asItStands(block)
	}
	return g.InlineParser.Parse(parent, block, pc)
}

// asItStands takes the rest of a line as text.
func asItStands(block text.Reader) ast.Node {
	line, segment := block.PeekLine()
	rest := ast.NewRawTextSegment(segment.WithStop(segment.Start + len(bytes.TrimRight(line, "\n"))))
	rest.SetSoftLineBreak(true)
	block.AdvanceLine()
	return rest
}

// CloseBlock passes on what some parsers want to know.
func (g inlineGuard) CloseBlock(parent ast.Node, block text.Reader, pc parser.Context) {
	if closer, wants := g.InlineParser.(parser.CloseBlocker); wants {
		closer.CloseBlock(parent, block, pc)
	}
}

// guardedReferences leaves a paragraph alone where it would define too many links: each is taken out of all its lines.
type guardedReferences struct{ parser.ParagraphTransformer }

func (t guardedReferences) Transform(node *ast.Paragraph, reader text.Reader, pc parser.Context) {
	lines, defined := linesOf(node), 0
	for _, line := range lines {
		defined += bytes.Count(line.Value(reader.Source()), []byte("]:"))
	}
	if defined > 0 && guardOf(pc).spend(&guardOf(pc).work, defined*len(lines)) {
		t.ParagraphTransformer.Transform(node, reader, pc)
	}
}

// guardedTable leaves a table alone that would have too many cells: rows that are short are filled up.
type guardedTable struct{ parser.ParagraphTransformer }

func (t guardedTable) Transform(node *ast.Paragraph, reader text.Reader, pc parser.Context) {
	g, widest, escaped := guardOf(pc), 0, 0
	lines := linesOf(node)
	for _, line := range lines {
		value := line.Value(reader.Source())
		widest = max(widest, bytes.Count(value, []byte("|")))
		escaped += bytes.Count(value, []byte(`\|`))
	}
	if widest > 0 && !g.spend(&g.cells, (widest+1)*len(lines)) {
		return
	}
	g.escaped += escaped
	if !g.spend(&g.work, escaped*g.escaped) {
		return
	}
	t.ParagraphTransformer.Transform(node, reader, pc)
}

// tooMuch says why a file is not parsed at all, or "".
func tooMuch(source []byte, first int) string {
	if bytes.Count(source, []byte("\n")) > maxLines {
		return fmt.Sprintf("it has more than %d lines", maxLines)
	}
	number := first
	for line := range bytes.Lines(source) {
		if openings(line) > maxNesting {
			return fmt.Sprintf("line %d has more than %d quotes and lists in each other", number, maxNesting)
		}
		number++
	}
	return ""
}

// openings is how many quotes and lists a line may stand in: it counts quotes, the bullets and numbers of lists, which have a
// space behind them, and two columns before these for each list that goes on.
func openings(line []byte) (most int) {
	opened, columns := 0, 0
	for n, c := range line {
		spaced := n+1 == len(line) || bytes.IndexByte([]byte(" \t\r\n"), line[n+1]) >= 0
		switch {
		case c == '>', spaced && bytes.IndexByte([]byte("-+*.)"), c) >= 0:
			opened++
			if most = opened + columns/2; most > maxNesting {
				return most
			}
		case c == ' ':
			columns++
		case c == '\t':
			columns += 4
		case bytes.IndexByte([]byte("0123456789-+*.)"), c) < 0:
			return most
		}
	}
	return most
}

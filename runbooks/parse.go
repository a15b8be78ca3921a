package runbooks

import (
	"fmt"
	"sort"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// Parse reads Markdown. It never fails: what cannot be read in good time is plain text.
func Parse(markdown string) *Document { return parse(clean(markdown), 1) }

// parse reads clean Markdown that begins at a line of its file.
func parse(body string, first int) *Document {
	source := []byte(body)
	if why := tooMuch(source, first); why != "" {
		return plain(body, first, why)
	}
	g := &guard{work: maxWork, cells: maxCells}
	pc := parser.NewContext()
	pc.Set(guardKey, g)
	root := markdown.Parse(text.NewReader(source), parser.WithContext(pc))
	t := &tree{source: source, first: first, anchors: map[string]int{}}
	t.lines = []int{0}
	for n, c := range source {
		if c == '\n' {
			t.lines = append(t.lines, n+1)
		}
	}
	d := &Document{Blocks: t.blocks(root)}
	d.Steps, d.relative = steps(d.Blocks), t.relative
	if g.refused {
		d.Plain = "it has paragraphs or tables that would take too long to read"
	}
	return d
}

// plain is a file as it stands.
func plain(body string, first int, why string) *Document {
	return &Document{Blocks: []Block{&Code{at: at(first), Text: strings.TrimRight(body, "\n")}}, Plain: why}
}

// clean makes what is to be read proper text: UTF-8, with line breaks of one kind, and without control characters, which a
// terminal would obey when a command is copied there.
func clean(s string) string {
	s = strings.ToValidUTF8(strings.TrimPrefix(s, "\ufeff"), "\ufffd")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 {
			return '\ufffd'
		}
		return r
	}, s)
}

// tree makes our blocks of the parser's.
type tree struct {
	source  []byte
	first   int   // the line of the file with which the source begins
	lines   []int // where each line begins
	anchors map[string]int

	relative []relativeLink
}

// at is the line of an offset in the source.
func (t *tree) at(offset int) at {
	return at(t.first + max(0, sort.SearchInts(t.lines, max(offset, 0)+1)-1))
}

// place is the line of a block.
func (t *tree) place(n ast.Node) at {
	if lines := n.Lines(); lines != nil && lines.Len() > 0 {
		return t.at(lines.At(0).Start)
	}
	if n.Pos() < 0 && n.HasChildren() && n.FirstChild().Type() == ast.TypeBlock {
		return t.place(n.FirstChild())
	}
	return t.at(n.Pos())
}

// blocks are those in a block.
func (t *tree) blocks(parent ast.Node) (all []Block) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		where := t.place(n)
		switch n := n.(type) {
		case *ast.Heading:
			h := &Heading{at: where, Level: n.Level, Text: t.text(n)}
			h.Anchor = t.anchor(h.Text)
			all = append(all, h)
		case *ast.Paragraph, *ast.TextBlock:
			if words := t.text(n); len(words) > 0 {
				all = append(all, &Paragraph{at: where, Text: words})
			}
		case *ast.List:
			all = append(all, t.list(n, where))
		case *ast.FencedCodeBlock:
			all = append(all, &Code{at: t.at(n.Pos()), Language: language(n, t.source), Text: t.raw(n)})
		case *ast.CodeBlock:
			all = append(all, &Code{at: where, Text: t.raw(n)})
		case *ast.Blockquote:
			all = append(all, &Quote{at: where, Blocks: t.blocks(n)})
		case *ast.ThematicBreak:
			all = append(all, &Rule{where})
		case *extast.Table:
			all = append(all, t.table(n, where))
		}
	}
	return all
}

// raw are the lines of a block as they stand.
func (t *tree) raw(n ast.Node) string {
	var b strings.Builder
	for _, line := range linesOf(n) {
		b.Write(line.Value(t.source))
	}
	return strings.TrimRight(b.String(), "\n")
}

// language is the first word behind a fence.
func language(n *ast.FencedCodeBlock, source []byte) string {
	word := string(n.Language(source))
	if len(word) > 40 {
		return ""
	}
	return strings.ToLower(word)
}

func (t *tree) list(n *ast.List, where at) *List {
	l := &List{at: where, Ordered: n.IsOrdered(), Start: n.Start}
	for child := n.FirstChild(); child != nil; child = child.NextSibling() {
		item := Item{Blocks: t.blocks(child)}
		if box(child) {
			item.Step = t.step(&item, t.place(child))
		}
		l.Items = append(l.Items, item)
	}
	return l
}

// box tells whether an item begins with a box to tick.
func box(item ast.Node) bool {
	first := item.FirstChild()
	if first == nil || first.FirstChild() == nil {
		return false
	}
	_, is := first.FirstChild().(*extast.TaskCheckBox)
	return is
}

func (t *tree) table(n *extast.Table, where at) *Table {
	table := &Table{at: where}
	for _, a := range n.Alignments {
		table.Align = append(table.Align, map[extast.Alignment]Align{
			extast.AlignLeft: AlignLeft, extast.AlignCenter: AlignCenter, extast.AlignRight: AlignRight,
		}[a])
	}
	for row := n.FirstChild(); row != nil; row = row.NextSibling() {
		cells := make([][]Run, 0, len(table.Align))
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			cells = append(cells, t.text(cell))
		}
		if _, head := row.(*extast.TableHeader); head {
			table.Head = cells
		} else {
			table.Rows = append(table.Rows, cells)
		}
	}
	return table
}

// anchor is the name that links give a title, as GitHub makes it: small letters, words joined by dashes, a number where there
// is one of that name already.
func (t *tree) anchor(title []Run) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			return unicode.ToLower(r)
		}
		return -1
	}, Words(title))
	n := t.anchors[name]
	t.anchors[name]++
	if n > 0 {
		return fmt.Sprintf("%s-%d", name, n)
	}
	return name
}

package runbooks

import "strings"

// A Document is the body of a runbook as a tree that knows nothing of Markdown: whoever shows it goes through Blocks, and
// whoever lets people tick steps goes through Steps. No HTML is in it, and no link but to http, https, mailto, or to a place
// in the repository.
type Document struct {
	Blocks []Block
	Steps  []*Step // all of the file, in its order; Item.Step leads here
	// Plain tells why some of it is shown as the text that stands in the file: it would take too long to read it as Markdown.
	// "" where nothing is.
	Plain string

	relative []relativeLink
}

// relativeLink is a link that stays in the repository.
type relativeLink struct {
	line int
	link string
}

// Block is one of *Heading, *Paragraph, *List, *Code, *Table, *Quote and *Rule.
type Block interface {
	// Line is where it begins in the file, counted from 1.
	Line() int
}

// at is the place of a block in its file.
type at int

func (a at) Line() int { return int(a) }

// A Heading is a title in the body; Anchor is the name that links give it.
type Heading struct {
	at
	Level  int // 1 to 6
	Text   []Run
	Anchor string
}

// A Paragraph is text that flows.
type Paragraph struct {
	at
	Text []Run
}

// A List has items that are numbered from Start on, or have bullets.
type List struct {
	at
	Ordered bool
	Start   int
	Items   []Item
}

// An Item of a list holds blocks, the first of which is mostly a paragraph; other lists among them are nested in it.
type Item struct {
	Blocks []Block
	Step   *Step // nil where it is no step
}

// Code is shown as it stands, in the language that it says it is in, if any.
type Code struct {
	at
	Language string
	Text     string // without the line break at its end
}

// A Table has as many cells in each row as it has in Head.
type Table struct {
	at
	Head  [][]Run
	Align []Align // of each column
	Rows  [][][]Run
}

// Align is where the text of a column stands.
type Align string

// What a column may say of itself.
const (
	AlignNone   Align = ""
	AlignLeft   Align = "left"
	AlignCenter Align = "center"
	AlignRight  Align = "right"
)

// A Quote holds blocks.
type Quote struct {
	at
	Blocks []Block
}

// A Rule is a line across the page.
type Rule struct{ at }

// A Run is a piece of text that looks the same throughout. A line break that the author wants is "\n" in it.
type Run struct {
	Text                       string
	Bold, Italic, Code, Strike bool
	Link                       string // "" where it leads nowhere; an image is a link to it
}

// Words are the runs without how they look.
func Words(text []Run) string {
	var b strings.Builder
	for _, run := range text {
		b.WriteString(run.Text)
	}
	return b.String()
}

// each visits blocks and all that is in them, in the order of the file.
func each(blocks []Block, visit func(Block)) {
	for _, block := range blocks {
		visit(block)
		switch b := block.(type) {
		case *Quote:
			each(b.Blocks, visit)
		case *List:
			for _, item := range b.Items {
				each(item.Blocks, visit)
			}
		}
	}
}

// texts are the lines of runs that a block itself holds.
func texts(block Block) [][]Run {
	switch b := block.(type) {
	case *Heading:
		return [][]Run{b.Text}
	case *Paragraph:
		return [][]Run{b.Text}
	case *Table:
		all := b.Head[:len(b.Head):len(b.Head)]
		for _, row := range b.Rows {
			all = append(all, row...)
		}
		return all
	}
	return nil
}

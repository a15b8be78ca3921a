package runbooks

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
)

// A Step is one box to tick: an item of a task list.
type Step struct {
	Number  int     // from 1, in the order of the file, whatever list it stands in
	Depth   int     // 0; 1 for a step within a step, and so on
	Section string  // the words of the heading above it
	Text    []Run   // what to do
	Body    []Block // what stands below that in the same item, with the steps within it
	Command string  // what to copy; "" for nothing. Nobody runs it but a person
	Line    int
	twin    int
}

// maxKey bounds how much of a step's words is read for its key.
const maxKey = 10_000

// Key is what a tick is kept under: the step's number, what is left of its words without signs and capitals, and how many
// steps up to this one say the same. See Document.Step.
func (s *Step) Key() string { return fmt.Sprintf("%d-%s-%d", s.Number, s.hash(), s.twin) }

func (s *Step) hash() string {
	words := Words(s.Text)
	plain := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, words[:min(len(words), maxKey)])
	sum := sha256.Sum256([]byte(plain))
	return hex.EncodeToString(sum[:6])
}

// Step finds the step of a key after the file was edited: the one with the same words, wherever it stands now, and where
// several say the same, the first, the second and so on as before. One that says something else now is another step, so a
// tick of it does not hold; then there is none.
func (d *Document) Step(key string) (*Step, bool) {
	_, key, _ = strings.Cut(key, "-")
	for _, s := range d.Steps {
		if _, same, _ := strings.Cut(s.Key(), "-"); same == key {
			return s, true
		}
	}
	return nil, false
}

// step makes a step of an item: its first paragraph says what to do. One without words is a step, too, and a finding.
func (t *tree) step(item *Item, where at) *Step {
	s := &Step{Line: where.Line(), Body: item.Blocks}
	if len(item.Blocks) > 0 {
		if p, is := item.Blocks[0].(*Paragraph); is {
			s.Text, s.Body = p.Text, item.Blocks[1:]
		}
	}
	s.Command = command(s)
	return s
}

// steps numbers all of them, and says under which heading and within how many others each stands.
func steps(blocks []Block) (all []*Step) {
	section := ""
	var visit func([]Block, int)
	visit = func(blocks []Block, depth int) {
		for _, block := range blocks {
			switch b := block.(type) {
			case *Heading:
				section = Words(b.Text)
			case *Quote:
				visit(b.Blocks, depth)
			case *List:
				for _, item := range b.Items {
					below := depth
					if item.Step != nil {
						all = append(all, item.Step)
						item.Step.Number, item.Step.Depth, item.Step.Section = len(all), depth, section
						below++
					}
					visit(item.Blocks, below)
				}
			}
		}
	}
	visit(blocks, 0)
	said := map[string]int{}
	for _, s := range all {
		words := s.hash()
		said[words]++
		s.twin = said[words]
	}
	return all
}

// shown are the languages of what is there to be looked at, and not to be copied.
var shown = map[string]bool{
	"text": true, "txt": true, "output": true, "log": true, "json": true, "yaml": true, "yml": true, "toml": true, "diff": true, "mermaid": true,
}

// command is what a step has to copy: its first block of code, or else the first piece of code in its words.
func command(s *Step) (found string) {
	ownBlocks(s.Body, func(b Block) {
		if code, is := b.(*Code); is && found == "" && !shown[code.Language] {
			found = code.Text
		}
	})
	look := func(text []Run) {
		for _, run := range text {
			if run.Code && found == "" {
				found = run.Text
			}
		}
	}
	look(s.Text)
	ownBlocks(s.Body, func(b Block) {
		for _, text := range texts(b) {
			look(text)
		}
	})
	return found
}

// ownBlocks visits what belongs to a step and not to another one within it.
func ownBlocks(blocks []Block, visit func(Block)) {
	for _, block := range blocks {
		visit(block)
		switch b := block.(type) {
		case *Quote:
			ownBlocks(b.Blocks, visit)
		case *List:
			for _, item := range b.Items {
				if item.Step == nil {
					ownBlocks(item.Blocks, visit)
				}
			}
		}
	}
}

package runbooks

import (
	"html"
	"net/url"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
)

// text are the runs of a block.
func (t *tree) text(parent ast.Node) []Run {
	w := &runs{tree: t, source: t.source}
	w.inside(parent, Run{})
	w.end()
	if n := len(w.all); n > 0 {
		w.all[n-1].Text = strings.TrimRight(w.all[n-1].Text, " \n")
		if w.all[n-1].Text == "" {
			w.all = w.all[:n-1]
		}
	}
	return w.all
}

// runs collects what looks alike.
type runs struct {
	tree   *tree
	source []byte
	all    []Run
	look   Run // of what comes in just now
	text   strings.Builder
}

// add puts text behind what is there, in one run where both look the same.
func (w *runs) add(look Run, s string) {
	if look != w.look {
		w.end()
		w.look = look
	}
	w.text.WriteString(s)
}

// end makes a run of what came in.
func (w *runs) end() {
	if w.text.Len() > 0 {
		run := w.look
		run.Text = w.text.String()
		w.all = append(w.all, run)
		w.text.Reset()
	}
}

// inside goes through what a node holds, which looks as the node says.
func (w *runs) inside(parent ast.Node, look Run) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		w.node(n, look)
	}
}

func (w *runs) node(n ast.Node, look Run) {
	switch n := n.(type) {
	case *ast.Text:
		w.add(look, w.words(n))
	case *ast.String:
		w.add(look, string(n.Value))
	case *ast.CodeSpan:
		look.Code = true
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			if piece, is := c.(*ast.Text); is {
				w.add(look, strings.ReplaceAll(string(piece.Value(w.source)), "\n", " "))
			}
		}
	case *ast.Emphasis:
		look.Bold, look.Italic = look.Bold || n.Level == 2, look.Italic || n.Level == 1
		w.inside(n, look)
	case *extast.Strikethrough:
		look.Strike = true
		w.inside(n, look)
	case *ast.Link:
		look.Link = w.tree.leads(n, string(n.Destination))
		w.inside(n, look)
	case *ast.Image:
		w.image(n, look)
	case *ast.AutoLink:
		look.Link = target(string(n.URL(w.source)))
		w.add(look, string(n.Label(w.source)))
	}
}

// words are those of a piece of text, with what its author escaped, and with the space or the break behind it.
func (w *runs) words(n *ast.Text) string {
	value := string(n.Value(w.source))
	if !n.IsRaw() {
		value = unescape(value)
	}
	switch {
	case n.HardLineBreak():
		return value + "\n"
	case n.SoftLineBreak():
		return value + " "
	}
	return value
}

// leads is where a link leads; those that stay in the repository are noted, with their place.
func (t *tree) leads(n ast.Node, raw string) string {
	link := target(raw)
	if relative(link) {
		t.relative = append(t.relative, relativeLink{t.at(n.Pos()).Line(), link})
	}
	return link
}

// image is a link to a picture, called as the picture is described.
func (w *runs) image(n *ast.Image, look Run) {
	look.Link = w.tree.leads(n, string(n.Destination))
	if !n.HasChildren() {
		w.add(look, "picture")
	}
	w.inside(n, look)
}

// maxEntity is more than the longest name of a character that HTML knows.
const maxEntity = 34

// unescape takes away what made a character be only itself, and puts in the characters that are named as in HTML.
func unescape(s string) string {
	if !strings.ContainsAny(s, `\&`) {
		return s
	}
	var b strings.Builder
	for n := 0; n < len(s); n++ {
		switch c := s[n]; {
		case c == '\\' && n+1 < len(s) && punctuation(s[n+1]):
			n++
			b.WriteByte(s[n])
		case c == '&':
			end := strings.IndexByte(s[n:min(len(s), n+maxEntity)], ';')
			if end < 0 {
				b.WriteByte(c)
				continue
			}
			b.WriteString(clean(html.UnescapeString(s[n : n+end+1])))
			n += end
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func punctuation(c byte) bool {
	return c >= '!' && c <= '/' || c >= ':' && c <= '@' || c >= '[' && c <= '`' || c >= '{' && c <= '~'
}

// maxLink is the longest address that is kept.
const maxLink = 2000

// schemes are those of the addresses that may be shown as links.
var schemes = map[string]bool{"http": true, "https": true, "mailto": true}

// target is where a link leads, or "" where it must not lead: to another scheme, or to another host without one.
func target(raw string) string {
	address := strings.TrimSpace(unescape(raw))
	if len(address) > maxLink || strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r == '\\' || r == '\ufffd' }) {
		return ""
	}
	to, err := url.Parse(address)
	switch {
	case err != nil, to.Scheme != "" && !schemes[strings.ToLower(to.Scheme)], to.Scheme == "" && to.Host != "":
		return ""
	case to.Scheme != "" && to.Scheme != "mailto" && to.Host == "":
		return ""
	}
	return address
}

// relative tells whether a link leads to a place in the repository.
func relative(link string) bool {
	to, err := url.Parse(link)
	return err == nil && link != "" && to.Scheme == ""
}

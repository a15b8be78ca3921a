package runbooks

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Pattern fits the text of alerts, whatever capitals they are written in.
//
// Between slashes it is a regular expression of Go's kind (RE2), which is looked for anywhere in the text. Else it is words
// that stand anywhere in the text: * in them is for any characters, ? for one; where there is no * at an end of it, a word has to end
// there. So "disk full" fits "[FIRING] Disk full on db-1" and not "disk fuller", which "disk full*" fits.
type Pattern struct {
	source  string
	pieces  []string // between the stars, in small letters; the first and the last may be ""
	re      *regexp.Regexp
	literal string // what each text that fits has in it, in small letters, as far as that is easily known: most have not
	weight  int    // how many characters it says: the more, the better it fits
}

// maxAlert is how much of an alert's text is looked at, in bytes.
const maxAlert = 4096

// Compile reads a pattern, and refuses one that cannot be right.
func Compile(source string) (Pattern, error) {
	p := Pattern{source: source}
	if strings.HasPrefix(source, "/") {
		return p.expression()
	}
	p.pieces = strings.Split(strings.ToLower(source), "*")
	for _, piece := range p.pieces {
		p.weight += len(piece) - strings.Count(piece, "?")
		for part := range strings.SplitSeq(piece, "?") {
			if len(part) > len(p.literal) {
				p.literal = part
			}
		}
	}
	if strings.Trim(source, "*? ") == "" {
		return Pattern{}, fmt.Errorf("%s would fit every alert: say which it is for, for example disk*full", quote(source))
	}
	return p, nil
}

// expression reads a regular expression.
func (p Pattern) expression() (Pattern, error) {
	inner, closed := strings.CutSuffix(strings.TrimSuffix(p.source[1:], "i"), "/")
	if !closed || inner == "" {
		return Pattern{}, fmt.Errorf("%s must end with a slash, as it begins with one, and have something between them", quote(p.source))
	}
	tree, err := syntax.Parse(inner, syntax.Perl|syntax.FoldCase)
	if err != nil {
		var why *syntax.Error
		if errors.As(err, &why) {
			return Pattern{}, fmt.Errorf("%s is no regular expression: %s near %s", quote(p.source), why.Code, quote(why.Expr))
		}
		return Pattern{}, fmt.Errorf("%s is no regular expression", quote(p.source))
	}
	p.re, err = regexp.Compile("(?i)" + inner)
	if err != nil {
		return Pattern{}, fmt.Errorf("%s is no regular expression: %w", quote(p.source), err)
	}
	if p.re.MatchString("") {
		return Pattern{}, fmt.Errorf("%s would fit every alert: say which it is for, for example /disk .* full/", quote(p.source))
	}
	p.literal = literal(tree)
	p.weight = max(1, len(p.literal))
	return p, nil
}

// String is the pattern as it was written.
func (p Pattern) String() string { return p.source }

// MarshalText is the pattern as it was written.
func (p Pattern) MarshalText() ([]byte, error) { return []byte(p.source), nil }

// Match tells whether the text of an alert fits.
func (p Pattern) Match(alert string) bool { return p.match(fold(alert)) }

// fold is the text of an alert as patterns see it.
func fold(alert string) string {
	if len(alert) > maxAlert {
		alert = strings.ToValidUTF8(alert[:maxAlert], "")
	}
	return strings.ToLower(alert)
}

func (p Pattern) match(folded string) bool {
	if !strings.Contains(folded, p.literal) {
		return false
	}
	if p.re != nil {
		return p.re.MatchString(folded)
	}
	end := 0
	for n := range p.pieces {
		if end = p.find(n, folded, end); end < 0 {
			return false
		}
	}
	return true
}

// find looks for a piece from an offset on, and returns where it ends, or -1. With the first one a word has to begin, and
// with the last one a word has to end.
func (p Pattern) find(n int, text string, from int) int {
	piece, begins, ends := p.pieces[n], n == 0, n == len(p.pieces)-1
	if piece == "" {
		return from
	}
	for ; from <= len(text); from++ {
		start, end := index(text, from, piece)
		if start < 0 {
			return -1
		}
		if (!begins || edge(text, start)) && (!ends || edge(text, end)) {
			return end
		}
		from = start
	}
	return -1
}

// index is where a piece stands from an offset on; ? in it is for any character.
func index(text string, from int, piece string) (start, end int) {
	if !strings.Contains(piece, "?") {
		at := strings.Index(text[from:], piece)
		if at < 0 {
			return -1, -1
		}
		return from + at, from + at + len(piece)
	}
	for start = from; start < len(text); start++ {
		if end := same(text, start, piece); end >= 0 && utf8.RuneStart(text[start]) {
			return start, end
		}
	}
	return -1, -1
}

// same is where a piece ends that begins at an offset, or -1.
func same(text string, at int, piece string) int {
	for _, r := range piece {
		c, size := utf8.DecodeRuneInString(text[at:])
		if size == 0 || r != '?' && r != c {
			return -1
		}
		at += size
	}
	return at
}

// edge tells whether no word goes on at an offset.
func edge(text string, at int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	after, _ := utf8.DecodeRuneInString(text[at:])
	return !inWord(before) || !inWord(after)
}

func inWord(r rune) bool {
	return r != utf8.RuneError && (r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r))
}

// literal is the longest piece of plain text that whatever fits has to have, in small letters.
func literal(re *syntax.Regexp) (longest string) {
	switch re.Op {
	case syntax.OpLiteral:
		word := strings.ToLower(string(re.Rune))
		if strings.ContainsFunc(word, func(r rune) bool { return r >= utf8.RuneSelf }) {
			return "" // some letters have more than one small form
		}
		return word
	case syntax.OpCapture, syntax.OpPlus:
		return literal(re.Sub[0])
	case syntax.OpConcat:
		for _, part := range re.Sub {
			if word := literal(part); len(word) > len(longest) {
				longest = word
			}
		}
	}
	return longest
}

// never says why a pattern can fit no alert at all, or "".
func (p Pattern) never() string {
	if p.re == nil {
		return ""
	}
	tree, err := syntax.Parse(p.re.String(), syntax.Perl)
	if err == nil && impossible(tree) {
		return "something in it comes before ^ or after $, or nothing fits it"
	}
	return ""
}

// impossible finds what keeps an expression from ever fitting.
func impossible(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpNoMatch:
		return true
	case syntax.OpCharClass:
		return len(re.Rune) == 0
	case syntax.OpCapture, syntax.OpPlus:
		return impossible(re.Sub[0])
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if !impossible(sub) {
				return false
			}
		}
		return true
	case syntax.OpConcat:
		consumed, ended := false, false
		for _, sub := range re.Sub {
			some := least(sub) > 0
			if impossible(sub) || sub.Op == syntax.OpBeginText && consumed || some && ended {
				return true
			}
			consumed, ended = consumed || some, ended || sub.Op == syntax.OpEndText
		}
	}
	return false
}

// least is how many characters an expression takes at least; 1 stands for more.
func least(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpLiteral, syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1
	case syntax.OpCapture, syntax.OpPlus:
		return least(re.Sub[0])
	case syntax.OpRepeat:
		return min(re.Min, least(re.Sub[0]))
	case syntax.OpConcat:
		most := 0
		for _, sub := range re.Sub {
			most = max(most, least(sub))
		}
		return most
	case syntax.OpAlternate:
		fewest := 1
		for _, sub := range re.Sub {
			fewest = min(fewest, least(sub))
		}
		return fewest
	}
	return 0
}

package incident

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// maxRoomName leaves room for a suffix of four characters ("-999") within Slack's 80 for a channel's name.
const maxRoomName = 76

// folded spells Latin letters with marks in plain ones, so that "Zürich" does not become "z-rich".
var folded = strings.NewReplacer(
	"ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "å", "a", "þ", "th", "ð", "d", "ł", "l",
	"à", "a", "á", "a", "â", "a", "ã", "a", "ā", "a", "ă", "a", "ą", "a", "ç", "c", "ć", "c", "č", "c", "ď", "d", "đ", "d",
	"è", "e", "é", "e", "ê", "e", "ë", "e", "ē", "e", "ę", "e", "ě", "e", "ğ", "g", "ì", "i", "í", "i", "î", "i", "ï", "i",
	"ī", "i", "ı", "i", "ñ", "n", "ń", "n", "ň", "n", "ò", "o", "ó", "o", "ô", "o", "õ", "o", "ō", "o", "ő", "o", "ř", "r",
	"ś", "s", "š", "s", "ş", "s", "ș", "s", "ť", "t", "ț", "t", "ù", "u", "ú", "u", "û", "u", "ū", "u", "ů", "u", "ű", "u",
	"ý", "y", "ÿ", "y", "ź", "z", "ż", "z", "ž", "z",
)

// RoomName makes the name of an incident's channel from the policy's pattern, safe for every title: 1 to 76 characters
// of a-z, 0-9, "-" and "_", so that Slack takes it whatever people typed. It always holds the number, which makes it the
// incident's own.
func RoomName(pattern string, id ID, title string) string {
	number := strconv.FormatInt(int64(id), 10)
	if !strings.Contains(pattern, "{number}") {
		pattern += "-{number}"
	}
	named := func(title string) string {
		return slug(strings.NewReplacer("{number}", number, "{title}", title).Replace(pattern))
	}
	title = slug(title)
	for {
		name := named(title)
		switch over := len(name) - maxRoomName; {
		case over <= 0:
			return name
		case title == "": // a pattern that is too long by itself
			return "inc-" + number
		default:
			title = cutSlug(title, max(0, len(title)-over))
		}
	}
}

// cutSlug cuts a slug to a length, at the end of a word if one is near.
func cutSlug(s string, length int) string {
	cut := s[:length]
	if at := strings.LastIndexByte(cut, '-'); at > length/2 {
		cut = cut[:at]
	}
	return strings.Trim(cut, "-_")
}

// slug keeps what a channel name may hold; runs of anything else become one hyphen.
func slug(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range folded.Replace(strings.ToLower(s)) {
		switch {
		case r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r) || r == '\'' || r == '’': // marks and apostrophes vanish within a word
		default:
			gap = true
		}
	}
	return strings.Trim(b.String(), "-_")
}

// alike is the share of words that two titles must have in common, of all the words of both, to be taken for one trouble.
const alike = 0.5

// SimilarTo tells of other incidents whether they look like the same trouble as one: one service, or titles that share most of
// their words. It is quick for many, because every declaration waits while the one before it compares.
func SimilarTo(i *Incident) func(*Incident) bool {
	ours := words(nil, i.Title)
	var theirs []string // one room for the words of all
	return func(other *Incident) bool {
		if i.Service != "" && strings.EqualFold(i.Service, other.Service) {
			return true
		}
		theirs = words(theirs[:0], other.Title)
		shared := 0
		for _, word := range ours {
			if slices.Contains(theirs, word) {
				shared++
			}
		}
		all := len(ours) + len(theirs) - shared
		return all > 0 && float64(shared)/float64(all) >= alike
	}
}

// filler are words that say nothing about what is broken.
var filler = map[string]bool{
	"a": true, "an": true, "and": true, "are": true, "at": true, "for": true, "from": true, "has": true, "in": true, "is": true,
	"not": true, "of": true, "on": true, "or": true, "our": true, "the": true, "to": true, "we": true, "with": true,
}

// words appends the words of a title that say something, each once.
func words(list []string, title string) []string {
	for word := range strings.FieldsFuncSeq(strings.ToLower(title), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if !filler[word] && !slices.Contains(list, word) {
			list = append(list, word)
		}
	}
	return list
}

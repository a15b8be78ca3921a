package incident

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxWord is how long a word is looked for, in bytes: what is longer is no word of people, and is cut.
const maxWord = 60

// Words are what a text can be found by: its words in small plain letters, each once, in the order of the alphabet.
func Words(text string) []string {
	list := strings.FieldsFunc(folded.Replace(strings.ToLower(text)), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r)
	})
	for n, word := range list {
		word = strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Mn, r) {
				return -1 // a mark by itself, as in text that was taken apart
			}
			return r
		}, word)
		for len(word) > maxWord {
			_, size := utf8.DecodeLastRuneInString(word)
			word = word[:len(word)-size]
		}
		list[n] = word
	}
	slices.Sort(list)
	return slices.Compact(slices.DeleteFunc(list, func(word string) bool { return word == "" }))
}

// Hit is an entry that was found, and the incident whose it is.
type Hit struct {
	Incident ID
	Event    Event
}

package incident

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "",
		"The queue, the QUEUE!":             "queue the",
		"Zürich Łódź zu\u0308rich":          "lodz zuerich zurich",
		"api.example.com/v2?x=1":            "1 api com example v2 x",
		"' OR 1=1 -- * NEAR(a b) \"c\" {:}": "1 a b c near or",
		strings.Repeat("é", 100):            strings.Repeat("e", 60),
		"日本語 障害":                            "日本語 障害",
	} {
		if got := strings.Join(Words(text), " "); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func FuzzWords(f *testing.F) {
	f.Add("a b\x00 \xff ' \" * :")
	f.Fuzz(func(t *testing.T, text string) {
		words := Words(text)
		for _, word := range words {
			if word == "" || len(word) > maxWord || strings.ContainsAny(word, " '\"*:&|!()\\") || !utf8.ValidString(word) {
				t.Errorf("%q gives the word %q", text, word)
			}
		}
		if again := Words(strings.Join(words, " ")); !slices.Equal(again, words) {
			t.Errorf("%q gives %q, and these %q", text, words, again)
		}
	})
}

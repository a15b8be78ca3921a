package bot

import (
	"html"
	"regexp"
	"slices"
	"strings"

	"tocsin/incident"
)

// entity is what Slack puts in place of a mention, a channel or an address in text that people type.
var entity = regexp.MustCompile(`<([^<>]*)>`)

// readable turns text as Slack delivers it into what the person meant to write: mentions and channels by name,
// addresses in full, and the three escaped characters back. It is kept like this, and escaped again on the way out.
func readable(text string, name func(handle string) string) string {
	text = entity.ReplaceAllStringFunc(text, func(found string) string {
		target, label, _ := strings.Cut(found[1:len(found)-1], "|")
		switch {
		case strings.HasPrefix(target, "@"):
			return "@" + name(target[1:])
		case strings.HasPrefix(target, "#"):
			return "#" + firstOf(label, target[1:])
		case strings.HasPrefix(target, "!"):
			return "@" + firstOf(strings.TrimPrefix(label, "@"), target[1:])
		case label != "" && label != target && !strings.HasSuffix(target, label):
			return label + " (" + target + ")"
		}
		return strings.TrimPrefix(target, "mailto:")
	})
	return html.UnescapeString(text)
}

func firstOf(words ...string) string {
	for _, word := range words {
		if word != "" {
			return word
		}
	}
	return ""
}

var typedPerson = regexp.MustCompile(`^<@([UW][A-Z0-9]{2,20})(?:\|[^>]*)?>$`)

// person reads who is meant by a word: a mention, or "me".
func (c *call) person(word string) (incident.Person, error) {
	if strings.EqualFold(word, "me") {
		return c.who, nil
	}
	if found := typedPerson.FindStringSubmatch(word); found != nil {
		return incident.Person{Handle: found[1], Name: c.name(found[1])}, nil
	}
	if word == "" {
		return incident.Person{}, incident.Refuse(incident.Invalid, "Name somebody: type @ and choose from the list that Slack offers, or say me.")
	}
	return incident.Person{}, incident.Refuse(incident.Invalid,
		"I do not know who %q is. Type @ and choose from the list that Slack offers, or say me.", readable(word, c.name))
}

// flags are what can follow a declaration, however people's keyboards spell the dashes.
type flags struct {
	words   []string // what is no flag
	values  map[string]string
	present map[string]bool
}

var dashes = strings.NewReplacer("—", "--", "–", "--")

// quotes are the pairs that can hold a value of several words, as keyboards spell them.
var quotes = map[rune]rune{'"': '"', '“': '”', '\'': '\'', '‘': '’'}

// splitFlags reads words and flags. Flags named in withValue take the next word, or several in quotes. "--" ends them.
func splitFlags(text string, withValue, without []string) (flags, error) {
	f := flags{values: map[string]string{}, present: map[string]bool{}}
	words := strings.Fields(text)
	for n := 0; n < len(words); n++ {
		word := words[n]
		if dashes.Replace(word) == "--" {
			f.words = append(f.words, words[n+1:]...)
			break
		}
		name, isFlag := strings.CutPrefix(dashes.Replace(word), "--")
		name, value, inline := strings.Cut(name, "=")
		switch {
		case !isFlag:
			f.words = append(f.words, word)
		case slices.Contains(without, name) && !inline:
			f.present[name] = true
		case slices.Contains(withValue, name):
			if !inline {
				var used int
				value, used = flagValue(words[n+1:])
				n += used
			}
			if value == "" {
				return f, incident.Refuse(incident.Invalid, "--%s needs a value, for example: --%s checkout.", name, name)
			}
			f.values[name] = readable(unquoted(value), func(h string) string { return h })
		default:
			known := slices.Concat(withValue, without)
			if Nearest(name, known) == "" {
				f.words = append(f.words, word) // "kubectl delete --force" is a sentence
				continue
			}
			return f, incident.Refuse(incident.Invalid, "There is no flag --%s. The flags are --%s.", echo(name), strings.Join(known, ", --"))
		}
	}
	return f, nil
}

// flagValue takes one word, or several in quotes, and says how many it took. A quote that is never closed is a word.
func flagValue(words []string) (value string, used int) {
	if len(words) == 0 {
		return "", 0
	}
	first := []rune(words[0])
	closing, quoted := quotes[first[0]]
	if !quoted {
		return words[0], 1
	}
	for n, word := range words {
		if strings.HasSuffix(word, string(closing)) && (n > 0 || len(first) > 1) {
			return strings.Join(words[:n+1], " "), n + 1
		}
	}
	return words[0], 1
}

// unquoted is a value without the quotes around it.
func unquoted(value string) string { return strings.Trim(value, `"'“”‘’`) }

// echo cuts what is repeated in an error to a length that cannot flood it.
func echo(word string) string { return cutRunes(word, 40) }

// cutWord splits off the first word.
func cutWord(text string) (word, rest string) {
	text = strings.TrimSpace(text)
	at := strings.IndexFunc(text, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\u00a0' })
	if at < 0 {
		return text, ""
	}
	return text[:at], strings.TrimSpace(text[at:])
}

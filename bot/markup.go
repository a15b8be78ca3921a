package bot

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackutilsx"

	"tocsin/incident"
)

// markup is text in Slack's mrkdwn that is safe to send: it was built here, and whatever came from outside in it is
// escaped. Only the functions of this file make markup out of strings that are not constants.
type markup string

// esc makes markup of text from outside: it is shown as it stands, and calls nobody.
func esc(s string) markup { return markup(slackutilsx.EscapeMessage(visible(s))) }

// visible shows what could turn text around or hide it (controls but line breaks and tabs, marks of direction, zero-width
// characters, tags) as a mark of its own.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\u200d': // the joiner holds emoji together
			return r
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp):
			return '·'
		}
		return r
	}, s)
}

// size is how long Slack may take a text to be. It does not say how it counts, so the longest reading is taken: what is
// sent, where an escaped "<" counts as four, in units of UTF-16, where an emoji counts as two.
func size[S ~string](s S) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

// short is esc cut to a size, with an ellipsis where something is missing.
func short(s string, limit int) markup {
	whole := esc(s)
	if size(whole) <= limit {
		return whole
	}
	var b strings.Builder
	room := limit - 1
	for _, r := range s {
		piece := esc(string(r))
		if room -= size(piece); room < 0 {
			break
		}
		b.WriteString(string(piece))
	}
	return markup(b.String()) + "…"
}

var (
	userID    = regexp.MustCompile(`^[UW][A-Z0-9]{2,20}$`)
	channelID = regexp.MustCompile(`^[CDG][A-Z0-9]{2,20}$`)
)

// mention calls a person by name, which notifies them. What is no Slack user is only shown.
func mention(handle string) markup {
	if !userID.MatchString(handle) {
		return esc(handle)
	}
	return markup("<@" + handle + ">")
}

// channelLink leads to a channel.
func channelLink(id string) markup {
	if !channelID.MatchString(id) {
		return esc(id)
	}
	return markup("<#" + id + ">")
}

// link leads to an address, which must be http or https; anything else is shown as text.
func link(url, label string) markup {
	if !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://") || strings.ContainsAny(url, "<>| \n\"") {
		return esc(label)
	}
	return markup("<"+url+"|") + markup(strings.ReplaceAll(string(esc(label)), "|", "¦")) + ">"
}

// clock shows an instant in the reader's own zone, with the day; the fallback is UTC.
func clock(t time.Time) markup {
	return markup(fmt.Sprintf("<!date^%d^{date_short_pretty} {time}|%s>", t.Unix(), t.UTC().Format("2 Jan 15:04 UTC")))
}

// inZone shows an instant that a text spells, at most once, in the reader's own zone.
func inZone(text markup, at time.Time) markup {
	if at.IsZero() {
		return text
	}
	return markup(strings.Replace(string(text), incident.Spell(at), string(clock(at)), 1))
}

// bold sets markup in bold.
func bold(m markup) markup { return "*" + m + "*" }

// join puts markup between markups.
func join(parts []markup, between markup) markup {
	words := make([]string, len(parts))
	for n, part := range parts {
		words[n] = string(part)
	}
	return markup(strings.Join(words, string(between)))
}

// mrkdwn and plain make text objects. Verbatim keeps Slack from finding channels and addresses by itself.
func mrkdwn(m markup) *slack.TextBlockObject {
	return &slack.TextBlockObject{Type: slack.MarkdownType, Text: string(m), Verbatim: true}
}

func plain(m markup) *slack.TextBlockObject {
	return &slack.TextBlockObject{Type: slack.PlainTextType, Text: string(m)}
}

// section is a paragraph. Slack takes 3,000 characters; longer markup is for paragraphs.
func section(m markup) *slack.SectionBlock { return slack.NewSectionBlock(mrkdwn(m), nil, nil) }

// sections are lines in as many sections as they take.
func sections(lines []markup) []slack.Block {
	var blocks []slack.Block
	var text markup
	for _, line := range lines {
		if text != "" && size(text)+size(line) >= maxSection {
			blocks, text = append(blocks, section(text)), ""
		}
		if text != "" {
			text += "\n"
		}
		text += line
	}
	return append(blocks, section(text))
}

// contextLine is a line in small print.
func contextLine(m markup) *slack.ContextBlock { return slack.NewContextBlock("", mrkdwn(m)) }

// maxSection keeps a margin below Slack's 3,000 characters of a section.
const maxSection = 2900

// paragraphs shows text from outside in as many sections as it takes, up to a size. Where that cuts something off, the
// last line says where the whole is.
func paragraphs(s string, limit int, whole markup) []slack.Block {
	var blocks []slack.Block
	text := short(s, limit)
	for rest := []rune(string(text)); len(rest) > 0; {
		end := fitting(rest, maxSection)
		if end < len(rest) {
			end = breakBefore(rest, end)
		}
		blocks = append(blocks, section(markup(rest[:end])))
		rest = rest[end:]
	}
	if text != esc(s) && whole != "" {
		blocks = append(blocks, contextLine("The whole of it: "+whole))
	}
	return blocks
}

// fitting is how many characters of a text fit a size.
func fitting(text []rune, limit int) int {
	for n, r := range text {
		if limit -= max(1, utf16.RuneLen(r)); limit < 0 {
			return n
		}
	}
	return len(text)
}

// breakBefore finds where to cut: after the last line break or space if one is near, and never inside an entity.
func breakBefore(text []rune, end int) int {
	for at := end; at > max(1, end-200); at-- {
		if text[at-1] == '\n' || text[at-1] == ' ' {
			return at
		}
	}
	for at := end; at > end-len("&amp;"); at-- {
		if text[at-1] == ';' {
			return end
		}
		if text[at-1] == '&' {
			return at - 1
		}
	}
	return end
}

// escapeTyped escapes words from a form as Slack escapes those of a command.
func escapeTyped(s string) markup { return markup(slackutilsx.EscapeMessage(s)) }

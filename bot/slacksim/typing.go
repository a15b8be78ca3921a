package slacksim

import (
	"regexp"
	"strings"
)

var (
	escaper   = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	unescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
	webLink   = regexp.MustCompile(`https?://[^\s<>|]+[^\s<>|.,;:!?)'"]`)
	personRef = regexp.MustCompile(`(^|[\s(])@([\p{L}\p{N}][\p{L}\p{N}._-]*)`)
	roomRef   = regexp.MustCompile(`(^|[\s(])#([\p{L}\p{N}_-]+)`)
)

func escape(s string) string { return escaper.Replace(s) }

func unescape(s string) string { return unescaper.Replace(s) }

// typed is text as it reaches an app after a person typed it: & < > escaped, and with linking names and addresses made
// into references. Only names that exist become one. The caller holds the lock.
func (w *Workspace) typed(text string, linking bool) string {
	text = escape(text)
	if !linking {
		return text
	}
	text = webLink.ReplaceAllString(text, "<$0>")
	text = personRef.ReplaceAllStringFunc(text, func(hit string) string {
		at := strings.Index(hit, "@")
		name := hit[at+1:]
		if name == "here" || name == "channel" || name == "everyone" {
			return hit[:at] + "<!" + name + ">"
		}
		for rest := ""; name != ""; name, rest = name[:len(name)-1], name[len(name)-1:]+rest {
			if p := w.lookup(name); p != nil && (rest == "" || strings.Trim(rest, "._-") == "") {
				return hit[:at] + "<@" + p.ID + ">" + rest
			}
		}
		return hit
	})
	return roomRef.ReplaceAllStringFunc(text, func(hit string) string {
		at := strings.Index(hit, "#")
		c := w.byName(hit[at+1:])
		switch {
		case c == nil:
			return hit
		case c.private:
			return hit[:at] + "<#" + c.id + "|>"
		}
		return hit[:at] + "<#" + c.id + "|" + c.name + ">"
	})
}

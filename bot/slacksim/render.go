package slacksim

import (
	"regexp"
	"strings"
)

// reference matches everything that stands in angle brackets in stored mrkdwn.
var reference = regexp.MustCompile(`<([^<>]+)>`)

// readableText is stored mrkdwn as a person reads it: names for ids, labels for links, entities resolved; date says how to
// show a <!date^…>. The caller holds the lock.
func (w *Workspace) readableText(text string, date func(format, fallback string) string) string {
	text = reference.ReplaceAllStringFunc(text, func(hit string) string {
		body, label, labelled := strings.Cut(hit[1:len(hit)-1], "|")
		switch {
		case strings.HasPrefix(body, "@"):
			return "@" + w.nameOf(body[1:])
		case strings.HasPrefix(body, "#"):
			if c := w.channels[body[1:]]; c != nil {
				return "#" + c.name
			}
		case strings.HasPrefix(body, "!date^"):
			parts := strings.SplitN(body, "^", 4)
			if len(parts) >= 3 {
				return date(parts[2], label)
			}
		case strings.HasPrefix(body, "!subteam^"):
			for _, g := range w.groups {
				if strings.HasPrefix(body, "!subteam^"+g.id) {
					return "@" + g.handle
				}
			}
		case strings.HasPrefix(body, "!"):
			return "@" + body[1:]
		}
		if labelled {
			return label
		}
		return strings.TrimPrefix(body, "mailto:")
	})
	return unescape(text)
}

// asFallback shows a date by its fallback, as a client that knows no time zone.
func asFallback(_, fallback string) string { return fallback }

// asToken shows a date by its format alone, so that two runs at different times look the same.
func asToken(format, _ string) string { return "‹" + format + "›" }

// visible is what a person sees of a message or a view: its blocks, or its text when it has none. Buttons are [Label],
// menus [Placeholder ▾], inputs their label and what is in them. The caller holds the lock.
func (w *Workspace) visible(text string, blocks []any, date func(format, fallback string) string) string {
	if len(blocks) == 0 {
		return w.readableText(text, date)
	}
	var lines []string
	for _, b := range blocks {
		if line := strings.TrimSpace(w.visibleBlock(obj(b), date)); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

func (w *Workspace) visibleBlock(b Object, date func(format, fallback string) string) string {
	show := func(v any) string { return w.visibleText(obj(v), date) }
	switch b["type"] {
	case "divider":
		return "———"
	case "markdown":
		return str(b["text"])
	case "rich_text", "table":
		return w.visibleRich(append(arr(b["elements"]), arr(b["rows"])...))
	case "image":
		return strings.TrimSpace(show(b["title"]) + " (image: " + str(b["alt_text"]) + ")")
	}
	parts := []string{show(b["label"]), show(b["text"])}
	for _, f := range arr(b["fields"]) {
		parts = append(parts, show(f))
	}
	for _, e := range append(append([]any{}, arr(b["elements"])...), b["accessory"], b["element"]) {
		if e != nil {
			parts = append(parts, w.visibleElement(obj(e), date))
		}
	}
	parts = append(parts, show(b["hint"]))
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

// visibleText is a text object as people see it.
func (w *Workspace) visibleText(o Object, date func(format, fallback string) string) string {
	if o["type"] == "mrkdwn" {
		return w.readableText(str(o["text"]), date)
	}
	return unescape(str(o["text"])) // Slack keeps plain text escaped too, and decodes the three entities to show it
}

func (w *Workspace) visibleElement(e Object, date func(format, fallback string) string) string {
	switch kind := str(e["type"]); kind {
	case "plain_text", "mrkdwn":
		return w.visibleText(e, date)
	case "button":
		return "[" + w.visibleText(obj(e["text"]), date) + "]"
	case "image":
		return "(image: " + str(e["alt_text"]) + ")"
	case "overflow", "checkboxes", "radio_buttons":
		var labels []string
		for _, o := range options(e) {
			label := w.visibleText(obj(obj(o)["text"]), date)
			if d := obj(obj(o)["description"]); d != nil {
				label += ": " + w.visibleText(d, date)
			}
			labels = append(labels, label)
		}
		return "[" + strings.Join(labels, " | ") + "]"
	case "plain_text_input", "email_text_input", "url_text_input", "number_input":
		return "[" + str(e["initial_value"]) + "_]"
	default:
		label := w.visibleText(obj(e["placeholder"]), date)
		if o := obj(e["initial_option"]); o != nil {
			label = w.visibleText(obj(o["text"]), date)
		}
		if user := str(e["initial_user"]); user != "" {
			label = "@" + w.nameOf(user)
		}
		return "[" + label + " ▾]"
	}
}

// visibleRich is the text of a rich_text block or a table.
func (w *Workspace) visibleRich(list []any) string {
	var b strings.Builder
	for _, v := range list {
		if row, ok := v.([]any); ok {
			b.WriteString(w.visibleRich(row) + "\n")
			continue
		}
		e := obj(v)
		switch e["type"] {
		case "user":
			b.WriteString("@" + w.nameOf(str(e["user_id"])))
		case "channel":
			if c := w.channels[str(e["channel_id"])]; c != nil {
				b.WriteString("#" + c.name)
			}
		case "emoji":
			b.WriteString(":" + str(e["name"]) + ":")
		case "link":
			if e["text"] == nil {
				b.WriteString(str(e["url"]))
			}
		}
		b.WriteString(str(e["text"]))
		if inner := arr(e["elements"]); inner != nil {
			b.WriteString(w.visibleRich(inner) + "\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

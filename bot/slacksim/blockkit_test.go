package slacksim

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func repeat(n int, one string) string { return strings.TrimSuffix(strings.Repeat(one+",", n), ",") }

func x(n int) string { return strings.Repeat("x", n) }

func section(n int) string {
	return `{"type":"section","text":{"type":"mrkdwn","text":"` + x(n) + `"}}`
}

func button(n int) string {
	return `{"type":"button","text":{"type":"plain_text","text":"` + x(n) + `"}}`
}

func actions(inner string) string { return `{"type":"actions","elements":[` + inner + `]}` }

func menu(n int) string {
	return `{"type":"static_select","options":[` + repeat(n, `{"text":{"type":"plain_text","text":"o"},"value":"v"}`) + `]}`
}

func TestBlockLimits(t *testing.T) {
	w := &Workspace{}
	for _, c := range []struct {
		name, blocks string
		on           surface
		want         string
	}{
		{"50 blocks", repeat(50, section(1)), onMessage, ""},
		{"51 blocks", repeat(51, section(1)), onMessage, "invalid_blocks"},
		{"100 blocks in a modal", repeat(100, section(1)), onModal, ""},
		{"101 blocks in a modal", repeat(101, section(1)), onModal, "invalid_arguments"},
		{"section 3000", section(3000), onMessage, ""},
		{"section 3001", section(3001), onMessage, "3001"},
		{"section of surrogate pairs", `{"type":"section","text":{"type":"mrkdwn","text":"` + strings.Repeat("😀", 1501) + `"}}`, onMessage, "3001"},
		{"empty text", section(0), onMessage, "more than 0"},
		{"section of nothing", `{"type":"section"}`, onMessage, "missing"},
		{"all text 13200", repeat(4, section(3000)) + "," + section(1200), onMessage, ""},
		{"all text 13201", repeat(4, section(3000)) + "," + section(1201), onMessage, "msg_blocks_too_long"},
		{"header 150", `{"type":"header","text":{"type":"plain_text","text":"` + x(150) + `"}}`, onMessage, ""},
		{"header 151", `{"type":"header","text":{"type":"plain_text","text":"` + x(151) + `"}}`, onMessage, "151"},
		{"header of mrkdwn", `{"type":"header","text":{"type":"mrkdwn","text":"x"}}`, onMessage, "plain_text"},
		{"10 fields", `{"type":"section","fields":[` + repeat(10, `{"type":"mrkdwn","text":"f"}`) + `]}`, onMessage, ""},
		{"11 fields", `{"type":"section","fields":[` + repeat(11, `{"type":"mrkdwn","text":"f"}`) + `]}`, onMessage, "no more than 10"},
		{"context 11", `{"type":"context","elements":[` + repeat(11, `{"type":"mrkdwn","text":"f"}`) + `]}`, onMessage, "no more than 10"},
		{"25 buttons", actions(repeat(25, button(1))), onMessage, ""},
		{"26 buttons", actions(repeat(26, button(1))), onMessage, "no more than 25"},
		{"button 75", actions(button(75)), onMessage, ""},
		{"button 76", actions(button(76)), onMessage, "76"},
		{"button value", actions(`{"type":"button","text":{"type":"plain_text","text":"b"},"value":"` + x(2001) + `"}`), onMessage, "2001"},
		{"button style", actions(`{"type":"button","text":{"type":"plain_text","text":"b"},"style":"red"}`), onMessage, "one of"},
		{"100 options", actions(menu(100)), onMessage, ""},
		{"101 options", actions(menu(101)), onMessage, "no more than 100"},
		{"no options", actions(`{"type":"static_select"}`), onMessage, "exactly one"},
		{"option text 76", actions(strings.Replace(menu(1), `"o"`, `"`+x(76)+`"`, 1)), onMessage, "76"},
		{"overflow of 6", actions(strings.Replace(menu(6), "static_select", "overflow", 1)), onMessage, "no more than 5"},
		{"checkboxes 11", actions(strings.Replace(menu(11), "static_select", "checkboxes", 1)), onMessage, "no more than 10"},
		{"unknown block", `{"type":"sparkle"}`, onMessage, "unsupported type"},
		{"unknown element", actions(`{"type":"sparkle"}`), onMessage, "unsupported type"},
		{"unknown field", `{"type":"divider","colour":"red"}`, onMessage, "unknown field"},
		{"markdown in a modal", `{"type":"markdown","text":"x"}`, onModal, "surface"},
		{"input element in actions", actions(`{"type":"plain_text_input"}`), onModal, "cannot stand here"},
		{"same block_id", `{"type":"divider","block_id":"a"},{"type":"divider","block_id":"a"}`, onMessage, "already exists"},
		{"same action_id", actions(repeat(2, `{"type":"button","action_id":"a","text":{"type":"plain_text","text":"b"}}`)), onMessage, "already exists"},
		{"block_id 256", `{"type":"divider","block_id":"` + x(256) + `"}`, onMessage, "256"},
		{"input label", `{"type":"input","label":{"type":"plain_text","text":"` + x(2001) + `"},"element":{"type":"plain_text_input"}}`, onModal, "2001"},
	} {
		var list any
		if err := json.Unmarshal([]byte("["+c.blocks+"]"), &list); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		_, err := w.checkBlocks(list, c.on)
		if got := fmt.Sprint(err); (c.want == "") != (err == nil) || !strings.Contains(got, c.want) {
			t.Errorf("%s: %.200s, want %q", c.name, got, c.want)
		}
	}
}

func TestTyped(t *testing.T) {
	a := quietStart(t)
	ada, general, exec := a.w.Person("Ada").ID(), a.channelID("general"), a.channelID("exec")
	for in, want := range map[string]string{
		"a & b < c > d":             "a &amp; b &lt; c &gt; d",
		"ask @ada, please":          "ask <@" + ada + ">, please",
		"ask @nobody":               "ask @nobody",
		"in #general now":           "in <#" + general + "|general> now",
		"in #exec":                  "in <#" + exec + "|>",
		"in #nowhere":               "in #nowhere",
		"mail ada@harbour.example":  "mail ada@harbour.example",
		"see https://x.example/a?b": "see <https://x.example/a?b>",
		"@here!":                    "<!here>!",
		"<!channel>":                "&lt;!channel&gt;",
	} {
		a.w.mu.Lock()
		got := a.w.typed(in, true)
		a.w.mu.Unlock()
		if strings.TrimSuffix(got, "!") != strings.TrimSuffix(want, "!") {
			t.Errorf("%q reaches the app as %q, want %q", in, got, want)
		}
	}
}

// Whatever JSON an app sends as blocks is refused or shown, and never breaks the workspace.
func FuzzBlocks(f *testing.F) {
	f.Add(`[{"type":"section","text":{"type":"mrkdwn","text":"<!date^1^{time}|x> <@U1> <#C1|a>"},"accessory":null}]`)
	f.Add(`[{"type":"input","label":{},"element":{"type":"static_select","options":[1],"initial_option":{}}}]`)
	f.Add(`[{"type":"rich_text","elements":[{"type":"rich_text_list","elements":[null,{"elements":[3]}]}]},{"type":"table","rows":[[[]]]}]`)
	f.Add(formView)
	f.Fuzz(func(t *testing.T, text string) {
		var v any
		if json.Unmarshal([]byte(text), &v) != nil {
			return
		}
		w := &Workspace{now: time.Now, team: team{id: "T"}, people: map[string]*Profile{}}
		for _, on := range []surface{onMessage, onModal, onHome} {
			blocks, err := w.checkBlocks(v, on)
			if err != nil {
				continue
			}
			_ = w.visible("", blocks, asToken)
			view := &view{}
			view.adopt(Object{"blocks": blocks})
			_ = view.clientErrors()
			_ = messageState(blocks)
		}
	})
}

package bot

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"pgregory.net/rapid"
)

// control finds what would call somebody or lead somewhere: the start of a mention, a channel, a link or a date.
var control = regexp.MustCompile(`<[!@#a-zA-Z]`)

func TestF66TextFromOutsideCallsNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
			"<!channel>", "<@U1>", "<!subteam^S1>", "<https://evil.example|runbook>", "<!date^1^x|y>", "&lt;!here&gt;", "a|b>c",
		})).Draw(t, "s")
		harmless(t, s)
	})
}

func FuzzEscape(f *testing.F) {
	f.Add("<!channel> & <@U1|x>", 10)
	f.Add("\u202eabc\u2066", 3)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		harmless(t, s)
		limit = 1 + abs(limit)%4000
		got := string(short(s, limit))
		if n := size(got); n > limit {
			t.Fatalf("short(%q, %d) has %d characters", s, limit, n)
		}
		if control.MatchString(got) || strings.ContainsAny(got, "<>") {
			t.Fatalf("short(%q) = %q", s, got)
		}
	})
}

func abs(n int) int {
	if n < 0 {
		return -(n + 1)
	}
	return n
}

func harmless(t interface{ Fatalf(string, ...any) }, s string) {
	for name, m := range map[string]markup{
		"esc": esc(s), "short": short(s, 50), "mention": mention(s), "channelLink": channelLink(s),
		"link": link("https://example.com", s), "link address": link(s, "here"),
	} {
		text := string(m)
		if strings.HasPrefix(name, "link") {
			text = regexp.MustCompile(`^<https?://[^<>|]*\|[^<>|]*>$`).ReplaceAllString(text, "")
		}
		text = regexp.MustCompile(`^<@[UW][A-Z0-9]{2,20}>$|^<#[CDG][A-Z0-9]{2,20}>$`).ReplaceAllString(text, "")
		if control.MatchString(text) {
			t.Fatalf("%s(%q) = %q", name, s, m)
		}
	}
	for _, b := range paragraphs(s, 12000, "") {
		text := b.(*slack.SectionBlock).Text.Text
		if n := size(text); n > 3000 || control.MatchString(text) || !b.(*slack.SectionBlock).Text.Verbatim {
			t.Fatalf("a paragraph of %d characters: %.80q", n, text)
		}
	}
}

func TestParagraphsLoseNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Repeat(rapid.SampledFrom([]string{"<&>", "word ", "x", "line\n", "&amp;"}).Draw(t, "piece"), rapid.IntRange(0, 2000).Draw(t, "n"))
		var whole strings.Builder
		for _, b := range paragraphs(s, 100000, "") {
			part := b.(*slack.SectionBlock).Text.Text
			if at := strings.LastIndexByte(part, '&'); at >= 0 && !strings.Contains(part[at:], ";") {
				t.Fatalf("an entity is cut in two: …%q", part[at:])
			}
			whole.WriteString(part)
		}
		if whole.String() != string(esc(s)) {
			t.Fatalf("the paragraphs of %.40q… are not the whole", s)
		}
	})
}

func TestReadable(t *testing.T) {
	name := func(handle string) string { return map[string]string{"U1": "Ada"}[handle] }
	for typed, want := range map[string]string{
		"thanks <@U1> and <@U1|ada>":            "thanks @Ada and @Ada",
		"in <#C1|general> and <#C2|>":           "in #general and #C2",
		"see <https://x.example/a|x.example/a>": "see https://x.example/a",
		"see <https://x.example|the page>":      "see the page (https://x.example)",
		"mail <mailto:a@b.example|a@b.example>": "mail a@b.example",
		"<!here> <!subteam^S1|@ops>":            "@here @ops",
		"a &lt;b&gt; &amp; c":                   "a <b> & c",
		"&amp;lt;":                              "&lt;",
	} {
		if got := readable(typed, name); got != want {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
}

func TestSplitFlags(t *testing.T) {
	for typed, want := range map[string]struct {
		words, service string
		private        bool
	}{
		"sev2 checkout is down --service pay --private": {"sev2 checkout is down", "pay", true},
		"—service=pay x":                    {"x", "pay", false},
		"x –private":                        {"x", "", true},
		`--service "payment api" slow`:      {"slow", "payment api", false},
		"--service “payment api” slow":      {"slow", "payment api", false},
		`--service "unclosed slow`:          {"slow", "unclosed", false},
		"x -- --private":                    {"x --private", "", false},
		"kubectl delete --force wiped prod": {"kubectl delete --force wiped prod", "", false},
		"it&#39;s":                          {"it&#39;s", "", false},
	} {
		f, err := splitFlags(typed, []string{"service"}, []string{"private", "drill"})
		if err != nil || strings.Join(f.words, " ") != want.words || f.values["service"] != want.service || f.present["private"] != want.private {
			t.Errorf("%q: got %+v %v", typed, f, err)
		}
	}
	for _, typed := range []string{"--privat", "--service", "--service=", "--servce x", "--private=yes"} {
		if _, err := splitFlags(typed, []string{"service"}, []string{"private"}); err == nil || len(err.Error()) > 200 {
			t.Errorf("%.20q: got %v", typed, err)
		}
	}
}

func FuzzCommandLine(f *testing.F) {
	f.Add("declare sev2 checkout --service \"a b\" --private")
	f.Add("note at 14:05 <@U1> &lt;")
	f.Add("—service “")
	f.Fuzz(func(t *testing.T, line string) {
		word, rest := cutWord(line)
		if strings.ContainsAny(word, " \t\n") || len(word)+len(rest) > len(line) {
			t.Fatalf("%q was cut into %q and %q", line, word, rest)
		}
		if parsed, err := splitFlags(rest, []string{"service"}, []string{"private", "drill"}); err == nil {
			_ = readable(strings.Join(parsed.words, " "), func(h string) string { return h })
		} else if len(err.Error()) > 400 {
			t.Fatalf("an error of %d characters", len(err.Error()))
		}
		_ = Nearest(word, []string{"declare", "note"})
	})
}

func TestNearest(t *testing.T) {
	verbs := []string{"declare", "list", "note", "resolve", "timeline", "severity", "mitigated"}
	for typed, want := range map[string]string{
		"delcare": "declare", "declar": "declare", "lst": "list", "resolved": "resolve", "tiemline": "timeline",
		"mitigate": "mitigated", "frobnicate": "", "x": "", "": "",
	} {
		if got := Nearest(typed, verbs); got != want {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
}

func TestPastTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 29, 14, 30, 0, 0, berlin) // the day on which clocks went from 02:00 to 03:00
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 3, day, hour, minute, 0, 0, berlin) }
	for typed, want := range map[string]struct {
		at   time.Time
		rest string
	}{
		"at 14:05 it broke":                {at(29, 14, 5), "it broke"},
		"at 14:45 it broke":                {at(28, 14, 45), "it broke"}, // still to come today
		"-20m it broke":                    {now.Add(-20 * time.Minute), "it broke"},
		"at -1h30m it broke":               {now.Add(-90 * time.Minute), "it broke"},
		"-1d2h x":                          {now.Add(-26 * time.Hour), "x"},
		"-90min x":                         {now.Add(-90 * time.Minute), "x"},
		"yesterday 23:10 CET it broke":     {time.Date(2026, 3, 28, 22, 10, 0, 0, time.UTC), "it broke"},
		"Yesterday 23:10 it broke":         {at(28, 23, 10), "it broke"},
		"today 01:59 x":                    {at(29, 1, 59), "x"},
		"at 2026-03-01 08:00 Asia/Tokyo x": {time.Date(2026, 2, 28, 23, 0, 0, 0, time.UTC), "x"},
		"yesterday 23:30 PST x":            {time.Date(2026, 3, 29, 7, 30, 0, 0, time.UTC), "x"},
		"at 08:00 PST x":                   {time.Date(2026, 3, 28, 16, 0, 0, 0, time.UTC), "x"},
	} {
		got, rest, found, err := pastTime(typed, now, berlin)
		if err != nil || !found || !got.Equal(want.at) || rest != want.rest {
			t.Errorf("%q: got %s %q %v %v, want %s", typed, got, rest, found, err, want.at)
		}
	}
	for _, typed := range []string{"it broke at 14:05", "14:05 is when it broke", "-v was missing", "-", "", "yesterday we deployed", "at least half fail", "at lunch"} {
		if _, rest, found, err := pastTime(typed, now, berlin); found || err != nil || rest != typed {
			t.Errorf("%q is no time: %v %q %v", typed, found, rest, err)
		}
	}
	for _, typed := range []string{"at 2pm", "at 25:00 x", "2026-13-45 10:00 x", "-999999d x"} {
		if _, _, _, err := pastTime(typed, now, berlin); err == nil {
			t.Errorf("%q is refused", typed)
		}
	}
}

func FuzzPastTime(f *testing.F) {
	for _, seed := range []string{"at 14:05 x", "-20m", "yesterday 23:10 CET", "2026-03-01 08:00 Asia/Tokyo", "-9999999999999999d"} {
		f.Add(seed)
	}
	now := time.Date(2026, 3, 29, 12, 30, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		got, rest, found, err := pastTime(text, now, time.UTC)
		if err == nil && found && (len(rest) > len(text) || got.IsZero()) {
			t.Fatalf("%q: %s %q", text, got, rest)
		}
		if err == nil && !found && strings.TrimSpace(rest) != strings.TrimSpace(text) {
			t.Fatalf("%q lost words: %q", text, rest)
		}
	})
}

func FuzzInteraction(f *testing.F) {
	f.Add([]byte(`{"type":"view_submission","user":{"id":"U1"},"view":{"state":{"values":[]}}}`))
	f.Add([]byte(`{"type":"block_actions","user":{"id":"U1"},"actions":[{"action_id":"do:x","selected_option":null}]}`))
	f.Fuzz(func(_ *testing.T, payload []byte) {
		if in, err := readInteraction(payload); err == nil {
			_ = in.View.value(inputTitle)
			_ = in.View.ticked("private")
			for _, a := range in.Actions {
				_ = a.line()
			}
		}
	})
}

func FuzzEvent(f *testing.F) {
	f.Add([]byte(`{"type":"event_callback","event_id":"E","event":{"type":"user_change","user":{"id":"U1"}}}`))
	f.Add([]byte(`{"type":"event_callback","event":{"user":7,"channel":{"id":"C"}}}`))
	f.Fuzz(func(_ *testing.T, body []byte) {
		if e, err := readEvent(body); err == nil {
			_, _ = text(e.Inner.User), text(e.Inner.Channel)
		}
	})
}

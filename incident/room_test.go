package incident

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// slackName is what Slack takes as the name of a channel (conversations.create), less the room for a suffix.
var slackName = regexp.MustCompile(`^[a-z0-9_-]{1,76}$`)

func TestRoomName(t *testing.T) {
	for title, want := range map[string]string{
		"checkout is down":          "inc-7-checkout-is-down",
		"Zürich: Straße überlastet": "inc-7-zuerich-strasse-ueberlastet",
		"don't panic":               "inc-7-dont-panic",
		"🔥🔥":                        "inc-7",
		"数据库故障":                     "inc-7",
		"../../etc/passwd":          "inc-7-etc-passwd",
		"e\u0301te\u0301":           "inc-7-ete",
		"a\u202eb":                  "inc-7-a-b",
		"<!channel>":                "inc-7-channel",
		"{number}":                  "inc-7-number",
	} {
		if got := RoomName("inc-{number}-{title}", 7, title); got != want {
			t.Errorf("%q: got %q, want %q", title, got, want)
		}
	}
	long := RoomName("inc-{number}-{title}", 7, strings.Repeat("everything ", 20))
	if len(long) > maxRoomName || strings.HasSuffix(long, "-") || strings.HasSuffix(long, "everyth") {
		t.Errorf("a long name ends with a whole word: %q", long)
	}
	if got := RoomName("war-room", 7, "x"); got != "war-room-7" {
		t.Errorf("a pattern without the number gets it: %q", got)
	}
}

// TestF68RoomNameIsSafeForEveryTitle: Slack takes the name whatever people typed, and none is empty.
func TestF68RoomNameIsSafeForEveryTitle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.OneOf(rapid.Just("inc-{number}-{title}"), rapid.String()).Draw(t, "pattern")
		id := rapid.Int64Range(1, 1<<40).Draw(t, "id")
		checkRoomName(t, pattern, ID(id), rapid.String().Draw(t, "title"))
	})
}

func FuzzRoomName(f *testing.F) {
	f.Add("inc-{number}-{title}", int64(7), "checkout is down")
	f.Add(strings.Repeat("x", 100), int64(7), "---")
	f.Fuzz(func(t *testing.T, pattern string, id int64, title string) {
		if id > 0 {
			checkRoomName(t, pattern, ID(id), title)
		}
	})
}

func checkRoomName(t interface{ Fatalf(string, ...any) }, pattern string, id ID, title string) {
	name := RoomName(pattern, id, title)
	if !slackName.MatchString(name) || strings.Trim(name, "-_") != name {
		t.Fatalf("Slack does not take %q", name)
	}
	if !strings.Contains(name, id.String()[len("INC-"):]) {
		t.Fatalf("%q does not hold the number %d", name, id)
	}
}

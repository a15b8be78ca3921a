package bot

import (
	"strings"
	"testing"
	"time"

	"tocsin/incident"
)

// TestWordsAgreeWithTheirThing is the table of what people read of each kind that is late, got through, or was given up.
func TestWordsAgreeWithTheirThing(t *testing.T) {
	one := func(what string) [3]string {
		return [3]string{
			"The " + what + " of INC-2 is late: no answer yet. It is tried again until it gets through.",
			"The " + what + " of INC-2 was late, and got through ",
			"The " + what + " of INC-2 was refused again and again, so it is not tried any more: no answer yet",
		}
	}
	several := func(what string) [3]string {
		return [3]string{
			"The " + what + " of INC-2 are late: no answer yet. They are tried again until they get through.",
			"The " + what + " of INC-2 were late, and got through ",
			"The " + what + " of INC-2 were refused again and again, so they are not tried any more: no answer yet",
		}
	}
	table := map[incident.EffectKind][3]string{
		incident.EffectRoom: one("room"), incident.EffectCard: one("card"), incident.EffectPin: one("pinning of the card"),
		incident.EffectTopic: one("topic"), incident.EffectInvite: several("invitations"), incident.EffectAnnouncement: one("announcement"),
		incident.EffectBookmarks: several("bookmarks"), incident.EffectSay: one("message"), incident.EffectTell: one("direct message"),
		incident.EffectCatch: one("reading of a message"), incident.EffectAmend: one("correction of a message"),
		incident.EffectTask: one("message about a task"), incident.EffectHome: one("Home tab"), incident.EffectQuestions: one("mark on a question that is met"),
		incident.EffectCustomers: one("message to customers"), incident.EffectThread: one("update below the announcement"),
		incident.EffectNews:    one("message to subscribers"),
		incident.EffectLeave:   one("farewell to the room before"),
		incident.EffectArchive: one("archiving of the room"), incident.EffectCheck: one("look at what is missing"),
	}
	for kind := range deliver {
		event := incident.Event{To: kind.Name(), Text: "no answer yet", Stamp: incident.Stamp{At: time.Unix(1760000000, 0)}}
		for n, words := range []func(markup, incident.Event) markup{lateWords, caughtUpWords, buriedWords} {
			if got := string(words("INC-2", event)); table[kind][n] == "" || !strings.Contains(got, table[kind][n]) {
				t.Errorf("%s: %q, want %q", kind, got, table[kind][n])
			}
		}
	}
}

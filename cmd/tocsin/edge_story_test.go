package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tocsin/bot/slacksim"
	"tocsin/incident"
)

func TestStoryEmojiCountTwice(t *testing.T) {
	w := newHouse(t)
	ada := w.Person("Ada")
	ada.Type("#general", "/incident declare "+strings.Repeat("🔥", 100)).Expect("INC-1 declared")
	room := w.Channel("#inc-1")
	card := room.Expect("SEV3", "🔥🔥🔥", "Take command")
	w.Channel("#incidents").Expect("🔥🔥🔥")
	w.Quiet()
	ada.Type("#inc-1", "/incident update "+strings.Repeat("🚒", 4000)+" THE END").Expect("Update posted")
	room.Expect("🚒🚒🚒", "THE END")
	card.ExpectEdit("🚒🚒🚒", "The whole of it", "/incident timeline INC-1 #2")
	for range 15 {
		ada.Type("#inc-1", "/incident note "+strings.Repeat("🚒", 700)).Expect("Noted")
	}
	ada.Type("#inc-1", "/incident timeline").Expect("Timeline of INC-1", "🚒🚒🚒", "whole:")
	for n := range 25 {
		ada.Type("#random", "/incident declare "+strings.Repeat("<", n+90)).Expect("declared")
	}
	ada.Type("#random", "/incident list").Expect("20 open incidents, and more", "INC-26")
	for n := range 25 {
		w.Channel(fmt.Sprintf("#inc-%d", n+2)).Expect("Take command")
		w.Channel("#incidents").Expect(incident.ID(n + 2).String())
	}
	drainSayings(w)
}

// drainSayings lets the program finish, whatever it still says.
func drainSayings(w *house) {
	w.t.Helper()
	if err := w.drain(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func TestStoryAMessageThatIsGoneIsPostedAnew(t *testing.T) {
	w, ada, room, _ := inRoom(t)
	w.Announce("chat.update")
	w.Faults(func(c slacksim.Call) *slacksim.Fault {
		if c.Method == "chat.update" && c.NthOfMethod <= 2 {
			return &slacksim.Fault{Kind: slacksim.SlackError, Error: "message_not_found"}
		}
		return nil
	})
	ada.Type(room.Name(), "/incident update we are on it").Expect("Update posted")
	room.Expect("Update", "we are on it")
	card := room.Expect("Last update", "we are on it", "Take command")
	w.Channel("#incidents").Expect("checkout is down", "we are on it", "commander")
	w.Channel("#incidents").Expect("Update", "we are on it")
	w.Quiet()
	ada.Type(room.Name(), "/incident severity sev1").Expect("SEV1")
	card.ExpectEdit("SEV1")
	w.Quiet()
}

func TestStoryWhatWasLateIsToldToOnePerson(t *testing.T) {
	w := newHouse(t)
	ada := w.Person("Ada")
	w.Announce("conversations.setTopic")
	var well atomic.Bool
	w.Faults(func(c slacksim.Call) *slacksim.Fault {
		if c.Method == "conversations.setTopic" && !well.Load() {
			return &slacksim.Fault{Kind: slacksim.SlackError, Error: "restricted_action"}
		}
		return nil
	})
	ada.Type("#general", "/incident declare checkout is down").Expect("INC-1 declared")
	room := w.Channel("#inc-1-checkout-is-down")
	room.Expect("Take command")
	w.Channel("#incidents").Expect("INC-1")
	w.Quiet()
	w.Pass(incident.Deadline + 1e9)
	late := w.DirectMessages(ada).Expect("The topic of INC-1 is late", "restricted_action")
	w.Quiet()
	well.Store(true)
	w.Person("Grace").Type("#general", "/incident commander INC-1 me").Expect("Commander of INC-1 is now")
	room.Expect("@Grace is now *commander*")
	drainSayings(w)
	w.Pass(2 * 60e9)
	late.ExpectEdit("The topic of INC-1 was late, and got through")
	w.Quiet() // and Grace hears nothing of it
}

func TestStoryDeclaringSendsNobodyBackForStyle(t *testing.T) {
	w := newHouse(t)
	ada := w.Person("Ada")
	ada.Type("#general", "/incident declare kubectl delete --force wiped prod").Expect("INC-1 declared")
	w.Channel("#inc-1-kubectl-delete-force-wiped-prod").Expect("kubectl delete --force wiped prod")
	long := "every customer in the north who has paid with a card since this morning sees somebody else's address and then an empty cart, says support"
	ada.Type("#general", "/incident declare "+long).Expect("INC-2 declared")
	w.Channel("#inc-2-every-customer-in-the-north-who-has-paid-with-a-card-since-this").Expect("…", long)
	w.Channel("#incidents").Expect("INC-1")
	w.Channel("#incidents").Expect("INC-2")
	w.Quiet()
	ada.Type("#general", "/incident declare --privat a key leaked").Expect("There is no flag --privat")
}

func TestStoryTheFormIsFilledWithWhatIsKnown(t *testing.T) {
	w := newHouse(t, func(o *options) { o.policy.Severities[0].Meaning = "" })
	ada := w.Person("Ada")
	ada.Type("#general", "/incident declare sev1 --service "+strings.Repeat("x", 200))
	form := ada.Modal()
	form.Fill("What is broken?", "all of it")
	form.ChoosePerson("Commander", "Tocsin")
	if got := form.Submit(); got.Errors["Commander"] == "" {
		t.Errorf("a bot cannot lead: %+v", got)
	}
	form.ChoosePerson("Commander", "Grace")
	form.Submit()
	room := w.Channel("#inc-1-all-of-it")
	room.Expect("SEV1", "@Grace")
	room.Expect("is now *commander*")
	w.Channel("#incidents").Expect("SEV1")
	w.Quiet()
}

func TestStoryWhatWasMisspeltIsDeclaredAndSaid(t *testing.T) {
	w := newHouse(t)
	ada := w.Person("Ada")
	ada.Type("#general", "/incident declare sev9 carts are empty --service chekout").
		Expect("INC-1 declared", "There is no service *chekout*", "Did you mean *checkout*?", "There is no severity *sev9*", "*SEV3*")
	w.Channel("#inc-1-sev9-carts-are-empty").Expect("SEV3")
	w.Channel("#incidents").Expect("INC-1")
	ada.Type("#general", "/incident declare search is slow --service Checkout").Expect("INC-2 declared").Lacks("There is no")
	w.Channel("#inc-2-search-is-slow").Expect("INC-2")
	w.Channel("#incidents").Expect("INC-2")
	w.Quiet()
}

// TestTheScreenKnowsOurEmoji reads which emoji the bot uses, and whether the simulator's screen can show them.
func TestTheScreenKnowsOurEmoji(t *testing.T) {
	table, err := os.ReadFile("../../bot/slacksim/screen/emoji.js")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../bot/*.go")
	if err != nil {
		t.Fatal(err)
	}
	used := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`[" ]:([a-z]+(?:_[a-z]+)*):[" ]`).FindAllSubmatch(raw, -1) {
			used++
			if !regexp.MustCompile(`[|\n]` + string(found[1]) + ` `).Match(table) {
				t.Errorf("%s uses :%s:, which the screen does not know", file, found[1])
			}
		}
	}
	if used < 10 {
		t.Errorf("only %d were found", used)
	}
}

func TestStoryOneSickRoomDoesNotBlindTheOthers(t *testing.T) {
	w := newHouse(t)
	ada := w.Person("Ada")
	for n, title := range []string{"a key leaked", "card numbers leak"} {
		ada.Type("#general", "/incident declare --private "+title).Expect("declared")
		w.Channel(fmt.Sprintf("#inc-%d-%s", n+1, strings.ReplaceAll(title, " ", "-"))).Expect(title)
	}
	w.Quiet()
	w.Pass(10 * time.Second) // later than the events that told us of the joins
	w.Announce("conversations.members")
	before := w.called("conversations.members", nil) // right after the invitations
	w.Faults(func(c slacksim.Call) *slacksim.Fault {
		if c.Method == "conversations.members" && c.NthOfMethod == before+1 {
			return &slacksim.Fault{Kind: slacksim.SlackError, Error: "fetch_members_failed"}
		}
		return nil
	})
	if err := w.program.bot.RefreshMembers(t.Context()); err == nil || !strings.Contains(err.Error(), "fetch_members_failed") {
		t.Errorf("the fault is told: %v", err)
	}
	seen := 0
	for id := range 2 {
		at, err := w.program.store.Member(t.Context(), incident.ID(id+1), ada.ID())
		if err != nil {
			t.Fatal(err)
		}
		if at.Equal(w.Clock()()) {
			seen++
		}
	}
	if seen == 0 {
		t.Error("the room behind the sick one was not read")
	}
}

func TestStoryWordsTypedInAPrivateRoomStayThere(t *testing.T) {
	w := newHouse(t)
	ada := w.Person("Ada")
	ada.Type("#general", "/incident declare checkout is down").Expect("INC-1 declared")
	public := w.Channel("#inc-1-checkout-is-down")
	public.Expect("Take command")
	w.Channel("#incidents").Expect("INC-1")
	ada.Type("#general", "/incident declare --private card numbers leak").Expect("INC-2 declared")
	private := w.Channel("#inc-2-card-numbers-leak")
	private.Expect("Take command")
	w.Quiet()
	for _, typed := range []string{"/incident update INC-1 is caused by the leak", "/incident note INC-1 looks the same"} {
		ada.Type(private.Name(), typed).Expect("This is the private room of INC-2", "INC-1")
	}
	ada.Type(private.Name(), "/incident timeline INC-1").Expect("Timeline of INC-1").Lacks("leak")
	w.Quiet()
}

func TestStoryAFormRemembersItsPrivateRoom(t *testing.T) {
	w := newHouse(t)
	ada := w.Person("Ada")
	ada.Type("#general", "/incident declare --private card numbers leak").Expect("INC-1 declared")
	room := w.Channel("#inc-1-card-numbers-leak")
	card := room.Expect("Take command")
	w.Quiet()
	ada.Type(room.Name(), "/incident resolve").Expect("resolved")
	room.Expect("resolved INC-1")
	ada.Type(room.Name(), "/incident close").Expect("closed")
	room.Expect("closed INC-1")
	w.Quiet()
	ada.Press(card, "Reopen")
	ada.Modal().Fill("Why is it open again?", "it leaks again").Submit()
	room.Expect("reopened INC-1", "it leaks again")
	w.Quiet()
}

func TestStoryAButtonPressedElsewhereAnswers(t *testing.T) {
	w, ada, room, _ := inRoom(t)
	refusal := ada.Type("#general", "/incident close INC-1").Expect("not resolved", "Resolve")
	ada.Press(refusal, "Resolve").Expect("INC-1 is resolved")
	room.Expect("resolved INC-1")
	w.Quiet()
}

func TestStoryTheRoomOfAnotherIncidentIsNeverAdopted(t *testing.T) {
	w := newHouse(t, func(o *options) { o.policy.Channel = "{title}" })
	ada := w.Person("Ada")
	ada.Type("#general", "/incident declare http 1 and 2 fail").Expect("INC-1 declared")
	w.Channel("#http-1-and-2-fail-1").Expect("INC-1")
	w.Channel("#incidents").Expect("INC-1")
	w.Quiet()
	w.Faults(func(c slacksim.Call) *slacksim.Fault {
		if c.Method == "conversations.create" && c.NthOfMethod == 2 {
			return &slacksim.Fault{Kind: slacksim.LostBefore}
		}
		return nil
	})
	w.Person("Linus").Type("#random", "/incident declare http 1 and 2 fail").Expect("INC-2 declared")
	drainSayings(w)
	w.Pass(2e9)
	w.Channel("#http-1-and-2-fail-2").Expect("INC-2")
	w.Channel("#incidents").Expect("INC-2")
	drainSayings(w) // and the words about the look-alike
}

package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/bot/slacksim"
	"tocsin/incident"
)

func TestStoryDeclare(t *testing.T) {
	w := newHouse(t)
	ada := w.Person("Ada")
	ada.Type("#general", "/incident declare sev2 checkout is down --service checkout").
		Expect("INC-1 declared", "Opening #inc-1-checkout-is-down …")

	room := w.Channel("#inc-1-checkout-is-down")
	card := room.Expect("SEV2", "INC-1", "checkout is down", "investigating", "nobody yet", "Since", "Next update", "due", "Checkout dashboard", "Take command")
	announcement := w.Channel("#incidents").Expect("SEV2", "checkout is down", "#inc-1-checkout-is-down", "Investigating")
	w.Quiet()

	if !card.Pinned() {
		t.Error("the card is pinned")
	}
	if got := room.Topic(); !strings.Contains(got, "SEV2") || !strings.Contains(got, "checkout is down") {
		t.Errorf("topic: %q", got)
	}
	if got := strings.Join(room.Members(), " "); got != "Ada Tocsin" {
		t.Errorf("members: %s", got)
	}
	if got := strings.Join(room.Bookmarks(), "\n"); !strings.Contains(got, "Announcement https://") || !strings.Contains(got, "Checkout dashboard https://grafana.example.com") {
		t.Errorf("bookmarks: %s", got)
	}

	w.Person("Grace").Type("#incidents", "/incident severity INC-1 sev1").Expect("INC-1 is now", "SEV1")
	card.ExpectEdit("SEV1")
	announcement.ExpectEdit("SEV1")
	w.Quiet()
	if got := room.Topic(); !strings.Contains(got, "SEV1") {
		t.Errorf("topic: %q", got)
	}
}

func TestStoryDeclareNeedsNothingElse(t *testing.T) {
	w := newHouse(t)
	w.Person("Linus").Type("#random", "/incident declare checkout is down").Expect("INC-1 declared")
	w.Channel("#inc-1-checkout-is-down").Expect("SEV3", "checkout is down")
	w.Channel("#incidents").Expect("SEV3", "checkout is down")
	w.Quiet()
}

func TestStoryAnnouncementStandsWhereItWasDeclared(t *testing.T) {
	w := newHouse(t, func(o *options) { o.policy.Announce = "" })
	w.Person("Ada").Type("#checkout", "/incident declare carts are empty").Expect("INC-1 declared")
	w.Channel("#inc-1-carts-are-empty").Expect("carts are empty")
	w.Channel("#checkout").Expect("carts are empty", "#inc-1-carts-are-empty")
	w.Quiet()
}

func TestStoryDeclaredInAPrivateChannelIsNotAnnouncedElsewhere(t *testing.T) {
	w := newHouse(t, func(o *options) { o.policy.Announce = "" })
	w.Person("Ada").Type("#exec", "/incident declare the board cannot log in").Expect("INC-1 declared")
	w.Channel("#inc-1-the-board-cannot-log-in").Expect("the board cannot log in")
	w.Quiet()
}

func TestStoryPrivate(t *testing.T) {
	w := newHouse(t)
	ada, grace := w.Person("Ada"), w.Person("Grace")
	ada.Type("#general", "/incident declare --private a key has leaked").Expect("INC-1 declared")
	room := w.Channel("#inc-1-a-key-has-leaked")
	room.Expect("a key has leaked", "private")
	w.Quiet() // and so no announcement
	if !room.Private() {
		t.Error("its room is a private channel")
	}

	missing := grace.Type("#general", "/incident timeline INC-2").Text
	for _, typed := range []string{
		"/incident timeline INC-1", "/incident note INC-1 hello", "/incident commander INC-1 me", "/incident resolve INC-1",
		"/incident severity INC-1 sev1", "/incident update INC-1 x", "/incident timeline INC-1 #1",
	} {
		if got := grace.Type("#general", typed).Text; got != strings.ReplaceAll(missing, "INC-2", "INC-1") {
			t.Errorf("%s: a private one is answered like one that does not exist:\n%s\n%s", typed, got, missing)
		}
	}
	grace.Type("#general", "/incident list").Expect("No open incidents").Lacks("leaked")
	ada.Type(room.Name(), "/incident list").Expect("a key has leaked")
	ada.Type(room.Name(), "/incident note revoked it").Expect("Noted")

	if err := w.program.bot.RefreshMembers(t.Context()); err != nil {
		t.Fatal(err)
	}
	ada.Type("#general", "/incident list").Expect("a key has leaked")
	w.Pass(6 * time.Minute)
	ada.Type("#general", "/incident list").Expect("No open incidents").Lacks("leaked") // what we know is too old to count
	w.Quiet()
}

func TestStoryLookAlikes(t *testing.T) {
	w := newHouse(t)
	ada, grace := w.Person("Ada"), w.Person("Grace")
	ada.Type("#general", "/incident declare checkout is down").Expect("INC-1 declared").Lacks("looks like")
	first := w.Channel("#inc-1-checkout-is-down")
	first.Expect("Take command")
	w.Channel("#incidents").Expect("INC-1")
	w.Quiet()

	w.Pass(10 * time.Minute)
	grace.Type("#general", "/incident declare the checkout is down for everyone").Expect("INC-2 declared", "looks like", "INC-1", "#inc-1-checkout-is-down")
	second := w.Channel("#inc-2-the-checkout-is-down-for-everyone")
	second.Expect("Take command")
	w.Channel("#incidents").Expect("INC-2")
	first.Expect("@Ada", "INC-2", "looks like this one", "#inc-2")
	second.Expect("@Grace", "INC-1", "looks like this one", "#inc-1")
	w.Quiet()

	w.Pass(61 * time.Minute)
	ada.Type("#general", "/incident declare checkout is down").Expect("INC-3 declared").Lacks("looks like")
	w.Channel("#inc-3-checkout-is-down").Expect("INC-3")
	w.Channel("#incidents").Expect("INC-3")
	w.Quiet()
}

func TestStoryNobodyHearsOfAPrivateLookAlike(t *testing.T) {
	w := newHouse(t)
	ada, grace := w.Person("Ada"), w.Person("Grace")
	ada.Type("#general", "/incident declare --private payments leak card numbers").Expect("INC-1 declared")
	w.Channel("#inc-1-payments-leak-card-numbers").Expect("leak")
	grace.Type("#general", "/incident declare payments leak card numbers").Expect("INC-2 declared").Lacks("INC-1")
	w.Channel("#inc-2-payments-leak-card-numbers").Expect("INC-2")
	w.Channel("#incidents").Expect("INC-2")
	w.Quiet()

	w.Person("Linus").Type("#general", "/incident declare --private payments leak card numbers").Expect("INC-3 declared", "looks like", "INC-2")
	third := w.Channel("#inc-3-payments-leak-card-numbers")
	third.Expect("Take command")
	third.Expect("INC-2", "looks like this one")
	w.Quiet() // the room of INC-2 hears nothing of INC-3
}

func TestStoryModal(t *testing.T) {
	w := newHouse(t)
	ada := w.Person("Ada")
	ada.Type("#general", "/incident declare")
	form := ada.Modal()
	form.Has("Declare an incident", "What is broken?", "How bad is it?", "Customers cannot use the product", "Service", "Summary", "Commander", "Private", "Drill")
	form.Fill("What is broken?", "  ")
	if got := form.Submit(); got.Errors["What is broken?"] == "" || got.Closed {
		t.Errorf("an empty title is told below its field, and the form stays: %+v", got)
	}
	form.Fill("What is broken?", "search <b>&</b> finds nothing").Choose("How bad is it?", "SEV1").
		Fill("Service", "search").Fill("Summary", "since the deploy\nof 14:00").ChoosePerson("Commander", "Grace")
	form.Submit()
	form.Expect("INC-1 declared", "#inc-1-search-b-b-finds-nothing")
	room := w.Channel("#inc-1-search-b-b-finds-nothing")
	room.Expect("SEV1", "search <b>&</b> finds nothing", "@Grace", "since the deploy")
	room.Expect("@Grace", "is now *commander*", "You lead")
	w.Channel("#incidents").Expect("SEV1")
	w.Quiet()
	if got := strings.Join(room.Members(), " "); got != "Ada Grace Tocsin" {
		t.Errorf("members: %s", got)
	}
}

func TestStoryModalFlags(t *testing.T) {
	w := newHouse(t)
	ada := w.Person("Ada")
	ada.Type("#general", "/incident declare --private --drill")
	form := ada.Modal()
	form.Fill("What is broken?", "we practise a leak")
	form.Submit()
	room := w.Channel("#inc-1-we-practise-a-leak")
	room.Expect("EXERCISE", "private")
	w.Quiet()
	if !room.Private() {
		t.Error("a flag that was typed is ticked in the form")
	}
}

func TestStoryMessageShortcut(t *testing.T) {
	w := newHouse(t)
	ada, linus := w.Person("Ada"), w.Person("Linus")
	message := linus.Say("#checkout", "customers say that paying fails since noon, cc @Ada")
	ada.Shortcut("Declare an incident", message)
	form := ada.Modal()
	form.Has("customers say that paying fails since noon, cc @Ada", "https://")
	form.Fill("What is broken?", "paying fails")
	form.Submit()
	room := w.Channel("#inc-1-paying-fails")
	room.Expect("customers say that paying fails", "Where it was reported")
	w.Channel("#incidents").Expect("paying fails")
	w.Quiet()
	if got := strings.Join(room.Bookmarks(), "\n"); !strings.Contains(got, "Where it was reported https://") {
		t.Errorf("bookmarks: %s", got)
	}
}

func TestStoryAFormThatDoesNotOpenLosesNothing(t *testing.T) {
	w := newHouse(t)
	ada := w.Person("Ada")
	w.Announce("views.open")
	w.Faults(func(c slacksim.Call) *slacksim.Fault {
		if c.Method == "views.open" && c.NthOfMethod <= 2 {
			return &slacksim.Fault{Kind: slacksim.SlackError, Error: "expired_trigger_id"}
		}
		return nil
	})
	ada.Type("#general", "/incident declare").Expect("Type it instead: /incident declare what is broken")
	message := w.Person("Linus").Say("#checkout", "paying fails & nobody knows why")
	ada.Shortcut("Declare an incident", message).Expect("Your words are kept")
	draft := w.DirectMessages(ada).Expect("paying fails & nobody knows why")
	ada.Press(draft, "Declare with these words")
	form := ada.Modal()
	form.Has("paying fails & nobody knows why")
	w.Quiet()
}

func TestStoryWhoCannotDeclare(t *testing.T) {
	w := newHouse(t)
	stranger := w.Add(slacksim.Profile{Name: "Sam", Stranger: true})
	robot := w.Add(slacksim.Profile{Name: "Robo", Bot: true})
	if err := w.program.bot.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	for who, want := range map[*slacksim.Person]string{
		w.Person("Gus"): "Guests cannot declare", stranger: "Only members of this workspace", robot: "Bots cannot declare",
	} {
		w.Join(who, "#general")
		who.Type("#general", "/incident declare it is broken").Expect(want)
		who.Type("#general", "/incident declare").Expect(want)
		message := who.Say("#general", "look")
		who.Shortcut("Declare an incident", message).Expect(want)
	}
	w.Quiet()
	w.Person("Ada").Type("#general", "/incident list").Expect("No open incidents")
}

// newHouseWithoutJoins is a house that no event tells of people who are new.
func newHouseWithoutJoins(t *testing.T) *house {
	deaf := bytes.ReplaceAll(tocsin.Manifest, []byte("- team_join"), nil)
	return newHouseIn(t, slacksim.New(t, slacksim.Options{Manifest: deaf}))
}

func TestStoryAGuestWhoWasNotKnownYet(t *testing.T) {
	w := newHouseWithoutJoins(t)
	guest := w.Add(slacksim.Profile{Name: "Newcomer", Guest: true})
	w.Join(guest, "#general")
	guest.Type("#general", "/incident declare everything burns").Expect("INC-1 declared") // believed
	w.DirectMessages(guest).Expect("Guests cannot declare", "INC-1 waits in triage", "/incident accept INC-1")
	w.Quiet() // no room, no announcement on their word

	guest.Type("#general", "/incident accept INC-1").Expect("There is no INC-1.")
	w.Person("Ada").Type("#general", "/incident resolve INC-1").Expect("INC-1 is in triage", "Accept", "Decline")
	w.Person("Ada").Type("#general", "/incident accept INC-1").Expect("INC-1 is accepted")
	w.Channel("#inc-1-everything-burns").Expect("everything burns")
	w.Channel("#incidents").Expect("everything burns")
	w.Quiet()
}

func TestStoryDeclined(t *testing.T) {
	w := newHouseWithoutJoins(t)
	guest := w.Add(slacksim.Profile{Name: "Newcomer", Guest: true})
	w.Join(guest, "#general")
	guest.Type("#general", "/incident declare my coffee is cold")
	w.DirectMessages(guest).Expect("waits in triage")
	ada := w.Person("Ada")
	ada.Press(ada.Type("#general", "/incident resolve INC-1").Expect("in triage"), "Decline")
	ada.Modal().Fill("Why is it no incident?", "it is coffee").Submit()
	w.DirectMessages(guest).Expect("*Ada*", "declined INC-1", "it is coffee")
	w.Quiet()
	if i, err := w.program.store.Incident(t.Context(), 1); err != nil || i.Status != incident.Declined {
		t.Errorf("it stays in the record: %v %v", i, err)
	}
}

// TestF66EveryTitleIsShownAsTyped: whatever a title holds, nobody is called by it, wherever it stands.
func TestF66EveryTitleIsShownAsTyped(t *testing.T) {
	w := newHouse(t)
	ada := w.Person("Ada")
	for n, title := range []string{
		"<!channel> <@U0ADA> <!subteam^S1> <https://evil.example|runbook>", "*bold* _and_ ~so~ `on` & <b>", "🔥🔥🔥", "数据库故障", strings.Repeat("<", incident.MaxTitle),
	} {
		answer := ada.Type("#random", "/incident declare "+title)
		answer.Expect("declared")
		id := incident.ID(n + 1).String()
		w.Channel("#incidents").Expect(id + " · " + cut(title))
		room := w.Channel("#" + incident.RoomName("inc-{number}-{title}", incident.ID(n+1), title))
		room.Expect(id)
		w.Quiet()
		if strings.Contains(room.Topic(), "<!channel>") && !strings.Contains(title, "<!channel>") {
			t.Error(room.Topic())
		}
	}
	for _, call := range w.Calls() {
		for name, value := range call.Args {
			if s, ok := value.(string); ok && (strings.Contains(s, "<!channel") || strings.Contains(s, "<!subteam") || strings.Contains(s, "<https://evil")) {
				t.Errorf("%s sends %s=%s", call.Method, name, s)
			}
		}
	}
}

// cut is as much of a title as an announcement is sure to show, whatever its characters are when escaped.
func cut(title string) string {
	if runes := []rune(title); len(runes) > 80 {
		return string(runes[:80])
	}
	return title
}

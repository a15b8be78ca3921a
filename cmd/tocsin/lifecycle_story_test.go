package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// TestStorySeverityUnknown: whoever cannot say how bad it is says so, and the room is asked once there was time to look.
func TestStorySeverityUnknown(t *testing.T) {
	h := newHouse(t)
	ada := h.Person("Ada")
	ada.Type("#general", "/incident declare unknown checkout is odd").Expect("INC-1 declared")
	room := h.Channel("#inc-1-checkout-is-odd")
	card := room.Expect("SEVERITY UNKNOWN", "checkout is odd", "due") // like a sev3, which owes updates
	h.Channel("#incidents").Expect("SEVERITY UNKNOWN")
	h.pass(9 * time.Minute)
	h.Quiet()
	h.pass(time.Minute)
	asked := room.Expect("How bad is *INC-1 checkout is odd*?", "SEV1", "SEV4", "Remind me in 15 min")
	ada.Press(asked, "SEV2")
	card.ExpectEdit("SEV2").Lacks("UNKNOWN")
	h.Quiet()
	ada.Type(room.Name(), "/incident severity unknown").Expect("INC-1 is now *SEVERITY UNKNOWN*")
	ada.Type(room.Name(), "/incident commander me").Expect("Commander")
	room.Expect("*commander*")
	h.pass(10 * time.Minute)
	room.Expect("How bad is")
	ada.Type(room.Name(), "/incident resolve").Expect("resolved")
	room.Expect("resolved")
	h.pass(24 * time.Hour)
	h.Quiet()

	ada.Type("#general", "/incident declare")
	form := ada.Modal().Has("UNKNOWN", "Nobody can say yet how bad it is.")
	form.Fill("What is broken?", "carts are empty").Choose("How bad is it?", "UNKNOWN").Submit()
	h.Channel("#inc-2-carts-are-empty").Expect("SEVERITY UNKNOWN")
	h.Channel("#incidents").Expect("SEVERITY UNKNOWN")
	h.Quiet()
}

// TestStorySeverityTells: whom the policy names for a severity hears of it, once, and is invited; of a private incident only
// who is in its room.
func TestStorySeverityTells(t *testing.T) {
	w := slacksim.New(t, slacksim.Options{Manifest: tocsin.Manifest})
	grace, linus := w.Person("Grace"), w.Person("Linus")
	h := newHouseIn(t, w, func(o *options) {
		o.policy.Severities = slices.Clone(o.policy.Severities)
		o.policy.Severities[0].Tell, o.policy.Severities[0].Invite = []string{grace.ID()}, []string{linus.ID()}
	})
	ada := h.Person("Ada")
	ada.Type("#general", "/incident declare sev2 checkout is down").Expect("INC-1 declared")
	room := h.Channel("#inc-1-checkout-is-down")
	card := room.Expect("SEV2")
	announcement := h.Channel("#incidents").Expect("SEV2")
	h.Quiet()
	ada.Type(room.Name(), "/incident severity sev1").Expect("SEV1")
	card.ExpectEdit("SEV1")
	announcement.ExpectEdit("SEV1")
	h.DirectMessages(grace).Expect("SEV1 · INC-1 · checkout is down", "*Ada* changed the severity from SEV2 to *SEV1*", room.Name())
	h.Quiet()
	if got := strings.Join(room.Members(), " "); got != "Ada Linus Tocsin" {
		t.Errorf("members: %s", got)
	}

	h.Faults(func(c slacksim.Call) *slacksim.Fault { // what cannot be told at once is told as it is then
		if c.Method == "conversations.open" {
			return &slacksim.Fault{Kind: slacksim.Status, Status: 429, RetryAfter: 10 * time.Second}
		}
		return nil
	})
	for _, severity := range []string{"sev3", "sev1", "sev2", "sev1"} {
		ada.Type(room.Name(), "/incident severity "+severity).Expect("is now")
	}
	card.ExpectEdit("SEV1")
	h.Quiet()
	h.Faults(nil)
	h.Pass(20 * time.Second)
	h.DirectMessages(grace).Expect("SEV2 to *SEV1*")
	h.Quiet()

	ada.Type("#general", "/incident declare sev1 search is down").Expect("INC-2 declared")
	h.Channel("#inc-2-search-is-down").Expect("SEV1")
	h.Channel("#incidents").Expect("SEV1")
	h.DirectMessages(grace).Expect("*Ada* declared", "search is down")
	h.Quiet()

	ada.Type("#general", "/incident declare --private sev1 a key has leaked").Expect("INC-3 declared")
	private := h.Channel("#inc-3-a-key-has-leaked")
	private.Expect("SEV1")
	h.Quiet() // and Grace hears nothing
	ada.Type(private.Name(), "/incident scribe @Grace").Expect("Scribe")
	private.Expect("*scribe*")
	h.Quiet()
	for _, severity := range []string{"sev2", "sev1"} {
		ada.Type(private.Name(), "/incident severity "+severity).Expect("is now")
	}
	h.DirectMessages(grace).Expect("SEV2 to *SEV1*")
	h.Quiet()
}

// TestStoryDrill: every message of an exercise says so, and nobody hears of it but who takes part.
func TestStoryDrill(t *testing.T) {
	w := slacksim.New(t, slacksim.Options{Manifest: tocsin.Manifest})
	grace, linus := w.Person("Grace"), w.Person("Linus")
	h := newHouseIn(t, w, func(o *options) {
		for n := range o.policy.Severities {
			level := &o.policy.Severities[n]
			level.Tell, level.Invite, level.Escalate = []string{linus.ID()}, []string{linus.ID()}, []string{linus.ID()}
		}
		o.policy.Services[0].Owner = linus.ID()
		o.policy.Drills.Invite = []string{grace.ID()}
	})
	ada := h.Person("Ada")
	ada.Type("#general", "/incident drill sev2 the region is gone --service checkout").Expect("INC-1 declared as an exercise")
	room := h.Channel("#inc-1-the-region-is-gone")
	card := room.Expect("EXERCISE", "SEV2", "the region is gone")
	h.Quiet() // nothing is announced
	h.pass(5 * time.Minute)
	room.Expect("EXERCISE", "Nobody leads")
	h.pass(10 * time.Minute)
	room.Expect("EXERCISE", "Nobody leads")
	ada.Type(room.Name(), "/incident severity sev1").Expect("SEV1")
	ada.Press(card, "Take command")
	for _, typed := range []string{"update we move", "mitigated", "resolve", "reopen once more"} {
		room.Expect("EXERCISE")
		ada.Type(room.Name(), "/incident "+typed)
	}
	room.Expect("EXERCISE", "reopened")
	h.pass(30 * time.Minute)
	h.DirectMessages(ada).Expect("EXERCISE", "An update on")
	h.Quiet()
	if got := strings.Join(room.Members(), " "); got != "Ada Grace Tocsin" {
		t.Errorf("members: %s", got)
	}
	if topic := room.Topic(); !strings.Contains(topic, "EXERCISE") {
		t.Errorf("topic: %s", topic)
	}
	ada.Type("#general", "/incident list").Expect("EXERCISE")
	h.program.bot.Policy().Drills.Announce = h.ChannelID("random")
	ada.Type("#general", "/incident declare the database is gone --drill").Expect("as an exercise")
	h.Channel("#inc-2-the-database-is-gone").Expect("EXERCISE")
	h.Channel("#random").Expect("EXERCISE", "the database is gone")
	ada.Type("#general", "/incident drill")
	ada.Modal().Fill("What is broken?", "a third one").Submit()
	h.Channel("#inc-3-a-third-one").Expect("EXERCISE")
	h.Channel("#random").Expect("EXERCISE", "a third one")
	h.Quiet()
}

// TestStoryBackfill: what is over is recorded with its times, without a room unless one is asked for, and announced nowhere.
func TestStoryBackfill(t *testing.T) {
	h := newHouse(t)
	ada := h.Person("Ada") // in Berlin; the scenario begins on 10 March at 09:00 UTC
	ada.Type("#general", `/incident backfill sev2 mail was late --started "yesterday 22:00" --detected "yesterday 22:30" --mitigated 01:00 --resolved -2h`).
		Expect("INC-1 is recorded", "SEV2", "mail was late", "9 Mar 22:00 CET", "9 Mar 22:30 CET", "10 Mar 01:00 CET", "10 Mar 08:00 CET", "It has no room")
	ada.Type("#general", "/incident timeline INC-1").
		Expect("recorded sev2 afterwards: mail was late", "noted that it was started", "noted that it was mitigated", "noted that it was resolved")
	ada.Type("#general", "/incident note INC-1 at 07:00 we restarted it").Expect("Noted")
	ada.Type("#general", "/incident list").Expect("No open incidents")
	ada.Type("#general", "/incident reopen INC-1 it is back").Expect("was recorded after it was over", "/incident declare mail was late")
	ada.Type("#general", "/incident close INC-1").Expect("INC-1 is closed")
	for typed, answer := range map[string]string{
		"x --started -1h --resolved -2h":                "cannot have been resolved before it was started",
		"x --started -3h --resolved -2h --detected -1h": "cannot have been resolved before it was detected",
		"x --started -3h --resolved soon":               "I cannot read the time \"soon\"",
	} {
		ada.Type("#general", "/incident backfill "+typed).Expect(answer)
	}
	h.Quiet()

	ada.Type("#general", "/incident backfill search was slow --started -3h --room")
	form := ada.Modal().Has("Record a past incident", "search was slow", "-3h", "Resolved")
	form.Fill("Resolved", "noon")
	if got := form.Submit(); !strings.Contains(got.Errors["Resolved"], "I cannot read the time") {
		t.Errorf("got %+v", got)
	}
	form.Fill("Resolved", "-1h").Fill("Detected", "-30m")
	if got := form.Submit(); !strings.Contains(got.Errors["Resolved"], "before it was detected") {
		t.Errorf("got %+v", got)
	}
	form.Fill("Detected", "").Submit()
	form.Expect("INC-2 is recorded", "Opening #inc-2-search-was-slow")
	room := h.Channel("#inc-2-search-was-slow")
	room.Expect("search was slow", "resolved")
	h.Quiet()
	if got := strings.Join(room.Members(), " "); got != "Ada Tocsin" {
		t.Errorf("members: %s", got)
	}
	ada.Type("#general", "/incident backfill --private a key had leaked --started -3h --resolved -1h").Expect("INC-3 is recorded")
	missing := h.Person("Grace").Type("#general", "/incident timeline INC-4").Text
	if got := h.Person("Grace").Type("#general", "/incident timeline INC-3").Text; got != strings.ReplaceAll(missing, "INC-4", "INC-3") {
		t.Errorf("a private one is answered like one that does not exist: %s", got)
	}
	h.Quiet()
}

// TestStoryWhoMayDrill: what the policy says of exercises and of real incidents holds, whichever way somebody asks for one.
func TestStoryWhoMayDrill(t *testing.T) {
	policy := incident.Defaults()
	h := newHouse(t, func(o *options) { o.policy = policy })
	ada := h.Person("Ada")
	submit := func(verb, title string, drill bool) {
		t.Helper()
		ada.Type("#general", "/incident "+verb)
		form := ada.Modal().Fill("What is broken?", title)
		if drill {
			form.Tick("Options", "Drill")
		}
		form.Submit()
	}
	const toAdmins = "to admins: ask one of them"
	policy.Permissions = map[string]incident.Grant{"drill": incident.Admins}
	for _, typed := range []string{"drill we practise", "declare we practise --drill", "declare --drill"} {
		ada.Type("#general", "/incident "+typed).Expect("leaves drill " + toAdmins)
	}
	submit("declare", "we practise", true)
	ada.Modal().Has("leaves drill " + toAdmins)
	policy.Permissions = map[string]incident.Grant{"declare": incident.Admins}
	ada.Type("#general", "/incident declare checkout is down").Expect("leaves declare " + toAdmins)
	submit("drill", "we practise", false)
	h.Channel("#inc-1-we-practise").Expect("EXERCISE")
	h.Quiet()
}

// TestStoryDrillIsMarked: whoever hears of an exercise reads that it is one, in each message; who asked to hear of a service
// does not hear of it.
func TestStoryDrillIsMarked(t *testing.T) {
	h := newHouse(t)
	h.program.bot.Policy().Drills.Announce = h.ChannelID("random")
	ada, grace, linus := h.Person("Ada"), h.Person("Grace"), h.Person("Linus")
	grace.Type("#general", "/incident subscribe service checkout")
	ada.Type("#general", "/incident drill we practise --service checkout")
	room := h.Channel("#inc-1-we-practise")
	room.Expect("we practise")
	linus.Type("#general", "/incident subscribe INC-1").Expect("You hear each update")
	for _, typed := range []string{"update INC-1 all is burning", "task INC-1 put it out", "update INC-1 it burns still", "task INC-1 done 1", "resolve INC-1"} {
		ada.Type("#general", "/incident "+typed)
		if err := h.drain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	said := h.DirectMessages(linus).Messages()
	if len(said) != 3 {
		t.Errorf("who asked to hear of the exercise itself heard %q", said)
	}
	for _, where := range []string{"#random", room.Name()} {
		for _, post := range h.Posted(where) {
			said = append(said, post.Text)
		}
	}
	said = append(said, room.Messages()...)
	for _, words := range said {
		if !strings.Contains(words, "EXERCISE") && !strings.Contains(words, "has joined") {
			t.Errorf("does not say that it is an exercise: %s", words)
		}
	}
	if heard := h.DirectMessages(grace).Messages(); len(heard) > 0 {
		t.Errorf("who asked to hear of the service heard %q", heard)
	}
}

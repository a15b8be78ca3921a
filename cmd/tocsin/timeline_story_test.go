package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// number is the number of the last entry of a kind, as people type it.
func (h *house) number(kind incident.EventKind) string {
	h.t.Helper()
	return fmt.Sprintf("#%d", h.latest(kind).ID)
}

// TestStoryTimelineFilters: by kind, by person and by star, over pages; with a way to the message; and notes can be added there.
func TestStoryTimelineFilters(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	grace := h.enter("Grace", room)
	ada.React(grace.Say(room.Name(), "it is DNS"), "pushpin")
	h.Quiet()
	caught := h.number(incident.EventCaught)
	ada.Type(room.Name(), "/incident update we look at the resolver").Expect("Update posted")
	h.Channel("#incidents").Expect("we look at the resolver") // below the announcement
	room.Expect("we look at the resolver")
	grace.Type(room.Name(), "/incident timeline add -5m the deploy began").Expect("Noted on the timeline of INC-1 at", "the deploy began")
	ada.Type("#general", "/incident timeline INC-1 add from afar").Expect("Noted on the timeline of INC-1: from afar")

	ada.Type(room.Name(), "/incident timeline").Expect("caught what Grace said: it is DNS", caught, "jump", "posted an update", "the deploy began").Lacks("picked a message")
	ada.Type(room.Name(), "/incident timeline updates").Expect("Timeline of INC-1: updates", "we look at the resolver").Lacks("DNS", "deploy")
	ada.Type(room.Name(), "/incident timeline note").Expect("the deploy began", "from afar").Lacks("DNS", "resolver")
	ada.Type(room.Name(), "/incident timeline @Grace").Expect("it is DNS", "the deploy began").Lacks("resolver", "from afar")
	ada.Type(room.Name(), "/incident timeline notes me").Expect("from afar").Lacks("deploy")
	ada.Type(room.Name(), "/incident timeline roles").Expect("Nothing there.")
	ada.Type(room.Name(), "/incident timeline nonsense").Expect("I cannot read", "starred", "updates", "#12")

	ada.Type(room.Name(), "/incident star "+caught).Expect(caught + " of INC-1 is starred")
	ada.Type(room.Name(), "/incident star "+caught).Expect("is starred already")
	for n := range 30 {
		grace.Type(room.Name(), fmt.Sprintf("/incident note number %d", n))
	}
	ada.Type(room.Name(), "/incident timeline starred").Expect(":star:", "it is DNS").Lacks("number", "Earlier")
	page := ada.Type(room.Name(), "/incident timeline notes @Grace").Expect("number 29", "Earlier entries").Lacks("number 14", "from afar")
	page = ada.Press(page, "Earlier entries").Expect("number 14", "number 0").Lacks("number 15", "from afar")
	ada.Press(page, "Earlier entries").Expect("the deploy began").Lacks("number")
	ada.Type(room.Name(), "/incident unstar "+caught).Expect("has no star any more")
	ada.Type(room.Name(), "/incident timeline starred").Expect("Nothing there.")
	h.Quiet()
}

// TestStoryTimelineOfSeveralDays: each day has its date, in the zone of whoever reads it.
func TestStoryTimelineOfSeveralDays(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	ada.Type(room.Name(), "/incident timeline").Lacks("March 2026")
	ada.Type(room.Name(), "/incident severity sev4").Expect("SEV4")
	ada.Type(room.Name(), "/incident commander me").Expect("Commander")
	room.Expect("now *commander*")
	h.pass(15 * time.Hour) // 23:00 UTC is midnight where Ada lives, and passes with an hour more in London
	ada.Type(room.Name(), "/incident note after midnight").Expect("Noted")
	got := ada.Type(room.Name(), "/incident timeline").Expect("Tuesday 10 March 2026", "Wednesday 11 March 2026").Text
	if strings.Index(got, "Wednesday") > strings.Index(got, "after midnight") {
		t.Errorf("the day stands before its entries:\n%s", got)
	}
	h.Quiet()
}

// TestStoryCorrect: the old words stay, and the new ones stand beside them; what we have posted, the card and the announcement
// say the new ones.
func TestStoryCorrect(t *testing.T) {
	h, ada, room, card := inRoom(t)
	h.Announce("not_in_channel") // we post announcements to a channel that we need not be in, and join it to find one again
	announcement := h.Channel("#incidents").Post("checkout is down")
	linus := h.Person("Linus")
	linus.Type("#general", "/incident subscribe INC-1").Expect("INC-1")
	ada.Type(room.Name(), "/incident update all carts are lost").Expect("Update posted")
	below := h.Channel("#incidents").Expect("all carts are lost")
	heard := h.DirectMessages(linus).Expect("all carts are lost")
	post := room.Expect("all carts are lost")
	card.ExpectEdit("all carts are lost")
	h.Quiet()
	number := h.number(incident.EventUpdate)
	h.Person("Grace").Type("#general", "/incident correct INC-1 "+number+" some carts are slow").Expect(number + " of INC-1 is corrected")
	h.Quiet()
	for _, p := range []*slacksim.Post{post, below, heard} {
		p.Has("some carts are slow", "Corrected by Grace").Lacks("all carts are lost")
	}
	for words, found := range map[string]string{"lost": "Nothing that you may see", "carts lost": "Nothing that you may see", "slow": "some carts are slow"} {
		ada.Type("#general", "/incident search "+words).Expect(found)
	}
	card.Has("some carts are slow").Lacks("all carts are lost")
	announcement.Has("some carts are slow").Lacks("all carts are lost")
	ada.Type(room.Name(), "/incident timeline").Expect("posted an update: all carts are lost", "corrected by Grace", "some carts are slow")

	whole := ada.Type(room.Name(), "/incident timeline "+number).Expect("all carts are lost", "Corrected", "some carts are slow", "Star")
	ada.Press(whole, "Star").Expect("is starred")
	ada.Press(whole, "Correct")
	ada.Modal().Fill("How should it read?", "one cart is slow").Submit()
	h.Quiet()
	post.Has("one cart is slow")
	ada.Type("#general", "/incident search carts").Expect("Nothing that you may see")
	ada.Type("#general", "/incident search cart").Expect("one cart is slow").Lacks("some carts")
	for typed, want := range map[string]string{
		"correct":                  "named by its number",
		"correct it was noon":      "named by its number",
		"correct #999 x":           "INC-1 has no entry #999",
		"star #999":                "INC-1 has no entry #999",
		"correct #1 another title": "no words of a person",
		"correct " + number:        "",
		"star " + number:           "starred already",
		"correct " + number + " one cart is slow": "says that already",
	} {
		if want != "" {
			ada.Type(room.Name(), "/incident "+typed).Expect(want)
		}
	}
	h.Quiet()
}

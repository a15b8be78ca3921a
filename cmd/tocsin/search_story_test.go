package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tocsin/incident"
)

// TestStorySearch finds words in titles and on timelines, newest first, and no more than one may read.
func TestStorySearch(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	grace := h.Person("Grace")
	ada.Type(room.Name(), "/incident note the Zürich queue, at 90 %, is <!channel> stuck")
	ada.Type("#general", "/incident declare the canary queue sings --private")
	private := h.Channel("#inc-2-the-canary-queue-sings")
	private.Expect("canary")
	ada.Type(private.Name(), "/incident note the canary is in the queue")
	h.Quiet()
	grace.Type("#general", "/incident search QUEUE zuerich").Expect("*INC-1 checkout is down*", "noted: the Zürich queue", "/incident timeline INC-1 #")
	grace.Type("#general", "/incident search checkout").Expect("declared sev2: checkout is down")
	for _, words := range []string{"canary", "queue sings", "nothing of this", "\"' OR 1=1 --", "queue*zzz"} {
		grace.Type("#general", "/incident search "+words).Expect("Nothing that you may see holds all of")
	}
	ada.Type("#general", "/incident search canary").Expect("*INC-2", "the canary is in the queue", "declared")
	grace.Type("#general", "/incident search stu").Expect("stuck") // the last word may be begun only
	grace.Type("#general", "/incident search que stuck").Expect("Nothing")
	grace.Type("#general", "/incident search ?!").Expect("Say which words")
	grace.Type("#general", "/incident search")
	grace.Modal().Fill("Which words?", "stuck").Submit()
	if text := grace.Modal().Text(); !strings.Contains(text, "stuck") || strings.Contains(text, "canary") {
		t.Errorf("the form shows %s", text)
	}
	h.Quiet()
}

// TestStorySearchPages: what does not fit on a page is behind a button.
func TestStorySearchPages(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	for n := range 25 {
		ada.Type(room.Name(), fmt.Sprintf("/incident note step %d of the recovery", n))
	}
	page := ada.Type(room.Name(), "/incident search recovery").Expect("step 24 of", "step 15 of", "Older ones")
	page.Lacks("step 14 of")
	page = ada.Press(page, "Older ones").Expect("step 14 of", "step 5 of")
	page = ada.Press(page, "Older ones").Expect("step 4 of", "step 0 of")
	page.Lacks("Older ones")
	h.Quiet()
}

// TestStorySearchTellsNothing: whether a word stands nowhere, or very often where the caller may not look, the answer is one.
func TestStorySearchTellsNothing(t *testing.T) {
	h := newHouse(t)
	ada, linus := h.Person("Ada"), h.Person("Linus")
	ada.Type("#general", "/incident declare canary leaks --private").Expect("INC-1 declared")
	h.Channel("#inc-1-canary-leaks").Expect("canary leaks")
	h.Quiet()
	for range 10 {
		_, err := h.program.store.Change(t.Context(), incident.Request{At: h.Clock()()}, func(tx incident.Tx) ([]byte, error) {
			i, err := tx.Incident(1)
			for range 60 {
				if err == nil {
					err = i.Note("canary again", time.Time{}, incident.Stamp{By: incident.Person{Handle: ada.ID(), Name: "Ada"}, At: h.Clock()()})
				}
			}
			return nil, err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, before := range []string{"", "before 400 "} {
		none := linus.Type("#general", "/incident search "+before+"canaries").Text
		if got := linus.Type("#general", "/incident search "+before+"canary").Text; got != strings.ReplaceAll(none, "canaries", "canary") {
			t.Errorf("answered %s", got)
		}
	}
	ada.Type("#general", "/incident search canary").Expect("canary again", "Older ones")
}

// TestStorySearchIsAWayOn: an incident stands once, with what was found in it and a button that shows it; that another looks alike
// is no hit of its own.
func TestStorySearchIsAWayOn(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	ada.Type(room.Name(), "/incident note checkout answers again")
	h.Person("Grace").Type("#general", "/incident declare checkout is down for all").Expect("INC-2 declared", "looks like")
	h.Channel("#inc-2-checkout-is-down-for-all").Expect("Take command")
	h.Channel("#inc-2-checkout-is-down-for-all").Expect("looks like this one")
	room.Expect("looks like this one")
	h.Channel("#incidents").Expect("for all")
	h.Quiet()
	found := ada.Type("#general", "/incident search checkout").Expect("INC-1 checkout is down", "answers again", "declared", "INC-2 checkout is down for all")
	if n := strings.Count(found.Text, "*INC-1 "); n != 1 || strings.Contains(found.Text, "looks alike") {
		t.Errorf("INC-1 stands %d times:\n%s", n, found.Text)
	}
	ada.Press(found, "Show").Expect("checkout is down", "Its room is")
	h.Quiet()
}

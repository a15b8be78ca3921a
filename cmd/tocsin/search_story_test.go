package main

import (
	"fmt"
	"strings"
	"testing"
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

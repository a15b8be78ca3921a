package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tocsin/incident"
)

// refresh reads who is in the private rooms, as happens every two minutes.
func (h *house) refresh(t *testing.T) {
	t.Helper()
	if err := h.program.bot.RefreshMembers(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestStoryMadePrivate: an incident that everybody could see goes on in a private room, with the people that it had; outside
// nothing of it stands any more, and the room before says so and is archived.
func TestStoryMadePrivate(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	grace, linus, gus := h.Person("Grace"), h.Person("Linus"), h.Person("Gus")
	linus.Type("#general", "/incident subscribe INC-1").Expect("You hear each update")
	ada.Type(room.Name(), "/incident communicator @Grace").Expect("Communicator")
	room.Expect("now *communicator*")
	ada.Type(room.Name(), "/incident task revoke the key @Grace").Expect("Task 1")
	room.Expect("*Task 1*")
	ada.Type(room.Name(), "/incident update somebody has our key").Expect("Update posted")
	room.Expect("somebody has our key")
	announcement := h.Channel("#incidents").Post("checkout is down")
	h.Channel("#incidents").Expect(":mega:", "somebody has our key")
	h.DirectMessages(linus).Expect("somebody has our key")
	grace.Reply(announcement, "oh dear")
	gus.OpenHome().Expect("No open incidents") // a guest
	linus.OpenHome().Expect("INC-1 checkout is down")
	h.Quiet()

	linus.Type("#general", "/incident private INC-1 now").Expect("Nothing was changed")
	was, task := room.Post("*Declared by*"), room.Post("*Task 1*")
	sure := grace.Type(room.Name(), "/incident private").Expect("Make INC-1 private?", "new private room")
	h.Quiet() // nothing happens before that
	grace.Press(sure, "Make it private").Expect("*INC-1 is private now*", "*What was said so far stays:*")
	was.ExpectEdit("INC-1 does not go on in this room").Lacks("Resolve").Lacks("checkout")
	task.ExpectEdit("Task 1 does not go on in this room").Lacks("Done")
	closed := h.Channel("#inc-1-checkout-is-down-2")
	card := closed.Expect("checkout is down", ":lock: private", "Before: ", room.Name())
	closed.Expect("*Grace* made INC-1 private", "stays readable")
	closed.Expect("*Task 1* revoke the key")
	room.Expect("*Grace* made INC-1 private", "stays readable for all who could read it", "/incident access INC-1 why").Lacks("checkout")
	h.Quiet()
	if got := strings.Join(closed.Members(), " "); !closed.Private() || got != "Ada Grace Tocsin" {
		t.Errorf("private: %v, members: %s", closed.Private(), got)
	}
	if !room.Archived() || !card.Pinned() {
		t.Errorf("the room before is archived: %v, the card is pinned: %v", room.Archived(), card.Pinned())
	}
	for _, post := range h.Posted("#incidents") {
		t.Errorf("it stands outside still: %s", post.Text)
	}
	if got := h.Channel("#incidents").Messages(); !strings.Contains(strings.Join(got, "\n"), "oh dear") {
		t.Errorf("what others said stays: %q", got)
	}
	if got := strings.Join(closed.Bookmarks(), " "); strings.Contains(got, "Announcement") {
		t.Errorf("bookmarks: %s", got)
	}
	if got := linus.Home().Text(); strings.Contains(got, "INC-1") {
		t.Errorf("it stands on a Home tab still: %s", got)
	}
	none := linus.Type("#general", "/incident show INC-9").Text
	for _, where := range []string{"#general", "#random"} {
		if got := linus.Type(where, "/incident show INC-1").Text; got != strings.ReplaceAll(none, "INC-9", "INC-1") {
			t.Errorf("answered %s", got)
		}
	}
	linus.Type("#general", "/incident search key").Expect("Nothing that you may see")
	linus.Type("#general", "/incident list all").Expect("No incidents like that")
	ada.Type(closed.Name(), "/incident timeline").Expect("somebody has our key", "made it private")
	ada.Type(closed.Name(), "/incident update it is revoked").Expect("Update posted")
	closed.Expect("it is revoked") // Linus hears nothing of it
	grace.Type("#general", "/incident list mine").Expect("INC-1 checkout is down", ":lock: private")
	grace.Type(closed.Name(), "/incident private yes").Expect("INC-1 is private already")
	h.Quiet()
}

// TestStoryMadePublic: asked twice, and then everybody reads all of it; what was said in the private room stays there.
func TestStoryMadePublic(t *testing.T) {
	h := newHouse(t)
	ada, grace, linus := h.Person("Ada"), h.Person("Grace"), h.Person("Linus")
	ada.Type("#general", "/incident declare --private a key has leaked").Expect("INC-1 declared")
	room := h.Channel("#inc-1-a-key-has-leaked")
	room.Expect("a key has leaked")
	ada.Type(room.Name(), "/incident scribe @Grace").Expect("Scribe")
	room.Expect("now *scribe*")
	ada.Type(room.Name(), "/incident note it was in the log").Expect("Noted")
	h.Quiet()
	ada.Type(room.Name(), "/incident public at once").Expect("Nothing was changed")
	first := ada.Type(room.Name(), "/incident public").Expect("*Make INC-1 public?*", "the whole timeline", "Go on")
	second := ada.Press(first, "Go on").Expect("Asked for the second time", "a key has leaked", "Make it public")
	if i, err := h.program.store.Incident(t.Context(), 1); err != nil || !i.Private {
		t.Fatalf("it is asked twice: %v", err)
	}
	linus.Type("#general", "/incident public INC-1 yes everybody").Expect("There is no INC-1.")
	h.Quiet()
	ada.Press(second, "Make it public").Expect("*INC-1 is public now*")
	open := h.Channel("#inc-1-a-key-has-leaked-2")
	open.Expect("a key has leaked").Lacks("private", "Before")
	open.Expect("*Ada* made INC-1 public", "What was said in its private room stays there")
	room.Expect("*Ada* made INC-1 public", open.Name(), "stays private")
	h.Channel("#incidents").Expect("a key has leaked", open.Name())
	h.Quiet()
	if got := strings.Join(open.Members(), " "); open.Private() || got != "Ada Grace Tocsin" || !room.Archived() || !room.Private() {
		t.Errorf("private: %v, members: %s, before: archived %v, private %v", open.Private(), got, room.Archived(), room.Private())
	}
	linus.Type("#general", "/incident timeline INC-1").Expect("it was in the log", "made it public")
	ada.Type("#general", "/incident public INC-1").Expect("INC-1 is public already")
	grace.Type(open.Name(), "/incident private yes").Expect("INC-1 is private now") // and back again
	third := h.Channel("#inc-1-a-key-has-leaked-3")
	third.Expect("a key has leaked", ":lock: private")
	third.Expect("made INC-1 private")
	open.Expect("made INC-1 private")
	h.Quiet()
	if got := len(h.Posted("#incidents")); got != 0 {
		t.Errorf("%d messages stand outside", got)
	}
}

// TestStoryConversionIsRefused where it could not be said any more who knows what.
func TestStoryConversionIsRefused(t *testing.T) {
	h, older, newer := twoRooms(t, "")
	ada, gus := h.Person("Ada"), h.Person("Gus")
	ada.Type("#general", "/incident merge INC-2 into INC-1").Expect("INC-2 is a duplicate")
	newer.Expect("merged INC-2")
	older.Expect("merged *INC-2")
	h.Quiet()
	ada.Type("#general", "/incident private INC-2 yes").Expect("INC-2 is a duplicate of INC-1. To make it private, reopen it first", "Reopen")
	ada.Type("#general", "/incident private INC-1 yes").Expect("Others are duplicates of INC-1, and tell of it")
	ada.Type("#general", "/incident backfill it was down --started -3h --resolved -2h").Expect("INC-3")
	ada.Type("#general", "/incident private INC-3 yes").Expect("INC-3 was recorded after it was over")
	ada.Type("#general", "/incident declare search is slow").Expect("INC-4 declared")
	room := h.Channel("#inc-4-search-is-slow")
	room.Expect("Take command")
	h.Channel("#incidents").Expect("search is slow")
	h.Join(gus, room.Name())
	h.Quiet()
	gus.Type(room.Name(), "/incident private yes").Expect("Who may know of an incident is for the members of this workspace to say")
	ada.Type(room.Name(), "/incident public").Expect("INC-4 is public already")
	ada.Type(room.Name(), "/incident resolve").Expect("resolved")
	room.Expect("resolved")
	ada.Type(room.Name(), "/incident close").Expect("closed")
	room.Expect("closed")
	ada.Type(room.Name(), "/incident private yes").Expect("INC-4 is closed. To make it private, reopen it first", "Reopen")
	h.Quiet()
}

// TestStoryExerciseMadePrivate: what is practised is practised whole.
func TestStoryExerciseMadePrivate(t *testing.T) {
	h := newHouse(t)
	ada := h.Person("Ada")
	ada.Type("#general", "/incident drill the region is gone").Expect("INC-1 declared")
	room := h.Channel("#inc-1-the-region-is-gone")
	room.Expect("EXERCISE")
	h.Quiet()
	ada.Type(room.Name(), "/incident private yes").Expect("INC-1 is private now")
	h.Channel("#inc-1-the-region-is-gone-2").Expect("EXERCISE", ":lock: private")
	h.Channel("#inc-1-the-region-is-gone-2").Expect("EXERCISE", "made INC-1 private")
	room.Expect("EXERCISE", "made INC-1 private")
	h.Quiet()
}

// TestStoryOfAnotherThatIsPrivateNow: what the timeline of another incident tells of it is its number, for those who may not
// know more.
func TestStoryOfAnotherThatIsPrivateNow(t *testing.T) {
	h := newHouse(t)
	ada, linus := h.Person("Ada"), h.Person("Linus")
	ada.Type("#general", "/incident declare the albatross coughs").Expect("declared")
	first := h.Channel("#inc-1-the-albatross-coughs")
	first.Expect("Take command")
	ada.Type("#general", "/incident declare an albatross coughs").Expect("declared")
	second := h.Channel("#inc-2-an-albatross-coughs")
	second.Expect("Take command")
	first.Expect("looks like this one")
	second.Expect("looks like this one")
	h.Channel("#incidents").Expect("INC-1")
	h.Channel("#incidents").Expect("INC-2")
	h.Quiet()
	linus.Type("#general", "/incident timeline INC-2").Expect("INC-1 looks alike: the albatross coughs")
	ada.Type(first.Name(), "/incident private yes").Expect("private now")
	h.quieten(t)
	h.refresh(t)
	told := linus.Type("#general", "/incident timeline INC-2").Expect("saw that INC-1 looks alike").Text
	if strings.Contains(told, "the albatross") {
		t.Errorf("Linus reads %s", told)
	}
	events, _, err := h.program.store.Timeline(t.Context(), 2, 0, 50)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Kind == incident.EventSimilar {
			if told := linus.Type("#general", fmt.Sprintf("/incident timeline INC-2 #%d", e.ID)).Text; strings.Contains(told, "the albatross") {
				t.Errorf("Linus reads %s", told)
			}
		}
	}
	if found := linus.Type("#general", "/incident search the albatross").Text; !strings.Contains(found, "Nothing that you may see") {
		t.Errorf("Linus finds %s", found)
	}
	ada.Type("#general", "/incident timeline INC-2").Expect("INC-1 looks alike: the albatross coughs")
	ada.Type("#general", "/incident search the albatross").Expect("INC-2")
}

// TestStoryPrivateStaysReachableWhenClosed: for those in its room, from everywhere; and for nobody else.
func TestStoryPrivateStaysReachableWhenClosed(t *testing.T) {
	h := newHouse(t)
	ada, grace := h.Person("Ada"), h.Person("Grace")
	ada.Type("#general", "/incident declare --private the albatross coughs").Expect("declared")
	room := h.Channel("#inc-1-the-albatross-coughs")
	room.Expect("Take command")
	for _, verb := range []string{"resolve", "close"} {
		ada.Type(room.Name(), "/incident "+verb).Expect("INC-1 is " + verb)
		room.Expect(verb)
	}
	h.Quiet()
	for range 3 {
		h.Pass(24 * time.Hour)
		h.refresh(t)
		ada.Type("#general", "/incident show INC-1").Expect("the albatross coughs", "closed")
		ada.Type("#general", "/incident list all").Expect("the albatross coughs")
		ada.Type("#general", "/incident search albatross").Expect("INC-1")
		grace.Type("#general", "/incident show INC-1").Expect("There is no INC-1.")
	}
	h.Quiet()
}

// TestStoryPrivateByButton: alone, /incident offers it in the room.
func TestStoryPrivateByButton(t *testing.T) {
	h, ada, room, _ := inRoom(t)
	ada.Press(ada.Type(room.Name(), "/incident").Expect("Make it private"), "Make it private").Expect("INC-1 is private now")
	closed := h.Channel("#inc-1-checkout-is-down-2")
	closed.Expect("checkout is down", ":lock: private")
	closed.Expect("made INC-1 private")
	room.Expect("made INC-1 private")
	h.Quiet()
	ada.Press(ada.Type(closed.Name(), "/incident").Expect("Make it public"), "Make it public").Expect("*Make INC-1 public?*")
	h.Quiet()
}

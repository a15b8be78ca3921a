package main

import (
	"strings"
	"sync"
	"testing"

	"tocsin/bot/slacksim"
)

// twoRooms declares two incidents that are one trouble, and leaves nothing unread.
func twoRooms(t *testing.T, flags string) (h *house, older, newer *slacksim.Channel) {
	t.Helper()
	h = newHouse(t)
	h.Person("Ada").Type("#general", "/incident declare checkout is down"+flags).Expect("INC-1 declared")
	older = h.Channel("#inc-1-checkout-is-down")
	older.Expect("checkout is down", "Take command")
	h.Person("Grace").Type("#general", "/incident declare carts are empty"+flags).Expect("INC-2 declared")
	newer = h.Channel("#inc-2-carts-are-empty")
	newer.Expect("carts are empty", "Take command")
	if flags == "" {
		h.Channel("#incidents").Expect("checkout is down")
		h.Channel("#incidents").Expect("carts are empty")
	}
	h.Quiet()
	return h, older, newer
}

// TestStoryMerge: a duplicate is closed, its people go on in the other room, and its own says where and is archived.
func TestStoryMerge(t *testing.T) {
	h, older, newer := twoRooms(t, "")
	grace, linus := h.Person("Grace"), h.Person("Linus")
	linus.Join(newer)
	card := newer.Post("Take command")
	grace.Type(newer.Name(), "/incident note the basket service restarts").Expect("Noted")
	grace.Type(newer.Name(), "/incident merge INC-1").Expect("INC-2 is a duplicate of *INC-1 checkout is down*", older.Name())
	newer.Expect("*Grace* merged INC-2 into *INC-1 checkout is down*", older.Name(), "/incident reopen INC-2 why")
	older.Expect("*Grace* merged *INC-2 carts are empty* into this one", "/incident timeline INC-2")
	card.ExpectEdit("closed", "Duplicate of *INC-1 checkout is down*")
	older.Post("Take command").ExpectEdit("1 duplicate merged into it")
	h.Channel("#incidents").Post("carts are empty").ExpectEdit("Closed", "Duplicate of *INC-1 checkout is down*")
	h.Quiet()
	if !newer.Archived() || !strings.Contains(newer.Topic(), "closed") {
		t.Errorf("archived: %v, topic: %s", newer.Archived(), newer.Topic())
	}
	if got := strings.Join(older.Members(), " "); got != "Ada Grace Linus Tocsin" {
		t.Errorf("members: %s", got)
	}
	grace.Type("#general", "/incident timeline INC-2").Expect("the basket service restarts", "merged it into INC-1")
	grace.Type("#general", "/incident timeline INC-1").Expect("merged INC-2 into it: carts are empty")
	grace.Type("#general", "/incident list").Expect("1 open")

	grace.Type("#general", "/incident reopen INC-2 they are two things").Expect("INC-2 is open again, and an incident of its own")
	again := h.Channel("#inc-2-carts-are-empty-2")
	again.Expect("carts are empty", "investigating", "Before: ", newer.Name())
	again.Expect("*Grace* reopened INC-2", "they are two things")
	older.Post("Take command").ExpectEdit("nobody yet").Lacks("duplicate")
	h.Channel("#incidents").Post("carts are empty").ExpectEdit(again.Name()).Lacks("Duplicate")
	h.Quiet()
	if got := strings.Join(again.Members(), " "); got != "Grace Linus Tocsin" {
		t.Errorf("who was in the room before is invited into the next one: %s", got)
	}
}

// TestStoryMergeIsRefused where people would end up in front of a closed door, or learn of what they may not.
func TestStoryMergeIsRefused(t *testing.T) {
	h, older, newer := twoRooms(t, "")
	ada := h.Person("Ada")
	ada.Type("#general", "/incident declare --private the board cannot log in").Expect("INC-3 declared")
	private := h.Channel("#inc-3-the-board-cannot-log-in")
	private.Expect("Take command")
	ada.Type("#general", "/incident drill we practise").Expect("INC-4 declared")
	h.Channel("#inc-4-we-practise").Expect("EXERCISE")
	ada.Type("#general", "/incident declare search is slow").Expect("INC-5 declared")
	fifth := h.Channel("#inc-5-search-is-slow")
	fifth.Expect("Take command")
	h.Channel("#incidents").Expect("search is slow")
	for _, c := range []struct{ where, typed, answer string }{
		{older.Name(), "merge INC-1", "INC-1 cannot be a duplicate of itself"},
		{"#general", "merge INC-1", "Say which is a duplicate of which"},
		{"#general", "merge INC-1 with INC-2", `I cannot read "with"`},
		{"#general", "merge INC-1 INC-9", "There is no INC-9."},
		{"#general", "merge INC-1 into INC-4", "INC-1 is real and INC-4 is an exercise"},
		{private.Name(), "merge INC-1", "One of INC-3 and INC-1 is private"},
		{private.Name(), "merge INC-1 into INC-3", "One of INC-1 and INC-3 is private"},
	} {
		ada.Type(c.where, "/incident "+c.typed).Expect(c.answer)
	}
	missing := h.Person("Grace").Type("#general", "/incident merge INC-1 into INC-9").Text
	if got := h.Person("Grace").Type("#general", "/incident merge INC-1 into INC-3").Text; got != strings.ReplaceAll(missing, "INC-9", "INC-3") {
		t.Errorf("a private one is answered like one that does not exist: %s", got)
	}
	ada.Type("#general", "/incident merge INC-2 into INC-1").Expect("INC-2 is a duplicate")
	newer.Expect("merged INC-2")
	older.Expect("merged *INC-2")
	h.Quiet()
	ada.Type("#general", "/incident merge INC-5 into INC-2").Expect("INC-2 is itself a duplicate of INC-1: merge INC-5 into INC-1")
	ada.Type("#general", "/incident merge INC-1 into INC-5").Expect("Others are duplicates of INC-1: merge INC-5 into it instead")
	ada.Type("#general", "/incident merge INC-2 into INC-5").Expect("INC-2 is a duplicate of INC-1 already", "Reopen")
	h.Quiet()
}

// TestStoryMergePrivate: both private, the people are carried from one closed room into the other.
func TestStoryMergePrivate(t *testing.T) {
	h, older, newer := twoRooms(t, " --private")
	ada, grace := h.Person("Ada"), h.Person("Grace")
	ada.Type(older.Name(), "/incident scribe @Grace").Expect("Scribe")
	older.Expect("*scribe*")
	if err := h.program.bot.RefreshMembers(t.Context()); err != nil {
		t.Fatal(err)
	}
	linus := h.Person("Linus")
	grace.Type(newer.Name(), "/incident investigator @Linus").Expect("Investigator")
	newer.Expect("*investigator*")
	grace.Type(newer.Name(), "/incident merge INC-1").Expect("INC-2 is a duplicate")
	newer.Expect("merged INC-2")
	older.Expect("merged *INC-2")
	h.Quiet()
	if got := strings.Join(older.Members(), " "); got != "Ada Grace Linus Tocsin" {
		t.Errorf("members: %s", got)
	}
	linus.Type(newer.Name(), "/incident timeline").Expect("merged it into INC-1") // whose room stays, for nobody could see it else
	linus.Type(older.Name(), "/incident timeline").Expect("merged INC-2 into it")
	h.Quiet()
}

// TestStoryLookAlikesAreMerged by the button that the rooms are offered.
func TestStoryLookAlikesAreMerged(t *testing.T) {
	h := newHouse(t)
	ada := h.Person("Ada")
	for n, typed := range []string{"checkout is down", "the checkout is down"} {
		ada.Type("#general", "/incident declare "+typed).Expect("declared")
		h.Channel("#incidents").Expect([]string{"INC-1", "INC-2"}[n])
	}
	older, newer := h.Channel("#inc-1-checkout-is-down"), h.Channel("#inc-2-the-checkout-is-down")
	older.Expect("Take command")
	newer.Expect("Take command")
	offered := older.Expect("looks like this one", "Merge INC-2 into INC-1")
	newer.Expect("looks like this one", "Merge INC-2 into INC-1")
	ada.Press(offered, "Merge INC-2 into INC-1")
	newer.Expect("merged INC-2")
	older.Expect("merged *INC-2")
	h.Quiet()
}

// TestStoryMergeTwiceAtOnce: what is merged while the people of the first are being invited is not forgotten with them.
func TestStoryMergeTwiceAtOnce(t *testing.T) {
	h, older, newer := twoRooms(t, "")
	ada, linus := h.Person("Ada"), h.Person("Linus")
	linus.Type("#general", "/incident declare search is slow").Expect("INC-3 declared")
	h.Channel("#inc-3-search-is-slow").Expect("Take command")
	h.Channel("#incidents").Expect("search is slow")
	h.Quiet()
	var once sync.Once
	h.Faults(func(c slacksim.Call) *slacksim.Fault {
		if c.Method == "conversations.invite" {
			once.Do(func() { ada.Type("#general", "/incident merge INC-3 into INC-1").Expect("INC-3 is a duplicate") })
		}
		return nil
	})
	ada.Type("#general", "/incident merge INC-2 into INC-1").Expect("INC-2 is a duplicate")
	older.Expect("merged *INC-2")
	older.Expect("merged *INC-3")
	newer.Expect("merged INC-2")
	h.Channel("#inc-3-search-is-slow").Expect("merged INC-3")
	h.Quiet()
	if got := strings.Join(older.Members(), " "); got != "Ada Grace Linus Tocsin" {
		t.Errorf("members: %s", got)
	}
}

package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// TestF29NoRoomIsAllowed: the incident lives on below its announcement, whoever leads it is told what is missing, and when that is
// mended a button makes the room.
func TestF29NoRoomIsAllowed(t *testing.T) {
	for code, mend := range map[string]string{
		"restricted_action":      "does not let the app make channels: have an admin allow it",
		"missing_scope":          "give the app the scopes of tocsin manifest",
		"not_allowed_token_type": "SLACK_BOT_TOKEN is no bot token",
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.log.announce("an effect was refused too often")
			h.Faults(failing("conversations.create", 0, slacksim.Fault{Kind: slacksim.SlackError, Error: code}))
			h.command("Ada", "#general", declareCheckout, "one")
			h.recover(15 * time.Minute)
			ada := h.Person("Ada")
			h.DirectMessages(ada).Expect("The room of INC-1 is late")
			told := h.DirectMessages(ada).Expect("The room of INC-1 was refused again and again", mend, "in the thread of the announcement", "Try again")
			announcement := h.Channel("#incidents").Expect("checkout is down")
			announcement.Lacks("#inc-1")
			ada.Type("#general", "/incident commander INC-1 me").Expect("Commander of INC-1 is now")
			if said := h.Channel("#incidents").Expect("@Ada is now *commander* of INC-1"); !said.InThread() {
				t.Error("what the room would hear stands below the announcement")
			}
			ada.Type("#general", "/incident update INC-1 we look").Expect("Update posted")
			h.Channel("#incidents").Expect("Update", "we look")
			announcement.ExpectEdit("commander @Ada", "we look")
			h.Quiet()

			h.Faults(nil)
			ada.Press(told, "Try again").Expect("INC-1 is looked after")
			room := h.Channel(crashRoom)
			room.Expect("checkout is down", "@Ada", "we look")
			announcement.ExpectEdit(crashRoom)
			ada.Type(room.Name(), "/incident scribe me")
			room.Expect("now *scribe*")
			h.Quiet()
			h.alone(crashRoom)
		})
	}
}

// TestF29APrivateRoomIsNotAllowed: nothing about it is said anywhere else.
func TestF29APrivateRoomIsNotAllowed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.log.announce("an effect was refused too often")
	h.Faults(failing("conversations.create", 0, slacksim.Fault{Kind: slacksim.SlackError, Error: "restricted_action"}))
	h.command("Ada", "#general", "/incident declare --private a key has leaked", "one")
	h.command("Ada", "#general", "/incident commander INC-1 me", "two")
	h.recover(15 * time.Minute)
	h.DirectMessages(h.Person("Ada")).Expect("The room of INC-1 was refused again and again")
	h.command("Ada", "#general", "/incident update INC-1 we look", "three")
	h.recover(time.Minute)
	for picture := range strings.SplitSeq(h.World(), "\n\n") {
		if !strings.HasPrefix(picture, "direct messages with Ada") && strings.Contains(picture, "INC-1") {
			t.Errorf("it is told in\n%s", picture)
		}
	}
}

// TestF31RemovedFromTheRoom: Slack does not tell us. Into a public room we go back by ourselves, and the timeline says so.
func TestF31RemovedFromTheRoom(t *testing.T) {
	t.Parallel()
	h, ada, room, card := inRoom(t)
	h.Announce("not_in_channel", "already_pinned")
	if _, err := h.slackAs().LeaveConversationContext(t.Context(), room.ID()); err != nil {
		t.Fatal(err)
	}
	ada.Type(room.Name(), "/incident commander me")
	room.Expect("now *commander*")
	card.ExpectEdit("@Ada")
	h.recover(recovery)
	if !slices.Contains(room.Members(), "Tocsin") || !strings.Contains(room.Topic(), "commander Ada") {
		t.Errorf("members: %q; topic: %s", room.Members(), room.Topic())
	}
	ada.Type(room.Name(), "/incident timeline").Expect("made again what was missing in Slack: our place in the room")
	h.Quiet()
	h.alone(room.Name())
}

// TestF31RemovedFromAPrivateRoom: there we cannot go by ourselves. Who leads is told what to do, and nobody else anything.
func TestF31RemovedFromAPrivateRoom(t *testing.T) {
	t.Parallel()
	h, room := privateRoom(t)
	h.Announce("channel_not_found", "not_in_channel")
	h.log.announce("an effect was refused too often")
	if _, err := h.slackAs().LeaveConversationContext(t.Context(), room.ID()); err != nil {
		t.Fatal(err)
	}
	h.command("Ada", room.Name(), "/incident severity sev1", "two")
	h.recover(15 * time.Minute)
	told := h.DirectMessages(h.Person("Ada")).Expect("of INC-1 was refused again and again", "/invite @Tocsin", "Try again")
	told.Lacks("leaked")
	for picture := range strings.SplitSeq(h.World(), "\n\n") {
		if name, _, _ := strings.Cut(strings.TrimSpace(picture), " "); name != room.Name() && strings.Contains(picture, "leaked") {
			t.Errorf("it is told in\n%s", picture)
		}
	}
	h.alone(room.Name())
}

// TestF32TheRoomIsRenamed: its id is what it is known by.
func TestF32TheRoomIsRenamed(t *testing.T) {
	t.Parallel()
	h, ada, room, card := inRoom(t)
	if _, err := h.slackAs().RenameConversationContext(t.Context(), room.ID(), "the-great-fire"); err != nil {
		t.Fatal(err)
	}
	renamed := h.Channel("#the-great-fire")
	ada.Type("#the-great-fire", "/incident commander me").Expect("Commander of INC-1")
	renamed.Expect("now *commander*")
	card.ExpectEdit("@Ada")
	h.lookAfter()
	h.Quiet()
	if got := h.rooms("#inc-"); len(got) > 0 {
		t.Errorf("there is a second room: %q", got)
	}
}

// TestF34EditedAndDeletedAfterItWasCaught: what was caught stays as it was, and what becomes of the message is said in entries of
// their own, also when we were away meanwhile.
func TestF34EditedAndDeletedAfterItWasCaught(t *testing.T) {
	t.Parallel()
	h, ada, room, _ := inRoom(t)
	said := ada.Say(room.Name(), "we have lost the index")
	ada.React(said, "pushpin")
	h.Quiet()
	caught := h.latest(incident.EventCaught)
	h.dieAndStart()
	ada.Edit(said, "we have not lost the index")
	h.Quiet()
	ada.Delete(said)
	h.Quiet()
	if _, now, err := h.program.store.Event(t.Context(), caught.ID); err != nil || now.Text != caught.Text || now.Text != "we have lost the index" || !now.Occurred.Equal(caught.Occurred) {
		t.Errorf("the entry was %+v and is %+v, %v", caught, now, err)
	}
	if got := h.kinds(); got != "declared picked caught edited deleted" {
		t.Errorf("the record: %s", got)
	}
	h.lookAfter()
	h.Quiet()
	ada.Type(room.Name(), "/incident timeline").Expect("we have lost the index", "we have not lost the index")
}

// TestF59NoBurstOfReminders: when the clock leaps ahead by an hour, a day or a year, each that is due is said once, and when it
// goes on from there as well.
func TestF59NoBurstOfReminders(t *testing.T) {
	for _, leap := range []time.Duration{time.Hour, 24 * time.Hour, 365 * 24 * time.Hour} {
		t.Run(leap.String(), func(t *testing.T) {
			t.Parallel()
			h, ada, room, _ := inRoom(t, silenceIsFine)
			ada.Type(room.Name(), "/incident task call the bank in 30m")
			room.Expect("*Task 1*")
			h.Quiet()
			h.Pass(leap)
			for range 5 {
				h.remind()
			}
			room.Expect("Nobody leads *INC-1 checkout is down* yet")
			h.DirectMessages(ada).Expect("An update on *INC-1 checkout is down* was due")
			h.DirectMessages(ada).Expect("Task 1 of *INC-1 checkout is down* was due")
			h.pass(time.Minute)
			h.Quiet()
		})
	}
}

package main

import (
	"testing"
	"time"
)

// inOffice is when those of these stories work. Their clock begins on a Tuesday, at ten in Berlin.
const inOffice = "hours: {days: mon-fri, from: 9:00, to: 18:00, zone: Europe/Berlin}\n"

// TestStoryWhatCanWaitWaitsForTheMorning: of a sev3 nobody is asked at night, of a sev2 they are; the hours hold from the reload on
// in which they come.
func TestStoryWhatCanWaitWaitsForTheMorning(t *testing.T) {
	h, d := newDeskHouse(t)
	ada, grace := h.Person("Ada"), h.Person("Grace")
	ada.Type("#general", "/incident declare sev3 search is slow").Expect("INC-1 declared")
	room := h.Channel("#inc-1-search-is-slow")
	card := room.Expect("search is slow")
	h.Channel("#incidents").Expect("search is slow")
	ada.Type(room.Name(), "/incident task restart it @Grace in 9h").Expect("Task 1")
	task := room.Expect("*Task 1* restart it")
	card.ExpectEdit("1 open")
	h.Quiet()
	h.pass(4 * time.Hour)
	h.DirectMessages(ada).Expect("An update on *INC-1 search is slow* was due")
	d.put("TOCSIN_POLICY", "tocsin.yml", "announce: "+h.ChannelID("incidents")+"\n"+inOffice)
	h.reload(d)
	ada.Type(room.Name(), "/incident update we look into it").Expect("Update posted", "The next one is due")
	room.Expect("we look into it")
	h.Channel("#incidents").Expect("Update", "we look into it")
	h.Quiet()

	h.pass(6 * time.Hour) // it is eight in the evening in Berlin
	h.Quiet()
	ada.Type("#general", "/incident declare sev2 payments are down").Expect("INC-2 declared")
	second := h.Channel("#inc-2-payments-are-down")
	second.Expect("payments are down")
	h.Channel("#incidents").Expect("payments are down")
	ada.Type(second.Name(), "/incident commander me").Expect("Commander")
	second.Expect("now *commander*")
	h.pass(time.Hour)
	h.DirectMessages(ada).Expect("An update on *INC-2 payments are down* was due")
	second.Expect("Nothing was heard") // that does not wait either
	ada.Type(second.Name(), "/incident resolve").Expect("resolved")
	second.Expect("resolved")
	h.pass(12*time.Hour - time.Minute)
	h.Quiet()
	h.pass(time.Minute)
	h.DirectMessages(ada).Expect("An update on *INC-1 search is slow* was due")
	h.DirectMessages(grace).Expect("Task 1 of *INC-1 search is slow* was due")
	task.ExpectEdit("was due")
	card.ExpectEdit("overdue")
	h.remind() // another replica looks at the same moment
	h.Quiet()
}

// TestStoryARaisedSeverityDoesNotWaitForTheMorning: what has waited is asked for at once, and before the next look.
func TestStoryARaisedSeverityDoesNotWaitForTheMorning(t *testing.T) {
	h, d := newDeskHouse(t)
	d.put("TOCSIN_POLICY", "tocsin.yml", inOffice)
	h.reload(d)
	ada, grace := h.Person("Ada"), h.Person("Grace")
	ada.Type("#random", "/incident declare sev4 search is slow").Expect("INC-1 declared")
	room := h.Channel("#inc-1-search-is-slow")
	card := room.Expect("search is slow")
	h.Channel("#random").Expect("search is slow")
	ada.Type(room.Name(), "/incident task restart it @Grace in 9h").Expect("Task 1")
	room.Expect("*Task 1* restart it")
	h.pass(10 * time.Hour)
	h.stop() // over a restart, too
	h.start(d.furnish)
	h.remind()
	h.Quiet()
	ada.Type(room.Name(), "/incident severity sev1").Expect("SEV1")
	card.ExpectEdit("SEV1")
	h.remind()
	h.DirectMessages(grace).Expect("Task 1 of *INC-1 search is slow* was due")
	h.DirectMessages(ada).Expect("An update on *INC-1 search is slow* was due") // each half an hour, from when it was declared
	h.Quiet()
}

// TestStoryNoRoomGoesAtNight, nor over the weekend: it is warned of and archived while people work.
func TestStoryNoRoomGoesAtNight(t *testing.T) {
	h, d := newDeskHouse(t)
	d.put("TOCSIN_POLICY", "tocsin.yml", "archive_after: 82h\n"+inOffice)
	h.reload(d)
	ada := h.Person("Ada")
	ada.Type("#random", "/incident declare sev3 search is slow").Expect("INC-1 declared")
	room := h.Channel("#inc-1-search-is-slow")
	room.Expect("search is slow")
	h.Channel("#random").Expect("search is slow")
	for _, typed := range []string{"resolve", "close"} {
		ada.Type(room.Name(), "/incident "+typed).Expect("is " + typed)
		room.Expect(typed)
	}
	h.pass(58 * time.Hour) // Thursday, eight in the evening
	h.Quiet()
	h.pass(13*time.Hour - time.Minute)
	h.Quiet()
	h.pass(time.Minute) // Friday, nine
	warned := room.Expect("this room is archived", "Keep it 3 more days")
	ada.Press(warned, "Keep it 3 more days").Expect("You hear of it again", "16 Mar 08:00 UTC") // a day before it would be on Monday, at nine: on Sunday
	h.pass(48 * time.Hour)
	h.Quiet()
	h.pass(24 * time.Hour)
	room.Expect("this room is archived", "17 Mar 08:00 UTC")
	h.pass(24*time.Hour - time.Minute)
	if h.Quiet(); room.Archived() {
		t.Error("not before its time")
	}
	h.pass(time.Minute)
	if h.Quiet(); !room.Archived() {
		t.Error("people work, and were warned: it is archived")
	}
}

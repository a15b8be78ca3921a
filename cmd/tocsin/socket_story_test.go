package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"tocsin/bot"
	"tocsin/bot/slacksim"
)

// TestStoryAnAppMovesToSocketModeAndBack: with both ways open, Slack's switch decides, and nobody notices.
func TestStoryAnAppMovesToSocketModeAndBack(t *testing.T) {
	t.Parallel()
	w := slacksim.New(t, slacksimOptions)
	h := newHouseIn(t, w, inSocketMode(w))
	ada := h.Person("Ada")
	ada.Type("#general", "/incident declare checkout is down").Expect("INC-1 declared")
	h.Channel(crashRoom).Expect("Take command")
	h.Channel("#incidents").Expect("INC-1")
	h.log.announce("Socket Mode is switched off")
	h.Socket(false)
	h.awaitStatus(t, func(s bot.Status) bool { return s.Open == 0 })
	ada.Type(crashRoom, "/incident note over HTTP").Expect("Noted")
	h.Socket(true)
	h.program.socket.Reload()
	h.AwaitSockets(2)
	ada.Type(crashRoom, "/incident note over a socket").Expect("Noted")
	ada.Type(crashRoom, "/incident timeline").Expect("over HTTP", "over a socket")
	h.Quiet()
}

// TestStorySocketModeNeedsNoAddress: with an app token and no signing secret there is nothing to reach us at.
func TestStorySocketModeNeedsNoAddress(t *testing.T) {
	w := slacksim.New(t, slacksimOptions)
	h := newHouseIn(t, w, inSocketMode(w), func(o *options) { o.settings.SigningSecret, o.settings.Addr = "", "none of yours" })
	if url := h.program.url(); url != "" {
		t.Errorf("it listens at %s", url)
	}
	ada := h.Person("Ada")
	ada.Type("#general", "/incident declare checkout is down").Expect("INC-1 declared")
	card := h.Channel(crashRoom).Expect("Take command")
	h.Channel("#incidents").Expect("INC-1")
	ada.Press(card, "Take command")
	card.ExpectEdit("Commander", "@Ada")
	h.Channel(crashRoom).Expect("is now *commander*")
	h.Quiet()
}

// TestStoryAnAnswerTooLargeForSocketMode: Slack drops an acknowledgement of 20 kB. The answer arrives all the same.
func TestStoryAnAnswerTooLargeForSocketMode(t *testing.T) {
	h := newSocketHouse(t)
	ada := h.Person("Ada")
	ada.Type("#general", "/incident declare checkout is down").Expect("INC-1 declared")
	h.Channel(crashRoom).Expect("Take command")
	h.Channel("#incidents").Expect("INC-1")
	h.quieten(t) // until she has been invited
	long := strings.Repeat("消防車が来た", 200)
	for n := range 12 {
		ada.Type(crashRoom, fmt.Sprintf("/incident note %s %d", long, n)).Expect("Noted")
	}
	before := len(h.posts("response_url"))
	ada.Type(crashRoom, "/incident timeline").Expect("Timeline of INC-1", "消防車", "11")
	if n := len(h.posts("response_url")) - before; n != 1 {
		t.Errorf("%d answers went another way", n)
	}
	h.Quiet()
}

// posts are the calls of a method.
func (h *house) posts(method string) []slacksim.Call {
	return slices.DeleteFunc(h.Calls(), func(c slacksim.Call) bool { return c.Method != method })
}

// TestStorySocketModeFinishesWhatIsUnderWay: the program is told to stop while Slack opens a form. The person gets their
// answer, and whoever asks after that is told to try again.
func TestStorySocketModeFinishesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	h := newSocketHouse(t)
	h.command("Ada", "#general", declareCheckout, "one")
	h.recover(recovery)
	h.Announce("views.open")
	opened, stopping := make(chan struct{}), make(chan struct{})
	told := sync.OnceFunc(func() { close(stopping) })
	defer told()
	h.Faults(func(c slacksim.Call) *slacksim.Fault {
		if c.Method != "views.open" {
			return nil
		}
		close(opened)
		<-stopping
		return &slacksim.Fault{Kind: slacksim.Status, Status: 500}
	})
	answered := make(chan string, 1)
	go func() { answered <- h.command("Ada", crashRoom, "/incident note", "form") }()
	<-opened
	stopped := make(chan struct{})
	go func() {
		h.stop()
		close(stopped)
	}()
	for late := ""; !strings.Contains(late, "it is stopping"); { // until it takes no more
		select {
		case <-stopped:
			t.Fatal("it has stopped, and told nobody before")
		default:
			late = h.command("Grace", "#general", "/incident help", "")
		}
	}
	told()
	if answer := <-answered; !strings.Contains(answer, "Type it instead") {
		t.Errorf("answered %q", answer)
	}
	<-stopped
	if h.Sockets() != 0 {
		t.Error("it did not take its leave")
	}
}

// TestStoryWhatCannotBeStoredIsNotAcknowledged: somebody else holds the database. Whoever typed or sent a form reads that nothing was
// recorded, of a press Slack says so, and an event comes again.
func TestStoryWhatCannotBeStoredIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	h, room := privateSocketRoom(t)
	h.log.announce("request failed")
	h.log.announce("event not recorded")
	ada := h.Person("Ada")
	ada.Type("#general", "/incident declare")
	form := ada.Modal()
	form.Fill("What is broken?", "all of it")
	letGo := h.occupy()
	if answer := h.command("Ada", "#general", declareCheckout, "two"); !strings.Contains(answer, "Nothing was recorded") {
		t.Errorf("answered %q", answer)
	}
	joined := fmt.Sprintf(`{"type":"event_callback","team_id":%q,"event_id":"Ev1","event":{"type":"member_joined_channel","user":%q,"channel":%q}}`, h.TeamID(), h.Person("Grace").ID(), room.ID())
	press := fmt.Sprintf(`{"type":"block_actions","trigger_id":"1","user":{"id":%q},"actions":[{"action_id":"do:commander","value":"commander INC-1 me"}]}`, ada.ID())
	if got := form.Submit(); !strings.Contains(got.Errors["What is broken?"], "Nothing was recorded") {
		t.Errorf("the form says %+v", got)
	}
	if h.SendEnvelope(`{"envelope_id":"E1","type":"events_api","payload":` + joined + `}`) {
		t.Error("an event was acknowledged that nobody has stored")
	}
	if h.SendEnvelope(`{"envelope_id":"E2","type":"interactive","payload":` + press + `}`) {
		t.Error("a press was acknowledged that nobody has stored")
	}
	letGo()
	if !h.SendEnvelope(`{"envelope_id":"E3","type":"events_api","payload":` + joined + `}`) {
		t.Error("delivered again, it was not taken")
	}
	if !h.seen() {
		t.Error("delivered again, it does not count")
	}
}

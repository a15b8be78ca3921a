package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// TestF01KilledBeforeTheRequestIsStored: no answer, and nothing half made; the same request again is the first.
func TestF01KilledBeforeTheRequestIsStored(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.log.announce("context canceled")   // Slack had gone before it was stored
	image, err := h.imageDuring(func() { // so the command arrives and cannot be stored
		impatient, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		status, body, err := h.SendCommand(impatient, slacksim.SendArgs{Person: "Ada", Channel: "#general", Text: declareCheckout, TriggerID: "one"})
		if err == nil {
			t.Errorf("what is not stored is not answered: %d %s", status, body)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	h.startOn(image)
	h.quieten(t)
	if got := h.rooms("#inc-"); len(got) > 0 {
		t.Errorf("half made: %q", got)
	}
	if answer := h.command("Ada", "#general", declareCheckout, "one"); !strings.Contains(answer, "INC-1 declared") {
		t.Errorf("answered: %s", answer)
	}
	h.recover(recovery)
	h.alone(crashRoom)
}

// TestF02KilledBeforeTheAnswerIsSent: the incident exists once, and the request again gets the same words.
func TestF02KilledBeforeTheAnswerIsSent(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Faults(func(slacksim.Call) *slacksim.Fault { return &slacksim.Fault{Kind: slacksim.LostBefore} })
	lost := h.command("Ada", "#general", declareCheckout, "one")
	h.dieAndStart()
	again := h.command("Ada", "#general", declareCheckout, "one")
	if !strings.Contains(again, "INC-1 declared") || again != lost {
		t.Errorf("answered %s\nand again %s", lost, again)
	}
	h.recover(recovery)
	h.alone(crashRoom)
}

// TestF03KilledBeforeTheFirstCall: nobody asks again, and the room opens all the same.
func TestF03KilledBeforeTheFirstCall(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Faults(func(slacksim.Call) *slacksim.Fault { return &slacksim.Fault{Kind: slacksim.LostBefore} })
	h.command("Ada", "#general", declareCheckout, "one")
	h.dieAndStart()
	h.recover(recovery)
	h.alone(crashRoom)
	h.Channel(crashRoom).Expect("checkout is down", "Take command")
	h.Channel("#incidents").Expect("checkout is down")
	h.Quiet()
}

// looked are the refusals by which the program learns that something has happened already, or that it must join a channel
// to see.
var looked = []string{"already_in_channel", "already_pinned", "already_archived", "not_in_channel", "message_not_found", "channel_not_found"}

// killedAt kills the program at one call of a declaration, and starts it again.
func killedAt(t *testing.T, method string, nth int, fault slacksim.Fault, changes ...func(*crash)) *house {
	t.Helper()
	c := &crash{house: newHouse(t), method: method, nth: nth, fault: fault}
	for _, change := range changes {
		change(c)
	}
	c.Announce(looked...)
	c.Faults(c.fails)
	c.act(t, toTheEnd, 0)
	c.quieten(t)
	for c.stricken() {
		c.revive(t)
		c.again(t, toTheEnd, 0)
	}
	if !c.over() {
		t.Fatalf("%s was not called %d times", method, nth)
	}
	return c.house
}

// TestF04KilledAfterTheRoomWasMade: it is found by its name, its creator and its age, and adopted.
func TestF04KilledAfterTheRoomWasMade(t *testing.T) {
	t.Parallel()
	for _, kind := range []slacksim.FaultKind{slacksim.LostAfter, slacksim.HalfBody} {
		h := killedAt(t, "conversations.create", 1, slacksim.Fault{Kind: kind})
		h.alone(crashRoom)
		if n := h.called("conversations.create", nil); n != 1 {
			t.Errorf("created %d times", n)
		}
	}
}

// TestF05KilledAfterAMessageWasPosted: it is found by what it says of itself, wherever it stands; also in a channel that
// the bot is not in.
func TestF05KilledAfterAMessageWasPosted(t *testing.T) {
	t.Parallel()
	for nth := 1; nth <= 2; nth++ { // card and announcement, in either order
		h := killedAt(t, "chat.postMessage", nth, slacksim.Fault{Kind: slacksim.LostAfter})
		h.alone(crashRoom)
		if n := strings.Count(h.World(), "Take command"); n != 1 {
			t.Errorf("there are %d cards", n)
		}
	}
}

// TestF08KilledWhileInvitingTwoHundred: a call takes a hundred of them; whichever is the last, nobody is missed.
func TestF08KilledWhileInvitingTwoHundred(t *testing.T) {
	for call := 1; call <= 3; call++ {
		for _, kind := range []slacksim.FaultKind{slacksim.LostBefore, slacksim.LostAfter} {
			t.Run(fmt.Sprintf("call %d kind %d", call, kind), func(t *testing.T) {
				t.Parallel()
				invitesTwoHundred(t, call, kind)
			})
		}
	}
}

func invitesTwoHundred(t *testing.T, call int, kind slacksim.FaultKind) {
	people := slacksim.DefaultPeople()
	var crew []string
	for n := range 200 {
		person := slacksim.Profile{ID: fmt.Sprintf("U0CREW%05d", n), Name: fmt.Sprintf("Crew %d", n)}
		people, crew = append(people, person), append(crew, person.ID)
	}
	called := func(o *options) {
		o.policy.Severities = slices.Clone(o.policy.Severities)
		o.policy.Severities[1].Invite = crew
	}
	w := slacksim.New(t, slacksim.Options{Manifest: tocsin.Manifest, People: people})
	h := newHouseIn(t, w, called)
	h.Announce(looked...)
	c := &crash{house: h, method: "conversations.invite", nth: call, fault: slacksim.Fault{Kind: kind}, furnished: called}
	c.Faults(c.fails)
	c.act(t, toTheEnd, 0)
	c.quieten(t)
	for c.stricken() {
		c.revive(t)
		c.again(t, toTheEnd, 0)
	}
	if got := len(h.Channel(crashRoom).Members()); got != 202 || !c.over() { // 200, Ada, the bot
		t.Errorf("%d members", got)
	}
	h.alone(crashRoom)
}

// TestF09KilledWhileWritingTheResult: the call went well, and the program knew, but its disk does not.
func TestF09KilledWhileWritingTheResult(t *testing.T) {
	for _, method := range []string{"conversations.create", "chat.postMessage", "conversations.invite", "conversations.setTopic", "pins.add", "bookmarks.add"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			h := killedAt(t, method, 1, slacksim.Fault{})
			h.alone(crashRoom)
			if n := strings.Count(h.World(), "set the channel topic"); n != 1 {
				t.Errorf("the topic was set %d times", n)
			}
		})
	}
}

// TestF10KilledWhileSomethingIsLate: each late effect is told once, over restarts; that message says in the end that it got
// through.
func TestF10KilledWhileSomethingIsLate(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Announce("conversations.create")
	refused := failing("conversations.create", 0, slacksim.Fault{Kind: slacksim.SlackError, Error: "restricted_action"})
	h.Faults(refused)
	h.command("Ada", "#general", declareCheckout, "one")
	for range 4 { // each time later than any alarm, and killed there
		h.quieten(t)
		h.Pass(incident.Deadline + time.Second)
		h.quieten(t)
		h.dieAndStart()
		h.Faults(refused)
		h.quieten(t)
		if n := h.directs("Ada", "is late"); n != 1 {
			t.Fatalf("the one late effect was told %d times", n)
		}
	}
	h.Faults(nil)
	h.recover(2 * time.Minute)
	if late, through := h.directs("Ada", "is late"), h.directs("Ada", "The room of INC-1 was late, and got through"); late != 0 || through != 1 {
		t.Errorf("it still says late %d times, and through %d times", late, through)
	}
	h.alone(crashRoom)
}

// TestF13KilledAgainWhileRecovering: recovery can be interrupted as well.
func TestF13KilledAgainWhileRecovering(t *testing.T) {
	for method, nth := range map[string]int{
		"conversations.create": 1, "chat.postMessage": 2, "conversations.invite": 1, "conversations.setTopic": 1, "bookmarks.add": 2, "pins.add": 1,
	} {
		for _, kind := range []slacksim.FaultKind{slacksim.LostBefore, slacksim.LostAfter} {
			t.Run(fmt.Sprintf("%s %d kind %d", method, nth, kind), func(t *testing.T) {
				t.Parallel()
				h := killedAt(t, method, nth, slacksim.Fault{Kind: kind}, func(c *crash) { c.twice = true })
				h.alone(crashRoom)
				if n := strings.Count(h.World(), "Take command"); n != 1 {
					t.Errorf("there are %d cards\n%s", n, h.callList())
				}
				if n := strings.Count(h.World(), "set the channel topic"); n != 1 {
					t.Errorf("the topic was set %d times\n%s", n, h.callList())
				}
			})
		}
	}
}

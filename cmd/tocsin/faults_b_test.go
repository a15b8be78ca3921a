package main

import (
	"fmt"
	"net/http"
	"path"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"tocsin/bot/slacksim"
)

// privateRoom declares a private incident, and returns its room.
func privateRoom(t *testing.T) (*house, *slacksim.Channel) {
	t.Helper()
	h := newHouse(t)
	h.command("Ada", "#general", "/incident declare --private a key has leaked", "one")
	h.recover(recovery)
	room := h.Channel("#inc-1-a-key-has-leaked")
	room.Expect("a key has leaked")
	return h, room
}

// seen tells whether the program believes that Grace is in the room of INC-1.
func (h *house) seen() bool {
	h.t.Helper()
	at, err := h.program.store.Member(h.t.Context(), 1, h.Person("Grace").ID())
	if err != nil {
		h.t.Fatal(err)
	}
	return !at.IsZero()
}

// event delivers that Grace came into a channel, or left it.
func (h *house) event(kind, id string, room *slacksim.Channel, retry int) {
	h.t.Helper()
	status, body, err := h.SendEvent(slacksim.EventArgs{ID: id, Retry: retry, Event: slacksim.Object{
		"type": kind, "user": h.Person("Grace").ID(), "channel": room.ID(), "team": h.TeamID(),
	}})
	if err != nil || status != http.StatusOK {
		h.t.Errorf("event %s: %d %s %v", id, status, body, err)
	}
}

// TestF16EventRedelivered: Slack delivers an event up to four times, and ours may be the answer that was lost. An event that
// comes again must not bring back what has changed since, also after a restart.
func TestF16EventRedelivered(t *testing.T) {
	t.Parallel()
	h, room := privateRoom(t)
	h.event("member_joined_channel", "Ev0JOINED", room, 0)
	if !h.seen() {
		t.Fatal("the event was not taken")
	}
	h.event("member_left_channel", "Ev0LEFT", room, 0)
	for n, wait := range []time.Duration{0, time.Minute, 5*time.Minute + time.Second} {
		h.Pass(wait)
		h.event("member_joined_channel", "Ev0JOINED", room, n+1)
		if h.seen() {
			t.Errorf("redelivered after %s it counted again", wait)
		}
		h.dieAndStart()
	}
}

// TestF17RedeliveryIsTheFirst: we were down when it was delivered first.
func TestF17RedeliveryIsTheFirst(t *testing.T) {
	h, room := privateRoom(t)
	h.event("member_joined_channel", "Ev0JOINED", room, 1)
	if !h.seen() {
		t.Error("an event that says it is a retry counts like any other")
	}
}

// TestF19OneMethodIsLimited: that one waits for as long as Slack asks, and everything else goes on.
func TestF19OneMethodIsLimited(t *testing.T) {
	t.Parallel()
	h, ada, room, card := inRoom(t)
	h.Announce("ratelimited")
	h.Faults(failing("conversations.setTopic", 2, slacksim.Fault{Kind: slacksim.Status, Status: 429, RetryAfter: 20 * time.Second}))
	before := room.Topic()
	ada.Type(room.Name(), "/incident severity sev1")
	card.ExpectEdit("SEV1")
	h.Channel("#incidents").Post("checkout is down").ExpectEdit("SEV1")
	ada.Type(room.Name(), "/incident update we found the cause").Expect("Update posted")
	room.Expect("Update", "we found the cause")
	card.ExpectEdit("we found the cause")
	tries := func() int { return h.called("conversations.setTopic", nil) }
	asked := tries()
	for range 19 {
		h.Pass(time.Second)
		h.quieten(t)
	}
	if tries() != asked || room.Topic() != before {
		t.Errorf("asked %d times while Slack wants none", tries()-asked)
	}
	h.Pass(2 * time.Second)
	h.quieten(t)
	if got := room.Topic(); !strings.Contains(got, "SEV1") {
		t.Errorf("topic: %q", got)
	}
}

// TestF20RetryAfter: whatever Slack's answer says of how long to wait, it is at least a second and at most ten minutes.
func TestF20RetryAfter(t *testing.T) {
	for _, c := range []struct {
		header      string
		least, most time.Duration
	}{
		{"", time.Second, 2 * time.Second},
		{"0", time.Second, 2 * time.Second},
		{"-5", time.Second, 2 * time.Second},
		{"soon", time.Second, 2 * time.Second},
		{"7", 7 * time.Second, 8 * time.Second},
		{"99999", 10 * time.Minute, 10*time.Minute + time.Second},
		{"99999999999", 10 * time.Minute, 10*time.Minute + time.Second},
	} {
		t.Run("Retry-After "+c.header, func(t *testing.T) {
			t.Parallel()
			took := limitedFor(t, c.header)
			if took < c.least || took > c.most {
				t.Errorf("the room was made after %s, want %s to %s", took, c.least, c.most)
			}
		})
	}
}

// limitedFor has the first room refused with 429 and a header, and returns after how long it is made.
func limitedFor(t *testing.T, retryAfter string) time.Duration {
	t.Helper()
	w := slacksim.New(t, slacksimOptions)
	var refused atomic.Int32
	h := newHouseIn(t, w, between(t, w, func(r *http.Response) error {
		if path.Base(r.Request.URL.Path) != "conversations.create" || refused.Add(1) > 1 {
			return nil
		}
		r.StatusCode, r.Status = http.StatusTooManyRequests, "429 Too Many Requests"
		r.Header.Del("Retry-After")
		if retryAfter != "" {
			r.Header.Set("Retry-After", retryAfter)
		}
		answers(r, `{"ok":false,"error":"ratelimited"}`)
		return nil
	}))
	// The call must not land, or it would be found.
	h.Announce("name_taken")
	h.Faults(failing("conversations.create", 1, slacksim.Fault{Kind: slacksim.SlackError, Error: "ratelimited"}))
	h.command("Ada", "#general", declareCheckout, "one")
	h.quieten(t)
	begin := h.Clock()()
	for len(h.rooms("#inc-1")) == 0 && h.Clock()().Sub(begin) < 11*time.Minute {
		h.Pass(time.Second / 2)
		h.quieten(t)
	}
	if strings.Contains(h.log.all(), "does not answer") {
		t.Error("all of Slack waits, and not that one method")
	}
	return h.Clock()().Sub(begin)
}

// TestF22EveryError: what passes is tried again until it is done.
func TestF22EveryError(t *testing.T) {
	faults := map[string]slacksim.Fault{
		"500":         {Kind: slacksim.Status, Status: 500},
		"503":         {Kind: slacksim.Status, Status: 503},
		"408":         {Kind: slacksim.Status, Status: 408},
		"no JSON":     {Kind: slacksim.Status, Status: 200},
		"half a body": {Kind: slacksim.HalfBody},
	}
	for _, code := range []string{
		"internal_error", "fatal_error", "service_unavailable", "request_timeout", "ratelimited", "team_added_to_org",
		"a_code_that_nobody_knows", "org_login_required", "invalid_auth",
	} {
		faults[code] = slacksim.Fault{Kind: slacksim.SlackError, Error: code}
	}
	for name, fault := range faults {
		for _, method := range []string{"conversations.create", "chat.postMessage", "conversations.invite", "conversations.setTopic", "pins.add", "bookmarks.add"} {
			t.Run(name+" "+method, func(t *testing.T) {
				t.Parallel()
				h := newCrashHouse(t)
				h.Faults(failing(method, 2, fault))
				h.command("Ada", "#general", declareCheckout, "one")
				h.recover(20 * time.Second)
				h.alone(crashRoom)
				world := h.World()
				for _, words := range []string{"members: Ada, Tocsin", "topic: SEV2", "(pinned)", "bookmark:  Announcement", "bookmark:  Checkout dashboard"} {
					if !strings.Contains(world, words) {
						t.Errorf("there is no %q\n%s", words, h.callList())
					}
				}
			})
		}
	}
}

// TestF22WhatIsRefusedForGoodIsParked: after twelve refusals it is given up, and a person is told; the rest goes on.
func TestF22WhatIsRefusedForGoodIsParked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.log.announce("an effect was refused too often")
	h.Faults(failing("conversations.setTopic", 0, slacksim.Fault{Kind: slacksim.SlackError, Error: "a_code_that_nobody_knows"}))
	h.command("Ada", "#general", declareCheckout, "one")
	h.recover(15 * time.Minute)
	if n := h.called("conversations.setTopic", nil); n != 12 {
		t.Errorf("tried %d times", n)
	}
	if n := h.directs("Ada", "a_code_that_nobody_knows"); n == 0 {
		t.Error("nobody was told")
	}
	h.Channel(crashRoom).Expect("Take command")
	h.alone(crashRoom)
}

// TestF23NoAnswerAfterTheEffect waits ten real seconds: that is how long a call may take.
func TestF23NoAnswerAfterTheEffect(t *testing.T) {
	for _, method := range []string{"conversations.create", "chat.postMessage"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			h := newCrashHouse(t)
			h.Faults(failing(method, 1, slacksim.Fault{Kind: slacksim.HangAfter}))
			h.command("Ada", "#general", declareCheckout, "one")
			h.recover(recovery)
			h.alone(crashRoom)
			h.Channel(crashRoom).Expect("Take command")
		})
	}
}

// TestF24AnErrorAfterTheEffect: it is looked for before it is done again, by the same program.
func TestF24AnErrorAfterTheEffect(t *testing.T) {
	for _, method := range []string{"conversations.create", "chat.postMessage", "conversations.invite", "conversations.setTopic", "pins.add", "bookmarks.add"} {
		for _, fault := range []slacksim.Fault{
			{Kind: slacksim.ErrorAfter, Error: "internal_error"}, {Kind: slacksim.ErrorAfter, Error: "fatal_error"}, {Kind: slacksim.LostAfter},
		} {
			t.Run(fmt.Sprint(method, " ", fault.Error), func(t *testing.T) {
				t.Parallel()
				h := newCrashHouse(t)
				h.Faults(failing(method, 1, fault))
				h.command("Ada", "#general", declareCheckout, "one")
				h.recover(recovery)
				h.alone(crashRoom)
				if n := strings.Count(h.World(), "set the channel topic"); n != 1 {
					t.Errorf("the topic was set %d times", n)
				}
			})
		}
	}
}

// TestF25NameTakenByOurselves: the earlier try landed, so the room is ours.
func TestF25NameTakenByOurselves(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Announce("name_taken")
	h.Faults(failing("conversations.create", 1, slacksim.Fault{Kind: slacksim.ErrorAfter, Status: 502}))
	h.command("Ada", "#general", declareCheckout, "one")
	h.recover(recovery)
	h.alone(crashRoom)
}

// TestF26NameTakenBySomebodyElse: that channel is never adopted, joined, unarchived or posted to; ours gets another name.
func TestF26NameTakenBySomebodyElse(t *testing.T) {
	for name, c := range map[string]foreign{
		"theirs":               {creator: "U0SOMEBODY1"},
		"theirs, private":      {creator: "U0SOMEBODY1", private: true},
		"hidden":               {private: true, leave: true},
		"archived":             {creator: "U0SOMEBODY1", archive: true},
		"ours, of another day": {older: time.Hour},
	} {
		for _, lost := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " lost ", lost), func(t *testing.T) {
				t.Parallel()
				c.stays(t, lost)
			})
		}
	}
}

// foreign is a channel that has the name that ours would get.
type foreign struct {
	creator                 string // whom Slack names; "" for the bot
	private, archive, leave bool
	older                   time.Duration
}

// stays declares an incident, with the first try at its room lost or not, and looks at what became of the foreign channel.
func (f foreign) stays(t *testing.T, lost bool) {
	w := slacksim.New(t, slacksimOptions)
	var bot string
	h := newHouseIn(t, w, between(t, w, func(r *http.Response) error {
		if f.creator != "" && path.Base(r.Request.URL.Path) == "users.conversations" {
			return rewrite(r, `"creator":"`+bot+`"`, `"creator":"`+f.creator+`"`)
		}
		return nil
	}))
	bot = h.BotUser()
	id := f.found(t, h)
	h.Pass(f.older)
	h.Announce("name_taken")
	before, n := h.room(crashRoom), len(h.Calls())
	if lost {
		h.Faults(failing("conversations.create", 2, slacksim.Fault{Kind: slacksim.LostBefore}))
	}
	h.command("Ada", "#general", declareCheckout, "one")
	h.recover(recovery)
	for _, call := range h.Calls()[n:] {
		if call.Args["channel"] == id || call.Args["channel_id"] == id {
			t.Errorf("%s was called for somebody else's channel", call.Method)
		}
	}
	if after := h.room(crashRoom); after != before {
		t.Errorf("it was\n%s\nand is\n%s", before, after)
	}
	h.Channel(crashRoom+"-2").Expect("checkout is down", "Take command")
}

// found makes the channel.
func (f foreign) found(t *testing.T, h *house) string {
	t.Helper()
	api := h.slackAs()
	made, err := api.CreateConversationContext(t.Context(), slack.CreateConversationParams{ChannelName: crashRoom[1:], IsPrivate: f.private})
	if err != nil {
		t.Fatal(err)
	}
	if f.archive {
		if err := api.ArchiveConversationContext(t.Context(), made.ID); err != nil {
			t.Fatal(err)
		}
	}
	if f.leave {
		if _, err := api.LeaveConversationContext(t.Context(), made.ID); err != nil {
			t.Fatal(err)
		}
	}
	return made.ID
}

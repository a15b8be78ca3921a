package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/bot"
	"tocsin/bot/slacksim"
)

// newSocketHouse is a house in Socket Mode, whatever the others use.
func newSocketHouse(t *testing.T, changes ...furnish) *house {
	t.Helper()
	w := slacksim.New(t, slacksimOptions)
	return newHouseIn(t, w, append([]furnish{inSocketMode(w)}, changes...)...)
}

// privateSocketRoom declares a private incident over Socket Mode, and returns its room.
func privateSocketRoom(t *testing.T) (*house, *slacksim.Channel) {
	t.Helper()
	h := newSocketHouse(t)
	h.command("Ada", "#general", "/incident declare --private a key has leaked", "one")
	h.recover(recovery)
	room := h.Channel("#inc-1-a-key-has-leaked")
	room.Expect("a key has leaked")
	return h, room
}

// TestF18TheSameOverBothTransports: over HTTP, over one connection and over the other, one after the other and at once, an
// event and a command have one effect.
func TestF18TheSameOverBothTransports(t *testing.T) {
	t.Parallel()
	h, room := privateSocketRoom(t)
	body := func(kind, id string) string {
		return fmt.Sprintf(`{"type":"event_callback","team_id":%q,"event_id":%q,"event":{"type":%q,"user":%q,"channel":%q}}`,
			h.TeamID(), id, kind, h.Person("Grace").ID(), room.ID())
	}
	overSockets := func(kind, id string) {
		for n := range 2 { // the two take turns
			if !h.SendEnvelope(fmt.Sprintf(`{"envelope_id":"%s-%s-%d","type":"events_api","payload":%s}`, id, kind, n, body(kind, id))) {
				t.Errorf("%s was not acknowledged", id)
			}
		}
	}
	overBoth := func(kind, id string) {
		overSockets(kind, id)
		if status, _ := h.post("/slack/events", []byte(body(kind, id)), http.Header{"Content-Type": {"application/json"}}); status != http.StatusOK {
			t.Errorf("%s was answered with %d", id, status)
		}
	}
	overBoth("member_joined_channel", "Ev0JOINED")
	if !h.seen() {
		t.Fatal("the event was not taken")
	}
	overBoth("member_left_channel", "Ev0LEFT")
	overBoth("member_joined_channel", "Ev0JOINED")
	if h.seen() {
		t.Error("the same event counted again")
	}

	form := url.Values{
		"team_id": {h.TeamID()}, "user_id": {h.Person("Ada").ID()}, "user_name": {"ada"}, "channel_id": {h.Channel("#general").ID()}, "channel_name": {"general"},
		"command": {"/incident"}, "text": {"declare checkout is down"}, "trigger_id": {"twice"},
	}
	answers := make([]string, 8)
	var group sync.WaitGroup
	for n := range answers {
		group.Go(func() {
			if n%2 == 0 {
				_, answers[n] = h.post("/slack/commands", []byte(form.Encode()), nil)
			} else {
				answers[n] = h.command("Ada", "#general", "/incident declare checkout is down", "twice")
			}
		})
	}
	group.Wait()
	for _, answer := range answers {
		if !strings.Contains(answer, "INC-2 declared") {
			t.Errorf("answered %s", answer)
		}
	}
	h.recover(recovery)
	if got := h.rooms("#inc-2"); len(got) != 1 {
		t.Errorf("rooms: %q", got)
	}
}

// TestF36OneConnectionSuffers: whatever becomes of one, the other one carries on in the meantime, and it is replaced.
func TestF36OneConnectionSuffers(t *testing.T) {
	inOnePass(t, "it brings its sockets, and stores nothing")
	for name, suffer := range map[string]func(h *house){
		"warning": func(h *house) {
			h.Disconnect("warning", 1)
			h.AwaitSockets(3) // the old one is kept until there is another one, and for what is under way on it
		},
		"refresh_requested": func(h *house) { h.Disconnect("refresh_requested", 1) },
		"cut":               func(h *house) { h.CutSockets(1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newSocketHouse(t)
			suffer(h)
			for n := range 4 { // on whichever connection
				if answer := h.command("Ada", "#general", "/incident list", fmt.Sprint("t", n)); !strings.Contains(answer, "No open incidents") {
					t.Errorf("answered %q", answer)
				}
			}
			h.AwaitSockets(2)
			for n := range 4 {
				if answer := h.command("Ada", "#general", "/incident list", fmt.Sprint("u", n)); !strings.Contains(answer, "No open incidents") {
					t.Errorf("answered %q", answer)
				}
			}
		})
	}
}

// TestF36HalfOpen waits for as long as it really takes until a connection without a sound is given up: less than 30
// seconds. Pings of Slack's that do not come are no reason to give one up.
func TestF36HalfOpen(t *testing.T) {
	inOnePass(t, "it brings its sockets, and stores nothing")
	t.Parallel()
	begun := time.Now()
	h := newSocketHouse(t)
	h.Pings(0)
	h.HalfOpen(1)
	took := h.awaitStatus(t, func(bot.Status) bool { return h.Sockets() == 2 })
	if silent := time.Since(begun); silent < 25*time.Second || took > 30*time.Second { // it was last heard after the beginning
		t.Errorf("replaced after %s, %s after the beginning", took, silent)
	}
	if n := strings.Count(h.log.all(), "nothing was heard"); n != 1 {
		t.Errorf("%d were given up", n)
	}
	for n := range 4 {
		if answer := h.command("Ada", "#general", "/incident list", fmt.Sprint("t", n)); !strings.Contains(answer, "No open incidents") {
			t.Errorf("answered %q", answer)
		}
	}
}

// awaitStatus waits until the socket says of itself what is wanted, and returns for how long.
func (h *house) awaitStatus(t *testing.T, wanted func(bot.Status) bool) time.Duration {
	t.Helper()
	begun := time.Now()
	for ticker := time.NewTicker(10 * time.Millisecond); !wanted(h.program.socket.Status()); <-ticker.C {
		if time.Since(begun) > 40*time.Second {
			t.Fatalf("the socket says %+v", h.program.socket.Status())
		}
	}
	return time.Since(begun)
}

// TestF36TooMany: the app has more connections elsewhere than Slack allows. The one that is there serves, the other one is
// tried again until it may be.
func TestF36TooMany(t *testing.T) {
	inOnePass(t, "it brings its sockets, and stores nothing")
	t.Parallel()
	h := newSocketHouse(t)
	h.AllowSockets(1)
	h.CutSockets(1)
	h.awaitStatus(t, func(s bot.Status) bool { return strings.Contains(s.Wrong, "ten connections") })
	for n := range 4 {
		if answer := h.command("Ada", "#general", "/incident list", fmt.Sprint("t", n)); !strings.Contains(answer, "No open incidents") {
			t.Errorf("answered %q", answer)
		}
	}
	h.AllowSockets(10)
	h.AwaitSockets(2)
	h.awaitStatus(t, func(s bot.Status) bool { return s.Wrong == "" && s.Open == 2 })
}

// TestF36NothingIsLostThatSlackRedelivers: what happens while there is no connection at all is delivered again, and
// counts.
func TestF36NothingIsLostThatSlackRedelivers(t *testing.T) {
	t.Parallel()
	h, room := privateSocketRoom(t)
	h.CutSockets()
	h.Join(h.Person("Grace"), room.Name())
	h.AwaitSockets(2)
	for range 7 {
		h.Pass(time.Minute)
		if err := h.Idle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if !h.seen() {
		t.Error("the event that nobody took was lost")
	}
}

// TestF36NobodyWaitsForAnothersForm: Slack is slow to open a form for one person. Everybody else is answered, and so is
// whoever types in the same room.
func TestF36NobodyWaitsForAnothersForm(t *testing.T) {
	inOnePass(t, "it brings its sockets, and stores nothing")
	t.Parallel()
	h := newSocketHouse(t)
	h.command("Ada", "#general", declareCheckout, "one")
	h.recover(recovery)
	h.Join(h.Person("Grace"), crashRoom)
	h.Announce("views.open")
	opened, others := make(chan struct{}), make(chan struct{})
	h.Faults(func(c slacksim.Call) *slacksim.Fault {
		if c.Method == "views.open" {
			close(opened)
			<-others
		}
		return nil
	})
	done := make(chan string, 1)
	go func() { done <- h.command("Ada", crashRoom, "/incident note", "form") }()
	<-opened
	for n := range 5 { // within the two seconds that the form is given
		if answer := h.command("Grace", crashRoom, "/incident note it burns", fmt.Sprint("n", n)); !strings.Contains(answer, "Noted") {
			t.Errorf("answered %q", answer)
		}
	}
	waited := len(done) > 0
	close(others)
	<-done
	if waited {
		t.Error("they waited until the form was given up")
	}
	h.Faults(nil)
}

// TestF37AckLost: what was acknowledged and never heard is delivered again, and counts once. A person gets the same
// answer.
func TestF37AckLost(t *testing.T) {
	t.Parallel()
	h, room := privateSocketRoom(t)
	send := func(kind, id string) bool {
		status, _, err := h.SendEvent(slacksim.EventArgs{ID: id, Event: slacksim.Object{
			"type": kind, "user": h.Person("Grace").ID(), "channel": room.ID(), "team": h.TeamID(),
		}})
		return err == nil && status == http.StatusOK
	}
	h.LoseAcks(1)
	if send("member_joined_channel", "Ev0JOINED") || !h.seen() {
		t.Fatal("the event was taken, and the answer lost: nothing else")
	}
	h.AwaitSockets(2)
	if !send("member_left_channel", "Ev0LEFT") || !send("member_joined_channel", "Ev0JOINED") || h.seen() {
		t.Error("redelivered, it counted again")
	}

	h.LoseAcks(1)
	args := slacksim.SendArgs{Person: "Ada", Channel: "#general", Text: "/incident declare checkout is down", TriggerID: "lost"}
	if status, body, err := h.SendCommand(context.Background(), args); err == nil && status == http.StatusOK {
		t.Errorf("answered: %s", body)
	}
	h.AwaitSockets(2)
	if answer := h.command("Ada", "#general", args.Text, "lost"); !strings.Contains(answer, "INC-2 declared") {
		t.Errorf("answered %s", answer)
	}
	h.recover(recovery)
	if got := h.rooms("#inc-2"); len(got) != 1 {
		t.Errorf("rooms: %q", got)
	}
}

// TestF39SlackDropsEvents: it says so, with no event inside. It is no news for anybody but who reads the log.
func TestF39SlackDropsEvents(t *testing.T) {
	h := newSocketHouse(t)
	told := fmt.Sprintf(`{"type":"app_rate_limited","token":"x","team_id":%q,"minute_rate_limited":1518467820,"api_app_id":%q}`, h.TeamID(), h.AppID())
	if status, _ := h.post("/slack/events", []byte(told), http.Header{"Content-Type": {"application/json"}}); status != http.StatusOK {
		t.Errorf("answered with %d", status)
	}
	if !h.SendEnvelope(`{"envelope_id":"E1","type":"events_api","payload":` + told + `}`) {
		t.Error("not acknowledged")
	}
	if n := strings.Count(h.log.all(), "Slack drops events"); n != 2 {
		t.Errorf("it was said %d times", n)
	}
	h.Quiet()
}

// TestF40AnotherAppOrWorkspace: what comes over our own connection and is meant for somebody else changes nothing, and is
// acknowledged, or it would come again. Over HTTP it is refused.
func TestF40AnotherAppOrWorkspace(t *testing.T) {
	h := newHouse(t, overHTTP) // where it is our own profile that tells which app we are
	if status, _ := h.post("/slack/commands", []byte(h.foreignCommand()), nil); status != http.StatusBadRequest {
		t.Errorf("a command of another app was answered with %d", status)
	}
	h.Quiet()

	h = newSocketHouse(t)
	if status, _ := h.post("/slack/commands", []byte(h.foreignCommand()), nil); status != http.StatusBadRequest {
		t.Errorf("a command of another app was answered with %d", status)
	}
	newcomer := `"event":{"type":"team_join","user":{"id":"U0EVIL00001","name":"evil"}}`
	for name, payload := range map[string]string{
		"another app":  fmt.Sprintf(`{"type":"event_callback","api_app_id":"A0OTHER0001","team_id":%q,"event_id":"Ev1",%s}`, h.TeamID(), newcomer),
		"another team": `{"type":"event_callback","team_id":"T0OTHER0001","event_id":"Ev2",` + newcomer + `}`,
		"no team":      `{"type":"event_callback","event_id":"Ev3",` + newcomer + `}`,
	} {
		if !h.SendEnvelope(`{"envelope_id":"E-` + name + `","type":"events_api","payload":` + payload + `}`) {
			t.Errorf("%s: not acknowledged", name)
		}
	}
	if !h.SendEnvelope(fmt.Sprintf(`{"envelope_id":"E4","type":"slash_commands","accepts_response_payload":true,"payload":{"api_app_id":"A0OTHER0001",`+
		`"team_id":%q,"user_id":%q,"channel_id":"C1","text":"declare it is mine","trigger_id":"1.1.2"}}`, h.TeamID(), h.Person("Ada").ID())) {
		t.Error("a command of another app: not acknowledged")
	}
	if profile, err := h.program.store.Profile(t.Context(), "U0EVIL00001"); err != nil || profile.Handle != "" {
		t.Errorf("it was believed: %+v %v", profile, err)
	}
	h.Quiet()
	if got := h.rooms("#inc-"); len(got) > 0 {
		t.Errorf("rooms: %q", got)
	}
}

// foreignCommand is a command of Ada's for another app, as HTTP brings it.
func (h *house) foreignCommand() string {
	return url.Values{
		"team_id": {h.TeamID()}, "user_id": {h.Person("Ada").ID()}, "user_name": {"ada"}, "channel_id": {h.Channel("#general").ID()}, "channel_name": {"general"},
		"command": {"/incident"}, "text": {"declare it is mine"}, "trigger_id": {"1.1.1"}, "api_app_id": {"A0OTHER0001"},
	}.Encode()
}

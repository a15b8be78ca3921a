package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// TestF27TheFormDoesNotOpen: the person reads what to type, and what they typed is not lost.
func TestF27TheFormDoesNotOpen(t *testing.T) {
	for _, fault := range []slacksim.Fault{
		{Kind: slacksim.SlackError, Error: "expired_trigger_id"},
		{Kind: slacksim.SlackError, Error: "exchanged_trigger_id"},
		{Kind: slacksim.Status, Status: 500},
		{Kind: slacksim.LostBefore},
		{Kind: slacksim.Delay, Delay: 3100 * time.Millisecond}, // longer than Slack keeps a trigger
	} {
		t.Run(fault.Error, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.Announce("views.open")
			h.Faults(failing("views.open", 0, fault))
			ada := h.Person("Ada")
			ada.Type("#general", "/incident declare").Expect("Type it instead: /incident declare")
			h.Faults(nil)
			ada.Type("#general", "/incident declare checkout is down").Expect("INC-1 declared")
			h.quieten(t)
			h.Faults(failing("views.open", 0, fault))
			ada.Type(crashRoom, "/incident note").Expect("Type it instead, or try again: /incident note")
			message := h.Person("Grace").Say("#checkout", "paying fails & nobody knows why")
			ada.Shortcut("Declare an incident", message).Expect("Your words are kept")
			h.recover(recovery)
			if n := h.directs("Ada", "paying fails & nobody knows why"); n != 1 {
				t.Errorf("the words came back %d times", n)
			}
		})
	}
}

// TestF28TheFormIsSentTwice: one incident, and the same answer, one after the other and at once, also after a restart.
func TestF28TheFormIsSentTwice(t *testing.T) {
	h := newHouse(t)
	view := map[string]any{
		"id": "V0ONE", "hash": "156772938.1827394", "callback_id": "declare", "private_metadata": "",
		"state": map[string]any{"values": map[string]any{"title": map[string]any{"value": map[string]any{"type": "plain_text_input", "value": "checkout is down"}}}},
	}
	body := h.interaction(map[string]any{"type": "view_submission", "view": view, "trigger_id": "1.2.3"})
	answers := make([]string, 6)
	var group sync.WaitGroup
	for n := range 4 {
		group.Go(func() { _, answers[n] = h.post("/slack/interactions", body, nil) })
	}
	group.Wait()
	_, answers[4] = h.post("/slack/interactions", body, nil)
	h.quieten(t)
	h.dieAndStart()
	_, answers[5] = h.post("/slack/interactions", body, nil)
	for _, answer := range answers {
		if !strings.Contains(answer, "INC-1 declared") || answer != answers[0] {
			t.Errorf("answered %s", answer)
		}
	}
	h.recover(recovery)
	h.alone(crashRoom)
}

// interaction is the body of an interaction of Ada's.
func (h *house) interaction(payload map[string]any) []byte {
	h.t.Helper()
	payload["user"] = map[string]any{"id": h.Person("Ada").ID(), "name": "ada", "team_id": h.TeamID()}
	payload["team"] = map[string]any{"id": h.TeamID(), "domain": "harbour"}
	raw, err := json.Marshal(payload)
	if err != nil {
		h.t.Fatal(err)
	}
	return []byte(url.Values{"payload": {string(raw)}}.Encode())
}

// TestF33SomeCannotBeInvited: the others are, it is written down once, and nothing is tried for ever.
func TestF33SomeCannotBeInvited(t *testing.T) {
	gone := slacksim.Profile{ID: "U0GONE00001", Name: "Gone", Deleted: true}
	outside := slacksim.Profile{ID: "U0OUTSIDE01", Name: "Outside", Stranger: true}
	w := slacksim.New(t, slacksim.Options{Manifest: slacksimOptions.Manifest, People: append(slacksim.DefaultPeople(), gone, outside)})
	h := newHouseIn(t, w, func(o *options) {
		o.policy.Services[0].Invite = []string{gone.ID, w.Person("Grace").ID(), outside.ID, "U0NOBODY001"}
	})
	h.command("Ada", "#general", declareCheckout, "one")
	h.recover(recovery)
	if got := strings.Join(h.Channel(crashRoom).Members(), " "); got != "Ada Grace Tocsin" {
		t.Errorf("members: %s", got)
	}
	h.alone(crashRoom)
}

// TestF33NobodyCanBeInvited is the table of what Slack says then: the room lives on, and people are told in the log, once.
func TestF33NobodyCanBeInvited(t *testing.T) {
	for _, code := range []string{"user_is_restricted", "cant_invite", "ura_max_channels", "user_not_found", "org_user_not_in_team", "user_disabled"} {
		t.Run(code, func(t *testing.T) {
			h := newHouse(t)
			h.Faults(failing("conversations.invite", 0, slacksim.Fault{Kind: slacksim.SlackError, Error: code}))
			h.command("Ada", "#general", declareCheckout, "one")
			h.recover(recovery)
			if n := strings.Count(h.log.all(), "could not be invited"); n != 1 {
				t.Errorf("it was said %d times", n)
			}
			if n := h.called("conversations.invite", nil); n != 1 {
				t.Errorf("tried %d times", n)
			}
			h.Channel(crashRoom).Expect("Take command")
			h.alone(crashRoom)
		})
	}
}

// TestF35MoreThanFits: a text that no paragraph holds arrives whole, in as many as Slack's limits ask for.
func TestF35MoreThanFits(t *testing.T) {
	for name, text := range map[string]string{
		"one word":    strings.Repeat("x", 10000) + "THE END",
		"short lines": strings.Repeat("ab\n", 3300) + "THE END",
		"escaped":     strings.Repeat("<", 2600) + "THE END",
		"two units":   strings.Repeat("🔥", 5200) + "THE END",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, ada, room, card := inRoom(t)
			ada.Type(room.Name(), "/incident update "+text).Expect("Update posted")
			h.recover(recovery)
			whole := room.Expect("THE END").Text()
			first := string([]rune(text)[:1])
			if got, want := strings.Count(whole, first), strings.Count(text, first); got < want {
				t.Errorf("%d of %d %q arrived", got, want, first)
			}
			h.Channel("#incidents").Expect("Update", "THE END")
			card.ExpectEdit("Last update")
			h.Quiet()
		})
	}
}

// TestF35MoreThanAMessage: what no message holds is cut there, says where the whole of it is, and is there.
func TestF35MoreThanAMessage(t *testing.T) {
	for _, sign := range []string{"x", "<", "🔥", "ab\n"} {
		t.Run(sign, func(t *testing.T) {
			t.Parallel()
			h, ada, room, card := inRoom(t)
			text := strings.Repeat(sign, (incident.MaxText-10)/len([]rune(sign))) + "THE END"
			ada.Type(room.Name(), "/incident update "+text).Expect("Update posted")
			h.recover(recovery)
			cut := room.Expect(":mega:", "…", "/incident timeline").Text()
			number := regexp.MustCompile("/incident timeline (?:INC-1 )?#([0-9]+)").FindStringSubmatch(cut)
			if number == nil {
				t.Fatalf("it does not say where the whole is: …%s", cut[max(0, len(cut)-200):])
			}
			page := ada.Type(room.Name(), "/incident timeline #"+number[1])
			for n := 2; !page.Has("THE END") && n < 20; n++ {
				page = ada.Press(page, "Next part").Expect(fmt.Sprintf("part %d of", n))
			}
			page.Expect("THE END")
			h.Channel("#incidents").Expect(":mega:", "…", "/incident timeline")
			card.ExpectEdit("Last update")
			h.Quiet()
		})
	}
}

// TestF35TheLongestTitle is of characters that are escaped to five each, in everything that shows a title.
func TestF35TheLongestTitle(t *testing.T) {
	h := newHouse(t)
	h.Person("Ada").Type("#general", "/incident declare "+strings.Repeat("&", incident.MaxTitle)).Expect("INC-1 declared")
	h.Channel("#inc-1").Expect(strings.Repeat("&", 20)) // a header holds 150 characters of what is sent
	h.Channel("#incidents").Expect(strings.Repeat("&", 75))
	h.Quiet()
}

// TestF40WhoIsNotOurWorkspace: what is not signed is refused, whatever it says that it is; what is signed and of another
// workspace changes nothing.
func TestF40WhoIsNotOurWorkspace(t *testing.T) {
	h := newHouse(t)
	asJSON := http.Header{"Content-Type": {"application/json"}}
	unsigned := http.Header{"Content-Type": {"application/json"}, "X-Slack-Signature": nil, "X-Slack-Request-Timestamp": nil}
	challenge := []byte(`{"type":"url_verification","challenge":"3eZbrw1aB"}`)
	if status, answer := h.post("/slack/events", challenge, unsigned); status != http.StatusUnauthorized || strings.Contains(answer, "3eZbrw1aB") {
		t.Errorf("an unsigned challenge was answered: %d %s", status, answer)
	}
	if status, answer := h.post("/slack/events", challenge, asJSON); status != http.StatusOK || !strings.Contains(answer, "3eZbrw1aB") {
		t.Errorf("a signed challenge was answered: %d %s", status, answer)
	}
	for name, body := range map[string]string{
		"another team": `{"type":"event_callback","team_id":"T0OTHER0001","event_id":"Ev1","event":{"type":"team_join","user":{"id":"U0EVIL00001","name":"evil"}}}`,
		"no team":      `{"type":"event_callback","event_id":"Ev2","event":{"type":"team_join","user":{"id":"U0EVIL00001","name":"evil"}}}`,
		"no event id":  `{"type":"event_callback","team_id":"` + h.TeamID() + `","event":{"type":"team_join","user":{"id":"U0EVIL00001","name":"evil"}}}`,
	} {
		if status, _ := h.post("/slack/events", []byte(body), asJSON); status != http.StatusBadRequest {
			t.Errorf("%s: answered with %d", name, status)
		}
	}
	drops := []byte(`{"type":"app_rate_limited","team_id":"T0OTHER0001","minute_rate_limited":1518467820}`)
	if status, answer := h.post("/slack/events", drops, asJSON); status != http.StatusBadRequest || !strings.Contains(answer, "for another app or workspace") {
		t.Errorf("what another team misses was answered with %d %s", status, answer)
	}
	if profile, err := h.program.store.Profile(t.Context(), "U0EVIL00001"); err != nil || profile.Handle != "" {
		t.Errorf("it was believed: %+v %v", profile, err)
	}
	form := url.Values{
		"team_id": {"T0OTHER0001"}, "user_id": {"U0EVIL00001"}, "user_name": {"evil"}, "channel_id": {"C1"}, "channel_name": {"general"},
		"command": {"/incident"}, "text": {"declare it is mine"}, "trigger_id": {"1.1.1"},
	}
	if status, answer := h.post("/slack/commands", []byte(form.Encode()), nil); status != http.StatusOK || !strings.Contains(answer, "Only members of this workspace") {
		t.Errorf("a command of another workspace was answered: %d %s", status, answer)
	}
	h.Quiet()
	if got := h.rooms("#inc-"); len(got) > 0 {
		t.Errorf("rooms: %q", got)
	}
}

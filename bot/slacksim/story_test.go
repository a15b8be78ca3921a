package slacksim

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/slack-go/slack"
)

// declare answers /incident as an incident bot would, with the real client.
func declare(t *testing.T, a *fakeApp) {
	a.answers(func(d delivered) (string, string) {
		switch {
		case d.form.Get("command") == "/incident":
			c, err := a.api.CreateConversationContext(t.Context(), slack.CreateConversationParams{ChannelName: "inc-1-checkout"})
			if err != nil {
				t.Error(err)
				return "", ""
			}
			if _, err := a.api.InviteUsersToConversationContext(t.Context(), c.ID, d.form.Get("user_id")); err != nil {
				t.Error(err)
			}
			_, ts, err := a.api.PostMessageContext(t.Context(), c.ID, slack.MsgOptionText("SEV2: checkout is down", false),
				slack.MsgOptionBlocks(
					slack.NewSectionBlock(slack.NewTextBlockObject("mrkdwn", "*SEV2* checkout is down, by <@"+d.form.Get("user_id")+">", false, false), nil, nil),
					slack.NewActionBlock("a", slack.NewButtonBlockElement("lead", "1", slack.NewTextBlockObject("plain_text", "Take command", false, false)))),
				slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "effect", EventPayload: map[string]any{"id": "1"}}))
			if err != nil {
				t.Error(err)
			}
			if err := a.api.AddPinContext(t.Context(), c.ID, slack.NewRefToMessage(c.ID, ts)); err != nil {
				t.Error(err)
			}
			return "application/json", `{"text":"Declared <#` + c.ID + `>"}`
		case d.payload["type"] == "block_actions":
			msg, user := obj(d.payload["message"]), obj(d.payload["user"])
			_, _, _, err := a.api.UpdateMessageContext(t.Context(), str(obj(d.payload["channel"])["id"]), str(msg["ts"]),
				slack.MsgOptionText("Commander <@"+str(user["id"])+">", false))
			if err != nil {
				t.Error(err)
			}
			_, err = a.api.PostEphemeralContext(t.Context(), str(obj(d.payload["channel"])["id"]), str(user["id"]), slack.MsgOptionText("You lead now", false))
			if err != nil {
				t.Error(err)
			}
		}
		return "", ""
	})
}

func TestStory(t *testing.T) {
	a := start(t, Options{})
	w := a.w
	declare(t, a)
	ada := w.Person("Ada")
	ada.Type("#general", "/incident declare checkout is down").Expect("Declared #inc-1-checkout")
	room := w.Channel("#inc-1-checkout")
	card := room.Expect("SEV2", "checkout is down", "[Take command]", "@Ada")
	if !card.Pinned() || len(room.Pins()) != 1 {
		t.Error("the card is not pinned")
	}
	ada.Press(card, "Take command").Expect("You lead now")
	card.ExpectEdit("Commander @Ada")
	if got := strings.Join(room.Members(), ","); got != "Ada,Bell" {
		t.Errorf("members: %s", got)
	}
	w.Quiet()
	if d := w.Duplicates(); d != nil {
		t.Errorf("duplicates: %v", d)
	}
	world := w.World()
	for _, word := range []string{"#inc-1-checkout public", "members: Ada, Bell", "Bell (edited; pinned)", "Commander @Ada"} {
		if !strings.Contains(world, word) {
			t.Errorf("the photograph lacks %q:\n%s", word, world)
		}
	}
}

const formView = `{"type":"modal","title":{"type":"plain_text","text":"Declare"},"submit":{"type":"plain_text","text":"Go"},"notify_on_close":true,
 "private_metadata":"meta","callback_id":"declare","blocks":[
 {"type":"input","block_id":"t","label":{"type":"plain_text","text":"Title"},"element":{"type":"plain_text_input","action_id":"v","max_length":20}},
 {"type":"input","block_id":"s","label":{"type":"plain_text","text":"Severity"},"optional":true,"element":{"type":"static_select","action_id":"v","options":[
   {"text":{"type":"plain_text","text":"SEV1"},"value":"1"},{"text":{"type":"plain_text","text":"SEV2"},"value":"2"}]}},
 {"type":"input","block_id":"p","label":{"type":"plain_text","text":"Lead"},"optional":true,"element":{"type":"multi_users_select","action_id":"v"}},
 {"type":"input","block_id":"c","label":{"type":"plain_text","text":"Flags"},"optional":true,"element":{"type":"checkboxes","action_id":"v","options":[
   {"text":{"type":"plain_text","text":"Private"},"value":"p"},{"text":{"type":"plain_text","text":"Drill"},"value":"d"}]}}]}`

// opener opens the form at every command and shortcut.
func opener(t *testing.T, a *fakeApp, submitted func(delivered) string) {
	a.answers(func(d delivered) (string, string) {
		trigger := d.form.Get("trigger_id")
		if d.payload != nil {
			trigger = str(d.payload["trigger_id"])
		}
		switch d.payload["type"] {
		case "view_submission":
			return "application/json", submitted(d)
		case "view_closed", "block_actions":
			return "", ""
		}
		var view slack.ModalViewRequest
		if err := json.Unmarshal([]byte(formView), &view); err != nil {
			t.Fatal(err)
		}
		if _, err := a.api.OpenViewContext(t.Context(), trigger, view); err != nil {
			t.Errorf("views.open: %v", err)
		}
		return "", ""
	})
}

func TestModal(t *testing.T) {
	a := start(t, Options{})
	refuse := true
	opener(t, a, func(d delivered) string {
		if refuse {
			return `{"response_action":"errors","errors":{"t":"too vague"}}`
		}
		return ""
	})
	ada := a.w.Person("Ada")
	ada.Type("#checkout", "/incident")
	m := ada.Modal().Has("Declare", "Title", "[Go]")
	if got := m.Submit(); got.Errors["Title"] != "Please complete this required field." {
		t.Errorf("an empty required input: %+v", got)
	}
	m.Fill("Title", strings.Repeat("x", 21))
	if got := m.Submit(); !strings.Contains(got.Errors["Title"], "20 characters") {
		t.Errorf("too long: %+v", got)
	}
	m.Fill("Title", "Broken").Choose("Severity", "SEV2").ChoosePerson("Lead", "Grace").ChoosePerson("Lead", "Linus").Tick("Flags", "Drill")
	if got := m.Submit(); got.Errors["Title"] != "too vague" || got.Closed {
		t.Errorf("errors of the app: %+v", got)
	}
	refuse = false
	if got := m.Submit(); !got.Closed || m.Open() {
		t.Errorf("accepted: %+v", got)
	}
	var last delivered
	for _, d := range a.all {
		if d.payload["type"] == "view_submission" {
			last = d
		}
	}
	var call slack.InteractionCallback
	text, _ := json.Marshal(last.payload)
	if err := json.Unmarshal(text, &call); err != nil {
		t.Fatal(err)
	}
	v := call.View.State.Values
	if v["t"]["v"].Value != "Broken" || v["s"]["v"].SelectedOption.Value != "2" || len(v["p"]["v"].SelectedUsers) != 2 || v["c"]["v"].SelectedOptions[0].Value != "d" {
		t.Errorf("state: %s", text)
	}
	if call.View.PrivateMetadata != "meta" || call.View.CallbackID != "declare" || call.View.Hash == "" || call.User.ID != ada.ID() {
		t.Errorf("view: %s", text)
	}
}

func TestModalAnswers(t *testing.T) {
	a := start(t, Options{})
	a.w.Announce("view_submission")
	answer := ""
	opener(t, a, func(delivered) string { return answer })
	ada := a.w.Person("Ada")
	for _, c := range []struct {
		name, answer string
		open         int
		fault        bool
	}{
		{"nothing closes", ``, 0, false},
		{"empty object closes", `{}`, 0, false},
		{"clear", `{"response_action":"clear"}`, 0, false},
		{"push", `{"response_action":"push","view":` + formView + `}`, 2, false},
		{"update", `{"response_action":"update","view":` + formView + `}`, 1, false},
		{"errors on no input", `{"response_action":"errors","errors":{"zz":"x"}}`, 1, true},
		{"errors without any", `{"response_action":"errors","errors":{}}`, 1, true},
		{"unknown action", `{"response_action":"explode"}`, 1, true},
		{"broken view", `{"response_action":"update","view":{"type":"modal"}}`, 1, true},
		{"no JSON", `oops`, 1, true},
	} {
		answer = c.answer
		ada.Shortcut("Declare now", nil)
		got := ada.Modal().Fill("Title", "x").Submit()
		a.w.mu.Lock()
		open := len(a.w.stacks[ada.id])
		a.w.clear(ada.id)
		a.w.mu.Unlock()
		if open != c.open || (got.Err != nil) != c.fault {
			t.Errorf("%s: %d views open, %+v", c.name, open, got)
		}
	}
}

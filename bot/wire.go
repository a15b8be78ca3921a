package bot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"tocsin/incident"
)

// What Slack sends, as far as we read it. Slack adds fields at any time, and sends some in more than one shape (an empty
// "values" is an array, "user" in events is an id or an object): these structs take all of them, where the library's
// refuse the whole request.

// slashCommand is one line typed after /incident.
type slashCommand struct {
	App         string `json:"api_app_id"`
	Team        string `json:"team_id"`
	User        string `json:"user_id"`
	UserName    string `json:"user_name"`
	Channel     string `json:"channel_id"`
	ChannelName string `json:"channel_name"`
	Text        string `json:"text"`
	Trigger     string `json:"trigger_id"`
	Reply       string `json:"response_url"`
}

// interaction is a press of a button, a choice in a menu, a form sent, or a shortcut.
type interaction struct {
	App      string `json:"api_app_id"`
	Type     string `json:"type"`
	Trigger  string `json:"trigger_id"`
	Callback string `json:"callback_id"`
	Reply    string `json:"response_url"`
	Team     struct {
		ID     string `json:"id"`
		Domain string `json:"domain"`
	} `json:"team"`
	User struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		User string `json:"username"`
		Team string `json:"team_id"`
	} `json:"user"`
	Channel struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"channel"`
	Message posted   `json:"message"`
	Actions []action `json:"actions"`
	View    view     `json:"view"`
}

// posted is a message that stands in a channel.
type posted struct {
	TS      string `json:"ts"`
	Thread  string `json:"thread_ts"`
	Subtype string `json:"subtype"`
	User    string `json:"user"`
	Bot     string `json:"bot_id"`
	Name    string `json:"username"` // that an integration gave itself
	Text    string `json:"text"`
	Edited  struct {
		User string `json:"user"`
	} `json:"edited"`
	Files []struct {
		Name string `json:"name"`
		Link string `json:"permalink"`
	} `json:"files"`
	Attached []struct {
		Fallback string `json:"fallback"`
		Text     string `json:"text"`
	} `json:"attachments"`
}

func (in interaction) sender() sender {
	return sender{in.User.ID, firstOf(in.User.Name, in.User.User), in.User.Team}
}

// key is what an interaction is known by: a form by what it was and how often it had changed, anything else by the trigger
// that Slack gave out with it.
func (in interaction) key() string {
	switch in.Type {
	case "view_submission":
		return incident.KeyView + in.View.ID + ":" + in.View.Hash
	case "message_action":
		return incident.KeyShortcut + in.Trigger
	}
	return incident.KeyAction + in.Trigger
}

// action is what was pressed or chosen.
type action struct {
	ID       string `json:"action_id"`
	Block    string `json:"block_id"`
	Value    string `json:"value"`
	Selected struct {
		Value string `json:"value"`
	} `json:"selected_option"`
	TS string `json:"action_ts"`
}

// line is what the action stands for, as it could have been typed.
func (a action) line() string { return firstOf(a.Value, a.Selected.Value) }

// view is a form as it was sent.
type view struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Hash     string `json:"hash"`
	Callback string `json:"callback_id"`
	Metadata string `json:"private_metadata"`
	State    struct {
		Values values `json:"values"`
	} `json:"state"`
}

// values are the inputs of a form, by block and action.
type values map[string]map[string]input

// UnmarshalJSON reads Slack's empty array as no values.
func (v *values) UnmarshalJSON(raw []byte) error {
	if raw = bytes.TrimSpace(raw); len(raw) > 0 && raw[0] == '[' || bytes.Equal(raw, []byte("null")) {
		*v = nil
		return nil
	}
	return json.Unmarshal(raw, (*map[string]map[string]input)(v))
}

// input is what one input holds.
type input struct {
	Value    string `json:"value"`
	User     string `json:"selected_user"`
	Selected struct {
		Value string `json:"value"`
	} `json:"selected_option"`
	Ticked []struct {
		Value string `json:"value"`
	} `json:"selected_options"`
}

// value is what an input of ours holds: text, a choice, or a person.
func (v view) value(block string) string {
	in := v.State.Values[block][inputValue]
	return firstOf(in.Value, in.Selected.Value, in.User)
}

// ticked tells whether a box among the options is ticked.
func (v view) ticked(option string) bool {
	for _, box := range v.State.Values[inputOptions][inputValue].Ticked {
		if box.Value == option {
			return true
		}
	}
	return false
}

func readInteraction(payload []byte) (interaction, error) {
	var in interaction
	if err := json.Unmarshal(payload, &in); err != nil {
		return in, fmt.Errorf("read interaction: %w", err)
	}
	// What the request is known by must be there: without it, two would be taken for one.
	known := in.Trigger != ""
	if in.Type == "view_submission" {
		known = in.View.ID != ""
	}
	if in.User.ID == "" || !known && in.Type != "view_closed" {
		return in, errors.New("read interaction: no user, or nothing to know it by")
	}
	return in, unambiguous(payload)
}

// unambiguous refuses a document that says twice, in any case of letters, who speaks or where: encoding/json takes the last
// of such names, others take the first, and that must not decide it. Deeper down stand words of people and of other apps,
// which may be named as they like.
func unambiguous(document []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(document))
	var within []map[string]bool // the names so far of every object that we are in; nil for a list
	name := false                // comes next
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch word, isWord := token.(string); {
		case name && isWord:
			folded := strings.ToUpper(strings.ToLower(word))
			if names := within[len(within)-1]; names[folded] && len(within) <= 2 {
				return fmt.Errorf("%q stands twice", word)
			}
			within[len(within)-1][folded], name = true, false
			continue
		case token == json.Delim('{'):
			within = append(within, map[string]bool{})
		case token == json.Delim('['):
			within = append(within, nil)
		case token == json.Delim('}'), token == json.Delim(']'):
			within = within[:len(within)-1]
		}
		name = len(within) > 0 && within[len(within)-1] != nil
	}
}

// event is something that happened in the workspace.
type event struct {
	App       string `json:"api_app_id"`
	Type      string `json:"type"`
	Challenge string `json:"challenge"`
	Team      string `json:"team_id"`
	ID        string `json:"event_id"`
	Time      int64  `json:"event_time"`
	Limited   int64  `json:"minute_rate_limited"` // from when on Slack drops events
	Inner     struct {
		Type    string          `json:"type"`
		Subtype json.RawMessage `json:"subtype"`
		User    json.RawMessage `json:"user"` // an id, or the whole user
		Channel json.RawMessage `json:"channel"`

		Reaction json.RawMessage `json:"reaction"`
		Item     json.RawMessage `json:"item"` // that was reacted to
		Author   json.RawMessage `json:"item_user"`
		Message  json.RawMessage `json:"message"` // as it reads now
		Deleted  json.RawMessage `json:"deleted_ts"`
		Tab      json.RawMessage `json:"tab"` // of the app, that somebody opened
	} `json:"event"`
}

func (e event) key() string { return incident.KeyEvent + e.ID }

// item is what somebody reacted to; of a shape that we do not know, nothing.
type item struct{ Type, Channel, TS string }

func (e event) item() item {
	var i struct{ Type, Channel, TS json.RawMessage }
	_ = json.Unmarshal(e.Inner.Item, &i)
	return item{text(i.Type), text(i.Channel), text(i.TS)}
}

// channel is where it happened, "" where that is nowhere.
func (e event) channel() string { return firstOf(text(e.Inner.Channel), e.item().Channel) }

func readEvent(body []byte) (event, error) {
	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		return e, fmt.Errorf("read event: %w", err)
	}
	return e, unambiguous(body)
}

// text reads a field that is a string in the events that we use, and something else in others.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

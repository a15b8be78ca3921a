package slacksim

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/slack-go/slack"
)

// asker asserts what the real client got.
func asker(t *testing.T) func(what string, good bool, err error) {
	return func(what string, good bool, err error) {
		t.Helper()
		if err != nil || !good {
			t.Errorf("%s: %v %v", what, good, err)
		}
	}
}

// The real client is satisfied with every method, here and in the next two: what it sends is taken, and what comes back
// can be read.
func TestRealClientPeople(t *testing.T) {
	a := start(t, Options{})
	ctx, api, w, ok := t.Context(), a.api, a.w, asker(t)
	who, err := api.AuthTestContext(ctx)
	ok("auth.test", who.UserID == w.BotUser() && who.TeamID == w.TeamID() && who.BotID != "", err)
	team, err := api.GetTeamInfoContext(ctx)
	ok("team.info", team.ID == w.TeamID(), err)
	bot, err := api.GetBotInfoContext(ctx, slack.GetBotInfoParameters{Bot: who.BotID})
	ok("bots.info", bot.UserID == w.BotUser(), err)

	ada, gus := w.Person("Ada"), w.Person("Gus")
	stranger := w.Add(Profile{Name: "Eve", Stranger: true})
	other := w.Add(Profile{Name: "robot", Bot: true})
	users, err := api.GetUsersContext(ctx, slack.GetUsersOptionLimit(2))
	ok("users.list", len(users) == 9, err) // five, our bot, Slackbot and the two
	u, err := api.GetUserInfoContext(ctx, gus.ID())
	ok("users.info of a guest", u.IsRestricted && u.TZ == "Europe/London" && u.Profile.DisplayName == "Gus", err)
	u, err = api.GetUserInfoContext(ctx, stranger.ID())
	ok("users.info of a stranger", u.IsStranger && u.TeamID != w.TeamID(), err)
	u, err = api.GetUserInfoContext(ctx, other.ID())
	ok("users.info of a bot", u.IsBot, err)
	u, err = api.GetUserByEmailContext(ctx, "ada@harbour.example")
	ok("users.lookupByEmail", u.ID == ada.ID(), err)

	g := w.AddGroup("oncall", "On call", "Ada", "Grace")
	groups, err := api.GetUserGroupsContext(ctx, slack.GetUserGroupsOptionIncludeUsers(true))
	ok("usergroups.list", len(groups) == 1 && groups[0].Handle == "oncall" && len(groups[0].Users) == 2, err)
	inGroup, err := api.GetUserGroupMembersContext(ctx, g)
	ok("usergroups.users.list", slices.Contains(inGroup, ada.ID()), err)
}

func TestRealClientRooms(t *testing.T) {
	a := start(t, Options{})
	ctx, api, w, ok := t.Context(), a.api, a.w, asker(t)
	ada, gus := w.Person("Ada"), w.Person("Gus")
	room, err := api.CreateConversationContext(ctx, slack.CreateConversationParams{ChannelName: "inc-2", IsPrivate: true})
	ok("create", room.IsPrivate && room.Creator == w.BotUser(), err)
	_, err = api.ForceInviteUsersToConversationContext(ctx, room.ID, ada.ID(), gus.ID())
	ok("invite", true, err)
	members, _, err := api.GetUsersInConversationContext(ctx, &slack.GetUsersInConversationParameters{ChannelID: room.ID})
	ok("members", len(members) == 3, err)
	err = api.KickUserFromConversationContext(ctx, room.ID, gus.ID())
	ok("kick", slices.Equal(w.Channel("inc-2").Members(), []string{"Ada", "Bell"}), err)
	_, err = api.SetTopicOfConversationContext(ctx, room.ID, "SEV1 & more")
	ok("setTopic", true, err)
	_, err = api.SetPurposeOfConversationContext(ctx, room.ID, "why")
	ok("setPurpose", true, err)
	seen, err := api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: room.ID, IncludeNumMembers: true})
	ok("info", seen.Topic.Value == "SEV1 & more" && seen.Purpose.Value == "why" && seen.NumMembers == 2 && seen.IsMember, err)
	_, err = api.RenameConversationContext(ctx, room.ID, "inc-2-b")
	ok("rename", w.Channel("inc-2-b").ID() == room.ID, err)
	kinds := []string{"public_channel", "private_channel"}
	all, _, err := api.GetConversationsContext(ctx, &slack.GetConversationsParameters{Types: kinds, ExcludeArchived: true})
	ok("list", len(all) == 5, err) // four public ones and our own
	own, _, err := api.GetConversationsForUserContext(ctx, &slack.GetConversationsForUserParameters{Types: kinds})
	ok("users.conversations", len(own) == 1, err)
	general := w.Channel("random")
	_, _, _, err = api.JoinConversationContext(ctx, general.ID())
	ok("join", slices.Contains(general.Members(), "Bell"), err)
	_, err = api.LeaveConversationContext(ctx, general.ID())
	ok("leave", !slices.Contains(general.Members(), "Bell"), err)
	dm, _, _, err := api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{ada.ID()}, ReturnIM: true})
	ok("open", dm.IsIM && dm.User == ada.ID(), err)
	_, _, err = api.PostMessageContext(ctx, ada.ID(), slack.MsgOptionText("to you", false), slack.MsgOptionDisableLinkUnfurl())
	ok("post to a person", true, err)
	w.DirectMessages(ada).Expect("to you")
	ok("archive", true, api.ArchiveConversationContext(ctx, room.ID))
	ok("archived", w.Channel("inc-2-b").Archived() && w.Channel("inc-2-b").Private(), nil)
	w.Announce("conversations.unarchive")
	if err := api.UnArchiveConversationContext(ctx, room.ID); err == nil || err.Error() != "not_in_channel" {
		t.Errorf("a bot cannot unarchive: %v", err)
	}
	ada.Unarchive(w.Channel("inc-2-b"))
	ok("unarchived", !w.Channel("inc-2-b").Archived(), nil)
}

func TestRealClientMessages(t *testing.T) {
	a := start(t, Options{})
	ctx, api, w, ok := t.Context(), a.api, a.w, asker(t)
	room, err := api.CreateConversationContext(ctx, slack.CreateConversationParams{ChannelName: "inc-2"})
	ok("create", true, err)
	_, ts, err := api.PostMessageContext(ctx, room.ID, slack.MsgOptionText("first", false), slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "e", EventPayload: map[string]any{"id": "7"}}))
	ok("post", ts != "", err)
	ref := slack.NewRefToMessage(room.ID, ts)
	_, reply, err := api.PostMessageContext(ctx, room.ID, slack.MsgOptionText("second", false), slack.MsgOptionTS(ts))
	ok("reply", true, err)
	link, err := api.GetPermalinkContext(ctx, &slack.PermalinkParameters{Channel: room.ID, Ts: reply})
	ok("getPermalink", link != "", err)
	h, err := api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{ChannelID: room.ID, IncludeAllMetadata: true, Oldest: ts, Inclusive: true})
	ok("history", len(h.Messages) == 1 && h.Messages[0].Metadata.EventPayload["id"] == "7" && h.Messages[0].ReplyCount == 1, err)
	thread, _, _, err := api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{ChannelID: room.ID, Timestamp: ts})
	ok("replies", len(thread) == 2 && thread[1].Text == "second", err)
	ok("pins.add", true, api.AddPinContext(ctx, room.ID, ref))
	pins, _, err := api.ListPinsContext(ctx, room.ID)
	ok("pins.list", len(pins) == 1 && pins[0].Message.Text == "first", err)
	ok("pins.remove", true, api.RemovePinContext(ctx, room.ID, ref))
	ok("reactions.add", true, api.AddReactionContext(ctx, "eyes", ref))
	ok("reactions.remove", true, api.RemoveReactionContext(ctx, "eyes", ref))
	mark, err := api.AddBookmarkContext(ctx, room.ID, slack.AddBookmarkParameters{Title: "Board", Type: "link", Link: "https://x.example", Emoji: ":bell:"})
	ok("bookmarks.add", mark.ID != "", err)
	title := "Dashboard"
	_, err = api.EditBookmarkContext(ctx, room.ID, mark.ID, slack.EditBookmarkParameters{Title: &title})
	ok("bookmarks.edit", slices.Equal(w.Channel("inc-2").Bookmarks(), []string{"Dashboard https://x.example"}), err)
	marks, err := api.ListBookmarksContext(ctx, room.ID)
	ok("bookmarks.list", len(marks) == 1, err)
	ok("bookmarks.remove", true, api.RemoveBookmarkContext(ctx, room.ID, mark.ID))
	_, _, err = api.DeleteMessageContext(ctx, room.ID, reply)
	ok("chat.delete", true, err)
}

// Menus in messages, a stack of modals and the message shortcut, told by the real client's types.
func TestInteractionShapes(t *testing.T) {
	a := start(t, Options{})
	a.w.Announce("push_limit_reached")
	ada := a.w.Person("Ada")
	room := a.w.Channel("general")
	a.call("chat.postMessage", map[string]string{"channel": room.ID(), "blocks": `[{"type":"actions","block_id":"b","elements":[
		{"type":"static_select","action_id":"sev","placeholder":{"type":"plain_text","text":"Severity"},"options":[{"text":{"type":"plain_text","text":"SEV1"},"value":"1"}]},
		{"type":"users_select","action_id":"who","placeholder":{"type":"plain_text","text":"Lead"}},
		{"type":"overflow","action_id":"more","options":[{"text":{"type":"plain_text","text":"Archive"},"value":"x"}]}]}]`})
	card := room.Expect("[Severity ▾]", "[Lead ▾]", "[Archive]")
	read := func(kind string) slack.InteractionCallback {
		t.Helper()
		d := a.next(func(d delivered) bool { return d.payload["type"] == kind })
		var call slack.InteractionCallback
		text, _ := json.Marshal(d.payload)
		if err := json.Unmarshal(text, &call); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		return call
	}
	ada.Choose(card, "Severity", "SEV1")
	call := read("block_actions")
	act := call.ActionCallback.BlockActions[0]
	if act.SelectedOption.Value != "1" || act.ActionID != "sev" || call.Channel.ID != room.ID() || call.Message.Timestamp != card.TS() || call.ResponseURL == "" || call.TriggerID == "" {
		t.Errorf("select: %+v", call)
	}
	if call.BlockActionState.Values["b"]["sev"].SelectedOption.Value != "1" {
		t.Errorf("state: %+v", call.BlockActionState)
	}
	ada.Choose(card, "Lead", "Grace")
	if call = read("block_actions"); call.ActionCallback.BlockActions[0].SelectedUser != a.w.Person("Grace").ID() {
		t.Errorf("users_select: %+v", call)
	}
	ada.Choose(card, "more", "Archive")
	if call = read("block_actions"); call.ActionCallback.BlockActions[0].SelectedOption.Value != "x" {
		t.Errorf("overflow: %+v", call)
	}
	post := ada.Say("#general", "it is broken")
	ada.Shortcut("Declare an incident", post)
	if call = read("message_action"); call.CallbackID != "declare_message" || call.Message.Text != "it is broken" || call.MessageTs != post.TS() || call.ResponseURL == "" {
		t.Errorf("message_action: %+v", call)
	}
	ada.Shortcut("declare_global", nil)
	if call = read("shortcut"); call.CallbackID != "declare_global" || call.ResponseURL != "" || call.TriggerID == "" {
		t.Errorf("shortcut: %+v", call)
	}
	status, _, err := a.w.SendAction(t.Context(), ActionArgs{Person: "Ada", Channel: "#general", TS: card.TS(), Action: "sev", Chosen: "1", TriggerID: "1.2.x"})
	if call = read("block_actions"); status != 200 || err != nil || call.TriggerID != "1.2.x" {
		t.Errorf("SendAction: %d %v %+v", status, err, call)
	}
}

func TestViewStack(t *testing.T) {
	a := start(t, Options{})
	a.w.Announce("push_limit_reached")
	var view slack.ModalViewRequest
	nested := `{"type":"modal","title":{"type":"plain_text","text":"More"},"blocks":[{"type":"actions","elements":[
		{"type":"button","action_id":"deeper","text":{"type":"plain_text","text":"Deeper"}}]}]}`
	if err := json.Unmarshal([]byte(nested), &view); err != nil {
		t.Fatal(err)
	}
	var last error
	a.answers(func(d delivered) (string, string) {
		if d.form.Get("command") != "" {
			_, last = a.api.OpenViewContext(t.Context(), d.form.Get("trigger_id"), view)
		} else if d.payload["type"] == "block_actions" {
			_, last = a.api.PushViewContext(t.Context(), str(d.payload["trigger_id"]), view)
		}
		return "", ""
	})
	ada := a.w.Person("Ada")
	ada.Type("#general", "/incident")
	root := ada.Modal()
	for range 2 {
		ada.Modal().Press("Deeper")
	}
	if last != nil || len(a.w.stacks[ada.ID()]) != 3 {
		t.Errorf("three views: %v, %d open", last, len(a.w.stacks[ada.ID()]))
	}
	ada.Modal().Press("Deeper")
	if last == nil || last.Error() != "push_limit_reached" {
		t.Errorf("a fourth view: %v", last)
	}
	top := ada.Modal()
	if top.v.root != root.ID() || top.v.previous == "" {
		t.Errorf("root %s, previous %s", top.v.root, top.v.previous)
	}
	top.Close()
	if top.Open() || !root.Open() {
		t.Error("closing the top view closes the wrong one")
	}
}

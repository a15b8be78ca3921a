package slacksim

// methods is the one list of what this workspace can do: scopes as granted in the manifest, rate tier, arguments as the
// method's page documents them.
var methods map[string]*method

// The handlers reach this table through the manifest's check of scope names, so it is filled at start.
func init() {
	manage := []string{"channels:manage", "groups:write"}
	read := []string{"channels:read", "groups:read", "im:read", "mpim:read"}
	history := []string{"channels:history", "groups:history", "im:history", "mpim:history"}
	page := " cursor limit:int"
	content := " text blocks:json attachments:json parse link_names:bool as_user:bool markdown_text"
	author := " thread_ts username icon_emoji icon_url"
	methods = map[string]*method{
		opening: {nil, tier1Burst, "", connectionsOpen},

		"auth.test": {nil, special, "", authTest},
		"team.info": {[]string{"team:read"}, tier3, "team domain", teamInfo},
		"bots.info": {[]string{"users:read"}, tier3, "bot team_id", botsInfo},

		"users.list":          {[]string{"users:read"}, tier2, "team_id include_locale:bool presence" + page, usersList},
		"users.info":          {[]string{"users:read"}, tier4, "user! include_locale:bool", usersInfo},
		"users.lookupByEmail": {[]string{"users:read.email"}, tier3, "email!", usersByEmail},
		"users.conversations": {read, tier2, "user types exclude_archived:bool team_id" + page, usersConversations},

		"usergroups.list":       {[]string{"usergroups:read"}, tier2, "include_users:bool include_count:bool include_disabled:bool team_id", groupsList},
		"usergroups.users.list": {[]string{"usergroups:read"}, tier2, "usergroup! include_disabled:bool team_id", groupUsers},

		"conversations.create":     {manage, tier2, "name! is_private:bool team_id", create},
		"conversations.archive":    {manage, tier2, "channel!", archive},
		"conversations.unarchive":  {manage, tier2, "channel!", unarchive},
		"conversations.rename":     {manage, tier2, "channel! name!", rename},
		"conversations.invite":     {append([]string{"channels:write.invites", "groups:write.invites"}, manage...), tier3, "channel! users!:list force:bool", invite},
		"conversations.kick":       {manage, tier3, "channel! user!", kick},
		"conversations.join":       {[]string{"channels:join"}, tier3, "channel!", join},
		"conversations.leave":      {manage, tier3, "channel!", leave},
		"conversations.info":       {read, tier3, "channel! include_locale:bool include_num_members:bool", info},
		"conversations.list":       {read, tier2, "types exclude_archived:bool team_id" + page, list},
		"conversations.members":    {read, tier4, "channel!" + page, members},
		"conversations.history":    {history, tier3, "channel! oldest latest inclusive:bool include_all_metadata:bool" + page, historyOf},
		"conversations.replies":    {history, tier3, "channel! ts! oldest latest inclusive:bool include_all_metadata:bool" + page, repliesOf},
		"conversations.open":       {[]string{"im:write", "mpim:write"}, tier3, "channel users:list return_im:bool prevent_creation:bool", open},
		"conversations.setTopic":   {append([]string{"channels:write.topic", "groups:write.topic"}, manage...), tier2, "channel! topic:clear", setTopic},
		"conversations.setPurpose": {append([]string{"channels:write.topic", "groups:write.topic"}, manage...), tier2, "channel! purpose:clear", setPurpose},

		"chat.postMessage":   {[]string{"chat:write"}, tier4, "channel! reply_broadcast:bool mrkdwn:bool metadata:json unfurl_links:bool unfurl_media:bool" + content + author, postMessage},
		"chat.postEphemeral": {[]string{"chat:write"}, tier4, "channel! user!" + content + author, postEphemeral},
		"chat.update":        {[]string{"chat:write"}, tier3, "channel! ts! metadata:json reply_broadcast:bool" + content, update},
		"chat.delete":        {[]string{"chat:write"}, tier3, "channel! ts! as_user:bool", deleteMessage},
		"chat.getPermalink":  {nil, special, "channel! message_ts!", getPermalink},

		"pins.add":         {[]string{"pins:write"}, tier2, "channel! timestamp", pinAdd},
		"pins.remove":      {[]string{"pins:write"}, tier2, "channel! timestamp", pinRemove},
		"pins.list":        {[]string{"pins:read"}, tier2, "channel!", pinList},
		"bookmarks.add":    {[]string{"bookmarks:write"}, tier2, "channel_id! title! type! link emoji entity_id parent_id", bookmarkAdd},
		"bookmarks.edit":   {[]string{"bookmarks:write"}, tier2, "channel_id! bookmark_id! title link emoji:clear", bookmarkEdit},
		"bookmarks.remove": {[]string{"bookmarks:write"}, tier2, "channel_id! bookmark_id! quip_section_id", bookmarkRemove},
		"bookmarks.list":   {[]string{"bookmarks:read"}, tier3, "channel_id!", bookmarkList},
		"reactions.add":    {[]string{"reactions:write"}, tier3, "channel! name! timestamp!", reactionAdd},
		"reactions.remove": {[]string{"reactions:write"}, tier2, "name! channel timestamp file file_comment", reactionRemove},
		"reactions.get":    {[]string{"reactions:read"}, tier3, "channel timestamp file file_comment full:bool", reactionGet},

		"views.open":    {nil, tier4, "trigger_id view!:json interactivity_pointer", viewsOpen},
		"views.push":    {nil, tier4, "trigger_id view!:json interactivity_pointer", viewsPush},
		"views.update":  {nil, tier4, "view!:json view_id external_id hash", viewsUpdate},
		"views.publish": {nil, tier4, "user_id! view!:json hash", viewsPublish},
	}
}

package bot

// Mend is what is wrong where Slack refuses us with a code that a person can do something about, and what to do. The zero
// Mend is that nothing is known.
type Mend struct{ Wrong, Do string }

// String is both in one sentence.
func (m Mend) String() string { return m.Wrong + ": " + m.Do + "." }

// MendOf says what to do about a method that Slack refuses with a code.
func MendOf(method, code string) Mend {
	if found, known := mends[method][code]; known {
		return found
	}
	return mends[anyMethod][code]
}

// OpensSocket is the method that opens Socket Mode. Its mends are about the app token, and also those for the reasons of a
// disconnect; nothing but a person can help.
const OpensSocket = "apps.connections.open"

const (
	anyMethod   = ""
	newAppToken = "make an app-level token (xapp-) under Basic Information with the scope connections:write, and set SLACK_APP_TOKEN to it"
	switchOn    = "switch it on under Settings, Socket Mode, or paste tocsin manifest under App Manifest; to be reached over HTTP instead, unset SLACK_APP_TOKEN"
)

// mends is the one list of them, by method and code.
var mends = map[string]map[string]Mend{
	anyMethod: {
		"invalid_auth":     {"Slack does not accept SLACK_BOT_TOKEN", "set SLACK_BOT_TOKEN to the Bot User OAuth Token, which OAuth & Permissions shows after Install to Workspace"},
		"not_authed":       {"Slack got no token", "set SLACK_BOT_TOKEN"},
		"account_inactive": {"the app is not installed any more", "install the app into the workspace again"},
		"token_revoked":    {"SLACK_BOT_TOKEN has been revoked", "install the app into the workspace again, and set SLACK_BOT_TOKEN to its new token"},
		"token_expired":    {"SLACK_BOT_TOKEN has expired", "turn token rotation off in the app, install it again, and set SLACK_BOT_TOKEN to its new token"},
		"missing_scope":    {"SLACK_BOT_TOKEN lacks a scope", "give the app the scopes of tocsin manifest under App Manifest, and install it again"},
		"ratelimited":      {"Slack asks to wait", "wait a minute, and ask again"},

		"not_allowed_token_type": {"SLACK_BOT_TOKEN is no bot token", "set SLACK_BOT_TOKEN to the Bot User OAuth Token (xoxb-), which OAuth & Permissions shows"},
		"channel_not_found":      {"Tocsin is not in the channel, or it is gone", "type /invite @Tocsin in it"},
		"not_in_channel":         {"Tocsin is not in the channel", "type /invite @Tocsin in it"},
	},
	"conversations.info": {
		"channel_not_found": {"the channel is unknown", "put the right id into announce: of tocsin.yml; if the channel is private, /invite the bot into it"},
	},
	"conversations.create": {
		"restricted_action":  {"this workspace does not let the app make channels", "have an admin allow it under Settings & administration, Workspace settings, Permissions, Channel management"},
		"user_is_restricted": {"this workspace does not let the app make channels", "have an admin make the app a full member"},
	},
	OpensSocket: {
		"invalid_auth":           {"Slack does not accept SLACK_APP_TOKEN", newAppToken},
		"not_authed":             {"Slack does not accept SLACK_APP_TOKEN", newAppToken},
		"token_revoked":          {"SLACK_APP_TOKEN has been revoked", newAppToken},
		"token_expired":          {"SLACK_APP_TOKEN has expired", newAppToken},
		"account_inactive":       {"SLACK_APP_TOKEN belongs to an app or a workspace that is gone", "install the app again; then " + newAppToken},
		"missing_scope":          {"SLACK_APP_TOKEN lacks the scope connections:write", newAppToken},
		"not_allowed_token_type": {"SLACK_APP_TOKEN is no app-level token", newAppToken},
		reasonNotEnabled:         {"Socket Mode is switched off for your Slack app", switchOn},
		reasonDisabled:           {"Socket Mode is switched off for your Slack app", switchOn},
	},
}

package incident

// The beginnings of the keys of what Slack sends. What follows is Slack's own name of the request.
const (
	KeyCommand  = "command:"
	KeyAction   = "action:"
	KeyView     = "view:"
	KeyShortcut = "shortcut:"
	KeyEvent    = "event:"
)

// ForgettableKeys are the beginnings of the request keys that may be forgotten: of what Slack sends, which it signs with the
// time and does not send again for longer than that. A webhook that is signed without a time could be played back at any time.
var ForgettableKeys = []string{KeyCommand, KeyAction, KeyView, KeyShortcut, KeyEvent}

package slacksim

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// manifest is the part of an app manifest that decides what the app may do and what it is told.
type manifest struct {
	Display struct {
		Name  string `yaml:"name"`
		Color string `yaml:"background_color"`
	} `yaml:"display_information"`
	Features struct {
		Home struct {
			Enabled bool `yaml:"home_tab_enabled"`
		} `yaml:"app_home"`
		Bot struct {
			Name string `yaml:"display_name"`
		} `yaml:"bot_user"`
		Commands []struct {
			Command string `yaml:"command"`
			URL     string `yaml:"url"`
			Text    string `yaml:"description"`
			Hint    string `yaml:"usage_hint"`
			Escape  bool   `yaml:"should_escape"`
		} `yaml:"slash_commands"`
		Shortcuts []shortcut `yaml:"shortcuts"`
	} `yaml:"features"`
	OAuth struct {
		Scopes struct {
			Bot []string `yaml:"bot"`
		} `yaml:"scopes"`
	} `yaml:"oauth_config"`
	Settings struct {
		Events struct {
			URL string   `yaml:"request_url"`
			Bot []string `yaml:"bot_events"`
		} `yaml:"event_subscriptions"`
		Interactivity struct {
			Enabled bool   `yaml:"is_enabled"`
			URL     string `yaml:"request_url"`
		} `yaml:"interactivity"`
		Socket bool `yaml:"socket_mode_enabled"`
	} `yaml:"settings"`
}

type shortcut struct {
	Name     string `yaml:"name" json:"name"`
	Type     string `yaml:"type" json:"type"` // message or global
	Callback string `yaml:"callback_id" json:"callback_id"`
}

// eventScopes says, per event that this workspace knows, which scopes let an app subscribe to it (any of them).
var eventScopes = map[string][]string{
	"app_home_opened": nil, "app_mention": {"app_mentions:read"}, "app_uninstalled": nil, "tokens_revoked": nil, "app_rate_limited": nil,
	"message.channels": {"channels:history"}, "message.groups": {"groups:history"}, "message.im": {"im:history"},
	"message.mpim":   {"mpim:history"},
	"reaction_added": {"reactions:read"}, "reaction_removed": {"reactions:read"}, "pin_added": {"pins:read"}, "pin_removed": {"pins:read"},
	"member_joined_channel": {"channels:read", "groups:read"}, "member_left_channel": {"channels:read", "groups:read"},
	"channel_created": {"channels:read"}, "channel_rename": {"channels:read"}, "channel_archive": {"channels:read"},
	"channel_unarchive": {"channels:read"}, "channel_deleted": {"channels:read"}, "channel_left": {"channels:read"}, "channel_shared": {"channels:read", "groups:read"},
	"channel_unshared": {"channels:read", "groups:read"}, "channel_id_changed": {"channels:read", "groups:read"},
	"group_rename": {"groups:read"}, "group_archive": {"groups:read"}, "group_unarchive": {"groups:read"}, "group_deleted": {"groups:read"}, "group_left": {"groups:read"},
	"user_change": {"users:read"}, "team_join": {"users:read"}, "team_rename": {"team:read"}, "team_domain_change": {"team:read"},
	"subteam_created": {"usergroups:read"}, "subteam_updated": {"usergroups:read"}, "subteam_members_changed": {"usergroups:read"},
}

// otherScopes are real bot scopes that no method here and no event asks for.
var otherScopes = []string{
	"commands", "chat:write.public", "users:read.email", "users.profile:read", "chat:write.customize", "im:read", "mpim:read", "mpim:write", "im:write", "links:read", "links:write",
	"files:read", "files:write", "canvases:read", "canvases:write", "bookmarks:read", "bookmarks:write", "emoji:read", "dnd:read", "team:read",
	"usergroups:write", "channels:write.topic", "groups:write.topic", "channels:write.invites", "groups:write.invites", "metadata.message:read", "calls:read", "calls:write", "im:history", "mpim:history",
}

func parseManifest(text []byte) (*manifest, error) {
	var m manifest
	if len(text) == 0 {
		return nil, errors.New("there is none")
	}
	if err := yaml.Unmarshal(text, &m); err != nil {
		return nil, err
	}
	return &m, errors.Join(m.faults()...)
}

// faults lists everything that Slack would refuse, or that could never work.
func (m *manifest) faults() []error {
	var list []error
	bad := func(format string, args ...any) { list = append(list, fmt.Errorf(format, args...)) }
	if m.Display.Name == "" || len(m.Display.Name) > 35 {
		bad("display_information.name %q: 1 to 35 characters", m.Display.Name)
	}
	for _, s := range m.OAuth.Scopes.Bot {
		if !knownScope(s) {
			bad("oauth_config.scopes.bot: unknown scope %q", s)
		}
	}
	for _, e := range m.Settings.Events.Bot {
		scopes, known := eventScopes[e]
		if !known {
			bad("bot_events: unknown event %q", e)
		} else if len(scopes) > 0 && !m.has(scopes...) {
			bad("bot_events: %s needs one of the scopes %s", e, strings.Join(scopes, ", "))
		}
	}
	for _, c := range m.Features.Commands {
		if !strings.HasPrefix(c.Command, "/") || len(c.Command) > 32 || strings.ContainsAny(c.Command, " \t") {
			bad("slash command %q: starts with / and has at most 32 characters", c.Command)
		}
	}
	if len(m.Features.Commands) > 0 && !m.has("commands") {
		bad("slash_commands need the scope commands")
	}
	for _, s := range m.Features.Shortcuts {
		if s.Type != "message" && s.Type != "global" || s.Name == "" || len(s.Name) > 24 || s.Callback == "" {
			bad("shortcut %q: type message or global, name up to 24 characters, callback_id", s.Name)
		}
	}
	return list
}

func knownScope(s string) bool {
	if slices.Contains(otherScopes, s) {
		return true
	}
	for _, m := range methods {
		if slices.Contains(m.scopes, s) {
			return true
		}
	}
	for _, scopes := range eventScopes {
		if slices.Contains(scopes, s) {
			return true
		}
	}
	return false
}

// has tells whether one of these scopes was granted.
func (m *manifest) has(anyOf ...string) bool {
	return slices.ContainsFunc(anyOf, func(s string) bool { return slices.Contains(m.OAuth.Scopes.Bot, s) })
}

// hears tells whether the app subscribed to an event.
func (m *manifest) hears(event string) bool { return slices.Contains(m.Settings.Events.Bot, event) }

func (m *manifest) botName() string {
	if m.Features.Bot.Name != "" {
		return m.Features.Bot.Name
	}
	return m.Display.Name
}

// commandPath is where a slash command goes; ok is false for one the manifest does not have.
func (m *manifest) commandPath(command string) (path string, escape, ok bool) {
	for _, c := range m.Features.Commands {
		if c.Command == command {
			return pathOf(c.URL, "/slack/commands"), c.Escape, true
		}
	}
	return "", false, false
}

func (m *manifest) interactionPath() string {
	return pathOf(m.Settings.Interactivity.URL, "/slack/interactions")
}

func (m *manifest) eventPath() string { return pathOf(m.Settings.Events.URL, "/slack/events") }

func pathOf(raw, fallback string) string {
	if u, err := url.Parse(raw); err == nil && u.Path != "" {
		return u.Path
	}
	return fallback
}

// shortcut finds a shortcut by its callback id or its name.
func (m *manifest) shortcut(name string) (shortcut, bool) {
	for _, s := range m.Features.Shortcuts {
		if s.Callback == name || s.Name == name {
			return s, true
		}
	}
	return shortcut{}, false
}

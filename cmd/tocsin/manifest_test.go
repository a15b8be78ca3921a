package main

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"tocsin"
	"tocsin/bot/slacksim"
)

// TestManifestFitsItsSchema checks the app manifest, and both forms that are printed of it, against Slack's own schema.
func TestManifestFitsItsSchema(t *testing.T) {
	s, err := jsonschema.NewCompiler().Compile(contracts(t, "slack", "manifest.1.0.0.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"", "https://tocsin.example.com"} {
		text, err := manifestFor(address)
		if err != nil {
			t.Fatal(err)
		}
		for _, raw := range [][]byte{tocsin.Manifest, text} {
			var manifest any
			if err := yaml.Unmarshal(raw, &manifest); err != nil {
				t.Fatal(err)
			}
			plain, err := roundTrip(manifest)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(plain); err != nil {
				t.Errorf("address %q: %v", address, err)
			}
		}
	}
}

// scopesNeeded is which scopes the Slack methods that we call need, from the pages of Slack's method reference. A method
// that is called and does not stand here fails the test, and so does a scope in the manifest that nothing here needs.
var scopesNeeded = map[string][]string{
	"apps.connections.open":  {}, // the app-level token has a scope of its own
	"auth.test":              {},
	"bookmarks.add":          {"bookmarks:write"},
	"bookmarks.list":         {"bookmarks:read"},
	"bookmarks.remove":       {"bookmarks:write"},
	"chat.postMessage":       {"chat:write", "chat:write.public"}, // the second to announce where nobody invited us
	"chat.delete":            {"chat:write"},
	"chat.postEphemeral":     {"chat:write"},
	"chat.update":            {"chat:write"},
	"conversations.create":   {"channels:manage", "groups:write"},
	"conversations.history":  {"channels:history", "groups:history", "im:history"},
	"conversations.archive":  {"channels:manage", "groups:write"},
	"conversations.info":     {"channels:read", "groups:read"},
	"conversations.invite":   {"channels:manage", "groups:write"},
	"conversations.join":     {"channels:join"},
	"conversations.members":  {"channels:read", "groups:read"},
	"conversations.open":     {"im:write"},
	"conversations.replies":  {"channels:history", "groups:history"},
	"conversations.setTopic": {"channels:manage", "groups:write"},
	"pins.add":               {"pins:write"},
	"usergroups.users.list":  {"usergroups:read"},
	"users.conversations":    {"channels:read", "groups:read"},
	"users.info":             {"users:read"},
	"users.list":             {"users:read"},
	"views.open":             {},
	"views.push":             {},
	"views.publish":          {},
}

// scopesOfEvents is which scopes the events that we subscribe to need, and the slash command.
var scopesOfEvents = []string{"channels:read", "groups:read", "users:read", "channels:history", "groups:history", "reactions:read", "commands"}

func TestManifestAsksForTheLeastScopes(t *testing.T) {
	var manifest struct {
		OAuth struct {
			Scopes struct{ Bot []string }
		} `yaml:"oauth_config"`
	}
	if err := yaml.Unmarshal(tocsin.Manifest, &manifest); err != nil {
		t.Fatal(err)
	}
	needed := slices.Clone(scopesOfEvents)
	for _, method := range methodsCalled(t) {
		scopes, known := scopesNeeded[method]
		if !known {
			t.Errorf("%s is called: say in the table which scopes it needs", method)
		}
		needed = append(needed, scopes...)
	}
	slices.Sort(needed)
	needed = slices.Compact(needed)
	granted := slices.Sorted(slices.Values(manifest.OAuth.Scopes.Bot))
	if !slices.Equal(needed, granted) {
		t.Errorf("the manifest asks for\n%s\nand what we call needs\n%s", strings.Join(granted, "\n"), strings.Join(needed, "\n"))
	}
}

// methods are the functions of the Slack library that the bot calls, and which method of the Web API each is.
var methods = map[string]string{
	"AuthTestContext": "auth.test", "AddBookmarkContext": "bookmarks.add", "ListBookmarksContext": "bookmarks.list", "RemoveBookmarkContext": "bookmarks.remove",
	"DeleteMessageContext": "chat.delete", "PostMessageContext": "chat.postMessage", "UpdateMessageContext": "chat.update", "CreateConversationContext": "conversations.create",
	"ArchiveConversationContext":    "conversations.archive",
	"GetConversationHistoryContext": "conversations.history", "ForceInviteUsersToConversationContext": "conversations.invite",
	"GetConversationRepliesContext": "conversations.replies",
	"GetConversationInfoContext":    "conversations.info", "JoinConversationContext": "conversations.join", "GetUsersInConversationContext": "conversations.members",
	"OpenConversationContext": "conversations.open", "SetTopicOfConversationContext": "conversations.setTopic",
	"AddPinContext": "pins.add", "GetConversationsForUserContext": "users.conversations", "GetUserInfoContext": "users.info", "GetUserGroupMembersContext": "usergroups.users.list", "PostEphemeralContext": "chat.postEphemeral",
	"GetUsersPaginated": "users.list", "OpenViewContext": "views.open", "PushViewContext": "views.push", "PublishViewContext": "views.publish", "StartSocketModeContext": "apps.connections.open",
}

// methodsCalled reads from the bot's source what it calls on its Slack client.
func methodsCalled(t *testing.T) []string {
	files, err := filepath.Glob("../../bot/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var called []string
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, piece := range strings.Split(string(raw), ".Slack().")[1:] {
			name, _, _ := strings.Cut(piece, "(")
			method, known := methods[name]
			if !known {
				t.Errorf("%s calls Slack.%s: say in the table which method that is", file, name)
			}
			called = append(called, method)
		}
	}
	return called
}

// TestEachScopeIsNeeded takes one scope after another out of the manifest: the simulator then refuses something that the
// start of an incident needs, so each earns its place there too.
func TestEachScopeIsNeeded(t *testing.T) {
	for _, scope := range []string{"chat:write", "channels:manage", "groups:write", "pins:write", "bookmarks:write", "chat:write.public", "usergroups:read"} {
		t.Run(scope, func(t *testing.T) {
			w, err := slacksim.Open(slacksim.Options{Manifest: without(scope), Now: time.Now, Clock: time.Now})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = w.Close() })
			declareBoth(t, w)
			refused := slices.ContainsFunc(w.Complaints(), func(c string) bool {
				method, code, _ := strings.Cut(c, ": ")
				return slices.Contains(scopesNeeded[method], scope) && (strings.HasPrefix(code, "missing_scope") || strings.HasPrefix(code, "not_in_channel"))
			})
			if !refused {
				t.Errorf("nothing was refused without it: %q", w.Complaints())
			}
		})
	}
}

// without is the manifest without one scope.
func without(scope string) []byte {
	var kept strings.Builder
	for line := range strings.Lines(string(tocsin.Manifest)) {
		if fields := strings.Fields(line); len(fields) < 2 || fields[0] != "-" || fields[1] != scope {
			kept.WriteString(line)
		}
	}
	return []byte(kept.String())
}

// declareBoth lets the program open a public incident's room and a private one's, as far as it may.
func declareBoth(t *testing.T, w *slacksim.Workspace) {
	t.Helper()
	o := demoOptions(w, filepath.Join(t.TempDir(), "tocsin.db"))
	o.policy.Announce = w.ChannelID("random") // where nobody has invited us
	o.policy.Services[0].Groups = []string{w.AddGroup("checkout", "Checkout", "Grace")}
	o.log = slog.New(slog.DiscardHandler) // it will be full of refusals
	ctx, stop := context.WithCancel(t.Context())
	p, err := newProgram(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- p.run(ctx) }()
	w.Connect(p.url())
	for n, line := range []string{"declare a --service checkout", "declare b --private"} {
		send := slacksim.SendArgs{Person: "Ada", Channel: "general", Text: "/incident " + line, TriggerID: "T" + strconv.Itoa(n)}
		if status, body, err := w.SendCommand(ctx, send); err != nil || status != http.StatusOK || !strings.Contains(body, "declared") {
			t.Errorf("%s: %d %s %v", line, status, body, err)
		}
	}
	if err := p.outbox.Drain(ctx); err != nil {
		t.Error(err)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

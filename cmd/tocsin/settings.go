package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"

	"tocsin/bot"
	"tocsin/incident"
	"tocsin/incident/policy"
)

// secret is a setting that must never be seen: it prints as "***" wherever it goes.
type secret string

func (secret) String() string                  { return "***" }
func (secret) GoString() string                { return "***" }
func (secret) MarshalText() ([]byte, error)    { return []byte("***"), nil } //nolint:unparam // encoding.TextMarshaler
func (secret) LogValue() slog.Value            { return slog.StringValue("***") }
func (s *secret) UnmarshalText(b []byte) error { *s = secret(b); return nil } //nolint:unparam // encoding.TextUnmarshaler

// settings is everything that is set from outside: the one list of it. Each field's help is printed by "tocsin help settings",
// and with the first of a group what they have in common.
// What is a secret, or may hold one, can also stand in a file.
type settings struct {
	BotToken      secret `env:"SLACK_BOT_TOKEN" group:"Secrets of the Slack app" help:"begins with xoxb-: what Tocsin speaks with"`
	AppToken      secret `env:"SLACK_APP_TOKEN" help:"begins with xapp-: Socket Mode, with no public address"`
	SigningSecret secret `env:"SLACK_SIGNING_SECRET" help:"signed HTTP; several with commas while one is rotated"`
	DB            string `env:"TOCSIN_DB" envDefault:"tocsin.db" holds:"password" group:"Database" help:"a file, or postgres://user@host/name for several replicas"`
	Addr          string `env:"TOCSIN_ADDR" envDefault:"127.0.0.1:8080" group:"Network" help:"where Slack's signed requests are taken"`
	OpsAddr       string `env:"TOCSIN_OPS_ADDR" envDefault:"127.0.0.1:9090" help:"where /healthz, /readyz and /metrics are; off: nowhere"`
	SlackURL      string `env:"SLACK_API_URL" envDefault:"https://slack.com/api/" help:"for GovSlack, proxies and tests"`
	Policy        string `env:"TOCSIN_POLICY" group:"Policy, runbooks and log" help:"severities, roles, services (default: tocsin.yml, if it is there)"`
	Runbooks      string `env:"TOCSIN_RUNBOOKS" help:"folder of runbooks (default: runbooks, if it is there)"`
	LogFormat     string `env:"TOCSIN_LOG_FORMAT" envDefault:"json" help:"json or text"`
	LogLevel      string `env:"TOCSIN_LOG_LEVEL" envDefault:"info" help:"debug, info, warn or error"`
}

// defaultPolicy is read where it exists and nothing else is named.
const defaultPolicy = "tocsin.yml"

// allSettings is what is said below faults of settings.
const allSettings = "All of them: tocsin help settings"

// off is the address of a listener that is not wanted.
const off = "off"

// load reads the settings, and reports all that is wrong with them at once, each with its name and never with a secret.
func load(environment map[string]string) (settings, error) {
	s, _, wrong := loadFrom(environment)
	return s, wrong.err()
}

// loadHere reads the settings for a command that does not speak with Slack: what is wrong with Slack's is not its business.
func loadHere(environment map[string]string) (settings, error) {
	s, _, wrong := loadFrom(environment)
	wrong.list = slices.DeleteFunc(wrong.list, func(one settingFault) bool { return strings.HasPrefix(one.name, "SLACK_") })
	return s, wrong.err()
}

// loadFrom is load, and says where each setting came from.
func loadFrom(environment map[string]string) (settings, origins, *faults) {
	var s settings
	wrong := &faults{}
	values, from := gather(environment, wrong)
	if err := env.ParseWithOptions(&s, env.Options{Environment: values}); err != nil {
		wrong.add("the environment", fmt.Sprintf("cannot be read: %v", err), "set what it names anew")
	}
	s.checkSecrets(wrong)
	s.checkRest(wrong)
	return s, from, wrong
}

// faults are what is wrong with the settings, one fault a setting: the first one found explains the others.
type faults struct{ list []settingFault }

type settingFault struct {
	name string
	flaw
}

// flaw is what is wrong with a setting, in words for a log, and what to do about it alone, for the doctor.
type flaw struct{ text, mend string }

func (f *faults) add(name, text, mend string) {
	if !f.about(name) {
		f.list = append(f.list, settingFault{name, flaw{text, mend}})
	}
}

// about tells whether a setting is wrong.
func (f *faults) about(name string) bool {
	return slices.ContainsFunc(f.list, func(one settingFault) bool { return one.name == name })
}

func (f *faults) err() error {
	if len(f.list) == 0 {
		return nil
	}
	lines := make([]string, len(f.list))
	for n, one := range f.list {
		lines[n] = one.name + ": " + one.text
	}
	return fmt.Errorf("settings:\n%s\n%s", strings.Join(lines, "\n"), allSettings)
}

// checkSecrets names every secret that is missing or cannot be right.
func (s *settings) checkSecrets(wrong *faults) {
	if s.BotToken == "" {
		wrong.add("SLACK_BOT_TOKEN", "is missing. It stands under OAuth & Permissions of your Slack app, for example xoxb-1234-5678-abcd",
			"put the Bot User OAuth Token of OAuth & Permissions into a file, and set SLACK_BOT_TOKEN_FILE to its name")
	}
	if s.SigningSecret == "" && s.AppToken == "" {
		mend := "set the first for Socket Mode (Basic Information, App-Level Tokens, scope connections:write), or the second where Slack can reach you"
		wrong.add("SLACK_APP_TOKEN", "is missing, and so is SLACK_SIGNING_SECRET: "+mend, mend)
	}
	checkShape(wrong, "SLACK_BOT_TOKEN", s.BotToken)
	checkShape(wrong, "SLACK_APP_TOKEN", s.AppToken)
	if s.SigningSecret != "" && strings.Trim(string(s.SigningSecret), ", ") == "" {
		wrong.add("SLACK_SIGNING_SECRET", "holds nothing but commas. It stands under Basic Information of your Slack app", shapeOf("SLACK_SIGNING_SECRET").mend)
	}
	for one := range strings.SplitSeq(string(s.SigningSecret), ",") {
		checkShape(wrong, "SLACK_SIGNING_SECRET", secret(strings.Trim(one, " ")))
	}
}

// shape is how one of Slack's secrets begins, which setting takes it, and what to do where that setting holds another one.
type shape struct{ prefix, what, home, mend string }

// shapes are all that such a secret may look like: what has no home is taken nowhere, and what has no beginning is a
// signing secret.
var shapes = []shape{
	{"xoxb-", "a bot token", "SLACK_BOT_TOKEN", "set SLACK_BOT_TOKEN to the Bot User OAuth Token of OAuth & Permissions, which begins with xoxb-"},
	{"xapp-", "an app-level token", "SLACK_APP_TOKEN", bot.MendOf(bot.OpensSocket, "not_authed").Do},
	{"xoxe", "a token that expires, of an app with token rotation, which Tocsin does not use", "", "turn it off, and install the app anew"},
	{"xox", "a token of another kind than Tocsin takes (a user's, or a legacy one)", "", ""},
	{"", "no token", "SLACK_SIGNING_SECRET", "set SLACK_SIGNING_SECRET to the Signing Secret of Basic Information"},
}

// checkShape tells a secret that stands in another one's place, or holds what none does.
func checkShape(wrong *faults, name string, value secret) {
	if value == "" {
		return
	}
	if strings.ContainsFunc(string(value), func(r rune) bool { return r <= ' ' || r > '~' }) {
		const mend = "copy it again, all of one line"
		wrong.add(name, "holds a space, a line break, or a character that no such secret has: "+mend, mend)
		return
	}
	right := shapeOf(name)
	for _, found := range shapes {
		if !strings.HasPrefix(string(value), found.prefix) {
			continue
		}
		switch found.home {
		case name:
		case "":
			mend := cmp.Or(found.mend, right.mend)
			wrong.add(name, "holds "+found.what+": "+mend, mend)
		case "SLACK_SIGNING_SECRET":
			wrong.add(name, "holds "+found.what+": it must begin with "+right.prefix, right.mend)
		default:
			wrong.add(name, "holds "+found.what+", which belongs into "+found.home, "put it into "+found.home+", and "+right.mend)
		}
		return
	}
}

// shapeOf is the shape of what a setting takes.
func shapeOf(name string) shape {
	return shapes[slices.IndexFunc(shapes, func(s shape) bool { return s.home == name })]
}

// checkRest names every other setting that cannot be right, with an example.
func (s *settings) checkRest(wrong *faults) {
	for _, one := range []struct{ name, value, example string }{
		{"TOCSIN_ADDR", s.Addr, "127.0.0.1:8080"}, {"TOCSIN_OPS_ADDR", s.OpsAddr, "127.0.0.1:9090, or off"},
	} {
		if _, _, err := net.SplitHostPort(one.value); err != nil && (one.value != off || one.name != "TOCSIN_OPS_ADDR") {
			wrong.add(one.name, fmt.Sprintf("%q is no address, for example %s", one.value, one.example), "set "+one.name+" to what is like "+one.example)
		}
	}
	for _, one := range []struct {
		name, value, words string
		all                []string
	}{
		{"TOCSIN_LOG_FORMAT", s.LogFormat, "json or text", []string{"json", "text"}},
		{"TOCSIN_LOG_LEVEL", s.LogLevel, "debug, info, warn or error", []string{"debug", "info", "warn", "error"}},
	} {
		if !slices.Contains(one.all, one.value) {
			wrong.add(one.name, fmt.Sprintf("%q must be %s", one.value, one.words), "set "+one.name+" to "+one.words)
		}
	}
	if bad := noDatabase(s.DB); bad != (flaw{}) {
		wrong.add("TOCSIN_DB", bad.text, bad.mend)
	}
	if strings.Contains(s.SlackURL, "@") {
		wrong.add("SLACK_API_URL", "holds a name or a password before an @, which would be told to the log: take it out", "take it out")
	} else if at, err := url.Parse(s.SlackURL); err != nil || at.Host == "" || !strings.HasSuffix(s.SlackURL, "/") {
		const example = "https://slack.com/api/"
		wrong.add("SLACK_API_URL", fmt.Sprintf("%q must be an address that ends in a slash, for example %s", s.SlackURL, example), "set SLACK_API_URL to what is like "+example)
	}
}

// readPolicy reads the policy file, or takes the defaults where none is named and none is there.
func (s *settings) readPolicy() (*incident.Policy, error) {
	path := s.policyFile()
	if path == "" {
		return incident.Defaults(), nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("TOCSIN_POLICY: the policy cannot be read: %w", err)
	}
	p, err := policy.Read(raw)
	if err != nil {
		return nil, errors.New(path + ": " + strings.ReplaceAll(err.Error(), "\n", "\n"+path+": policy: ")) // each fault has a line
	}
	return p, nil
}

// policyFile is where the policy stands; "" where none is named and none is there.
func (s *settings) policyFile() string {
	if s.Policy != "" {
		return s.Policy
	}
	if _, err := os.Stat(defaultPolicy); os.IsNotExist(err) {
		return ""
	}
	return defaultPolicy
}

package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"reflect"
	"strings"

	"github.com/caarlos0/env/v11"

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

// settings is everything that is set from outside: the one list of it. Each field's help is printed by "tocsin serve --help".
type settings struct {
	DB            string `env:"TOCSIN_DB" envDefault:"tocsin.db" help:"the database: a file, or postgres://user@host/name for several replicas"`
	Addr          string `env:"TOCSIN_ADDR" envDefault:"127.0.0.1:8080" help:"where Slack's signed requests are taken"`
	OpsAddr       string `env:"TOCSIN_OPS_ADDR" envDefault:"127.0.0.1:9090" help:"where /healthz, /readyz and /metrics are; off: nowhere"`
	LogFormat     string `env:"TOCSIN_LOG_FORMAT" envDefault:"json" help:"json or text"`
	LogLevel      string `env:"TOCSIN_LOG_LEVEL" envDefault:"info" help:"debug, info, warn or error"`
	Policy        string `env:"TOCSIN_POLICY" help:"severities, roles, services (default: tocsin.yml, if it is there)"`
	BotToken      secret `env:"SLACK_BOT_TOKEN" help:"of the Slack app, begins with xoxb-"`
	AppToken      secret `env:"SLACK_APP_TOKEN" help:"of the Slack app, begins with xapp-: Socket Mode, with no public address"`
	SigningSecret secret `env:"SLACK_SIGNING_SECRET" help:"of the Slack app: signed HTTP; several with commas while one is rotated"`
	SlackURL      string `env:"SLACK_API_URL" envDefault:"https://slack.com/api/" help:"for GovSlack, proxies and tests"`
}

// defaultPolicy is read where it exists and nothing else is named.
const defaultPolicy = "tocsin.yml"

// load reads the settings, and reports all that is wrong with them at once. Each secret may also stand in a file, named by
// the same setting with _FILE.
func load(environment map[string]string) (settings, error) {
	var s settings
	faults := []error{readSecretFiles(environment)}
	faults = append(faults, env.ParseWithOptions(&s, env.Options{Environment: environment}), s.check())
	if err := errors.Join(faults...); err != nil {
		return s, fmt.Errorf("settings:\n%w", err)
	}
	return s, nil
}

// readSecretFiles replaces each NAME_FILE of a secret by what stands in that file.
func readSecretFiles(environment map[string]string) error {
	var faults []error
	for field := range reflect.TypeFor[settings]().Fields() {
		name := field.Tag.Get("env")
		path := environment[name+"_FILE"]
		if field.Type != reflect.TypeFor[secret]() || path == "" {
			continue
		}
		if environment[name] != "" {
			faults = append(faults, fmt.Errorf("%s: set it, or %s_FILE, not both", name, name))
			continue
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s_FILE: %w", name, err))
			continue
		}
		environment[name] = strings.TrimRight(string(raw), "\r\n")
	}
	return errors.Join(faults...)
}

// check names every setting that cannot be right, with an example, and never with a secret's value.
func (s *settings) check() error {
	var faults []error
	complain := func(name, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: "+format, append([]any{name}, args...)...))
	}
	if s.BotToken == "" {
		complain("SLACK_BOT_TOKEN", "is missing. It stands under OAuth & Permissions of your Slack app, for example xoxb-1234-5678-abcd")
	} else if !strings.HasPrefix(string(s.BotToken), "xoxb-") || strings.ContainsAny(string(s.BotToken), " \t\r\n") {
		complain("SLACK_BOT_TOKEN", "must begin with xoxb- and hold no spaces or line breaks")
	}
	if s.SigningSecret == "" && s.AppToken == "" {
		complain("SLACK_APP_TOKEN", "is missing, and so is SLACK_SIGNING_SECRET: set the first for Socket Mode (Basic Information, App-Level Tokens, scope connections:write), or the second where Slack can reach you")
	}
	if s.AppToken != "" && (!strings.HasPrefix(string(s.AppToken), "xapp-") || strings.ContainsAny(string(s.AppToken), " \t\r\n")) {
		complain("SLACK_APP_TOKEN", "must begin with xapp- and hold no spaces or line breaks")
	}
	if s.SigningSecret != "" && strings.Trim(string(s.SigningSecret), ", ") == "" {
		complain("SLACK_SIGNING_SECRET", "holds nothing but commas. It stands under Basic Information of your Slack app")
	} else if strings.ContainsAny(string(s.SigningSecret), "\t\r\n") || strings.HasPrefix(string(s.SigningSecret), "xox") || strings.HasPrefix(string(s.SigningSecret), "xapp-") {
		complain("SLACK_SIGNING_SECRET", "holds a line break, or is a token: it is 32 letters and digits under Basic Information")
	}
	if _, _, err := net.SplitHostPort(s.Addr); err != nil {
		complain("TOCSIN_ADDR", "%q is no address, for example 127.0.0.1:8080", s.Addr)
	}
	if at, err := url.Parse(s.SlackURL); err != nil || at.Host == "" || !strings.HasSuffix(s.SlackURL, "/") {
		complain("SLACK_API_URL", "%q must be an address that ends in a slash, for example https://slack.com/api/", s.SlackURL)
	}
	return errors.Join(faults...)
}

// readPolicy reads the policy file, or takes the defaults where none is named and none is there.
func (s *settings) readPolicy() (*incident.Policy, error) {
	path := s.Policy
	if path == "" {
		if _, err := os.Stat(defaultPolicy); errors.Is(err, os.ErrNotExist) {
			return incident.Defaults(), nil
		}
		path = defaultPolicy
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("TOCSIN_POLICY: %w", err)
	}
	p, err := policy.Read(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// settingsHelp lists the settings for people, from the one list.
func settingsHelp() string {
	var b strings.Builder
	b.WriteString("Settings come from the environment; each secret also from a file named by NAME_FILE.\n\n")
	for field := range reflect.TypeFor[settings]().Fields() {
		text := field.Tag.Get("help")
		if value := field.Tag.Get("envDefault"); value != "" {
			text += " (default: " + value + ")"
		}
		fmt.Fprintf(&b, "  %-22s %s\n", field.Tag.Get("env"), text)
	}
	return b.String()
}

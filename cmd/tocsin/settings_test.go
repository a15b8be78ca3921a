package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Secrets as they may look. Whatever is said about them, these letters must not be in it.
const (
	aBotToken      = "xoxb-1234-5678-canary"
	anAppToken     = "xapp-1-A1234-5678-canary"
	aSigningSecret = "0123456789abcdefcanary0123456789"
)

// TestF84 gives each secret in every wrong way: it is refused, by its name, and never told.
func TestF84_ASecretThatCannotBeRight(t *testing.T) {
	good := map[string]string{"SLACK_BOT_TOKEN": aBotToken, "SLACK_APP_TOKEN": anAppToken, "SLACK_SIGNING_SECRET": aSigningSecret}
	if _, err := load(maps.Clone(good)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, value, says string }{
		{"SLACK_BOT_TOKEN", "", "is missing"},
		{"SLACK_BOT_TOKEN", aBotToken + "\n", "a line break"},
		{"SLACK_BOT_TOKEN", " " + aBotToken, "a space"},
		{"SLACK_BOT_TOKEN", "\u201c" + aBotToken + "\u201d", "a character"},
		{"SLACK_BOT_TOKEN", anAppToken, "holds an app-level token, which belongs into SLACK_APP_TOKEN"},
		{"SLACK_BOT_TOKEN", aSigningSecret, "must begin with xoxb-"},
		{"SLACK_BOT_TOKEN", "xoxp-1234-canary", "of another kind"},
		{"SLACK_BOT_TOKEN", "xoxe.xoxb-1-canary", "token rotation"},
		{"SLACK_APP_TOKEN", aBotToken, "holds a bot token, which belongs into SLACK_BOT_TOKEN"},
		{"SLACK_APP_TOKEN", aSigningSecret, "must begin with xapp-"},
		{"SLACK_APP_TOKEN", anAppToken + "\r\n", "a line break"},
		{"SLACK_SIGNING_SECRET", aBotToken, "holds a bot token, which belongs into SLACK_BOT_TOKEN"},
		{"SLACK_SIGNING_SECRET", aSigningSecret + "," + anAppToken, "holds an app-level token, which belongs into SLACK_APP_TOKEN"},
		{"SLACK_SIGNING_SECRET", aSigningSecret + "\n", "a line break"},
		{"SLACK_SIGNING_SECRET", " , ,", "nothing but commas"},
	} {
		environment := maps.Clone(good)
		environment[test.name] = test.value
		notTaken(t, environment, test.name+": ", test.says)
	}
	notTaken(t, map[string]string{"SLACK_BOT_TOKEN": aBotToken}, "SLACK_APP_TOKEN: is missing, and so is SLACK_SIGNING_SECRET")
}

// TestF84_AFileThatCannotBeRight gives each secret in a file, in every wrong way.
func TestF84_AFileThatCannotBeRight(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	for name, value := range map[string]string{"SLACK_BOT_TOKEN": aBotToken, "SLACK_APP_TOKEN": anAppToken, "SLACK_SIGNING_SECRET": aSigningSecret} {
		for _, test := range []struct {
			content, says string
			mode          os.FileMode
			beside        string // in the environment
		}{
			{content: value + "\n", mode: 0o600},
			{content: value + "\r\n", mode: 0o440},
			{content: value, mode: 0o644, says: "everybody on this machine can read " + file + ": chmod o-rwx " + file},
			{content: value, mode: 0o600, says: "is set, and so is " + name + "_FILE", beside: value},
			{content: "", mode: 0o600, says: file + " is empty"},
			{content: "\n", mode: 0o600, says: file + " is empty"},
			{content: value + "\n" + value + "\n", mode: 0o600, says: "a line break"},
		} {
			if err := os.WriteFile(file, []byte(test.content), test.mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(file, test.mode); err != nil {
				t.Fatal(err)
			}
			environment := map[string]string{"SLACK_BOT_TOKEN": aBotToken, "SLACK_SIGNING_SECRET": aSigningSecret}
			environment[name], environment[name+"_FILE"] = test.beside, file
			if test.says != "" {
				notTaken(t, environment, name+": ", test.says)
				continue
			}
			s, err := load(environment)
			got := map[string]secret{"SLACK_BOT_TOKEN": s.BotToken, "SLACK_APP_TOKEN": s.AppToken, "SLACK_SIGNING_SECRET": s.SigningSecret}
			if err != nil || string(got[name]) != value {
				t.Errorf("%s, mode %o: got it: %v, %v", name, test.mode, string(got[name]) == value, err)
			}
		}
		notTaken(t, map[string]string{name + "_FILE": file + ".nowhere"}, name+": ", "cannot be read")
		notTaken(t, map[string]string{name + "_FILE": filepath.Dir(file)}, name+": ", "cannot be read")
	}
}

// notTaken holds that settings are not taken, in the given words, that each fault says what to do about it, and that no
// secret is in either.
func notTaken(t *testing.T, environment map[string]string, words ...string) {
	t.Helper()
	_, err := load(environment)
	if err == nil {
		t.Errorf("taken, and should be refused with %q", words)
		return
	}
	for _, want := range words {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it is refused with\n%v\nand should say %q", err, want)
		}
	}
	told := err.Error()
	_, _, wrong := loadFrom(environment)
	for _, one := range wrong.list {
		if told += one.mend; one.mend == "" {
			t.Errorf("%s: it does not say what to do: %s", one.name, one.text)
		}
	}
	if strings.Contains(told, "canary") {
		t.Errorf("a secret is told: %s", told)
	}
}

// TestWhatElseCannotBeRight goes through the settings that are no secrets.
func TestWhatElseCannotBeRight(t *testing.T) {
	good := map[string]string{"SLACK_BOT_TOKEN": aBotToken, "SLACK_APP_TOKEN": anAppToken}
	for _, test := range []struct{ name, value, says string }{
		{"TOCSIN_ADDR", "8080", `"8080" is no address, for example 127.0.0.1:8080`},
		{"TOCSIN_OPS_ADDR", "none", "or off"},
		{"TOCSIN_LOG_FORMAT", "logfmt", "must be json or text"},
		{"TOCSIN_LOG_LEVEL", "INFO", "must be debug, info, warn or error"},
		{"SLACK_API_URL", "https://slack.com/api", "ends in a slash"},
		{"SLACK_API_URL", "https://u:canary@slack.com/api/", "before an @"},
		{"TOCSIN_POLCY", "x", "did you mean TOCSIN_POLICY?"},
		{"TOCSIN_DB_FLE", "x", "did you mean TOCSIN_DB_FILE?"},
		{"TOCSIN_SLACK_BOT_TOKEN", "x", "did you mean SLACK_BOT_TOKEN?"},
		{"TOCSIN_FOO", "x", "is no setting: take it away"},
		{"TOCSIN_COLOUR_OF_THE_BELL", "x", "is no setting: take it away"},
		{"TOCSIN_ADDR_FILE", "x", "is no setting"},
	} {
		environment := maps.Clone(good)
		environment[test.name] = test.value
		notTaken(t, environment, test.name+": ", test.says)
	}
	notTaken(t, map[string]string{"SLACK_BOT_TOKN": aBotToken, "SLACK_APP_TOKEN": anAppToken}, "SLACK_BOT_TOKN: is no setting: did you mean SLACK_BOT_TOKEN?")
	notTaken(t, map[string]string{"SLACK_BOT_TOKEN": aBotToken, "SLACK_APP_TOKEN_FIEL": "x"}, "did you mean SLACK_APP_TOKEN_FILE?")
	for name, value := range map[string]string{
		"SLACK_BOT_TOKENS": "another program's", "SLACK_SIGNING_SECRETS": "another program's", "TOCSIN_OPS_ADDR": "off", "TOCSIN_LOG_LEVEL": "debug", "TOCSIN_LOG_FORMAT": "", "SLACK_BOT_TOKEN_FILE": "",
		"TOCSIN_SERVICE_PORT_HTTP": "8080", "TOCSIN_PORT_8080_TCP": "tcp://10.0.0.1:8080", "SLACK_CHANNEL": "not ours",
	} {
		environment := maps.Clone(good)
		environment[name] = value
		if _, err := load(environment); err != nil {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}

// TestAPasswordInAWrongAddressIsNotTold gives addresses that are nearly right. Each would be a file's name, with its password.
func TestAPasswordInAWrongAddressIsNotTold(t *testing.T) {
	tokens := map[string]string{"SLACK_BOT_TOKEN": aBotToken, "SLACK_APP_TOKEN": anAppToken}
	for _, value := range []string{
		"Postgres://u:canary@h/x", "POSTGRESQL://u:canary@h/x", " postgres://u:canary@h/x", "postgres://u:canary@h/x ", "mysql://u:canary@h/x",
		"postgres:/u:canary@h/x", "postgres:u:canary@h/x", "u:canary@h/x", `"postgres://u:canary@h/x"`, "jdbc:postgresql://h/x?password=canary",
		"host=db user=u password=canary", "password = canary", "PASSWORD=canary",
	} {
		environment := maps.Clone(tokens)
		environment["TOCSIN_DB"] = value
		notTaken(t, environment, "TOCSIN_DB: ")
		s, _, _ := loadFrom(environment)
		for _, one := range s.list() {
			if strings.Contains(one.Value, "canary") {
				t.Errorf("%q: it is shown as %s", value, one.Value)
			}
		}
		told := fmt.Sprint(newDoctor(environment, time.Now).lookAtSettings(t.Context()))
		if strings.Contains(told, "canary") || !strings.Contains(told, "TOCSIN_DB: ") {
			t.Errorf("%q: the doctor says %s", value, told)
		}
	}
	for _, name := range []string{"tocsin.db", "/var/lib/a b/tocsin.db", "postgres.db", "./data/me@home.db", "postgres://h/x?password=y", "postgresql:///x?host=/run"} {
		environment := maps.Clone(tokens)
		environment["TOCSIN_DB"] = name
		if _, err := load(environment); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, value := range map[string]string{"TOCSIN_DB_FILE": "postgres://u:canary@h/x", "SLACK_BOT_TOKEN_FILE": aBotToken, "SLACK_APP_TOKEN_FILE": anAppToken} {
		notTaken(t, map[string]string{name: value}, name+" holds the secret itself")
	}
}

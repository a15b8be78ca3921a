package main

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"

	"tocsin/bot"
	"tocsin/store"
)

// variable is one setting as people know it: a variable of the environment.
type variable struct {
	Name, Default, Help string
	Group               string // of the first in a group
	Secret              bool   // never shown
	Password            bool   // shown without the password in it
	Value               string // as it may be shown
}

// InFile tells whether it may also stand in a file, named by the same setting with _FILE.
func (v variable) InFile() bool { return v.Secret || v.Password }

// list reads the one list of settings from the struct.
func (s *settings) list() []variable {
	var all []variable
	for field, value := range reflect.ValueOf(s).Elem().Fields() {
		one := variable{
			Name: field.Tag.Get("env"), Default: field.Tag.Get("envDefault"), Help: field.Tag.Get("help"), Group: field.Tag.Get("group"),
			Secret: field.Type == reflect.TypeFor[secret](), Password: field.Tag.Get("holds") == "password",
			Value: value.String(),
		}
		switch {
		case one.Secret && one.Value != "":
			one.Value = "***"
		case one.Password && noDatabase(one.Value) != (flaw{}), one.Name == "SLACK_API_URL" && strings.Contains(one.Value, "@"):
			one.Value = "***" // it cannot be right, and who knows what is in it
		case one.Password:
			one.Value = store.Place(one.Value)
		}
		all = append(all, one)
	}
	return all
}

// origins says where each setting came from, by its name: "environment", or "file /run/secrets/slack". What is not in it is
// the default.
type origins map[string]string

// gather takes the settings from the environment, and those that may stand in a file from there.
func gather(environment map[string]string, wrong *faults) (map[string]string, origins) {
	values, from := maps.Clone(environment), origins{}
	var known []string
	for _, s := range new(settings).list() {
		known = append(known, s.Name)
		if environment[s.Name] != "" {
			from[s.Name] = "environment"
		}
		path := environment[s.Name+"_FILE"]
		if !s.InFile() {
			continue
		}
		known = append(known, s.Name+"_FILE")
		switch {
		case path == "":
		case from[s.Name] != "":
			const mend = "take one of them away"
			wrong.add(s.Name, "is set, and so is "+s.Name+"_FILE: "+mend, mend)
		case noPath.MatchString(path):
			const mend = "put it into a file, and name that"
			wrong.add(s.Name, s.Name+"_FILE holds the secret itself: "+mend, mend)
		default:
			value, bad := readSecretFile(path)
			if bad != (flaw{}) {
				wrong.add(s.Name, bad.text, bad.mend)
			}
			values[s.Name], from[s.Name] = value, "file "+path
		}
	}
	refuseUnknown(environment, known, wrong)
	refuseMisspelt(environment, from, wrong)
	return values, from
}

// refuseMisspelt refuses what is called nearly like a setting of Slack's that is needed and missing. Where nothing is
// missing, such a name may be another program's.
func refuseMisspelt(environment map[string]string, from origins, wrong *faults) {
	const slacks = "SLACK_"
	var missing []string
	for _, needed := range [][]string{{"BOT_TOKEN"}, {"APP_TOKEN", "SIGNING_SECRET"}} { // one of each
		if !slices.ContainsFunc(needed, func(name string) bool { return from[slacks+name] != "" || wrong.about(slacks+name) }) {
			for _, name := range needed {
				missing = append(missing, name, name+"_FILE")
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		if environment[name] == "" || !strings.HasPrefix(name, slacks) || from[strings.TrimSuffix(name, "_FILE")] != "" {
			continue
		}
		if near := bot.Nearest(strings.TrimPrefix(name, slacks), missing); near != "" {
			wrong.addMisspelt(name, slacks+near)
		}
	}
}

func (f *faults) addMisspelt(name, near string) {
	f.add(name, "is no setting: did you mean "+near+"?", "rename it to "+near)
}

// noPath matches what belongs into a file, and not into the setting that names one.
var noPath = regexp.MustCompile(`^xox|^xapp-|://|(?i:password)\s*=|^[0-9a-f]{32}$`)

// A name of a file that is an address, or the words of one, as other programs take it: with a password in it, likely.
var (
	likeAddress = regexp.MustCompile(`(?i)://|^"?postgres(ql)?:|^[^/]*:[^/]*@`)
	likeWords   = regexp.MustCompile(`(?i)\b(host|hostaddr|user|password|dbname|passfile)\s*=`)
)

// noDatabase says why a database cannot be meant. The value is never in it.
func noDatabase(where string) flaw {
	switch {
	case strings.TrimSpace(where) != where:
		return flaw{"begins or ends with a space: take it away", "take it away"}
	case store.IsPostgres(where):
	case likeAddress.MatchString(where):
		const mend = "begin it with postgres:// in small letters"
		return flaw{"looks like an address that cannot be right, and is not shown, for a password may be in it: " + mend, mend}
	case likeWords.MatchString(where):
		return flaw{
			"must be an address, postgres://user@host/name, and not host=… user=…; it is not shown, for a password may be in it",
			"set TOCSIN_DB to an address, postgres://user@host/name",
		}
	}
	return flaw{}
}

// worldReadable is the permission that a file with a secret in it must not give.
const worldReadable = 0o004

// readSecretFile reads the one line of a setting from a file that only those who need it can read.
func readSecretFile(path string) (string, flaw) {
	info, err := os.Stat(path)
	if err == nil && info.Mode().IsRegular() && info.Mode()&worldReadable != 0 {
		mend := fmt.Sprintf("chmod o-rwx %s (in Kubernetes: defaultMode 0440 of the volume, and fsGroup)", path)
		return "", flaw{fmt.Sprintf("everybody on this machine can read %s: %s", path, mend), mend}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", flaw{fmt.Sprintf("its file cannot be read: %v", err), fmt.Sprintf("name a file that is there, or let Tocsin's user read %s", path)}
	}
	value := strings.TrimRight(string(raw), "\r\n")
	if value == "" {
		return "", flaw{path + " is empty: put it in there", "put it into " + path}
	}
	return value, flaw{}
}

// kubernetes matches the variables that Kubernetes gives each container about a Service that is called tocsin.
var kubernetes = regexp.MustCompile(`_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$`)

// refuseUnknown refuses what is called like a setting of ours and is none: a misspelt one that is silently ignored is
// noticed on the worst day.
func refuseUnknown(environment map[string]string, known []string, wrong *faults) {
	const ours = "TOCSIN_"
	nearest := func(name string) string {
		names := map[string]string{} // without what they all begin with, which would make any two of them alike
		for _, k := range known {
			names[strings.TrimPrefix(k, ours)] = k
		}
		return names[bot.Nearest(strings.TrimPrefix(name, ours), slices.Sorted(maps.Keys(names)))]
	}
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		if environment[name] == "" || !strings.HasPrefix(name, ours) || slices.Contains(known, name) || kubernetes.MatchString(name) {
			continue
		}
		if near := nearest(name); near != "" {
			wrong.addMisspelt(name, near)
		} else {
			wrong.add(name, "is no setting: take it away", "take it away")
		}
	}
}

// settingsHelp lists the settings for people, from the one list.
func settingsHelp() string {
	var b strings.Builder
	b.WriteString("Settings come from the environment. ")
	b.WriteString("Those with a + may stand in a file instead, named by the same setting with _FILE behind it:\n")
	b.WriteString("SLACK_BOT_TOKEN_FILE=/run/secrets/slack. Not everybody may be able to read that file.\n\n")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, s := range new(settings).list() {
		if s.Group != "" {
			_ = w.Flush() // each group by itself
			fmt.Fprintf(w, "%s:\n", s.Group)
		}
		text, mark := s.Help, ""
		if s.Default != "" {
			text += " (default: " + s.Default + ")"
		}
		if s.InFile() {
			mark = "+"
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\n", s.Name, mark, text)
	}
	_ = w.Flush() // a Builder takes everything
	b.WriteString("\nWhat holds just now, and where it came from: tocsin config\n")
	return b.String()
}

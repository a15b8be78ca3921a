package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tocsin"
	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// desk is where an operator keeps the secrets and the policy: files, which the settings name.
type desk struct {
	t           *testing.T
	folder      string
	environment map[string]string
}

// newDesk has the workspace's own secrets on it.
func newDesk(t *testing.T, w *slacksim.Workspace) *desk {
	t.Helper()
	d := &desk{t: t, folder: t.TempDir(), environment: map[string]string{
		"TOCSIN_ADDR": "127.0.0.1:0", "TOCSIN_OPS_ADDR": "127.0.0.1:0", "SLACK_API_URL": w.APIURL(),
	}}
	d.put("SLACK_BOT_TOKEN_FILE", "bot", w.BotToken()+"\n")
	d.put("SLACK_SIGNING_SECRET_FILE", "signing", w.SigningSecret()+"\n")
	d.put("TOCSIN_POLICY", "tocsin.yml", "announce: "+w.ChannelID("incidents")+"\n")
	return d
}

// put writes a file, and names it in a setting.
func (d *desk) put(setting, name, text string) {
	d.t.Helper()
	path := filepath.Join(d.folder, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
	d.environment[setting] = path
}

func (d *desk) read() (settings, *incident.Policy, error) {
	s, err := load(maps.Clone(d.environment))
	if err != nil {
		return s, nil, err
	}
	policy, err := s.readPolicy()
	return s, policy, err
}

// furnish starts a program with what lies on the desk.
func (d *desk) furnish(o *options) {
	d.t.Helper()
	d.environment["TOCSIN_DB"] = o.settings.DB
	s, policy, err := d.read()
	if err != nil {
		d.t.Fatal(err)
	}
	o.settings, o.policy, o.pulse = s, policy, 50*time.Millisecond
}

// newDeskHouse starts the program with its secrets in files.
func newDeskHouse(t *testing.T, changes ...furnish) (*house, *desk) {
	t.Helper()
	w := slacksim.New(t, slacksim.Options{Manifest: tocsin.Manifest})
	d := newDesk(t, w)
	return newHouseIn(t, w, append([]furnish{d.furnish}, changes...)...), d
}

// reload is what SIGHUP does.
func (h *house) reload(d *desk) { h.program.reload(h.t.Context(), d.read) }

// last is the error that was logged last.
func (l *watchedLog) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.errors) == 0 {
		return ""
	}
	return l.errors[len(l.errors)-1]
}

// verdictOn is the status that a command gets which is signed with a secret.
func (h *house) verdictOn(secret, trigger string) int {
	h.t.Helper()
	body := []byte(strings.Replace(string(h.declaration(trigger)), "declare+forged", "list", 1))
	status, _ := h.post("/slack/commands", body, signed(secret, fmt.Sprint(time.Now().Unix()), body))
	return status
}

// TestReloadRotatesTheSigningSecret: the old one first, then both, then the new one, and no request is lost between.
func TestReloadRotatesTheSigningSecret(t *testing.T) {
	h, d := newDeskHouse(t)
	old, next := h.SigningSecret(), "0123456789abcdef0123456789abcdef"
	stop, refused := make(chan struct{}), []int{}
	var crowd sync.WaitGroup
	rotated := make(chan struct{})
	crowd.Go(func() { // Slack signs with the old one until it has been told of the new one
		secret, told := old, rotated
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-told:
				secret, told = next, nil
			default:
			}
			if status := h.verdictOn(secret, fmt.Sprint("crowd.", n)); status != http.StatusOK {
				refused = append(refused, status)
			}
		}
	})
	if got := h.verdictOn(next, "1"); got != http.StatusUnauthorized {
		t.Errorf("the new one, before: %d", got)
	}
	d.put("SLACK_SIGNING_SECRET_FILE", "signing", old+","+next)
	h.reload(d)
	if a, b := h.verdictOn(old, "2"), h.verdictOn(next, "3"); a != http.StatusOK || b != http.StatusOK {
		t.Errorf("while both hold: %d and %d", a, b)
	}
	rotated <- struct{}{}
	d.put("SLACK_SIGNING_SECRET_FILE", "signing", next)
	h.reload(d)
	if got := h.verdictOn(old, "4"); got != http.StatusUnauthorized {
		t.Errorf("the old one, afterwards: %d", got)
	}
	if got := h.verdictOn(next, "5"); got != http.StatusOK {
		t.Errorf("the new one, afterwards: %d", got)
	}
	close(stop)
	crowd.Wait()
	if len(refused) > 0 {
		t.Errorf("lost: %v", refused)
	}
	if log := h.log.all(); strings.Contains(log, next) || strings.Contains(log, old) {
		t.Error("a secret stands in the log")
	}
}

// TestF85PolicyChangesWhileItRuns: a broken file is named, and the old policy holds; a good one holds from then on. What an
// older policy called a severity stays readable, and can be changed.
func TestF85PolicyChangesWhileItRuns(t *testing.T) {
	h, d := newDeskHouse(t)
	h.log.announce("are not taken, the old ones hold")
	ada := h.Person("Ada")
	ada.Type("#general", "/incident declare sev2 checkout is down")
	h.quieten(t)
	for broken, want := range map[string]string{
		"severities: []\n":                "severities: list between 1 and 9",
		"severitys:\n  - name: x\n":       `no key "severitys"`,
		"announce: general\n":             `"general" is no channel id`,
		"severities: [{name: a}\nx: [1\n": "tocsin.yml: policy: ",
	} {
		d.put("TOCSIN_POLICY", "tocsin.yml", broken)
		h.reload(d)
		if last := h.log.last(); !strings.Contains(last, want) || strings.Contains(last, "\n") {
			t.Errorf("%q: logged %q", broken, last)
		}
		if _, known := h.program.live.Load().policy.ParseSeverity("sev2"); !known {
			t.Fatalf("%q is taken", broken)
		}
	}
	d.put("TOCSIN_POLICY", "tocsin.yml", "severities:\n  - name: red\n  - name: amber\nchannel: fire-{number}\n")
	h.reload(d)
	for line, want := range map[string]string{
		"/incident list":                     "SEV2",
		"/incident timeline INC-1":           "sev2",
		"/incident note INC-1 still looking": "Noted",
		"/incident update INC-1 we know why": "Update posted",
		"/incident severity INC-1 sev2":      "red, amber",
	} {
		if got := h.command("Ada", "#general", line, "1."+line); !strings.Contains(got, want) {
			t.Errorf("%s: %s", line, got)
		}
	}
	h.quieten(t)
	if card := h.room("#inc-1-checkout-is-down"); !strings.Contains(card, "SEV2") {
		t.Errorf("the room has lost its severity:\n%s", card)
	}
	if got := h.command("Ada", "#general", "/incident severity INC-1 red", "2.1"); !strings.Contains(got, "INC-1 is now") {
		t.Error(got)
	}
	h.command("Ada", "#general", "/incident declare amber another one", "2.2")
	h.quieten(t)
	if rooms := h.rooms("#fire-"); !slices.Equal(rooms, []string{"#fire-2"}) {
		t.Errorf("rooms: %q", rooms)
	}
}

// TestPolicyIsOnTheRecord: which one holds, since when and why, each change once.
func TestPolicyIsOnTheRecord(t *testing.T) {
	h, d := newDeskHouse(t)
	first := policyName(h.program.live.Load().policy)
	latest := func() incident.Event {
		t.Helper()
		e, err := h.program.store.Latest(t.Context(), 0, incident.EventPolicy)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	h.program.recordPolicy(t.Context(), "start")
	if e := latest(); e.From != "defaults" || e.To != first || e.Text != "start" || e.By != incident.System {
		t.Errorf("recorded %+v", e)
	}
	before := latest().ID
	h.program.recordPolicy(t.Context(), "start") // of the next start, with the same
	h.reload(d)
	if e := latest(); e.ID != before {
		t.Errorf("recorded again: %+v", e)
	}
	d.put("TOCSIN_POLICY", "tocsin.yml", "channel: fire-{number}\n")
	h.reload(d)
	e := latest()
	if e.From != first || e.To == first || e.Text != "SIGHUP" || e.At != h.program.now() {
		t.Errorf("recorded %+v", e)
	}
	if got := e.String(); got != "Tocsin took policy "+e.To+" in the place of "+first+": SIGHUP" {
		t.Error(got)
	}
}

// TestWhatOnlyARestartChanges is named, and keeps its old value; the rest holds.
func TestWhatOnlyARestartChanges(t *testing.T) {
	h, d := newDeskHouse(t)
	db := d.environment["TOCSIN_DB"]
	d.environment["TOCSIN_DB"], d.environment["TOCSIN_ADDR"] = "postgres://bell:canary@nowhere/tocsin", "127.0.0.1:1"
	d.environment["SLACK_APP_TOKEN"] = "xapp-1-canary"
	d.put("SLACK_SIGNING_SECRET_FILE", "signing", "0123456789abcdef0123456789abcdef")
	h.reload(d)
	log := h.log.all()
	if !strings.Contains(log, "WARN these settings have changed, and hold after a restart only settings=SLACK_APP_TOKEN, TOCSIN_DB, TOCSIN_ADDR") || strings.Contains(log, "canary") {
		t.Errorf("logged:\n%s", log)
	}
	s := h.program.live.Load().settings
	if s.DB != db || s.Addr != "127.0.0.1:0" || s.AppToken != "" || s.SigningSecret != "0123456789abcdef0123456789abcdef" {
		t.Errorf("settings: %q %q", s.DB, s.Addr)
	}
}

// TestSIGHUP is the signal itself, to the program as serve runs it.
func TestSIGHUP(t *testing.T) {
	w := slacksim.New(t, slacksim.Options{Manifest: tocsin.Manifest})
	d := newDesk(t, w)
	log := &watchedLog{}
	o := options{log: slog.New(log), now: time.Now}
	o.settings.DB = filepath.Join(t.TempDir(), "tocsin.db")
	d.furnish(&o)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, o, d.read) }()
	has := func(words string) {
		t.Helper()
		until(t, words, func() (bool, string) { return strings.Contains(log.all(), words), log.all() })
	}
	has("INFO ready")
	d.put("TOCSIN_POLICY", "tocsin.yml", "announce: nonsense\n")
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	has("ERROR settings and policy were read anew and are not taken")
	d.put("TOCSIN_POLICY", "tocsin.yml", "channel: fire-{number}\n")
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	has("INFO settings and policy were read anew and hold")
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestATransportComesAndGoesWithARestart: a secret that is rotated holds at once; whether there is one at all does not change.
func TestATransportComesAndGoesWithARestart(t *testing.T) {
	for _, test := range []struct {
		name           string
		was, now, held settings
		fixed          string
	}{
		{"rotated", settings{AppToken: "a"}, settings{AppToken: "b"}, settings{AppToken: "b"}, ""},
		{"added", settings{}, settings{AppToken: "b"}, settings{}, "SLACK_APP_TOKEN"},
		{"taken away", settings{AppToken: "a"}, settings{}, settings{AppToken: "a"}, "SLACK_APP_TOKEN"},
		{"moved to HTTP", settings{AppToken: "a"}, settings{SigningSecret: "s"}, settings{AppToken: "a"}, "SLACK_APP_TOKEN SLACK_SIGNING_SECRET"},
	} {
		fixed := test.now.keep(test.was)
		slices.Sort(fixed)
		if strings.Join(fixed, " ") != test.fixed || test.now != test.held {
			t.Errorf("%s: %q hold after a restart, and %+v now", test.name, fixed, test.now)
		}
	}
}

// TestReloadSaysWhatIsNew: whether policy and secrets are others than they were, that the policy is gone, and what is wrong
// without a page of help behind it.
func TestReloadSaysWhatIsNew(t *testing.T) {
	h, d := newDeskHouse(t)
	h.log.announce("are not taken, the old ones hold")
	says := func(want string) {
		t.Helper()
		h.reload(d)
		lines := strings.Split(h.log.all(), "\n")
		if last := strings.Join(lines[max(0, len(lines)-2):], "\n"); !strings.Contains(last, want) {
			t.Errorf("it says %s, want %s", last, want)
		}
	}
	says("policy_is=unchanged secrets_are=unchanged")
	d.put("SLACK_SIGNING_SECRET_FILE", "signing", "0123456789abcdef0123456789abcdef")
	says("policy_is=unchanged secrets_are=changed")
	d.put("TOCSIN_POLICY", "tocsin.yml", "channel: fire-{number}\n")
	says("policy_is=changed secrets_are=unchanged")
	d.environment["TOCSIN_LOG_LEVEL"] = "chatty"
	says("err=TOCSIN_LOG_LEVEL: \"chatty\" must be debug, info, warn or error")
	if last := h.log.last(); strings.Contains(last, "All of them") {
		t.Errorf("it says %s", last)
	}
	delete(d.environment, "TOCSIN_LOG_LEVEL")
	delete(d.environment, "TOCSIN_POLICY") // it was tocsin.yml, and is not there any more
	says("WARN there is no policy file any more: the defaults hold now")
	says("policy_is=unchanged")
}

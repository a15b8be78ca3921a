package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"tocsin"
	"tocsin/bot"
	"tocsin/bot/slacksim"
	"tocsin/store"
)

// ward is a workspace with an installation for the doctor to look at.
type ward struct {
	*slacksim.Workspace
	t           *testing.T
	environment map[string]string
	now         func() time.Time
	api         *slack.Client // as the app
}

func newWard(t *testing.T, manifest []byte) *ward {
	t.Helper()
	w, err := slacksim.Open(slacksim.Options{Manifest: manifest, Now: time.Now, Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	t.Chdir(t.TempDir()) // with no tocsin.yml in it
	return &ward{Workspace: w, t: t, now: time.Now, api: slack.New(w.BotToken(), slack.OptionAPIURL(w.APIURL())), environment: map[string]string{
		"SLACK_API_URL": w.APIURL(), "SLACK_BOT_TOKEN": w.BotToken(), "SLACK_SIGNING_SECRET": w.SigningSecret(),
		"TOCSIN_OPS_ADDR": "off", "TOCSIN_DB": filepath.Join(t.TempDir(), "tocsin.db"),
	}}
}

// with changes settings; one that is "" is taken away.
func (w *ward) with(changes map[string]string) *ward {
	maps.Copy(w.environment, changes)
	return w
}

// announce makes a channel the one for announcements.
func (w *ward) announce(channel string) {
	w.t.Helper()
	if err := os.WriteFile(defaultPolicy, []byte("announce: "+channel), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// expect holds the doctor to one finding, told both ways, and to keeping silent about secrets.
func (w *ward) expect(name string, verdict grade, words ...string) {
	w.t.Helper()
	var text bytes.Buffer
	r := newDoctor(maps.Clone(w.environment), w.now).examine(w.t.Context(), func(f finding) { f.print(&text) })
	structured, err := json.Marshal(r)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, canary := range []string{w.BotToken(), w.AppToken(), w.SigningSecret(), "ticket", "canary"} {
		if strings.Contains(text.String()+string(structured), canary) {
			w.t.Errorf("it tells a secret:\n%s", &text)
		}
	}
	if fault := slices.ContainsFunc(r.Checks, func(f finding) bool { return f.Verdict == gradeFault }); fault != (r.err() != nil) || fault != (r.Verdict == gradeFault) {
		w.t.Errorf("fault=%v, and it ends with %v, %s", fault, r.err(), r.Verdict)
	}
	for _, f := range r.Checks {
		if f.Verdict != gradeFine && f.Verdict != gradeOff && f.Mend == "" {
			w.t.Errorf("%s: it does not say what to do: %s", f.Name, f.Finding)
		}
		if f.Mend != "" && strings.Contains(f.Finding, f.Mend) {
			w.t.Errorf("%s: it says twice what to do: %s", f.Name, f.Finding)
		}
		all := f.Finding + " → " + f.Mend
		if f.Name == name && f.Verdict == verdict && !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(all, word) }) {
			return
		}
	}
	w.t.Errorf("no %s of %s with %q:\n%s", verdict, name, words, &text)
}

func TestDoctorFindsNothing(t *testing.T) {
	w := newWard(t, tocsin.Manifest)
	w.announce(w.ChannelID("random")) // where nobody has invited us
	r := newDoctor(w.environment, w.now).examine(t.Context(), func(f finding) {
		if f.Verdict != gradeFine && f.Verdict != gradeOff {
			t.Errorf("%+v", f)
		}
	})
	if r.Verdict != gradeFine || r.err() != nil {
		t.Errorf("%s: %v", r.Verdict, r.err())
	}
	w.expect("slack", gradeFine, "we are @tocsin in ")
	w.expect("scopes", gradeFine, "all 18")
	w.expect("announcements", gradeFine, "#random")
	w.expect("secrets", gradeFine, "SLACK_BOT_TOKEN (environment)")
	w.expect("socket", gradeOff, "SLACK_APP_TOKEN is not set")
	if calls := w.Complaints(); len(calls) > 0 {
		t.Errorf("Slack complains: %q", calls)
	}
}

func TestDoctorOnTheToken(t *testing.T) {
	w := newWard(t, tocsin.Manifest)
	w.with(map[string]string{"SLACK_BOT_TOKEN": "xoxb-1-canary"}).expect("slack", gradeFault, "invalid_auth", "Install to Workspace")
	w.expect("scopes", gradeOff)
	w.with(map[string]string{"SLACK_BOT_TOKEN": "xapp-1-canary"}).expect("secrets", gradeFault, "belongs into SLACK_APP_TOKEN")
	w.expect("slack", gradeOff, "not tried")
	w.with(map[string]string{"SLACK_BOT_TOKEN": w.BotToken()})
	for code, mend := range map[string]string{"account_inactive": "install the app", "token_revoked": "new token", "some_new_code": "docs.slack.dev/reference/methods/auth.test"} {
		w.Faults(func(slacksim.Call) *slacksim.Fault { return &slacksim.Fault{Kind: slacksim.SlackError, Error: code} })
		w.expect("slack", gradeFault, code, mend)
	}
	w.Faults(func(slacksim.Call) *slacksim.Fault {
		return &slacksim.Fault{Kind: slacksim.Status, Status: 429, RetryAfter: time.Second}
	})
	w.expect("slack", gradeWarn, "asks to wait")
}

func TestDoctorOnScopes(t *testing.T) {
	newWard(t, without("pins:write")).expect("scopes", gradeFault, "missing: pins:write", "tocsin manifest")
	spare := strings.Replace(string(tocsin.Manifest), "- pins:write", "- pins:read\n      - pins:write", 1)
	newWard(t, []byte(spare)).expect("scopes", gradeWarn, "not needed: pins:read")
}

func TestDoctorOnSocketMode(t *testing.T) {
	w := newWard(t, tocsin.Manifest).with(map[string]string{"SLACK_APP_TOKEN": "xapp-1-canary"})
	w.expect("socket", gradeFault, "invalid_auth", "app-level token", "connections:write")
	w.with(map[string]string{"SLACK_APP_TOKEN": w.AppToken()})
	w.expect("socket", gradeWarn, "switched to signed HTTP", "take SLACK_APP_TOKEN away; or, ")
	w.with(map[string]string{"SLACK_SIGNING_SECRET": ""})
	w.expect("socket", gradeFault, "socket_mode_not_enabled", "tocsin manifest")
	w.Socket(true)
	w.expect("socket", gradeFine, "can be reached", "one of the few openings")
	w.expect("http", gradeOff, "SLACK_SIGNING_SECRET is not set")
	w.with(map[string]string{"SLACK_APP_TOKEN": "xapp-1-A0OTHER-canary"})
	w.Faults(func(c slacksim.Call) *slacksim.Fault {
		if c.Method == bot.OpensSocket {
			t.Error("it opens a connection, of which Slack allows few, where another fault has to be mended first")
		}
		return nil
	})
	w.expect("socket", gradeFault, "of the Slack app A0OTHER", w.AppID(), "from one app")
	w.with(map[string]string{"SLACK_APP_TOKEN": w.AppToken(), "SLACK_BOT_TOKEN": "xoxb-1-canary"})
	w.expect("socket", gradeOff, "before auth.test works")
	if w.Sockets() > 0 {
		t.Error("it took a connection, and with it what Slack sends")
	}
}

// TestDoctorTriesTheWayToTheSocket lets Slack open Socket Mode at addresses that can be reached, and that cannot. Its ticket
// is used in neither case.
func TestDoctorTriesTheWayToTheSocket(t *testing.T) {
	asked := make(chan string, 1)
	there := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.RequestURI }))
	defer there.Close()
	if _, err := reach(t.Context(), strings.Replace(there.URL, "http", "ws", 1)+"/link/?ticket=canary"); err != nil || <-asked != "/" {
		t.Errorf("%v, or it asked for more than the host", err)
	}
	host, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	if at, err := reach(t.Context(), "ws://"+host+"/link/?ticket=canary"); err == nil || at != host || strings.Contains(err.Error(), "canary") {
		t.Errorf("%s: %v", at, err)
	}
	if _, err := reach(t.Context(), "ws://%zz/?ticket=canary"); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("%v", err)
	}
}

func TestDoctorOnTheClock(t *testing.T) {
	w := newWard(t, tocsin.Manifest)
	for off, want := range map[time.Duration]grade{
		-75 * time.Second: gradeFault, 75 * time.Second: gradeFault, -30 * time.Second: gradeWarn, 30 * time.Second: gradeWarn, time.Second: gradeFine,
	} {
		w.now = func() time.Time { return time.Now().Add(off) }
		w.expect("clock", want)
	}
	w.now = func() time.Time { return time.Now().Add(-75 * time.Second) }
	w.expect("clock", gradeFault, " behind Slack", "timedatectl")
	w.now = func() time.Time { return time.Now().Add(75 * time.Second) }
	w.expect("clock", gradeFault, " ahead of Slack")
}

func TestDoctorOnAnnouncements(t *testing.T) {
	w := newWard(t, tocsin.Manifest)
	w.expect("announcements", gradeOff, "none is set")
	w.announce("C0NOWHERE00")
	w.expect("announcements", gradeFault, "channel_not_found", "announce:")

	for _, private := range []bool{false, true} {
		name := map[bool]string{false: "war", true: "canary-war"}[private]
		room, err := w.api.CreateConversation(slack.CreateConversationParams{ChannelName: name, IsPrivate: private})
		if err != nil {
			t.Fatal(err)
		}
		w.announce(room.ID)
		w.expect("announcements", gradeFine, room.ID)
		if err := w.api.ArchiveConversation(room.ID); err != nil {
			t.Fatal(err)
		}
		seen := map[bool]string{false: "is archived", true: "channel_not_found"}[private] // a bot is out of what is archived
		w.expect("announcements", gradeFault, room.ID, seen, "announce:")
	}
	elsewhere := newWard(t, without("chat:write.public"))
	elsewhere.announce(elsewhere.ChannelID("random"))
	elsewhere.expect("announcements", gradeFault, "we are not in #random", "/invite @tocsin")
}

func TestDoctorOnPolicyAndSettings(t *testing.T) {
	w := newWard(t, tocsin.Manifest).with(map[string]string{"TOCSIN_LOG_LEVEL": "loud", "TOCSIN_POLICI": "x"})
	w.expect("settings", gradeFault, `TOCSIN_LOG_LEVEL: "loud" must be`)
	w.expect("settings", gradeFault, "TOCSIN_POLICI: is no setting")
	w.expect("secrets", gradeFine)
	if err := os.WriteFile(defaultPolicy, []byte("announce: here\nroles: x"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.expect("policy", gradeFault, "roles (line 2): must be a list", "tocsin policy check")
	w.expect("announcements", gradeOff, "policy cannot be read")
}

func TestDoctorOnTheDatabase(t *testing.T) {
	w := newWard(t, tocsin.Manifest)
	file := filepath.Join(t.TempDir(), "tocsin.db")
	w.with(map[string]string{"TOCSIN_DB": file}).expect("database", gradeFine, "does not exist yet")
	w.expect("effects", gradeOff, "no database yet")
	if _, err := os.Stat(file); err == nil {
		t.Error("the doctor made it")
	}
	w.with(map[string]string{"TOCSIN_DB": filepath.Join(file, "tocsin.db")}).expect("database", gradeFault, "in a folder that does not exist", "mkdir -p "+file)
	w.with(map[string]string{"TOCSIN_DB": file})
	if _, _, err := store.Migrate(t.Context(), file, store.Options{}); err != nil {
		t.Fatal(err)
	}
	w.expect("database", gradeFine, "SQLite 3.", "schema ", " free")
	w.expect("effects", gradeFine, "nothing waits")
	running, err := store.Open(t.Context(), file, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w.expect("database", gradeFine, "in use by a Tocsin that runs")
	if err := running.Close(); err != nil {
		t.Fatal(err)
	}
	tear(t, file)
	w.expect("database", gradeFault, "it is damaged: ", "restore a backup")
	if err := os.WriteFile(file, []byte(strings.Repeat("garbage ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	w.expect("database", gradeFault, "no database")
	w.expect("effects", gradeOff, "cannot be read")
	for _, name := range []string{file, file + "-wal"} {
		if err := os.Truncate(name, 0); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	w.expect("database", gradeFault, "restore a backup")
	w.with(map[string]string{"TOCSIN_DB": "postgres://u:canary@127.0.0.1:1/x"}).expect("database", gradeFault, "PostgreSQL cannot be reached")
}

// tear overwrites the last page of a database, as a disk does that has lost it.
func tear(t *testing.T, file string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := sql.Open("sqlite3", "file:"+file+"?mode=ro&immutable=1")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var page int // of a table: a file of which the schema is damaged cannot even be opened
	if err := pool.QueryRowContext(t.Context(), `SELECT rootpage FROM sqlite_schema WHERE name = 'profiles'`).Scan(&page); err != nil {
		t.Fatal(err)
	}
	copy(raw[(page-1)*4096:], make([]byte, 4096))
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDoctorWithoutNetwork asks where nobody listens, and where somebody listens and never answers.
func TestDoctorWithoutNetwork(t *testing.T) {
	w := newWard(t, tocsin.Manifest)
	w.announce(w.ChannelID("random"))
	w.Faults(func(slacksim.Call) *slacksim.Fault { return &slacksim.Fault{Kind: slacksim.Hang} })
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	w.with(map[string]string{
		"TOCSIN_OPS_ADDR": silent.Addr().String(), "SLACK_APP_TOKEN": "xapp-1-canary",
		"TOCSIN_DB": "postgres://u:canary@" + silent.Addr().String() + "/x",
	})
	began := time.Now()
	w.expect("slack", gradeFault, "cannot be reached", "proxy")
	if took := time.Since(began); took > 2*oneCall {
		t.Errorf("it took %s", took)
	} else {
		t.Logf("with everything hanging it took %s", took.Round(time.Millisecond))
	}
	if err := silent.Close(); err != nil {
		t.Fatal(err)
	}
	free, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	w.with(map[string]string{"SLACK_API_URL": "http://" + silent.Addr().String() + "/api/", "TOCSIN_ADDR": free})
	began = time.Now()
	w.expect("slack", gradeFault, "refused", "proxy")
	w.expect("database", gradeFault, "PostgreSQL cannot be reached")
	w.expect("socket", gradeOff, "before auth.test works")
	w.expect("clock", gradeOff)
	w.expect("running", gradeOff, "no Tocsin answers")
	w.expect("http", gradeFine, "Tocsin will listen at ")
	t.Logf("four times without a network took %s", time.Since(began).Round(time.Millisecond))
}

// TestDoctorEndsWhateverHangs gives a check that never ends.
func TestDoctorEndsWhateverHangs(t *testing.T) {
	all := checkups
	defer func() { checkups = all }()
	release := make(chan struct{})
	defer close(release)
	checkups = []checkup{{"stuck", "", func(*doctor, context.Context) []finding { <-release; return nil }}}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	r := newDoctor(map[string]string{}, time.Now).examine(ctx, func(finding) {})
	if r.Verdict != gradeFault || r.Checks[0].Name != "stuck" {
		t.Errorf("%+v", r)
	}
}

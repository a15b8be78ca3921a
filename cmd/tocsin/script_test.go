package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"tocsin"
	"tocsin/bot/slacksim"
	"tocsin/store/storetest"
)

// TestMain lets scripts run the program as a command of its own: this test binary, which is the program when it is called
// by that name.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tocsin": main})
}

// TestScripts runs what people type, command by command: testdata/script. The environment holds nothing of ours but what
// a script sets.
func TestScripts(t *testing.T) {
	if underRace {
		t.Skip("runs in the pass without the race detector: scripts start a program for each line")
	}
	runScripts(t, "script", nil)
}

// TestScriptsOnPostgres runs those that need a PostgreSQL server: testdata/postgres.
func TestScriptsOnPostgres(t *testing.T) {
	cluster := storetest.Cluster(t)
	runScripts(t, "postgres", []string{"EMPTY=" + cluster.Empty(t), "EMPTY2=" + cluster.Empty(t)})
}

func runScripts(t *testing.T, folder string, variables []string) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", folder), RequireExplicitExec: true, RequireUniqueNames: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"slack": openSlack, "port": freePort, "await": awaitAnswer, "sql": runSQL,
			"say": saySomething, "until": untilItSays, "refuse": refuseCalls,
		},
		Setup: func(env *testscript.Env) error {
			env.Values[theSlack] = new(*slacksim.Workspace)
			env.Vars = append(env.Vars, variables...)
			return nil
		},
	})
}

// theSlack is the key under which a script keeps its workspace.
const theSlack = "slack"

// openSlack opens a workspace, and sets what a program needs to speak with it over one of the transports:
// slack http|socket [without <scope>].
func openSlack(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 && len(args) != 3 || len(args) == 3 && args[1] != "without" {
		ts.Fatalf("usage: slack http|socket [without <scope>]")
	}
	granted := tocsin.Manifest
	if len(args) == 3 {
		granted = without(args[2])
	}
	w, err := slacksim.Open(slacksim.Options{Manifest: granted, Now: time.Now, Clock: time.Now, Socket: args[0] == "socket"})
	ts.Check(err)
	ts.Defer(func() { _ = w.Close() })
	*ts.Value(theSlack).(**slacksim.Workspace) = w
	ts.Setenv("SLACK_API_URL", w.APIURL())
	ts.Setenv("SLACK_BOT_TOKEN", w.BotToken())
	ts.Setenv("SLACK_APP_TOKEN", "")
	ts.Setenv("SLACK_SIGNING_SECRET", "")
	if args[0] == "socket" {
		ts.Setenv("SLACK_APP_TOKEN", w.AppToken())
	} else {
		ts.Setenv("SLACK_SIGNING_SECRET", w.SigningSecret())
		ts.Setenv("TOCSIN_ADDR", "127.0.0.1:0")
	}
}

// refuseCalls has the workspace refuse calls of a method, or none any more: refuse <method> <error> | nothing.
func refuseCalls(ts *testscript.TestScript, neg bool, args []string) {
	w := *ts.Value(theSlack).(**slacksim.Workspace)
	switch {
	case !neg && len(args) == 1 && args[0] == "nothing":
		w.Faults(nil)
	case !neg && len(args) == 2:
		w.Faults(func(c slacksim.Call) *slacksim.Fault {
			if c.Method != args[0] {
				return nil
			}
			return &slacksim.Fault{Kind: slacksim.SlackError, Error: args[1]}
		})
	default:
		ts.Fatalf("usage: refuse <method> <error> | nothing")
	}
}

// freePort sets a variable to an address of this machine on which nobody listens: port <name>.
func freePort(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: port <name>")
	}
	address, err := freeAddress()
	ts.Check(err)
	ts.Setenv(args[0], address)
}

// freeAddress is an address of this machine on which nobody listens, for a program to take later. Its port is below those
// that systems hand out to whoever asks for any: one of these might be somebody else's by then.
func freeAddress() (string, error) {
	for {
		const first, ports = 20000, 12000
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", first+portsTried.Add(1)%ports))
		if err == nil {
			return l.Addr().String(), l.Close()
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return "", err
		}
	}
}

// portsTried begins elsewhere in each process, for there may be another one beside.
var portsTried = func() *atomic.Uint32 {
	var n atomic.Uint32
	n.Store(rand.Uint32N(1 << 16))
	return &n
}()

// awaitAnswer waits until an address answers with a status: await <url> <status>.
func awaitAnswer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await <url> <status>")
	}
	late := time.After(patience)
	for again := time.Tick(20 * time.Millisecond); ; {
		answer, err := http.Get(args[0])
		if err == nil {
			_ = answer.Body.Close()
			if fmt.Sprint(answer.StatusCode) == args[1] {
				return
			}
		}
		select {
		case <-again:
		case <-late:
			ts.Fatalf("%s does not answer %s: %v", args[0], args[1], err)
		}
	}
}

// runSQL changes a database as somebody might by hand: sql <file> <statement>.
func runSQL(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sql <file> <statement>")
	}
	db, err := sql.Open("sqlite3", ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = db.Exec(args[1])
	ts.Check(errors.Join(err, db.Close()))
}

// saySomething types a command in the workspace, to a program that listens at an address: say <address> <text>. It must be
// taken.
func saySomething(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: say <address> <text>")
	}
	w := *ts.Value(theSlack).(**slacksim.Workspace)
	w.Connect("http://" + args[0])
	status, body, err := w.SendCommand(context.Background(), slacksim.SendArgs{Person: "Ada", Channel: "general", Text: args[1]})
	ts.Check(err)
	if status != http.StatusOK {
		ts.Fatalf("%d %s", status, body)
	}
}

// untilItSays runs a command until its output matches: until <regular expression> <command> [<argument> ...].
func untilItSays(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until <regular expression> <command> [<argument> ...]")
	}
	wanted, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	late := time.After(patience)
	for again := time.Tick(20 * time.Millisecond); ; {
		err := ts.Exec(args[1], args[2:]...)
		if err == nil && wanted.MatchString(ts.ReadFile("stdout")) {
			return
		}
		select {
		case <-again:
		case <-late:
			ts.Fatalf("it does not say %s: %v", args[0], err)
		}
	}
}

package main

import (
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"tocsin"
	"tocsin/bot/slacksim"
)

// TestMain lets scripts run the program as a command of its own: this test binary, which is the program when it is called
// by that name.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tocsin": main})
}

// TestScripts runs what people type, command by command: testdata/script. The environment holds nothing of ours but what
// a script sets.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true, RequireUniqueNames: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"slack": openSlack, "port": freePort, "await": awaitAnswer, "sql": runSQL,
		},
	})
}

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

// freePort sets a variable to an address of this machine on which nobody listens: port <name>.
func freePort(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: port <name>")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], l.Addr().String())
	ts.Check(l.Close())
}

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

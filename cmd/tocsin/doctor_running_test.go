package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"tocsin"
	"tocsin/bot"
	"tocsin/bot/slacksim"
)

// TestDoctorOnWhatCannotBeWritten asks as nobody does: root may write everything.
func TestDoctorOnWhatCannotBeWritten(t *testing.T) {
	folder := t.TempDir()
	if err := errors.Join(os.Chmod(folder, 0o755), os.Chmod(filepath.Dir(folder), 0o755)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "tocsin.db")
	asNobody := func(path string) (found []finding) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			runtime.LockOSThread() // and never unlocked: the thread ends with what it became
			if os.Getuid() == 0 {
				if _, _, no := syscall.RawSyscall(syscall.SYS_SETRESUID, 65534, 65534, 65534); no != 0 {
					t.Errorf("setresuid: %v", no)
				}
			}
			found = notWritable(path)
		}()
		<-done
		return found
	}
	modes := func(of, file, lock os.FileMode) {
		t.Helper()
		if err := errors.Join(os.Chmod(folder, of), os.Chmod(filepath.Join(folder, "tocsin.db"), file), os.Chmod(filepath.Join(folder, "tocsin.db.lock"), lock)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.WriteFile(file, nil, 0o600), os.WriteFile(file+".lock", nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	modes(0o777, 0o666, 0o666)
	if found := asNobody(file); found != nil {
		t.Errorf("everything can be written: %v", found)
	}
	for _, test := range []struct {
		folder, file, lock os.FileMode
		says               string
	}{
		{0o555, 0o666, 0o666, folder + " cannot be written"},
		{0o777, 0o444, 0o666, file + " cannot be written"},
		{0o777, 0o666, 0o444, file + ".lock cannot be written"},
	} {
		modes(test.folder, test.file, test.lock)
		if found := asNobody(file); len(found) != 1 || found[0].Verdict != gradeFault || !strings.HasPrefix(found[0].Finding, test.says) {
			t.Errorf("it should say %q: %v", test.says, found)
		}
	}
	modes(0o777, 0o666, 0o666)
}

// TestDoctorOnPlaces gives addresses that another program holds, and a folder that is on no disk.
func TestDoctorOnPlaces(t *testing.T) {
	stranger := httptest.NewServer(http.NotFoundHandler())
	defer stranger.Close()
	at := stranger.Listener.Addr().String()
	w := newWard(t, tocsin.Manifest).with(map[string]string{"TOCSIN_ADDR": at})
	w.expect("http", gradeWarn, "another program listens at "+at)
	w.with(map[string]string{"TOCSIN_OPS_ADDR": at, "TOCSIN_DB": "/proc/tocsin.db"})
	w.expect("http", gradeFault, "another program listens at "+at)
	w.expect("running", gradeFault, "something else answers at "+at, "TOCSIN_OPS_ADDR")
	w.expect("database", gradeFault, "no file can be made in /proc", "TOCSIN_DB")
	w.with(map[string]string{"TOCSIN_DB": t.TempDir()}).expect("database", gradeFault, "it is a folder → name a file in it")
	w.with(map[string]string{"SLACK_API_URL": "http://" + at + "/api/"}).expect("slack", gradeFault, "what answers at SLACK_API_URL is not Slack: 404 Not Found")
}

// TestDoctorLeavesSocketsToTheOneThatHasThem asks beside a Tocsin that says how it is.
func TestDoctorLeavesSocketsToTheOneThatHasThem(t *testing.T) {
	w := newWard(t, tocsin.Manifest)
	w.Socket(true)
	age := time.Minute
	young := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" {
			out.WriteHeader(http.StatusServiceUnavailable)
			_, _ = out.Write([]byte("not ready\ndatabase: has not been looked at yet\n"))
			return
		}
		_, _ = fmt.Fprintf(out, "process_start_time_seconds %d\ntocsin_sockets_open 2\n", time.Now().Add(-age).Unix())
	}))
	defer young.Close()
	w.Faults(func(c slacksim.Call) *slacksim.Fault {
		if c.Method == bot.OpensSocket {
			t.Error("it opens a connection, of which Slack allows few")
		}
		return nil
	})
	w.with(map[string]string{"SLACK_APP_TOKEN": w.AppToken(), "SLACK_SIGNING_SECRET": "", "TOCSIN_OPS_ADDR": young.Listener.Addr().String()})
	w.expect("socket", gradeFine, "2 connections open")
	w.expect("running", gradeFault, "not ready: database: ")
	age = time.Second
	w.expect("running", gradeWarn, "has just started", "ask again")
}

// TestDoctorSeesRefusedSignatures asks beside a Tocsin with another app's secret: Slack only says dispatch_failed.
func TestDoctorSeesRefusedSignatures(t *testing.T) {
	w, h := newWard(t, tocsin.Manifest), newHouse(t, watched)
	w.with(map[string]string{"TOCSIN_OPS_ADDR": strings.TrimPrefix(h.program.ops.url(), "http://")})
	w.expect("http", gradeFine, "the Tocsin that runs listens")
	h.post("/slack/commands", h.declaration("1.1.1"), signed("another app's secret", fmt.Sprint(time.Now().Unix()), nil))
	w.expect("http", gradeWarn, "for their signature since it started: 1", "Signing Secret", "SIGHUP")
}

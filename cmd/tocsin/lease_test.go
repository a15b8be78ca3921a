package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

// TestLease: a lease within its limits is taken on a server, and a call to Slack is over well before it.
func TestLease(t *testing.T) {
	for _, test := range []struct {
		lease  time.Duration
		shared bool
		call   time.Duration
		want   string // of the refusal
	}{
		{0, false, 10 * time.Second, ""},
		{0, true, 10 * time.Second, ""},
		{time.Minute, true, 10 * time.Second, ""},
		{3 * time.Second, true, time.Second, ""},
		{leaseMost, true, 10 * time.Second, ""},
		{leaseLeast - 1, true, 0, "it may be 2s to 10m0s, for example --lease 1m"},
		{-time.Second, true, 0, "out of bounds"},
		{leaseMost + 1, true, 0, "out of bounds"},
		{time.Minute, false, 0, "TOCSIN_DB names a file"},
	} {
		o := options{lease: test.lease}
		switch err := o.checkLease(test.shared); {
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s, shared %t: got %v, want %q", test.lease, test.shared, err, test.want)
		case test.want == "" && (err != nil || o.callLimit() != test.call):
			t.Errorf("%s, shared %t: %v, a call may take %s", test.lease, test.shared, err, o.callLimit())
		}
	}
}

// TestLeaseOfAFile: a program on a file does not start with one.
func TestLeaseOfAFile(t *testing.T) {
	o := options{settings: settings{DB: filepath.Join(t.TempDir(), "tocsin.db")}, lease: time.Minute}
	if p, err := newProgram(t.Context(), o); err == nil || !strings.Contains(err.Error(), "leave it out") {
		t.Errorf("got %v, %v", p, err)
	}
}

// TestLeaseIsHidden, so that nobody takes it for something to set.
func TestLeaseIsHidden(t *testing.T) {
	serve, _, err := root().Find([]string{"serve"})
	if err != nil {
		t.Fatal(err)
	}
	serve.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Name == "lease" && !f.Hidden {
			t.Error("--lease stands in the help")
		}
	})
	if serve.Flags().Lookup("lease") == nil {
		t.Error("there is no --lease")
	}
}

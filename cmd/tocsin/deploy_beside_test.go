package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDeployBeside runs as-tocsin with a systemctl that shows the unit and what somebody has edited, and a systemd-run that
// prints what it is asked for: the command gets the settings, the secrets and the user of the service.
func TestDeployBeside(t *testing.T) {
	folder := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	unit := deployed(t, "tocsin.service")
	_, edited, found := strings.Cut(unit, "# For PostgreSQL, whose address holds a password:\n")
	if !found {
		t.Fatal("the unit does not say how to take PostgreSQL")
	}
	edited, _, _ = strings.Cut(edited, "#\n")
	put("unit", unit+strings.ReplaceAll(edited, "#   ", ""))
	put("systemctl", "#!/bin/sh\ntest \"$*\" = 'cat tocsin.service' && cat "+folder+"/unit\n")
	put("systemd-run", "#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
	script, err := filepath.Abs("../../deploy/as-tocsin")
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), "sh", script, "effects", "retry", "42")
	run.Env = append(os.Environ(), "PATH="+folder+":"+os.Getenv("PATH"))
	said, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	asked := strings.Split(strings.TrimSpace(string(said)), "\n")
	isCommand(t, []string{"effects", "retry"})
	if want := []string{"--property=User=tocsin", "/usr/local/bin/tocsin", "effects", "retry", "42"}; !slices.Equal(asked[len(asked)-5:], want) {
		t.Errorf("it ends with %q", asked[len(asked)-5:])
	}
	name := ""
	set := map[string]string{}
	for _, word := range asked {
		if value, is := strings.CutPrefix(word, "--unit="); is {
			name = value
		}
		if pair, is := strings.CutPrefix(word, "--property=Environment="); is {
			key, value, _ := strings.Cut(pair, "=")
			set[key] = value
		}
		if gone, is := strings.CutPrefix(word, "--property=UnsetEnvironment="); is {
			delete(set, gone)
		}
	}
	for key, value := range set {
		id := filepath.Base(value)
		if value != "/run/credentials/"+name+".service/"+id || !slices.Contains(asked, "--property=LoadCredential="+id+":/etc/tocsin/"+id) {
			t.Errorf("%s is %s, and no such credential is loaded:\n%s", key, value, said)
		}
	}
	if len(set) != 3 {
		t.Errorf("it sets %q", set)
	}
	for _, line := range []string{"DynamicUser=yes", "StateDirectory=tocsin", "StateDirectoryMode=0700", "UMask=0077", "WorkingDirectory=/etc/tocsin", "EnvironmentFile=-/etc/tocsin/tocsin.env"} {
		if !slices.Contains(asked, "--property="+line) || !strings.Contains(unit, "\n"+line+"\n") {
			t.Errorf("%s is missing:\n%s", line, said)
		}
	}
	if strings.Contains(string(said), "%") || strings.Contains(string(said), "ExecStart") {
		t.Errorf("it asks for what systemd-run does not take:\n%s", said)
	}
	starts(t, set)
}

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// deployed reads a file of the folder deploy.
func deployed(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// shapely are secrets as they look, to be put where a deployment wants to read a file.
var shapely = map[string]string{
	"SLACK_BOT_TOKEN_FILE": "xoxb-1234-5678-abcd", "SLACK_APP_TOKEN_FILE": "xapp-1-A0123456789-1234-abcd",
	"TOCSIN_DB_FILE": "postgres://tocsin:pass@postgres:5432/tocsin",
}

// starts reads settings as serve would with this environment, the files of its secrets being there. So a name that is no
// setting, two that exclude each other, and a value that cannot be right are found.
func starts(t *testing.T, environment map[string]string) settings {
	t.Helper()
	folder := t.TempDir()
	for name, path := range environment {
		value, secret := shapely[name]
		if !secret {
			continue
		}
		if !filepath.IsAbs(path) {
			t.Errorf("%s is %q, which depends on where it is started", name, path)
		}
		environment[name] = filepath.Join(folder, name)
		if err := os.WriteFile(environment[name], []byte(value+"\n"), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	s, err := load(environment)
	if err != nil {
		t.Errorf("it would not start: %v", err)
	}
	return s
}

// isCommand tells whether a line is one that our program takes.
func isCommand(t *testing.T, line []string) {
	t.Helper()
	if cmd, rest, err := root().Find(line); err != nil || len(rest) > 0 || !cmd.Runnable() {
		t.Errorf("tocsin %q is no command: %q is left, %v", line, rest, err)
	}
}

// instruction is one instruction of a Dockerfile.
type instruction struct{ word, rest string }

// dockerfile reads the instructions of a Dockerfile, those of its last stage apart.
func dockerfile(text string) (all, last []instruction) {
	text = strings.ReplaceAll(text, "\\\n", " ")
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		if word == "FROM" {
			last = nil
		}
		all, last = append(all, instruction{word, strings.TrimSpace(rest)}), append(last, instruction{word, strings.TrimSpace(rest)})
	}
	return all, last
}

// only is what stands behind an instruction that must be there once.
func only(t *testing.T, steps []instruction, word string) string {
	t.Helper()
	found := slices.DeleteFunc(slices.Clone(steps), func(s instruction) bool { return s.word != word })
	if len(found) != 1 {
		t.Fatalf("%d times %s in the image, should be once", len(found), word)
	}
	return found[0].rest
}

// words reads the form of a command that needs no shell, because there is none.
func words(t *testing.T, text string) (all []string) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &all); err != nil || len(all) == 0 {
		t.Errorf("%s needs a shell: write it as a list", text)
	}
	return all
}

// imageEnvironment is what the image sets.
func imageEnvironment(t *testing.T) map[string]string {
	t.Helper()
	_, last := dockerfile(deployed(t, "Dockerfile"))
	set := map[string]string{}
	for pair := range strings.FieldsSeq(only(t, last, "ENV")) {
		name, value, _ := strings.Cut(pair, "=")
		set[name] = value
	}
	return set
}

// isPinned tells whether an image is named with a version.
func isPinned(image string) bool {
	_, tag, found := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
	return found && tag != "" && tag != "latest"
}

// TestDeployImage reads the Dockerfile: pinned images, no root, a health check that needs no shell, settings that we have.
func TestDeployImage(t *testing.T) {
	all, last := dockerfile(deployed(t, "Dockerfile"))
	for _, s := range all {
		if image, _, _ := strings.Cut(s.rest, " "); s.word == "FROM" && !isPinned(image) {
			t.Errorf("FROM %s: name a version", image)
		}
	}
	goMod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	wanted := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(goMod))[1]
	if all[0].word != "FROM" || !strings.HasPrefix(all[0].rest, "golang:"+wanted+"-") {
		t.Errorf("it is built with %s, go.mod says %s", all[0].rest, wanted)
	}
	user, _, _ := strings.Cut(only(t, last, "USER"), ":")
	if n, err := strconv.Atoi(user); err != nil || n != nobody {
		t.Errorf("its user is %s, should be the number %d", user, nobody)
	}
	entry := words(t, only(t, last, "ENTRYPOINT"))
	isCommand(t, append(entry[1:], words(t, only(t, last, "CMD"))...))
	_, check, _ := strings.Cut(only(t, last, "HEALTHCHECK"), "CMD ")
	asked := words(t, check)
	if asked[0] != entry[0] {
		t.Errorf("the health check runs %s, the container %s", asked[0], entry[0])
	}
	isCommand(t, asked[1:])
	set := imageEnvironment(t)
	set["SLACK_BOT_TOKEN"], set["SLACK_APP_TOKEN"] = shapely["SLACK_BOT_TOKEN_FILE"], shapely["SLACK_APP_TOKEN_FILE"]
	if s := starts(t, set); filepath.Dir(s.DB) != only(t, last, "VOLUME") {
		t.Errorf("the database is %s, the volume %s", s.DB, only(t, last, "VOLUME"))
	}
}

// mostExposed is the rating of the unit by systemd that is promised; 10 is the worst.
const mostExposed = 2.5

// TestDeployUnit lets systemd judge the unit, and starts with what it sets.
func TestDeployUnit(t *testing.T) {
	unit := deployed(t, "tocsin.service")
	set := map[string]string{}
	for line := range strings.Lines(unit) {
		if pair, is := strings.CutPrefix(strings.TrimSpace(line), "Environment="); is {
			name, value, _ := strings.Cut(pair, "=")
			set[name] = strings.NewReplacer("%S", "/var/lib", "%d", "/run/credentials/tocsin.service").Replace(value)
		}
		if command, is := strings.CutPrefix(line, "ExecStart="); is {
			isCommand(t, strings.Fields(command)[1:])
		}
	}
	for name, value := range set {
		if id := filepath.Base(value); strings.HasSuffix(name, "_FILE") && !strings.Contains(unit, "\nLoadCredential="+id+":") {
			t.Errorf("%s is %s, and no such credential is loaded", name, value)
		}
	}
	if s := starts(t, set); !strings.Contains(deployed(t, "litestream.yml"), "path: "+s.DB+"\n") {
		t.Errorf("the unit's database is %s, litestream.yml copies another one", s.DB)
	}
	said := analyze(t, unit, "verify", "--man=no")
	if len(said) > 0 {
		t.Errorf("systemd-analyze verify: %s", said)
	}
	rating := regexp.MustCompile(`Overall exposure level for tocsin.service: (\d+\.\d+)`).FindSubmatch(analyze(t, unit, "security", "--offline=true"))
	if rating == nil {
		t.Fatal("systemd-analyze security does not rate it")
	}
	t.Logf("exposure: %s of 10, promised are %.1f", rating[1], mostExposed)
	if level, err := strconv.ParseFloat(string(rating[1]), 64); err != nil || level > mostExposed {
		t.Errorf("exposure %s, %v", rating[1], err)
	}
}

// analyze runs systemd-analyze over the unit, with a program that is there in the place of ours.
func analyze(t *testing.T, unit string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		if os.Getenv("CI") != "" || os.Getenv("TOCSIN_SYSTEMD") == "must" {
			t.Fatal("systemd-analyze is missing: install Debian's package systemd")
		}
		t.Skip("SKIPPED, the unit is not rated: systemd-analyze is missing")
	}
	ours, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "tocsin.service")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(unit, "ExecStart=/usr/local/bin/tocsin", "ExecStart="+ours)), 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := exec.CommandContext(t.Context(), "systemd-analyze", append(args, path)...).CombinedOutput()
	if err != nil {
		t.Errorf("systemd-analyze %s: %v: %s", args[0], err, said)
	}
	return bytes.TrimSpace(said)
}

package main

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// permission is one command by which a file's instructions give files an owner or a mode.
type permission struct {
	command, value string
	paths          []string
}

// permissions reads them from a file of the folder deploy.
func permissions(t *testing.T, name string) (all []permission) {
	t.Helper()
	given := regexp.MustCompile(`(chown|chmod|install -m) (\d+) ([^&#\n]+)`)
	for _, found := range given.FindAllStringSubmatch(deployed(t, name), -1) {
		all = append(all, permission{found[1], found[2], strings.Fields(found[3])})
	}
	return all
}

// of finds what such a command gives a file last; "" where none names it.
func of(all []permission, command, path string) (value string) {
	for _, p := range all {
		for _, pattern := range p.paths {
			if fits, err := filepath.Match(pattern, path); p.command == command && err == nil && fits {
				value = p.value
			}
		}
	}
	return value
}

// isPrivate tells whether a mode lets its owner read, and not everybody.
func isPrivate(mode string) bool {
	bits, err := strconv.ParseUint(mode, 8, 32)
	return err == nil && bits&worldReadable == 0 && bits&0o400 != 0
}

// TestDeployComposeSecrets: Compose mounts the file of a secret with the owner and the mode that it has on the machine, so
// whoever follows the instructions must end with files that our user can read and not everybody. PostgreSQL reads its
// password as root.
func TestDeployComposeSecrets(t *testing.T) {
	given := permissions(t, "compose.yml")
	for _, found := range regexp.MustCompile(`file: \./(secrets/\w+)`).FindAllStringSubmatch(deployed(t, "compose.yml"), -1) {
		path := found[1]
		if mode := of(given, "chmod", path); !isPrivate(mode) {
			t.Errorf("%s gets the mode %q", path, mode)
		}
		if owner := of(given, "chown", path); path != "secrets/postgres_password" && owner != strconv.Itoa(nobody) {
			t.Errorf("%s gets the owner %q", path, owner)
		}
	}
}

// TestDeployUnitSecrets: systemd gives the service copies that only it can read (0400), and the files behind them are
// root's alone.
func TestDeployUnitSecrets(t *testing.T) {
	given := permissions(t, "tocsin.service")
	for _, found := range regexp.MustCompile(`(?m)^LoadCredential=\w+:(\S+)`).FindAllStringSubmatch(deployed(t, "tocsin.service"), -1) {
		if mode := of(given, "install -m", found[1]); !isPrivate(mode) {
			t.Errorf("%s gets the mode %q", found[1], mode)
		}
	}
}

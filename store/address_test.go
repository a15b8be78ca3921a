package store

import (
	"os"
	"path/filepath"
	"testing"
)

// What an address leaves open comes from where psql takes it too, and what it says wins.
func TestAddressWins(t *testing.T) {
	t.Setenv("PGHOST", "elsewhere")
	t.Setenv("PGPASSWORD", "of the environment")
	for where, want := range map[string][2]string{
		"postgres://bell@here/tocsin":      {"here", "of the environment"},
		"postgres://bell:own@here/tocsin":  {"here", "own"},
		"postgres://bell@/tocsin":          {"elsewhere", "of the environment"},
		"postgres:///tocsin?password=own":  {"elsewhere", "own"},
		"postgresql://bell@here:99/tocsin": {"here", "of the environment"},
	} {
		config, err := address(where)
		must(t, err)
		if config.Host != want[0] || config.Password != want[1] {
			t.Errorf("%s: %s with the password %q", where, config.Host, config.Password)
		}
	}
	kept := filepath.Join(t.TempDir(), "pgpass")
	must(t, os.WriteFile(kept, []byte("here:*:*:bell:of the file\n"), 0o600))
	t.Setenv("PGPASSWORD", "")
	t.Setenv("PGPASSFILE", kept)
	config, err := address("postgres://bell@here/tocsin")
	must(t, err)
	if config.Password != "of the file" {
		t.Errorf("the password is %q", config.Password)
	}
}

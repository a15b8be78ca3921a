package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tocsin/incident"
)

// migratedFile names to a process of this test binary the file that it shall migrate.
const migratedFile = "TOCSIN_TEST_MIGRATE"

// TestMigrateElsewhere is no test: it is the process that is killed while it migrates.
func TestMigrateElsewhere(t *testing.T) {
	path := os.Getenv(migratedFile)
	if path == "" {
		t.Skip("this is what TestF12KilledWhileMigrating starts")
	}
	must(t, upgrade(t.Context(), path))
}

// upgrade migrates a file as a newer program would that has one more migration, which makes a table and fills it.
func upgrade(ctx context.Context, path string) (err error) {
	const more = `
CREATE TABLE more (id INTEGER PRIMARY KEY, title TEXT NOT NULL) STRICT;
INSERT INTO more SELECT id, title FROM incidents;
CREATE INDEX more_title ON more (title);
UPDATE incidents SET title = upper(title);
`
	pool, err := openPool(ctx, path, writing, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	ours := schema{dialect: sqliteDialect, pool: pool, files: oneMore("sqlite", more)}
	_, err = ours.migrate(ctx, func() error { return backup(ctx, ours, path) })
	return err
}

// TestF12KilledWhileMigrating kills a process at the first, the second, the third … write or sync of a migration and of the
// copy that is made before it (F11). The file is then of the one schema or the other, the copy whole or not there, and
// the next start finishes.
func TestF12KilledWhileMigrating(t *testing.T) {
	const incidents = 30
	good := written(t, incidents)
	library := filepath.Join(t.TempDir(), "disk.so")
	said, err := exec.Command("gcc", "-O1", "-shared", "-fPIC", "-o", library, "../cmd/tocsin/testdata/disk/disk.c", "-ldl", "-lpthread").CombinedOutput()
	if err != nil {
		t.Fatalf("the disk that kills cannot be compiled: %v\n%s", err, said)
	}
	kills, copies, before := 0, 0, 0
	for n := 1; ; n++ {
		path := put(t, good)
		process := exec.Command(os.Args[0], "-test.run=^TestMigrateElsewhere$", "-test.count=1")
		process.Env = append(os.Environ(), migratedFile+"="+path, "LD_PRELOAD="+library, "DISK_FILES="+path, fmt.Sprint("DISK_NTH=", n), "DISK_KILL=1")
		said, err := process.CombinedOutput()
		if err == nil {
			break // it has got through
		}
		if status, ok := process.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
			t.Fatalf("%v\n%s", err, said)
		}
		kills++
		if _, err := os.Stat(path + fmt.Sprint(".schema", Newest)); err == nil {
			copies++
			holds(t, path+fmt.Sprint(".schema", Newest), incidents)
		}
		s, err := Open(t.Context(), path, Options{})
		switch {
		case err == nil:
			before++
			must(t, s.Close())
			holds(t, path, incidents)
		case !strings.Contains(err.Error(), ByNewer(1)):
			t.Errorf("killed at call %d, the start says %v", n, err)
		}
		if err := upgrade(t.Context(), path); err != nil {
			t.Errorf("killed at call %d, the next start does not finish: %v", n, err)
			continue
		}
		pool, err := openPool(t.Context(), path, reading, 1)
		must(t, err)
		var rows int
		must(t, pool.QueryRow(`SELECT count(*) FROM more JOIN incidents USING (id) WHERE upper(more.title) = incidents.title`).Scan(&rows))
		if err := integrity(t.Context(), pool, "1"); err != nil || rows != incidents+1 { // and the system's own
			t.Errorf("killed at call %d: %d rows, %v", n, rows, err)
		}
		must(t, pool.Close())
	}
	fmt.Printf("killed while migrating: kills=%d copy whole=%d schema still the old one=%d\n", kills, copies, before)
	if copies == 0 || copies == kills || before == kills {
		t.Error("it was not killed at every stage")
	}
}

// holds opens a file and wants all incidents in it.
func holds(t *testing.T, path string, incidents int) {
	t.Helper()
	s, err := Open(t.Context(), path, Options{})
	must(t, err)
	list, err := s.List(t.Context(), incident.Filter{Limit: 99})
	if err != nil || len(list) != incidents {
		t.Errorf("%s holds %d incidents: %v", filepath.Base(path), len(list), err)
	}
	s.background.Wait()
	if s.Damage() != "" {
		t.Error(s.Damage())
	}
	must(t, s.Close())
}

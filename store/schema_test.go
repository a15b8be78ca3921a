package store_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/incident"
	"tocsin/store"
	"tocsin/store/storetest"
)

// A newer program migrates while this one runs: it waits for a change that has begun, and this one never writes again (F82).
func TestNewerProgramMigrates(t *testing.T) {
	where := storetest.Cluster(t).Database(t)
	s := open(t, where)
	id := declare(t, s)
	begun, gate := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		_, err := on(s, id, "begun", func(i *incident.Incident, st incident.Stamp) error {
			close(begun)
			<-gate
			return i.Note("on the old schema", time.Time{}, st)
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-begun
	all.Go(func() {
		const more = "LOCK TABLE goose_db_version IN ACCESS EXCLUSIVE MODE;\nUPDATE incidents SET title = 'migrated, ' || title WHERE id > 0;"
		if err := store.MigrateFurther(context.Background(), t, where, more); err != nil {
			t.Error(err)
		}
	})
	waiting(t, s, 1)
	var late error
	all.Go(func() { _, late = on(s, id, "late", note("behind the migration")) })
	waiting(t, s, 2)
	close(gate)
	all.Wait()
	if !errors.Is(late, store.ErrNewer) {
		t.Errorf("got %v", late)
	}
	for name, write := range map[string]func() error{
		"change": func() error { _, err := on(s, id, "after", note("after")); return err },
		"claim": func() error {
			_, err := s.Claim(t.Context(), incident.Claim{At: noon, Lease: time.Minute, Limit: 9, Lanes: lanes})
			return err
		},
		"open": func() error { _, err := store.Open(t.Context(), where, store.Options{}); return err },
	} {
		err := write()
		if !errors.Is(err, store.ErrNewer) || !strings.Contains(err.Error(), "("+store.ByNewer(1)+"): upgrade the program") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if got := notes(t, s, id); len(got) != 1 {
		t.Error(got)
	}
}

// Each migration keeps out programs of the schema before it: they ask for the schema at the beginning of each change.
func TestMigrationsKeepOthersOut(t *testing.T) {
	files, err := filepath.Glob("migrations/postgres/*.sql")
	must(t, err)
	for _, file := range files[1:] {
		text, err := os.ReadFile(file)
		must(t, err)
		if !regexp.MustCompile(`(?s)^-- \+goose Up\n(\s*|--[^\n]*\n)*LOCK TABLE goose_db_version IN ACCESS EXCLUSIVE MODE;`).Match(text) {
			t.Errorf("%s does not begin by locking goose_db_version", file)
		}
	}
}

// Several replicas start at once on a new database: one makes it, all use it.
func TestReplicasStartAtOnce(t *testing.T) {
	where := storetest.Cluster(t).Empty(t)
	var all sync.WaitGroup
	names := make([]string, 4)
	for n := range names {
		all.Go(func() {
			s, err := store.Open(context.Background(), where, store.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			names[n] = s.Installation()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, name := range names {
		if name != names[0] || len(name) != 16 {
			t.Errorf("%q", names)
		}
	}
}

func TestOpenServerRefuses(t *testing.T) {
	cluster := storetest.Cluster(t)
	for name, test := range map[string]struct{ statement, want string }{
		"synchronous commit": {`ALTER DATABASE %s SET synchronous_commit = off`, "PostgreSQL has synchronous_commit=off: "},
		"client encoding":    {`ALTER DATABASE %s SET client_encoding = 'LATIN1'`, "PostgreSQL has client_encoding=LATIN1: "},
		"no trigger":         {`DROP TRIGGER entries_update ON entries`, "trigger entries_update is missing or was altered"},
		"trigger off":        {`ALTER TABLE entries DISABLE TRIGGER entries_update`, "trigger entries_update is missing or was altered"},
		"trigger hollow":     {`CREATE OR REPLACE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`, "function forbid is missing or was altered"},
		"no index":           {`DROP INDEX effects_asked`, "effects_asked is missing or was altered"},
		"no reference":       {`ALTER TABLE entries DROP CONSTRAINT entries_incident_id_fkey`, "constraint entries_incident_id_fkey is missing"},
		"no column":          {`ALTER TABLE profiles DROP COLUMN zone`, "profiles is missing or was altered"},
		"own index":          {`CREATE INDEX mine ON entries (kind)`, ""},
		"other migration":    {`UPDATE migrations SET sha256 = 'x'`, "migration 1 of this program is not the one"},
		"never recorded":     {`DELETE FROM migrations`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			where := cluster.Database(t)
			database := strings.TrimPrefix(where[:strings.Index(where, "?")], "postgres://postgres@/")
			cluster.Exec(t, where, strings.Replace(test.statement, "%s", database, 1))
			refused(t, where, test.want)
		})
	}
}

// refused wants an error of opening a database that says something, or none for "".
func refused(t *testing.T, where, want string) {
	t.Helper()
	s, err := store.Open(t.Context(), where, store.Options{})
	if err == nil {
		err = s.Close()
	}
	switch {
	case want == "" && err != nil:
		t.Error(err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("got %v, want it to say %q", err, want)
	case err != nil && (store.MendOf(err) == "" || !strings.Contains(err.Error(), ": "+store.MendOf(err))):
		t.Errorf("%v: apart from what is wrong, what to do is %q", err, store.MendOf(err))
	}
}

func TestServerThatForgets(t *testing.T) {
	cluster := storetest.Cluster(t)
	where := cluster.Database(t)
	for _, name := range []string{"fsync", "full_page_writes"} {
		change := func(value string) {
			cluster.Exec(t, cluster.Address("postgres"), "ALTER SYSTEM SET "+name+" = "+value, `SELECT pg_reload_conf()`)
			until(t, func() bool { return cluster.Setting(t, name) == value })
		}
		change("off")
		refused(t, where, "PostgreSQL has "+name+"=off: ")
		change("on")
		refused(t, where, "")
	}
}

func TestWrongEncoding(t *testing.T) {
	cluster := storetest.Cluster(t)
	cluster.Exec(t, cluster.Address("postgres"), `CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`)
	refused(t, cluster.Address("latin"), "PostgreSQL has server_encoding=LATIN1: ")
	cluster.Exec(t, cluster.Address("postgres"), `DROP DATABASE latin WITH (FORCE)`)
}

// No error and no log line holds the password of an address, whatever is wrong with it.
func TestPasswordIsNotTold(t *testing.T) {
	const canary = "canary"
	cluster := storetest.Cluster(t)
	for _, where := range []string{
		"postgres://tocsin:canary@127.0.0.1:1/tocsin",
		"postgres://tocsin:canary@127.0.0.1:1/tocsin?password=canary",
		"postgres://tocsin:canary%@127.0.0.1:1/tocsin",
		"postgres://tocsin:ca#canary@127.0.0.1:1/tocsin",
		"postgres://tocsin:canary@127.0.0.1:canary/tocsin",
		"postgresql://tocsin:canary@[::1/tocsin",
		"postgres://tocsin:canary@/tocsin?sslmode=canary",
		"postgres://127.0.0.1:1/tocsin?sslpassword=canary",
		strings.Replace(cluster.Address("none"), "postgres@", "postgres:canary@", 1),
	} {
		var log strings.Builder
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		_, err := store.Open(ctx, where, store.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		cancel()
		if err == nil {
			t.Errorf("%s was opened", where)
			continue
		}
		if strings.Contains(err.Error()+log.String()+store.Place(where), canary) {
			t.Errorf("told: %v %s %s", err, log.String(), store.Place(where))
		}
	}
}

// Nothing is left on a session that a pooler could lend to another.
func TestNothingIsLeftOnASession(t *testing.T) {
	s := open(t, storetest.Cluster(t).Database(t))
	id := declare(t, s)
	_, err := on(s, id, "k", note("a\x00b \xff"))
	must(t, err)
	for query, want := range map[string]string{
		`SELECT count(*)::text FROM pg_prepared_statements`:                       "0",
		`SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory'`:         "0",
		`SELECT current_setting('lock_timeout')`:                                  "0",
		`SELECT count(*)::text FROM pg_stat_activity WHERE state LIKE 'idle in%'`: "0",
	} {
		if got := s.Query(t, query); got != want {
			t.Errorf("%s: %s", query, got)
		}
	}
}

// What PostgreSQL takes in no text is replaced, wherever it comes from.
func TestTextsThatPostgresRefuses(t *testing.T) {
	s := open(t, storetest.Cluster(t).Database(t))
	const odd, plain = "a\x00b \xff", "a\uFFFDb \uFFFD"
	must(t, s.SaveProfiles(t.Context(), []incident.Profile{{Person: incident.Person{Handle: odd, Name: odd}, Seen: noon}}))
	p, err := s.Profile(t.Context(), odd)
	must(t, err)
	if p.Handle != plain || p.Name != plain {
		t.Errorf("%q", p)
	}
	id := declare(t, s)
	_, err = on(s, id, odd, func(i *incident.Incident, _ incident.Stamp) error { i.Summary = odd; return nil })
	must(t, err)
	i, err := s.Incident(t.Context(), id)
	must(t, err)
	again, err := on(s, id, odd, func(*incident.Incident, incident.Stamp) error { t.Error("it ran again"); return nil })
	must(t, err)
	channel, err := s.InRoom(t.Context(), odd)
	must(t, err)
	if i.Summary != plain || string(again) != "done" || channel != 0 {
		t.Errorf("%q %s %d", i.Summary, again, channel)
	}
}

// PostgreSQL has an index for each of our statements too.
func TestEveryStatementUsesAnIndexOnTheServer(t *testing.T) {
	s := open(t, storetest.Cluster(t).Database(t))
	plans := s.Plans(t, map[string]string{"a scan": `SELECT * FROM entries WHERE source = 'x'`})
	for name, plan := range plans {
		if strings.Contains(plan, "Seq Scan") != (name == "a scan") {
			t.Errorf("%s:\n%s", name, plan)
		}
	}
}

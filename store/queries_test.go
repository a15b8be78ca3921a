package store

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tocsin/incident"
)

// statements are all of ours by name, with numbers for arguments.
func statements(t testing.TB, d *dialect) map[string]string {
	t.Helper()
	files, err := filepath.Glob("queries/*.sql")
	must(t, err)
	all := map[string]string{"rolesOfMany": rolesOfMany, "refsOfMany": refsOfMany, "claim": d.claimStatement(2, 1)}
	for asked := range 1 << 7 { // each combination of what a list can be asked for
		is := func(bit int) bool { return asked>>bit&1 == 1 }
		word := map[bool]string{true: "x"}
		f := incident.Filter{
			OpenOnly: is(0), Severity: incident.Severity(word[is(1)]), Service: word[is(2)], Of: word[is(3)], SevereFirst: is(4),
			Before: incident.ID(asked >> 5 & 1), Since: map[bool]time.Time{true: time.Unix(1, 0)}[is(6)],
		}
		all[fmt.Sprintf("list %+v", f)], _ = listStatement(f)
	}
	argument := regexp.MustCompile(`sqlc\.n?arg\(\w+\)`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(t, err)
		for _, query := range strings.Split(string(text), "-- name: ")[1:] {
			name, statement, _ := strings.Cut(query, "\n")
			numbers := map[string]string{}
			statement = strings.ReplaceAll(statement, "sqlc.embed(e)", "e.*")
			all[name] = argument.ReplaceAllStringFunc(statement, func(arg string) string {
				if numbers[arg] == "" {
					numbers[arg] = fmt.Sprintf("$%d", len(numbers)+1)
				}
				return numbers[arg]
			})
		}
	}
	if len(all) < 40 {
		t.Errorf("only %d statements", len(all))
	}
	return all
}

// ofFewRows are the statements on a table of one row; and a plan of an insert shows the look for orphans, which is made only
// while there are any.
func ofFewRows(name, statement string) bool {
	return strings.HasPrefix(name, "Installation ") || strings.HasPrefix(name, "Probe ") || strings.HasPrefix(statement, "INSERT")
}

// Where SQLite would read a whole table, a large house would wait.
func TestEveryStatementUsesAnIndex(t *testing.T) {
	s, _ := openTest(t)
	argument := regexp.MustCompile(`\$\d+`)
	for name, statement := range statements(t, sqliteDialect) {
		if ofFewRows(name, statement) {
			continue
		}
		if scan := scans(t, s, argument.ReplaceAllString(statement, "NULL")); scan != "" {
			t.Errorf("%s: %s", name, scan)
		}
	}
	if scans(t, s, `SELECT * FROM entries WHERE kind = 'x'`) == "" {
		t.Error("a scan is not recognised")
	}
}

// scans returns the step of a plan that reads a whole table, or "".
func scans(t *testing.T, s *Store, statement string) string {
	t.Helper()
	rows, err := s.readers.Query("EXPLAIN QUERY PLAN " + statement)
	if err != nil {
		t.Fatalf("%v in %s", err, statement)
	}
	defer rows.Close()
	whole := regexp.MustCompile(`^SCAN \w+$`)
	for rows.Next() {
		var id, parent, unused int
		var step string
		must(t, rows.Scan(&id, &parent, &unused, &step))
		if whole.MatchString(step) && step != "SCAN t" && step != "SCAN due" && step != "SCAN CONSTANT ROW" { // due: what a claim has picked
			return step
		}
	}
	must(t, rows.Err())
	return ""
}

// The generated package is what the queries say, and the queries mean the same on both schemas: generated from the other
// one, the types are the same and the text differs in nothing but how arguments are spelt. Where sqlc is not to hand, the test is skipped.
func TestQueriesFitBothSchemas(t *testing.T) {
	sqlc := os.Getenv("SQLC")
	if sqlc == "" {
		var err error
		if sqlc, err = exec.LookPath("sqlc"); err != nil {
			t.Skip("no sqlc: set SQLC, or put it in the PATH")
		}
	}
	fresh, other := t.TempDir(), t.TempDir()
	config, err := os.ReadFile("sqlc.yaml")
	must(t, err)
	generate(t, sqlc, fresh, string(config))
	generate(t, sqlc, other, sqliteConfig)
	argument := regexp.MustCompile(`[$?](\d+)`)
	files, err := filepath.Glob("db/*.go")
	must(t, err)
	for _, file := range files {
		committed, want := read(t, file), read(t, filepath.Join(fresh, file))
		if committed != want {
			t.Errorf("%s is not what sqlc generates: run sqlc generate", file)
		}
		got := argument.ReplaceAllString(read(t, filepath.Join(other, file)), "$$$1")
		if got != argument.ReplaceAllString(want, "$$$1") {
			t.Errorf("%s differs between the schemas", file)
		}
	}
}

// sqliteConfig generates the same from the SQLite schema, which has no boolean.
const sqliteConfig = `
version: "2"
sql:
  - engine: sqlite
    schema: migrations/sqlite
    queries: queries
    gen:
      go:
        package: db
        out: db
        omit_unused_structs: true
        emit_interface: true
        overrides:
          - {column: "incidents.open", go_type: bool}
          - {column: "incidents.private", go_type: bool}
          - {column: "members.present", go_type: bool}
`

func generate(t *testing.T, sqlc, folder, config string) {
	t.Helper()
	for _, part := range []string{"migrations", "queries"} {
		must(t, os.CopyFS(filepath.Join(folder, part), os.DirFS(part)))
	}
	must(t, os.WriteFile(filepath.Join(folder, "sqlc.yaml"), []byte(config), 0o600))
	command := exec.CommandContext(t.Context(), sqlc, "generate")
	command.Dir = folder
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	return string(text)
}

// Both engines have the same migrations, tables and columns, but for what each finds words by in its own way.
func TestMigrationsPairUp(t *testing.T) {
	name := regexp.MustCompile(`(?m)^CREATE (?:TABLE|UNIQUE INDEX|INDEX|VIEW|TRIGGER) (\w+)|^    (\w+) +(?:BIGINT|INTEGER|TEXT|BLOB|BYTEA|BOOLEAN)`)
	list := func(engine string) string {
		var all []string
		entries, err := fs.ReadDir(migrations, "migrations/"+engine)
		must(t, err)
		for _, entry := range entries {
			text, err := fs.ReadFile(migrations, "migrations/"+engine+"/"+entry.Name())
			must(t, err)
			if all = append(all, entry.Name()); strings.HasSuffix(entry.Name(), "_search.sql") {
				continue
			}
			for _, found := range name.FindAllStringSubmatch(string(text), -1) {
				all = append(all, found[1]+found[2])
			}
		}
		return strings.Join(all, " ")
	}
	if a, b := list("sqlite"), list("postgres"); a != b {
		t.Errorf("sqlite:   %s\npostgres: %s", a, b)
	}
}

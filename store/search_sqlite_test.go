package store

import (
	"database/sql"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"tocsin/incident"
)

// TestAsIndexed: every letter is looked for as FTS5 has indexed it.
func TestAsIndexed(t *testing.T) {
	pool, err := sql.Open(drivers[writing].name, ":memory:")
	must(t, err)
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	for _, statement := range []string{
		vocabulary, `CREATE VIRTUAL TABLE words USING fts5(text, content='', detail=none, tokenize='unicode61 remove_diacritics 0')`,
	} {
		_, err := pool.Exec(statement)
		must(t, err)
	}
	want, words := map[string]bool{}, []string{}
	for r := range unicode.MaxRune + 1 {
		if unicode.In(r, unicode.L, unicode.Nd) {
			words = append(words, incident.Words("a"+string(r)+"b")...)
		}
	}
	for some := range slices.Chunk(words, 1000) {
		_, err := pool.Exec(`INSERT INTO words (text) VALUES (?)`, strings.Join(some, " "))
		must(t, err)
		for _, word := range some {
			for _, part := range asIndexed(word) {
				want[part] = true
			}
		}
	}
	got, err := column[string](t.Context(), sqliteDialect.spell(pool), `SELECT DISTINCT term FROM vocabulary ORDER BY term`)
	must(t, err)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), got); diff != "" {
		t.Errorf("-looked for +indexed\n%s", diff)
	}
}

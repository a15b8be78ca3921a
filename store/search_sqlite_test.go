package store

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
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

// TestTidy: however many commits have written to the index, it is in one part afterwards, and an index that is leaves nothing to do.
func TestTidy(t *testing.T) {
	s, _ := openTest(t)
	id, err := declare(t.Context(), s, "checkout is down")
	must(t, err)
	for n := range 50 {
		_, err := s.Change(t.Context(), incident.Request{At: noon}, func(tx incident.Tx) ([]byte, error) {
			i, err := tx.Incident(id)
			must(t, err)
			return nil, i.Note(fmt.Sprintf("queue %d is stuck", n), time.Time{}, incident.Stamp{By: ada, At: noon})
		})
		must(t, err)
	}
	parts := func() (n int) {
		// Rows of a segment have its number in the upper bits; 1 and 10 are not of one (fts5_index.c, "%_data table").
		must(t, s.readers.QueryRow(`SELECT count(DISTINCT id >> 37) FROM words_data WHERE id > 10`).Scan(&n))
		return n
	}
	if n := parts(); n < 2 {
		t.Fatalf("the index is in %d parts before, which tests nothing", n)
	}
	must(t, s.Tidy(t.Context()))
	if n := parts(); n != 1 {
		t.Errorf("the index is in %d parts", n)
	}
	if hits, err := s.Search(t.Context(), "queue 7", 0, 10); err != nil || len(hits) != 1 {
		t.Errorf("%d found, %v", len(hits), err)
	}
}

package store_test

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/incident"
	"tocsin/store"
	"tocsin/store/storetest"
)

// TestSearch: whatever is searched for, page after page, is what somebody finds who reads every entry. That it is found by
// other ways in a large house makes no difference.
func TestSearch(t *testing.T) {
	for _, engine := range []struct {
		name  string
		where func(*testing.T) string
	}{
		{"SQLite", func(t *testing.T) string { return filepath.Join(t.TempDir(), "tocsin.db") }},
		{"PostgreSQL", func(t *testing.T) string { return storetest.Cluster(t).Database(t) }},
	} {
		t.Run(engine.name, func(t *testing.T) {
			s := open(t, engine.where(t))
			dice := rand.New(rand.NewPCG(1, 2))
			said := madeUp(t, s, dice)
			for _, few := range []int{0, 2, 40, 10_000} {
				s.SearchFew(few)
				if few == 40 { // and the index is found in both conditions
					if err := s.Tidy(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				for range 60 {
					text := searched(dice)
					if got, want := pages(t, s, text, 1+dice.IntN(20)), plainly(said, text); !slices.Equal(got, want) {
						t.Fatalf("searched %q with %d: %s", text, few, cmp.Diff(want, got))
					}
				}
			}
		})
	}
}

// stems and ends make words that begin alike.
var (
	stems = []string{"queue", "que", "q", "disk", "Łódź", "πόλεμος", "0", "10", "mieſt", "журнал"}
	ends  = []string{"", "", "", "s", "d", "ing", "ς", "1", "7x", "ue"}
)

func someWord(dice *rand.Rand) string {
	return stems[dice.IntN(len(stems))] + ends[dice.IntN(len(ends))]
}

// madeUp writes entries of some of the words, and takes the words of some of them out again.
func madeUp(t *testing.T, s *store.Store, dice *rand.Rand) map[int64]string {
	t.Helper()
	id := declare(t, s)
	_, err := s.Change(t.Context(), incident.Request{At: noon}, func(tx incident.Tx) ([]byte, error) {
		i, err := tx.Incident(id)
		for range 300 {
			text := "seen"
			for range 1 + dice.IntN(5) {
				text += " " + someWord(dice)
			}
			if err == nil {
				err = note(text)(i, incident.Stamp{By: ada, At: noon})
			}
		}
		return nil, err
	})
	must(t, err)
	said := map[int64]string{}
	for before := int64(0); ; {
		events, more, err := s.Timeline(t.Context(), id, before, 100)
		must(t, err)
		for _, e := range events {
			said[e.ID] = e.Text
			if before == 0 || e.ID < before {
				before = e.ID
			}
		}
		if !more {
			return said
		}
	}
}

// searched is what somebody searches for: some whole words, and one that may be begun only.
func searched(dice *rand.Rand) string {
	var words []string
	for range dice.IntN(3) {
		words = append(words, someWord(dice))
	}
	last := []rune(someWord(dice))
	return strings.Join(append(words, string(last[:1+dice.IntN(len(last))])), " ")
}

// plainly finds entries by reading them all.
func plainly(said map[int64]string, text string) (found []int64) {
	fields := strings.Fields(text)
	begun := incident.Words(fields[len(fields)-1])
	for id, text := range said {
		has := incident.Words(text)
		fits := slices.ContainsFunc(has, func(word string) bool { return strings.HasPrefix(word, begun[0]) })
		for _, field := range fields[:len(fields)-1] {
			for _, word := range incident.Words(field) {
				fits = fits && (slices.Contains(has, word) || word == begun[0])
			}
		}
		if fits {
			found = append(found, id)
		}
	}
	slices.Sort(found)
	slices.Reverse(found)
	return found
}

// pages searches to the end.
func pages(t *testing.T, s *store.Store, text string, size int) (found []int64) {
	t.Helper()
	for before := int64(0); ; before = found[len(found)-1] {
		hits, err := s.Search(t.Context(), text, before, size)
		must(t, err)
		for _, hit := range hits {
			found = append(found, hit.Event.ID)
		}
		if len(hits) < size {
			return found
		}
	}
}

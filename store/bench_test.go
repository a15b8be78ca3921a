package store

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tocsin/incident"
)

// BenchmarkNote compares durable notes with the floor: the rows of one note, written raw, in a transaction each.
// The last two lines are the ones of interest for many people at once: group commit shares the sync.
func BenchmarkNote(b *testing.B) {
	b.Run("raw", benchmarkRaw)
	b.Run("serial", func(b *testing.B) {
		s, id := noteStore(b)
		for n := 0; b.Loop(); n++ {
			noteOnce(b, s, id, n)
		}
		perSecond(b)
	})
	b.Run("parallel16", func(b *testing.B) {
		s, id := noteStore(b)
		var n atomic.Int64
		b.SetParallelism(8) // times 2 processors
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				noteOnce(b, s, id, int(n.Add(1)))
			}
		})
		perSecond(b)
	})
}

// BenchmarkDeclare is the transaction of a declaration, with the look at what was declared lately, many at once.
func BenchmarkDeclare(b *testing.B) {
	s, _ := openTest(b)
	var n atomic.Int64
	b.SetParallelism(64)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := declareOnce(b, s, int(n.Add(1))); err != nil {
				b.Error(err)
			}
		}
	})
}

func declareOnce(b *testing.B, s *Store, n int) error {
	title := fmt.Sprintf("w%da w%db w%dc", n, n, n)
	_, err := s.Change(b.Context(), incident.Request{Key: "trigger/" + title, At: noon}, func(t incident.Tx) ([]byte, error) {
		i, err := incident.Declare(incident.Declaration{Title: title, Policy: incident.Defaults(), Trusted: true}, incident.Stamp{By: ada, At: noon})
		if err != nil {
			return nil, err
		}
		if err := t.Declare(i); err != nil {
			return nil, err
		}
		recent, err := t.DeclaredSince(noon.Add(-time.Hour), 26)
		similar := incident.SimilarTo(i)
		for _, other := range recent {
			if other.ID != i.ID && similar(other) {
				b.Errorf("%s looks like %s", i.Title, other.Title)
			}
		}
		return []byte("Declared."), err
	})
	return err
}

func perSecond(b *testing.B) { b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s") }

func noteStore(b *testing.B) (*Store, incident.ID) {
	b.Helper()
	s, _ := openTest(b)
	id, err := declare(b.Context(), s, "checkout is down")
	if err != nil {
		b.Fatal(err)
	}
	return s, id
}

const words = "it is the cache: evictions went up at the deploy, we are rolling it back"

func noteOnce(b *testing.B, s *Store, id incident.ID, n int) {
	request := incident.Request{Key: "trigger/" + time.Duration(n).String(), At: noon}
	_, err := s.Change(b.Context(), request, func(t incident.Tx) ([]byte, error) {
		i, err := t.Incident(id)
		if err != nil {
			return nil, err
		}
		return []byte("Noted."), i.Note(words, time.Time{}, incident.Stamp{By: ada, At: noon, Request: request.Key})
	})
	if err != nil {
		b.Error(err)
	}
}

func benchmarkRaw(b *testing.B) {
	path := filepath.Join(b.TempDir(), "tocsin.db")
	s, err := Open(b.Context(), path, Options{})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	pool, err := openPool(b.Context(), path, writing, 1)
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	salt, hash := []byte(strings.Repeat("s", 32)), []byte(strings.Repeat("h", 32))
	for n := 0; b.Loop(); n++ {
		if err := rawNote(pool, "trigger/"+time.Duration(n).String(), salt, hash); err != nil {
			b.Fatal(err)
		}
	}
	perSecond(b)
}

func rawNote(pool *sql.DB, key string, salt, hash []byte) error {
	tx, err := pool.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.Exec(`INSERT INTO requests VALUES (?1, 1, CAST('Noted.' AS BLOB))`, key); err != nil {
		return err
	}
	result, err := tx.Exec(`INSERT INTO entries VALUES (NULL, 0, 'note', 1, 1, ?1, NULL, '', ?2, ?2)`, key, hash)
	if err != nil {
		return err
	}
	id, err := result.LastInsertId()
	if err != nil {
		return err
	}
	const actor = `{"handle":"U1","name":"Ada"}`
	if _, err := tx.Exec(`INSERT INTO contents VALUES (?1, ?2, ?3, ?4, ?4)`, id, actor, words, salt); err != nil {
		return err
	}
	return tx.Commit()
}

// BenchmarkQueue is what the outbox asks while so many new incidents wait for it: when to look next, and for one effect that
// it then gives back, due again or put off. The figures are to be the same however many wait.
func BenchmarkQueue(b *testing.B) {
	for _, waiting := range []int{100, 1000, 3000} {
		s, _ := openTest(b)
		for range waiting {
			if _, err := declare(b.Context(), s, "checkout is down"); err != nil {
				b.Fatal(err)
			}
		}
		b.Run(fmt.Sprintf("next/%d", waiting), func(b *testing.B) {
			for b.Loop() {
				if _, err := s.NextDue(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("claim/%d", waiting), func(b *testing.B) {
			for b.Loop() {
				claimOnce(b, s, noon)
			}
		})
		b.Run(fmt.Sprintf("put_off/%d", waiting), func(b *testing.B) {
			for b.Loop() {
				claimOnce(b, s, noon.Add(time.Hour))
			}
		})
	}
}

// claimOnce claims an effect, and gives it back, due at an instant. Once all are put off there is none.
func claimOnce(b *testing.B, s *Store, due time.Time) {
	b.Helper()
	effects, err := s.Claim(b.Context(), incident.Claim{At: noon, Lease: time.Minute, Limit: 1, Lanes: []incident.Lane{incident.LaneRoom, incident.LaneSigns}})
	if err != nil {
		b.Fatal(err)
	}
	for _, e := range effects {
		if _, err := s.Retry(b.Context(), e, incident.Retry{At: noon, Due: due}); err != nil {
			b.Fatal(err)
		}
	}
}

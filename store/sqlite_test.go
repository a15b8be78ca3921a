package store_test

import (
	"log/slog"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"tocsin/store"
	"tocsin/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) *store.Store { return orderly(t, open(t, filepath.Join(t.TempDir(), "tocsin.db"))) })
}

// open opens a store that is closed with the test, and whose log is the test's.
func open(t testing.TB, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), path, store.Options{Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// orderly says at the end of the test where the turns are not what they should be after all that was done.
func orderly(t *testing.T, s *store.Store) *store.Store {
	t.Cleanup(func() {
		if wrong := s.WrongTurns(t); wrong != 0 {
			t.Errorf("%d effects do not know whose turn it is", wrong)
		}
	})
	return s
}

package pagerduty

import (
	"os"
	"path/filepath"
	"testing"
)

// samples is the folder of deliveries that PagerDuty has published: TOCSIN_SAMPLES, or beside the project. Where there is
// neither, what is read from it is skipped, loudly.
func samples(t testing.TB) string {
	folder := os.Getenv("TOCSIN_SAMPLES")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "samples")
	}
	folder = filepath.Join(folder, "pagerduty")
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("SKIPPED, NOT CHECKED: there are no samples in %s; name their folder in TOCSIN_SAMPLES", folder)
	}
	return folder
}

func sample(t testing.TB, name string) []byte {
	raw, err := os.ReadFile(filepath.Join(samples(t), name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

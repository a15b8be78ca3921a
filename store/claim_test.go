package store

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"tocsin/incident"
)

// TestWhichEffectGoesFirst: what is owed only now, then the most severe, then the oldest; and what a clock that was wrong has
// put off for longer than anything waits is due.
func TestWhichEffectGoesFirst(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "tocsin.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	policy, now := incident.Defaults(), time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	for n, c := range []struct {
		level int
		at    time.Duration
	}{{2, -time.Hour}, {0, -50 * time.Minute}, {0, -40 * time.Minute}, {3, -time.Minute}, {0, 11*time.Minute + time.Millisecond}, {0, 11 * time.Minute}} {
		by := incident.Stamp{By: incident.System, At: now.Add(c.at)}
		_, err := s.Change(t.Context(), incident.Request{At: by.At}, func(tx incident.Tx) ([]byte, error) {
			i, err := incident.Declare(incident.Declaration{Title: fmt.Sprint("fault ", n), Severity: policy.Severities[c.level], Policy: policy}, by)
			if err != nil {
				return nil, err
			}
			return nil, tx.Declare(i)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var order string
	for {
		effects, err := s.Claim(t.Context(), incident.Claim{
			At: now, Fresh: now.Add(-incident.Backlog), Horizon: now.Add(11 * time.Minute), Lease: time.Minute, Limit: 1,
			Lanes: []incident.Lane{incident.LaneRoom},
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(effects) == 0 {
			break
		}
		order += effects[0].Incident.String() + " " + effects[0].Asked.Sub(now).Round(time.Second).String() + "; "
	}
	if want := "INC-5 11m0s; INC-4 -1m0s; INC-2 -50m0s; INC-3 -40m0s; INC-1 -1h0m0s; "; order != want {
		t.Errorf("claimed %s\nwant    %s", order, want)
	}
}

package store

import "testing"

// TestARowSurvivesBeingReadAndWritten matters because a row that differs is written: a note would write the incident too.
func TestARowSurvivesBeingReadAndWritten(t *testing.T) {
	s, _ := openTest(t)
	id, err := declare(t.Context(), s, "checkout is down")
	must(t, err)
	must(t, s.write(t.Context(), func(tx *Tx) error {
		if _, err := tx.Incident(id); err != nil {
			return err
		}
		known := tx.tracked[0]
		if now := rowOf(known.Incident); now != known.row {
			t.Errorf("read %+v, and would write %+v", known.row, now)
		}
		return nil
	}))
}

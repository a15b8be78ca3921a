package store

import (
	"bytes"
	"context"
	"fmt"

	"tocsin/incident"
	"tocsin/store/db"
)

// slice is how many entries are verified in one go: a long read would keep the write-ahead log of a file from being emptied.
const slice = 1000

// Verify recomputes the commitments of all entries from their content, and reports each that does not match: what was
// changed or damaged after it was recorded. A content that was redacted cannot be compared: there has to be the entry that
// says so. It returns how many entries there are.
func (s *Store) Verify(ctx context.Context, report func(entry int64, what string)) (entries int64, err error) {
	entries, _, err = verify(ctx, s.q, report)
	return entries, err
}

// entryReader reads entries with their contents in the order of their ids.
type entryReader interface {
	EntriesAfter(context.Context, db.EntriesAfterParams) ([]db.EntriesAfterRow, error)
}

func verify(ctx context.Context, q entryReader, report func(entry int64, what string)) (entries, redacted int64, err error) {
	gone, named := []int64{}, map[int64]bool{} // entries without words, and those that a redaction names
	for after := int64(-1); ; {
		rows, err := q.EntriesAfter(ctx, db.EntriesAfterParams{After: after, Lim: slice})
		if err != nil {
			return entries, 0, fmt.Errorf("store: verify the entries after %d: %w", after, err)
		}
		if len(rows) == 0 {
			break
		}
		for _, row := range rows {
			if row.Kind == string(incident.EventRedacted) {
				named[row.Corrects.Int64] = true
			}
			if !row.Actor.Valid {
				gone = append(gone, row.ID)
				continue
			}
			if !bytes.Equal(row.ActorCommitment, commitment(actorLabel, row.ActorSalt, row.Actor.String)) {
				report(row.ID, "who said it does not match what was recorded")
			}
			if !bytes.Equal(row.BodyCommitment, commitment(bodyLabel, row.BodySalt, row.Body.String)) {
				report(row.ID, "what was said does not match what was recorded")
			}
		}
		entries += int64(len(rows))
		after = rows[len(rows)-1].ID
	}
	for _, id := range gone {
		if !named[id] {
			report(id, "its words are gone, and no redaction says so")
		}
	}
	return entries, int64(len(gone)), nil
}

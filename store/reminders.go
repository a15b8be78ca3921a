package store

import (
	"context"
	"slices"
	"time"

	"tocsin/incident"
	"tocsin/store/db"
)

// DueReminders lists incidents of which somebody is to be reminded of something at an instant, each once, those that have
// waited longest first: of at most so many reminders.
func (s *Store) DueReminders(ctx context.Context, at time.Time, limit int) ([]incident.ID, error) {
	rows, err := s.q.DueReminders(ctx, db.DueRemindersParams{At: millis(at), Lim: int64(limit)})
	if err != nil {
		return nil, s.unread("find what is due", err)
	}
	var ids []incident.ID
	for _, row := range rows {
		if id := incident.ID(row); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

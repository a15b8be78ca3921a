package storetest

import (
	"context"
	"fmt"
	"time"

	"tocsin/incident"
	"tocsin/store"
)

// stats spells what is open as lane, state and number.
func (h *house) stats() (string, store.Stats) {
	h.Helper()
	stats, err := h.Stats(h.ctx)
	h.ok(err)
	counts := map[string]int64{}
	for _, l := range stats.Lanes {
		counts[fmt.Sprintf("%s %s", l.Lane, l.State)] += l.Count
	}
	return fmt.Sprint(counts), stats
}

func stats(h *house) {
	none, empty := h.stats()
	h.equal(none, "map[]")
	h.equal(empty.Oldest, time.Time{})
	if empty.Size <= 0 {
		h.Errorf("%d bytes", empty.Size)
	}
	h.declare("checkout is down", false)
	h.now = h.now.Add(time.Minute)
	h.declare("another", false)
	room := h.claims("room room")[0]
	some, all := h.stats()
	h.equal(some, "map[announce waiting:4 people waiting:2 room leased:2 room waiting:4 signs waiting:2]")
	h.equal(all.Oldest, start)
	h.ok(h.Bury(h.ctx, room, "name taken", h.now))
	some, _ = h.stats()
	h.equal(some, "map[announce waiting:4 direct waiting:1 people waiting:2 room buried:1 room leased:1 room waiting:4 signs waiting:2]")
}

func openEffects(h *house) {
	id := h.declare("checkout is down", true)
	list, err := h.OpenEffects(h.ctx, 0, 100)
	h.ok(err)
	h.equal(len(list), 7)
	first := list[0]
	h.equal(first, store.OpenEffect{
		Effect: incident.Effect{ID: first.ID, Incident: id, Lane: incident.LaneRoom, Kind: incident.EffectRoom, Asked: start},
		State:  store.Waiting, Due: start, Private: true,
	})
	room := h.claims("room")[0]
	_, err = h.Retry(h.ctx, room, incident.Retry{At: h.now, Due: h.now.Add(time.Second), Why: "name taken", Refused: true})
	h.ok(err)
	h.now = h.now.Add(time.Second)
	room = h.claims("room")[0]
	list, err = h.OpenEffects(h.ctx, 0, 1)
	h.ok(err)
	h.equal([]any{len(list), list[0].State, list[0].Refusals, list[0].Why, list[0].Attempt}, []any{1, store.Leased, 1, "name taken", 2})
	h.ok(h.Bury(h.ctx, room, "not allowed", h.now))
	list, err = h.OpenEffects(h.ctx, room.ID-1, 1)
	h.ok(err)
	h.equal([]any{list[0].State, list[0].Why, list[0].Buried}, []any{store.Buried, "not allowed", h.now})
	var ids []int64
	for after := int64(0); ; {
		page, err := h.OpenEffects(h.ctx, after, 3)
		h.ok(err)
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			ids = append(ids, e.ID)
		}
		after = ids[len(ids)-1]
	}
	h.equal(len(ids), 8) // and the alarm that it was buried
	h.drain()
	list, err = h.OpenEffects(h.ctx, 0, 100)
	h.ok(err)
	h.equal(len(list), 1)
}

func revive(h *house) {
	id := h.declare("checkout is down", false)
	room := h.claims("room")[0]
	h.conflict(h.Revive(h.ctx, room.ID, h.stamp())) // it is under way
	_, err := h.Retry(h.ctx, room, incident.Retry{At: h.now, Due: h.now.Add(time.Hour), Why: "no", Refused: true})
	h.ok(err)
	h.claims("")
	h.ok(h.Revive(h.ctx, room.ID, h.stamp())) // it waits, and becomes due
	room = h.claims("room")[0]
	h.equal(room.Attempt, 2)
	refusals, err := h.Retry(h.ctx, room, incident.Retry{At: h.now, Due: h.now, Refused: true})
	h.ok(err)
	h.equal(refusals, 2)
	room = h.claims("room")[0]
	h.ok(h.Bury(h.ctx, room, "not allowed", h.now))
	h.drain()
	for len(h.Wake()) > 0 {
		<-h.Wake()
	}
	h.now = h.now.Add(time.Hour)
	h.ok(h.Revive(h.ctx, room.ID, h.stamp())) // it is buried, and begins anew
	h.equal(len(h.Wake()), 1)
	again := h.claims("room")[0]
	h.equal([]any{again.ID, again.Attempt}, []any{room.ID, 4}) // so that whoever delivers it looks first
	refusals, err = h.Retry(h.ctx, again, incident.Retry{At: h.now, Due: h.now, Refused: true})
	h.ok(err)
	h.equal(refusals, 1)
	late, err := h.Alarm(h.ctx, h.now.Add(incident.Deadline-time.Millisecond), 9)
	h.ok(err)
	h.equal(len(late), 0)
	h.drain()
	h.conflict(h.Revive(h.ctx, room.ID, h.stamp())) // it is done
	h.missing(h.Revive(h.ctx, 999, h.stamp()))
	h.equal(h.told(id), "declared retried buried retried")
	event, err := h.Latest(h.ctx, id, incident.EventRetried)
	h.ok(err)
	h.equal(event.String(), "Ada had the room tried again")
}

func (h *house) conflict(err error) {
	h.Helper()
	if incident.CodeOf(err) != incident.Conflict {
		h.Fatalf("got %v, want a refusal of code %s", err, incident.Conflict)
	}
}

func healthy(h *house) {
	h.ok(h.Healthy(h.ctx))
	gone, cancel := context.WithCancel(h.ctx)
	cancel()
	if h.Healthy(gone) == nil {
		h.Error("healthy without having had the time to look")
	}
	h.equal(h.Damage(), "")
}

func prune(h *house) {
	ask := func(key string, at time.Time) string {
		answer, err := h.Change(h.ctx, incident.Request{Key: key, At: at}, func(incident.Tx) ([]byte, error) {
			return []byte(at.Format(time.RFC3339)), nil
		})
		h.ok(err)
		return string(answer)
	}
	old, recent := h.now.Add(-48*time.Hour), h.now
	var keys []string
	for n := range 600 { // more than one batch
		keys = append(keys, fmt.Sprintf("event:%03d", n))
	}
	keys = append(keys, "command:1", "action:1", "view:1:h", "shortcut:1")
	for _, key := range keys {
		ask(key, old)
		ask(key+"/recent", recent)
	}
	ask("pagerduty:1", old)
	ask("Event:1", old)
	forgotten, err := h.Prune(h.ctx, h.now.Add(-24*time.Hour))
	h.ok(err)
	h.equal(forgotten, int64(len(keys)))
	h.equal(ask("pagerduty:1", recent), old.Format(time.RFC3339))
	h.equal(ask("Event:1", recent), old.Format(time.RFC3339))
	h.equal(ask("event:001/recent", old), recent.Format(time.RFC3339))
	h.equal(ask("event:001", recent), recent.Format(time.RFC3339)) // it was forgotten, and runs again
}

func verify(h *house) {
	id := h.declare("checkout is down", false)
	for n := range 5 {
		h.change(id, func(i *incident.Incident) error { return i.Note(fmt.Sprint(n, " \x00 <ü>"), time.Time{}, h.stamp()) })
	}
	note, err := h.Latest(h.ctx, id, incident.EventNote)
	h.ok(err)
	h.change(id, func(i *incident.Incident) error {
		return i.Redact(incident.Entry{Event: note}, "it names a customer", h.stamp())
	})
	entries, err := h.Verify(h.ctx, func(entry int64, what string) { h.Errorf("entry %d: %s", entry, what) })
	h.ok(err)
	h.equal(entries, int64(7))
}

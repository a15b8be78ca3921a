package storetest

import (
	"strings"
	"time"

	"tocsin/incident"
)

func alarm(h *house) {
	id := h.declare("checkout is down", false)
	deadline := start.Add(incident.Deadline)
	room := h.claims("room")[0]
	none, err := h.Alarm(h.ctx, deadline.Add(-time.Millisecond), 9)
	h.ok(err)
	h.equal(len(none), 0)

	h.now = deadline
	late, err := h.Alarm(h.ctx, h.now, 9) // leased or not; what waits for it is no further alarm
	h.ok(err)
	h.equal(kinds(late), "room")
	late, err = h.Alarm(h.ctx, h.now, 9)
	h.ok(err)
	h.equal(len(late), 0) // once
	event, err := h.Latest(h.ctx, id, incident.EventLate)
	h.ok(err)
	h.equal([]string{event.To, event.Text, event.Whom.Handle, event.By.Handle}, []string{"room", "no answer yet", "U1", "tocsin"})
	h.claims("tell")

	_, err = h.Retry(h.ctx, room, incident.Retry{At: h.now, Due: h.now, Why: "Slack is down"})
	h.ok(err)
	h.finish(h.claims("room")...)
	h.equal(h.told(id), "declared late caught_up")

	card := h.the(incident.EffectCard, h.claim()) // due long ago, but nothing could be done before: it is late as soon as it can be
	_, err = h.Retry(h.ctx, card, incident.Retry{At: h.now, Due: h.now.Add(time.Minute), Why: "not allowed"})
	h.ok(err)
	late, err = h.Alarm(h.ctx, h.now, 1)
	h.ok(err)
	h.equal(len(late), 1)
	_, err = h.Alarm(h.ctx, h.now, 9)
	h.ok(err)
	h.equal(strings.Count(h.told(id), "late"), 5) // room, card, invite, topic, announcement
	event = h.lateCard(id)
	h.equal(event.Text, "not allowed")
}

// lateCard is the event that tells of the late card.
func (h *house) lateCard(id incident.ID) incident.Event {
	events, _, err := h.Timeline(h.ctx, id, 0, 99)
	h.ok(err)
	for _, e := range events {
		if e.Kind == incident.EventLate && e.To == "card" {
			return e
		}
	}
	h.Fatal("no late card")
	return incident.Event{}
}

func noAlarmAboutAlarms(h *house) {
	_, err := h.Change(h.ctx, incident.Request{At: h.now}, func(t incident.Tx) ([]byte, error) {
		t.System().KeepDraft("words", h.stamp())
		t.System().KeepDraft("more words", h.stamp())
		return nil, nil
	})
	h.ok(err)
	tell := h.claims("tell")[0]
	late, err := h.Alarm(h.ctx, h.now.Add(time.Hour), 9)
	h.ok(err)
	h.equal(len(late), 0)
	h.ok(h.Bury(h.ctx, tell, "no such person", h.now))
	h.equal(h.told(0), "draft draft")
	h.claims("tell") // what stood behind it goes on all the same
}

func nextDue(h *house) {
	next := func(want time.Time) {
		h.Helper()
		got, err := h.NextDue(h.ctx)
		h.ok(err)
		h.equal(got, want)
	}
	next(time.Time{})
	h.declare("checkout is down", false)
	next(start) // the room; what waits for it says nothing
	room := h.claims("room")[0]
	next(start.Add(incident.Deadline))
	_, err := h.Alarm(h.ctx, start.Add(incident.Deadline), 9)
	h.ok(err)
	h.finish(h.claim(incident.LaneDirect)...)
	h.now = start.Add(incident.Deadline)
	h.finish(h.claim(incident.LaneDirect)...)
	next(start.Add(time.Minute)) // the lease
	_, err = h.Retry(h.ctx, room, incident.Retry{At: h.now, Due: start.Add(time.Hour)})
	h.ok(err)
	next(start.Add(time.Hour))
	h.now = start.Add(time.Hour)
	h.drain()
	next(time.Time{})
}

func wake(h *house) {
	woken := func() bool {
		select {
		case <-h.Wake():
			return true
		default:
			return false
		}
	}
	h.equal(woken(), false)
	id := h.declare("checkout is down", false)
	h.equal(woken(), true)
	h.equal(woken(), false)
	h.change(id, func(i *incident.Incident) error { return i.Note("owes nothing", time.Time{}, h.stamp()) })
	h.equal(woken(), false)
	room := h.claims("room")[0]
	h.equal(woken(), false)
	_, err := h.Retry(h.ctx, room, incident.Retry{At: h.now, Due: h.now})
	h.ok(err)
	h.equal(woken(), true)
	h.finish(h.claims("room")...)
	h.equal(woken(), true)
	h.ok(h.Bury(h.ctx, h.claim(incident.LaneRoom)[0], "no", h.now))
	h.equal(woken(), true)
	h.equal(len(h.claim(incident.LanePeople)), 1)
	_, err = h.Lapse(h.ctx, h.now, true)
	h.ok(err)
	h.equal(woken(), true)
}

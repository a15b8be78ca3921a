package storetest

import (
	"errors"
	"strings"
	"sync"
	"time"

	"tocsin/incident"
)

func orderOfALane(h *house) {
	id := h.declare("checkout is down", false)
	h.claims("room") // and no more while it is leased
	h.claims("")
	one := h.declare("another", false)
	rooms := h.claims("room") // incidents do not wait for each other
	h.equal(rooms[0].Incident, one)
	h.finish(rooms...)
	first := h.claim(incident.LaneRoom)
	h.equal(kinds(first), "card")
	h.equal(len(h.claim(incident.LaneRoom)), 0) // the pin comes after the card
	h.equal(kinds(h.claim(incident.LanePeople)), "invite")
	h.finish(first...)
	h.equal(kinds(h.claim(incident.LaneRoom)), "pin")
	h.equal(first[0].Incident, one)
	if id == one {
		h.Fatal("one number for two incidents")
	}
}

func waitingForTheRoom(h *house) {
	h.declare("checkout is down", false)
	room := h.claims("room")
	h.claims("")
	h.finish(room...)
	i, err := h.Incident(h.ctx, room[0].Incident)
	h.ok(err)
	h.equal(i.Refs[incident.RefRoom], "CINC-1")
	rest := h.claims("announcement card invite topic")
	h.equal(rest[0].Attempt, 1)

	h.declare("another", false) // a buried room holds up nobody
	room = h.claims("room")
	h.ok(h.Bury(h.ctx, room[0], "name taken", h.now))
	h.claims("announcement card invite tell topic")
}

func askedOnce(h *house) {
	id := h.declare("checkout is down", false)
	h.drain()
	levels := incident.Defaults()
	for n := range 9 {
		h.change(id, func(i *incident.Incident) error {
			return i.SetSeverity(levels.Severities[n%2], h.stamp())
		})
	}
	h.claims("announcement card topic")
	h.claims("")
	for range 2 { // what was said is said each time
		h.change(id, func(i *incident.Incident) error { return i.Update("words", levels.Default(), h.stamp()) })
	}
	h.equal(len(h.claim()), 0) // behind the leased ones
}

func leasedAbsorbsNothing(h *house) {
	id := h.declare("checkout is down", false)
	h.drain()
	levels := incident.Defaults()
	h.change(id, func(i *incident.Incident) error { return i.SetSeverity(levels.Level("sev1"), h.stamp()) })
	first := h.the(incident.EffectCard, h.claim())
	h.change(id, func(i *incident.Incident) error { return i.SetSeverity(levels.Level("sev2"), h.stamp()) })
	h.equal(len(h.claim()), 0)
	h.finish(first)
	second := h.the(incident.EffectCard, h.claim())
	if second.ID == first.ID || second.Attempt != 1 {
		h.Fatalf("got %+v after %+v", second, first)
	}
}

func fences(h *house) {
	h.declare("checkout is down", false)
	first := h.claims("room")[0]
	_, err := h.Lapse(h.ctx, h.now.Add(2*time.Minute), false)
	h.ok(err)
	second := h.claims("room")[0]
	h.equal(second.Attempt, 2)
	for name, report := range map[string]func() error{
		"finish": func() error { return h.Finish(h.ctx, first, incident.Refs{"stale": "x"}, h.now) },
		"retry": func() error {
			_, err := h.Retry(h.ctx, first, incident.Retry{At: h.now, Due: h.now, Refused: true})
			return err
		},
		"bury": func() error { return h.Bury(h.ctx, first, "stale", h.now) },
	} {
		if err := report(); !errors.Is(err, incident.ErrFenced) {
			h.Errorf("%s: got %v", name, err)
		}
	}
	h.finish(second)
	if err := h.Finish(h.ctx, second, nil, h.now); !errors.Is(err, incident.ErrFenced) {
		h.Errorf("finished twice: got %v", err)
	}
	i, err := h.Incident(h.ctx, 1)
	h.ok(err)
	h.equal(i.Refs, incident.Refs{incident.RefRoom: "CINC-1"})
	h.equal(h.told(1), "declared")
}

func retry(h *house) {
	h.declare("checkout is down", false)
	for n, refused := range []bool{true, false, true} {
		room := h.claims("room")[0]
		h.equal(room.Attempt, n+1)
		refusals, err := h.Retry(h.ctx, room, incident.Retry{At: h.now, Due: h.now.Add(time.Second), Why: "no", Refused: refused})
		h.ok(err)
		h.equal(refusals, []int{1, 1, 2}[n])
		h.claims("")
		h.now = h.now.Add(time.Second)
	}
}

func retrySupersedes(h *house) {
	id := h.declare("checkout is down", false)
	h.drain()
	levels := incident.Defaults()
	h.change(id, func(i *incident.Incident) error { return i.SetSeverity(levels.Level("sev1"), h.stamp()) })
	card := h.the(incident.EffectCard, h.claim())
	h.change(id, func(i *incident.Incident) error { return i.SetSeverity(levels.Level("sev2"), h.stamp()) })
	_, err := h.Retry(h.ctx, card, incident.Retry{At: h.now, Due: h.now, Why: "no"})
	h.ok(err)
	again := h.the(incident.EffectCard, h.claim())
	h.equal(again.ID, card.ID) // tried before, so whoever delivers it looks
	h.equal(again.Attempt, 2)
	h.finish(again)
	h.equal(len(h.claim(incident.LaneRoom)), 0)
}

func bury(h *house) {
	id := h.declare("checkout is down", false)
	h.finish(h.claims("room")...)
	card := h.the(incident.EffectCard, h.claim())
	h.ok(h.Bury(h.ctx, card, "not allowed", h.now))
	h.equal(h.told(id), "declared buried")
	event, err := h.Latest(h.ctx, id, incident.EventBuried)
	h.ok(err)
	h.equal(event.To+": "+event.Text, "card: not allowed")
	h.claims("pin tell") // it blocks nobody, and somebody is told
	h.now = h.now.Add(time.Hour)
	h.claims("")

	h.change(id, func(i *incident.Incident) error { return i.Update("news", incident.Level{}, h.stamp()) })
	again := h.the(incident.EffectCard, h.claim()) // asked for again, it begins anew
	h.equal(again.ID, card.ID)
	h.equal(again.Attempt, 2)
	refusals, err := h.Retry(h.ctx, again, incident.Retry{At: h.now, Due: h.now, Refused: true})
	h.ok(err)
	h.equal(refusals, 1)
}

func buryAskedSince(h *house) {
	id := h.declare("checkout is down", false)
	h.finish(h.claims("room")...)
	card := h.the(incident.EffectCard, h.claim())
	h.change(id, func(i *incident.Incident) error { return i.SetStatus(incident.Identified, h.stamp()) })
	h.ok(h.Bury(h.ctx, card, "not allowed", h.now))
	h.equal(h.told(id), "declared status")
	again := h.the(incident.EffectCard, h.claim())
	h.equal(again.ID, card.ID)
	h.finish(again)
	h.equal(kinds(h.claim(incident.LaneRoom)), "pin") // and the younger one is gone
}

func lapse(h *house) {
	id := h.declare("checkout is down", false)
	h.finish(h.claims("room")...)
	h.equal(len(h.claim()), 4)
	h.change(id, func(i *incident.Incident) error { return i.SetStatus(incident.Identified, h.stamp()) }) // siblings of leased ones
	for _, step := range []struct {
		at   time.Time
		all  bool
		want int
	}{
		{h.now.Add(time.Minute - time.Millisecond), false, 0},
		{h.now.Add(time.Minute), false, 4},
		{h.now.Add(time.Minute), false, 0},
	} {
		n, err := h.Lapse(h.ctx, step.at, step.all)
		h.ok(err)
		h.equal(n, step.want)
	}
	again := h.claims("announcement card invite topic")
	for _, e := range again {
		h.equal(e.Attempt, 2)
	}
	n, err := h.Lapse(h.ctx, h.now, true) // the process that held them is gone
	h.ok(err)
	h.equal(n, 4)
	h.equal(len(h.claim()), 4)
}

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
		return nil, nil
	})
	h.ok(err)
	tell := h.claims("tell")[0]
	late, err := h.Alarm(h.ctx, h.now.Add(time.Hour), 9)
	h.ok(err)
	h.equal(len(late), 0)
	h.ok(h.Bury(h.ctx, tell, "no such person", h.now))
	h.equal(h.told(0), "draft")
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

func claimsSideBySide(h *house) {
	const incidents = 20
	for range incidents {
		h.declare("checkout is down", false)
	}
	var (
		mu   sync.Mutex
		seen = map[int64]int{}
		all  sync.WaitGroup
	)
	for range 8 {
		all.Go(func() {
			for range 5 {
				effects, err := h.Claim(h.ctx, incident.Claim{At: h.now, Lease: time.Minute, Limit: 3, Lanes: lanes})
				if err != nil {
					h.Error(err)
				}
				mu.Lock()
				for _, e := range effects {
					seen[e.ID]++
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	h.equal(len(seen), incidents)
	for id, times := range seen {
		if times != 1 {
			h.Errorf("effect %d was claimed %d times", id, times)
		}
	}
}

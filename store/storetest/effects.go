package storetest

import (
	"errors"
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

// What was owed before a room that is made later was brought in step while there was none: the room owes it anew.
func furnished(h *house) {
	id := h.declare("checkout is down", false)
	h.ok(h.Finish(h.ctx, h.claims("room")[0], nil, h.now)) // its declarer turned out to be a guest
	h.now = h.now.Add(time.Second)
	h.change(id, func(i *incident.Incident) error { return i.Distrust(incident.Guest, h.stamp()) })
	h.change(id, func(i *incident.Incident) error {
		return i.Accept(incident.Defaults().Default(), h.stamp())
	})
	var room incident.Effect
	for room.ID == 0 {
		for _, e := range h.claim() {
			if e.Kind == incident.EffectRoom {
				room = e
			} else {
				h.finish(e)
			}
		}
	}
	h.finish(room)
	done := map[string]bool{}
	for effects := h.claim(); len(effects) > 0; effects = h.claim() {
		for _, e := range effects {
			done[string(e.Kind)] = true
		}
		h.finish(effects...)
	}
	h.equal(done, map[string]bool{"card": true, "pin": true, "invite": true, "topic": true, "announcement": true, "bookmarks": true})
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
	h.claims("announcement card invite topic")
	h.claims("")
	for range 2 { // what was said is said each time
		h.change(id, func(i *incident.Incident) error { return i.Update("words", levels.Default(), h.stamp()) })
	}
	h.claims("say")            // the first; a card that is on its way holds up no words
	h.equal(len(h.claim()), 0) // behind the leased ones
}

// Whatever is asked meanwhile, an effect that was refused comes again when it is due, not before.
func askedWhileItWaits(h *house) {
	id := h.declare("checkout is down", false)
	h.finish(h.claims("room")...)
	card := h.the(incident.EffectCard, h.claim())
	_, err := h.Retry(h.ctx, card, incident.Retry{At: h.now, Due: h.now.Add(time.Minute), Refused: true})
	h.ok(err)
	h.change(id, func(i *incident.Incident) error { return i.SetStatus(incident.Identified, h.stamp()) })
	h.equal(len(h.claim(incident.LaneRoom)), 0)
	h.now = h.now.Add(time.Minute)
	h.equal(h.claim(incident.LaneRoom)[0].ID, card.ID)
}

// After an outage, the effects of the most severe incidents go first, and of these the oldest.
func mostSevereFirst(h *house) {
	levels := incident.Defaults()
	first, second, third := h.declare("a", false), h.declare("b", false), h.declare("c", false)
	for id, name := range map[incident.ID]incident.Severity{first: "sev3", second: "sev1", third: "sev1"} {
		if name != levels.Fallback {
			h.change(id, func(i *incident.Incident) error { return i.SetSeverity(levels.Level(name), h.stamp()) })
		}
	}
	h.change(first, func(i *incident.Incident) error { i.Rank++; return nil }) // as a rule might that asks for nothing
	var order []incident.ID
	for range 3 {
		effects, err := h.Claim(h.ctx, incident.Claim{At: h.now, Lease: time.Minute, Limit: 1, Lanes: []incident.Lane{incident.LaneRoom}})
		h.ok(err)
		order = append(order, effects[0].Incident)
	}
	h.equal(order, []incident.ID{second, third, first})
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
	_, err = h.Retry(h.ctx, first, incident.Retry{At: h.now, Due: h.now}) // nobody has claimed it since; it is not ours all the same
	if !errors.Is(err, incident.ErrFenced) {
		h.Errorf("retry of a lapsed lease: got %v", err)
	}
	if err := h.Bury(h.ctx, first, "stale", h.now); !errors.Is(err, incident.ErrFenced) {
		h.Errorf("bury of a lapsed lease: got %v", err)
	}
	if err := h.Finish(h.ctx, first, nil, h.now); !errors.Is(err, incident.ErrFenced) {
		h.Errorf("finish of a lapsed lease: got %v", err)
	}
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
	_, err := h.Retry(h.ctx, card, incident.Retry{At: h.now, Due: h.now, Refused: true})
	h.ok(err)
	card = h.the(incident.EffectCard, h.claim())
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
	h.equal(again.Attempt, 3)
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
	h.equal(len(h.claim()), 0) // its calls may still be on their way
	h.now = h.now.Add(incident.Flight)
	h.equal(len(h.claim()), 4)
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

package storetest

import "tocsin/incident"

// learnedOfARoomThatWasLeft: what was hung up in the room before, and reported when that is left, is not taken for what hangs in
// the next one.
func learnedOfARoomThatWasLeft(h *house) {
	id := h.declare("checkout is down", false)
	h.finish(h.claims("room")...)
	begun := h.claims("announcement card invite topic")
	topic, invite := h.the(incident.EffectTopic, begun), h.the(incident.EffectInvite, begun)
	h.finish(h.the(incident.EffectCard, begun), h.the(incident.EffectAnnouncement, begun))
	h.finish(h.claims("bookmarks pin")...)
	h.change(id, func(i *incident.Incident) error { return i.MakePrivate(nil, h.stamp()) })
	learns := func(e incident.Effect, in, want string) {
		h.Helper()
		h.ok(h.Finish(h.ctx, e, incident.Refs{"test.hangs": in, incident.RefInRoom: in}, h.now))
		i, err := h.Incident(h.ctx, id)
		h.ok(err)
		h.equal(i.Refs["test.hangs"]+i.Refs[incident.RefInRoom], want) // where it hangs is not kept
	}
	learns(topic, "CINC-1", "") // while there is none
	h.ok(h.Finish(h.ctx, h.the(incident.EffectRoom, h.claim()), incident.Refs{incident.RefRoom: "C2", incident.RefRoomHidden: "yes"}, h.now))
	learns(invite, "CINC-1", "")
	learns(h.the(incident.EffectTopic, h.claim()), "C2", "C2")
}

// calledNothing: what is called nothing any more leaves nothing behind, or a long incident would drag along all that it was ever asked.
func calledNothing(h *house) {
	id := h.declare("checkout is down", false)
	h.finish(h.claims("room")...)
	learned := incident.Refs{"test.asked": "C1 1"}
	for _, e := range h.claims("announcement card invite topic") {
		h.ok(h.Finish(h.ctx, e, learned, h.now))
		learned = incident.Refs{"test.asked": "", "test.never": ""}
	}
	i, err := h.Incident(h.ctx, id)
	h.ok(err)
	for name, value := range i.Refs {
		if value == "" {
			h.Errorf("kept: %s=%q", name, value)
		}
	}
}

// whatHangsOnAnother: a card that was posted is pinned, and an announcement that was made has its bookmark, also where those were
// brought in step before. What stands where it stood owes nothing.
func whatHangsOnAnother(h *house) {
	id := h.declare("checkout is down", false)
	h.drain()
	levels := incident.Defaults()
	for n, step := range []struct{ ts, owed string }{{"1", "bookmarks pin"}, {"1", ""}, {"2", "bookmarks pin"}} {
		h.change(id, func(i *incident.Incident) error { return i.SetSeverity(levels.Severities[n%2], h.stamp()) })
		for _, e := range h.claim() {
			learned := incident.Refs{}
			if e.Kind == incident.EffectCard || e.Kind == incident.EffectAnnouncement {
				learned["test."+string(e.Kind)] = step.ts
			}
			h.ok(h.Finish(h.ctx, e, learned, h.now))
		}
		owed := h.claims(step.owed)
		h.finish(owed...)
	}
}

// archiveIsLast: a room is archived when all is said in it that was owed by then, also where it was to be archived before.
func archiveIsLast(h *house) {
	older, newer := h.declare("checkout is down", false), h.declare("carts are empty", false)
	h.drain()
	merge := func() {
		h.Helper()
		_, err := h.Change(h.ctx, incident.Request{At: h.now}, func(t incident.Tx) ([]byte, error) {
			from, err := t.Incident(newer)
			h.ok(err)
			into, err := t.Incident(older)
			h.ok(err)
			if from.DuplicateOf != 0 {
				return nil, from.Separate(into, "they are two things", incident.Defaults().Default(), h.stamp())
			}
			return nil, from.Merge(into, h.stamp())
		})
		h.ok(err)
	}
	for range 3 { // a duplicate, none, and one after all
		merge()
	}
	said := 0
	for effects := h.claim(); len(effects) > 0; effects = h.claim() {
		for _, e := range effects {
			if e.Incident == newer && e.Kind == incident.EffectSay {
				said++
			}
			if e.Kind == incident.EffectArchive {
				h.equal(said, 3)
				said = -1
			}
		}
		h.finish(effects...)
	}
	h.equal(said, -1)
}

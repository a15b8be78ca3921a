package storetest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"tocsin/incident"
)

func requestOnce(h *house) {
	id := h.declare("checkout is down", false)
	ran := 0
	note := func(t incident.Tx) ([]byte, error) {
		ran++
		i, err := t.Incident(id)
		if err != nil {
			return nil, err
		}
		return []byte("noted"), i.Note("it is the cache", time.Time{}, h.stamp())
	}
	for range 3 {
		answer, err := h.Change(h.ctx, incident.Request{Key: "trigger/1", At: h.now}, note)
		h.ok(err)
		h.equal(string(answer), "noted")
	}
	answer, err := h.Change(h.ctx, incident.Request{Key: "trigger/2", At: h.now}, note)
	h.ok(err)
	h.equal(string(answer), "noted")
	h.equal(ran, 2)
	h.equal(h.told(id), "declared note note")
}

func requestRaced(h *house) {
	id := h.declare("checkout is down", false)
	const racers = 16
	answers := make([]string, racers)
	var all sync.WaitGroup
	for n := range racers {
		all.Go(func() {
			answer, err := h.Change(h.ctx, incident.Request{Key: "raced", At: h.now}, func(t incident.Tx) ([]byte, error) {
				i, err := t.Incident(id)
				if err != nil {
					return nil, err
				}
				return fmt.Appendf(nil, "racer %d", n), i.Note("me first", time.Time{}, h.stamp())
			})
			if err != nil {
				h.Error(err)
			}
			answers[n] = string(answer)
		})
	}
	all.Wait()
	for _, answer := range answers {
		h.equal(answer, answers[0])
	}
	h.equal(h.told(id), "declared note")
}

func refusalKeepsNothing(h *house) {
	id := h.declare("checkout is down", false)
	h.drain()
	broken := errors.New("broken")
	request := incident.Request{Key: "k", At: h.now}
	_, err := h.Change(h.ctx, request, func(t incident.Tx) ([]byte, error) {
		i, err := t.Incident(id)
		h.ok(err)
		h.ok(i.Resolve(h.stamp()))
		other, err := incident.Declare(incident.Declaration{Title: "another", Policy: incident.Defaults()}, h.stamp())
		h.ok(err)
		h.ok(t.Declare(other))
		h.ok(t.Know(incident.Profile{Person: ada, Seen: h.now}))
		t.System().KeepDraft("words", h.stamp())
		return nil, broken
	})
	if !errors.Is(err, broken) {
		h.Fatalf("got %v", err)
	}
	i, err := h.Incident(h.ctx, id)
	h.ok(err)
	h.equal(i.Status, incident.Investigating)
	h.equal(h.told(id), "declared")
	h.equal(h.told(0), "")
	h.claims("")
	_, err = h.Incident(h.ctx, id+1)
	h.missing(err)
	known, err := h.Profile(h.ctx, ada.Handle)
	h.ok(err)
	h.equal(known, incident.Profile{})

	answer, err := h.Change(h.ctx, request, func(incident.Tx) ([]byte, error) { return []byte("now"), nil })
	h.ok(err) // the request counts as not made
	h.equal(string(answer), "now")
}

func roundTrip(h *house) {
	id := h.declare("checkout is down", false)
	levels := incident.Defaults()
	steps := []func(*incident.Incident) error{
		func(i *incident.Incident) error { return i.SetSeverity(levels.Level("sev1"), h.stamp()) },
		func(i *incident.Incident) error { return i.SetStatus(incident.Identified, h.stamp()) },
		func(i *incident.Incident) error { return i.Assign(incident.Commander, grace, h.stamp()) },
		func(i *incident.Incident) error { return i.Assign(incident.Scribe, ada, h.stamp()) },
		func(i *incident.Incident) error { return i.Assign(incident.Commander, ada, h.stamp()) },
		func(i *incident.Incident) error {
			return i.Update("we roll back <!channel> \x00 \"ü\"", levels.Level("sev1"), h.stamp())
		},
		func(i *incident.Incident) error { return i.Note("saw it", h.now.Add(-time.Minute), h.stamp()) },
		func(i *incident.Incident) error { return i.Mitigate(h.stamp()) },
		func(i *incident.Incident) error { i.Refs["a"], i.Refs["b"] = "1", "2"; return nil },
		func(i *incident.Incident) error { i.Refs["a"] = "3"; delete(i.Refs, "b"); return nil },
		func(i *incident.Incident) error { delete(i.Roles, incident.Scribe); return nil },
		func(i *incident.Incident) error { return i.Resolve(h.stamp()) },
		func(i *incident.Incident) error { return i.Close(incident.Defaults(), h.stamp()) },
		func(i *incident.Incident) error { return i.Reopen("again", levels.Level("sev1"), h.stamp()) },
	}
	for n, step := range steps {
		h.now = h.now.Add(time.Second)
		var want *incident.Incident
		h.change(id, func(i *incident.Incident) error { want = i; return step(i) })
		got, err := h.Incident(h.ctx, id)
		h.ok(err)
		h.Logf("step %d", n)
		h.equal(got, want)
	}
	h.equal(h.told(id), "declared severity status role role role update note mitigated resolved closed reopened")
	update, err := h.Latest(h.ctx, id, incident.EventUpdate)
	h.ok(err)
	h.equal(update.Text, "we roll back <!channel> \x00 \"ü\"")
}

func oneIncidentAChange(h *house) {
	one, two := h.declare("one", false), h.declare("two", false)
	_, err := h.Change(h.ctx, incident.Request{At: h.now}, func(t incident.Tx) ([]byte, error) {
		a, err := t.Incident(one)
		h.ok(err)
		again, err := t.Incident(one)
		h.ok(err)
		if a != again {
			h.Error("the same incident was handed out twice")
		}
		b, err := t.Incident(two)
		h.ok(err)
		a.Resemble(b, h.stamp())
		b.Resemble(a, h.stamp())
		return nil, nil
	})
	h.ok(err)
	h.equal(h.told(one), "declared similar")
	h.equal(h.told(two), "declared similar")
}

func everyField(h *house) {
	at := func(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }
	want := &incident.Incident{
		Kind: incident.Backfill, Status: incident.Monitoring, Severity: "sev9", Rank: 7, Title: "t", Summary: "s\nü", Service: "svc",
		Private: true, Declarer: grace, Room: "inc-1-t", Policy: "hash",
		Started: at(1), Detected: at(2), Declared: at(3), Acknowledged: at(4), Mitigated: at(5), Resolved: at(6), Closed: at(7),
		Updated: at(8), UpdateDue: at(9),
		Roles: map[incident.Role]incident.Person{incident.Commander: ada, "odd": grace}, Refs: incident.Refs{"a": "b", "c": ""},
	}
	_, err := h.Change(h.ctx, incident.Request{At: h.now}, func(t incident.Tx) ([]byte, error) { return nil, t.Declare(want) })
	h.ok(err)
	got, err := h.Incident(h.ctx, want.ID)
	h.ok(err)
	h.equal(got, want)
}

func missing(h *house) {
	for _, id := range []incident.ID{-1, 0, 9} {
		_, err := h.Incident(h.ctx, id)
		h.missing(err)
		_, err = h.Change(h.ctx, incident.Request{At: h.now}, func(t incident.Tx) ([]byte, error) {
			_, err := t.Incident(id)
			return nil, err
		})
		h.missing(err)
	}
	_, err := h.Incident(h.ctx, 9)
	h.equal(err.Error(), "There is no INC-9.")
	_, _, err = h.Event(h.ctx, 9)
	h.missing(err)
}

func system(h *house) {
	_, err := h.Change(h.ctx, incident.Request{At: h.now}, func(t incident.Tx) ([]byte, error) {
		t.System().KeepDraft("checkout is", h.stamp())
		return nil, nil
	})
	h.ok(err)
	draft, err := h.Latest(h.ctx, 0, incident.EventDraft)
	h.ok(err)
	h.equal(draft.Text, "checkout is")
	h.equal(draft.Whom, ada)
	tell := h.the(incident.EffectTell, h.claim())
	h.equal(tell.Incident, incident.ID(0))
	h.equal(tell.Event(), draft.ID)
	list, err := h.List(h.ctx, incident.Filter{Limit: 9})
	h.ok(err)
	h.equal(len(list), 0)
}

package storetest

import (
	"fmt"
	"time"

	"tocsin/incident"
)

func timelinePages(h *house) {
	other := h.declare("noise", false)
	id := h.declare("checkout is down", false)
	for n := range 5 {
		h.now = h.now.Add(time.Second)
		h.change(id, func(i *incident.Incident) error { return i.Note(fmt.Sprint(n), time.Time{}, h.stamp()) })
		h.change(other, func(i *incident.Incident) error { return i.Note("noise", time.Time{}, h.stamp()) })
	}
	var texts []string
	before, more := int64(0), true
	for more {
		var page []incident.Event
		var err error
		page, more, err = h.Timeline(h.ctx, id, before, 2)
		h.ok(err)
		h.equal(len(page), 2)
		texts = append(texts, page[0].Text, page[1].Text)
		before = page[0].ID
	}
	h.equal(texts, []string{"3", "4", "1", "2", "checkout is down", "0"})

	all, more, err := h.Timeline(h.ctx, id, 0, 6)
	h.ok(err)
	h.equal(more, false)
	h.equal(len(all), 6)
	none, more, err := h.Timeline(h.ctx, 99, 0, 6)
	h.ok(err)
	h.equal(len(none), 0)
	h.equal(more, false)
}

func singleEvents(h *house) {
	id := h.declare("checkout is down", false)
	want := incident.Event{
		Kind: incident.EventNote, Occurred: h.now.Add(-time.Hour), Text: "saw it",
		Stamp: incident.Stamp{By: grace, At: h.now, Request: "r1"},
	}
	h.change(id, func(i *incident.Incident) error { return i.Note(want.Text, want.Occurred, want.Stamp) })
	h.change(id, func(i *incident.Incident) error { return i.Assign(incident.Scribe, grace, h.stamp()) })

	note, err := h.Latest(h.ctx, id, incident.EventNote)
	h.ok(err)
	want.ID = note.ID
	h.equal(note, want)
	of, same, err := h.Event(h.ctx, note.ID)
	h.ok(err)
	h.equal(of, id)
	h.equal(same, want)
	role, err := h.Latest(h.ctx, id, incident.EventRole)
	h.ok(err)
	h.equal(role.Whom, grace)
	h.equal(role.To, "scribe")
	none, err := h.Latest(h.ctx, id, incident.EventClosed)
	h.ok(err)
	h.equal(none, incident.Event{})
}

func lists(h *house) {
	const many = 120 // more than one chunk of roles and refs
	for n := range many {
		id := h.declare(fmt.Sprintf("number %d", n+1), false)
		h.change(id, func(i *incident.Incident) error {
			i.Refs["n"] = i.ID.String()
			if i.ID%2 == 0 {
				return i.Resolve(h.stamp())
			}
			return i.Assign(incident.Commander, incident.Person{Handle: i.ID.String(), Name: "x"}, h.stamp())
		})
	}
	list, err := h.List(h.ctx, incident.Filter{Limit: 1000})
	h.ok(err)
	h.equal(len(list), many)
	for n, i := range list {
		h.equal(i.ID, incident.ID(many-n))
		one, err := h.Incident(h.ctx, i.ID)
		h.ok(err)
		one.Reminders = nil // lists do without, and without tasks
		h.equal(i, one)
	}
	list, err = h.List(h.ctx, incident.Filter{OpenOnly: true, Before: 100, Limit: 2})
	h.ok(err)
	h.equal([]incident.ID{list[0].ID, list[1].ID}, []incident.ID{99, 97})
	list, err = h.List(h.ctx, incident.Filter{Before: 2, Limit: 10})
	h.ok(err)
	h.equal(len(list), 1)
}

func declaredSince(h *house) {
	h.declare("long ago", false)
	h.now = h.now.Add(time.Hour)
	two := h.declare("recent", true)
	over := h.declare("recent and over", false)
	four := h.declare("newest", false)
	h.change(over, func(i *incident.Incident) error { return i.Resolve(h.stamp()) })
	h.drain()
	_, err := h.Change(h.ctx, incident.Request{At: h.now}, func(t incident.Tx) ([]byte, error) {
		list, err := t.DeclaredSince(h.now, 10)
		h.ok(err)
		h.equal([]incident.ID{list[0].ID, list[1].ID}, []incident.ID{four, two})
		h.equal(len(list), 2)
		list[0].Title = "not tracked"
		list, err = t.DeclaredSince(h.now, 1)
		h.ok(err)
		h.equal(len(list), 1)
		return nil, nil
	})
	h.ok(err)
	i, err := h.Incident(h.ctx, four)
	h.ok(err)
	h.equal(i.Title, "newest")
}

func rooms(h *house) {
	open, closed, bare, private := h.declare("open", false), h.declare("closed", true), h.declare("bare", true), h.declare("private", true)
	for _, id := range []incident.ID{open, closed, private} {
		h.change(id, func(i *incident.Incident) error { i.Refs[incident.RefRoom] = "C" + id.String(); return nil })
	}
	h.change(closed, func(i *incident.Incident) error {
		_ = i.Resolve(h.stamp())
		return i.Close(incident.Defaults(), h.stamp())
	})
	h.change(bare, func(i *incident.Incident) error { i.Refs[incident.RefOrigin] = "CINC-1"; return nil })

	for channel, want := range map[string]incident.ID{"CINC-1": open, "CINC-4": private, "C0": 0, "": 0} {
		got, err := h.InRoom(h.ctx, channel)
		h.ok(err)
		h.equal(got, want)
	}
	list, err := h.PrivateRooms(h.ctx, 9)
	h.ok(err)
	h.equal(len(list), 2)
	h.equal([]incident.ID{list[0].ID, list[1].ID}, []incident.ID{private, closed}) // what is open comes first
	h.equal(list[0].Refs[incident.RefRoom], "CINC-4")
	list, err = h.PrivateRooms(h.ctx, 1)
	h.ok(err)
	h.equal(len(list), 1)
}

func profiles(h *house) {
	old := incident.Profile{Person: ada, Standing: incident.Guest, Zone: "UTC", Seen: h.now}
	fresh := incident.Profile{Person: incident.Person{Handle: "U1", Name: "Ada L."}, Standing: incident.Member, Zone: "Europe/London", Seen: h.now.Add(time.Hour)}
	h.ok(h.SaveProfiles(h.ctx, []incident.Profile{old, {Person: grace, Seen: h.now}}))
	h.ok(h.SaveProfiles(h.ctx, []incident.Profile{fresh}))
	h.ok(h.SaveProfiles(h.ctx, []incident.Profile{old})) // came late
	got, err := h.Profile(h.ctx, "U1")
	h.ok(err)
	h.equal(got, fresh)
	got, err = h.Profile(h.ctx, "U9")
	h.ok(err)
	h.equal(got, incident.Profile{})

	fresh.Seen, fresh.Standing = fresh.Seen.Add(time.Hour), incident.Gone
	_, err = h.Change(h.ctx, incident.Request{At: h.now}, func(t incident.Tx) ([]byte, error) { return nil, t.Know(fresh) })
	h.ok(err)
	got, err = h.Profile(h.ctx, "U1")
	h.ok(err)
	h.equal(got, fresh)
}

// present wants when somebody was seen in the room of an incident, in minutes after the start; -1 for not there.
func (h *house) present(id incident.ID, handle string, minutes int) {
	h.Helper()
	seen, err := h.Member(h.ctx, id, handle)
	h.ok(err)
	want := time.Time{}
	if minutes >= 0 {
		want = start.Add(time.Duration(minutes) * time.Minute)
	}
	h.equal(seen, want)
}

func members(h *house) {
	id, other := h.declare("one", true), h.declare("two", true)
	at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	h.ok(h.AddMember(h.ctx, id, "U1", at(1)))
	h.ok(h.SetMembers(h.ctx, id, []string{"U2", "U3"}, at(2)))
	h.present(id, "U1", -1)
	h.present(id, "U2", 2)
	h.present(other, "U2", -1)
	h.ok(h.RemoveMember(h.ctx, id, "U2", at(4)))
	h.ok(h.AddMember(h.ctx, id, "U4", at(4)))
	h.ok(h.SetMembers(h.ctx, id, []string{"U2", "U3"}, at(3))) // an older look, kept late
	h.present(id, "U2", -1)
	h.present(id, "U3", 3)
	h.present(id, "U4", 4)
	h.ok(h.AddMember(h.ctx, id, "U2", at(5)))
	h.present(id, "U2", 5)
	h.ok(h.SetMembers(h.ctx, id, nil, at(6)))
	h.present(id, "U2", -1)
}

func membersInAChange(h *house) {
	id := h.declare("one", true)
	_, err := h.Change(h.ctx, incident.Request{At: h.now}, func(t incident.Tx) ([]byte, error) { return nil, t.Join(id, "U1", h.now) })
	h.ok(err)
	h.present(id, "U1", 0)
	_, err = h.Change(h.ctx, incident.Request{At: h.now}, func(t incident.Tx) ([]byte, error) { return nil, t.Leave(id, "U1") })
	h.ok(err)
	h.present(id, "U1", -1)
}

// searches finds entries by their words, newest first, and the same on every engine.
func searches(h *house) {
	id := h.declare("the Łódź queue is stuck", false)
	for _, text := range []string{"api.example.com/v2 is slow", "QUEUE, queue; queue!", "it's \"quoted\" & 'quoted' | <-> * : ( )", "nothing here"} {
		h.change(id, func(i *incident.Incident) error { return i.Note(text, time.Time{}, h.stamp()) })
	}
	found := func(words string, limit int) (texts []string) {
		hits, err := h.Search(h.ctx, words, 0, limit)
		h.ok(err)
		for _, hit := range hits {
			h.equal(hit.Incident, id)
			texts = append(texts, hit.Event.Text)
		}
		return texts
	}
	h.equal(found("queue", 9), []string{"QUEUE, queue; queue!", "the Łódź queue is stuck"})
	h.equal(found("lodz QUEUE", 9), []string{"the Łódź queue is stuck"})
	h.equal(found("queue", 1), []string{"QUEUE, queue; queue!"})
	h.equal(found("example v2", 9), []string{"api.example.com/v2 is slow"})
	h.equal(found("exam", 9), []string{"api.example.com/v2 is slow"})
	h.equal(found("exam slow", 9), []string(nil))
	h.equal(found("quoted it", 9), []string{"it's \"quoted\" & 'quoted' | <-> * : ( )"})
	h.equal(found("' & : * \" (", 9), []string(nil))
	h.equal(found("and or not near", 9), []string(nil))
	h.equal(found("que\u19b0ue queue", 9), []string(nil)) // a letter that is younger than some of what searches
}

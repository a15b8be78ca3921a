package storetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tocsin/incident"
	"tocsin/store"
)

// give gives out a task on an incident.
func (h *house) give(id incident.ID, title string, owner incident.Person, due time.Time) {
	h.Helper()
	h.change(id, func(i *incident.Incident) error {
		_, err := i.GiveTask(title, owner, due, h.stamp())
		return err
	})
}

func tasks(h *house) {
	id, none := h.declare("checkout is down", false), h.declare("search is slow", false)
	h.give(id, "restart the queue", grace, h.now.Add(time.Minute))
	h.give(id, "call the bank", incident.Person{}, time.Time{})
	h.give(id, "third", grace, time.Time{})
	h.change(id, func(i *incident.Incident) error { return i.FinishTask(1, h.stamp()) })
	h.change(id, func(i *incident.Incident) error { return i.DropTask(2, "it is Sunday", h.stamp()) })
	i, err := h.Incident(h.ctx, id)
	h.ok(err)
	h.equal(i.Tasks, []incident.Task{
		{Number: 1, Title: "restart the queue", Owner: grace, Due: h.now.Add(time.Minute), Done: h.now},
		{Number: 2, Title: "call the bank", Dropped: h.now, Why: "it is Sunday"},
		{Number: 3, Title: "third", Owner: grace},
	})
	h.change(none, func(i *incident.Incident) error {
		h.equal(len(i.Tasks), 0)
		return nil
	})
	h.give(none, "of another", grace, time.Time{})
	own, err := h.OwnTasks(h.ctx, grace.Handle, 9)
	h.ok(err)
	h.equal(own, []incident.Assignment{
		{Incident: none, Task: incident.Task{Number: 1, Title: "of another", Owner: grace}},
		{Incident: id, Task: i.Tasks[2]},
	})
	h.give(id, "later", grace, h.now.Add(time.Hour))
	h.give(none, "soon", grace, h.now.Add(time.Minute))
	own, err = h.OwnTasks(h.ctx, grace.Handle, 3)
	h.ok(err)
	var titles []string
	for _, task := range own {
		titles = append(titles, task.Title)
	}
	h.equal(titles, []string{"soon", "later", "of another"})
	h.change(none, func(i *incident.Incident) error { return i.Resolve(h.stamp()) })
	h.change(none, func(i *incident.Incident) error { return i.Close(incident.Defaults(), h.stamp()) })
	own, err = h.OwnTasks(h.ctx, grace.Handle, 9)
	h.ok(err)
	h.equal(len(own), 2) // nobody is asked any more for those of what is closed
}

// A Home tab is asked for once, however often it is looked at before it can be shown, and one for each person.
func homes(h *house) {
	look := func(handle string) {
		_, err := h.Change(h.ctx, incident.Request{At: h.now}, func(t incident.Tx) ([]byte, error) {
			t.System().ShowHome(handle, h.stamp())
			return nil, nil
		})
		h.ok(err)
	}
	look("U1")
	look("U2")
	look("U1")
	shown := h.claims("home home")
	h.equal(shown[0].Subject+" "+shown[1].Subject, "U1 U2")
	h.equal(shown[0].Lane, incident.LaneHome)
	look("U1") // while it is being shown, and behind that
	h.equal(len(h.claim()), 0)
	h.finish(shown...)
	again := h.the(incident.EffectHome, h.claims("home"))
	h.equal(again.Subject, "U1")
	events, _, err := h.Timeline(h.ctx, 0, 0, 9)
	h.ok(err)
	h.equal(len(events), 0)
	look("U3")
	h.declare("what many wait for", false)
	next, err := h.Claim(h.ctx, incident.Claim{At: h.now, Lease: time.Minute, Limit: 1, Lanes: incident.Lanes})
	h.ok(err)
	h.equal(kinds(next), "room")
	stats, err := h.Stats(h.ctx)
	h.ok(err)
	h.equal(slices.Contains(stats.Lanes, store.LaneStat{Lane: incident.LaneHome, State: store.Waiting, Count: 1}), true)
}

// filters compares what the store picks with what plainly fits.
func filters(h *house) {
	levels := incident.Defaults().Severities
	for n := range 24 {
		d := incident.Declaration{Title: fmt.Sprint(n), Policy: incident.Defaults(), Severity: levels[n%3], Service: []string{"", "Checkout", "search"}[n/2%3]}
		_, err := h.Change(h.ctx, incident.Request{At: h.now}, func(t incident.Tx) ([]byte, error) {
			i, err := incident.Declare(d, incident.Stamp{By: []incident.Person{ada, grace}[n/3%2], At: h.now})
			if err != nil {
				return nil, err
			}
			return nil, t.Declare(i)
		})
		h.ok(err)
		id := incident.ID(n + 1)
		if n%5 == 0 {
			h.change(id, func(i *incident.Incident) error { return i.Assign(incident.Scribe, grace, h.stamp()) })
		}
		if n%7 == 0 {
			h.give(id, "a task", grace, time.Time{})
		}
		if n%4 == 0 {
			h.change(id, func(i *incident.Incident) error { return i.Resolve(h.stamp()) })
		}
		if n%3 == 0 {
			h.now = h.now.Add(time.Hour)
		}
	}
	var all []*incident.Incident
	for id := incident.ID(24); id > 0; id-- {
		i, err := h.Incident(h.ctx, id)
		h.ok(err)
		all = append(all, i)
	}
	for _, f := range eachFilter(incident.Filter{OpenOnly: true, Severity: "sev2", Service: "CHECKOUT", Since: start.Add(2 * time.Hour), Of: grace.Handle, SevereFirst: true}) {
		want := fitting(f, all)
		var got []incident.ID
		for f.Limit = 2; ; f.Before = got[len(got)-1] {
			page, err := h.List(h.ctx, f)
			h.ok(err)
			if len(page) == 0 {
				break
			}
			for _, i := range page {
				got = append(got, i.ID)
			}
		}
		if !slices.Equal(got, want) {
			h.Errorf("%+v: %v, want %v", f, got, want)
		}
	}
}

// eachFilter lists every combination of what a filter asks for.
func eachFilter(full incident.Filter) []incident.Filter {
	filters := []incident.Filter{{}}
	for _, add := range []func(*incident.Filter){
		func(f *incident.Filter) { f.OpenOnly = full.OpenOnly },
		func(f *incident.Filter) { f.Severity = full.Severity },
		func(f *incident.Filter) { f.Service = full.Service },
		func(f *incident.Filter) { f.Since = full.Since },
		func(f *incident.Filter) { f.Of = full.Of },
		func(f *incident.Filter) { f.SevereFirst = full.SevereFirst },
		func(f *incident.Filter) { f.Before = full.Before },
	} {
		for _, f := range filters {
			with := f
			if add(&with); with != f {
				filters = append(filters, with)
			}
		}
	}
	return filters
}

// fitting is what a filter picks, told in another way.
func fitting(f incident.Filter, all []*incident.Incident) (ids []incident.ID) {
	fit := slices.DeleteFunc(slices.Clone(all), func(i *incident.Incident) bool {
		of := i.Declarer.Handle == f.Of || slices.ContainsFunc(i.OpenTasks(), func(t incident.Task) bool { return t.Owner.Handle == f.Of })
		for _, p := range i.Roles {
			of = of || p.Handle == f.Of
		}
		return f.OpenOnly && !i.Status.Open() || f.Severity != "" && i.Severity != f.Severity ||
			f.Service != "" && !strings.EqualFold(i.Service, f.Service) || i.Declared.Before(f.Since) || f.Of != "" && !of
	})
	if f.SevereFirst {
		slices.SortStableFunc(fit, func(a, b *incident.Incident) int { return a.Rank - b.Rank })
	}
	for _, i := range fit {
		ids = append(ids, i.ID)
	}
	return ids
}

func figures(h *house) {
	h.declare("long ago", false)
	h.now = h.now.Add(time.Hour)
	open := h.declare("open", true)
	over := h.declare("over", false)
	declined := h.declare("nothing", true)
	drill := &incident.Incident{Kind: incident.Drill, Status: incident.Investigating, Title: "drill", Declared: h.now}
	_, err := h.Change(h.ctx, incident.Request{At: h.now}, func(t incident.Tx) ([]byte, error) { return nil, t.Declare(drill) })
	h.ok(err)
	h.change(over, func(i *incident.Incident) error { return i.Resolve(h.stamp()) })
	h.change(declined, func(i *incident.Incident) error { return i.Distrust(incident.Guest, h.stamp()) })
	list, err := h.Figures(h.ctx, h.now)
	h.ok(err)
	h.equal(list, []*incident.Incident{
		{ID: open, Severity: "sev3", Rank: 2, Private: true, Started: h.now},
		{ID: over, Severity: "sev3", Rank: 2, Started: h.now, Resolved: h.now},
	})
}

package runbooks

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// A Scope is what a team wants runbooks for.
type Scope struct {
	Services []string
	Alerts   []string             // patterns, as runbooks write them
	Tested   map[string]time.Time // by path: when one was followed, where that is known beside last_tested
	Within   time.Duration        // how long ago that may be
	Now      time.Time
}

// A Row of the coverage is a service or an alert pattern, and what there is for it.
type Row struct {
	Kind      string   `json:"kind"` // service or alert
	Name      string   `json:"name"`
	Runbooks  []string `json:"runbooks"` // paths
	Owners    []string `json:"owners"`
	Dashboard bool     `json:"dashboard"`
	Tested    string   `json:"tested"` // the last day, or ""
	Fresh     bool     `json:"fresh"`  // tested within the days that were asked for
}

// What a row may be about.
const (
	KindService = "service"
	KindAlert   = "alert"
)

// Good tells whether nothing is missing.
func (r Row) Good() bool {
	return len(r.Runbooks) > 0 && len(r.Owners) > 0 && r.Dashboard && r.Fresh
}

// Patterns are all alert patterns of the runbooks, each once.
func (b *Book) Patterns() (all []string) {
	for _, r := range b.now.Load().runbooks {
		for _, p := range r.Alerts {
			all = append(all, p.String())
		}
	}
	return unique(all)
}

// Services are all services that runbooks are for, each once.
func (b *Book) Services() (all []string) {
	for _, r := range b.now.Load().runbooks {
		all = append(all, r.Services...)
	}
	return unique(all)
}

// unique sorts names, and leaves out those that differ in nothing but capitals.
func unique(names []string) []string {
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
	})
	return slices.CompactFunc(names, strings.EqualFold)
}

// Cover says for each service and each alert pattern which runbooks name it, and what is missing. A runbook for any service
// covers none: it is nobody's answer in particular.
func Cover(b *Book, s Scope) []Row {
	rows := []Row{}
	all := b.now.Load().runbooks
	row := func(kind, name string, names func(*Runbook) bool) {
		one := Row{Kind: kind, Name: name, Runbooks: []string{}, Owners: []string{}}
		var tested time.Time
		for _, r := range all {
			if names(r) {
				one.Runbooks = append(one.Runbooks, r.Path)
				one.Dashboard = one.Dashboard || r.Dashboard != ""
				if r.Owner != "" {
					one.Owners = append(one.Owners, r.Owner)
				}
				for _, at := range []time.Time{r.LastTested, s.Tested[r.Path]} {
					if at.After(tested) {
						tested = at
					}
				}
			}
		}
		one.Owners = unique(one.Owners)
		if !tested.IsZero() {
			one.Tested = tested.Format(day)
			one.Fresh = s.Now.Sub(tested) <= s.Within+24*time.Hour // a day is over when it is over everywhere
		}
		rows = append(rows, one)
	}
	for _, service := range s.Services {
		row(KindService, service, func(r *Runbook) bool { return slices.Contains(r.folded.services, strings.ToLower(service)) })
	}
	for _, pattern := range s.Alerts {
		row(KindAlert, pattern, func(r *Runbook) bool {
			return slices.ContainsFunc(r.Alerts, func(p Pattern) bool { return strings.EqualFold(p.String(), pattern) })
		})
	}
	return rows
}

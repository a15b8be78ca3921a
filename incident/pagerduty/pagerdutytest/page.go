package pagerdutytest

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

//go:embed page
var pageFiles embed.FS

var pageTemplate = template.Must(template.ParseFS(pageFiles, "page/index.html"))

const policyOfPage = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Page is the page for people: trigger, acknowledge, escalate, resolve, and see what came back. It works without scripts; its
// one script looks for news while nobody is typing.
func (a *Account) Page() http.Handler {
	page := http.NewServeMux()
	page.HandleFunc("GET /{$}", a.servePage)
	page.HandleFunc("POST /act", a.serveAct)
	page.HandleFunc("GET /{file}", func(rw http.ResponseWriter, r *http.Request) {
		switch file := r.PathValue("file"); file {
		case "style.css", "live.js":
			http.ServeFileFS(rw, r, pageFiles, "page/"+file)
		default:
			http.NotFound(rw, r)
		}
	})
	guarded := http.NewCrossOriginProtection().Handler(page)
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		h := rw.Header()
		h.Set("Content-Security-Policy", policyOfPage)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		guarded.ServeHTTP(rw, r)
	})
}

// sight is what the page shows.
type sight struct {
	As         string
	People     []string
	Policies   []string
	Priorities []string
	Services   []serviceSight
	Incidents  []incidentSight
	Deliveries []deliverySight
	Calls      []Call
	Connected  string
	Problem    string
}

type serviceSight struct{ Name, OnCall string }

type incidentSight struct {
	ID, Title, Service, Status, Urgency, Priority, Assigned, At string
	Number                                                      int
	Open, Triggered, CanEscalate                                bool
	Words                                                       []wordsSight
}

type wordsSight struct {
	By, Words string
	Program   bool // a program wrote it, over the API
	Update    bool
}

type deliverySight struct {
	Type, State, About string
	Last               string
	Attempts           int
}

const shownOnPage = 50

func (a *Account) servePage(rw http.ResponseWriter, r *http.Request) {
	a.show(rw, http.StatusOK, r.FormValue("as"), "")
}

func (a *Account) show(rw http.ResponseWriter, status int, as, problem string) {
	a.mu.Lock()
	v := a.see(as)
	a.mu.Unlock()
	v.Problem = problem
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, v); err != nil {
		http.Error(rw, "cannot show this", http.StatusInternalServerError)
		return
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.WriteHeader(status)
	_, _ = rw.Write(b.Bytes())
}

// see gathers what the page shows, the newest first. The caller holds the lock.
func (a *Account) see(as string) sight {
	v := sight{As: a.viewer(as).name, People: names(a.users)}
	if len(a.subs) > 0 {
		v.Connected = a.subs[0].url
	}
	for _, p := range a.policies {
		v.Policies = append(v.Policies, p.name)
	}
	for _, p := range a.priorities {
		v.Priorities = append(v.Priorities, p.name)
	}
	for _, s := range a.services {
		v.Services = append(v.Services, serviceSight{s.name, strings.Join(names(s.policy.levels[0]), ", ")})
	}
	for _, i := range newest(a.incidents) {
		v.Incidents = append(v.Incidents, i.sight())
	}
	for _, d := range newest(a.deliveries) {
		v.Deliveries = append(v.Deliveries, d.sight())
	}
	v.Calls = newest(a.calls)
	return v
}

func newest[E any](list []E) []E {
	part := slices.Clone(list[max(0, len(list)-shownOnPage):])
	slices.Reverse(part)
	return part
}

// viewer is who acts on the page; without one the first of the people.
func (a *Account) viewer(as string) *user {
	if u := a.userNamed(as); u != nil {
		return u
	}
	return a.users[0]
}

func (i *incident) sight() incidentSight {
	v := incidentSight{
		ID: i.id, Title: i.title, Service: i.service.name, Status: i.status, Urgency: i.urgency, Assigned: strings.Join(names(i.called()), ", "),
		At: i.created.UTC().Format("15:04:05"), Number: i.number, Open: i.open(), Triggered: i.status == "triggered", CanEscalate: i.open() && i.level+1 < len(i.policy.levels),
	}
	if i.priority != nil {
		v.Priority = i.priority.name
	}
	for _, n := range i.notes {
		v.Words = append(v.Words, wordsSight{actor{who: n.by}.name(), n.words, n.viaAPI, false})
	}
	for _, n := range i.updates {
		v.Words = append(v.Words, wordsSight{actor{who: n.by}.name(), n.words, n.viaAPI, true})
	}
	return v
}

func (d *delivery) sight() deliverySight {
	v := deliverySight{Type: d.kind, State: d.state, Attempts: len(d.attempts)}
	if d.about != nil {
		v.About = fmt.Sprint("#", d.about.number)
	}
	if n := len(d.attempts); n > 0 {
		v.Last = d.attempts[n-1].Err
		if v.Last == "" {
			v.Last = strconv.Itoa(d.attempts[n-1].Status)
		}
	}
	return v
}

// serveAct does what a form asks for, and shows the page again.
func (a *Account) serveAct(rw http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(rw, r.Body, 64<<10)
	a.mu.Lock()
	who := a.viewer(r.PostFormValue("as"))
	err := a.perform(r, actor{who: who})
	a.changed()
	a.mu.Unlock()
	if err != nil {
		a.show(rw, http.StatusUnprocessableEntity, who.name, err.Error())
		return
	}
	http.Redirect(rw, r, "/?as="+template.URLQueryEscaper(who.name), http.StatusSeeOther)
}

// perform does one action of the page. The caller holds the lock.
func (a *Account) perform(r *http.Request, by actor) error {
	words := strings.TrimSpace(r.PostFormValue("words"))
	switch r.PostFormValue("do") {
	case "trigger":
		if words == "" {
			return errors.New("say what is wrong")
		}
		_, err := a.openIncident(newIncident{
			service: r.PostFormValue("service"), title: words, urgency: r.PostFormValue("urgency"), priority: r.PostFormValue("priority"),
			agent: by.agent(), client: by.client(),
		})
		return err
	case "ping":
		if len(a.subs) == 0 {
			return errors.New("no program is connected")
		}
		a.ping(a.subs[0])
		return nil
	}
	i := a.incidentNamed(r.PostFormValue("incident"))
	if i == nil {
		return errors.New("there is no such incident")
	}
	switch r.PostFormValue("do") {
	case "acknowledge":
		return a.acknowledge(i, by)
	case "escalate":
		return a.escalate(i, by)
	case "resolve":
		return a.resolve(i, by)
	case "reopen":
		return a.reopen(i, by)
	case "annotate":
		if words == "" {
			return errors.New("write something")
		}
		_, err := a.annotate(i, by, words)
		return err
	}
	return errors.New("this page has no such button")
}

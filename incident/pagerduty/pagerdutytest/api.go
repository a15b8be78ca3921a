package pagerdutytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

var timeless time.Time

// method is one method of the REST API.
type method struct {
	params  string // the names of the query's, separated by spaces
	body    shape  // nil: it takes none
	from    bool   // the From header is required
	ability string // that the account must have
	run     func(*request) (int, any, error)
}

// request is one request, checked; its handler runs under the lock.
type request struct {
	*Account
	id    string // of the path
	query url.Values
	body  Object
	by    actor // whom From names
}

// methods are all that this account answers. Source: the paths of PagerDuty's REST v2 that an incident bot can need.
var methods map[string]method

func init() { // a literal would refer to itself: handlers look methods up
	methods = map[string]method{
		"GET /incidents": {
			params: "limit offset total date_range incident_key service_ids[] team_ids[] user_ids[] urgencies[] time_zone statuses[] sort_by include[] since until",
			run:    (*request).listIncidents,
		},
		"POST /incidents":                         {body: shape{"incident!": createShape}, from: true, run: (*request).createIncident},
		"PUT /incidents":                          {params: "limit offset total", body: shape{"incidents!": []shape{manageShape}}, from: true, run: (*request).manageIncidents},
		"GET /incidents/{id}":                     {params: "include[]", run: (*request).showIncident},
		"PUT /incidents/{id}":                     {body: shape{"incident!": manageShape}, from: true, run: (*request).manageIncident},
		"GET /incidents/{id}/notes":               {run: (*request).listNotes},
		"POST /incidents/{id}/notes":              {body: shape{"note!": shape{"content!": "string"}}, from: true, run: (*request).createNote},
		"POST /incidents/{id}/status_updates":     {body: updateShape, from: true, run: (*request).createUpdate},
		"POST /incidents/{id}/responder_requests": {body: askShape, ability: "coordinated_responding", run: (*request).createResponders},
		"GET /incidents/{id}/log_entries":         {params: "limit offset total time_zone since until is_overview include[]", run: (*request).listLog},
		"GET /incidents/{id}/alerts":              {params: "limit offset total alert_key statuses[] sort_by include[]", run: (*request).listAlerts},
		"GET /oncalls": {
			params: "time_zone limit offset total include[] user_ids[] escalation_policy_ids[] schedule_ids[] since until earliest", run: (*request).listOncalls,
		},
		"GET /priorities":                       {params: "limit offset total", run: (*request).listPriorities},
		"GET /services":                         {params: "query limit offset total team_ids[] time_zone sort_by include[] name", run: (*request).listServices},
		"GET /users":                            {params: "query team_ids[] limit offset total include[]", run: (*request).listUsers},
		"GET /users/me":                         {params: "include[]", run: (*request).showMe},
		"GET /users/{id}":                       {params: "include[]", run: (*request).showUser},
		"GET /escalation_policies":              {params: "limit offset total query user_ids[] team_ids[] include[] sort_by", run: (*request).listPolicies},
		"GET /schedules":                        {params: "limit offset total query include[] time_zone", run: (*request).listSchedules},
		"GET /abilities":                        {run: (*request).listAbilities},
		"GET /webhook_subscriptions":            {params: "limit offset total filter_type filter_id", run: (*request).listSubscriptions},
		"POST /webhook_subscriptions":           {body: shape{"webhook_subscription!": subscriptionShape}, run: (*request).createSubscription},
		"GET /webhook_subscriptions/{id}":       {run: (*request).showSubscription},
		"PUT /webhook_subscriptions/{id}":       {body: shape{"webhook_subscription!": subscriptionUpdate}, run: (*request).updateSubscription},
		"DELETE /webhook_subscriptions/{id}":    {run: (*request).deleteSubscription},
		"POST /webhook_subscriptions/{id}/ping": {run: (*request).pingSubscription},
	}
}

// apiError is a refusal of a request: the status, and the error's code and texts.
type apiError struct {
	status, code int
	message      string
	errors       []string
}

func (e *apiError) Error() string {
	return strings.Join(append([]string{e.message}, e.errors...), ": ")
}

func invalid(texts ...string) error { return &apiError{400, 2001, "Invalid Input Provided", texts} }

var errNotFound = &apiError{404, 2100, "Not Found", nil}

func errorBody(code int, message string, texts ...string) Object {
	inner := Object{"message": message, "code": code}
	if len(texts) > 0 {
		inner["errors"] = texts
	}
	return Object{"error": inner}
}

// routes are the REST API, the Events API and the page.
func (a *Account) routes() http.Handler {
	rest := http.NewServeMux()
	for pattern, m := range methods {
		rest.HandleFunc(pattern, func(rw http.ResponseWriter, r *http.Request) { a.serve(rw, r, pattern, &m) })
	}
	rest.HandleFunc("/", func(rw http.ResponseWriter, r *http.Request) { a.serve(rw, r, r.Method+" "+r.URL.Path, nil) })
	mux := http.NewServeMux()
	mux.Handle("/api/", http.StripPrefix("/api", rest))
	mux.HandleFunc("/v2/enqueue", a.serveEvent)
	mux.Handle("/", a.Page())
	return mux
}

// serve answers one request of the REST API.
func (a *Account) serve(rw http.ResponseWriter, r *http.Request, pattern string, m *method) {
	body, readErr := io.ReadAll(http.MaxBytesReader(rw, r.Body, 1<<20))
	c, ask := a.begin(pattern, r, body)
	var f *Fault
	if ask != nil {
		f = ask(c)
	}
	a.withFault(rw, r, c, f, func() answer {
		a.mu.Lock()
		check := a.check
		a.mu.Unlock()
		if check != nil && m != nil {
			again := r.Clone(r.Context())
			again.Body = io.NopCloser(bytes.NewReader(body))
			if err := check(again); err != nil {
				a.mu.Lock()
				defer a.mu.Unlock()
				return a.refused(pattern, nil, invalid(err.Error()))
			}
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		if readErr != nil {
			return a.refused(pattern, nil, invalid("the body cannot be read"))
		}
		return a.answer(r, pattern, m, body)
	})
}

// answer checks a request and runs it. The caller holds the lock.
func (a *Account) answer(r *http.Request, pattern string, m *method, body []byte) answer {
	if r.Header.Get("Authorization") != "Token token="+a.token {
		return a.refused(pattern, nil, &apiError{401, 2006, "Requester User Not Found", nil})
	}
	header, ok := a.allow(a.token, restLimit)
	if !ok {
		a.complain(pattern, "Rate Limit Exceeded")
		return answer{http.StatusTooManyRequests, header, tooMany}
	}
	if m == nil {
		return a.refused(pattern, header, errNotFound)
	}
	q := &request{Account: a, id: r.PathValue("id"), query: r.URL.Query()}
	if err := q.check(r, m, body); err != nil {
		return a.refused(pattern, header, err)
	}
	status, out, err := m.run(q)
	if err != nil {
		return a.refused(pattern, header, err)
	}
	return answer{status, header, out}
}

func (q *request) check(r *http.Request, m *method, body []byte) error {
	if !strings.HasPrefix(r.Header.Get("Accept"), "application/vnd.pagerduty+json;version=2") {
		return &apiError{406, 2001, "Not Acceptable", []string{"Accept must be application/vnd.pagerduty+json;version=2"}}
	}
	if m.ability != "" && slices.Contains(q.without, m.ability) {
		return &apiError{402, 2012, "Account Does Not Have Ability: " + m.ability, nil}
	}
	if m.from {
		if q.by = (actor{q.userNamed(r.Header.Get("From")), true}); q.by.who == nil || !strings.Contains(r.Header.Get("From"), "@") {
			return &apiError{400, 2001, "Requester User Not Found", []string{"the From header must name a user by e-mail"}}
		}
	}
	known := strings.Fields(m.params)
	for name := range q.query {
		if !slices.Contains(known, name) {
			return invalid("unknown parameter: " + name)
		}
	}
	if m.body == nil {
		if len(body) > 0 {
			return invalid("this method takes no body")
		}
		return nil
	}
	if r.Header.Get("Content-Type") != "application/json" {
		return &apiError{415, 2001, "Unsupported Media Type", nil}
	}
	if json.Unmarshal(body, &q.body) != nil {
		return invalid("the body is no JSON object")
	}
	if faults := m.body.faults("", q.body); len(faults) > 0 {
		return invalid(faults...)
	}
	return nil
}

// refused answers with a refusal; one that nobody announced is a complaint.
func (a *Account) refused(pattern string, header http.Header, err error) answer {
	var e *apiError
	var r *refusal
	switch {
	case errors.As(err, &e):
	case errors.As(err, &r):
		e = &apiError{400, r.code, r.text, nil}
		if r == errGone {
			e = errNotFound
		}
	case errors.Is(err, errKey):
		e = &apiError{400, 2002, "Arguments Caused Error", []string{err.Error()}}
	default:
		e = &apiError{400, 2001, "Invalid Input Provided", []string{err.Error()}}
	}
	if !a.announced[e.message] && !slices.ContainsFunc(e.errors, func(t string) bool { return a.announced[t] }) {
		a.complain(pattern, e.Error())
	}
	return answer{e.status, header, errorBody(e.code, e.message, e.errors...)}
}

func writeJSON(rw http.ResponseWriter, status int, body any) {
	if body == nil {
		rw.WriteHeader(status)
		return
	}
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(body)
}

// masked is a body as Calls show it: without a routing key.
func (a *Account) masked(body []byte) string {
	text := string(body)
	for _, s := range a.services {
		text = strings.ReplaceAll(text, s.key, "***")
	}
	return strings.ReplaceAll(text, a.token, "***")
}

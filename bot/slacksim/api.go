package slacksim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// method is one Web API method: who may call it, how often, with what.
type method struct {
	scopes []string // any of these; nil asks for none
	rate   int      // calls a minute; 0 is never limited
	args   string   // "name:kind …"; ! marks required; kinds: string (default), bool, int, list, json
	run    func(*request) (Object, error)
}

// request is one call with its arguments, checked and converted. Its handler runs under the lock.
type request struct {
	*Workspace
	method string
	args   Object
}

func (r *request) str(name string) string     { s, _ := r.args[name].(string); return s }
func (r *request) yes(name string) bool       { b, _ := r.args[name].(bool); return b }
func (r *request) list(name string) []string  { l, _ := r.args[name].([]string); return l }
func (r *request) number(name string) int     { n, _ := r.args[name].(int); return n }
func (r *request) given(names ...string) bool { return slices.ContainsFunc(names, r.has) }
func (r *request) has(name string) bool       { _, ok := r.args[name]; return ok }

// apiError is a refusal: the code and what else the answer holds.
type apiError struct {
	code  string
	extra Object
}

func (e *apiError) Error() string {
	if meta := obj(e.extra["response_metadata"]); meta != nil {
		return fmt.Sprint(e.code, " ", meta["messages"])
	}
	return e.code
}

func refuse(code string) error { return &apiError{code: code} }

// invalid refuses arguments and names them, as response_metadata.messages does.
func invalid(code string, messages ...string) error {
	list := []any{}
	for _, m := range messages {
		list = append(list, "[ERROR] "+m)
	}
	return &apiError{code: code, extra: Object{"response_metadata": Object{"messages": list}}}
}

// serveAPI answers one call of the Web API.
func (w *Workspace) serveAPI(rw http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/api/")
	token, args, err := readCall(r)
	call := w.begin(name, args)
	w.withFault(rw, r, call, func() (int, Object, http.Header) {
		if err == nil {
			err = w.authorize(name, token, r.Header.Get("Authorization") != "")
		}
		var answer Object
		if err == nil {
			answer, err = w.call(name, args)
		}
		return w.conclude(name, answer, err)
	})
}

// authorize checks the token: websockets are opened with the app's own, all else is done with the bot's.
func (w *Workspace) authorize(name, token string, inHeader bool) error {
	wanted, other := w.token, w.appToken
	if name == opening {
		wanted, other = other, wanted
	}
	switch {
	case token == "":
		return refuse("not_authed")
	case token == other:
		return refuse("not_allowed_token_type")
	case token != wanted, name == opening && !inHeader:
		return refuse("invalid_auth")
	}
	return nil
}

// conclude turns what a method said into an answer on the wire; an error nobody announced becomes a complaint.
func (w *Workspace) conclude(name string, answer Object, err error) (int, Object, http.Header) {
	if err == nil {
		out := Object{"ok": true}
		maps.Copy(out, answer)
		return http.StatusOK, out, nil
	}
	var refusal *apiError
	if !errors.As(err, &refusal) {
		refusal = &apiError{code: "internal_error"}
	}
	out := Object{"ok": false, "error": refusal.code}
	maps.Copy(out, refusal.extra)
	w.complain(name, refusal.code, out["response_metadata"])
	var limited *limitedError
	if errors.As(err, &limited) {
		return http.StatusTooManyRequests, out, http.Header{"Retry-After": {fmt.Sprint(limited.seconds)}}
	}
	return http.StatusOK, out, nil
}

// call checks scope, arguments and rate, and runs the method.
func (w *Workspace) call(name string, args Object) (Object, error) {
	m, ok := methods[name]
	if !ok {
		return nil, refuse("unknown_method")
	}
	if m.scopes != nil && !w.grant.has(m.scopes...) {
		return nil, w.missingScope(m.scopes)
	}
	clean, err := m.clean(args)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	check := w.check
	w.mu.Unlock()
	if check != nil {
		if err := check(name, clean); err != nil {
			return nil, invalid("invalid_arguments", err.Error())
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.rates.allow(name, m.rate, str(clean["channel"]), w.now()); err != nil {
		return nil, err
	}
	return m.run(&request{Workspace: w, method: name, args: clean})
}

func (w *Workspace) missingScope(anyOf []string) error {
	return &apiError{code: "missing_scope", extra: Object{"needed": anyOf[0], "provided": strings.Join(w.grant.OAuth.Scopes.Bot, ",")}}
}

// clean converts the arguments and refuses unknown, missing and malformed ones. An empty string counts as not given,
// unless the method can clear something with it.
func (m *method) clean(args Object) (Object, error) {
	known, out := map[string]string{}, Object{}
	var faults []string
	for field := range strings.FieldsSeq(m.args) {
		name, kind, _ := strings.Cut(field, ":")
		must := strings.HasSuffix(name, "!")
		name = strings.TrimSuffix(name, "!")
		known[name] = kind
		if v, ok := args[name]; must && (!ok || v == "") {
			faults = append(faults, "missing required field: "+name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(args)) {
		kind, ok := known[name]
		if !ok {
			faults = append(faults, "unknown argument: "+name)
			continue
		}
		if args[name] == nil || args[name] == "" && kind != "clear" {
			continue
		}
		v, err := convert(kind, args[name])
		if err != nil {
			faults = append(faults, name+": "+err.Error())
			continue
		}
		out[name] = v
	}
	if faults != nil {
		return nil, invalid("invalid_arguments", faults...)
	}
	return out, nil
}

// convert reads one argument as its kind, from a form (always a string) or from JSON.
func convert(kind string, v any) (any, error) {
	s, isString := v.(string)
	switch kind {
	case "bool":
		if b, ok := v.(bool); ok {
			return b, nil
		}
		switch s {
		case "true", "1":
			return true, nil
		case "false", "0":
			return false, nil
		}
		return nil, errors.New("must be a boolean")
	case "int":
		n, err := json.Number(fmt.Sprint(v)).Int64()
		if err != nil {
			return nil, errors.New("must be an integer")
		}
		return int(n), nil
	case "list":
		return convertList(v)
	case "json":
		if !isString {
			return v, nil
		}
		var out any
		if json.Unmarshal([]byte(s), &out) != nil {
			return nil, errors.New("must be JSON")
		}
		return out, nil
	}
	if !isString {
		return nil, errors.New("must be a string")
	}
	return s, nil
}

func convertList(v any) ([]string, error) {
	var out []string
	switch x := v.(type) {
	case string:
		for part := range strings.SplitSeq(x, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	case []any:
		for _, e := range x {
			s, ok := e.(string)
			if !ok {
				return nil, errors.New("must be a list of strings")
			}
			out = append(out, s)
		}
	default:
		return nil, errors.New("must be a list")
	}
	return out, nil
}

// readCall takes token and arguments from a form, a query or a JSON body. With JSON the token must be in the header.
func readCall(r *http.Request) (token string, args Object, err error) {
	args = Object{}
	token, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	r.Body = http.MaxBytesReader(nil, r.Body, 4<<20)
	switch {
	case kind == "application/json":
		if err := json.NewDecoder(r.Body).Decode(&args); err != nil && !errors.Is(err, io.EOF) { // no body: no arguments
			return token, Object{}, refuse("invalid_json")
		}
		return token, args, nil
	case kind == "multipart/form-data":
		err = r.ParseMultipartForm(4 << 20) //nolint:gosec // G120: the body was bounded above
	case kind == "application/x-www-form-urlencoded" || kind == "" && r.ContentLength == 0:
		err = r.ParseForm()
	default:
		return token, args, refuse("invalid_post_type")
	}
	if err != nil {
		return token, args, refuse("invalid_form_data")
	}
	for name, values := range r.Form {
		args[name] = values[0]
	}
	if t, ok := args["token"].(string); ok && token == "" {
		token = t
	}
	delete(args, "token")
	return token, args, nil
}

// write sends one JSON answer.
func write(rw http.ResponseWriter, status int, header http.Header, body any) {
	maps.Copy(rw.Header(), header)
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(body)
}

// str is a JSON string, or "" for anything else.
func str(v any) string { s, _ := v.(string); return s }

// obj is a JSON object, or nil for anything else.
func obj(v any) Object { o, _ := v.(Object); return o }

// arr is a JSON list, or nil for anything else.
func arr(v any) []any { a, _ := v.([]any); return a }

const apiTimeout = 3 * time.Second // what Slack waits for an app

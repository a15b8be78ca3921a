//go:build bench

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"sync"
	"sync/atomic"
	"time"
)

// farSide stands for Slack where Slack itself is not what is measured: it takes as long as it is told to, agrees with
// everything, and costs next to nothing. (What Slack would refuse, the stories find over the simulator.)
type farSide struct {
	server  *httptest.Server
	trip    atomic.Int64 // how long each call takes
	calls   atomic.Int64
	greeted chan struct{} // closed when it was asked who is in the workspace
	once    *sync.Once
}

// benchPeople is how many are in the workspace.
const benchPeople = 50

func benchPerson(n int) string { return fmt.Sprintf("U0BENCH%03d", n%benchPeople) }

func (b *bench) farSide(trip time.Duration) *farSide {
	f := &farSide{once: &sync.Once{}}
	f.trip.Store(int64(trip))
	f.server = httptest.NewServer(f)
	b.Cleanup(func() {
		f.server.CloseClientConnections()
		f.server.Close()
	})
	return f
}

func (f *farSide) url() string { return f.server.URL + "/api/" }

func (f *farSide) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := f.calls.Add(1)
	wait(r.Context(), time.Duration(f.trip.Load()))
	method := path.Base(r.URL.Path)
	id := fmt.Sprintf("%09d", n)
	answer := map[string]any{
		"ok": true, "url": "https://bench.slack.com/", "team_id": "T0BENCH", "user_id": "U0TOCSIN",
		"channel": map[string]any{"id": "C" + id, "name": r.FormValue("name")}, "bookmark": map[string]any{"id": "Bk" + id},
		"permalink": "https://bench.slack.com/archives/C1/p1",
	}
	switch method {
	case "chat.postMessage", "chat.update":
		answer["channel"], answer["ts"] = "C"+id, "1700000000."+id[3:]
	case "users.list":
		answer["members"] = everybody()
		defer func() {
			if f.greeted != nil {
				f.once.Do(func() { close(f.greeted) })
			}
		}()
	case "conversations.members":
		answer["members"] = []string{}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(answer)
}

// greets expects a program that asks who there is, and tells when it has been answered.
func (f *farSide) greets() {
	f.greeted, f.once = make(chan struct{}), &sync.Once{}
}

func everybody() []any {
	all := make([]any, benchPeople)
	for n := range all {
		all[n] = map[string]any{
			"id": benchPerson(n), "team_id": "T0BENCH", "name": fmt.Sprintf("person%d", n), "real_name": fmt.Sprintf("Person %d", n), "tz": "Europe/Oslo",
			"profile": map[string]any{"display_name": fmt.Sprintf("Person %d", n)},
		}
	}
	return all
}

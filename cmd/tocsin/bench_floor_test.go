//go:build bench

package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"tocsin/store"
)

// The floor is what the machine can do: the smallest server that checks Slack's signature and writes the rows that ours
// writes for a note and for a declaration, into the same schema with the same settings, many at once with one sync. It
// has no rules, reads nothing, and delivers nothing.
type floor struct {
	conn  *sql.Conn
	queue chan *order
}

// order is one request on its way to the disk.
type order struct {
	key, person, text string
	at                int64
	done              chan error
}

// init makes this test's binary the floor program where it is started as one, as a process of its own.
func init() {
	path := os.Getenv("TOCSIN_BENCH_FLOOR")
	if path == "" {
		return
	}
	err := runFloor(context.Background(), path, os.Getenv("TOCSIN_BENCH_BARE") != "")
	fmt.Fprintln(os.Stderr, "floor:", err)
	os.Exit(1)
}

// floorDSN is what the store's own connections have, beside what its driver sets by a hook.
func floorDSN(path string) string {
	return "file:" + path + "?_journal_mode=WAL&_synchronous=FULL&_busy_timeout=1500&_foreign_keys=1&_secure_delete=1&_recursive_triggers=1&_stmt_cache_size=64"
}

// runFloor serves until it is killed. A bare one only becomes ready, which is what a start cannot do without.
func runFloor(ctx context.Context, path string, bare bool) error {
	if !bare {
		s, err := store.Open(ctx, path, store.Options{}) // for its schema
		if err != nil {
			return err
		}
		if err := s.Close(); err != nil {
			return err
		}
	}
	pool, err := sql.Open("tocsin-sqlite", floorDSN(path))
	if err != nil {
		return err
	}
	f := &floor{queue: make(chan *order, 128)}
	if f.conn, err = pool.Conn(ctx); err != nil {
		return err
	}
	if bare {
		_, err = f.conn.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS ready (at INTEGER); INSERT INTO ready VALUES (1)`)
	} else {
		err = f.prepare(ctx)
	}
	if err != nil {
		return err
	}
	go f.commit(ctx)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	slog.New(slog.NewJSONHandler(os.Stderr, nil)).Info("started", "url", "http://"+listener.Addr().String())
	return http.Serve(listener, f)
}

// prepare makes the incidents that notes are about.
func (f *floor) prepare(ctx context.Context) error {
	for n := range benchIncidents {
		if err := f.declare(ctx, &order{key: fmt.Sprint("prepare", n), text: "declare it is down", at: time.Now().UnixMilli()}); err != nil {
			return err
		}
	}
	return nil
}

func (f *floor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || !genuineFloor(r.Header, body) {
		http.Error(w, "bad signature", http.StatusUnauthorized)
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		http.Error(w, "bad form", http.StatusBadRequest)
		return
	}
	e := &order{key: "command:" + form.Get("trigger_id"), person: form.Get("user_id"), text: form.Get("text"), at: time.Now().UnixMilli(), done: make(chan error, 1)}
	f.queue <- e
	if err := <-e.done; err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	answer, _ := json.Marshal(map[string]string{"response_type": "ephemeral", "text": floorAnswer(e.text)})
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(answer)
}

func genuineFloor(header http.Header, body []byte) bool {
	mac := hmac.New(sha256.New, []byte(benchSecret))
	mac.Write([]byte("v0:" + header.Get("X-Slack-Request-Timestamp") + ":"))
	mac.Write(body)
	return hmac.Equal([]byte("v0="+hex.EncodeToString(mac.Sum(nil))), []byte(header.Get("X-Slack-Signature")))
}

// floorAnswer is as long as ours.
func floorAnswer(text string) string {
	if strings.HasPrefix(text, "declare") {
		return "INC-1234 declared. Opening #inc-1234-" + strings.ReplaceAll(strings.TrimPrefix(text, "declare "), " ", "-") + " …"
	}
	return "Noted on the timeline of INC-1: " + text
}

// commit writes what is waiting in one transaction, and answers when it is synced.
func (f *floor) commit(ctx context.Context) {
	for first := range f.queue {
		batch := []*order{first}
		for more := true; more && len(batch) < 128; {
			select {
			case e := <-f.queue:
				batch = append(batch, e)
			default:
				more = false
			}
		}
		err := f.write(ctx, batch)
		for _, e := range batch {
			e.done <- err
		}
	}
}

func (f *floor) write(ctx context.Context, batch []*order) error {
	if _, err := f.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, e := range batch {
		do := f.note
		if strings.HasPrefix(e.text, "declare") {
			do = f.declare
		}
		if err := do(ctx, e); err != nil {
			_, _ = f.conn.ExecContext(ctx, "ROLLBACK")
			return err
		}
	}
	_, err := f.conn.ExecContext(ctx, "COMMIT")
	return err
}

var (
	floorSalt = []byte(strings.Repeat("s", 32))
	floorHash = []byte(strings.Repeat("h", 32))
)

// entry writes the rows that every change has: the request with its answer, the entry, its content.
func (f *floor) entry(ctx context.Context, e *order, id int64, kind string) error {
	if _, err := f.conn.ExecContext(ctx, `INSERT INTO requests (key, at, answer) VALUES (?1, ?2, ?3)`, e.key, e.at, []byte(`{"text":"`+floorAnswer(e.text)+`"}`)); err != nil {
		return err
	}
	result, err := f.conn.ExecContext(ctx, `INSERT INTO entries (incident_id, kind, occurred_at, recorded_at, request, source, actor_commitment, body_commitment)
		VALUES (?1, ?2, ?3, ?3, ?4, '', ?5, ?5)`, id, kind, e.at, e.key, floorHash)
	if err != nil {
		return err
	}
	entry, err := result.LastInsertId()
	if err != nil {
		return err
	}
	_, err = f.conn.ExecContext(ctx, `INSERT INTO contents (entry_id, actor, body, actor_salt, body_salt) VALUES (?1, ?2, ?3, ?4, ?4)`,
		entry, `{"handle":"`+e.person+`","name":"`+e.person+`"}`, `{"text":"`+e.text+`"}`, floorSalt)
	if err != nil {
		return err
	}
	_, err = f.conn.ExecContext(ctx, `INSERT INTO words (rowid, text) VALUES (?1, ?2)`, entry, e.text)
	return err
}

// note writes the rows of "note INC-7 words".
func (f *floor) note(ctx context.Context, e *order) error {
	var id int64
	if _, err := fmt.Sscanf(e.text, "note INC-%d", &id); err != nil {
		return err
	}
	return f.entry(ctx, e, id, "note")
}

// declare writes the rows of "declare words", with all that a new incident owes.
func (f *floor) declare(ctx context.Context, e *order) error {
	result, err := f.conn.ExecContext(ctx, `INSERT INTO incidents (kind, status, open, severity, rank, title, summary, service, private, declarer, declarer_name, room, policy,
		started_at, detected_at, declared_at, update_due_at) VALUES ('real', 'investigating', 1, 'sev3', 2, ?1, '', '', 0, ?2, ?2, ?3, '', ?4, ?4, ?4, ?4)`,
		e.text, e.person, "inc-1234-"+e.text, e.at)
	if err != nil {
		return err
	}
	id, err := result.LastInsertId()
	if err != nil {
		return err
	}
	if _, err := f.conn.ExecContext(ctx, `INSERT INTO refs (incident_id, name, value) VALUES (?1, 'slack.origin', 'C0GENERAL')`, id); err != nil {
		return err
	}
	if _, err := f.conn.ExecContext(ctx, `INSERT INTO reminders (incident_id, topic, step, due_at) VALUES (?1, 'update', 0, ?2)`, id, e.at); err != nil {
		return err
	}
	for _, owed := range []struct {
		lane, kind, waits string
		turn              any // of the room alone: all else waits for it
	}{
		{"room", "room", "", 2},
		{"room", "card", "room", nil},
		{"room", "pin", "room", nil},
		{"people", "invite", "room", nil},
		{"signs", "topic", "room", nil},
		{"announce", "announcement", "room", nil},
		{"announce", "bookmarks", "room", nil},
	} {
		if _, err := f.conn.ExecContext(ctx, `INSERT INTO effects (incident_id, lane, kind, subject, waits, request, attempt, refusals, created_at, due_at, turn, error)
			VALUES (?1, ?2, ?3, '', ?6, ?4, 0, 0, ?5, ?5, ?7, '')`, id, owed.lane, owed.kind, e.key, e.at, owed.waits, owed.turn); err != nil {
			return err
		}
	}
	return f.entry(ctx, e, id, "declared")
}

package store

import (
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"time"

	"tocsin/incident"
	"tocsin/store/db"
)

// Times are kept as Unix milliseconds; what has not happened is null. These four are the only conversions.

func millis(t time.Time) int64 { return t.UnixMilli() }

func instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func nullable(t time.Time) sql.NullInt64 {
	if t.IsZero() {
		return sql.NullInt64{} // as it is read back: rows are compared
	}
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: true}
}

func maybe(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return instant(ms.Int64)
}

// rowOf is the row of an incident, without its roles and refs.
func rowOf(i *incident.Incident) db.Incident {
	return db.Incident{
		ID: int64(i.ID), Kind: string(i.Kind), Status: string(i.Status), Open: i.Status.Open(), Severity: string(i.Severity), Rank: int64(i.Rank),
		Title: i.Title, Summary: i.Summary, Service: i.Service, Private: i.Private,
		Declarer: i.Declarer.Handle, DeclarerName: i.Declarer.Name, Room: i.Room, Policy: i.Policy,
		StartedAt: nullable(i.Started), DetectedAt: nullable(i.Detected), DeclaredAt: millis(i.Declared),
		AcknowledgedAt: nullable(i.Acknowledged), MitigatedAt: nullable(i.Mitigated), ResolvedAt: nullable(i.Resolved),
		ClosedAt: nullable(i.Closed), UpdatedAt: nullable(i.Updated), UpdateDueAt: nullable(i.UpdateDue),
		DuplicateOf: sql.NullInt64{Int64: int64(i.DuplicateOf), Valid: i.DuplicateOf != 0}, Duplicates: int64(i.Duplicates), Tasks: int64(len(i.Tasks)),
	}
}

// incidentOf is the incident of a row, with neither roles nor refs yet.
func incidentOf(row db.Incident) *incident.Incident {
	return &incident.Incident{
		ID: incident.ID(row.ID), Kind: incident.Kind(row.Kind), Status: incident.Status(row.Status),
		Severity: incident.Severity(row.Severity), Rank: int(row.Rank), Title: row.Title, Summary: row.Summary, Service: row.Service,
		Private: row.Private, Declarer: incident.Person{Handle: row.Declarer, Name: row.DeclarerName},
		Room: row.Room, Policy: row.Policy,
		Started: maybe(row.StartedAt), Detected: maybe(row.DetectedAt), Declared: instant(row.DeclaredAt),
		Acknowledged: maybe(row.AcknowledgedAt), Mitigated: maybe(row.MitigatedAt), Resolved: maybe(row.ResolvedAt),
		Closed: maybe(row.ClosedAt), Updated: maybe(row.UpdatedAt), UpdateDue: maybe(row.UpdateDueAt),
		DuplicateOf: incident.ID(row.DuplicateOf.Int64), Duplicates: int(row.Duplicates),
		Roles: map[incident.Role]incident.Person{}, Refs: incident.Refs{},
	}
}

func insertOf(row db.Incident) db.InsertIncidentParams {
	return db.InsertIncidentParams{
		Kind: row.Kind, Status: row.Status, Open: row.Open, Severity: row.Severity, Rank: row.Rank, Title: row.Title, Summary: row.Summary,
		Service: row.Service, Private: row.Private, Declarer: row.Declarer, DeclarerName: row.DeclarerName,
		Room: row.Room, Policy: row.Policy, StartedAt: row.StartedAt, DetectedAt: row.DetectedAt, DeclaredAt: row.DeclaredAt,
		AcknowledgedAt: row.AcknowledgedAt, MitigatedAt: row.MitigatedAt, ResolvedAt: row.ResolvedAt, ClosedAt: row.ClosedAt,
		UpdatedAt: row.UpdatedAt, UpdateDueAt: row.UpdateDueAt,
	}
}

// updateOf leaves out what is fixed at birth: the kind, who declared, and when.
func updateOf(row db.Incident) db.UpdateIncidentParams {
	return db.UpdateIncidentParams{
		Status: row.Status, Open: row.Open, Severity: row.Severity, Rank: row.Rank, Title: row.Title, Summary: row.Summary,
		Service: row.Service, Private: row.Private, Room: row.Room, Policy: row.Policy,
		StartedAt: row.StartedAt, DetectedAt: row.DetectedAt, AcknowledgedAt: row.AcknowledgedAt,
		MitigatedAt: row.MitigatedAt, ResolvedAt: row.ResolvedAt, ClosedAt: row.ClosedAt,
		UpdatedAt: row.UpdatedAt, UpdateDueAt: row.UpdateDueAt, DuplicateOf: row.DuplicateOf, Duplicates: row.Duplicates, Tasks: row.Tasks, ID: row.ID,
	}
}

// body is what an entry says, as it is stored and committed to.
type body struct {
	From    string           `json:"from,omitempty"`
	To      string           `json:"to,omitempty"`
	Text    string           `json:"text,omitempty"`
	Whom    *incident.Person `json:"whom,omitempty"`
	Message string           `json:"message,omitempty"`
	Link    string           `json:"link,omitempty"`
}

// contentOf is what an event says and who said it, each with a salt of its own, so that one can be erased without the other.
func contentOf(e incident.Event) (db.InsertContentParams, error) {
	said := body{From: e.From, To: e.To, Text: e.Text, Message: e.Message, Link: e.Link}
	if e.Whom != (incident.Person{}) {
		said.Whom = &e.Whom
	}
	actor, err := json.Marshal(e.By)
	if err != nil {
		return db.InsertContentParams{}, err
	}
	words, err := json.Marshal(said)
	if err != nil {
		return db.InsertContentParams{}, err
	}
	salts := make([]byte, 64)
	_, _ = rand.Read(salts) // never fails: the program ends where there is no randomness
	return db.InsertContentParams{Actor: string(actor), Body: string(words), ActorSalt: salts[:32], BodySalt: salts[32:]}, nil
}

// The labels keep a commitment to one thing from being taken for one to another.
const (
	actorLabel = "tocsin/actor"
	bodyLabel  = "tocsin/body"
)

// commitment is SHA-256(label ‖ 0 ‖ salt ‖ content): it proves the content without telling it, and without the salt not even
// a short one can be guessed.
func commitment(label string, salt []byte, content string) []byte {
	hash := sha256.New()
	hash.Write([]byte(label))
	hash.Write([]byte{0})
	hash.Write(salt)
	hash.Write([]byte(content))
	return hash.Sum(nil)
}

// eventOf is the event of an entry. A content that has been redacted reads as no words by nobody.
func eventOf(e db.Entry, actor, words sql.NullString) (incident.Event, error) {
	event := incident.Event{
		ID: e.ID, Kind: incident.EventKind(e.Kind), Occurred: instant(e.OccurredAt), Corrects: e.Corrects.Int64,
		Stamp: incident.Stamp{At: instant(e.RecordedAt), Request: e.Request},
	}
	if event.Redacted = !actor.Valid; event.Redacted {
		return event, nil
	}
	var said body
	if err := json.Unmarshal([]byte(words.String), &said); err != nil {
		return event, err
	}
	if said.Whom != nil {
		event.Whom = *said.Whom
	}
	event.From, event.To, event.Text, event.Message, event.Link = said.From, said.To, said.Text, said.Message, said.Link
	return event, json.Unmarshal([]byte(actor.String), &event.By)
}

// effectOf is the effect of a row.
func effectOf(row db.Effect) incident.Effect {
	return incident.Effect{
		ID: row.ID, Incident: incident.ID(row.IncidentID), Lane: incident.LaneOf(row.Lane),
		Kind: incident.EffectKind(row.Kind), Subject: row.Subject,
		Request: row.Request, Attempt: int(row.Attempt), Asked: instant(row.CreatedAt),
	}
}

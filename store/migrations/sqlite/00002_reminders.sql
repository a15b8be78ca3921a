-- +goose Up

-- What somebody hears at a time unless it is done before: one row a topic, moved in the transaction that says it.
CREATE TABLE reminders (
    incident_id INTEGER NOT NULL REFERENCES incidents (id),
    topic       TEXT NOT NULL,
    step        INTEGER NOT NULL, -- how often it was said
    due_at      INTEGER NOT NULL,
    PRIMARY KEY (incident_id, topic)
) STRICT, WITHOUT ROWID;

CREATE INDEX reminders_due ON reminders (due_at);

-- Incidents from before: their updates are due as they were.
INSERT INTO reminders (incident_id, topic, step, due_at)
SELECT id, 'update', 0, update_due_at FROM incidents WHERE open AND update_due_at IS NOT NULL;

-- +goose Up

LOCK TABLE goose_db_version IN ACCESS EXCLUSIVE MODE;

-- What somebody hears at a time unless it is done before: one row a topic, moved in the transaction that says it.
CREATE TABLE reminders (
    incident_id BIGINT NOT NULL REFERENCES incidents (id),
    topic       TEXT NOT NULL,
    step        BIGINT NOT NULL, -- how often it was said
    due_at      BIGINT NOT NULL,
    PRIMARY KEY (incident_id, topic)
);

CREATE INDEX reminders_due ON reminders (due_at);

-- Incidents from before: their updates are due as they were.
INSERT INTO reminders (incident_id, topic, step, due_at)
SELECT id, 'update', 0, update_due_at FROM incidents WHERE open AND update_due_at IS NOT NULL;

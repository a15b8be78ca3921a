-- +goose Up

-- How many tasks an incident has had, so that whoever reads one without any need not look for them.
ALTER TABLE incidents ADD COLUMN tasks INTEGER NOT NULL DEFAULT 0;

CREATE TABLE tasks (
    incident_id INTEGER NOT NULL REFERENCES incidents (id),
    number      INTEGER NOT NULL, -- within the incident, from 1
    title       TEXT NOT NULL,
    owner       TEXT NOT NULL, -- '' for nobody yet
    owner_name  TEXT NOT NULL,
    due_at      INTEGER,
    done_at     INTEGER,
    dropped_at  INTEGER,
    why         TEXT NOT NULL, -- it was dropped
    PRIMARY KEY (incident_id, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX tasks_owned ON tasks (owner, incident_id) WHERE done_at IS NULL AND dropped_at IS NULL;

-- Lists, newest first: of all, of a severity, of a service; and what somebody declared, or has a role in.
CREATE INDEX incidents_declared ON incidents (declared_at, id);
CREATE INDEX incidents_severity ON incidents (severity, declared_at, id);
CREATE INDEX incidents_service ON incidents (lower(service), declared_at, id) WHERE service <> '';
CREATE INDEX incidents_declarer ON incidents (declarer);
CREATE INDEX roles_handle ON roles (handle, incident_id);

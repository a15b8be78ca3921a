-- +goose Up

LOCK TABLE goose_db_version IN ACCESS EXCLUSIVE MODE;

-- How many tasks an incident has had, so that whoever reads one without any need not look for them.
ALTER TABLE incidents ADD COLUMN tasks BIGINT NOT NULL DEFAULT 0;

CREATE TABLE tasks (
    incident_id BIGINT NOT NULL REFERENCES incidents (id),
    number      BIGINT NOT NULL, -- within the incident, from 1
    title       TEXT NOT NULL,
    owner       TEXT NOT NULL, -- '' for nobody yet
    owner_name  TEXT NOT NULL,
    due_at      BIGINT,
    done_at     BIGINT,
    dropped_at  BIGINT,
    why         TEXT NOT NULL, -- it was dropped
    PRIMARY KEY (incident_id, number)
);

CREATE INDEX tasks_owned ON tasks (owner, incident_id) WHERE done_at IS NULL AND dropped_at IS NULL;

-- Lists, newest first: of all, of a severity, of a service; and what somebody declared, or has a role in.
CREATE INDEX incidents_declared ON incidents (declared_at, id);
CREATE INDEX incidents_severity ON incidents (severity, declared_at, id);
CREATE INDEX incidents_service ON incidents (lower(service), declared_at, id) WHERE service <> '';
CREATE INDEX incidents_declarer ON incidents (declarer);
CREATE INDEX roles_handle ON roles (handle, incident_id);

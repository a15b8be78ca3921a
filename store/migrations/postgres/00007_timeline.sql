-- +goose Up

LOCK TABLE goose_db_version IN ACCESS EXCLUSIVE MODE;

-- Which entry is the last one about a message of an incident's room: whether somebody has caught it is asked by its name.
CREATE TABLE messages (
    incident_id BIGINT NOT NULL REFERENCES incidents (id),
    message     TEXT NOT NULL, -- what the room calls it
    entry_id    BIGINT NOT NULL REFERENCES entries (id),
    PRIMARY KEY (incident_id, message)
);

-- What was recorded about other entries: corrections, stars, redactions. Few entries are.
CREATE INDEX entries_about ON entries (incident_id, corrects) WHERE corrects IS NOT NULL;

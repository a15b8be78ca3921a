-- +goose Up

LOCK TABLE goose_db_version IN ACCESS EXCLUSIVE MODE;

-- Who hears the updates of an incident, or (incident 0) of all incidents of a service, which is spelt in small letters.
CREATE TABLE subscriptions (
    incident_id BIGINT NOT NULL REFERENCES incidents (id),
    service     TEXT NOT NULL,
    handle      TEXT NOT NULL,
    PRIMARY KEY (incident_id, service, handle)
);

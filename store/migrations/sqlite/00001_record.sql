-- +goose Up

-- Times are Unix milliseconds; a time that may not have come yet is nullable. Persons are (handle, name).

CREATE TABLE installation (
    id TEXT PRIMARY KEY -- 16 hex digits, made with the database
) STRICT;

CREATE TABLE migrations (
    version INTEGER PRIMARY KEY,
    sha256  TEXT NOT NULL -- of the file, so that one edited later is found out
) STRICT;

CREATE TABLE structure (
    name   TEXT PRIMARY KEY, -- of a table, index or trigger
    sha256 TEXT NOT NULL     -- of the statement that made it, so that one dropped or altered by hand is found out
) STRICT;

CREATE TABLE requests (
    key    TEXT PRIMARY KEY,
    at     INTEGER NOT NULL,
    answer BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE incidents (
    id              INTEGER PRIMARY KEY,
    kind            TEXT NOT NULL,
    status          TEXT NOT NULL,
    open            INTEGER NOT NULL, -- what the rules say of the status, so that indexes can ask
    severity        TEXT NOT NULL,
    rank            INTEGER NOT NULL, -- of the severity when it was set, 0 first: whose effects go first
    title           TEXT NOT NULL,
    summary         TEXT NOT NULL,
    service         TEXT NOT NULL,
    private         INTEGER NOT NULL,
    declarer        TEXT NOT NULL,
    declarer_name   TEXT NOT NULL,
    room            TEXT NOT NULL,
    policy          TEXT NOT NULL,
    started_at      INTEGER,
    detected_at     INTEGER,
    declared_at     INTEGER NOT NULL,
    acknowledged_at INTEGER,
    mitigated_at    INTEGER,
    resolved_at     INTEGER,
    closed_at       INTEGER,
    updated_at      INTEGER,
    update_due_at   INTEGER
) STRICT;

CREATE INDEX incidents_open ON incidents (id) WHERE open;
CREATE INDEX incidents_open_declared ON incidents (declared_at) WHERE open;
CREATE INDEX incidents_private ON incidents (id) WHERE private AND status <> 'closed' AND status <> 'declined';

-- What belongs to no incident hangs on the system. No list shows it.
INSERT INTO incidents (id, kind, status, open, severity, rank, title, summary, service, private, declarer, declarer_name, room, policy, declared_at)
VALUES (0, 'system', 'closed', 0, '', 0, 'Tocsin', '', '', 0, 'tocsin', 'Tocsin', '', '', 0);

CREATE TABLE roles (
    incident_id INTEGER NOT NULL REFERENCES incidents (id),
    role        TEXT NOT NULL,
    handle      TEXT NOT NULL,
    name        TEXT NOT NULL,
    PRIMARY KEY (incident_id, role)
) STRICT, WITHOUT ROWID;

CREATE TABLE refs (
    incident_id INTEGER NOT NULL REFERENCES incidents (id),
    name        TEXT NOT NULL,
    value       TEXT NOT NULL,
    PRIMARY KEY (incident_id, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX refs_value ON refs (name, value);

CREATE TABLE entries (
    id               INTEGER PRIMARY KEY,
    incident_id      INTEGER NOT NULL REFERENCES incidents (id),
    kind             TEXT NOT NULL,
    occurred_at      INTEGER NOT NULL,
    recorded_at      INTEGER NOT NULL,
    request          TEXT NOT NULL,
    corrects         INTEGER REFERENCES entries (id),
    source           TEXT NOT NULL,
    actor_commitment BLOB NOT NULL, -- SHA-256("tocsin/actor" ‖ 0 ‖ actor_salt ‖ actor)
    body_commitment  BLOB NOT NULL  -- SHA-256("tocsin/body" ‖ 0 ‖ body_salt ‖ body)
) STRICT;

CREATE INDEX entries_incident ON entries (incident_id, id, kind);

CREATE TABLE contents (
    entry_id   INTEGER PRIMARY KEY REFERENCES entries (id),
    actor      TEXT NOT NULL, -- JSON {handle, name}
    body       TEXT NOT NULL, -- JSON {from, to, text, whom}
    actor_salt BLOB NOT NULL,
    body_salt  BLOB NOT NULL
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER entries_update BEFORE UPDATE ON entries
BEGIN
    SELECT RAISE(ABORT, 'entries are never changed');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER entries_delete BEFORE DELETE ON entries
BEGIN
    SELECT RAISE(ABORT, 'entries are never deleted');
END;
-- +goose StatementEnd

-- A redaction deletes a content; nothing rewrites one.
-- +goose StatementBegin
CREATE TRIGGER contents_update BEFORE UPDATE ON contents
BEGIN
    SELECT RAISE(ABORT, 'contents are never changed');
END;
-- +goose StatementEnd

CREATE TABLE effects (
    id          INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again: messages outside carry it
    incident_id INTEGER NOT NULL REFERENCES incidents (id),
    lane        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    waits       TEXT NOT NULL, -- kind that must be finished first, or ''
    request     TEXT NOT NULL, -- that first asked for it: one id from what came in to what goes out
    attempt     INTEGER NOT NULL,
    refusals    INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    lease_until INTEGER, -- null: nobody is delivering it
    turn        INTEGER, -- the rank of its incident where nothing holds it up, else null: what the view turns says
    done_at     INTEGER,
    buried_at   INTEGER,
    alarmed_at  INTEGER,
    error       TEXT NOT NULL,
    CHECK (turn IS NULL OR done_at IS NULL AND buried_at IS NULL) -- what has ended has no turn
) STRICT;

-- One thing is asked for once, until somebody has begun to bring it in step: what changes then is asked for anew.
CREATE UNIQUE INDEX effects_asked ON effects (incident_id, kind, subject) WHERE done_at IS NULL AND lease_until IS NULL;
-- The order in the lanes, and what others wait for. It holds open effects only, so it stays small, and all that is asked
-- of them, so that their rows need not be read.
CREATE INDEX effects_lane ON effects (incident_id, lane, id, kind, done_at, buried_at) WHERE done_at IS NULL AND buried_at IS NULL;
-- What can be delivered, by when; what people may have to be told is late; and what is being delivered. However long the
-- queue is, what it holds up is in none of them.
CREATE INDEX effects_due ON effects (due_at, lane, created_at, turn) WHERE turn IS NOT NULL AND lease_until IS NULL;
CREATE INDEX effects_unalarmed ON effects (created_at, id, kind) WHERE turn IS NOT NULL AND alarmed_at IS NULL;
CREATE INDEX effects_leased ON effects (lease_until) WHERE lease_until IS NOT NULL;

-- Whose turn it is, leased or not: the open effects that stand first in their lane and wait for nothing asked for earlier.
-- (What is asked for later never holds up what is older: a room that opens again must not stop what its own lane still has
-- to say.) The column turn says the same after each change, for those who look at the whole queue.
CREATE VIEW turns AS
SELECT e.id, e.incident_id, e.turn AS was, CASE WHEN NOT EXISTS (
    SELECT 1 FROM effects f
    WHERE f.incident_id = e.incident_id AND f.lane = e.lane AND f.id < e.id AND f.done_at IS NULL AND f.buried_at IS NULL
) AND (e.waits = '' OR NOT EXISTS (
    SELECT 1 FROM effects w
    WHERE w.incident_id = e.incident_id AND w.kind = e.waits AND w.done_at IS NULL AND w.buried_at IS NULL AND w.id < e.id
)) THEN i.rank END AS turn
FROM effects e JOIN incidents i ON i.id = e.incident_id
WHERE e.done_at IS NULL AND e.buried_at IS NULL;

CREATE TABLE profiles (
    handle   TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    standing TEXT NOT NULL,
    zone     TEXT NOT NULL,
    seen_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who is in whose room. Those who left stay as absent, so that an older look cannot bring them back.
CREATE TABLE members (
    incident_id INTEGER NOT NULL REFERENCES incidents (id),
    handle      TEXT NOT NULL,
    present     INTEGER NOT NULL,
    seen_at     INTEGER NOT NULL,
    PRIMARY KEY (incident_id, handle)
) STRICT, WITHOUT ROWID;

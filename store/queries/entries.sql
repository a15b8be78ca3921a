-- name: InsertEntry :one
INSERT INTO entries (incident_id, kind, occurred_at, recorded_at, request, corrects, source, actor_commitment, body_commitment)
VALUES (
    sqlc.arg(incident_id), sqlc.arg(kind), sqlc.arg(occurred_at), sqlc.arg(recorded_at), sqlc.arg(request),
    sqlc.narg(corrects), sqlc.arg(source), sqlc.arg(actor_commitment), sqlc.arg(body_commitment)
)
RETURNING id;

-- name: InsertContent :exec
INSERT INTO contents (entry_id, actor, body, actor_salt, body_salt)
VALUES (sqlc.arg(entry_id), sqlc.arg(actor), sqlc.arg(body), sqlc.arg(actor_salt), sqlc.arg(body_salt));

-- name: Timeline :many
SELECT sqlc.embed(e), c.actor, c.body
FROM entries e LEFT JOIN contents c ON c.entry_id = e.id
WHERE e.incident_id = sqlc.arg(incident_id) AND e.id < sqlc.arg(before)
ORDER BY e.id DESC
LIMIT CAST(sqlc.arg(lim) AS BIGINT);

-- name: Entry :one
SELECT sqlc.embed(e), c.actor, c.body
FROM entries e LEFT JOIN contents c ON c.entry_id = e.id
WHERE e.id = sqlc.arg(id);

-- name: LatestEntry :one
SELECT sqlc.embed(e), c.actor, c.body
FROM entries e LEFT JOIN contents c ON c.entry_id = e.id
WHERE e.incident_id = sqlc.arg(incident_id) AND e.kind = sqlc.arg(kind)
ORDER BY e.id DESC
LIMIT 1;

-- EntriesAbout are the entries of an incident that are about others of it, from one on, oldest first.
-- name: EntriesAbout :many
SELECT sqlc.embed(e), c.actor, c.body
FROM entries e LEFT JOIN contents c ON c.entry_id = e.id
WHERE e.incident_id = sqlc.arg(incident_id) AND e.corrects >= sqlc.arg(since)
ORDER BY e.id;

-- EntriesAboutOne are those about one entry.
-- name: EntriesAboutOne :many
SELECT sqlc.embed(e), c.actor, c.body
FROM entries e LEFT JOIN contents c ON c.entry_id = e.id
WHERE e.incident_id = sqlc.arg(incident_id) AND e.corrects = sqlc.arg(entry)
ORDER BY e.id;

-- name: EraseContent :execrows
DELETE FROM contents WHERE entry_id = sqlc.arg(entry_id);

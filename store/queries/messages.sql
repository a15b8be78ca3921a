-- PutMessage keeps which entry is the last one about a message of an incident's room.
-- name: PutMessage :exec
INSERT INTO messages (incident_id, message, entry_id)
VALUES (sqlc.arg(incident_id), sqlc.arg(message), sqlc.arg(entry_id))
ON CONFLICT (incident_id, message) DO UPDATE SET entry_id = excluded.entry_id;

-- name: MessageEntry :one
SELECT sqlc.embed(e), c.actor, c.body
FROM messages m JOIN entries e ON e.id = m.entry_id LEFT JOIN contents c ON c.entry_id = e.id
WHERE m.incident_id = sqlc.arg(incident_id) AND m.message = sqlc.arg(message);

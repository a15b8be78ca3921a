-- name: InsertIncident :one
INSERT INTO incidents (
    kind, status, open, severity, rank, title, summary, service, private, declarer, declarer_name, room, policy,
    started_at, detected_at, declared_at, acknowledged_at, mitigated_at, resolved_at, closed_at, updated_at, update_due_at
) VALUES (
    sqlc.arg(kind), sqlc.arg(status), sqlc.arg(open), sqlc.arg(severity), sqlc.arg(rank), sqlc.arg(title), sqlc.arg(summary),
    sqlc.arg(service), sqlc.arg(private), sqlc.arg(declarer), sqlc.arg(declarer_name), sqlc.arg(room), sqlc.arg(policy),
    sqlc.narg(started_at), sqlc.narg(detected_at), sqlc.arg(declared_at), sqlc.narg(acknowledged_at),
    sqlc.narg(mitigated_at), sqlc.narg(resolved_at), sqlc.narg(closed_at), sqlc.narg(updated_at), sqlc.narg(update_due_at)
)
RETURNING id;

-- name: UpdateIncident :exec
UPDATE incidents SET
    status = sqlc.arg(status), open = sqlc.arg(open), severity = sqlc.arg(severity), rank = sqlc.arg(rank), title = sqlc.arg(title),
    summary = sqlc.arg(summary), service = sqlc.arg(service), private = sqlc.arg(private),
    room = sqlc.arg(room), policy = sqlc.arg(policy),
    started_at = sqlc.narg(started_at), detected_at = sqlc.narg(detected_at), acknowledged_at = sqlc.narg(acknowledged_at),
    mitigated_at = sqlc.narg(mitigated_at), resolved_at = sqlc.narg(resolved_at), closed_at = sqlc.narg(closed_at),
    updated_at = sqlc.narg(updated_at), update_due_at = sqlc.narg(update_due_at),
    duplicate_of = sqlc.narg(duplicate_of), duplicates = sqlc.arg(duplicates), tasks = sqlc.arg(tasks)
WHERE id = sqlc.arg(id);

-- LockIncident writes nothing new: it takes the row's lock for the rest of the transaction.
-- name: LockIncident :one
UPDATE incidents SET title = title WHERE id = sqlc.arg(id) RETURNING *;

-- name: Incident :one
SELECT * FROM incidents WHERE id = sqlc.arg(id);

-- name: Private :one
SELECT private FROM incidents WHERE id = sqlc.arg(id);

-- name: ListOpenSince :many
SELECT id, kind, title, service, private FROM incidents
WHERE open AND declared_at >= sqlc.arg(since)
ORDER BY declared_at DESC, id DESC
LIMIT CAST(sqlc.arg(lim) AS BIGINT);

-- ListPrivateRooms begins with the few private incidents: CROSS JOIN keeps SQLite from beginning with all refs of the name.
-- name: ListPrivateRooms :many
SELECT i.* FROM incidents i CROSS JOIN refs r
WHERE i.private AND i.status <> 'declined'
AND r.incident_id = i.id AND r.name = sqlc.arg(ref) AND r.value <> ''
ORDER BY i.open DESC, i.id DESC LIMIT CAST(sqlc.arg(lim) AS BIGINT);

-- Attached is what hangs on an incident: who has which role, what outsiders call it, and what somebody will be reminded of.
-- name: Attached :many
SELECT CAST('role' AS TEXT) AS what, o.role AS name, o.handle AS value, o.name AS person, CAST(0 AS BIGINT) AS step, CAST(0 AS BIGINT) AS due_at
FROM roles o WHERE o.incident_id = sqlc.arg(incident_id)
UNION ALL
SELECT 'ref', r.name, r.value, '', 0, 0 FROM refs r WHERE r.incident_id = sqlc.arg(incident_id)
UNION ALL
SELECT 'reminder', d.topic, '', '', d.step, d.due_at FROM reminders d WHERE d.incident_id = sqlc.arg(incident_id);

-- name: PutRole :exec
INSERT INTO roles (incident_id, role, handle, name)
VALUES (sqlc.arg(incident_id), sqlc.arg(role), sqlc.arg(handle), sqlc.arg(name))
ON CONFLICT (incident_id, role) DO UPDATE SET handle = excluded.handle, name = excluded.name;

-- name: DeleteRole :exec
DELETE FROM roles WHERE incident_id = sqlc.arg(incident_id) AND role = sqlc.arg(role);

-- Ref is one of what outsiders call an incident.
-- name: Ref :one
SELECT value FROM refs WHERE incident_id = sqlc.arg(incident_id) AND name = sqlc.arg(name);

-- PutRef counts what has changed.
-- name: PutRef :execrows
INSERT INTO refs (incident_id, name, value)
VALUES (sqlc.arg(incident_id), sqlc.arg(name), sqlc.arg(value))
ON CONFLICT (incident_id, name) DO UPDATE SET value = excluded.value WHERE refs.value <> excluded.value;

-- DeleteRef counts what has changed.
-- name: DeleteRef :execrows
DELETE FROM refs WHERE incident_id = sqlc.arg(incident_id) AND name = sqlc.arg(name);

-- name: IncidentByRef :one
SELECT incident_id FROM refs
WHERE name = sqlc.arg(name) AND value = sqlc.arg(value)
ORDER BY incident_id DESC
LIMIT 1;

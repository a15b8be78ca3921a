-- name: Profile :one
SELECT * FROM profiles WHERE handle = sqlc.arg(handle);

-- name: PutProfile :exec
INSERT INTO profiles (handle, name, standing, zone, seen_at)
VALUES (sqlc.arg(handle), sqlc.arg(name), sqlc.arg(standing), sqlc.arg(zone), sqlc.arg(seen_at))
ON CONFLICT (handle) DO UPDATE SET
    name = excluded.name, standing = excluded.standing, zone = excluded.zone, seen_at = excluded.seen_at
WHERE profiles.seen_at <= excluded.seen_at;

-- name: PutMember :exec
INSERT INTO members (incident_id, handle, present, seen_at)
VALUES (sqlc.arg(incident_id), sqlc.arg(handle), sqlc.arg(present), sqlc.arg(seen_at))
ON CONFLICT (incident_id, handle) DO UPDATE SET present = excluded.present, seen_at = excluded.seen_at
WHERE members.seen_at <= excluded.seen_at;

-- AbsentMembers takes all for absent who were present at the last look; those who are still there are put back after it.
-- name: AbsentMembers :exec
UPDATE members SET present = FALSE, seen_at = sqlc.arg(seen_at)
WHERE incident_id = sqlc.arg(incident_id) AND seen_at <= sqlc.arg(seen_at) AND present;

-- name: Member :one
SELECT seen_at FROM members WHERE incident_id = sqlc.arg(incident_id) AND handle = sqlc.arg(handle) AND present;

-- name: Present :many
SELECT handle FROM members WHERE incident_id = sqlc.arg(incident_id) AND present ORDER BY handle;

-- HomesShown are the people whose Home tab was shown at an instant or later.
-- name: HomesShown :many
SELECT DISTINCT e.subject FROM effects e WHERE e.kind = 'home' AND e.done_at IS NOT NULL AND e.done_at >= sqlc.arg(since) ORDER BY e.subject;

-- CountOpenEffects counts what is waiting or on its way. What is buried is counted apart: each statement reads the index of
-- what it counts, and not what is done, which is nearly all.
-- name: CountOpenEffects :many
SELECT lane, CAST(CASE WHEN lease_until IS NULL THEN 'waiting' ELSE 'leased' END AS TEXT) AS state, count(*) AS number
FROM effects WHERE done_at IS NULL AND buried_at IS NULL
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: CountBuriedEffects :many
SELECT lane, count(*) AS number
FROM effects WHERE done_at IS NULL AND lease_until IS NULL AND buried_at IS NOT NULL
GROUP BY lane ORDER BY lane;

-- name: OldestEffect :one
SELECT CAST(COALESCE(min(created_at), 0) AS BIGINT) AS asked FROM effects WHERE done_at IS NULL AND buried_at IS NULL;

-- name: OpenEffects :many
SELECT sqlc.embed(e), i.private FROM effects e JOIN incidents i ON i.id = e.incident_id
WHERE e.id > sqlc.arg(after) AND e.id IN (
    SELECT w.id FROM effects w WHERE w.done_at IS NULL AND w.buried_at IS NULL
    UNION ALL
    SELECT b.id FROM effects b WHERE b.done_at IS NULL AND b.lease_until IS NULL AND b.buried_at IS NOT NULL
)
ORDER BY e.id LIMIT CAST(sqlc.arg(lim) AS BIGINT);

-- name: Effect :one
SELECT * FROM effects WHERE id = sqlc.arg(id);

-- RestartEffect makes an effect due that waits or is buried. Its attempts stay, so that whoever delivers it looks first.
-- name: RestartEffect :execrows
UPDATE effects SET
    due_at = sqlc.arg(at),
    created_at = CASE WHEN buried_at IS NULL THEN created_at ELSE sqlc.arg(at) END,
    alarmed_at = CASE WHEN buried_at IS NULL THEN alarmed_at END,
    refusals = CASE WHEN buried_at IS NULL THEN refusals ELSE 0 END,
    buried_at = NULL
WHERE id = sqlc.arg(id) AND done_at IS NULL AND lease_until IS NULL;

-- name: Probe :exec
UPDATE installation SET id = id;

-- name: RequestsAfter :many
SELECT key, at FROM requests WHERE key > sqlc.arg(after) ORDER BY key LIMIT CAST(sqlc.arg(lim) AS BIGINT);

-- name: ForgetRequest :execrows
DELETE FROM requests WHERE key = sqlc.arg(key) AND at < sqlc.arg(before);

-- name: EntriesAfter :many
SELECT e.id, e.kind, e.corrects, e.actor_commitment, e.body_commitment, c.actor, c.body, c.actor_salt, c.body_salt
FROM entries e LEFT JOIN contents c ON c.entry_id = e.id
WHERE e.id > sqlc.arg(after) ORDER BY e.id LIMIT CAST(sqlc.arg(lim) AS BIGINT);

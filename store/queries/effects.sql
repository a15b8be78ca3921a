-- AskEffect asks for a thing to be brought in step. One that waits already will read the newest state and is left alone;
-- a buried one gets a new life.
-- name: AskEffect :exec
INSERT INTO effects (incident_id, lane, kind, subject, waits, request, attempt, refusals, created_at, due_at, error)
VALUES (
    sqlc.arg(incident_id), sqlc.arg(lane), sqlc.arg(kind), sqlc.arg(subject), sqlc.arg(waits), sqlc.arg(request), 0, 0,
    sqlc.arg(at), sqlc.arg(at), ''
)
ON CONFLICT (incident_id, kind, subject) WHERE done_at IS NULL AND lease_until IS NULL DO UPDATE SET
    request = excluded.request, buried_at = NULL, alarmed_at = NULL, refusals = 0,
    created_at = excluded.created_at, due_at = excluded.due_at
WHERE effects.buried_at IS NOT NULL;

-- PutOffEffect takes back what nobody has tried yet, so that it can be asked for again behind all that is owed by then.
-- name: PutOffEffect :exec
UPDATE effects SET done_at = sqlc.arg(at), turn = NULL, error = 'superseded'
WHERE incident_id = sqlc.arg(incident_id) AND kind = sqlc.arg(kind) AND subject = sqlc.arg(subject)
AND attempt = 0 AND done_at IS NULL AND lease_until IS NULL;

-- name: FinishEffect :one
UPDATE effects SET done_at = sqlc.arg(at), lease_until = NULL, turn = NULL, error = ''
WHERE id = sqlc.arg(id) AND attempt = sqlc.arg(attempt) AND lease_until IS NOT NULL
RETURNING alarmed_at;

-- RoomIsComing tells whether a room was asked for after an effect, and is not given up.
-- name: RoomIsComing :one
SELECT EXISTS (
    SELECT 1 FROM effects WHERE incident_id = sqlc.arg(incident_id) AND lane = 'room' AND kind = 'room'
    AND id > sqlc.arg(after) AND done_at IS NULL AND buried_at IS NULL
);

-- LaneBehind are those that stand behind an effect in its lane.
-- name: LaneBehind :many
SELECT * FROM effects WHERE incident_id = sqlc.arg(incident_id) AND lane = sqlc.arg(lane) AND id > sqlc.arg(after)
AND done_at IS NULL AND buried_at IS NULL AND lease_until IS NULL ORDER BY id;

-- name: SupersedeEffect :execrows
UPDATE effects SET done_at = sqlc.arg(at), turn = NULL, error = 'superseded'
WHERE incident_id = sqlc.arg(incident_id) AND kind = sqlc.arg(kind) AND subject = sqlc.arg(subject)
AND done_at IS NULL AND lease_until IS NULL;

-- name: ReleaseEffect :one
UPDATE effects SET lease_until = NULL, due_at = sqlc.arg(due_at), error = sqlc.arg(error), refusals = refusals + sqlc.arg(refused)
WHERE id = sqlc.arg(id) AND attempt = sqlc.arg(attempt) AND lease_until IS NOT NULL
RETURNING refusals;

-- name: BuryEffect :one
UPDATE effects SET lease_until = NULL, turn = NULL, buried_at = sqlc.arg(at), error = sqlc.arg(error)
WHERE id = sqlc.arg(id) AND attempt = sqlc.arg(attempt) AND lease_until IS NOT NULL
RETURNING id;

-- ReviveEffect lets an effect begin anew that was to be buried, because the same thing has been asked for since.
-- name: ReviveEffect :one
UPDATE effects SET lease_until = NULL, alarmed_at = NULL, refusals = 0, due_at = sqlc.arg(at), error = sqlc.arg(error)
WHERE id = sqlc.arg(id) AND attempt = sqlc.arg(attempt) AND lease_until IS NOT NULL
RETURNING id;

-- name: LapsedEffects :many
SELECT * FROM effects WHERE lease_until IS NOT NULL AND lease_until <= sqlc.arg(until) ORDER BY id;

-- TakeTurns says of the open effects of an incident whose turn it is now. A rank is never negative.
-- name: TakeTurns :exec
UPDATE effects SET turn = t.turn FROM turns t
WHERE t.id = effects.id AND t.incident_id = sqlc.arg(incident_id) AND COALESCE(t.turn, -1) <> COALESCE(t.was, -1);

-- LateEffects are those of which somebody is told. That news for one of many subscribers take their time is no news.
-- name: LateEffects :many
SELECT * FROM effects
WHERE turn IS NOT NULL AND alarmed_at IS NULL AND kind <> sqlc.arg(quiet) AND kind <> 'news' AND created_at <= sqlc.arg(since)
ORDER BY created_at, id
LIMIT CAST(sqlc.arg(lim) AS BIGINT);

-- name: AlarmEffect :exec
UPDATE effects SET alarmed_at = sqlc.arg(at) WHERE id = sqlc.arg(id);

-- NextDue is when something becomes due, a deadline passes, and a lease is over; 0 is never.
-- name: NextDue :one
SELECT
    CAST(COALESCE((SELECT min(d.due_at) FROM effects d WHERE d.turn IS NOT NULL AND d.lease_until IS NULL), 0) AS BIGINT) AS due,
    CAST(COALESCE((SELECT min(a.created_at) FROM effects a WHERE a.turn IS NOT NULL AND a.alarmed_at IS NULL AND a.kind <> sqlc.arg(quiet) AND a.kind <> 'news'), 0) AS BIGINT) AS asked,
    CAST(COALESCE((SELECT min(l.lease_until) FROM effects l WHERE l.lease_until IS NOT NULL), 0) AS BIGINT) AS lease;

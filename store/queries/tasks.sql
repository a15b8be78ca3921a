-- name: PutTask :exec
INSERT INTO tasks (incident_id, number, title, owner, owner_name, due_at, done_at, dropped_at, why)
VALUES (
    sqlc.arg(incident_id), sqlc.arg(number), sqlc.arg(title), sqlc.arg(owner), sqlc.arg(owner_name),
    sqlc.narg(due_at), sqlc.narg(done_at), sqlc.narg(dropped_at), sqlc.arg(why)
)
ON CONFLICT (incident_id, number) DO UPDATE SET
    title = excluded.title, owner = excluded.owner, owner_name = excluded.owner_name, due_at = excluded.due_at,
    done_at = excluded.done_at, dropped_at = excluded.dropped_at, why = excluded.why;

-- name: TasksOf :many
SELECT * FROM tasks WHERE incident_id = sqlc.arg(incident_id) ORDER BY number;

-- name: OwnTasks :many
SELECT * FROM tasks
WHERE owner = sqlc.arg(owner) AND done_at IS NULL AND dropped_at IS NULL
ORDER BY incident_id DESC, number
LIMIT CAST(sqlc.arg(lim) AS BIGINT);

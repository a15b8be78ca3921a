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

-- OwnTasks leaves out those of incidents that are over: nobody is asked for these any more.
-- name: OwnTasks :many
SELECT t.* FROM tasks t JOIN incidents i ON i.id = t.incident_id
WHERE t.owner = sqlc.arg(owner) AND t.done_at IS NULL AND t.dropped_at IS NULL AND i.status NOT IN ('closed', 'declined')
ORDER BY t.due_at IS NULL, t.due_at, t.incident_id DESC, t.number
LIMIT CAST(sqlc.arg(lim) AS BIGINT);

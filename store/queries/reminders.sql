-- name: PutReminder :exec
INSERT INTO reminders (incident_id, topic, step, due_at)
VALUES (sqlc.arg(incident_id), sqlc.arg(topic), sqlc.arg(step), sqlc.arg(due_at))
ON CONFLICT (incident_id, topic) DO UPDATE SET step = excluded.step, due_at = excluded.due_at;

-- name: DeleteReminder :exec
DELETE FROM reminders WHERE incident_id = sqlc.arg(incident_id) AND topic = sqlc.arg(topic);

-- DueReminders are incidents of which somebody is to be reminded of something, each as often as it has topics that are due.
-- name: DueReminders :many
SELECT incident_id FROM reminders WHERE due_at <= sqlc.arg(at) ORDER BY due_at LIMIT CAST(sqlc.arg(lim) AS BIGINT);

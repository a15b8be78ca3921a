-- name: Subscribe :exec
INSERT INTO subscriptions (incident_id, service, handle) VALUES (sqlc.arg(incident_id), sqlc.arg(service), sqlc.arg(handle))
ON CONFLICT (incident_id, service, handle) DO NOTHING;

-- name: Unsubscribe :execrows
DELETE FROM subscriptions WHERE incident_id = sqlc.arg(incident_id) AND service = sqlc.arg(service) AND handle = sqlc.arg(handle);

-- name: Subscribers :many
SELECT s.handle FROM subscriptions s WHERE s.incident_id = sqlc.arg(incident_id) AND s.service = ''
UNION
SELECT t.handle FROM subscriptions t WHERE t.incident_id = 0 AND t.service <> '' AND t.service = sqlc.arg(service)
ORDER BY 1;

-- Told are the subjects of what was owed to those who asked to hear of an incident.
-- name: Told :many
SELECT DISTINCT e.subject FROM effects e WHERE e.incident_id = sqlc.arg(incident_id) AND e.kind = 'news' ORDER BY e.subject;

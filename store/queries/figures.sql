-- Figures are the times of the real incidents that were declared at an instant or later.
-- name: Figures :many
SELECT id, severity, rank, private, started_at, resolved_at FROM incidents
WHERE declared_at >= sqlc.arg(since) AND kind = sqlc.arg(kind) AND status <> sqlc.arg(undecided) AND status <> sqlc.arg(declined)
ORDER BY declared_at, id;

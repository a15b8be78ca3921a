-- name: InsertRequest :execrows
INSERT INTO requests (key, at, answer) VALUES (sqlc.arg(key), sqlc.arg(at), sqlc.arg(answer))
ON CONFLICT (key) DO NOTHING;

-- name: AnswerRequest :exec
UPDATE requests SET answer = sqlc.arg(answer) WHERE key = sqlc.arg(key);

-- name: Answer :one
SELECT answer FROM requests WHERE key = sqlc.arg(key);

-- name: Installation :one
SELECT id FROM installation;

-- name: InsertInstallation :exec
INSERT INTO installation (id) VALUES (sqlc.arg(id));

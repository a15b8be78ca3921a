-- +goose Up

LOCK TABLE goose_db_version IN ACCESS EXCLUSIVE MODE;

-- Which incident this one is a duplicate of (none: null), and how many are one of it. It refers to no row, so that incidents
-- can be copied in the order of their numbers.
ALTER TABLE incidents ADD COLUMN duplicate_of BIGINT;
ALTER TABLE incidents ADD COLUMN duplicates BIGINT NOT NULL DEFAULT 0;

-- +goose Up

-- Which incident this one is a duplicate of (none: null), and how many are one of it. It refers to no row, so that incidents
-- can be copied in the order of their numbers.
ALTER TABLE incidents ADD COLUMN duplicate_of INTEGER;
ALTER TABLE incidents ADD COLUMN duplicates INTEGER NOT NULL DEFAULT 0;

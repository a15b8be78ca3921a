-- +goose Up

-- What the texts of entries are found by: their words, without the texts, which stand in contents alone. Rows are numbered
-- like entries. They are deleted by their words, and are gone from their pages then (contentless_delete would keep them there, and only call
-- them deleted).
CREATE VIRTUAL TABLE words USING fts5(text, content='', detail=none, tokenize='unicode61 remove_diacritics 0');

INSERT INTO words (words, rank) VALUES ('secure-delete', 1);

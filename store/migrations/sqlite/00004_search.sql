-- +goose Up

-- What the texts of entries are found by: their words, without the texts, which stand in contents alone. Rows are numbered
-- like entries. What is deleted is gone from its pages too.
CREATE VIRTUAL TABLE words USING fts5(text, content='', contentless_delete=1, detail=none, tokenize='unicode61 remove_diacritics 0');

INSERT INTO words (words, rank) VALUES ('secure-delete', 1);

-- +goose Up

LOCK TABLE goose_db_version IN ACCESS EXCLUSIVE MODE;

-- What the texts of entries are found by: their words, without the texts, which stand in contents alone.
CREATE TABLE words (
    entry_id BIGINT PRIMARY KEY REFERENCES entries (id),
    words    TSVECTOR NOT NULL
);

CREATE INDEX words_words ON words USING gin (words);

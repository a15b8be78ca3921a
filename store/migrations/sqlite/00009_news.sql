-- +goose Up

-- To whom an update was told by direct message: they are to see what becomes of its words, also when they have stopped asking.
CREATE INDEX effects_news ON effects (incident_id, subject) WHERE kind = 'news';

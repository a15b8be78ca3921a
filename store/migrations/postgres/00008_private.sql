-- +goose Up

LOCK TABLE goose_db_version IN ACCESS EXCLUSIVE MODE;

-- Private incidents stay within reach of those in their rooms when they are over: who that is, is read of them too, after what is
-- open.
DROP INDEX incidents_private;
CREATE INDEX incidents_private ON incidents (open, id) WHERE private AND status <> 'declined';

-- Whose Home tab was shown: what it showed may be none of their business any more.
CREATE INDEX effects_homes ON effects (done_at, subject) WHERE kind = 'home' AND done_at IS NOT NULL;

-- +goose Up
-- scratch: answers about certificates are weighed by when they were said, and a
-- hold is told from a revocation for good. What stands is asked for again.
DELETE FROM revocation_answers;
ALTER TABLE revocation_answers ADD COLUMN said BIGINT NOT NULL DEFAULT 0;
ALTER TABLE revocation_answers ADD COLUMN held BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE revocation_answers DROP COLUMN held;
ALTER TABLE revocation_answers DROP COLUMN said;

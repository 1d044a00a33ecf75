-- +goose Up
-- Who answered a request for a token, when, and, where it was declined, why.
ALTER TABLE custody_requests ADD COLUMN answered_by TEXT NOT NULL DEFAULT '';
ALTER TABLE custody_requests ADD COLUMN answered INTEGER NULL;
ALTER TABLE custody_requests ADD COLUMN answer TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE custody_requests DROP COLUMN answer;
ALTER TABLE custody_requests DROP COLUMN answered;
ALTER TABLE custody_requests DROP COLUMN answered_by;

-- +goose Up
-- Who answered a request for a token, when, and, where it was declined, why.
ALTER TABLE custody_requests
	ADD COLUMN answered_by VARBINARY(64) NOT NULL DEFAULT '',
	ADD COLUMN answered BIGINT NULL,
	ADD COLUMN answer TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE custody_requests DROP COLUMN answer, DROP COLUMN answered, DROP COLUMN answered_by;

-- +goose Up
-- What a correction raises: that a leak is possible after all, and how many people's data it is.
ALTER TABLE incident_notes
	ADD COLUMN leak INT NULL,
	ADD COLUMN people INT NULL;

-- +goose Down
ALTER TABLE incident_notes DROP COLUMN people, DROP COLUMN leak;

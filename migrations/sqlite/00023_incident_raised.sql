-- +goose Up
-- What a correction raises: that a leak is possible after all, and how many people's data it is.
ALTER TABLE incident_notes ADD COLUMN leak INTEGER NULL;
ALTER TABLE incident_notes ADD COLUMN people INTEGER NULL;

-- +goose Down
ALTER TABLE incident_notes DROP COLUMN people;
ALTER TABLE incident_notes DROP COLUMN leak;

-- +goose Up
-- whom a release before it is due is about: keyed index of the ID number. One of
-- before names nobody and lets nobody in; the two people release the row anew.
ALTER TABLE early_renewals ADD COLUMN person VARBINARY(64) NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE early_renewals DROP COLUMN person;

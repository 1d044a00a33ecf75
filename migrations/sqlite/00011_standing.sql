-- +goose Up
ALTER TABLE applications ADD COLUMN held_from TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN hold_case TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN hold_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN withdraw_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN withdraw_page TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN withdraw_scan TEXT NOT NULL DEFAULT '';
CREATE INDEX applications_number ON applications (id_number_blind);

-- +goose Down
DROP INDEX applications_number;
ALTER TABLE applications DROP COLUMN held_from;
ALTER TABLE applications DROP COLUMN hold_case;
ALTER TABLE applications DROP COLUMN hold_reason;
ALTER TABLE applications DROP COLUMN withdraw_reason;
ALTER TABLE applications DROP COLUMN withdraw_page;
ALTER TABLE applications DROP COLUMN withdraw_scan;

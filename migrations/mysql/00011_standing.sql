-- +goose Up
ALTER TABLE applications
	ADD COLUMN held_from VARBINARY(32) NOT NULL DEFAULT '',
	ADD COLUMN hold_case VARCHAR(500) NOT NULL DEFAULT '',
	ADD COLUMN hold_reason TEXT NOT NULL DEFAULT '',
	ADD COLUMN withdraw_reason TEXT NOT NULL DEFAULT '',
	ADD COLUMN withdraw_page VARCHAR(500) NOT NULL DEFAULT '',
	ADD COLUMN withdraw_scan VARBINARY(64) NOT NULL DEFAULT '',
	ADD KEY applications_number (id_number_blind);

-- +goose Down
ALTER TABLE applications
	DROP KEY applications_number,
	DROP COLUMN held_from, DROP COLUMN hold_case, DROP COLUMN hold_reason,
	DROP COLUMN withdraw_reason, DROP COLUMN withdraw_page, DROP COLUMN withdraw_scan;

-- +goose Up
ALTER TABLE applications
	ADD COLUMN early_entry BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN early_valid_to VARBINARY(10) NOT NULL DEFAULT '';

CREATE TABLE early_renewals (
	id VARBINARY(100) NOT NULL PRIMARY KEY,
	year SMALLINT UNSIGNED NOT NULL,
	school VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	apply_no VARBINARY(64) NOT NULL,
	name VARCHAR(200) NOT NULL,
	valid_to VARBINARY(10) NOT NULL,
	reason TEXT NOT NULL,
	by_staff VARBINARY(64) NOT NULL,
	second VARBINARY(64) NOT NULL,
	at BIGINT NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY early_renewals_school (school),
	KEY early_renewals_path (path, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: who may be taken in before the last registration ends (R05)';


-- +goose Down
DROP TABLE early_renewals;
ALTER TABLE applications
	DROP COLUMN early_entry,
	DROP COLUMN early_valid_to;

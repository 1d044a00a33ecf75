-- +goose Up
ALTER TABLE applications
	ADD COLUMN held_from VARBINARY(32) NOT NULL DEFAULT '',
	ADD COLUMN hold_case VARCHAR(500) NOT NULL DEFAULT '',
	ADD COLUMN hold_reason TEXT NOT NULL DEFAULT '',
	ADD COLUMN withdraw_reason TEXT NOT NULL DEFAULT '',
	ADD COLUMN withdraw_page VARCHAR(500) NOT NULL DEFAULT '',
	ADD COLUMN withdraw_scan VARBINARY(64) NOT NULL DEFAULT '',
	ADD KEY applications_number (id_number_blind);

CREATE TABLE delegations (
	id VARBINARY(100) NOT NULL PRIMARY KEY,
	school VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	kind VARBINARY(16) NOT NULL,
	delegate VARBINARY(64) NOT NULL,
	from_at BIGINT NOT NULL,
	until_at BIGINT NOT NULL,
	reason TEXT NOT NULL,
	by_staff VARBINARY(64) NOT NULL,
	ended_by VARBINARY(64) NOT NULL,
	end_reason TEXT NOT NULL,
	ended_at BIGINT NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY delegations_delegate (delegate),
	KEY delegations_path (path, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: who sends for a school, for a time; gives power';

CREATE TABLE relatives (
	id VARBINARY(100) NOT NULL PRIMARY KEY,
	staff VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	school VARBINARY(64) NOT NULL,
	apply_no VARBINARY(64) NOT NULL,
	relation VARBINARY(16) NOT NULL,
	at BIGINT NOT NULL,
	removal TEXT NOT NULL,
	removal_seconded VARBINARY(64) NOT NULL,
	removed_at BIGINT NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY relatives_staff (staff)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: whose application a staff member declared to be a relative''s';

CREATE TABLE working_days (
	id VARBINARY(16) NOT NULL PRIMARY KEY,
	year SMALLINT UNSIGNED NOT NULL,
	org VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	off_days VARBINARY(1024) NOT NULL,
	on_days VARBINARY(1024) NOT NULL,
	paper VARCHAR(500) NOT NULL,
	reason TEXT NOT NULL,
	entry BIGINT UNSIGNED NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: holidays and worked weekends of a plan year';

-- +goose Down
DROP TABLE working_days;
DROP TABLE relatives;
DROP TABLE delegations;
ALTER TABLE applications
	DROP KEY applications_number,
	DROP COLUMN held_from, DROP COLUMN hold_case, DROP COLUMN hold_reason,
	DROP COLUMN withdraw_reason, DROP COLUMN withdraw_page, DROP COLUMN withdraw_scan;

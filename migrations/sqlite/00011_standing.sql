-- +goose Up
ALTER TABLE applications ADD COLUMN held_from TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN hold_case TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN hold_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN withdraw_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN withdraw_page TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN withdraw_scan TEXT NOT NULL DEFAULT '';
CREATE INDEX applications_number ON applications (id_number_blind);

-- record: who sends for a school, for a time; gives power
CREATE TABLE delegations (
	id TEXT NOT NULL PRIMARY KEY,
	school TEXT NOT NULL,
	path TEXT NOT NULL,
	kind TEXT NOT NULL,
	delegate TEXT NOT NULL,
	from_at INTEGER NOT NULL,
	until_at INTEGER NOT NULL,
	reason TEXT NOT NULL,
	by_staff TEXT NOT NULL,
	ended_by TEXT NOT NULL,
	end_reason TEXT NOT NULL,
	ended_at INTEGER NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX delegations_delegate ON delegations (delegate);
CREATE INDEX delegations_path ON delegations (path, id);

-- record: whose application a staff member declared to be a relative's
CREATE TABLE relatives (
	id TEXT NOT NULL PRIMARY KEY,
	staff TEXT NOT NULL,
	path TEXT NOT NULL,
	school TEXT NOT NULL,
	apply_no TEXT NOT NULL,
	relation TEXT NOT NULL,
	at INTEGER NOT NULL,
	removal TEXT NOT NULL,
	removal_seconded TEXT NOT NULL,
	removed_at INTEGER NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX relatives_staff ON relatives (staff);

-- record: holidays and worked weekends of a plan year
CREATE TABLE working_days (
	id TEXT NOT NULL PRIMARY KEY,
	year INTEGER NOT NULL,
	org TEXT NOT NULL,
	path TEXT NOT NULL,
	off_days TEXT NOT NULL,
	on_days TEXT NOT NULL,
	paper TEXT NOT NULL,
	reason TEXT NOT NULL,
	entry INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE working_days;
DROP TABLE relatives;
DROP TABLE delegations;
DROP INDEX applications_number;
ALTER TABLE applications DROP COLUMN held_from;
ALTER TABLE applications DROP COLUMN hold_case;
ALTER TABLE applications DROP COLUMN hold_reason;
ALTER TABLE applications DROP COLUMN withdraw_reason;
ALTER TABLE applications DROP COLUMN withdraw_page;
ALTER TABLE applications DROP COLUMN withdraw_scan;

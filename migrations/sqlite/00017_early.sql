-- +goose Up
ALTER TABLE applications ADD COLUMN early_entry INTEGER NOT NULL DEFAULT 0;
ALTER TABLE applications ADD COLUMN early_valid_to TEXT NOT NULL DEFAULT '';

-- record: who may be taken in before the last registration ends (R05)
CREATE TABLE early_renewals (
	id TEXT NOT NULL PRIMARY KEY,
	year INTEGER NOT NULL,
	school TEXT NOT NULL,
	path TEXT NOT NULL,
	apply_no TEXT NOT NULL,
	name TEXT NOT NULL,
	valid_to TEXT NOT NULL,
	reason TEXT NOT NULL,
	by_staff TEXT NOT NULL,
	second TEXT NOT NULL,
	at INTEGER NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX early_renewals_school ON early_renewals (school);
CREATE INDEX early_renewals_path ON early_renewals (path, id);

-- +goose Down
DROP TABLE early_renewals;
ALTER TABLE applications DROP COLUMN early_entry;
ALTER TABLE applications DROP COLUMN early_valid_to;

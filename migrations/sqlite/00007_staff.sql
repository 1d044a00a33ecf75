-- +goose Up
-- record: accounts, opened by a filing and closed with the post; gives power
ALTER TABLE staff RENAME TO staff_before;
DROP INDEX staff_path;
CREATE TABLE staff (
	id TEXT NOT NULL PRIMARY KEY,
	name TEXT NOT NULL,
	org TEXT NOT NULL,
	path TEXT NOT NULL,
	post TEXT NOT NULL,
	phone BLOB NOT NULL,
	filed_on INTEGER NULL,
	pledge TEXT NOT NULL,
	closes INTEGER NULL,
	trained TEXT NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
INSERT INTO staff SELECT id, name, org, path, post, phone, filed_on, '', NULL, trained, entry FROM staff_before;
DROP TABLE staff_before;
CREATE INDEX staff_path ON staff (path);

-- record: staff filing forms (R54); an account springs from one
CREATE TABLE filings (
	id TEXT NOT NULL PRIMARY KEY,
	staff TEXT NOT NULL,
	org TEXT NOT NULL,
	path TEXT NOT NULL,
	kind TEXT NOT NULL,
	name TEXT NOT NULL,
	post TEXT NOT NULL,
	phone BLOB NOT NULL,
	roles TEXT NOT NULL,
	pledge TEXT NOT NULL,
	starts INTEGER NOT NULL,
	closes INTEGER NULL,
	upward INTEGER NULL,
	state TEXT NOT NULL,
	by_staff TEXT NOT NULL,
	at INTEGER NOT NULL,
	checked_by TEXT NOT NULL,
	checked_at INTEGER NULL,
	note TEXT NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX filings_staff ON filings (staff);
CREATE INDEX filings_state ON filings (state, path);

-- +goose Down
DROP TABLE filings;
ALTER TABLE staff DROP COLUMN closes;
ALTER TABLE staff DROP COLUMN pledge;

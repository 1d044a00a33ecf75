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

-- record: who has which role where, until it is ended; gives power
ALTER TABLE appointments RENAME TO appointments_before;
DROP INDEX appointments_staff;
DROP INDEX appointments_role;
CREATE TABLE appointments (
	id TEXT NOT NULL PRIMARY KEY,
	staff TEXT NOT NULL,
	role TEXT NOT NULL,
	org TEXT NOT NULL,
	path TEXT NOT NULL,
	ended INTEGER NULL,
	entry INTEGER NOT NULL
) STRICT;
INSERT INTO appointments SELECT id, staff, role, org, path, NULL, entry FROM appointments_before;
DROP TABLE appointments_before;
CREATE INDEX appointments_staff ON appointments (staff);
CREATE INDEX appointments_role ON appointments (role, org);

-- record: roles granted and taken away, old beside new, for the auditor
CREATE TABLE role_changes (
	id TEXT NOT NULL PRIMARY KEY,
	staff TEXT NOT NULL,
	org TEXT NOT NULL,
	path TEXT NOT NULL,
	role TEXT NOT NULL,
	granted INTEGER NOT NULL,
	before_roles TEXT NOT NULL,
	after_roles TEXT NOT NULL,
	asked_by TEXT NOT NULL,
	done_by TEXT NOT NULL,
	reason TEXT NOT NULL,
	at INTEGER NOT NULL,
	reviewed_by TEXT NOT NULL,
	reviewed_at INTEGER NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX role_changes_staff ON role_changes (staff);
CREATE INDEX role_changes_review ON role_changes (reviewed_by, path);

-- The three officers exclude each other and every business role (domain
-- section 1), whatever program writes here.
-- +goose StatementBegin
CREATE TRIGGER appointments_exclusive_insert BEFORE INSERT ON appointments WHEN NEW.ended IS NULL
BEGIN
	SELECT RAISE(ABORT, 'officers exclude every other role') FROM appointments
		WHERE staff = NEW.staff AND id <> NEW.id AND ended IS NULL AND role <> NEW.role
		AND (role IN ('SYS', 'SEC', 'AUD') OR NEW.role IN ('SYS', 'SEC', 'AUD'));
END
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER appointments_exclusive_update BEFORE UPDATE ON appointments WHEN NEW.ended IS NULL
BEGIN
	SELECT RAISE(ABORT, 'officers exclude every other role') FROM appointments
		WHERE staff = NEW.staff AND id <> OLD.id AND ended IS NULL AND role <> NEW.role
		AND (role IN ('SYS', 'SEC', 'AUD') OR NEW.role IN ('SYS', 'SEC', 'AUD'));
END
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER appointments_exclusive_update;
DROP TRIGGER appointments_exclusive_insert;
DROP TABLE role_changes;
ALTER TABLE appointments DROP COLUMN ended;
DROP TABLE filings;
ALTER TABLE staff DROP COLUMN closes;
ALTER TABLE staff DROP COLUMN pledge;

-- +goose Up
ALTER TABLE staff
	ADD COLUMN pledge VARCHAR(200) NOT NULL AFTER filed_on,
	ADD COLUMN closes BIGINT NULL AFTER pledge,
	COMMENT='record: accounts, opened by a filing and closed with the post; gives power';

CREATE TABLE filings (
	id VARBINARY(100) NOT NULL PRIMARY KEY,
	staff VARBINARY(64) NOT NULL,
	org VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	kind VARBINARY(16) NOT NULL,
	name VARCHAR(200) NOT NULL,
	post VARCHAR(200) NOT NULL,
	phone VARBINARY(255) NOT NULL,
	roles VARBINARY(255) NOT NULL,
	pledge VARCHAR(200) NOT NULL,
	starts BIGINT NOT NULL,
	closes BIGINT NULL,
	upward BIGINT NULL,
	state VARBINARY(16) NOT NULL,
	by_staff VARBINARY(64) NOT NULL,
	at BIGINT NOT NULL,
	checked_by VARBINARY(64) NOT NULL,
	checked_at BIGINT NULL,
	note TEXT NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY filings_staff (staff),
	KEY filings_state (state, path)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: staff filing forms (R54); an account springs from one';

ALTER TABLE appointments ADD COLUMN ended BIGINT NULL AFTER path;

CREATE TABLE role_changes (
	id VARBINARY(100) NOT NULL PRIMARY KEY,
	staff VARBINARY(64) NOT NULL,
	org VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	role VARBINARY(16) NOT NULL,
	granted TINYINT NOT NULL,
	before_roles VARBINARY(255) NOT NULL,
	after_roles VARBINARY(255) NOT NULL,
	asked_by VARBINARY(64) NOT NULL,
	done_by VARBINARY(64) NOT NULL,
	reason TEXT NOT NULL,
	at BIGINT NOT NULL,
	reviewed_by VARBINARY(64) NOT NULL,
	reviewed_at BIGINT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY role_changes_staff (staff),
	KEY role_changes_review (reviewed_by, path)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: roles granted and taken away, old beside new, for the auditor';

-- The three officers exclude each other and every business role (domain
-- section 1), whatever program writes here: no session variable switches a
-- trigger off, and the portal's account may neither drop nor make one. The row
-- of the person is locked first, so that two writers cannot pass each other.
-- +goose StatementBegin
CREATE TRIGGER appointments_exclusive_insert BEFORE INSERT ON appointments FOR EACH ROW
BEGIN
	DECLARE n INT DEFAULT 0;
	IF NEW.ended IS NULL THEN
		SELECT COUNT(*) INTO n FROM staff WHERE id = NEW.staff FOR UPDATE;
		SELECT COUNT(*) INTO n FROM appointments WHERE staff = NEW.staff AND id <> NEW.id AND ended IS NULL AND role <> NEW.role
			AND (role IN ('SYS', 'SEC', 'AUD') OR NEW.role IN ('SYS', 'SEC', 'AUD')) LOCK IN SHARE MODE;
		IF n > 0 THEN
			SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'officers exclude every other role';
		END IF;
	END IF;
END
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER appointments_exclusive_update BEFORE UPDATE ON appointments FOR EACH ROW
BEGIN
	DECLARE n INT DEFAULT 0;
	IF NEW.ended IS NULL THEN
		SELECT COUNT(*) INTO n FROM staff WHERE id = NEW.staff FOR UPDATE;
		SELECT COUNT(*) INTO n FROM appointments WHERE staff = NEW.staff AND id <> OLD.id AND ended IS NULL AND role <> NEW.role
			AND (role IN ('SYS', 'SEC', 'AUD') OR NEW.role IN ('SYS', 'SEC', 'AUD')) LOCK IN SHARE MODE;
		IF n > 0 THEN
			SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'officers exclude every other role';
		END IF;
	END IF;
END
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER appointments_exclusive_update;
DROP TRIGGER appointments_exclusive_insert;
DROP TABLE role_changes;
ALTER TABLE appointments DROP COLUMN ended;
DROP TABLE filings;
ALTER TABLE staff DROP COLUMN closes, DROP COLUMN pledge;

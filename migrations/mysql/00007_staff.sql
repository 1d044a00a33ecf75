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

-- +goose Down
DROP TABLE filings;
ALTER TABLE staff DROP COLUMN closes, DROP COLUMN pledge;

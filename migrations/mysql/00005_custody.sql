-- +goose Up
-- A key lies in a token and has a certificate serial number.
ALTER TABLE custody_keys
	ADD COLUMN token VARBINARY(64) NOT NULL DEFAULT '',
	ADD COLUMN serial VARBINARY(64) NOT NULL DEFAULT '',
	ADD COLUMN issuer VARBINARY(16) NOT NULL DEFAULT '',
	ADD KEY custody_keys_token (token);

CREATE TABLE custody_tokens (
	serial VARBINARY(64) NOT NULL PRIMARY KEY,
	label VARCHAR(200) NOT NULL,
	vendor VARCHAR(200) NOT NULL,
	state VARBINARY(16) NOT NULL,
	custodian VARBINARY(64) NOT NULL CHECK (custodian <> ''),
	path VARBINARY(255) NOT NULL,
	for_staff VARBINARY(64) NOT NULL,
	delivery VARBINARY(64) NOT NULL,
	delivered BIGINT NOT NULL,
	since BIGINT NOT NULL,
	by_staff VARBINARY(64) NOT NULL,
	reason TEXT NOT NULL,
	loss_mark VARBINARY(64) NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY custody_tokens_state (state, serial),
	KEY custody_tokens_custodian (custodian),
	KEY custody_tokens_path (path)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: which USB key, as an object, is in whose hands; gives power';

CREATE TABLE custody_requests (
	id VARBINARY(64) NOT NULL PRIMARY KEY,
	staff VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	by_staff VARBINARY(64) NOT NULL,
	reason TEXT NOT NULL,
	at BIGINT NOT NULL,
	state VARBINARY(16) NOT NULL,
	token VARBINARY(64) NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY custody_requests_state (state)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: who asked that whom be given a token; gives power';

CREATE TABLE media (
	id VARBINARY(64) NOT NULL PRIMARY KEY,
	kind VARCHAR(64) NOT NULL,
	custodian VARBINARY(64) NOT NULL CHECK (custodian <> ''),
	path VARBINARY(255) NOT NULL,
	for_staff VARBINARY(64) NOT NULL,
	encryption VARCHAR(64) NOT NULL,
	location VARCHAR(200) NOT NULL,
	contents VARCHAR(200) NOT NULL,
	state VARBINARY(16) NOT NULL,
	since BIGINT NOT NULL,
	by_staff VARBINARY(64) NOT NULL,
	second_staff VARBINARY(64) NOT NULL,
	reason TEXT NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY media_custodian (custodian),
	KEY media_path (path)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: disks, sticks and printers with memory, one named person each (R59); gives power';

CREATE TABLE stocktakes (
	id VARBINARY(64) NOT NULL PRIMARY KEY,
	path VARBINARY(255) NOT NULL,
	year INT NOT NULL,
	opened BIGINT NOT NULL,
	by_staff VARBINARY(64) NOT NULL,
	closed BIGINT NULL,
	closed_by VARBINARY(64) NOT NULL,
	second_staff VARBINARY(64) NOT NULL,
	note TEXT NOT NULL,
	expected INT NOT NULL,
	proved INT NOT NULL,
	counted INT NOT NULL,
	missing INT NOT NULL,
	entry BIGINT UNSIGNED NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: the yearly count of the keys; gives power';

CREATE TABLE sightings (
	id VARBINARY(190) NOT NULL PRIMARY KEY,
	path VARBINARY(255) NOT NULL,
	year INT NOT NULL,
	token VARBINARY(64) NOT NULL,
	how VARBINARY(16) NOT NULL,
	by_staff VARBINARY(64) NOT NULL,
	at BIGINT NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY sightings_year (year)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: which key was seen in which year''s count';

-- +goose Down
DROP TABLE sightings;
DROP TABLE stocktakes;
DROP TABLE media;
DROP TABLE custody_requests;
DROP TABLE custody_tokens;
ALTER TABLE custody_keys DROP KEY custody_keys_token, DROP COLUMN issuer, DROP COLUMN serial, DROP COLUMN token;

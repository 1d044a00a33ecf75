-- +goose Up
CREATE TABLE organisations (
	id VARBINARY(64) NOT NULL PRIMARY KEY,
	parent VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	kind VARBINARY(32) NOT NULL,
	name VARCHAR(200) NOT NULL,
	ownership VARCHAR(32) NOT NULL,
	division VARBINARY(16) NOT NULL,
	stages VARCHAR(200) NOT NULL,
	licence VARCHAR(64) NOT NULL,
	valid_from BIGINT NOT NULL,
	valid_to BIGINT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY organisations_path (path)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: the tree of bodies; gives power';

CREATE TABLE staff (
	id VARBINARY(64) NOT NULL PRIMARY KEY,
	name VARCHAR(200) NOT NULL,
	org VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	post VARCHAR(200) NOT NULL,
	phone VARBINARY(255) NOT NULL,
	filed_on BIGINT NULL,
	trained VARCHAR(200) NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY staff_path (path)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: people on file';

CREATE TABLE appointments (
	id VARBINARY(190) NOT NULL PRIMARY KEY,
	staff VARBINARY(64) NOT NULL,
	role VARBINARY(16) NOT NULL,
	org VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY appointments_staff (staff),
	KEY appointments_role (role, org)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: who has which role where; gives power';

CREATE TABLE custody_keys (
	fingerprint VARBINARY(64) NOT NULL PRIMARY KEY,
	staff VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	certificate BLOB NOT NULL,
	token_label VARCHAR(200) NOT NULL,
	state VARBINARY(16) NOT NULL,
	since BIGINT NOT NULL,
	by_staff VARBINARY(64) NOT NULL,
	reason TEXT NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY custody_keys_staff (staff)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: which key is in whose hands; gives power';

-- +goose Down
DROP TABLE custody_keys;
DROP TABLE appointments;
DROP TABLE staff;
DROP TABLE organisations;

-- +goose Up
CREATE TABLE sessions (
	token_hash VARBINARY(64) NOT NULL PRIMARY KEY,
	staff VARBINARY(64) NOT NULL,
	fingerprint VARBINARY(64) NOT NULL,
	started BIGINT NOT NULL,
	seen BIGINT NOT NULL,
	expires BIGINT NOT NULL,
	locked TINYINT NOT NULL,
	payload BLOB NOT NULL,
	KEY sessions_staff (staff)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='scratch: browsers that signed in';

CREATE TABLE pendings (
	id VARBINARY(64) NOT NULL PRIMARY KEY,
	cookie_hash VARBINARY(64) NOT NULL,
	staff VARBINARY(64) NOT NULL,
	kind VARBINARY(32) NOT NULL,
	statement MEDIUMBLOB NOT NULL,
	annex LONGBLOB NOT NULL,
	payload LONGBLOB NOT NULL,
	created BIGINT NOT NULL,
	expires BIGINT NOT NULL,
	KEY pendings_cookie (cookie_hash),
	KEY pendings_expires (expires)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='scratch: statements that wait for a seal';

CREATE TABLE drafts (
	staff VARBINARY(64) NOT NULL,
	name VARBINARY(200) NOT NULL,
	body LONGBLOB NOT NULL,
	updated BIGINT NOT NULL,
	PRIMARY KEY (staff, name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='scratch: what a person typed and did not send; encrypted';

CREATE TABLE import_jobs (
	id VARBINARY(64) NOT NULL PRIMARY KEY,
	organ VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	by_staff VARBINARY(64) NOT NULL,
	state VARBINARY(32) NOT NULL,
	progress INT NOT NULL,
	total INT NOT NULL,
	file_name VARCHAR(255) NOT NULL,
	original LONGBLOB NOT NULL,
	report LONGBLOB NOT NULL,
	created BIGINT NOT NULL,
	updated BIGINT NOT NULL,
	KEY import_jobs_organ (organ, created)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='scratch: sheets between upload and decision; the original encrypted';

CREATE TABLE import_rows (
	job VARBINARY(64) NOT NULL,
	line INT NOT NULL,
	code VARBINARY(64) NOT NULL,
	cells MEDIUMBLOB NOT NULL,
	PRIMARY KEY (job, line),
	KEY import_rows_code (job, code, line)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='scratch: rows of a sheet, cells encrypted';

CREATE TABLE throttles (
	name VARBINARY(200) NOT NULL PRIMARY KEY,
	count INT NOT NULL,
	since BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='scratch: counters that slow down knocking';

-- +goose Down
DROP TABLE throttles;
DROP TABLE import_rows;
DROP TABLE import_jobs;
DROP TABLE drafts;
DROP TABLE pendings;
DROP TABLE sessions;

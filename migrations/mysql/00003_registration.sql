-- +goose Up
CREATE TABLE windows (
	id VARBINARY(190) NOT NULL PRIMARY KEY,
	year SMALLINT UNSIGNED NOT NULL,
	org VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	stage VARBINARY(32) NOT NULL,
	opens BIGINT NOT NULL,
	closes BIGINT NOT NULL,
	paper VARCHAR(200) NOT NULL,
	reason TEXT NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY windows_org (year, org)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: stages of the plan year, half-open';

CREATE TABLE applications (
	id VARBINARY(64) NOT NULL PRIMARY KEY,
	year SMALLINT UNSIGNED NOT NULL,
	unit VARBINARY(64) NOT NULL,
	school VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	state VARBINARY(32) NOT NULL,
	outcome VARBINARY(32) NOT NULL,
	reg_kind VARBINARY(32) NOT NULL,
	class VARBINARY(16) NOT NULL,
	name VARCHAR(200) NOT NULL,
	stage VARBINARY(64) NOT NULL,
	subject VARCHAR(200) NOT NULL,
	apply_no VARBINARY(64) NOT NULL,
	applied_at BIGINT NOT NULL,
	form MEDIUMBLOB NOT NULL,
	id_number VARBINARY(255) NOT NULL,
	cert_number VARBINARY(255) NOT NULL,
	gender VARBINARY(255) NOT NULL,
	appraisals VARBINARY(1024) NOT NULL,
	ethics VARBINARY(2048) NOT NULL,
	health VARBINARY(2048) NOT NULL,
	id_number_blind BINARY(32) NOT NULL,
	cert_number_blind BINARY(32) NOT NULL,
	live_year SMALLINT UNSIGNED NULL,
	findings MEDIUMBLOB NOT NULL,
	pack VARBINARY(64) NOT NULL,
	import_id VARBINARY(64) NOT NULL,
	deeds VARBINARY(2048) NOT NULL,
	reviewer VARBINARY(64) NOT NULL,
	sender VARBINARY(64) NOT NULL,
	auditor VARBINARY(64) NOT NULL,
	confirmer VARBINARY(64) NOT NULL,
	round INT NOT NULL,
	school_conclusion VARBINARY(32) NOT NULL,
	school_reason TEXT NOT NULL,
	conclusion VARBINARY(32) NOT NULL,
	conclusion_rules VARBINARY(255) NOT NULL,
	reason TEXT NOT NULL,
	return_reason TEXT NOT NULL,
	imported_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	UNIQUE KEY applications_person (live_year, id_number_blind),
	KEY applications_cert (cert_number_blind),
	KEY applications_path (path, id),
	KEY applications_state (state, path, id),
	KEY applications_school (school, id),
	KEY applications_import (import_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: one teacher in one plan year';

CREATE TABLE reviews (
	id VARBINARY(100) NOT NULL PRIMARY KEY,
	application VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	round INT NOT NULL,
	reviewer VARBINARY(64) NOT NULL,
	compared BLOB NOT NULL,
	explained MEDIUMBLOB NOT NULL,
	answers MEDIUMBLOB NOT NULL,
	conclusion VARBINARY(32) NOT NULL,
	reason TEXT NOT NULL,
	at BIGINT NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY reviews_application (application)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: the school''s three checks';

CREATE TABLE corrections (
	id VARBINARY(190) NOT NULL PRIMARY KEY,
	application VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	field VARBINARY(64) NOT NULL,
	old_value VARBINARY(2048) NOT NULL,
	new_value VARBINARY(2048) NOT NULL,
	reason TEXT NOT NULL,
	evidence TEXT NOT NULL,
	mended_at_source TINYINT NOT NULL,
	by_staff VARBINARY(64) NOT NULL,
	at BIGINT NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY corrections_application (application)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: old value beside the new one, for ever; both encrypted';

CREATE TABLE imports (
	id VARBINARY(64) NOT NULL PRIMARY KEY,
	organ VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	year SMALLINT UNSIGNED NOT NULL,
	file_digest VARBINARY(64) NOT NULL,
	choice VARBINARY(16) NOT NULL,
	accepted INT NOT NULL,
	refused INT NOT NULL,
	overdue INT NOT NULL,
	waiting INT NOT NULL,
	by_staff VARBINARY(64) NOT NULL,
	at BIGINT NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY imports_path (path, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: sheets taken in';

CREATE TABLE proposals (
	id VARBINARY(64) NOT NULL PRIMARY KEY,
	kind VARBINARY(32) NOT NULL,
	unit VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	subject VARBINARY(200) NOT NULL,
	body MEDIUMBLOB NOT NULL,
	signers VARBINARY(2048) NOT NULL,
	signed VARBINARY(2048) NOT NULL,
	state VARBINARY(16) NOT NULL,
	note TEXT NOT NULL,
	expires BIGINT NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY proposals_unit (unit, state),
	KEY proposals_subject (subject)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: acts of several people that are not complete';

-- +goose Down
DROP TABLE proposals;
DROP TABLE imports;
DROP TABLE corrections;
DROP TABLE reviews;
DROP TABLE applications;
DROP TABLE windows;

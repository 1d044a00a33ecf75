-- +goose Up
CREATE TABLE duty_rules (
	id VARBINARY(100) NOT NULL PRIMARY KEY,
	org VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	version INT NOT NULL,
	duty VARBINARY(4000) NOT NULL,
	keeper VARBINARY(64) NOT NULL,
	rota BLOB NOT NULL,
	two_sign BLOB NOT NULL,
	seal_rule BLOB NOT NULL,
	by_staff VARBINARY(64) NOT NULL,
	at BIGINT NOT NULL,
	reviewed BIGINT NOT NULL,
	reviewer VARBINARY(64) NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY duty_rules_org (org)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: what an organ files about duty, two-person work and seals, by version (R63)';

CREATE TABLE exercises (
	id VARBINARY(100) NOT NULL PRIMARY KEY,
	kind VARBINARY(16) NOT NULL,
	year SMALLINT UNSIGNED NOT NULL,
	org VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	held_on BIGINT NOT NULL,
	bodies VARBINARY(4000) NOT NULL,
	topic BLOB NOT NULL,
	giver BLOB NOT NULL,
	people BLOB NOT NULL,
	result BLOB NOT NULL,
	by_staff VARBINARY(64) NOT NULL,
	at BIGINT NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY exercises_path (path, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: security lessons and drills of a year (R53)';

CREATE TABLE incidents (
	id VARBINARY(100) NOT NULL PRIMARY KEY,
	year SMALLINT UNSIGNED NOT NULL,
	org VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	noticed BIGINT NOT NULL,
	noticed_by BLOB NOT NULL,
	what BLOB NOT NULL,
	whose BLOB NOT NULL,
	people INT NOT NULL,
	leak INT NOT NULL,
	by_staff VARBINARY(64) NOT NULL,
	at BIGINT NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY incidents_path (path, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: security incidents as they were noticed (R53)';

CREATE TABLE incident_notes (
	id VARBINARY(100) NOT NULL PRIMARY KEY,
	incident VARBINARY(64) NOT NULL,
	n INT NOT NULL,
	kind VARBINARY(16) NOT NULL,
	org VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	party VARBINARY(16) NOT NULL,
	happened BIGINT NOT NULL,
	note BLOB NOT NULL,
	by_staff VARBINARY(64) NOT NULL,
	at BIGINT NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY incident_notes_incident (incident)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: what was added to an incident later (R53)';

-- +goose Down
DROP TABLE incident_notes;
DROP TABLE incidents;
DROP TABLE exercises;
DROP TABLE duty_rules;

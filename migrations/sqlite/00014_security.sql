-- +goose Up
-- record: what an organ files about duty, two-person work and seals, by version (R63)
CREATE TABLE duty_rules (
	id TEXT NOT NULL PRIMARY KEY,
	org TEXT NOT NULL,
	path TEXT NOT NULL,
	version INTEGER NOT NULL,
	duty TEXT NOT NULL,
	keeper TEXT NOT NULL,
	rota BLOB NOT NULL,
	two_sign BLOB NOT NULL,
	seal_rule BLOB NOT NULL,
	by_staff TEXT NOT NULL,
	at INTEGER NOT NULL,
	reviewed INTEGER NOT NULL,
	reviewer TEXT NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX duty_rules_org ON duty_rules (org);

-- record: security lessons and drills of a year (R53)
CREATE TABLE exercises (
	id TEXT NOT NULL PRIMARY KEY,
	kind TEXT NOT NULL,
	year INTEGER NOT NULL,
	org TEXT NOT NULL,
	path TEXT NOT NULL,
	held_on INTEGER NOT NULL,
	bodies TEXT NOT NULL,
	topic BLOB NOT NULL,
	giver BLOB NOT NULL,
	people BLOB NOT NULL,
	result BLOB NOT NULL,
	by_staff TEXT NOT NULL,
	at INTEGER NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX exercises_path ON exercises (path, id);

-- record: security incidents as they were noticed (R53)
CREATE TABLE incidents (
	id TEXT NOT NULL PRIMARY KEY,
	year INTEGER NOT NULL,
	org TEXT NOT NULL,
	path TEXT NOT NULL,
	noticed INTEGER NOT NULL,
	noticed_by BLOB NOT NULL,
	what BLOB NOT NULL,
	whose BLOB NOT NULL,
	people INTEGER NOT NULL,
	leak INTEGER NOT NULL,
	by_staff TEXT NOT NULL,
	at INTEGER NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX incidents_path ON incidents (path, id);

-- record: what was added to an incident later (R53)
CREATE TABLE incident_notes (
	id TEXT NOT NULL PRIMARY KEY,
	incident TEXT NOT NULL,
	n INTEGER NOT NULL,
	kind TEXT NOT NULL,
	org TEXT NOT NULL,
	path TEXT NOT NULL,
	party TEXT NOT NULL,
	happened INTEGER NOT NULL,
	note BLOB NOT NULL,
	by_staff TEXT NOT NULL,
	at INTEGER NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX incident_notes_incident ON incident_notes (incident);

-- +goose Down
DROP TABLE incident_notes;
DROP TABLE incidents;
DROP TABLE exercises;
DROP TABLE duty_rules;

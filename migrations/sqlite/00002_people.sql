-- +goose Up
-- record: the tree of bodies; gives power
CREATE TABLE organisations (
	id TEXT NOT NULL PRIMARY KEY,
	parent TEXT NOT NULL,
	path TEXT NOT NULL,
	kind TEXT NOT NULL,
	name TEXT NOT NULL,
	ownership TEXT NOT NULL,
	division TEXT NOT NULL,
	stages TEXT NOT NULL,
	licence TEXT NOT NULL,
	valid_from INTEGER NOT NULL,
	valid_to INTEGER NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX organisations_path ON organisations (path);

-- record: people on file
CREATE TABLE staff (
	id TEXT NOT NULL PRIMARY KEY,
	name TEXT NOT NULL,
	org TEXT NOT NULL,
	path TEXT NOT NULL,
	post TEXT NOT NULL,
	phone BLOB NOT NULL,
	filed_on INTEGER NULL,
	trained TEXT NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX staff_path ON staff (path);

-- record: who has which role where; gives power
CREATE TABLE appointments (
	id TEXT NOT NULL PRIMARY KEY,
	staff TEXT NOT NULL,
	role TEXT NOT NULL,
	org TEXT NOT NULL,
	path TEXT NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX appointments_staff ON appointments (staff);
CREATE INDEX appointments_role ON appointments (role, org);

-- record: which key is in whose hands; gives power
CREATE TABLE custody_keys (
	fingerprint TEXT NOT NULL PRIMARY KEY,
	staff TEXT NOT NULL,
	path TEXT NOT NULL,
	certificate BLOB NOT NULL,
	token_label TEXT NOT NULL,
	state TEXT NOT NULL,
	since INTEGER NOT NULL,
	by_staff TEXT NOT NULL,
	reason TEXT NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX custody_keys_staff ON custody_keys (staff);

-- +goose Down
DROP TABLE custody_keys;
DROP TABLE appointments;
DROP TABLE staff;
DROP TABLE organisations;

-- +goose Up
-- A key lies in a token and has a certificate serial number.
ALTER TABLE custody_keys ADD COLUMN token TEXT NOT NULL DEFAULT '';
ALTER TABLE custody_keys ADD COLUMN serial TEXT NOT NULL DEFAULT '';
ALTER TABLE custody_keys ADD COLUMN issuer TEXT NOT NULL DEFAULT '';
CREATE INDEX custody_keys_token ON custody_keys (token);

-- record: which USB key, as an object, is in whose hands; gives power
CREATE TABLE custody_tokens (
	serial TEXT NOT NULL PRIMARY KEY,
	label TEXT NOT NULL,
	vendor TEXT NOT NULL,
	state TEXT NOT NULL,
	custodian TEXT NOT NULL CHECK (custodian <> ''),
	path TEXT NOT NULL,
	for_staff TEXT NOT NULL,
	delivery TEXT NOT NULL,
	delivered INTEGER NOT NULL,
	since INTEGER NOT NULL,
	by_staff TEXT NOT NULL,
	reason TEXT NOT NULL,
	loss_mark BLOB NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX custody_tokens_state ON custody_tokens (state, serial);
CREATE INDEX custody_tokens_custodian ON custody_tokens (custodian);
CREATE INDEX custody_tokens_path ON custody_tokens (path);

-- record: who asked that whom be given a token; gives power
CREATE TABLE custody_requests (
	id TEXT NOT NULL PRIMARY KEY,
	staff TEXT NOT NULL,
	path TEXT NOT NULL,
	by_staff TEXT NOT NULL,
	reason TEXT NOT NULL,
	at INTEGER NOT NULL,
	state TEXT NOT NULL,
	token TEXT NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX custody_requests_state ON custody_requests (state);

-- record: disks, sticks and printers with memory, one named person each (R59); gives power
CREATE TABLE media (
	id TEXT NOT NULL PRIMARY KEY,
	kind TEXT NOT NULL,
	custodian TEXT NOT NULL CHECK (custodian <> ''),
	path TEXT NOT NULL,
	for_staff TEXT NOT NULL,
	encryption TEXT NOT NULL,
	location TEXT NOT NULL,
	contents TEXT NOT NULL,
	state TEXT NOT NULL,
	since INTEGER NOT NULL,
	by_staff TEXT NOT NULL,
	second_staff TEXT NOT NULL,
	reason TEXT NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX media_custodian ON media (custodian);
CREATE INDEX media_path ON media (path);

-- record: the yearly count of the keys; gives power
CREATE TABLE stocktakes (
	id TEXT NOT NULL PRIMARY KEY,
	path TEXT NOT NULL,
	year INTEGER NOT NULL,
	opened INTEGER NOT NULL,
	by_staff TEXT NOT NULL,
	closed INTEGER NULL,
	closed_by TEXT NOT NULL,
	second_staff TEXT NOT NULL,
	note TEXT NOT NULL,
	expected INTEGER NOT NULL,
	proved INTEGER NOT NULL,
	counted INTEGER NOT NULL,
	missing INTEGER NOT NULL,
	entry INTEGER NOT NULL
) STRICT;

-- record: which key was seen in which year's count
CREATE TABLE sightings (
	id TEXT NOT NULL PRIMARY KEY,
	path TEXT NOT NULL,
	year INTEGER NOT NULL,
	token TEXT NOT NULL,
	how TEXT NOT NULL,
	by_staff TEXT NOT NULL,
	at INTEGER NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX sightings_year ON sightings (year);

-- +goose Down
DROP TABLE sightings;
DROP TABLE stocktakes;
DROP TABLE media;
DROP TABLE custody_requests;
DROP TABLE custody_tokens;
DROP INDEX custody_keys_token;
ALTER TABLE custody_keys DROP COLUMN issuer;
ALTER TABLE custody_keys DROP COLUMN serial;
ALTER TABLE custody_keys DROP COLUMN token;

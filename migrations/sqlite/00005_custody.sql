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

-- +goose Down
DROP TABLE custody_requests;
DROP TABLE custody_tokens;
DROP INDEX custody_keys_token;
ALTER TABLE custody_keys DROP COLUMN issuer;
ALTER TABLE custody_keys DROP COLUMN serial;
ALTER TABLE custody_keys DROP COLUMN token;

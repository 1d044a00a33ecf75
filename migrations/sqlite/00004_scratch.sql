-- +goose Up
-- scratch: browsers that signed in
CREATE TABLE sessions (
	token_hash TEXT NOT NULL PRIMARY KEY,
	staff TEXT NOT NULL,
	fingerprint TEXT NOT NULL,
	started INTEGER NOT NULL,
	seen INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	locked INTEGER NOT NULL,
	payload BLOB NOT NULL
) STRICT;
CREATE INDEX sessions_staff ON sessions (staff);

-- scratch: statements that wait for a seal
CREATE TABLE pendings (
	id TEXT NOT NULL PRIMARY KEY,
	cookie_hash TEXT NOT NULL,
	staff TEXT NOT NULL,
	kind TEXT NOT NULL,
	statement BLOB NOT NULL,
	annex BLOB NOT NULL,
	payload BLOB NOT NULL,
	created INTEGER NOT NULL,
	expires INTEGER NOT NULL
) STRICT;
CREATE INDEX pendings_cookie ON pendings (cookie_hash);
CREATE INDEX pendings_expires ON pendings (expires);

-- scratch: what a person typed and did not send; encrypted
CREATE TABLE drafts (
	staff TEXT NOT NULL,
	name TEXT NOT NULL,
	body BLOB NOT NULL,
	updated INTEGER NOT NULL,
	PRIMARY KEY (staff, name)
) STRICT;

-- scratch: sheets between upload and decision; the original encrypted
CREATE TABLE import_jobs (
	id TEXT NOT NULL PRIMARY KEY,
	organ TEXT NOT NULL,
	path TEXT NOT NULL,
	by_staff TEXT NOT NULL,
	state TEXT NOT NULL,
	progress INTEGER NOT NULL,
	total INTEGER NOT NULL,
	file_name TEXT NOT NULL,
	original BLOB NOT NULL,
	report BLOB NOT NULL,
	created INTEGER NOT NULL,
	updated INTEGER NOT NULL
) STRICT;
CREATE INDEX import_jobs_organ ON import_jobs (organ, created);

-- scratch: rows of a sheet, cells encrypted
CREATE TABLE import_rows (
	job TEXT NOT NULL,
	line INTEGER NOT NULL,
	code TEXT NOT NULL,
	cells BLOB NOT NULL,
	PRIMARY KEY (job, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX import_rows_code ON import_rows (job, code, line);

-- scratch: counters that slow down knocking
CREATE TABLE throttles (
	name TEXT NOT NULL PRIMARY KEY,
	count INTEGER NOT NULL,
	since INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE throttles;
DROP TABLE import_rows;
DROP TABLE import_jobs;
DROP TABLE drafts;
DROP TABLE pendings;
DROP TABLE sessions;

-- +goose Up
-- record: what a later sheet said otherwise about an application
CREATE TABLE sheet_changes (
	id TEXT NOT NULL PRIMARY KEY,
	application TEXT NOT NULL,
	path TEXT NOT NULL,
	file_digest TEXT NOT NULL,
	fields BLOB NOT NULL,
	applied INTEGER NOT NULL,
	by_staff TEXT NOT NULL,
	at INTEGER NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX sheet_changes_application ON sheet_changes (application);

-- +goose Down
DROP TABLE sheet_changes;

-- +goose Up
-- record: who looked at which whole number, and why
CREATE TABLE looks (
	id TEXT NOT NULL PRIMARY KEY,
	about TEXT NOT NULL,
	path TEXT NOT NULL,
	fields TEXT NOT NULL,
	reason BLOB NOT NULL,
	by_staff TEXT NOT NULL,
	hour TEXT NOT NULL,
	at INTEGER NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX looks_about ON looks (about);
CREATE INDEX looks_hour ON looks (hour);

-- +goose Down
DROP TABLE looks;

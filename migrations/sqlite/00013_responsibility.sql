-- +goose Up
-- record: the yearly responsibility sheet of a body and the head who signed it; gives power (R55)
CREATE TABLE responsibility_sheets (
	id TEXT NOT NULL PRIMARY KEY,
	year INTEGER NOT NULL,
	org TEXT NOT NULL,
	path TEXT NOT NULL,
	head TEXT NOT NULL,
	paper TEXT NOT NULL,
	at INTEGER NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX responsibility_sheets_org ON responsibility_sheets (org, year);
CREATE INDEX responsibility_sheets_path ON responsibility_sheets (path, id);
CREATE INDEX appointments_org ON appointments (org);

-- +goose Down
DROP INDEX appointments_org;
DROP TABLE responsibility_sheets;

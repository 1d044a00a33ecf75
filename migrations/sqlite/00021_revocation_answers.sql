-- +goose Up
-- scratch: the last answer of an external authority about a certificate, so
-- that a restart does not forget the grace
CREATE TABLE revocation_answers (
	authority TEXT NOT NULL,
	serial TEXT NOT NULL,
	at INTEGER NOT NULL,
	ended INTEGER NOT NULL,
	mark BLOB NOT NULL,
	PRIMARY KEY (authority, serial)
) STRICT;

-- +goose Down
DROP TABLE revocation_answers;

-- +goose Up
-- record: who may do what, as it was sealed; gives power
CREATE TABLE policies (
	id TEXT NOT NULL PRIMARY KEY,
	org TEXT NOT NULL,
	path TEXT NOT NULL,
	digest TEXT NOT NULL,
	model BLOB NOT NULL,
	file BLOB NOT NULL,
	base TEXT NOT NULL,
	of_id TEXT NOT NULL,
	effective INTEGER NOT NULL,
	reason TEXT NOT NULL,
	by_staff TEXT NOT NULL,
	second TEXT NOT NULL,
	at INTEGER NOT NULL,
	entry INTEGER NOT NULL
) STRICT;

-- record: who opens an emergency and holds the shares; gives power
CREATE TABLE custodians (
	id TEXT NOT NULL PRIMARY KEY,
	org TEXT NOT NULL,
	path TEXT NOT NULL,
	staff TEXT NOT NULL,
	quorum INTEGER NOT NULL,
	base TEXT NOT NULL,
	reason TEXT NOT NULL,
	by_staff TEXT NOT NULL,
	second TEXT NOT NULL,
	at INTEGER NOT NULL,
	entry INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE custodians;
DROP TABLE policies;

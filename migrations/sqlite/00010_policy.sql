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

-- record: what custodians opened together; gives power
CREATE TABLE emergencies (
	id TEXT NOT NULL PRIMARY KEY,
	org TEXT NOT NULL,
	path TEXT NOT NULL,
	list TEXT NOT NULL,
	staff TEXT NOT NULL,
	fingerprint TEXT NOT NULL,
	certificate BLOB NOT NULL,
	token TEXT NOT NULL,
	role TEXT NOT NULL,
	reason TEXT NOT NULL,
	called INTEGER NOT NULL,
	deadline INTEGER NOT NULL,
	sealed TEXT NOT NULL,
	state TEXT NOT NULL,
	opened INTEGER NOT NULL,
	opening INTEGER NOT NULL,
	until INTEGER NOT NULL,
	used INTEGER NOT NULL,
	told TEXT NOT NULL,
	entry INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE emergencies;
DROP TABLE custodians;
DROP TABLE policies;

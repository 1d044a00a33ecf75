-- +goose Up
-- log: the one mutable row, size, root and epoch under HMAC
CREATE TABLE log_head (
	id INTEGER NOT NULL PRIMARY KEY,
	size INTEGER NOT NULL,
	root BLOB NOT NULL,
	frontier BLOB NOT NULL,
	epoch INTEGER NOT NULL,
	logged INTEGER NOT NULL,
	hmac BLOB NOT NULL,
	signed_size INTEGER NOT NULL
) STRICT;

-- log: one leaf per row; the columns beside the leaf are an index of it
CREATE TABLE log_entries (
	number INTEGER NOT NULL PRIMARY KEY,
	leaf BLOB NOT NULL,
	previous INTEGER NOT NULL,
	received INTEGER NOT NULL,
	logged INTEGER NOT NULL,
	act TEXT NOT NULL,
	actor TEXT NOT NULL,
	body TEXT NOT NULL,
	subject TEXT NOT NULL,
	path TEXT NOT NULL,
	statement BLOB NULL
) STRICT;
CREATE UNIQUE INDEX log_entries_seal ON log_entries (statement, actor);
CREATE INDEX log_entries_subject ON log_entries (subject, number);
CREATE INDEX log_entries_actor ON log_entries (actor, number);
CREATE INDEX log_entries_body ON log_entries (body, number);
CREATE INDEX log_entries_act ON log_entries (act, number);
CREATE INDEX log_entries_logged ON log_entries (logged, number);

-- log: what the digests of an entry cover, with its salt
CREATE TABLE log_bodies (
	number INTEGER NOT NULL,
	kind TEXT NOT NULL,
	salt BLOB NOT NULL,
	seed BLOB NOT NULL,
	body BLOB NOT NULL,
	PRIMARY KEY (number, kind)
) STRICT;

-- log: full tiles, each once; the partial edge is derived
CREATE TABLE log_tiles (
	level INTEGER NOT NULL,
	idx INTEGER NOT NULL,
	hashes BLOB NOT NULL,
	PRIMARY KEY (level, idx)
) STRICT, WITHOUT ROWID;

-- log: signed heads
CREATE TABLE log_checkpoints (
	size INTEGER NOT NULL PRIMARY KEY,
	note TEXT NOT NULL,
	signed_at INTEGER NOT NULL
) STRICT;

INSERT INTO log_head (id, size, root, frontier, epoch, logged, hmac, signed_size) VALUES (1, 0, X'0000000000000000000000000000000000000000000000000000000000000000', X'', 0, 0, X'', 0);

-- +goose Down
DROP TABLE log_checkpoints;
DROP TABLE log_tiles;
DROP TABLE log_bodies;
DROP TABLE log_entries;
DROP TABLE log_head;

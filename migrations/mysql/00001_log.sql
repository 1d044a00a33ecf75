-- +goose Up
CREATE TABLE log_head (
	id TINYINT UNSIGNED NOT NULL PRIMARY KEY,
	size BIGINT UNSIGNED NOT NULL,
	root BINARY(32) NOT NULL,
	frontier VARBINARY(4096) NOT NULL,
	epoch BIGINT UNSIGNED NOT NULL,
	logged BIGINT NOT NULL,
	hmac VARBINARY(32) NOT NULL,
	signed_size BIGINT UNSIGNED NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='log: the one mutable row, size, root and epoch under HMAC';

CREATE TABLE log_entries (
	number BIGINT UNSIGNED NOT NULL PRIMARY KEY,
	leaf VARBINARY(2048) NOT NULL,
	previous BIGINT NOT NULL,
	received BIGINT NOT NULL,
	logged BIGINT NOT NULL,
	act VARBINARY(64) NOT NULL,
	actor VARBINARY(200) NOT NULL,
	body VARBINARY(200) NOT NULL,
	subject VARBINARY(200) NOT NULL,
	path VARBINARY(255) NOT NULL,
	statement BINARY(32) NULL,
	UNIQUE KEY log_entries_seal (statement, actor),
	KEY log_entries_subject (subject, number),
	KEY log_entries_actor (actor, number),
	KEY log_entries_body (body, number),
	KEY log_entries_act (act, number),
	KEY log_entries_logged (logged, number)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='log: one leaf per row; the columns beside the leaf are an index of it';

CREATE TABLE log_bodies (
	number BIGINT UNSIGNED NOT NULL,
	kind VARBINARY(16) NOT NULL,
	salt BINARY(16) NOT NULL,
	seed VARBINARY(16) NOT NULL,
	body LONGBLOB NOT NULL,
	PRIMARY KEY (number, kind)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='log: what the digests of an entry cover, with its salt';

CREATE TABLE log_tiles (
	level TINYINT UNSIGNED NOT NULL,
	idx BIGINT UNSIGNED NOT NULL,
	hashes VARBINARY(8192) NOT NULL,
	PRIMARY KEY (level, idx)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='log: full tiles, each once; the partial edge is derived';

CREATE TABLE log_checkpoints (
	size BIGINT UNSIGNED NOT NULL PRIMARY KEY,
	note VARBINARY(4096) NOT NULL,
	signed_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='log: signed heads';

INSERT INTO log_head (id, size, root, frontier, epoch, logged, hmac, signed_size) VALUES (1, 0, X'0000000000000000000000000000000000000000000000000000000000000000', X'', 0, 0, X'', 0);

-- +goose Down
DROP TABLE log_checkpoints;
DROP TABLE log_tiles;
DROP TABLE log_bodies;
DROP TABLE log_entries;
DROP TABLE log_head;

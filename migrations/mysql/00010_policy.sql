-- +goose Up
CREATE TABLE policies (
	id VARBINARY(16) NOT NULL PRIMARY KEY,
	org VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	digest VARBINARY(64) NOT NULL,
	model BLOB NOT NULL,
	file BLOB NOT NULL,
	base VARBINARY(16) NOT NULL,
	of_id VARBINARY(16) NOT NULL,
	effective BIGINT NOT NULL,
	reason TEXT NOT NULL,
	by_staff VARBINARY(64) NOT NULL,
	second VARBINARY(64) NOT NULL,
	at BIGINT NOT NULL,
	entry BIGINT UNSIGNED NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: who may do what, as it was sealed; gives power';

CREATE TABLE custodians (
	id VARBINARY(16) NOT NULL PRIMARY KEY,
	org VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	staff VARBINARY(2048) NOT NULL,
	quorum INT NOT NULL,
	base VARBINARY(16) NOT NULL,
	reason TEXT NOT NULL,
	by_staff VARBINARY(64) NOT NULL,
	second VARBINARY(64) NOT NULL,
	at BIGINT NOT NULL,
	entry BIGINT UNSIGNED NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: who opens an emergency and holds the shares; gives power';

-- +goose Down
DROP TABLE custodians;
DROP TABLE policies;

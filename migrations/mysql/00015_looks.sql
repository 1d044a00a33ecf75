-- +goose Up
CREATE TABLE looks (
	id VARBINARY(32) NOT NULL PRIMARY KEY,
	about VARBINARY(128) NOT NULL,
	path VARBINARY(255) NOT NULL,
	fields VARBINARY(64) NOT NULL,
	reason BLOB NOT NULL,
	by_staff VARBINARY(64) NOT NULL,
	hour VARBINARY(96) NOT NULL,
	at BIGINT NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY looks_about (about),
	KEY looks_hour (hour)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: who looked at which whole number, and why';

-- +goose Down
DROP TABLE looks;

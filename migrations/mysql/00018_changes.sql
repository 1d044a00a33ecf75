-- +goose Up
CREATE TABLE sheet_changes (
	id VARBINARY(100) NOT NULL PRIMARY KEY,
	application VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	file_digest VARBINARY(64) NOT NULL,
	fields BLOB NOT NULL,
	applied TINYINT NOT NULL,
	by_staff VARBINARY(64) NOT NULL,
	at BIGINT NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY sheet_changes_application (application)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: what a later sheet said otherwise about an application';

-- +goose Down
DROP TABLE sheet_changes;

-- +goose Up
CREATE TABLE responsibility_sheets (
	id VARBINARY(160) NOT NULL PRIMARY KEY,
	year SMALLINT UNSIGNED NOT NULL,
	org VARBINARY(64) NOT NULL,
	path VARBINARY(255) NOT NULL,
	head VARBINARY(64) NOT NULL,
	paper VARCHAR(200) NOT NULL,
	at BIGINT NOT NULL,
	entry BIGINT UNSIGNED NOT NULL,
	KEY responsibility_sheets_org (org, year),
	KEY responsibility_sheets_path (path, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='record: the yearly responsibility sheet of a body and the head who signed it; gives power';
ALTER TABLE appointments ADD KEY appointments_org (org);

-- +goose Down
ALTER TABLE appointments DROP KEY appointments_org;
DROP TABLE responsibility_sheets;

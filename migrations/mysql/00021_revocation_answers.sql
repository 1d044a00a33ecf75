-- +goose Up
CREATE TABLE revocation_answers (
	authority VARBINARY(64) NOT NULL,
	serial VARBINARY(64) NOT NULL,
	at BIGINT NOT NULL,
	ended BIGINT NOT NULL,
	mark VARBINARY(64) NOT NULL,
	PRIMARY KEY (authority, serial)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='scratch: the last answer of an external authority about a certificate, so that a restart does not forget the grace';

-- +goose Down
DROP TABLE revocation_answers;

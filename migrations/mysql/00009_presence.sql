-- +goose Up
-- The lease that a person's agent holds on a session. present_until is a moment
-- of the database's clock, in ms; ticket and stream are hashes.
ALTER TABLE sessions
	ADD COLUMN locked_for VARBINARY(16) NOT NULL DEFAULT '',
	ADD COLUMN present_until BIGINT NOT NULL DEFAULT 0,
	ADD COLUMN ticket VARBINARY(64) NOT NULL DEFAULT '',
	ADD COLUMN stream VARBINARY(64) NOT NULL DEFAULT '',
	ADD COLUMN address VARBINARY(64) NOT NULL DEFAULT '',
	ADD KEY sessions_ticket (ticket),
	ADD KEY sessions_stream (stream);

-- +goose Down
ALTER TABLE sessions
	DROP KEY sessions_stream,
	DROP KEY sessions_ticket,
	DROP COLUMN address,
	DROP COLUMN stream,
	DROP COLUMN ticket,
	DROP COLUMN present_until,
	DROP COLUMN locked_for;

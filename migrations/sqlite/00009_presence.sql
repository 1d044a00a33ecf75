-- +goose Up
-- scratch: the lease that a person's agent holds on a session. present_until is
-- a moment of the database's clock, in ms; ticket and stream are hashes.
ALTER TABLE sessions ADD COLUMN locked_for TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN present_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN ticket TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN stream TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
CREATE INDEX sessions_ticket ON sessions (ticket);
CREATE INDEX sessions_stream ON sessions (stream);

-- +goose Down
DROP INDEX sessions_stream;
DROP INDEX sessions_ticket;
ALTER TABLE sessions DROP COLUMN address;
ALTER TABLE sessions DROP COLUMN stream;
ALTER TABLE sessions DROP COLUMN ticket;
ALTER TABLE sessions DROP COLUMN present_until;
ALTER TABLE sessions DROP COLUMN locked_for;

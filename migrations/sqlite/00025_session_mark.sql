-- +goose Up
-- scratch: what makes a session somebody's is marked under a key of the portal.
-- Those of before carry no mark; their people sign in once more.
DELETE FROM sessions;
ALTER TABLE sessions ADD COLUMN mark BLOB NOT NULL DEFAULT x'';

-- +goose Down
ALTER TABLE sessions DROP COLUMN mark;

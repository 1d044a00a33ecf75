-- +goose Up
-- scratch: the road on which a person signed in, agent or tls
ALTER TABLE sessions ADD COLUMN road VARBINARY(8) NOT NULL DEFAULT 'agent';

-- +goose Down
ALTER TABLE sessions DROP COLUMN road;

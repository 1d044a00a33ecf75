-- +goose Up
-- No public key is enrolled twice, and no certificate number of one issuer.
ALTER TABLE custody_keys ADD COLUMN public_key TEXT NOT NULL DEFAULT '';
CREATE INDEX custody_keys_public ON custody_keys (public_key);
CREATE INDEX custody_keys_serial ON custody_keys (serial);

-- +goose Down
DROP INDEX custody_keys_serial;
DROP INDEX custody_keys_public;
ALTER TABLE custody_keys DROP COLUMN public_key;

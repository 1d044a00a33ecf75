-- +goose Up
-- No public key is enrolled twice, and no certificate number of one issuer.
ALTER TABLE custody_keys ADD COLUMN public_key VARBINARY(64) NOT NULL DEFAULT '' AFTER issuer,
	ADD KEY custody_keys_public (public_key), ADD KEY custody_keys_serial (serial);

-- +goose Down
ALTER TABLE custody_keys DROP KEY custody_keys_serial, DROP KEY custody_keys_public, DROP COLUMN public_key;

-- +goose Up
-- Training is kept by year and topic, not as a list of years (R43).
ALTER TABLE staff MODIFY COLUMN trained VARCHAR(4000) NOT NULL;

-- +goose Down
ALTER TABLE staff MODIFY COLUMN trained VARCHAR(200) NOT NULL;

-- +goose Up
-- Training is kept by year and topic, not as a list of years (R43); a TEXT of
-- SQLite has no length that would have to grow.
SELECT 1;

-- +goose Down
SELECT 1;

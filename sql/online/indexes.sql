-- What is known of indexes while they are built and after: CREATE INDEX CONCURRENTLY that is interrupted leaves one that
-- costs every write and serves no query.

-- name: invalid_indexes()
SELECT i.indexrelid::regclass::text AS name, i.indrelid::regclass::text AS on_table, p.pid AS builder
FROM pg_index AS i
LEFT JOIN pg_stat_progress_create_index AS p ON p.index_relid = i.indexrelid
WHERE NOT i.indisvalid
ORDER BY name;

-- What database this is and in which state: for the proof that a service runs on the one that was meant, for
-- readiness, and for keeping the answers of different contents apart. No operation of the API; nothing to time.

-- name: answers()
SELECT 1 AS one;

-- name: database_name()
SELECT current_database() AS name;

-- name: columns_of_documents()
SELECT attname AS name
FROM pg_attribute
WHERE attrelid = 'documents'::regclass AND attnum > 0 AND NOT attisdropped
ORDER BY name;

-- name: complete_columns_of_documents()
-- Those that no row lacks: while `python -m service.online fulltext` fills columns, they are there and not complete.
SELECT attname AS name
FROM pg_attribute
WHERE attrelid = 'documents'::regclass AND attnum > 0 AND NOT attisdropped AND attnotnull
ORDER BY name;

-- name: valid_indexes()
SELECT i.indexrelid::regclass::text AS name
FROM pg_index AS i
WHERE i.indrelid IN ('documents'::regclass, 'search_logs'::regclass, 'workspaces'::regclass) AND i.indisvalid
ORDER BY name;

-- name: database_settings()
-- What every new session in this database begins with, unless its role or itself says otherwise.
SELECT setting AS name
FROM pg_db_role_setting AS s
CROSS JOIN LATERAL unnest(s.setconfig) AS setting
WHERE s.setrole = 0 AND s.setdatabase = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
ORDER BY name;

-- name: answers_version()
-- Changes with whatever answers are made from: the documents, the configuration, and the database that is meant.
SELECT concat_ws('.', d.oid, c.lineage, c.version, (SELECT sum(version) FROM configuration)) AS version
FROM content_version AS c, pg_database AS d
WHERE d.datname = current_database();

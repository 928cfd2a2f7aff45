-- What state the database is in, for the proof that an arm runs on the one that was meant.

-- name: columns_of_documents()
SELECT attname AS name
FROM pg_attribute
WHERE attrelid = 'documents'::regclass AND attnum > 0 AND NOT attisdropped
ORDER BY name;

-- name: valid_indexes()
SELECT i.indexrelid::regclass::text AS name
FROM pg_index AS i
WHERE i.indrelid IN ('documents'::regclass, 'search_logs'::regclass, 'workspaces'::regclass) AND i.indisvalid
ORDER BY name;
